//! The editor of a mail: its parts, the chips of what they may name, and the mail as it would leave while it is typed.

use std::time::Duration;

use leptos::html::Div;
use leptos::leptos_dom::helpers::debounce;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlInputElement};
use sereno_types::{EmailPreview, EmailSource, EmailTemplateDetail, Permission, Problem, TemplateVariable};

use super::email_template_conflict::{Conflict, ConflictView, ConflictingEmailTemplate};
use super::email_template_preview::{PreviewSection, PreviewTemplate, Previewed, Wishes, at_parts};
use super::email_templates::PATH;
use super::shown_once::Shown;
use crate::{
    console::{application_form::Fields, may},
    ui::{
        field::{Area, Field, Hidden},
        form::{Attempt, Form, Submit},
        unsaved::{Unsaved, field_of},
    },
};

/// The button that shows what was typed instead of saving it, for browsers without scripts.
const LOOK: &str = "show";
/// The button that saves what was typed over what somebody else has saved meanwhile; it says which version that is.
pub(super) const OVER: &str = "over";
/// How long typing must pause before the preview follows.
const PAUSE: Duration = Duration::from_millis(500);
/// What is typed.
const FIELDS: [&str; 4] = ["subject", "html", "text", "note"];
/// What the parts are called, where a sentence is told apart from its field.
pub(super) const NAMES: &[(&str, &str)] = &[
    ("subject", "Subject"),
    ("html", "HTML"),
    ("text", "Text"),
    ("note", "Note"),
    ("user", "For"),
];

/// Saves the draft; with `show` nothing is saved, and the mail is shown as it would leave.
#[server(prefix = "/console/fn", endpoint = "save_email_template")]
pub(crate) async fn save_email_template(#[server(flatten)] fields: Fields) -> Result<Option<Shown>, Problem> {
    use crate::gate;
    let mut member = gate::staff().await?;
    let said = |field: &str| fields.get(field).cloned().unwrap_or_default();
    let (name, language, seen) = (said("name"), said("language"), said("seen"));
    let place = (name.as_str(), language.as_str());
    let next = format!("{PATH}/{name}/{language}");
    let source = EmailSource {
        subject: said("subject"),
        text: said("text"),
        html: said("html"),
    };
    if fields.contains_key(LOOK) {
        let wishes = Wishes::read(|field| fields.get(field).cloned().filter(|value| !value.is_empty()));
        let command = wishes.command(Some(source), None);
        let mail = sereno_core::templates::preview::preview(&member.sereno, &member.staff, place, command)
            .await
            .map_err(gate::refuse)
            .map_err(at_parts)?;
        gate::show_once();
        return Ok(Some(Shown {
            title: "The mail as it would leave".to_owned(),
            client_id: String::new(),
            secret: None,
            signing_secret: None,
            preview: None,
            mail: Some((mail, wishes.narrow.unwrap_or_default())),
            next,
        }));
    }
    let over = fields.get(OVER).cloned();
    let seen = over.unwrap_or(seen);
    if !seen.is_empty() {
        member.meta.if_match = Some(format!("\"{seen}\""));
    }
    let command = sereno_types::SaveEmailDraft {
        subject: source.subject,
        text: source.text,
        html: source.html,
        note: Some(said("note")),
    };
    sereno_core::templates::draft::save(&member.sereno, &member.meta, &member.staff, place, command)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("{next}?done=saved"));
    Ok(None)
}

/// What the fields say before anybody has typed: the draft, else what is in use, else what is shipped.
#[must_use]
pub fn fields(template: &EmailTemplateDetail) -> Vec<(String, String)> {
    let written = template.draft.as_ref().or(template.live.as_ref());
    let source = written
        .map(|version| version.source.clone())
        .or_else(|| template.shipped.clone())
        .unwrap_or_default();
    let note = template.draft.as_ref().map(|draft| draft.row.note.clone());
    vec![
        ("subject".to_owned(), source.subject),
        ("text".to_owned(), source.text),
        ("html".to_owned(), source.html),
        ("note".to_owned(), note.unwrap_or_default()),
    ]
}

/// The form, with the preview beside it.
#[component]
pub(super) fn Editor(
    /// The template.
    template: EmailTemplateDetail,
    /// Its version, so that nobody else's draft is overwritten.
    seen: String,
    /// How the preview is wanted.
    #[prop(into)]
    wishes: Signal<Wishes>,
    /// The mail as it is saved, or why there is none.
    saved: Result<EmailPreview, Problem>,
    /// What somebody else saved while this was typed, where that was refused before this page.
    conflict: Option<Conflict>,
    /// What is typed and not saved.
    unsaved: Unsaved,
) -> impl IntoView {
    let action = ServerAction::<SaveEmailTemplate>::new();
    let attempt = Attempt::of(action).completed_by(fields(&template)).naming(NAMES);
    let may_manage = may(Permission::EmailTemplatesManage);
    let path = format!("{PATH}/{}/{}", template.name, template.language);
    let typed = ServerAction::<PreviewTemplate>::new();
    let form = NodeRef::<Div>::new();
    let place = StoredValue::new((template.name.clone(), template.language.clone()));
    let look = move || {
        let (name, language) = place.get_value();
        let Some(source) = source_in(form) else { return };
        typed.dispatch(PreviewTemplate {
            name,
            language,
            unsaved: Some(source),
            of: None,
            wishes: wishes.get_untracked(),
        });
    };
    let mut later = debounce(PAUSE, move |()| look());
    let mut typing = move || {
        unsaved.look(form, &FIELDS);
        later(());
    };
    // the address asks for another look at what is typed now
    Effect::new(move |before: Option<Wishes>| {
        let now = wishes.get();
        if before.is_some_and(|before| before != now) {
            look();
        }
        now
    });
    // typed before the page came to life
    Effect::new(move |_| unsaved.look(form, &FIELDS));
    unsaved.guard(Signal::derive(move || {
        let is_saved = action.value().with(|answer| matches!(answer, Some(Ok(_))));
        action.pending().get() || is_saved
    }));
    let answer = Signal::derive(
        move || match typed.value().get().filter(|_| typed.version().get() > 0) {
            Some(answer) => answer.map_err(at_parts),
            None => saved.clone(),
        },
    );
    let shown = Previewed::of(&template);
    let shown = Signal::derive(move || if unsaved.is() { Previewed::Typed } else { shown.clone() });
    let last = StoredValue::new("html".to_owned());
    let remember = move |event: leptos::ev::FocusEvent| {
        let field = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let name = field.and_then(|field| field.get_attribute("name"));
        if let Some(name) = name.filter(|name| ["subject", "html", "text"].contains(&name.as_str())) {
            last.set_value(name);
        }
    };
    let insert = Callback::new(move |text: String| {
        let field = form.get_untracked().and_then(|form| field_of(&form, &last.get_value()));
        if let Some(field) = field {
            insert_into(&field, &text);
            unsaved.look(form, &FIELDS);
            look();
        }
    });
    let clash = clash(action, form, place, conflict.clone());
    // what was typed was begun from what was seen then, and not from what this page shows
    let seen = conflict.as_ref().and_then(|_| attempt.value("seen")).unwrap_or(seen);
    let (has_subject, here) = (template.has_subject, path.clone());
    view! {
        <div class="grid grid-cols-1 items-start gap-6 xl:grid-cols-2">
            <section class="grid grid-cols-1 gap-4" aria-label="Editor">
                <Chips variables=template.variables.clone() needs=template.needs.clone() insert may_manage />
                <div node_ref=form on:input=move |_| typing() on:focusin=remember>
                    <Form action attempt>
                        <Hidden name="name" value=template.name.clone() />
                        <Hidden name="language" value=template.language.clone() />
                        <Hidden name="seen" value=seen />
                        <WishFields wishes />
                        {move || clash().map(|conflict| view! { <ConflictView conflict path=path.clone() unsaved /> })}
                        <fieldset class="card grid grid-cols-1 gap-4 p-5" disabled=!may_manage>
                            <legend class="sr-only">"What the mail says"</legend>
                            <SubjectField has_subject />
                            <Area name="html" label="HTML" hint="Inside the layout: header and footer are put around it." rows=14 />
                            <Area name="text" label="Text" hint="For programs that show no HTML." rows=12 />
                            <Field name="note" label="Note" hint="What you change, and why." optional=true />
                        </fieldset>
                        {may_manage
                            .then(|| {
                                view! {
                                    <div class="flex flex-wrap gap-3">
                                        <Submit label="Save draft" />
                                        <button
                                            type="submit"
                                            class="button"
                                            name=LOOK
                                            value="yes"
                                            on:click=move |event| {
                                                // without scripts the form is posted, and the answer shows the mail
                                                event.prevent_default();
                                                look();
                                            }
                                        >
                                            "Preview"
                                        </button>
                                    </div>
                                }
                            })}
                    </Form>
                </div>
            </section>
            <PreviewSection path=here wishes answer shown />
        </div>
    }
}

/// The subject line. Inside the form, where fields find the attempt.
#[component]
fn SubjectField(has_subject: bool) -> impl IntoView {
    has_subject.then(|| view! { <Field name="subject" label="Subject" hint="One line." class="font-mono" /> })
}

/// How the preview is wanted, for the button that posts the form without scripts.
#[component]
fn WishFields(wishes: Signal<Wishes>) -> impl IntoView {
    let said = |read: fn(&Wishes) -> Option<String>| move || wishes.with(read).unwrap_or_default();
    view! {
        <input type="hidden" name="user" value=said(|wishes| wishes.user.clone()) />
        <input type="hidden" name="look" value=said(|wishes| wishes.look_name().map(str::to_owned)) />
        <input type="hidden" name="narrow" value=said(|wishes| wishes.narrow.map(|narrow| narrow.to_string())) />
    }
}

/// What the fields say right now.
fn source_in(form: NodeRef<Div>) -> Option<EmailSource> {
    let form = form.get_untracked()?;
    let said = |name| field_of(&form, name).map(|field| field.value()).unwrap_or_default();
    Some(EmailSource {
        subject: said("subject"),
        text: said("text"),
        html: said("html"),
    })
}

/// What somebody else has saved: the page brought it along, or it is asked for as soon as saving is refused.
fn clash(
    action: ServerAction<SaveEmailTemplate>,
    form: NodeRef<Div>,
    place: StoredValue<(String, String)>,
    before: Option<Conflict>,
) -> impl Fn() -> Option<Conflict> + Clone {
    let asked = ServerAction::<ConflictingEmailTemplate>::new();
    let is_refused = move || {
        action.version().get() > 0
            && action.value().with(
                |answer| matches!(answer, Some(Err(problem)) if problem.code == sereno_types::Code::PreconditionFailed),
            )
    };
    Effect::new(move |_| {
        if is_refused()
            && let Some(unsaved) = source_in(form)
        {
            let (name, language) = place.get_value();
            asked.dispatch(ConflictingEmailTemplate {
                name,
                language,
                unsaved,
            });
        }
    });
    move || {
        if action.version().get() == 0 {
            return before.clone();
        }
        let answer = asked.value().get().filter(|_| is_refused())?;
        answer.ok()
    }
}

/// Puts a text where the cursor is, and the cursor behind it.
fn insert_into(field: &HtmlInputElement, text: &str) {
    // browsers count in units of UTF-16
    let said: Vec<u16> = field.value().encode_utf16().collect();
    let at = |place: Option<u32>| {
        place
            .and_then(|place| usize::try_from(place).ok())
            .unwrap_or(said.len())
            .min(said.len())
    };
    let start = at(field.selection_start().ok().flatten());
    let end = at(field.selection_end().ok().flatten()).max(start);
    let new: Vec<u16> = text.encode_utf16().collect();
    let behind = u32::try_from(start + new.len()).unwrap_or(u32::MAX);
    let whole = [
        said.get(..start).unwrap_or_default(),
        &new,
        said.get(end..).unwrap_or_default(),
    ]
    .concat();
    field.set_value(&String::from_utf16_lossy(&whole));
    _ = field.focus();
    _ = field.set_selection_range(behind, behind);
}

/// What may be named: a chip puts it where the cursor is; without scripts one click selects it.
#[component]
fn Chips(
    variables: Vec<TemplateVariable>,
    needs: Vec<String>,
    insert: Callback<String>,
    may_manage: bool,
) -> impl IntoView {
    let chips = variables
        .iter()
        .map(|variable| {
            let text = format!("{{{{ {} }}}}", variable.name);
            let (put, said) = (text.clone(), text.clone());
            let title = variable.description.clone();
            view! {
                <li>
                    <code class="chip plain-only">{text}</code>
                    <button
                        type="button"
                        class="chip js-only"
                        title=title
                        disabled=!may_manage
                        on:click=move |_| insert.run(put.clone())
                    >
                        <span class="sr-only">"Insert "</span>
                        {said}
                    </button>
                </li>
            }
        })
        .collect_view();
    let rows = variables
        .into_iter()
        .map(|variable| {
            view! {
                <div>
                    <dt class="font-mono">{variable.name}</dt>
                    <dd>
                        {variable.description} " "
                        <span class="block text-sm wrap-anywhere text-soft">"Sample: " {variable.sample}</span>
                    </dd>
                </div>
            }
        })
        .collect_view();
    let needed = (!needs.is_empty()).then(|| {
        let words = format!(
            "Text and HTML must each show {} before they can be published.",
            needs.join(" or ")
        );
        view! { <p class="text-soft">{words}</p> }
    });
    view! {
        <div class="card grid grid-cols-1 gap-3 p-5">
            <h2 class="text-base font-semibold">"What the mail can name"</h2>
            <ul class="flex flex-wrap gap-2">{chips}</ul>
            {needed}
            <details>
                <summary class="link w-fit cursor-pointer">"What they hold, and what else a template can say"</summary>
                <dl class="facts">{rows}</dl>
                <p class="text-sm text-soft">
                    "Conditions: {% if code != \"\" %} … {% else %} … {% endif %}. Loops: {% for … in … %} … {% endfor %}. Filters: upper, lower, title, capitalize, trim, default, length, first, last. In HTML, what a variable holds is escaped."
                </p>
            </details>
        </div>
    }
}
