//! The kit.

use app::flash::Flash;
use app::ui::{
    badge::{StateBadge, state_name},
    field::{Choice, Field},
    form::{Attempt, ErrorSummary},
    loaded::Refusal,
    pager::Pager,
    sort::{Direction, SortHeader},
};
use leptos::{context::Provider, prelude::*};
use sereno_types::{Code, FieldError, Problem, UserState};

use crate::{between, holds, html, lacks};

fn refused() -> Flash {
    Flash {
        form: "/account/fn/register".to_owned(),
        problem: Problem::fields(vec![
            FieldError::new("email", Code::InvalidEmail),
            FieldError::new("password", Code::PasswordTooShort).with("min", 12),
        ]),
        values: vec![("email".to_owned(), "\"><script>ana".to_owned())],
    }
}

fn email_after(flash: Option<Flash>) -> String {
    html(|| {
        view! {
            <Provider value=Attempt::after(flash)>
                <Field name="email" label="E-mail address" kind="email" autocomplete="email" hint="For the link." />
            </Provider>
        }
    })
}

#[test]
fn a_field_has_label_hint_and_purpose() {
    let html = email_after(None);
    holds(
        &html,
        &[
            r#"<label for="email""#,
            r#"id="email" name="email" type="email""#,
            r#"autocomplete="email""#,
            r#"aria-describedby="email-hint""#,
            r#"<p id="email-hint""#,
            " required",
        ],
    );
    lacks(&html, &["aria-invalid", "email-error"]);
}

#[test]
fn a_refused_field_says_why_and_keeps_what_was_typed() {
    let html = email_after(Some(refused()));
    holds(
        &html,
        &[
            r#"aria-invalid="true""#,
            r#"aria-describedby="email-hint email-error""#,
            r#"value="&quot;&gt;&lt;script&gt;ana""#,
        ],
    );
    assert!(between(&html, r#"id="email-error""#, "</div>").contains("Please write an e-mail address"));
}

#[test]
fn the_summary_leads_to_every_refused_field() {
    let html = html(|| view! { <ErrorSummary attempt=Attempt::after(Some(refused())) /> });
    holds(
        &html,
        &[
            r#"role="alert""#,
            r#"tabindex="-1""#,
            "autofocus",
            r##"href="#email""##,
            r##"href="#password""##,
            "at least 12 characters",
        ],
    );
}

#[test]
fn the_summary_tells_the_problem_as_a_whole_when_no_field_is_at_fault() {
    let summary = |problem: Problem| {
        let flash = Flash { problem, ..refused() };
        html(|| view! { <ErrorSummary attempt=Attempt::after(Some(flash)) /> })
    };
    let mut limited = Problem::new(Code::TooManyRequests);
    limited.retry_after = Some(600);
    holds(&summary(limited), &["in 10 minutes"]);
    let mut broken = Problem::new(Code::Internal);
    broken.request_id = Some("0198c2d4".into());
    holds(&summary(broken), &["our fault", "0198c2d4"]);
    let mut own = Problem::new(Code::OwnAccount);
    own.request_id = Some("0198c2d4".into());
    lacks(&summary(own), &["0198c2d4"]);
}

#[test]
fn without_an_attempt_there_is_no_summary() {
    assert_eq!(html(|| view! { <ErrorSummary attempt=Attempt::after(None) /> }), "");
}

#[test]
fn every_state_is_a_word_beside_an_icon() {
    for &state in UserState::ALL {
        let html = html(move || view! { <StateBadge state /> });
        holds(&html, &["<svg", r#"aria-hidden="true""#, state_name(state)]);
    }
}

#[test]
fn the_pager_links_where_there_is_something() {
    let pager = |previous: Option<&'static str>, next: Option<&'static str>| {
        html(move || view! { <Pager previous=previous.map(str::to_owned) next=next.map(str::to_owned) /> })
    };
    let both = pager(Some("/a?cursor=1"), Some("/a?cursor=2"));
    assert!(between(&both, r#"rel="prev""#, "</a>").contains("/a?cursor=1"));
    assert!(between(&both, r#"rel="next""#, "</a>").contains("/a?cursor=2"));
    lacks(&pager(None, Some("/a?cursor=2")), &[r#"rel="prev""#]);
    assert_eq!(pager(None, None), "");
}

#[test]
fn a_sorted_column_says_so() {
    let header = |direction| html(move || view! { <SortHeader label="User" href="/a".to_owned() direction /> });
    holds(
        &header(Some(Direction::Descending)),
        &[r#"aria-sort="descending""#, r#"scope="col""#, r#"href="/a""#],
    );
    lacks(&header(None), &["aria-sort"]);
}

#[test]
fn a_choice_shows_what_holds() {
    let html = html(
        || view! { <Choice name="state" label="State" options=vec![("", "Any"), ("locked", "Locked")] value="locked" /> },
    );
    assert!(between(&html, r#"value="locked""#, ">").contains("selected"));
    assert!(!between(&html, r#"value="""#, ">").contains("selected"));
}

#[test]
fn a_refusal_is_a_page_with_a_way_out() {
    let html = html(|| view! { <Refusal problem=Problem::new(Code::PermissionDenied) /> });
    holds(&html, &["<h1", "You cannot open this page", r#"href="/account""#]);
    let refused = crate::html(|| view! { <Refusal problem=refused().problem /> });
    holds(&refused, &["This address cannot be read."]);
}

/// A field that is made before its form has no attempt: it would stay empty, and tell no fault.
#[test]
#[should_panic(expected = "was made before its form")]
fn a_field_outside_of_its_form_is_noticed() {
    html(|| view! { <Field name="email" label="E-mail address" /> });
}
