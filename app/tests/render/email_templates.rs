//! The pages about e-mail templates.

use app::console::email_template::{EmailTemplateView, TemplateSeen};
use app::console::email_template_compare::{CompareView, Compared};
use app::console::email_template_conflict::Conflict;
use app::console::email_template_preview::Wishes;
use app::console::email_template_version::{VersionSeen, VersionView};
use app::console::email_templates::EmailTemplatesView;
use leptos::prelude::*;
use sereno_types::{
    Code, DiffLine, DiffSide, EmailCoverage, EmailDiff, EmailLook, EmailPartDiff, EmailPreview, EmailSource,
    EmailTemplateDetail, EmailTemplateQuery, EmailTemplateRow, EmailVersion, EmailVersionRow, FieldError, Id, Page,
    Permission, Problem, SessionUser, StaffProfile, TemplateVariable, Timestamp,
};

use crate::{between, holds, html, lacks};

const LOOKS: &[Permission] = &[Permission::EmailTemplatesView];
const MANAGES: &[Permission] = &[Permission::EmailTemplatesView, Permission::EmailTemplatesManage];

fn at(text: &str) -> Timestamp {
    Timestamp(text.to_owned())
}

/// The view as somebody with these permissions sees it.
fn seen_with<V: IntoView + 'static>(
    permissions: &'static [Permission],
    view: impl FnOnce() -> V + Send + 'static,
) -> String {
    html(move || {
        provide_context(StaffProfile {
            id: Id("0198c2d4-7b1e-7c3a-9f00-000000000007".to_owned()),
            name: "root".to_owned(),
            permissions: permissions.to_vec(),
            is_superuser: false,
            has_fixed_codes: false,
        });
        view()
    })
}

fn coverage(language: &str, live: Option<i64>) -> EmailCoverage {
    EmailCoverage {
        language: language.to_owned(),
        is_shipped: true,
        live,
        has_draft: live.is_none(),
        broken_since: None,
        is_outdated: live.is_some(),
    }
}

fn version(number: i64, is_live: bool) -> EmailVersion {
    EmailVersion {
        row: EmailVersionRow {
            version: number,
            author: Some(SessionUser {
                id: Id("0198c2d4-7b1e-7c3a-9f00-000000000008".to_owned()),
                name: "<ana>".to_owned(),
            }),
            note: "Shorter & better".to_owned(),
            created_at: at("2026-11-01T08:00:00Z"),
            is_live,
        },
        source: EmailSource {
            subject: "Hello".to_owned(),
            text: "Text {{ link }}".to_owned(),
            html: "<p>HTML {{ link }}</p>".to_owned(),
        },
    }
}

fn template() -> EmailTemplateDetail {
    EmailTemplateDetail {
        name: "activation".to_owned(),
        title: "Activation".to_owned(),
        description: "Confirms the address given at sign-up.".to_owned(),
        is_custom: false,
        language: "de".to_owned(),
        variables: vec![TemplateVariable {
            name: "link".to_owned(),
            description: "Where the link leads".to_owned(),
            sample: "https://id.example.org/".to_owned(),
        }],
        needs: vec!["link".to_owned(), "code".to_owned()],
        has_subject: true,
        shipped: Some(EmailSource::default()),
        live: Some(version(2, true)),
        draft: None,
        broken_since: Some(at("2026-11-02T08:00:00Z")),
        broken_reason: Some("html, line 1, column 1: takes too many steps".to_owned()),
        is_outdated: true,
    }
}

fn shown(permissions: &'static [Permission], draft: bool) -> String {
    page(permissions, draft, Wishes::default(), |_| {})
}

/// The page, with something else than usual to show.
fn page(
    permissions: &'static [Permission],
    draft: bool,
    wishes: Wishes,
    change: impl FnOnce(&mut TemplateSeen) + Send + 'static,
) -> String {
    seen_with(permissions, move || {
        let mut template = template();
        template.draft = draft.then(|| version(0, false));
        let mut seen = TemplateSeen {
            template,
            seen: "1.abc".to_owned(),
            versions: Page {
                items: vec![version(2, true).row, version(1, false).row],
                total: 2,
                next_cursor: None,
                prev_cursor: None,
            },
            saved: Ok(EmailPreview {
                subject: "Hello".to_owned(),
                text: "Text".to_owned(),
                html: "<p>\"quoted\"</p>".to_owned(),
            }),
            conflict: None,
        };
        let (notice, confirm, restore) = (
            Signal::stored(Some("The draft is saved.")),
            Signal::stored(String::new()),
            Signal::stored("1".to_owned()),
        );
        change(&mut seen);
        let wishes = Signal::stored(wishes);
        view! { <EmailTemplateView seen wishes notice confirm restore /> }
    })
}

/// What an element with this id says of itself.
fn element<'a>(page: &'a str, id: &str) -> &'a str {
    between(page, &format!("id=\"{id}\""), ">")
}

#[test]
fn every_field_of_the_editor_says_what_is_written() {
    let shown = shown(MANAGES, false);
    holds(element(&shown, "subject"), &["name=\"subject\"", "value=\"Hello\""]);
    holds(
        &shown,
        &[
            "Text {{ link }}</textarea>",
            "&lt;p&gt;HTML {{ link }}&lt;/p&gt;</textarea>",
        ],
    );
    // a footer has no subject
    let footer = page(MANAGES, false, Wishes::default(), |seen| {
        seen.template.has_subject = false;
    });
    lacks(&footer, &["id=\"subject\""]);
}

#[test]
fn what_may_be_named_is_put_in_by_a_click_or_copied() {
    let shown = shown(MANAGES, false);
    holds(
        &shown,
        &["class=\"chip plain-only\"", "class=\"chip js-only\"", "Insert "],
    );
    lacks(&shown, &["<details class=\"card p-5\" open"]);
}

#[test]
fn the_preview_says_which_text_it_is_of() {
    let in_use = shown(MANAGES, false);
    holds(
        between(&in_use, "aria-label=\"Preview\"", "<form"),
        &["Version 2, in use"],
    );
    let draft = shown(MANAGES, true);
    let head = between(&draft, "aria-label=\"Preview\"", "<form");
    holds(
        head,
        &[
            "Draft",
            "See what is in use",
            "/console/email-templates/activation/de/versions/2",
        ],
    );
    // the button that posts the form without scripts takes along how it is wanted
    let wishes = Wishes {
        user: Some("ana".to_owned()),
        look: Some(EmailLook::Dark),
        narrow: Some(true),
    };
    let wanted = page(MANAGES, false, wishes, |_| {});
    for field in [
        "<input type=\"hidden\" name=\"user\" value=\"ana\"",
        "<input type=\"hidden\" name=\"look\" value=\"dark\"",
        "<input type=\"hidden\" name=\"narrow\" value=\"true\"",
        "max-w-[375px]",
    ] {
        holds(&wanted, &[field]);
    }
    let wrong = |field: &'static str, code: Code| {
        page(MANAGES, false, Wishes::default(), move |seen| {
            seen.saved = Err(Problem::fields(vec![FieldError::new(field, code)]));
        })
    };
    holds(&wrong("user", Code::InvalidChoice), &["There is no such user."]);
    holds(
        &wrong("subject", Code::TemplateSyntaxError),
        &["Subject: This template cannot be read"],
    );
}

#[test]
fn whoever_was_too_late_sees_both_texts_and_loses_none() {
    let shown = page(MANAGES, true, Wishes::default(), |seen| {
        seen.conflict = Some(Conflict {
            theirs: Some(version(0, false).row),
            seen: "1.theirs".to_owned(),
            parts: vec![changed("html"), same("text")],
        });
    });
    let told = between(&shown, "data-conflict", "</section>");
    holds(
        told,
        &[
            "&lt;ana&gt; saved another draft",
            "Shorter &amp; better",
            "name=\"over\"",
            "value=\"1.theirs\"",
            "Save mine over it",
            "Take theirs",
            "Theirs",
            "Yours",
            "&lt;old&gt;",
        ],
    );
    lacks(told, &["The same in both."]);
}

fn side(text: &str) -> DiffSide {
    DiffSide {
        number: 1,
        text: text.to_owned(),
    }
}

fn changed(part: &str) -> EmailPartDiff {
    EmailPartDiff {
        part: part.to_owned(),
        is_same: false,
        lines: vec![DiffLine {
            before: Some(side("<old>")),
            after: Some(side("<new>")),
            is_same: false,
        }],
    }
}

fn same(part: &str) -> EmailPartDiff {
    EmailPartDiff {
        part: part.to_owned(),
        is_same: true,
        lines: Vec::new(),
    }
}

#[test]
fn the_list_shows_what_there_is_in_each_language() {
    let page = seen_with(MANAGES, || {
        let row = EmailTemplateRow {
            name: "activation".to_owned(),
            title: "Activation".to_owned(),
            description: "Confirms & more".to_owned(),
            is_custom: false,
            languages: vec![coverage("en", Some(4)), coverage("de", None), coverage("es", None)],
        };
        let page = Page {
            items: vec![row],
            total: 1,
            next_cursor: Some("next".to_owned()),
            prev_cursor: None,
        };
        view! { <EmailTemplatesView page query=EmailTemplateQuery::default() done=Signal::stored(Some("Read in.")) /> }
    });
    for words in [
        "Version 4",
        "Default has changed",
        "As shipped",
        "Draft",
        "Activation in German",
        "/console/email-templates/activation/es",
        "Confirms &amp; more",
        "cursor=next",
        "New template",
        "/api/v1/admin/email-templates/export",
        "/console/email-templates/import",
        "Read in.",
    ] {
        holds(&page, &[words]);
    }
}

#[test]
fn the_editor_shows_chips_preview_and_versions() {
    let page = shown(MANAGES, false);
    for words in [
        "Activation in German",
        "{{ link }}",
        "Text and HTML must each show link or code",
        "The version in use fails.",
        "takes too many steps",
        "The shipped default",
        "sandbox=\"\"",
        "srcdoc=\"&lt;p&gt;&quot;quoted&quot;&lt;/p&gt;\"",
        "name=\"seen\"",
        "Go back to version 1?",
        "Shorter &amp; better",
        "Back to the default",
        "Send test mail",
    ] {
        holds(&page, &[words]);
    }
    lacks(&page, &["Publish draft"]);
    let drafted = shown(MANAGES, true);
    holds(&drafted, &["Publish draft"]);
    holds(&drafted, &["Throw draft away"]);
}

#[test]
fn who_may_only_look_changes_nothing() {
    let page = shown(LOOKS, true);
    for words in [
        "Save draft",
        "Publish draft",
        "Send test mail",
        "Go back to",
        "Back to the default",
    ] {
        lacks(&page, &[words]);
    }
    holds(&page, &["Versions"]);
}

fn compared(from: &str, to: &str, diff: Result<EmailDiff, Problem>) -> String {
    let (from, to) = (from.to_owned(), to.to_owned());
    seen_with(LOOKS, move || {
        let compared = Compared {
            template: template(),
            versions: vec![version(2, true).row, version(1, false).row],
            from,
            to,
            diff,
        };
        view! { <CompareView compared /> }
    })
}

#[test]
fn a_difference_is_told_by_a_sign_too() {
    let diff = EmailDiff {
        from: "shipped".to_owned(),
        to: "3".to_owned(),
        parts: vec![same("text"), changed("html")],
    };
    let page = compared("shipped", "3", Ok(diff));
    for words in [
        "Activation in German: shipped default and version 3",
        "The same in both.",
        "1 − ",
        "1 + ",
        "tone-good",
        "&lt;old&gt;",
        "<option value=\"live\"",
        "<option value=\"2\"",
        // what the address says is offered too
        "<option value=\"3\" selected",
    ] {
        holds(&page, &[words]);
    }
    lacks(&page, &["<option value=\"draft\""]);
}

#[test]
fn a_wrong_word_is_told_and_no_dead_end() {
    let problem = Problem::fields(vec![FieldError::new("to", Code::InvalidChoice)]);
    let page = compared("1", "shoe", Err(problem));
    holds(
        &page,
        &[
            "To: there is no text called \u{201c}shoe\u{201d} here.",
            "<option value=\"1\" selected",
        ],
    );
}

#[test]
fn an_old_version_can_be_looked_at() {
    let page = seen_with(MANAGES, || {
        let seen = VersionSeen {
            template: template(),
            version: version(1, false),
            mail: Ok(EmailPreview {
                subject: "Hello".to_owned(),
                text: "Text".to_owned(),
                html: "<p>x</p>".to_owned(),
            }),
            wishes: Wishes::default(),
        };
        view! { <VersionView seen /> }
    });
    holds(
        &page,
        &[
            "Activation in German: version 1",
            "&lt;p&gt;HTML {{ link }}&lt;/p&gt;",
            "srcdoc=",
            "compare?from=shipped&amp;to=1",
            "?restore=1",
            "Shorter &amp; better",
        ],
    );
    // and is compared with the one before it, not with itself
    let list = shown(LOOKS, false);
    holds(
        &list,
        &[
            "/activation/de/versions/1",
            "compare?from=1&amp;to=2",
            "compare?from=shipped&amp;to=1",
        ],
    );
    lacks(&list, &["compare?from=2&amp;to=live"]);
}
