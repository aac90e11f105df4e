//! The pages for everybody.

use app::account::{
    confirm_email::ConfirmEmailPage,
    forgot_password::ForgotPasswordPage,
    overview::{Account, AccountView},
    reset_password::ResetPasswordPage,
    sign_in::SignInView,
    sign_in_code::SignInCodePage,
    sign_in_link::SignInLinkPage,
    sign_up::SignUpView,
};
use app::text::Locale;
use leptos::prelude::*;
use sereno_types::{AttributeKind, Id, Me, ProfileField, Timestamp};

use crate::{between, holds, html, html_at, lacks};

fn account(staff: bool) -> Account {
    let me = Me {
        id: Id("0198c2d4-7b1e-7c3a-9f00-000000000001".to_owned()),
        number: 1,
        email: Some("ana@example.org".to_owned()),
        email_verified: true,
        username: None,
        first_name: String::new(),
        last_name: String::new(),
        picture: None,
        locale: None,
        attributes: serde_json::Map::default(),
        created_at: Timestamp("2026-11-20T09:59:16Z".to_owned()),
    };
    Account {
        me,
        staff,
        old_required: true,
    }
}

#[test]
fn only_staff_are_led_to_the_console() {
    let of = |staff| html(move || view! { <AccountView account=account(staff) /> });
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
            view! { <AccountView account=account(false) /> }
        });
        holds(&page, &[date]);
    }
}

#[test]
fn forms_are_plain_ones() {
    holds(
        &html(|| view! { <SignInView buttons=Vec::new() /> }),
        &[
            r#"action="/account/fn/sign_in" method="post""#,
            r#"autocomplete="username""#,
            r#"autocomplete="current-password""#,
            r#"<input type="hidden" name="next""#,
            r#"href="/account/forgot-password""#,
        ],
    );
    holds(
        &html(|| {
            let field = |name: &str, kind, is_required| ProfileField {
                field: name.to_owned(),
                kind,
                description: String::new(),
                is_required,
                is_protected: false,
            };
            let fields = vec![
                field("username", AttributeKind::String, false),
                field("attributes.tier", AttributeKind::Integer, true),
            ];
            view! { <SignUpView buttons=Vec::new() fields /> }
        }),
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
        view! { <SignInView buttons=Vec::new() /> }
    });
    holds(&german, &["Anmelden", "Passwort"]);
    lacks(&german, &["Sign in"]);
}

#[test]
fn the_account_page_holds_plain_forms_for_password_and_address() {
    let page = html(|| view! { <AccountView account=account(false) /> });
    let password = between(&page, r#"action="/account/fn/change_password""#, "</form>");
    holds(
        password,
        &[
            r#"method="post""#,
            r#"name="old_password""#,
            r#"autocomplete="current-password""#,
            r#"name="new_password""#,
            r#"autocomplete="new-password""#,
            r#"autocomplete="username" value="ana@example.org""#,
        ],
    );
    lacks(password, &["(optional)"]);
    let email = between(&page, r#"action="/account/fn/change_email""#, "</form>");
    holds(
        email,
        &[
            r#"name="email""#,
            r#"inputmode="email""#,
            r#"name="password""#,
            "(optional)",
            "five minutes ago",
        ],
    );
    let lenient = html(|| {
        let account = Account {
            old_required: false,
            ..account(false)
        };
        view! { <AccountView account /> }
    });
    let password = between(&lenient, r#"action="/account/fn/change_password""#, "</form>");
    holds(password, &["(optional)", "five minutes ago"]);
}

#[test]
fn what_was_just_done_is_said() {
    let page = html(|| view! { <AccountView account=account(false) done=Some("Your password is changed.") /> });
    holds(&page, &["Your password is changed."]);
}

#[test]
fn links_of_mails_open_forms_that_post_their_token() {
    let page = html_at("/account/reset-password?token=abc", || view! { <ResetPasswordPage /> });
    holds(
        &page,
        &[
            r#"action="/account/fn/reset_password" method="post""#,
            r#"<input type="hidden" name="token" value="abc""#,
            r#"autocomplete="new-password""#,
        ],
    );
    let page = html_at("/account/confirm-email?token=abc", || view! { <ConfirmEmailPage /> });
    holds(
        &page,
        &[
            r#"action="/account/fn/confirm_email" method="post""#,
            r#"<input type="hidden" name="token" value="abc""#,
        ],
    );
    for page in [
        html_at("/account/reset-password", || view! { <ResetPasswordPage /> }),
        html_at("/account/confirm-email", || view! { <ConfirmEmailPage /> }),
    ] {
        lacks(&page, &["name=\"token\""]);
        holds(&page, &["name=\"code\"", r#"autocomplete="one-time-code""#]);
    }
}

#[test]
fn asking_for_a_link_says_the_same_to_everybody() {
    let page = html_at("/account/forgot-password", || view! { <ForgotPasswordPage /> });
    holds(
        &page,
        &[
            r#"action="/account/fn/forgot_password" method="post""#,
            r#"name="identifier""#,
        ],
    );
    for (locale, words) in [
        (Locale::En, "If there is such an account"),
        (Locale::De, "Wenn es ein solches Konto gibt"),
        (Locale::Es, "Si existe esa cuenta"),
    ] {
        let page = html_at("/account/forgot-password?done=sent", move || {
            provide_context(locale);
            view! { <ForgotPasswordPage /> }
        });
        holds(&page, &[words]);
        lacks(&page, &["<form"]);
    }
}

#[test]
fn a_code_is_asked_for_and_then_entered() {
    let asking = html_at("/account/sign-in/code?next=%2Faccount%2Fprofile", || {
        view! { <SignInCodePage /> }
    });
    holds(
        &asking,
        &[
            r#"action="/account/fn/ask_code" method="post""#,
            r#"<input type="hidden" name="next" value="/account/profile""#,
            r#"autocomplete="username""#,
            r#"href="/account/sign-in?next=%2Faccount%2Fprofile""#,
        ],
    );
    let entering = html_at("/account/sign-in/code?request=0199-a", || view! { <SignInCodePage /> });
    holds(
        &entering,
        &[
            r#"action="/account/fn/sign_in_with_code" method="post""#,
            r#"<input type="hidden" name="device_id" value="0199-a""#,
            r#"autocomplete="one-time-code""#,
            r#"href="/account/sign-in/code""#,
        ],
    );
    lacks(&entering, &[r#"name="identifier""#, "?\""]);
}

#[test]
fn a_link_to_sign_in_is_a_button_and_without_its_token_the_way_to_another() {
    let with = html_at("/account/sign-in/link?token=t0k", || view! { <SignInLinkPage /> });
    holds(
        &with,
        &[
            r#"action="/account/fn/sign_in_with_link" method="post""#,
            r#"<input type="hidden" name="token" value="t0k""#,
        ],
    );
    let without = html_at("/account/sign-in/link", || view! { <SignInLinkPage /> });
    holds(&without, &[r#"href="/account/sign-in/code""#]);
    lacks(&without, &["<form"]);
}

#[test]
fn codes_are_offered_where_they_are_on() {
    holds(
        &html_at(
            "/account/sign-in?next=%2Fconsole",
            || view! { <SignInView buttons=Vec::new() /> },
        ),
        &[r#"href="/account/sign-in/code?next=%2Fconsole""#],
    );
    let off = html(|| {
        provide_context(app::About {
            login_codes: false,
            ..Default::default()
        });
        view! { <SignInView buttons=Vec::new() /> }
    });
    lacks(&off, &["/account/sign-in/code"]);
}
