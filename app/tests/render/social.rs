//! The pages about signing in through others.

use app::account::connections::ConnectionsView;
use app::account::providers::ProvidersView;
use app::console::social_provider::SocialProviderView;
use app::console::social_providers::SocialProvidersView;
use leptos::prelude::*;
use sereno_types::{
    Code, Id, Identity, Page, PageQuery, Permission, SocialButton, SocialCheck, SocialCheckName, SocialKind,
    SocialProviderDetail, SocialProviderQuery, SocialProviderRow, SocialSettings, SocialTest, StaffProfile, Timestamp,
};

use crate::{holds, html, html_at, lacks};

const ID: &str = "0198c2d4-7b1e-7c3a-9f00-000000000007";

fn at() -> Timestamp {
    Timestamp("2026-11-01T08:00:00Z".to_owned())
}

fn buttons() -> Vec<SocialButton> {
    SocialKind::ALL
        .iter()
        .map(|kind| SocialButton {
            slug: kind.as_str().to_owned(),
            kind: *kind,
            name: format!("<{}>", kind.as_str()),
        })
        .collect()
}

#[test]
fn every_kind_has_its_button_with_a_mark_and_keeps_where_to_go() {
    let page = html_at("/account/sign-in", || {
        view! { <ProvidersView buttons=buttons() next="/console?a=b&c".to_owned() or="or" /> }
    });
    for kind in SocialKind::ALL {
        // as each of them asks for it
        let words = match kind {
            SocialKind::Facebook => "Continue with",
            _ => "Sign in with",
        };
        holds(
            &page,
            &[
                &format!("{words} &lt;{}&gt;", kind.as_str()),
                &format!("/account/social/{}/start?next=", kind.as_str()),
            ],
        );
    }
    assert_eq!(page.matches("<svg").count(), SocialKind::ALL.len());
    assert_eq!(page.matches("provider-facebook").count(), 1, "one is blue");
    // the router leaves them to the browser, and nothing comes from elsewhere
    assert_eq!(page.matches("rel=\"external\"").count(), SocialKind::ALL.len());
    lacks(&page, &["<img", "https://", "next=/console?a=b&c", "style="]);
}

fn identity() -> Identity {
    Identity {
        id: Id(ID.to_owned()),
        provider: "google".to_owned(),
        kind: SocialKind::Google,
        provider_name: "Google".to_owned(),
        name: Some("Ana".to_owned()),
        email: Some("ana@<example>.org".to_owned()),
        email_verified: true,
        created_at: at(),
        last_used_at: None,
    }
}

fn page_of<T>(items: Vec<T>) -> Page<T> {
    Page {
        total: items.len() as u64,
        items,
        next_cursor: None,
        prev_cursor: None,
    }
}

#[test]
fn connections_are_listed_and_can_be_made_and_ended() {
    let full = html_at("/account/connections", || {
        view! { <ConnectionsView page=page_of(vec![identity()]) query=PageQuery::default() buttons=buttons() /> }
    });
    holds(
        &full,
        &[
            "ana@&lt;example&gt;.org",
            "Confirmed",
            "/account/fn/disconnect_identity",
            "/account/social/google/connect",
        ],
    );
    let empty = html_at("/account/connections", || {
        view! { <ConnectionsView page=page_of(Vec::new()) query=PageQuery::default() buttons=Vec::new() /> }
    });
    holds(&empty, &["None yet."]);
    lacks(&empty, &["/connect\"", "disconnect_identity"]);
}

fn provider() -> SocialProviderDetail {
    SocialProviderDetail {
        id: Id(ID.to_owned()),
        slug: "work".to_owned(),
        kind: SocialKind::Oidc,
        name: "Work".to_owned(),
        client_id: "client".to_owned(),
        has_secret: true,
        audiences: vec!["ios".to_owned()],
        redirect_uris: Vec::new(),
        scopes: vec!["openid".to_owned()],
        settings: SocialSettings {
            issuer: Some("https://issuer.example.org".to_owned()),
            ..SocialSettings::default()
        },
        sign_up: true,
        linking: sereno_types::SocialLinking::Verified,
        is_enabled: false,
        callback_url: "https://id.example.org/account/social/work/callback".to_owned(),
        identities: 2,
        created_at: at(),
        updated_at: at(),
    }
}

fn as_staff(permissions: &[Permission]) {
    provide_context(StaffProfile {
        id: Id(ID.to_owned()),
        name: "root".to_owned(),
        is_superuser: false,
        has_fixed_codes: false,
        permissions: permissions.to_vec(),
    });
}

fn one(permissions: &'static [Permission], test: Option<SocialTest>) -> String {
    html(move || {
        as_staff(permissions);
        view! {
            <SocialProviderView
                provider=provider()
                version="1.a".to_owned()
                test
                notice=Signal::stored(None)
                confirm=Signal::stored(true)
            />
        }
    })
}

#[test]
fn a_providers_page_shows_its_settings_and_never_its_secret() {
    let page = one(&[Permission::ProvidersView, Permission::ProvidersManage], None);
    holds(
        &page,
        &[
            "https://id.example.org/account/social/work/callback",
            "value=\"https://issuer.example.org\"",
            "There is one",
            "2 connected accounts go with it",
            "Switch on",
            "?test=yes",
        ],
    );
    // fields of other kinds are left out
    lacks(&page, &["settings.tenant", "settings.team_id"]);
    let viewer = one(&[Permission::ProvidersView], None);
    lacks(&viewer, &["Switch on", "?test=yes", "Save settings", "Delete provider"]);
}

#[test]
fn a_test_says_what_failed() {
    let test = SocialTest {
        passed: false,
        checks: vec![
            SocialCheck {
                name: SocialCheckName::Discovery,
                passed: true,
                code: None,
            },
            SocialCheck {
                name: SocialCheckName::Credentials,
                passed: false,
                code: Some(Code::SocialMisconfigured),
            },
        ],
    };
    let page = one(&[Permission::ProvidersView, Permission::ProvidersManage], Some(test));
    holds(
        &page,
        &["The provider does not work", "As it should be.", "social_misconfigured"],
    );
}

#[test]
fn the_list_of_providers_is_empty_or_full() {
    let list = |items: Vec<SocialProviderRow>, q: Option<String>| {
        html(move || {
            as_staff(&[Permission::ProvidersView, Permission::ProvidersManage]);
            let query = SocialProviderQuery {
                q,
                ..SocialProviderQuery::default()
            };
            view! { <SocialProvidersView page=page_of(items) query deleted=Signal::stored(false) /> }
        })
    };
    let row = SocialProviderRow {
        id: Id(ID.to_owned()),
        slug: "work".to_owned(),
        kind: SocialKind::Oidc,
        name: "Work".to_owned(),
        is_enabled: true,
        created_at: at(),
    };
    holds(
        &list(vec![row], None),
        &["1 provider", &format!("/console/social-providers/{ID}"), "Work"],
    );
    holds(
        &list(Vec::new(), None),
        &["No providers yet", "/console/social-providers/new"],
    );
    holds(&list(Vec::new(), Some("x".to_owned())), &["No provider matches"]);
}
