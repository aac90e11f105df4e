//! Fields: label, hint, error and input belong together. Ids are the names, so no two fields of a page share one.

use leptos::{
    html::{self, Input},
    prelude::*,
    web_sys::Element,
};
use sereno_types::FieldError;

use super::{form::Attempt, icon::Icon};
use crate::text;

/// A line of text.
#[component]
pub fn Field(
    /// Name and id; also the name under which the server refuses it.
    #[prop(into)]
    name: String,
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
    /// Help that is always there; none if it is empty.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Whether it may stay empty.
    #[prop(optional)]
    optional: bool,
    /// Further classes of the input.
    #[prop(default = "")]
    class: &'static str,
) -> impl IntoView {
    let hint = hint.filter(|hint| !hint.is_empty());
    let state = State::of(&name, hint.is_some());
    let shown = RwSignal::new(false);
    let reveal = (kind == "password").then(|| view! { <Reveal shown controls=name.clone() /> });
    let input = view! {
        <input
            id=name.clone()
            name=name.clone()
            type=move || if shown.get() { "text" } else { kind }
            class=format!("input {class}")
            value=state.value(&name)
            autocomplete=autocomplete
            inputmode=inputmode
            autocapitalize="none"
            spellcheck="false"
            required=!optional
            aria-invalid=move || state.invalid()
            aria-describedby=state.describedby(&name)
        />
    };
    view! {
        <div class="field">
            {caption(&name, label, optional, hint)} {state.errors(name)} {input} {reveal}
        </div>
    }
}

/// A file. What was chosen is lost when the form is refused: no page may fill it in.
#[component]
pub fn FileField(
    /// Name and id; also the name under which the server refuses it.
    #[prop(into)]
    name: String,
    /// What to choose.
    #[prop(into)]
    label: String,
    /// The media types that the browser offers.
    accept: &'static str,
    /// Help that is always there.
    #[prop(into)]
    hint: String,
    /// Whether there may be several, and none.
    #[prop(optional)]
    multiple: bool,
) -> impl IntoView {
    let state = State::of(&name, true);
    let input = view! {
        <input
            id=name.clone()
            name=name.clone()
            type="file"
            class="input file-input"
            accept=(!accept.is_empty()).then_some(accept)
            multiple=multiple
            required=!multiple
            aria-invalid=move || state.invalid()
            aria-describedby=state.describedby(&name)
        />
    };
    view! { <div class="field">{caption(&name, label, multiple, Some(hint))} {state.errors(name)} {input}</div> }
}

/// Several lines of text.
#[component]
pub fn Area(
    /// Name and id; also the name under which the server refuses it.
    #[prop(into)]
    name: String,
    /// What to type.
    #[prop(into)]
    label: String,
    /// Help that is always there; none if it is empty.
    #[prop(optional, into)]
    hint: Option<String>,
    /// How many lines are seen.
    #[prop(default = 3)]
    rows: u32,
) -> impl IntoView {
    let hint = hint.filter(|hint| !hint.is_empty());
    let state = State::of(&name, hint.is_some());
    let value = state.value(&name).unwrap_or_default();
    // as one piece: the marks that hydration leaves between children would be part of the text
    let escaped = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let input = view! {
        <textarea
            id=name.clone()
            name=name.clone()
            class="input font-mono"
            rows=rows.to_string()
            autocomplete="off"
            autocapitalize="none"
            spellcheck="false"
            aria-invalid=move || state.invalid()
            aria-describedby=state.describedby(&name)
            inner_html=escaped
        ></textarea>
    };
    view! { <div class="field">{caption(&name, label, false, hint)} {state.errors(name)} {input}</div> }
}

/// One of a few values that are known here.
#[component]
pub fn Select(
    /// Name and id; also the name under which the server refuses it.
    #[prop(into)]
    name: String,
    /// What is chosen.
    #[prop(into)]
    label: String,
    /// Values and their words. A value that holds and is none of them is offered too.
    options: Vec<(&'static str, &'static str)>,
    /// Help that is always there; none if it is empty.
    #[prop(optional, into)]
    hint: Option<String>,
) -> impl IntoView {
    let options = options
        .into_iter()
        .map(|(option, words)| (option.to_owned(), words.to_owned()))
        .collect();
    view! { <Pick name label options hint=hint.unwrap_or_default() /> }
}

/// One of some values that were found.
#[component]
pub fn Pick(
    /// Name and id; also the name under which the server refuses it.
    #[prop(into)]
    name: String,
    /// What is chosen.
    #[prop(into)]
    label: String,
    /// Values and their words. A value that holds and is none of them is offered too.
    options: Vec<(String, String)>,
    /// Help that is always there; none if it is empty.
    #[prop(optional, into)]
    hint: Option<String>,
) -> impl IntoView {
    let hint = hint.filter(|hint| !hint.is_empty());
    let state = State::of(&name, hint.is_some());
    let value = state.value(&name).unwrap_or_default();
    let other =
        Some(value.clone()).filter(|value| !value.is_empty() && options.iter().all(|(option, _)| option != value));
    let options = options
        .into_iter()
        .map(|(option, words)| {
            let selected = option == value;
            view! {
                <option value=option selected=selected>
                    {words}
                </option>
            }
        })
        .collect_view();
    let other = other.map(|value| {
        let words = value.clone();
        view! {
            <option value=value selected>
                {words}
            </option>
        }
    });
    let input = view! {
        <select
            id=name.clone()
            name=name.clone()
            class="choice"
            aria-invalid=move || state.invalid()
            aria-describedby=state.describedby(&name)
        >
            {options}
            {other}
        </select>
    };
    view! { <div class="field">{caption(&name, label, false, hint)} {state.errors(name)} {input}</div> }
}

/// Yes or no. It is posted only where it is ticked.
#[component]
pub fn Tick(
    /// Name and id; also the name under which the server refuses it.
    #[prop(into)]
    name: String,
    /// What yes means.
    #[prop(into)]
    label: String,
    /// Help that is always there; none if it is empty.
    #[prop(optional, into)]
    hint: Option<String>,
) -> impl IntoView {
    let hint = hint.filter(|hint| !hint.is_empty());
    let state = State::of(&name, hint.is_some());
    let ticked = state.value(&name).is_some();
    let input = view! {
        <input
            id=name.clone()
            name=name.clone()
            type="checkbox"
            class="tick"
            value="yes"
            checked=ticked
            aria-invalid=move || state.invalid()
            aria-describedby=state.describedby(&name)
        />
    };
    let hint = hint_of(&name, hint);
    view! {
        <div class="field">
            {state.errors(name)} <label class="flex items-start gap-2">{input} <span>{label}</span></label> {hint}
        </div>
    }
}

/// What the last try of the form around a field says of it.
#[derive(Clone, Copy)]
struct State {
    attempt: Option<Attempt>,
    errors: Memo<Vec<FieldError>>,
    hinted: bool,
}

impl State {
    fn of(name: &str, hinted: bool) -> Self {
        let attempt = use_context::<Attempt>();
        debug_assert!(
            attempt.is_some(),
            "the field {name} was made before its form: it would stay empty and tell no fault"
        );
        let name = name.to_owned();
        let errors = Memo::new(move |_| attempt.map_or_else(Vec::new, |attempt| refusals(attempt, &name)));
        Self {
            attempt,
            errors,
            hinted,
        }
    }

    fn value(self, name: &str) -> Option<String> {
        self.attempt?.value(name)
    }

    fn invalid(self) -> Option<&'static str> {
        (!self.errors.read().is_empty()).then_some("true")
    }

    fn describedby(self, name: &str) -> impl Fn() -> Option<String> + Clone + use<> {
        let name = name.to_owned();
        move || {
            let hint = self.hinted.then(|| format!("{name}-hint"));
            let error = self.invalid().map(|_| format!("{name}-error"));
            let ids: Vec<_> = hint.into_iter().chain(error).collect();
            (!ids.is_empty()).then(|| ids.join(" "))
        }
    }

    fn errors(self, name: String) -> impl IntoView {
        move || error_list(&name, &self.errors.get())
    }
}

fn caption(name: &str, label: String, optional: bool, hint: Option<String>) -> impl IntoView + use<> {
    let optional = optional.then(|| view! { <span class="hint">" (" {text::use_texts().optional} ")"</span> });
    view! {
        <label class="label" for=name.to_owned()>
            {label}
            {optional}
        </label>
        {hint_of(name, hint)}
    }
}

fn hint_of(name: &str, hint: Option<String>) -> impl IntoView + use<> {
    let id = format!("{name}-hint");
    hint.map(|hint| {
        view! {
            <p id=id class="hint">
                {hint}
            </p>
        }
    })
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
fn Reveal(shown: RwSignal<bool>, controls: String) -> impl IntoView {
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

/// A line of a list's search form: what it says stands in the address, and nothing is remembered by the browser.
#[component]
pub fn SearchField(
    /// The name in the address.
    name: &'static str,
    /// What the field is called.
    label: &'static str,
    /// What may be typed.
    placeholder: &'static str,
    /// What was searched for.
    value: Option<String>,
) -> impl IntoView {
    let value = value.unwrap_or_default();
    let node = follows_input(value.clone());
    view! {
        <div class="field min-w-40 grow basis-40">
            <label class="label" for=name>
                {label}
            </label>
            <input
                id=name
                name=name
                type="search"
                class="input"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                placeholder=placeholder
                value=value
                node_ref=node
            />
        </div>
    }
}

/// An input of a filter that shows what the address says, as soon as the address says something else than before. What
/// somebody types while the next page is on its way stays typed: the page is then made anew around the same element.
fn follows_input(says: String) -> NodeRef<Input> {
    let node = NodeRef::<Input>::new();
    Effect::new(move |_| {
        if let Some(node) = node.get()
            && notice(&node, &says).is_some_and(|said| said != says)
        {
            node.set_value(&says);
        }
    });
    node
}

/// What the address said when the element last took notice; it takes notice of what it says now.
fn notice(element: &Element, says: &str) -> Option<String> {
    const SAID: &str = "data-said";
    let said = element.get_attribute(SAID);
    _ = element.set_attribute(SAID, says);
    said
}

/// A choice of a filter. What the URL says is chosen, also after the back button.
#[component]
pub fn Choice<T: Into<String> + 'static>(
    /// Name, and id unless another is said.
    name: &'static str,
    /// Id, where another field of the page has the name.
    #[prop(default = "")]
    id: &'static str,
    /// What is chosen.
    #[prop(into)]
    label: String,
    /// Values and their words.
    options: Vec<(T, T)>,
    /// The value that holds.
    #[prop(into)]
    value: String,
) -> impl IntoView {
    let options = options
        .into_iter()
        .map(|(option, words)| {
            let (option, words): (String, String) = (option.into(), words.into());
            // in the browser the attribute would undo a choice each time it is written; there the effect below chooses
            let selected = cfg!(feature = "ssr") && option == value;
            view! {
                <option value=option selected=selected>
                    {words}
                </option>
            }
        })
        .collect_view();
    let node = NodeRef::<html::Select>::new();
    Effect::new(move |_| {
        if let Some(node) = node.get()
            && notice(&node, &value).is_none_or(|said| said != value)
        {
            node.set_value(&value);
        }
    });
    let id = if id.is_empty() { name } else { id };
    view! {
        <div class="field">
            <label class="label" for=id>
                {label}
            </label>
            <select id=id name=name class="choice" node_ref=node>
                {options}
            </select>
        </div>
    }
}

/// A day of a filter, in UTC.
#[component]
pub fn DayField(
    /// Name and id.
    name: &'static str,
    /// What the field is called.
    label: &'static str,
    /// The day that holds.
    value: Option<String>,
) -> impl IntoView {
    let value = value.unwrap_or_default();
    let node = follows_input(value.clone());
    view! {
        <div class="field">
            <label class="label" for=name>
                {label}
            </label>
            <input id=name name=name type="date" class="input" value=value node_ref=node />
        </div>
    }
}

/// A secret that a link carried and the form hands on.
#[component]
pub fn Hidden(
    /// The name.
    #[prop(into)]
    name: String,
    /// The secret.
    #[prop(into)]
    value: String,
) -> impl IntoView {
    view! { <input type="hidden" name=name value=value /> }
}
