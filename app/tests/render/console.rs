//! The pages for staff.

use app::console::{overview::OverviewView, user::UserView, users::UsersView};
use leptos::prelude::*;
use sereno_types::{
    Code, Id, Overview, Page, Permission, StaffProfile, Timestamp, UserDetail, UserEmail, UserEvent, UserQuery,
    UserRow, UserSort, UserState,
};

use crate::{between, holds, html, lacks};

const ID: &str = "0198c2d4-7b1e-7c3a-9f00-000000000007";

fn at(text: &str) -> Timestamp {
    Timestamp(text.to_owned())
}

fn row() -> UserRow {
    UserRow {
        id: Id(ID.to_owned()),
        number: 7,
        email: Some("ana@example.org".to_owned()),
        email_verified: true,
        username: Some("ana".to_owned()),
        state: UserState::Locked,
        is_superuser: true,
        created_at: at("2026-11-01T08:00:00Z"),
        last_login_at: None,
    }
}

fn list(items: Vec<UserRow>, query: UserQuery) -> String {
    let total = if items.is_empty() { 0 } else { 12_345 };
    let page = Page {
        items,
        next_cursor: Some("after".to_owned()),
        prev_cursor: None,
        total,
    };
    html(move || view! { <UsersView page query /> })
}

#[test]
fn the_list_shows_rows_and_keeps_the_query_in_every_link() {
    let query = UserQuery {
        q: Some("ana & co".to_owned()),
        state: Some(UserState::Locked),
        sort: Some(UserSort::Email),
        ..UserQuery::default()
    };
    let html = list(vec![row()], query);
    holds(
        &html,
        &[
            "12,345 accounts match",
            "ana@example.org",
            &format!(r#"href="/console/users/{ID}""#),
            "Locked",
            "Administrator",
            "Never",
            r#"<time datetime="2026-11-01T08:00:00Z" title="1 Nov 2026, 08:00 UTC""#,
            "<tbody>",
            r#"value="ana &amp; co""#,
            r#"<input type="hidden" name="sort" value="email""#,
        ],
    );
    assert!(between(&html, r#"aria-sort="ascending""#, "</th>").contains("sort=%2Demail"));
    let next = between(&html, r#"rel="next""#, ">");
    holds(
        next,
        &["q=ana%20%26%20co", "state=locked", "sort=email", "cursor=after"],
    );
}

#[test]
fn the_curl_line_calls_this_server() {
    let nobody = Page {
        items: Vec::new(),
        next_cursor: None,
        prev_cursor: None,
        total: 0,
    };
    let page = html(|| {
        provide_context(app::About {
            public_url: "https://id.example.org".to_owned(),
            ..Default::default()
        });
        view! { <UsersView page=nobody query=UserQuery::default() /> }
    });
    holds(&page, &["https://id.example.org/api/v1/registrations"]);
}

#[test]
fn an_empty_list_teaches() {
    let nobody = list(Vec::new(), UserQuery::default());
    holds(&nobody, &["No users yet", "curl", "/api/v1/registrations"]);
    let query = UserQuery {
        q: Some("nobody".to_owned()),
        ..UserQuery::default()
    };
    let nothing = list(Vec::new(), query);
    holds(&nothing, &["Nobody matches", "Show all users", "0 accounts match"]);
    lacks(&nothing, &["<table"]);
}

fn detail(state: UserState) -> UserDetail {
    UserDetail {
        id: Id(ID.to_owned()),
        number: 7,
        username: None,
        first_name: String::new(),
        last_name: String::new(),
        state,
        is_superuser: false,
        has_password: true,
        picture: None,
        locale: None,
        emails: vec![UserEmail {
            address: "ana@example.org".to_owned(),
            verified_at: None,
            is_primary: true,
        }],
        attributes: serde_json::Map::default(),
        created_at: at("2026-11-01T08:00:00Z"),
        updated_at: at("2026-11-01T08:00:00Z"),
        last_login_at: None,
        delete_at: None,
        closed_from: None,
        open_sessions: 1,
        open_grants: 2,
        events: vec![UserEvent {
            id: Id(ID.to_owned()),
            at: at("2026-11-02T08:00:00Z"),
            name: "login_failed".to_owned(),
            code: Some(Code::InvalidCredentials),
            address: Some("203.0.113.7".to_owned()),
            request_id: None,
        }],
    }
}

fn page(user: UserDetail, permissions: &'static [Permission], asks: bool) -> String {
    asking(user, permissions, if asks { "lock" } else { "" })
}

/// The page of a user while its address asks a question.
fn asking(user: UserDetail, permissions: &'static [Permission], question: &'static str) -> String {
    html(move || {
        provide_context(StaffProfile {
            is_superuser: false,
            has_fixed_codes: false,
            id: Id("0198c2d4-7b1e-7c3a-9f00-000000000001".to_owned()),
            name: "staff".to_owned(),
            permissions: permissions.to_vec(),
        });
        view! {
            <UserView
                user
                notice=Signal::stored(Some("Done & dusted."))
                confirm=Signal::stored(question.to_owned())
            />
        }
    })
}

#[test]
fn the_page_of_a_user_tells_all_there_is() {
    let html = page(detail(UserState::Active), Permission::ALL, false);
    holds(
        &html,
        &[
            "<h1",
            "ana@example.org",
            "Not confirmed",
            "Done &amp; dusted.",
            r#"role="status""#,
            "login_failed",
            "invalid_credentials",
            "203.0.113.7",
            r#"<a href="/console/users""#,
        ],
    );
}

#[test]
fn what_can_be_done_depends_on_the_state() {
    let of = |state| page(detail(state), Permission::ALL, false);
    let (lock, disable, delete) = ("?confirm=lock", "?confirm=disable", "?confirm=delete");
    let (unlock, enable, restore) = (r#"value="unlock""#, r#"value="enable""#, r#"value="restore""#);
    let send = "/console/fn/send_activation";
    for (state, offered, missing) in [
        (
            UserState::Pending,
            vec![lock, disable, delete, send],
            vec![unlock, enable, restore],
        ),
        (
            // its address waits for a confirmation still
            UserState::Active,
            vec![lock, disable, delete, send],
            vec![unlock, enable, restore],
        ),
        (
            UserState::Locked,
            vec![unlock, disable, delete],
            vec![lock, enable, restore, send],
        ),
        (
            UserState::Disabled,
            vec![enable, delete],
            vec![lock, disable, unlock, restore, send],
        ),
        (
            UserState::Deleting,
            vec![restore, lock, disable],
            vec![delete, unlock, enable, send],
        ),
    ] {
        holds(&of(state), &offered);
        lacks(&of(state), &missing);
    }
    // what is being deleted is shut as far as it is not
    let closed_from = |before| UserDetail {
        closed_from: Some(before),
        ..detail(UserState::Deleting)
    };
    let locked = page(closed_from(UserState::Locked), Permission::ALL, false);
    holds(&locked, &[disable, "Kept as", "Locked"]);
    lacks(&locked, &[lock]);
    let disabled = page(closed_from(UserState::Disabled), Permission::ALL, false);
    lacks(&disabled, &[lock, disable]);
    let question = page(closed_from(UserState::Active), Permission::ALL, true);
    holds(&question, &["The deletion goes on."]);
}

#[test]
fn who_may_only_look_gets_no_actions() {
    let html = page(detail(UserState::Active), &[Permission::UsersView], true);
    lacks(&html, &["confirm=lock", "change_user_state", "<dialog"]);
}

#[test]
fn the_question_says_what_is_lost() {
    let closed = page(detail(UserState::Active), Permission::ALL, false);
    let dialog = r#"<dialog id="lock""#;
    assert!(!between(&closed, dialog, ">").contains(" open"));
    let open = page(detail(UserState::Active), Permission::ALL, true);
    assert!(between(&open, dialog, ">").contains(" open"));
    holds(
        between(&open, dialog, "</dialog>"),
        &[
            "Lock ana@example.org?",
            "1 browser session, 2 application sign-ins",
            "/console/fn/change_user_state",
            r#"value="lock""#,
            "Cancel",
        ],
    );
}

#[test]
fn a_link_to_set_a_password_goes_to_active_users_after_a_question() {
    let confirmed = |state| {
        let mut user = detail(state);
        user.emails[0].verified_at = Some(at("2026-11-01T08:00:00Z"));
        user
    };
    let closed = page(confirmed(UserState::Active), Permission::ALL, false);
    holds(&closed, &["?confirm=reset"]);
    assert!(!between(&closed, r#"<dialog id="reset""#, ">").contains(" open"));
    let open = asking(confirmed(UserState::Active), Permission::ALL, "reset");
    assert!(between(&open, r#"<dialog id="reset""#, ">").contains(" open"));
    let question = between(&open, r#"<dialog id="reset""#, "</dialog>");
    holds(
        question,
        &[
            "ana@example.org gets a mail",
            r#"action="/console/fn/send_password_reset" method="post""#,
            "Cancel",
        ],
    );
    lacks(question, &[r#"type="password""#, "Nobody has confirmed this address."]);
    let open = asking(detail(UserState::Active), Permission::ALL, "reset");
    let question = between(&open, r#"<dialog id="reset""#, "</dialog>");
    holds(
        question,
        &["Nobody has confirmed this address. Whoever reads it gets the account"],
    );
    for refused in [
        page(confirmed(UserState::Pending), Permission::ALL, false),
        page(confirmed(UserState::Locked), Permission::ALL, false),
        page(confirmed(UserState::Active), &[Permission::UsersView], false),
    ] {
        lacks(&refused, &["confirm=reset", "send_password_reset"]);
    }
}

#[test]
fn figures_lead_to_the_lists_behind_them() {
    let overview = Overview {
        users: 12_345,
        locked_users: 3,
        ..Overview::default()
    };
    let html = html(move || view! { <OverviewView overview /> });
    holds(
        &html,
        &[
            "12,345",
            r#"href="/console/users?state=locked""#,
            r#"<th scope="row">"#,
            "<caption",
        ],
    );
}

#[test]
fn a_picture_is_taken_away_after_a_question_by_who_may() {
    let pictured = || {
        let mut user = detail(UserState::Active);
        user.picture = Some("https://id.example.org/media/user/2026/11/20/a.jpg".to_owned());
        user
    };
    let open = asking(pictured(), Permission::ALL, "picture");
    holds(&open, &["src=\"/media/user/2026/11/20/a.jpg\"", "?confirm=picture"]);
    let question = between(&open, r#"<dialog id="picture""#, "</dialog>");
    holds(
        question,
        &[
            " open",
            "Take the picture of ana@example.org away?",
            "/console/fn/remove_user_avatar",
        ],
    );
    let looked_at = asking(pictured(), &[Permission::UsersView], "picture");
    holds(&looked_at, &["/media/user/2026/11/20/a.jpg"]);
    lacks(&looked_at, &["confirm=picture", "remove_user_avatar"]);
    lacks(
        &asking(detail(UserState::Active), Permission::ALL, "picture"),
        &["remove_user_avatar"],
    );
}
