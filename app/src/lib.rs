//! The pages: rendered by the server, then brought to life in the browser by the same code.
#![expect(
    clippy::must_use_candidate,
    reason = "components are called by `view!`, which uses what they give"
)]

use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    components::{Route, Router, Routes},
    path,
};

/// The document around every page. What names a file of the site stands here and not in [`App`]: only the server knows
/// the hash in front of it.
pub fn shell(options: &LeptosOptions) -> impl IntoView + use<> {
    let pkg = format!("/{}", options.site_pkg_dir);
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <link rel="icon" type="image/svg+xml" href=format!("{pkg}/favicon.svg") />
                <link rel="stylesheet" href=format!("{pkg}/sereno.css") />
                <AutoReload options=options.clone() />
                <HydrationScripts options=options.clone() />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// All pages.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title text="Sereno" />
        <Router>
            <Routes fallback=|| "Not found">
                <Route path=path!("/") view=Home />
            </Routes>
        </Router>
    }
}

/// Says whether it is alive.
#[component]
fn Home() -> impl IntoView {
    let hydrated = RwSignal::new(false);
    let count = RwSignal::new(0);
    Effect::new(move || hydrated.set(true));
    view! {
        <main class="mx-auto max-w-md p-8 font-sans">
            <h1 class="text-2xl font-semibold" data-hydrated=move || hydrated.get().to_string()>"Sereno"</h1>
            <button class="mt-4 rounded bg-slate-800 px-4 py-2 text-white" on:click=move |_| count.update(|n| *n += 1)>
                "Pressed " {count} " times"
            </button>
        </main>
    }
}
