//! Forms that behave the same with and without JavaScript: one [`Attempt`] says what the last try left behind, wherever
//! the answer came from.

use leptos::context::Provider;
use leptos::form::ActionForm;
use leptos::html::Div;
use leptos::prelude::*;
use leptos::server_fn::{Http, ServerFn, client::Client, codec::PostUrl, request::ClientReq};
use leptos::web_sys::FormData;
use serde::de::DeserializeOwned;
use sereno_types::Problem;

use super::{icon::Icon, unsaved::Unsaved};
use crate::{flash::Flash, text, visit};

/// What the last try of a form left behind: from the action's answer in the browser, before that from the flash that a
/// plain post left on the server.
#[derive(Clone, Copy)]
pub struct Attempt {
    problem: Signal<Option<Problem>>,
    values: StoredValue<Vec<(String, String)>>,
    pending: Signal<bool>,
    names: Names,
}

/// What fields are called, where their sentences do not say by themselves which one they are about.
type Names = &'static [(&'static str, &'static str)];

impl Attempt {
    /// The attempts at this action's form.
    #[must_use]
    pub fn of<S>(action: ServerAction<S>) -> Self
    where
        S: ServerFn<Error = Problem> + Clone + Send + Sync + 'static,
        S::Output: Send + Sync + 'static,
    {
        let before = Self::after(visit::flash_of(S::PATH));
        // An action whose version is 0 has not run here. (Then its value could come from the URL, where anyone may write.)
        let problem = Signal::derive(move || match action.version().get() {
            0 => before.problem.get(),
            _ => action.value().with(|answer| answer.as_ref()?.as_ref().err().cloned()),
        });
        Self {
            problem,
            values: before.values,
            pending: action.pending().into(),
            names: &[],
        }
    }

    /// The attempt that a flash tells of; no attempt yet without one.
    #[must_use]
    pub fn after(flash: Option<Flash>) -> Self {
        let (problem, values) = flash.map_or((None, Vec::new()), |flash| (Some(flash.problem), flash.values));
        Self {
            problem: Signal::stored(problem),
            values: StoredValue::new(values),
            pending: Signal::stored(false),
            names: &[],
        }
    }

    /// The attempts at two forms of one page, for its heading: whichever was refused.
    #[must_use]
    pub fn either(one: Self, other: Self) -> Self {
        Self {
            problem: Signal::derive(move || one.problem.get().or_else(|| other.problem.get())),
            values: StoredValue::new(Vec::new()),
            pending: Signal::derive(move || one.pending.get() || other.pending.get()),
            names: &[],
        }
    }

    /// What the fields say before anybody has typed: the object as it is. What was typed and refused goes before.
    #[must_use]
    pub fn starting_with(self, values: Vec<(String, String)>) -> Self {
        if !self.values.with_value(Vec::is_empty) {
            return self;
        }
        Self {
            values: StoredValue::new(values),
            ..self
        }
    }

    /// The same for a form of which nothing may be lost: of what was typed and refused only so much is kept, and what was
    /// not kept says what the object does. A box says nothing where it is not ticked, so it stands beside a hidden field
    /// `box.<name>` that always does.
    #[must_use]
    pub fn completed_by(self, values: Vec<(String, String)>) -> Self {
        let mut kept = self.values.get_value();
        for (name, value) in values {
            let said = |other: &str| kept.iter().any(|(name, _)| name == other);
            if !said(&name) && !said(&format!("box.{name}")) {
                kept.push((name, value));
            }
        }
        Self {
            values: StoredValue::new(kept),
            ..self
        }
    }

    /// The same, with what its fields are called in the summary of what is wrong.
    #[must_use]
    pub fn naming(self, names: Names) -> Self {
        Self { names, ..self }
    }

    /// Why it was refused.
    #[must_use]
    pub fn problem(self) -> Option<Problem> {
        self.problem.get()
    }

    /// What was typed into a field, where the browser does not remember it itself.
    #[must_use]
    pub fn value(self, name: &str) -> Option<String> {
        self.values.with_value(|values| {
            let found = values.iter().find(|(field, _)| field == name);
            found.map(|(_, value)| value.clone())
        })
    }

    /// Whether an answer is awaited.
    #[must_use]
    pub fn pending(self) -> bool {
        self.pending.get()
    }
}

/// The form of a server function. Its fields find the attempt in their context.
#[component]
pub fn Form<S, O>(
    /// The action it dispatches.
    action: ServerAction<S>,
    /// From [`Attempt::of`] the same action.
    attempt: Attempt,
    /// How its parts are laid out.
    #[prop(default = "grid gap-5")]
    class: &'static str,
    /// Whether it says itself why it was refused; where many share one action, the page does.
    #[prop(default = true)]
    tells: bool,
    children: Children,
) -> impl IntoView
where
    S: ServerFn<Error = Problem, Protocol = Http<PostUrl, O>> + DeserializeOwned + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
    S::Client: Client<Problem>,
    <<S::Client as Client<Problem>>::Request as ClientReq<Problem>>::FormData: From<FormData>,
{
    // `novalidate`: the server's words are in the visitor's language, and the same with and without scripts.
    view! {
        {tells.then(|| view! { <ErrorSummary attempt /> })}
        <ActionForm action {..} class=class novalidate="">
            <Provider value=attempt>{children()}</Provider>
        </ActionForm>
    }
}

/// The button that posts the form around it.
#[component]
pub fn Submit(
    /// What it does, in words.
    #[prop(into)]
    label: String,
    /// Its looks; the one primary action unless said otherwise.
    #[prop(default = "button button-primary")]
    class: &'static str,
    /// Drawn before the words.
    #[prop(optional)]
    icon: Option<Icon>,
    /// Whether it waits until what the page's editor says is saved: it acts on what is saved.
    #[prop(optional)]
    after_saving: bool,
) -> impl IntoView {
    let attempt = use_context::<Attempt>();
    let unsaved = Unsaved::current().filter(|_| after_saving);
    let pending = move || attempt.is_some_and(Attempt::pending) || unsaved.is_some_and(Unsaved::is);
    view! {
        <button type="submit" class=class disabled=pending>
            {icon.map(Icon::draw)}
            {label}
        </button>
    }
}

/// Why the form was refused: every field with a link to it, or the problem as a whole. It takes the focus as soon as it
/// appears, by `autofocus` after a page load and by the effect after an answer in the browser.
#[component]
pub fn ErrorSummary(
    /// The attempt it tells of.
    attempt: Attempt,
) -> impl IntoView {
    let node = NodeRef::<Div>::new();
    // whoever has moved on to a field before the page came alive is not called back
    let mut came_with_page = attempt.problem.with_untracked(Option::is_some) && !visit::navigated();
    Effect::new(move |_| {
        if let Some(node) = node.get()
            && attempt.problem().is_some()
            && !std::mem::take(&mut came_with_page)
        {
            _ = node.focus();
        }
    });
    move || {
        attempt.problem().map(|problem| {
            view! {
                <div class="alert tone-bad" role="alert" tabindex="-1" autofocus node_ref=node>
                    {Icon::CircleAlert.draw()}
                    <div class="grid min-w-0 gap-1">
                        <h2 class="font-semibold">{text::use_texts().refused_title}</h2>
                        {reasons(&problem, attempt.names)}
                    </div>
                </div>
            }
        })
    }
}

/// The sentences of a problem.
fn reasons(problem: &Problem, names: Names) -> AnyView {
    let locale = text::use_locale();
    if problem.errors.is_empty() {
        return view! {
            <p>{text::of_problem(locale, problem)}</p>
            {reference(problem)}
        }
        .into_any();
    }
    let links = problem.errors.iter().map(|error| {
        let name = names
            .iter()
            .find(|(field, _)| *field == error.field)
            .map(|(_, name)| format!("{name}: "));
        // `external` leaves the jump to the browser, which also moves the focus
        view! {
            <li>
                <a class="link" rel="external" href=format!("#{}", error.field)>
                    {name}
                    {text::of_field(locale, error)}
                </a>
            </li>
        }
    });
    view! { <ul class="grid gap-1">{links.collect_view()}</ul> }.into_any()
}

/// The request id, where only the log can tell more.
pub(crate) fn reference(problem: &Problem) -> Option<impl IntoView + use<>> {
    let id = problem
        .request_id
        .as_deref()
        .filter(|_| problem.status >= 500)?
        .to_owned();
    Some(view! {
        <p class="text-sm">{text::use_texts().reference} " " <code class="id">{id}</code> "."</p>
    })
}
