//! The pages about devices.

use app::console::{device::DeviceView, devices::DevicesView};
use leptos::prelude::*;
use sereno_types::{
    DeviceDetail, DeviceQuery, DeviceRow, Id, Page, PageQuery, Permission, SessionDevice, SessionKind, SessionRow,
    SessionUser, StaffProfile, Timestamp,
};

use crate::{between, holds, html, lacks};

const ID: &str = "0198c2d4-7b1e-7c3a-9f00-000000000007";

fn at(text: &str) -> Timestamp {
    Timestamp(text.to_owned())
}

fn device() -> DeviceRow {
    DeviceRow {
        id: Id(ID.to_owned()),
        uuid: "6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e5f".to_owned(),
        name: Some("Ana's <phone>".to_owned()),
        device_type: Some("phone".to_owned()),
        os: Some("Android".to_owned()),
        os_version: Some("16".to_owned()),
        app_version: None,
        device_id: None,
        device_token: None,
        firebase_token: Some("…cdef".to_owned()),
        address: Some("192.0.2.1".to_owned()),
        user_agent: Some("shop/1.2".to_owned()),
        created_at: at("2026-11-01T08:00:00Z"),
        last_seen_at: at("2026-11-02T08:00:00Z"),
        is_current: false,
        user: Some(SessionUser {
            id: Id(ID.to_owned()),
            name: "ana".to_owned(),
        }),
    }
}

fn sign_in() -> SessionRow {
    SessionRow {
        id: Id(ID.to_owned()),
        kind: SessionKind::Tokens,
        application: Some("Shop".to_owned()),
        device_name: device().name,
        device: Some(SessionDevice {
            id: Id(ID.to_owned()),
            name: device().name,
            os: device().os,
        }),
        user_agent: None,
        address: Some("192.0.2.9".to_owned()),
        created_at: at("2026-11-01T08:00:00Z"),
        last_seen_at: at("2026-11-02T08:00:00Z"),
        expires_at: Some(at("2026-12-02T08:00:00Z")),
        is_current: false,
        user: None,
    }
}

fn list(items: Vec<DeviceRow>, query: DeviceQuery) -> String {
    let page = Page {
        total: items.len() as u64,
        items,
        next_cursor: Some("after".to_owned()),
        prev_cursor: None,
    };
    html(move || view! { <DevicesView page query removed=Signal::stored(false) /> })
}

#[test]
fn the_list_shows_rows_and_keeps_the_query_in_every_link() {
    let query = DeviceQuery {
        q: Some("phone & co".to_owned()),
        user: Some("ana".to_owned()),
        limit: Some(20),
        cursor: None,
    };
    let html = list(vec![device()], query);
    holds(
        &html,
        &[
            "1 device matches",
            "Ana's &lt;phone&gt;",
            &format!(r#"href="/console/devices/{ID}""#),
            "Android 16",
            "192.0.2.1",
            r#"value="phone &amp; co""#,
            r#"<input type="hidden" name="limit" value="20""#,
        ],
    );
    let next = between(&html, r#"rel="next""#, ">");
    holds(next, &["q=phone%20%26%20co", "user=ana", "limit=20", "cursor=after"]);
    let nameless = DeviceRow {
        name: None,
        device_type: None,
        os: None,
        os_version: None,
        user: None,
        ..device()
    };
    holds(
        &list(vec![nameless], DeviceQuery::default()),
        &["A device without a name"],
    );
}

#[test]
fn an_empty_list_says_what_would_stand_there() {
    holds(
        &list(Vec::new(), DeviceQuery::default()),
        &["No devices yet", "POST /api/v1/login"],
    );
    let query = DeviceQuery {
        q: Some("x".to_owned()),
        ..DeviceQuery::default()
    };
    holds(&list(Vec::new(), query), &["No device matches", "Show all devices"]);
}

fn page(permissions: Vec<Permission>, sessions: Option<Vec<SessionRow>>, asks: bool) -> String {
    html(move || {
        provide_context(StaffProfile {
            is_superuser: false,
            has_fixed_codes: false,
            id: Id(ID.to_owned()),
            name: "admin".to_owned(),
            permissions,
        });
        let detail = DeviceDetail {
            device: device(),
            sessions: sessions.map(|items| Page {
                total: items.len() as u64,
                items,
                next_cursor: Some("after".to_owned()),
                prev_cursor: None,
            }),
        };
        let place = PageQuery::default();
        view! { <DeviceView detail place renamed=Signal::stored(false) asks=Signal::stored(asks) /> }
    })
}

#[test]
fn the_page_shows_what_is_known_and_what_hangs_on_it() {
    let html = page(vec![Permission::DevicesManage], Some(vec![sign_in()]), false);
    holds(
        &html,
        &[
            "Android 16",
            "…cdef",
            "shop/1.2",
            &format!(r#"href="/console/users/{ID}""#),
            "Shop",
            "192.0.2.9",
            "?confirm=remove",
            "Sign-ins (1)",
            &format!("/console/devices/{ID}?cursor=after"),
            "/console/fn/rename_device",
        ],
    );
    holds(
        &page(Vec::new(), Some(Vec::new()), false),
        &["Nobody is signed in on it."],
    );
    let question = page(vec![Permission::DevicesManage], None, true);
    holds(between(&question, "<dialog", ">"), &["open"]);
    holds(&question, &["/console/fn/remove_device", "Remove Ana's &lt;phone&gt;?"]);
}

#[test]
fn who_may_only_look_finds_nothing_to_press() {
    lacks(
        &page(vec![Permission::DevicesView], None, true),
        &["Remove device", "rename_device", "<dialog", "Sign-ins"],
    );
}
