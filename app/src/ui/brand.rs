//! What operators make of the pages for everybody: a name, a picture, links below, and a colour, which is a style sheet of
//! its own. The console stays as it is.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::logo::Logo;
use crate::{text, visit};

/// The looks of an operator; what is empty stays Sereno's own.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Brand {
    /// The name in the place of Sereno's.
    pub name: String,
    /// Path of a picture.
    pub logo: String,
    /// What the picture shows, for whoever cannot see it.
    pub logo_text: String,
    /// Where people find help.
    pub help: String,
    /// Where it is told what is done with data.
    pub privacy: String,
    /// Where the terms of use stand.
    pub terms: String,
}

/// What the pages inside of a frame call this server; nothing in the console.
#[derive(Clone)]
pub(super) struct Called(String);

/// Tells the pages inside of the frame for everybody what this server is called.
pub(super) fn call(brand: &Brand) {
    if !brand.name.is_empty() {
        provide_context(Called(brand.name.clone()));
    }
}

/// What the window of a page says after its own title.
pub(super) fn called() -> String {
    use_context::<Called>().map_or_else(|| "Sereno".to_owned(), |called| called.0)
}

/// Picture and name of the operator, or those of Sereno.
#[component]
pub(super) fn Mark(
    /// The looks.
    brand: Brand,
) -> impl IntoView {
    let Brand {
        name, logo, logo_text, ..
    } = brand;
    if name.is_empty() && logo.is_empty() {
        return view! { <Logo /> }.into_any();
    }
    // a picture beside its name says nothing more
    let text = if name.is_empty() { logo_text } else { String::new() };
    view! {
        <span class="brand-mark">
            {(!logo.is_empty()).then(|| view! { <img class="brand-logo" src=logo alt=text /> })} {name}
        </span>
    }
    .into_any()
}

/// The operator's links, as far as there are any. They may lead to other sites, so that the browser follows them itself.
#[component]
pub(super) fn Links(
    /// The looks.
    brand: Brand,
) -> impl IntoView {
    let texts = text::use_texts();
    let links: Vec<_> = [
        (brand.help, texts.help),
        (brand.privacy, texts.privacy),
        (brand.terms, texts.terms),
    ]
    .into_iter()
    .filter(|(href, _)| !href.is_empty())
    .map(|(href, name)| {
        view! {
            <li>
                <a class="link" rel="external" href=href>
                    {name}
                </a>
            </li>
        }
    })
    .collect();
    (!links.is_empty()).then(|| {
        view! {
            <nav class="w-full" aria-label=texts.brand_links>
                <ul class="flex flex-wrap gap-x-4 gap-y-1 text-sm">{links}</ul>
            </nav>
        }
    })
}

/// The style sheet with the operator's colour, which only the server has to name.
pub(crate) fn style_sheet() -> Option<impl IntoView> {
    visit::accent().map(|accent| view! { <link rel="stylesheet" href=format!("/brand/{accent}.css") /> })
}
