//! Two people wrote the same draft: what the other one saved, beside what was typed, and the ways on. Nothing is lost until
//! one of them is chosen.

use leptos::prelude::*;
use sereno_types::{EmailPartDiff, EmailSource, EmailVersionRow, Problem};

use super::email_template_compare::Part;
use super::email_template_editor::OVER;
use crate::ui::{
    alert::{Alert, Tone},
    time::Ago,
    unsaved::Unsaved,
};

/// What stands now beside what was typed.
#[server(name = ConflictingEmailTemplate, prefix = "/console/fn", endpoint = "conflicting_email_template")]
pub(crate) async fn conflicting_email_template(
    #[server(default)] name: String,
    #[server(default)] language: String,
    unsaved: EmailSource,
) -> Result<Conflict, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let (sereno, staff) = (&member.sereno, &member.staff);
    let detail = sereno_core::templates::show::detail(sereno, staff, &name, &language)
        .await
        .map_err(gate::refuse)?;
    let seen = sereno_core::templates::show::version(sereno, &detail).map_err(gate::refuse)?;
    let parts = sereno_core::templates::diff::beside(&detail, &unsaved);
    let theirs = detail.draft.or(detail.live).map(|version| version.row);
    Ok(Conflict { theirs, seen, parts })
}

/// What somebody else has saved, and what was typed.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Conflict {
    /// Their draft, else the version that is in use; nothing where only what is shipped is left.
    pub theirs: Option<EmailVersionRow>,
    /// The version of all that, which saving over it must name.
    pub seen: String,
    /// What differs: theirs before, what was typed after.
    pub parts: Vec<EmailPartDiff>,
}

impl Conflict {
    /// Who did what, in a sentence without its moment.
    fn sentence(&self) -> String {
        let Some(row) = &self.theirs else {
            return "The draft that you began from is gone, and what is shipped is in use".to_owned();
        };
        let who = row.author.as_ref().map_or("Somebody", |user| user.name.as_str());
        match row.version {
            0 => format!("{who} saved another draft"),
            number => format!("{who} published version {number}, and there is no draft any more"),
        }
    }
}

/// Inside the editor's form, above its fields.
#[component]
pub(super) fn ConflictView(
    /// What there is to compare.
    conflict: Conflict,
    /// The address of the page.
    path: String,
    /// What is typed and not saved.
    unsaved: Unsaved,
) -> impl IntoView {
    let sentence = conflict.sentence();
    let when = conflict.theirs.as_ref().map(|row| {
        let at = row.created_at.clone();
        view! {
            " ("
            <Ago at />
            ")"
        }
    });
    let note = conflict
        .theirs
        .as_ref()
        .map(|row| row.note.clone())
        .filter(|note| !note.is_empty())
        .map(|note| view! { <p class="wrap-anywhere">"Note: " {note}</p> });
    let parts = conflict
        .parts
        .into_iter()
        .filter(|part| !part.is_same)
        .map(|part| view! { <Part part before="Theirs" after="Yours" /> })
        .collect_view();
    view! {
        <section class="grid grid-cols-1 gap-4" aria-label="Conflict" data-conflict>
            <Alert tone=Tone::Warn>
                <p>
                    <strong>{sentence}</strong>
                    {when}
                    " after you began. What you typed stands below as you left it; take over by hand what you want of theirs, then save yours over it, or take theirs."
                </p>
                {note}
                <div class="flex flex-wrap items-center gap-4">
                    <button type="submit" class="button" name=OVER value=conflict.seen>
                        "Save mine over it"
                    </button>
                    <a class="link" rel="external" href=path on:click=move |_| unsaved.forget()>
                        "Take theirs, and lose what I typed"
                    </a>
                </div>
            </Alert>
            {parts}
        </section>
    }
}
