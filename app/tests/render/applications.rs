//! Applications and signing keys in the console.

#![expect(clippy::unwrap_used, reason = "a builder outside of the test functions")]

use app::console::application::ApplicationView;
use app::console::application_preview::Preview;
use app::console::applications::ApplicationsView;
use app::console::shown_once::{Shown, ShownOnce};
use app::console::signing_keys::SigningKeysView;
use leptos::prelude::*;
use sereno_types::{
    ApplicationDetail, ApplicationKind, ApplicationQuery, ApplicationRow, ApplicationSecret, ApplicationSort,
    ClaimsPreview, Code, Delivery, Grant, Id, Page, Permission, Problem, SigningAlgorithm, SigningKeyQuery,
    SigningKeyRow, SigningKeyState, StaffProfile, Timestamp,
};

use crate::{between, holds, html, lacks};

const ID: &str = "0198c2d4-7b1e-7c3a-9f00-000000000007";
const OTHER: &str = "0198c2d4-7b1e-7c3a-9f00-000000000008";

fn at() -> Timestamp {
    Timestamp("2026-11-01T08:00:00Z".to_owned())
}

fn staff(permissions: &[Permission]) {
    provide_context(StaffProfile {
        is_superuser: false,
        has_fixed_codes: false,
        id: Id("0198c2d4-7b1e-7c3a-9f00-000000000001".to_owned()),
        name: "staff".to_owned(),
        permissions: permissions.to_vec(),
    });
}

fn list(items: Vec<ApplicationRow>, query: ApplicationQuery, permissions: &'static [Permission]) -> String {
    let page = Page {
        total: items.len() as u64,
        items,
        next_cursor: Some("after".to_owned()),
        prev_cursor: None,
    };
    html(move || {
        staff(permissions);
        view! { <ApplicationsView page query /> }
    })
}

fn row() -> ApplicationRow {
    ApplicationRow {
        id: Id(ID.to_owned()),
        client_id: "shop".to_owned(),
        name: "Web <shop>".to_owned(),
        kind: ApplicationKind::Confidential,
        delivery: Delivery::SplitCookie,
        is_enabled: false,
        is_builtin: false,
        is_managed: false,
        created_at: at(),
    }
}

#[test]
fn the_list_shows_rows_and_keeps_the_query_in_every_link() {
    let query = ApplicationQuery {
        q: Some("shop & co".to_owned()),
        kind: Some(ApplicationKind::Confidential),
        sort: Some(ApplicationSort::Newest),
        ..ApplicationQuery::default()
    };
    let html = list(vec![row()], query, Permission::ALL);
    holds(
        &html,
        &[
            "1 application matches",
            "Web &lt;shop&gt;",
            &format!(r#"href="/console/applications/{ID}""#),
            "Switched off",
            "Cookies, with readable claims",
            r#"href="/console/applications/new""#,
            r#"<input type="hidden" name="sort" value="-created_at""#,
        ],
    );
    assert!(between(&html, r#"aria-sort="descending""#, "</th>").contains("sort=created%5Fat"));
    let next = between(&html, r#"rel="next""#, ">");
    holds(next, &["q=shop%20%26%20co", "kind=confidential", "cursor=after"]);
    lacks(&html, &["Register your first application"]);
}

#[test]
fn a_list_of_nothing_but_our_own_teaches() {
    let built_in = ApplicationRow {
        is_builtin: true,
        ..row()
    };
    let html = list(
        vec![built_in],
        ApplicationQuery::default(),
        &[Permission::ApplicationsView],
    );
    holds(
        &html,
        &["Register your first application", "curl", "/api/v1/admin/applications"],
    );
    lacks(&html, &["/console/applications/new"]);
    let query = ApplicationQuery {
        enabled: Some(true),
        ..ApplicationQuery::default()
    };
    let html = list(Vec::new(), query, Permission::ALL);
    holds(&html, &["No application matches", "Show all applications"]);
    lacks(&html, &["<table"]);
}

fn detail() -> ApplicationDetail {
    ApplicationDetail {
        id: Id(ID.to_owned()),
        client_id: "shop".to_owned(),
        name: "Web shop".to_owned(),
        kind: ApplicationKind::Confidential,
        is_enabled: true,
        is_builtin: false,
        is_managed: false,
        grants: vec![Grant::RefreshToken],
        redirect_uris: Vec::new(),
        origins: vec!["https://a.example".to_owned(), "https://b.example".to_owned()],
        scopes: Vec::new(),
        delivery: Delivery::Cookie,
        profile: serde_json::from_value(serde_json::json!({
            "algorithm": "ES256", "audience": ["x"], "claims": [{"name": "n", "source": "roles"}],
        }))
        .unwrap(),
        cookies: sereno_types::CookieSettings::default(),
        secrets: vec![ApplicationSecret {
            id: Id(OTHER.to_owned()),
            created_at: at(),
            last_used_at: None,
        }],
        open_grants: 2,
        created_at: at(),
        updated_at: at(),
    }
}

fn page(
    application: ApplicationDetail,
    permissions: &'static [Permission],
    confirm: &'static str,
    preview: Preview,
) -> String {
    html(move || {
        staff(permissions);
        let notice = Signal::stored(None);
        view! { <ApplicationView application version="1.a".to_owned() preview notice confirm=Signal::stored(confirm.to_owned()) /> }
    })
}

#[test]
fn the_form_says_what_the_application_is() {
    let html = page(detail(), Permission::ALL, "", Preview::default());
    holds(
        &html,
        &[
            "Web shop",
            "2",
            "never used",
            "Make another secret",
            "Switch off",
            "Save settings",
        ],
    );
    let form = between(&html, "/console/fn/update_application", "</form>");
    holds(
        form,
        &[
            "https://a.example\nhttps://b.example",
            r#"<option value="ES256" selected"#,
            r#"<option value="cookie" selected"#,
            "\"name\": \"n\"",
        ],
    );
    let box_of = |name: &str| between(form, &format!(r#"<input id="{name}""#), ">").contains(" checked");
    assert!(box_of("allow.refresh") && box_of("profile.header_kid") && box_of("cookies.csrf_required"));
    assert!(!box_of("allow.login") && !box_of("profile.own"));
    lacks(&html, &["<dialog open", "Delete this secret?"]);
}

#[test]
fn the_questions_say_what_is_lost() {
    let asked = page(detail(), Permission::ALL, "delete", Preview::default());
    let dialog = between(&asked, "<dialog", "</dialog>");
    holds(
        dialog,
        &[
            " open",
            "Delete Web shop?",
            "2 sign-ins through it end at once",
            "Cancel",
        ],
    );
    let asked = page(detail(), Permission::ALL, OTHER, Preview::default());
    let (_, dialog) = asked.split_once(r#"id="delete-secret""#).unwrap();
    holds(dialog, &["Delete this secret?", "/console/fn/delete_client_secret"]);
    let viewer = page(detail(), &[Permission::ApplicationsView], OTHER, Preview::default());
    lacks(
        &viewer,
        &[
            "<dialog",
            "delete_client_secret",
            "create_client_secret",
            "Save settings",
            "What tokens would say",
        ],
    );
    holds(&viewer, &["<fieldset", " disabled"]);
}

#[test]
fn our_own_cannot_be_switched_off_or_deleted_and_a_public_one_has_no_secrets() {
    let own = ApplicationDetail {
        is_builtin: true,
        kind: ApplicationKind::Public,
        secrets: Vec::new(),
        ..detail()
    };
    let html = page(own, Permission::ALL, "delete", Preview::default());
    holds(&html, &["Sereno's own", "Save settings"]);
    lacks(&html, &["enable_application", "delete_application", "client_secret"]);
}

#[test]
fn what_the_configuration_says_is_shown_and_not_changed() {
    let managed = ApplicationDetail {
        is_managed: true,
        ..detail()
    };
    let html = page(managed, Permission::ALL, "delete", Preview::default());
    holds(
        &html,
        &[
            "From the configuration",
            "<fieldset",
            " disabled",
            "What tokens would say",
        ],
    );
    lacks(
        &html,
        &[
            "Save settings",
            "enable_application",
            "delete_application",
            "client_secret",
        ],
    );
}

#[test]
fn two_secrets_are_enough() {
    let mut two = detail();
    two.secrets.push(two.secrets[0].clone());
    lacks(
        &page(two, Permission::ALL, "", Preview::default()),
        &["Make another secret"],
    );
}

#[test]
fn a_preview_shows_claims_or_says_why_not() {
    let answered = |answer| Preview {
        user: "ana".to_owned(),
        answer: Some(answer),
    };
    let claims = ClaimsPreview {
        header: serde_json::json!({"alg": "EdDSA"}),
        access: serde_json::json!({"sub": "<7>"}),
        refresh: None,
        bytes: 612,
    };
    let html = page(detail(), Permission::ALL, "", answered(Ok(claims)));
    holds(&html, &["\"sub\": \"&lt;7&gt;\"", "612", r#"value="ana""#]);
    lacks(&html, &["Refresh token</h3>"]);
    let html = page(
        detail(),
        Permission::ALL,
        "",
        answered(Err(Problem::new(Code::ValidationFailed))),
    );
    holds(&html, &["There is no such user."]);
}

#[test]
fn a_secret_is_shown_with_the_way_on() {
    let shown = Shown {
        title: "Web shop is registered".to_owned(),
        client_id: "shop".to_owned(),
        secret: Some("cs_secret".to_owned()),
        signing_secret: Some("shared-key".to_owned()),
        mail: None,
        preview: None,
        next: format!("/console/applications/{ID}"),
    };
    assert!(!format!("{shown:?}").contains("cs_secret"), "a log would tell it");
    let html = html(move || view! { <ShownOnce shown /> });
    holds(
        &html,
        &[
            "<h1",
            "Web shop is registered",
            "cs_secret",
            "never again",
            "I have copied it",
        ],
    );
    holds(&html, &["Key of its tokens", "shared-key"]);
    lacks(between(&html, "<a ", ">"), &["cs_secret", "shared-key"]);
}

fn key(id: &str, state: SigningKeyState, application: Option<&str>) -> SigningKeyRow {
    SigningKeyRow {
        id: Id(id.to_owned()),
        kid: format!("kid-{id}"),
        algorithm: SigningAlgorithm::EdDsa,
        state,
        application_id: application.map(|id| Id(id.to_owned())),
        client_id: None,
        created_at: at(),
        activated_at: None,
        retired_at: None,
    }
}

#[test]
fn what_can_be_done_with_a_key_depends_on_its_state() {
    let ring = |permissions: &'static [Permission], confirm: &'static str| {
        let keys = vec![
            key("1", SigningKeyState::Waiting, None),
            key("2", SigningKeyState::Active, Some(ID)),
            key("3", SigningKeyState::Retired, None),
        ];
        html(move || {
            staff(permissions);
            let notice = Signal::stored(None);
            let page = Page {
                total: 3,
                items: keys,
                next_cursor: None,
                prev_cursor: None,
            };
            let query = SigningKeyQuery::default();
            view! { <SigningKeysView page query notice confirm=Signal::stored(confirm.to_owned()) /> }
        })
    };
    let all = ring(Permission::ALL, "");
    assert_eq!(all.matches("/console/fn/activate_signing_key").count(), 1);
    holds(
        &all,
        &["?confirm=1", "?confirm=3", "One that is switched off", "Make a key"],
    );
    lacks(&all, &["?confirm=2", "<dialog"]);
    holds(&ring(Permission::ALL, "3"), &["Forget this key?", "no longer good"]);
    holds(&ring(Permission::ALL, "1"), &["It has signed nothing yet."]);
    lacks(&ring(Permission::ALL, "2"), &["<dialog"]);
    let viewer = ring(&[Permission::SettingsView], "3");
    lacks(
        &viewer,
        &["<dialog", "activate_signing_key", "create_signing_key", "?confirm"],
    );
}
