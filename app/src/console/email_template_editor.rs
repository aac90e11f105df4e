//! The editor of a mail: its parts, the chips of what they may name, and the mail as it would leave while it is typed.

use std::time::Duration;

use leptos::html::Div;
use leptos::leptos_dom::helpers::debounce;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{FormData, HtmlFormElement};
use sereno_types::{EmailPreview, EmailSource, EmailTemplateDetail, Permission, Problem, TemplateVariable};

use super::email_template_preview::{PreviewSection, PreviewTemplate, Wishes};
use super::email_templates::PATH;
use super::shown_once::Shown;
use crate::{
    console::{application_form::Fields, may},
    ui::{
        copy::Copyable,
        field::{Area, Field, Hidden},
        form::{Attempt, Form, Submit},
    },
};

/// The button that shows what was typed instead of saving it, for browsers without scripts.
const LOOK: &str = "show";
/// How long typing must pause before the preview follows.
const PAUSE: Duration = Duration::from_millis(500);

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
        let command = Wishes::default().command(Some(source));
        let mail = sereno_core::templates::preview::preview(&member.sereno, &member.staff, place, command)
            .await
            .map_err(gate::refuse)?;
        gate::show_once();
        return Ok(Some(Shown {
            title: "The mail as it would leave".to_owned(),
            client_id: String::new(),
            secret: None,
            signing_secret: None,
            preview: None,
            mail: Some(mail),
            next,
        }));
    }
    if !seen.is_empty() {
        member.meta.if_match = Some(format!("\"{seen}\""));
    }
    let command = sereno_types::SaveEmailDraft {
        subject: source.subject,
        text: source.text,
        html: source.html,
        note: said("note"),
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
    wishes: Wishes,
    /// The mail as it is saved, or why there is none.
    saved: Result<EmailPreview, Problem>,
) -> impl IntoView {
    let action = ServerAction::<SaveEmailTemplate>::new();
    let attempt = Attempt::of(action).completed_by(fields(&template));
    let may_manage = may(Permission::EmailTemplatesManage);
    let path = format!("{PATH}/{}/{}", template.name, template.language);
    let typed = ServerAction::<PreviewTemplate>::new();
    let form = NodeRef::<Div>::new();
    let look = looking(form, typed, &template, &wishes);
    let at_once = look.clone();
    let mut ask = debounce(PAUSE, move |()| look());
    let answer = Signal::derive(
        move || match typed.value().get().filter(|_| typed.version().get() > 0) {
            Some(answer) => answer,
            None => saved.clone(),
        },
    );
    let subject = template
        .has_subject
        .then(|| view! { <Field name="subject" label="Subject" hint="One line." class="font-mono" /> });
    view! {
        <div class="grid grid-cols-1 items-start gap-6 xl:grid-cols-2">
            <section class="grid grid-cols-1 gap-4" aria-label="Editor">
                <Chips variables=template.variables.clone() needs=template.needs.clone() />
                <div node_ref=form on:input=move |_| ask(())>
                    <Form action attempt>
                        <Hidden name="name" value=template.name.clone() />
                        <Hidden name="language" value=template.language.clone() />
                        <Hidden name="seen" value=seen />
                        <fieldset class="card grid grid-cols-1 gap-4 p-5" disabled=!may_manage>
                            <legend class="sr-only">"What the mail says"</legend>
                            {subject}
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
                                                at_once();
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
            <PreviewSection path wishes answer />
        </div>
    }
}

/// What asks for the mail that the form says right now.
fn looking(
    form: NodeRef<Div>,
    typed: ServerAction<PreviewTemplate>,
    template: &EmailTemplateDetail,
    wishes: &Wishes,
) -> impl Fn() + Clone + use<> {
    let (name, language, wishes) = (template.name.clone(), template.language.clone(), wishes.clone());
    move || {
        let found = form
            .get_untracked()
            .and_then(|div| div.query_selector("form").ok().flatten());
        let Some(form) = found.and_then(|form| form.dyn_into::<HtmlFormElement>().ok()) else {
            return;
        };
        let Ok(data) = FormData::new_with_form(&form) else {
            return;
        };
        let said = |field: &str| data.get(field).as_string().unwrap_or_default();
        typed.dispatch(PreviewTemplate {
            name: name.clone(),
            language: language.clone(),
            unsaved: Some(EmailSource {
                subject: said("subject"),
                text: said("text"),
                html: said("html"),
            }),
            wishes: wishes.clone(),
        });
    }
}

/// What may be named, each with what it holds.
#[component]
fn Chips(variables: Vec<TemplateVariable>, needs: Vec<String>) -> impl IntoView {
    let rows = variables
        .into_iter()
        .map(|variable| {
            view! {
                <div>
                    <dt>
                        <Copyable text=format!("{{{{ {} }}}}", variable.name) what="the variable" />
                    </dt>
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
            "Text and HTML must each name {} before they can be published.",
            needs.join(" or ")
        );
        view! { <p class="text-soft">{words}</p> }
    });
    view! {
        <details class="card p-5" open>
            <summary class="cursor-pointer text-base font-semibold">"What the mail can name"</summary>
            <dl class="facts">{rows}</dl>
            {needed}
            <p class="text-sm text-soft">
                "Conditions: {% if code != \"\" %} … {% else %} … {% endif %}. Filters: upper, lower, title, capitalize, trim, default, length, first, last. In HTML, what a variable holds is escaped."
            </p>
        </details>
    }
}
