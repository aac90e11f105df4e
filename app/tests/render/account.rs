//! The pages for everybody.

use app::account::{
    profile::{Profile, ProfileView},
    sign_in::SignInPage,
    sign_up::SignUpPage,
};
use app::text::Locale;
use leptos::prelude::*;
use sereno_types::{Id, Me, Timestamp};

use crate::{holds, html, lacks};

fn profile(staff: bool) -> Profile {
    let me = Me {
        id: Id("0198c2d4-7b1e-7c3a-9f00-000000000001".to_owned()),
        number: 1,
        email: Some("ana@example.org".to_owned()),
        email_verified: true,
        username: None,
        first_name: String::new(),
        last_name: String::new(),
        locale: None,
        attributes: serde_json::Map::default(),
        created_at: Timestamp("2026-11-20T09:59:16Z".to_owned()),
    };
    Profile { me, staff }
}

#[test]
fn only_staff_are_led_to_the_console() {
    let of = |staff| html(move || view! { <ProfileView profile=profile(staff) /> });
    holds(&of(true), &[r#"href="/console""#]);
    let visitor = of(false);
    lacks(&visitor, &[r#"href="/console""#, "User name"]);
    holds(
        &visitor,
        &[
            "ana@example.org",
            "Confirmed",
            "0198c2d4-7b1e-7c3a-9f00-000000000001",
            r#"<time datetime="2026-11-20T09:59:16Z">20 Nov 2026, 09:59 UTC</time>"#,
            r#"action="/account/fn/sign_out" method="post""#,
        ],
    );
}

#[test]
fn dates_are_written_in_the_visitors_language() {
    for (locale, date) in [
        (Locale::De, "20. November 2026, 09:59 UTC"),
        (Locale::Es, "20 de noviembre de 2026, 09:59 UTC"),
    ] {
        let page = html(move || {
            provide_context(locale);
            view! { <ProfileView profile=profile(false) /> }
        });
        holds(&page, &[date]);
    }
}

#[test]
fn forms_are_plain_ones() {
    holds(
        &html(|| view! { <SignInPage /> }),
        &[
            r#"action="/account/fn/sign_in" method="post""#,
            r#"autocomplete="username""#,
            r#"autocomplete="current-password""#,
            r#"<input type="hidden" name="next""#,
        ],
    );
    holds(
        &html(|| view! { <SignUpPage /> }),
        &[
            r#"action="/account/fn/register" method="post""#,
            r#"autocomplete="new-password""#,
            "(optional)",
        ],
    );
}

#[test]
fn pages_speak_the_visitors_language() {
    let german = html(|| {
        provide_context(Locale::De);
        view! { <SignInPage /> }
    });
    holds(&german, &["Anmelden", "Passwort"]);
    lacks(&german, &["Sign in"]);
}
