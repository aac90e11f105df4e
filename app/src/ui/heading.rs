//! The heading of a page, and with it the title of the window: the two never differ.

use leptos::html::H1;
use leptos::prelude::*;
use leptos_meta::Title;

use super::{brand, form::Attempt};
use crate::{text, visit};

/// What the server writes between `<title>` and `</title>` is written there as it is.
#[cfg(feature = "ssr")]
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// `<h1>` and `<title>`. After a failure the title begins with "Error:". After a navigation inside the browser the heading
/// takes the focus, as the top of a freshly loaded page would.
#[component]
pub fn Heading(
    /// What the page is about.
    #[prop(into)]
    title: String,
    /// The form of the page.
    #[prop(default = None, into)]
    attempt: Option<Attempt>,
) -> impl IntoView {
    let texts = text::use_texts();
    let node = NodeRef::<H1>::new();
    Effect::new(move |_| {
        if let Some(node) = node.get()
            && visit::navigated()
        {
            // it is built before it stands in the page, where alone it can be focused
            request_animation_frame(move || _ = node.focus());
        }
    });
    let window = {
        let (title, called) = (title.clone(), brand::called());
        move || {
            let failed = attempt.is_some_and(|attempt| attempt.problem().is_some());
            let prefix = if failed { texts.error_prefix } else { "" };
            format!("{prefix} {title} · {called}").trim_start().to_owned()
        }
    };
    // the server writes the head when the page is done, and what the page was made with may be gone by then
    #[cfg(feature = "ssr")]
    let window = escaped(&untrack(window));
    view! {
        <Title text=window />
        <h1 class="text-2xl font-semibold" tabindex="-1" node_ref=node>
            {title}
        </h1>
    }
}
