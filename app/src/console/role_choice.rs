//! A choice among roles, as many as fit on a page; the address narrows down which.

use leptos::prelude::*;
use sereno_types::{Page, RoleQuery, RoleRow};

use crate::ui::{
    field::{Pick, SearchField},
    get_form::GetForm,
    icon::Icon,
};

/// Most roles that a choice offers.
const MOST: u64 = 200;

/// The roles that can be chosen in a project, or everywhere without one; `offer` is what the address looks for among them.
#[must_use]
pub(super) fn offered_in(project: Option<&str>, offer: Option<String>) -> RoleQuery {
    RoleQuery {
        project: Some(project.unwrap_or("-").to_owned()),
        q: offer,
        limit: Some(MOST),
        ..RoleQuery::default()
    }
}

/// No roles, for staff that may not see them.
#[must_use]
pub(super) const fn none() -> Page<RoleRow> {
    Page {
        items: Vec::new(),
        next_cursor: None,
        prev_cursor: None,
        total: 0,
    }
}

/// One of the roles.
#[component]
pub(super) fn RoleChoice(
    /// Name and id of the field.
    name: &'static str,
    /// What is chosen.
    label: &'static str,
    /// What is offered.
    roles: Page<RoleRow>,
    /// Value and words of what stands before the roles.
    first: (&'static str, &'static str),
) -> impl IntoView {
    let more = roles.total.saturating_sub(roles.items.len() as u64);
    let hint = match more {
        0 => String::new(),
        more => format!("{more} more are not shown: look for them by their name."),
    };
    let mut options = vec![(first.0.to_owned(), first.1.to_owned())];
    options.extend(roles.items.into_iter().map(|row| {
        let place = row
            .role
            .project
            .map(|project| format!(", project {project}"))
            .unwrap_or_default();
        (
            row.role.id.0,
            format!("{} ({}{place})", row.role.name, row.role.codename),
        )
    }));
    view! { <Pick name label options hint /> }
}

/// Looks for roles to choose from; there only where not all of them are offered at once.
#[component]
pub(super) fn OfferSearch(
    /// The page.
    path: String,
    /// What is offered.
    roles: Page<RoleRow>,
    /// What was looked for.
    offer: Option<String>,
) -> impl IntoView {
    let is_whole = roles.total <= roles.items.len() as u64;
    (offer.is_some() || !is_whole).then(|| {
        view! {
            <GetForm action={path} {..} role="search" aria-label="Roles to choose from" class="flex flex-wrap items-end gap-3">
                <SearchField name="offer" label="Roles to choose from" placeholder="Name or codename" value=offer />
                <button type="submit" class="button">
                    {Icon::Search.draw()}
                    "Look for roles"
                </button>
            </GetForm>
        }
    })
}
