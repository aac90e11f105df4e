//! Fields: label, hint, error and input belong together. Ids are the names, so no two fields of a page share one.

use leptos::prelude::*;
use sereno_types::FieldError;

use super::{form::Attempt, icon::Icon};
use crate::text;

/// A line of text.
#[component]
pub fn Field(
    /// Name and id; also the name under which the server refuses it.
    name: &'static str,
    /// What to type.
    #[prop(into)]
    label: String,
    /// The `type` of the input. A password can be shown.
    #[prop(default = "text")]
    kind: &'static str,
    /// What the browser may fill in (HTML's `autocomplete`).
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// The keyboard of a phone.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    /// Help that is always there.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Whether it may stay empty.
    #[prop(optional)]
    optional: bool,
    /// Further classes of the input.
    #[prop(default = "")]
    class: &'static str,
) -> impl IntoView {
    let attempt = use_context::<Attempt>();
    let errors = errors_of(attempt, name);
    let shown = RwSignal::new(false);
    let describedby = describedby(name, hint.is_some(), errors);
    let input = view! {
        <input
            id=name
            name=name
            type=move || if shown.get() { "text" } else { kind }
            class=format!("input {class}")
            value=attempt.and_then(|attempt| attempt.value(name))
            autocomplete=autocomplete
            inputmode=inputmode
            autocapitalize="none"
            spellcheck="false"
            required=!optional
            aria-invalid=move || (!errors.read().is_empty()).then_some("true")
            aria-describedby=describedby
        />
    };
    view! {
        <div class="field">
            <label class="label" for=name>
                {label}
                {optional.then(|| view! { <span class="hint">" (" {text::use_texts().optional} ")"</span> })}
            </label>
            {hint.map(|hint| view! { <p id=format!("{name}-hint") class="hint">{hint}</p> })}
            {move || error_list(name, &errors.get())}
            {input}
            {(kind == "password").then(|| view! { <Reveal shown controls=name /> })}
        </div>
    }
}

/// Several lines of text.
#[component]
pub fn Area(
    /// Name and id; also the name under which the server refuses it.
    name: &'static str,
    /// What to type.
    #[prop(into)]
    label: String,
    /// Help that is always there.
    #[prop(optional, into)]
    hint: Option<String>,
    /// How many lines are seen.
    #[prop(default = 3)]
    rows: u32,
) -> impl IntoView {
    let attempt = use_context::<Attempt>();
    let errors = errors_of(attempt, name);
    let describedby = describedby(name, hint.is_some(), errors);
    let value = attempt.and_then(|attempt| attempt.value(name)).unwrap_or_default();
    // as one piece: the marks that hydration leaves between children would be part of the text
    let escaped = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    view! {
        <div class="field">
            <label class="label" for=name>
                {label}
            </label>
            {hint.map(|hint| view! { <p id=format!("{name}-hint") class="hint">{hint}</p> })}
            {move || error_list(name, &errors.get())}
            <textarea
                id=name
                name=name
                class="input font-mono"
                rows=rows.to_string()
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-invalid=move || (!errors.read().is_empty()).then_some("true")
                aria-describedby=describedby
                inner_html=escaped
            ></textarea>
        </div>
    }
}

/// One of a few values.
#[component]
pub fn Select(
    /// Name and id; also the name under which the server refuses it.
    name: &'static str,
    /// What is chosen.
    #[prop(into)]
    label: String,
    /// Values and their words.
    options: Vec<(&'static str, &'static str)>,
    /// Help that is always there.
    #[prop(optional, into)]
    hint: Option<String>,
) -> impl IntoView {
    let attempt = use_context::<Attempt>();
    let errors = errors_of(attempt, name);
    let describedby = describedby(name, hint.is_some(), errors);
    let value = attempt.and_then(|attempt| attempt.value(name)).unwrap_or_default();
    let options = options
        .into_iter()
        .map(|(option, words)| {
            view! {
                <option value=option selected=option == value>
                    {words}
                </option>
            }
        })
        .collect_view();
    view! {
        <div class="field">
            <label class="label" for=name>
                {label}
            </label>
            {hint.map(|hint| view! { <p id=format!("{name}-hint") class="hint">{hint}</p> })}
            {move || error_list(name, &errors.get())}
            <select
                id=name
                name=name
                class="choice"
                aria-invalid=move || (!errors.read().is_empty()).then_some("true")
                aria-describedby=describedby
            >
                {options}
            </select>
        </div>
    }
}

/// Yes or no. It is posted only where it is ticked.
#[component]
pub fn Tick(
    /// Name and id; also the name under which the server refuses it.
    name: &'static str,
    /// What yes means.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let attempt = use_context::<Attempt>();
    let errors = errors_of(attempt, name);
    let ticked = attempt.is_some_and(|attempt| attempt.value(name).is_some());
    view! {
        <div class="field">
            {move || error_list(name, &errors.get())} <label class="flex items-start gap-2">
                <input
                    id=name
                    name=name
                    type="checkbox"
                    class="tick"
                    value="yes"
                    checked=ticked
                    aria-invalid=move || (!errors.read().is_empty()).then_some("true")
                    aria-describedby=describedby(name, false, errors)
                />
                <span>{label}</span>
            </label>
        </div>
    }
}

fn errors_of(attempt: Option<Attempt>, name: &'static str) -> Memo<Vec<FieldError>> {
    Memo::new(move |_| attempt.map_or_else(Vec::new, |attempt| refusals(attempt, name)))
}

fn describedby(
    name: &'static str,
    hinted: bool,
    errors: Memo<Vec<FieldError>>,
) -> impl Fn() -> Option<String> + Clone + 'static {
    move || {
        let hint = hinted.then(|| format!("{name}-hint"));
        let error = (!errors.read().is_empty()).then(|| format!("{name}-error"));
        let ids: Vec<_> = hint.into_iter().chain(error).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

/// Why the server refused this field.
fn refusals(attempt: Attempt, name: &str) -> Vec<FieldError> {
    attempt
        .problem()
        .map_or_else(Vec::new, |problem| problem.of(name).cloned().collect())
}

fn error_list(name: &str, errors: &[FieldError]) -> Option<impl IntoView + use<>> {
    let locale = text::use_locale();
    let lines = errors
        .iter()
        .map(|error| view! { <p class="field-error">{Icon::CircleAlert.draw()} {text::of_field(locale, error)}</p> })
        .collect_view();
    (!errors.is_empty()).then(|| view! { <div id=format!("{name}-error")>{lines}</div> })
}

/// Shows a password while it is typed. Without scripts there is nothing to press.
#[component]
fn Reveal(shown: RwSignal<bool>, controls: &'static str) -> impl IntoView {
    let texts = text::use_texts();
    let label = move || {
        if shown.get() {
            texts.hide_password
        } else {
            texts.show_password
        }
    };
    view! {
        <button
            type="button"
            class="js-only link justify-self-start text-sm cursor-pointer"
            aria-controls=controls
            on:click=move |_| shown.update(|shown| *shown = !*shown)
        >
            {label}
        </button>
    }
}

/// A choice of a filter. What the URL says is chosen, also after the back button.
#[component]
pub fn Choice(
    /// Name and id.
    name: &'static str,
    /// What is chosen.
    #[prop(into)]
    label: String,
    /// Values and their words.
    options: Vec<(&'static str, &'static str)>,
    /// The value that holds.
    #[prop(into)]
    value: String,
) -> impl IntoView {
    let options = options
        .into_iter()
        .map(|(option, words)| {
            let selected = option == value;
            view! {
                <option value=option selected=selected prop:selected=selected>
                    {words}
                </option>
            }
        })
        .collect_view();
    view! {
        <div class="field">
            <label class="label" for=name>
                {label}
            </label>
            <select id=name name=name class="choice">
                {options}
            </select>
        </div>
    }
}

/// A secret that a link carried and the form hands on.
#[component]
pub fn Hidden(
    /// The name.
    name: &'static str,
    /// The secret.
    #[prop(into)]
    value: String,
) -> impl IntoView {
    view! { <input type="hidden" name=name value=value /> }
}
