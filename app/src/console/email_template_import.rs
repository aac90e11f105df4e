//! Reading templates in from a file that another server, or this one, has written.

use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use leptos::web_sys::HtmlInputElement;
#[cfg(feature = "ssr")]
use sereno_core::templates::files;
use sereno_types::Problem;
#[cfg(feature = "ssr")]
use sereno_types::{Code, EmailImportOutcome, EmailTemplateFile, FieldError, ImportEmailTemplates};

use crate::{
    console::{Breadcrumb, email_templates::PATH},
    ui::{
        field::{Area, Tick},
        form::{Attempt, Form, Submit},
        heading::Heading,
    },
};

/// Reads templates in, all or none: what one of them lacks is told, and nothing is done.
#[server(name = ImportTemplates, prefix = "/console/fn", endpoint = "import_email_templates")]
pub(crate) async fn import_email_templates(
    #[server(default)] templates: String,
    #[server(default)] publish: Option<String>,
    #[server(default)] force: Option<String>,
) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let refused = |why: String| FieldError::new("templates", Code::TemplateInvalid).with("reason", why);
    let file: EmailTemplateFile =
        serde_json::from_str(&templates).map_err(|error| Problem::fields(vec![refused(error.to_string())]))?;
    let mut command = ImportEmailTemplates {
        templates: file.templates,
        publish: publish.is_some(),
        dry_run: true,
        force: force.is_some(),
    };
    let (sereno, meta, staff) = (&member.sereno, &member.meta, &member.staff);
    for dry_run in [true, false] {
        command.dry_run = dry_run;
        let told = files::import(sereno, meta, staff, command.clone())
            .await
            .map_err(gate::refuse)?;
        let faults: Vec<FieldError> = told
            .into_iter()
            .filter_map(|one| {
                let why = match one.outcome {
                    EmailImportOutcome::Refused => one.reason.unwrap_or_default(),
                    EmailImportOutcome::Kept => "there is another draft, which is not published".to_owned(),
                    _ => return None,
                };
                let language = one.language.map(|language| format!("/{language}"));
                Some(refused(format!("{}{}: {why}", one.name, language.unwrap_or_default())))
            })
            .collect();
        if !faults.is_empty() {
            return Err(Problem::fields(faults));
        }
    }
    gate::go_to(&format!("{PATH}?done=imported"));
    Ok(())
}

/// `/console/email-templates/import`.
#[component]
pub fn ImportEmailTemplatesPage() -> impl IntoView {
    let action = ServerAction::<ImportTemplates>::new();
    let attempt = Attempt::of(action);
    view! {
        <Breadcrumb above=vec![("/console", "Overview"), (PATH, "E-mail templates")] here="Read templates in" />
        <Heading title="Read templates in" attempt />
        <p class="max-w-prose text-soft">
            "From a file that was downloaded here or at another server. What differs from what is in use becomes a draft; templates of your own are made where there are none. If anything is wrong with one of them, none is read in."
        </p>
        <Form action attempt>
            <fieldset class="card grid grid-cols-1 gap-4 p-5">
                <legend class="sr-only">"The file"</legend>
                <Chosen />
                <Area name="templates" label="What the file holds" hint="JSON, as it was downloaded." rows=14 />
                <Tick name="publish" label="Publish them" hint="Mails leave in their words from now on." />
                <Tick
                    name="force"
                    label="Write over drafts"
                    hint="Not ticked: where a colleague has another draft that is not published, nothing is read in."
                />
            </fieldset>
            <Submit label="Read in" class="button button-primary justify-self-start" />
        </Form>
    }
}

/// With scripts a file can be chosen instead of pasted: what it holds is put into the field.
#[component]
fn Chosen() -> impl IntoView {
    let read = move |event: leptos::ev::Event| {
        let input = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        let Some(file) = input.and_then(|input| input.files()).and_then(|files| files.get(0)) else {
            return;
        };
        let fill = Closure::once_into_js(|text: JsValue| {
            let field = document().get_element_by_id("templates");
            if let (Some(field), Some(text)) = (field, text.as_string()) {
                field.unchecked_into::<HtmlInputElement>().set_value(&text);
            }
        });
        let text: JsValue = file.text().into();
        let then = js_sys::Reflect::get(&text, &JsValue::from_str("then"));
        _ = then.and_then(|then| then.unchecked_into::<js_sys::Function>().call1(&text, &fill));
    };
    view! {
        <div class="field js-only">
            <label class="label" for="file">
                "Choose the file"
            </label>
            <input id="file" type="file" class="input file-input" accept="application/json,.json" on:change=read />
        </div>
    }
}
