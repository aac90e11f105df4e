//! The pages about e-mail templates.

use app::console::email_template::{EmailTemplateView, TemplateSeen};
use app::console::email_template_compare::CompareView;
use app::console::email_template_preview::Wishes;
use app::console::email_templates::EmailTemplatesView;
use leptos::prelude::*;
use sereno_types::{
    DiffLine, DiffSide, EmailCoverage, EmailDiff, EmailPartDiff, EmailPreview, EmailSource, EmailTemplateDetail,
    EmailTemplateQuery, EmailTemplateRow, EmailVersion, EmailVersionRow, Id, Page, Permission, SessionUser,
    StaffProfile, TemplateVariable, Timestamp,
};

use crate::{holds, html, lacks};

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
    seen_with(permissions, move || {
        let mut template = template();
        template.draft = draft.then(|| version(0, false));
        let seen = TemplateSeen {
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
        };
        let (notice, confirm, restore) = (
            Signal::stored(Some("The draft is saved.")),
            Signal::stored(String::new()),
            Signal::stored("1".to_owned()),
        );
        view! { <EmailTemplateView seen wishes=Wishes::default() notice confirm restore /> }
    })
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
        view! { <EmailTemplatesView page query=EmailTemplateQuery::default() deleted=Signal::stored(false) /> }
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
        "Text and HTML must each name link or code",
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

#[test]
fn a_difference_is_told_by_a_sign_too() {
    let page = seen_with(LOOKS, || {
        let side = |number, text: &str| {
            Some(DiffSide {
                number,
                text: text.to_owned(),
            })
        };
        let diff = EmailDiff {
            from: "shipped".to_owned(),
            to: "3".to_owned(),
            parts: vec![
                EmailPartDiff {
                    part: "text".to_owned(),
                    is_same: true,
                    lines: Vec::new(),
                },
                EmailPartDiff {
                    part: "html".to_owned(),
                    is_same: false,
                    lines: vec![DiffLine {
                        before: side(1, "<old>"),
                        after: side(1, "<new>"),
                        is_same: false,
                    }],
                },
            ],
        };
        view! { <CompareView diff name="activation".to_owned() language="en".to_owned() /> }
    });
    for words in [
        "Shipped default and version 3 in English",
        "The same in both.",
        "1 − ",
        "1 + ",
        "&lt;old&gt;",
    ] {
        holds(&page, &[words]);
    }
}
