//! Before and after, as plain links: keyset paging has no page numbers.

use leptos::prelude::*;

use super::icon::Icon;
use crate::text;

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
