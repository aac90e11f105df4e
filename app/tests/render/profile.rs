//! Profiles, their history, sign-ins and declared attributes: one's own pages, and those for staff.

use app::account::{avatar::Portrait, profile::ProfileView, sessions::SessionsView};
use app::console::sessions::SessionsView as AllSessionsView;
use app::console::{
    attributes::AttributesView, user_changes::UserChangesView, user_profile::UserProfileView,
    user_sign_ins::UserSignInsView,
};
use app::profile_form::ProfileForm;
use app::text::Locale;
use app::ui::avatar::Face;
use leptos::prelude::*;
use serde_json::json;
use sereno_types::{
    Attribute, AttributeKind, AttributeQuery, ChangeQuery, Id, Me, Page, PageQuery, Permission, Preferences,
    ProfileChange, ProfileField, SessionKind, SessionQuery, SessionRow, SessionUser, StaffProfile, Timestamp,
    UserDetail, UserState,
};

use crate::{between, holds, html, html_at, lacks};

const ID: &str = "0198c2d4-7b1e-7c3a-9f00-000000000007";

fn at(text: &str) -> Timestamp {
    Timestamp(text.to_owned())
}

fn field(name: &str, kind: AttributeKind, is_protected: bool) -> ProfileField {
    ProfileField {
        field: name.to_owned(),
        kind,
        description: "As staff said".to_owned(),
        is_required: name == "attributes.born",
        is_protected,
    }
}

fn fields() -> Vec<ProfileField> {
    vec![
        field("username", AttributeKind::String, false),
        field("locale", AttributeKind::String, false),
        field("attributes.born", AttributeKind::Date, false),
        field("attributes.news-letter", AttributeKind::Boolean, false),
        field("attributes.size", AttributeKind::Number, false),
        field("attributes.colours", AttributeKind::List, false),
        field("attributes.tier", AttributeKind::Integer, true),
        field("attributes.unused", AttributeKind::Integer, true),
    ]
}

fn user() -> UserDetail {
    let attributes = json!({"born": "2001-02-03", "news-letter": true, "size": 1.5, "colours": ["red", "<b>"], "tier": 3,
        "left": {"over": 1}});
    UserDetail {
        id: Id(ID.to_owned()),
        number: 7,
        username: Some("ana".to_owned()),
        first_name: String::new(),
        last_name: String::new(),
        state: UserState::Active,
        is_superuser: false,
        has_password: true,
        picture: None,
        locale: Some("fr-CA".to_owned()),
        emails: Vec::new(),
        attributes: attributes.as_object().cloned().unwrap_or_default(),
        created_at: at("2026-11-01T08:00:00Z"),
        updated_at: at("2026-11-01T08:00:00Z"),
        last_login_at: None,
        delete_at: None,
        closed_from: None,
        open_sessions: 1,
        open_grants: 1,
        events: Vec::new(),
    }
}

fn me() -> Me {
    let user = user();
    Me {
        id: user.id,
        number: user.number,
        email: None,
        email_verified: false,
        username: user.username,
        first_name: user.first_name,
        last_name: user.last_name,
        picture: None,
        locale: user.locale,
        attributes: user.attributes,
        created_at: user.created_at,
    }
}

fn staff(permissions: &[Permission]) {
    provide_context(StaffProfile {
        is_superuser: false,
        has_fixed_codes: false,
        id: Id("0198c2d4-7b1e-7c3a-9f00-000000000001".to_owned()),
        name: "root".to_owned(),
        permissions: permissions.to_vec(),
    });
}

fn row(kind: SessionKind, is_current: bool) -> SessionRow {
    SessionRow {
        id: Id(ID.to_owned()),
        kind,
        application: (kind == SessionKind::Tokens).then(|| "Web shop".to_owned()),
        device_name: None,
        device: None,
        user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0".to_owned()),
        address: Some("192.0.2.7".to_owned()),
        created_at: at("2026-11-01T08:00:00Z"),
        last_seen_at: at("2026-11-02T08:00:00Z"),
        expires_at: Some(at("2026-11-08T08:00:00Z")),
        is_current,
        user: None,
    }
}

fn page<T>(items: Vec<T>, total: u64) -> Page<T> {
    Page {
        next_cursor: (total > items.len() as u64).then(|| "after".to_owned()),
        prev_cursor: None,
        items,
        total,
    }
}

const WANTED: Preferences = Preferences { announcements: true };

#[test]
fn announcements_are_declined_and_accepted_on_the_same_page() {
    let of = |announcements| {
        html_at("/account/profile", move || {
            let preferences = Preferences { announcements };
            view! { <ProfileView profile=ProfileForm::own(me(), fields()) portrait=Portrait::default() preferences /> }
        })
    };
    for (wanted, other, label) in [
        (true, "no", "No more announcements"),
        (false, "yes", "Send me announcements again"),
    ] {
        let page = of(wanted);
        let form = between(&page, r#"action="/account/fn/set_preferences""#, "</form>");
        holds(form, &[&format!(r#"name="announcements" value="{other}""#), label]);
    }
}

#[test]
fn every_type_has_its_field_and_what_is_protected_has_none() {
    let page = html_at("/account/profile", || {
        view! { <ProfileView profile=ProfileForm::own(me(), fields()) portrait=Portrait::default() preferences=WANTED /> }
    });
    let form = between(&page, r#"action="/account/fn/update_profile""#, "</form>");
    holds(
        form,
        &[
            r#"id="username" name="username" type="text" value="ana""#,
            r#"autocomplete="username""#,
            r#"<option value="fr-CA" selected>fr-CA"#,
            r#"name="attributes.born" type="date" value="2001-02-03""#,
            r#"<input type="hidden" name="box.attributes.news-letter""#,
            r#"name="attributes.news-letter" type="checkbox" value="yes" checked"#,
            "News letter",
            r#"value="1.5" autocomplete="off" inputmode="decimal""#,
            "red\n&lt;b&gt;</textarea>",
            "As staff said. One entry a line.",
        ],
    );
    lacks(form, &["attributes.tier", "other"]);
    holds(&page, &["<dt>Tier</dt><dd>3</dd>", r#"aria-current="page""#]);
    lacks(&page, &["Unused", "left"]);
}

#[test]
fn nothing_to_change_is_no_form() {
    let german = html(|| {
        provide_context(Locale::De);
        let fields = vec![field("username", AttributeKind::String, true)];
        view! { <ProfileView profile=ProfileForm::own(me(), fields) portrait=Portrait::default() preferences=WANTED /> }
    });
    holds(&german, &["Ihr Profil", "<dt>Benutzername</dt><dd>ana</dd>"]);
    lacks(&german, &["<form action=\"/account/fn/update_profile\""]);
}

#[test]
fn sign_ins_say_what_they_are_and_which_is_this_one() {
    let rows = vec![row(SessionKind::Browser, true), row(SessionKind::Tokens, false)];
    let html_of = |total| {
        let rows = page(rows.clone(), total);
        html(move || view! { <SessionsView page=rows query=PageQuery::default() /> })
    };
    let html_of_five = html_of(5);
    holds(
        &html_of_five,
        &[
            "Firefox · Linux",
            "This one",
            "Web shop",
            "192.0.2.7",
            "8 Nov 2026, 08:00 UTC",
            "End all others",
            "Sign out everywhere",
            r#"rel="next" href="/account/sessions?cursor=after""#,
        ],
    );
    assert_eq!(
        html_of_five.matches("/account/fn/end_session\"").count(),
        1,
        "not the one that asks"
    );
    let alone = page(vec![row(SessionKind::Browser, true)], 1);
    let alone = html(move || {
        provide_context(Locale::Es);
        view! { <SessionsView page=alone query=PageQuery::default() /> }
    });
    lacks(&alone, &["Cerrar todas las demás", "/account/fn/end_session\""]);
    holds(&alone, &["Sus sesiones", "Cerrar sesión en todas partes"]);
}

#[test]
fn staff_edits_a_profile_if_they_may() {
    let of = |permissions: &'static [Permission]| {
        html(move || {
            staff(permissions);
            let profile = ProfileForm::theirs(user(), fields());
            view! { <UserProfileView user=user() profile version="1.a".to_owned() notice=Signal::stored(None) /> }
        })
    };
    let editor = of(&[Permission::UsersView, Permission::UsersManage]);
    holds(
        &editor,
        &[
            r#"action="/console/fn/update_user" method="post""#,
            r#"name="attributes.tier" type="text" value="3""#,
            r#"name="other""#,
            "\"left\": {\n    \"over\": 1\n  }",
            "Save",
        ],
    );
    lacks(&editor, &["Sign-ins", "disabled"]);
    let viewer = of(&[Permission::UsersView, Permission::SessionsView]);
    holds(&viewer, &["disabled", "Sign-ins"]);
    lacks(&viewer, &[">Save<"]);
}

#[test]
fn the_history_says_who_changed_what() {
    let change = |field: &str, after: serde_json::Value, actor_id: Option<&str>| ProfileChange {
        id: Id(ID.to_owned()),
        at: at("2026-11-02T08:00:00Z"),
        field: field.to_owned(),
        before: serde_json::Value::Null,
        after,
        actor_kind: if actor_id.is_some() { "user" } else { "system" }.to_owned(),
        actor_id: actor_id.map(|id| Id(id.to_owned())),
        actor_name: actor_id.map(|_| "ana".to_owned()),
        request_id: None,
    };
    let rows = vec![
        change("attributes.a", json!(true), Some(ID)),
        change("first_name", json!("Ana"), None),
    ];
    let found = page(rows, 3);
    let full = html(move || {
        staff(&[Permission::UsersView]);
        let query = ChangeQuery {
            limit: Some(2),
            ..ChangeQuery::default()
        };
        view! { <UserChangesView user=user() page=found query /> }
    });
    holds(
        &full,
        &[
            "3 changes",
            &format!("/console/users/{ID}/changes?field=attributes%2Ea&amp;limit=2"),
            "Nothing",
            "Yes",
            "Sereno",
            &format!(r#"href="/console/users/{ID}/changes?limit=2&amp;cursor=after""#),
        ],
    );
    let empty = html(|| {
        staff(&[Permission::UsersView]);
        let query = ChangeQuery {
            field: Some("locale".to_owned()),
            ..ChangeQuery::default()
        };
        view! { <UserChangesView user=user() page=page(Vec::new(), 0) query /> }
    });
    holds(&empty, &["Nothing has changed yet", "Show all fields"]);
}

#[test]
fn staff_sees_sign_ins_and_ends_them_if_they_may() {
    let of = |permissions: &'static [Permission]| {
        html(move || {
            staff(permissions);
            let query = SessionQuery {
                user: Some(ID.to_owned()),
                ..SessionQuery::default()
            };
            let found = page(vec![row(SessionKind::Tokens, false)], 2);
            let (notice, asks) = (Signal::stored(None), Signal::stored(true));
            view! { <UserSignInsView user=user() page=found query notice asks /> }
        })
    };
    let manager = of(&[Permission::SessionsView, Permission::SessionsManage]);
    holds(
        &manager,
        &[
            "2 sign-ins work right now",
            "Firefox · Linux",
            "Web shop",
            "End all sign-ins",
            "2 sign-ins will stop working at once",
            &format!("/console/users/{ID}/sign-ins?cursor=after"),
        ],
    );
    lacks(
        &of(&[Permission::SessionsView]),
        &["End all sign-ins", "<form action=\"/console/fn/end"],
    );
}

#[test]
fn attributes_are_taught_listed_and_changed() {
    let of = |attributes: Vec<Attribute>, change: &'static str, permissions: &'static [Permission]| {
        html(move || {
            staff(permissions);
            let text = |text: &str| Signal::stored(text.to_owned());
            let page = Page {
                total: attributes.len() as u64,
                items: attributes,
                next_cursor: None,
                prev_cursor: None,
            };
            view! {
                <AttributesView page query=AttributeQuery::default() notice=Signal::stored(None) change=text(change) confirm=text(change) />
            }
        })
    };
    let both = &[Permission::SettingsView, Permission::SettingsManage];
    holds(
        &of(Vec::new(), "", both),
        &[
            "Nothing is declared",
            "/api/v1/admin/attributes/plan",
            "Declare an attribute",
        ],
    );
    let plan = Attribute {
        id: Id(ID.to_owned()),
        name: "plan".to_owned(),
        kind: AttributeKind::List,
        description: "what they pay for".to_owned(),
        is_required: true,
        is_protected: false,
        created_at: at("2026-11-01T08:00:00Z"),
    };
    let changed = of(vec![plan.clone()], "plan", both);
    holds(
        &changed,
        &[
            "Change plan",
            "Withdraw plan?",
            r#"<input type="hidden" name="name" value="plan""#,
            r#"<option value="list" selected"#,
            r#"name="required" type="checkbox" value="yes" checked"#,
        ],
    );
    let looked_at = of(vec![plan], "plan", &[Permission::SettingsView]);
    holds(&looked_at, &["what they pay for", "Required", "List"]);
    lacks(&looked_at, &["Withdraw", "Change plan", "Declare"]);
}

#[test]
fn a_picture_is_shown_and_changed_by_who_may() {
    let of = |picture: Option<&str>, may_change| {
        let face = Face {
            picture: picture.map(str::to_owned),
            initials: "AB".to_owned(),
        };
        let portrait = Portrait {
            face,
            may_change,
            max_bytes: 2_621_440,
        };
        html(move || {
            provide_context(Locale::De);
            view! { <ProfileView profile=ProfileForm::own(me(), fields()) portrait preferences=WANTED /> }
        })
    };
    let first = of(None, true);
    let form = between(&first, r#"action="/account/avatar""#, "</form>");
    holds(
        form,
        &[
            r#"method="post" enctype="multipart/form-data""#,
            r#"type="file""#,
            "2,5\u{a0}MB",
        ],
    );
    holds(&first, &[r#"aria-hidden="true" class="avatar avatar-large">AB</span>"#]);
    lacks(&first, &["remove_avatar"]);
    let path = "/media/user/2026/11/20/a.jpg";
    let another = of(Some(path), true);
    holds(
        &another,
        &[
            &format!(r#"src="{path}""#),
            r#"alt="Ihr Bild, wie andere es sehen""#,
            r#"action="/account/fn/remove_avatar""#,
        ],
    );
    let fixed = of(Some(path), false);
    holds(&fixed, &[path]);
    lacks(&fixed, &["remove_avatar", "type=\"file\""]);
    lacks(&of(None, false), &["Ihr Bild"]);
}

#[test]
fn all_sign_ins_say_whose_they_are() {
    let of = |items: Vec<SessionRow>, query: SessionQuery, permissions: &'static [Permission]| {
        html_at("/console/sessions", move || {
            staff(permissions);
            let total = if items.is_empty() { 0 } else { 5 };
            view! { <AllSessionsView page=page(items, total) query /> }
        })
    };
    let mut theirs = row(SessionKind::Tokens, false);
    theirs.user = Some(SessionUser {
        id: Id(ID.to_owned()),
        name: "ana".to_owned(),
    });
    let query = SessionQuery {
        kind: Some(SessionKind::Tokens),
        ..SessionQuery::default()
    };
    let both = &[Permission::SessionsView, Permission::SessionsManage];
    let all = &[
        Permission::SessionsView,
        Permission::SessionsManage,
        Permission::UsersView,
    ];
    let full = of(vec![theirs.clone()], query.clone(), all);
    holds(
        &full,
        &[
            "5 sign-ins match",
            &format!(r#"href="/console/users/{ID}""#),
            "Web shop",
            "Firefox · Linux",
            r#"<option value="tokens" selected"#,
            r#"action="/console/fn/end_session" method="post""#,
            r#"name="list" value="/console/sessions?kind=tokens""#,
            r#"href="/console/sessions?kind=tokens&amp;cursor=after""#,
        ],
    );
    // a page that would be refused is not linked to
    let fewer = of(vec![theirs], query.clone(), &[Permission::SessionsView]);
    lacks(&fewer, &["end_session", &format!(r#"href="/console/users/{ID}""#)]);
    holds(&fewer, &["ana"]);
    let none = of(Vec::new(), query, both);
    holds(&none, &["Nothing matches", "curl", "Show all sign-ins"]);
    holds(&of(Vec::new(), SessionQuery::default(), both), &["Nobody is signed in"]);
}
