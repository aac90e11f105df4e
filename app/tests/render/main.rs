//! Views rendered to HTML, without a server: the kit, the texts, and each page's empty, error and full state.

mod account;
mod announcements;
mod applications;
mod console;
mod devices;
mod email_templates;
mod events;
mod kit;
mod messages;
mod profile;
mod push;
mod roles;
mod social;
mod text;

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{components::Router, location::RequestUrl};

/// The HTML of a view in a context like that of a page, without the marks that hydration needs.
fn html<V: IntoView + 'static>(view: impl FnOnce() -> V + Send + 'static) -> String {
    html_at("/console/users", view)
}

/// The same, on the page with this address.
fn html_at<V: IntoView + 'static>(address: &str, view: impl FnOnce() -> V + Send + 'static) -> String {
    Owner::new().with(|| {
        provide_meta_context();
        provide_context(RequestUrl::new(address));
        let page = view! { <Router>{view()}</Router> };
        page.to_html().replace("<!>", "")
    })
}

/// What stands in `html` between two texts, without the tags.
#[track_caller]
fn between<'a>(html: &'a str, begin: &str, end: &str) -> &'a str {
    holds(html, &[begin]);
    let rest = html.split_once(begin).map_or("", |(_, rest)| rest);
    holds(rest, &[end]);
    rest.split_once(end).map_or("", |(inside, _)| inside)
}

#[track_caller]
fn holds(html: &str, parts: &[&str]) {
    for part in parts {
        assert!(html.contains(part), "no {part} in {html}");
    }
}

#[track_caller]
fn lacks(html: &str, parts: &[&str]) {
    for part in parts {
        assert!(!html.contains(part), "{part} in {html}");
    }
}
