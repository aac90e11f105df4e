//! Column headers that sort, as plain links.

use leptos::prelude::*;

use super::icon::Icon;

/// How a column is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest, earliest or first letter first.
    Ascending,
    /// The other way round.
    Descending,
}

/// The header of a column that can be sorted.
#[component]
pub fn SortHeader(
    /// The column.
    label: &'static str,
    /// Where the list is sorted by this column, or the other way round if it is already.
    href: String,
    /// How the list is sorted by this column now.
    direction: Option<Direction>,
    /// Further classes.
    #[prop(default = "")]
    class: &'static str,
) -> impl IntoView {
    let (word, icon) = match direction {
        Some(Direction::Ascending) => (Some("ascending"), Icon::ArrowUp),
        Some(Direction::Descending) => (Some("descending"), Icon::ArrowDown),
        None => (None, Icon::ChevronsUpDown),
    };
    view! {
        <th scope="col" aria-sort=word class=class>
            <a class="sort" href=href>
                {label}
                {icon.draw()}
            </a>
        </th>
    }
}
