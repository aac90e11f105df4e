//! What was typed and is not saved: whoever leaves the page is asked first, and what would act on something else than what
//! stands in the fields waits. Without scripts nobody can know; there every button says what it does to what is saved.

use leptos::html::Div;
use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use leptos::web_sys::{Element, Event, HtmlAnchorElement, HtmlInputElement, MouseEvent};
use leptos_router::hooks::use_location;

const QUESTION: &str = "What you have typed is not saved. Leave all the same?";

/// Whether the fields of the page's editor say something else than is saved; in the context of such a page.
#[derive(Clone, Copy)]
pub struct Unsaved(RwSignal<bool>);

impl Unsaved {
    /// Nothing is typed so far. For what stands below in the page.
    #[must_use]
    pub fn begin() -> Self {
        let unsaved = Self(RwSignal::new(false));
        provide_context(unsaved);
        unsaved
    }

    /// The one of the page, if it has an editor.
    #[must_use]
    pub fn current() -> Option<Self> {
        use_context()
    }

    /// Whether something is typed.
    #[must_use]
    pub fn is(self) -> bool {
        self.0.get()
    }

    /// Forgets it: whoever says so themselves is not asked.
    pub fn forget(self) {
        self.0.set(false);
    }

    /// Looks whether these fields say something else than the page did.
    pub fn look(self, form: NodeRef<Div>, fields: &[&str]) {
        let Some(form) = form.get_untracked() else { return };
        let differs = fields.iter().any(|name| {
            field_of(&form, name).is_some_and(|field| field.value() != field.default_value().replace("\r\n", "\n"))
        });
        if self.0.get_untracked() != differs {
            self.0.set(differs);
        }
    }

    /// Asks whoever leaves the page, by a link, the back button or the browser, as long as `leaving` does not say that the
    /// page goes by itself.
    pub fn guard(self, leaving: Signal<bool>) {
        let location = use_location();
        Effect::new(move |_| {
            let waits = move || self.0.try_get_untracked().unwrap_or_default() && !leaving.get_untracked();
            let unload = window_event_listener(leptos::ev::beforeunload, move |event| {
                if waits() {
                    event.prevent_default();
                    // older browsers ask for this instead
                    event.set_return_value(QUESTION);
                }
            });
            on_cleanup(move || unload.remove());
            first_of_all("click", move |event| {
                if waits() && leads_away(event) && !asked() {
                    event.prevent_default();
                    event.stop_immediate_propagation();
                }
            });
            first_of_all("popstate", move |event| {
                let here = location.pathname.get_untracked();
                let there = window().location().pathname().unwrap_or_default();
                if waits() && here != there && !asked() {
                    event.stop_immediate_propagation();
                    let page = format!("{here}{}", location.query.get_untracked().to_query_string());
                    _ = window()
                        .history()
                        .and_then(|history| history.push_state_with_url(&JsValue::NULL, "", Some(&page)));
                }
            });
        });
    }
}

/// The sentence beside a button that waits until what was typed is saved.
#[component]
pub fn SaveFirst(
    /// What it waits with.
    what: &'static str,
) -> impl IntoView {
    let unsaved = Unsaved::current();
    move || {
        unsaved
            .is_some_and(Unsaved::is)
            .then(|| view! { <p class="hint" data-unsaved>{format!("Save first: what you have typed is not saved, and would not be {what}.")}</p> })
    }
}

/// A field of a form by its name. A textarea says what it holds under the same names as an input does.
pub fn field_of(form: &Element, name: &str) -> Option<HtmlInputElement> {
    let field = form.query_selector(&format!("[name=\"{name}\"]")).ok().flatten()?;
    Some(field.unchecked_into())
}

fn asked() -> bool {
    window().confirm_with_message(QUESTION).unwrap_or_default()
}

/// Whether a click leads to another page by the router. What the browser loads anew it asks about itself, and questions of
/// this page (`data-noscroll`) open above it.
fn leads_away(event: &Event) -> bool {
    let Some(mouse) = event.dyn_ref::<MouseEvent>() else {
        return false;
    };
    if mouse.button() != 0 || mouse.meta_key() || mouse.alt_key() || mouse.ctrl_key() || mouse.shift_key() {
        return false;
    }
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let link = target.and_then(|target| target.closest("a[href]").ok().flatten());
    let Some(link) = link.and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok()) else {
        return false;
    };
    let by_browser = link.rel().contains("external") || link.has_attribute("download") || !link.target().is_empty();
    !by_browser && !link.has_attribute("data-noscroll")
}

/// Listens before everybody else: the router listens at the window too, and was there first.
fn first_of_all(name: &'static str, act: impl Fn(&Event) + 'static) {
    let listener = Closure::<dyn Fn(Event)>::new(move |event: Event| act(&event));
    let listener = StoredValue::new_local(listener);
    listener.with_value(|listener| {
        _ = window().add_event_listener_with_callback_and_bool(name, listener.as_ref().unchecked_ref(), true);
    });
    on_cleanup(move || {
        _ = listener.try_with_value(|listener| {
            window().remove_event_listener_with_callback_and_bool(name, listener.as_ref().unchecked_ref(), true)
        });
    });
}
