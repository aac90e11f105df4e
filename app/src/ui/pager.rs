//! Before and after, as plain links: keyset paging has no page numbers.

use leptos::prelude::*;

use super::icon::Icon;

/// Links to the pages around this one; nothing where there is only one page.
#[component]
pub fn Pager(
    /// The address of the page before.
    previous: Option<String>,
    /// The address of the page that follows.
    next: Option<String>,
) -> impl IntoView {
    (previous.is_some() || next.is_some()).then(|| {
        view! {
            <nav class="flex justify-between gap-3" aria-label="Pages of the list">
                <span>
                    {previous
                        .map(|href| {
                            view! {
                                <a class="button" rel="prev" href=href>
                                    {Icon::ChevronLeft.draw()}
                                    "Previous"
                                </a>
                            }
                        })}
                </span>
                <span>
                    {next
                        .map(|href| {
                            view! {
                                <a class="button" rel="next" href=href>
                                    "Next"
                                    {Icon::ChevronRight.draw()}
                                </a>
                            }
                        })}
                </span>
            </nav>
        }
    })
}
