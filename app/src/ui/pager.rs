//! Before and after, as plain links: keyset paging has no page numbers. The place in a list is part of the address.

use leptos::prelude::*;
use leptos_router::params::ParamsMap;
use sereno_types::{Page, PageQuery};

use super::icon::Icon;
use crate::text;

/// The place in a list that an address means. What it says wrong is as if it were not there.
#[must_use]
pub fn place(params: &ParamsMap) -> PageQuery {
    PageQuery {
        limit: params.get("limit").and_then(|limit| limit.parse().ok()),
        cursor: params.get("cursor").filter(|cursor| !cursor.is_empty()),
    }
}

/// The addresses of the pages around one of a list that takes nothing but its place.
#[must_use]
pub fn around<T>(path: &str, query: &PageQuery, page: &Page<T>) -> (Option<String>, Option<String>) {
    let at = |cursor: &Option<String>| {
        let mut params = ParamsMap::new();
        if let Some(limit) = query.limit {
            params.insert("limit", limit.to_string());
        }
        params.insert("cursor", cursor.clone()?);
        Some(format!("{path}{}", params.to_query_string()))
    };
    (at(&page.prev_cursor), at(&page.next_cursor))
}

/// Links to the pages around this one; nothing where there is only one page.
#[component]
pub fn Pager(
    /// The address of the page before.
    previous: Option<String>,
    /// The address of the page that follows.
    next: Option<String>,
) -> impl IntoView {
    let texts = text::use_texts();
    (previous.is_some() || next.is_some()).then(|| {
        view! {
            <nav class="flex justify-between gap-3" aria-label=texts.pages>
                <span>
                    {previous
                        .map(|href| {
                            view! {
                                <a class="button" rel="prev" href=href>
                                    {Icon::ChevronLeft.draw()}
                                    {texts.previous}
                                </a>
                            }
                        })}
                </span>
                <span>
                    {next
                        .map(|href| {
                            view! {
                                <a class="button" rel="next" href=href>
                                    {texts.next}
                                    {Icon::ChevronRight.draw()}
                                </a>
                            }
                        })}
                </span>
            </nav>
        }
    })
}
