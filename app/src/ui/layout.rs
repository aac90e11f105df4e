//! The frame of the pages for everybody: a lantern or the operator's mark above, one thing in the middle, links, language
//! and appearance below.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::{
    brand::{self, Brand, Links, Mark},
    theme::ThemeChoice,
};
use crate::{
    text::{self, Locale},
    visit,
};

/// The frame. What stands inside gives itself a heading.
#[component]
pub fn Plain(children: Children) -> impl IntoView {
    view! {
        <Frame
            wide=false
            branded=true
            footer=|| {
                view! {
                    <Languages />
                    <ThemeChoice id="theme" />
                }
            }
        >
            {children()}
        </Frame>
    }
}

/// The frame of a page that is not brought to life: without the choice of appearance, which needs scripts.
#[component]
pub fn Still(
    /// Whether it is a page for everybody: with the operator's looks, and in other languages. What the console shows once is
    /// neither, and the way to another language would lose it.
    #[prop(default = true)]
    for_everybody: bool,
    /// Whether it needs more room than a form does.
    #[prop(default = false)]
    wide: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <Frame wide branded=for_everybody footer=move || for_everybody.then(|| view! { <Languages /> })>
            {children()}
        </Frame>
    }
}

#[component]
fn Frame<F: IntoView>(wide: bool, branded: bool, footer: impl FnOnce() -> F, children: Children) -> impl IntoView {
    let width = if wide { "max-w-4xl" } else { "max-w-md" };
    let (frame, brand) = if branded {
        ("plain branded", visit::about().brand)
    } else {
        ("plain", Brand::default())
    };
    brand::call(&brand);
    view! {
        <div class=frame>
            <SkipLink />
            <header class="px-4 pt-10 pb-6 text-center">
                <a href="/account" class="inline-block rounded-md">
                    <Mark brand=brand.clone() />
                </a>
            </header>
            <main id="main" tabindex="-1" class=format!("mx-auto w-full px-4 {width}")>
                <div class="card grid grid-cols-1 gap-6 p-6 sm:p-8">{children()}</div>
            </main>
            <footer class="mx-auto flex w-full max-w-md flex-wrap items-end justify-between gap-4 px-4 py-8">
                <Links brand /> {footer()}
            </footer>
        </div>
    }
}

/// The first stop of the keyboard. `external` leaves the jump to the browser, which also moves the focus.
#[component]
pub fn SkipLink() -> impl IntoView {
    view! {
        <a class="skip" rel="external" href="#main">
            {text::use_texts().skip}
        </a>
    }
}

/// This page in the other languages. The page is loaded anew, for its language is decided by the server.
#[component]
fn Languages() -> impl IntoView {
    let location = use_location();
    let current = text::use_locale();
    let href = move |locale: Locale| {
        let mut query = location.query.get();
        query.remove("ui_locales");
        let query = query.to_query_string();
        let mark = if query.is_empty() { '?' } else { '&' };
        format!("{}{query}{mark}ui_locales={}", location.pathname.get(), locale.as_str())
    };
    let links = Locale::ALL
        .iter()
        .map(|&locale| {
            view! {
                <li>
                    <a
                        class="link"
                        rel="external nofollow"
                        lang=locale.as_str()
                        hreflang=locale.as_str()
                        href=move || href(locale)
                        aria-current=(locale == current).then_some("true")
                    >
                        {locale.name()}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav aria-label=text::use_texts().languages>
            <ul class="flex flex-wrap gap-4 text-sm">{links}</ul>
        </nav>
    }
}
