//! What every list page has around its rows: the form that filters, the count, the links to the pages beside, and what
//! stands there when nothing was found. Which filters there are and what a row shows is the page's own.

use leptos::prelude::*;

use super::get_form::GetForm;
use super::icon::Icon;
use super::pager::Pager;

/// The filters, as a plain GET form. What is `kept` goes on into the address unseen; the place in the list does not:
/// another search begins at its first page.
#[component]
pub fn Filters(
    /// The list's address.
    #[prop(into)]
    path: String,
    /// What the address goes on saying.
    kept: Vec<(&'static str, Option<String>)>,
    /// The fields.
    children: Children,
) -> impl IntoView {
    let kept = kept
        .into_iter()
        .filter_map(|(name, value)| Some(view! { <input type="hidden" name=name value=value? /> }))
        .collect_view();
    view! {
        <GetForm action={path} {..} role="search" class="flex flex-wrap items-end gap-3">
            {children()}
            {kept}
            <button type="submit" class="button">
                {Icon::Search.draw()}
                "Search"
            </button>
        </GetForm>
    }
}

/// The count, the rows, and the way to further ones.
#[component]
pub fn Listing(
    /// How many there are, in words.
    total: String,
    /// The addresses of the pages before and after.
    around: (Option<String>, Option<String>),
    /// The rows, or [`Nothing`].
    children: Children,
) -> impl IntoView {
    let (previous, next) = around;
    view! {
        <p class="text-soft" role="status">
            {total}
        </p>
        {children()}
        <Pager previous next />
    }
}

/// In the place of rows.
#[component]
pub fn Nothing(
    /// What there is none of: "No mails yet", or "No mail matches".
    title: &'static str,
    /// Address and words of the link to the whole list, where filters hide it.
    #[prop(default = None)]
    all: Option<(&'static str, &'static str)>,
    /// When something will stand here.
    children: Children,
) -> impl IntoView {
    let all = all.map(|(href, words)| {
        view! {
            <a class="link justify-self-start" href=href>
                {words}
            </a>
        }
    });
    view! {
        <div class="card grid grid-cols-1 gap-3 p-6">
            <h2 class="text-base font-semibold">{title}</h2>
            {children()}
            {all}
        </div>
    }
}
