//! The form of a list's filters and the like: what it says stands in the address, with scripts as without.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{FormData, HtmlFormElement, UrlSearchParams};
use leptos_router::{NavigateOptions, hooks::use_navigate};

/// A plain GET form. Scripts lead to the same page without loading it anew, and leave out what says nothing: fields that are
/// empty, and the button, which has no name. (The router's own form would write it as `&=`.)
#[component]
pub fn GetForm(
    /// The page.
    #[prop(into)]
    action: String,
    children: Children,
) -> impl IntoView {
    let navigate = use_navigate();
    let page = action.clone();
    let go = move |event: SubmitEvent| {
        let said = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlFormElement>().ok())
            .and_then(|form| FormData::new_with_form(&form).ok())
            .and_then(|data| UrlSearchParams::new_with_str_sequence_sequence(&data).ok())
            .and_then(|params| params.to_string().as_string());
        // what cannot be read is left to the browser
        let Some(said) = said else { return };
        event.prevent_default();
        navigate(&address(&page, &said), NavigateOptions::default());
    };
    view! {
        <form method="GET" action=action on:submit=go>
            {children()}
        </form>
    }
}

/// The address of a page that says this, without what is empty.
fn address(page: &str, said: &str) -> String {
    let says = |pair: &&str| {
        pair.split_once('=')
            .is_some_and(|(name, value)| !name.is_empty() && !value.is_empty())
    };
    let said: Vec<&str> = said.split('&').filter(says).collect();
    if said.is_empty() {
        page.to_owned()
    } else {
        format!("{page}?{}", said.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_nothing_that_says_nothing() {
        assert_eq!(address("/a", "q=x+y&user=&look=dark&="), "/a?q=x+y&look=dark");
        assert_eq!(address("/a", "q=&="), "/a");
        assert_eq!(address("/a", ""), "/a");
    }
}
