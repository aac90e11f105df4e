//! Ids that can be taken along: one click selects them, with scripts a button copies them.

use leptos::prelude::*;

use super::icon::Icon;

/// An id in fixed width with its copy button.
#[component]
pub fn Copyable(
    /// What is copied.
    #[prop(into)]
    text: String,
    /// What it is, for the button's name.
    what: &'static str,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let value = text.clone();
    let copy = move |_| {
        // elsewhere browsers have no clipboard to write to
        if window().is_secure_context() {
            _ = window().navigator().clipboard().write_text(&value);
            copied.set(true);
        }
    };
    let icon = move || {
        if copied.get() {
            Icon::Check.draw()
        } else {
            Icon::Copy.draw()
        }
    };
    view! {
        <span class="inline-flex items-center gap-1.5 align-baseline">
            <code class="id">{text}</code>
            <button type="button" class="js-only cursor-pointer rounded p-1 text-soft" on:click=copy>
                {icon}
                <span class="sr-only">"Copy " {what}</span>
            </button>
            <span class="sr-only" role="status">
                {move || copied.get().then_some("Copied")}
            </span>
        </span>
    }
}
