//! The pages for everybody: one thing per page, a plain form in the middle.

pub mod activate;
pub mod confirm_email;
pub mod credentials;
pub mod forgot_password;
pub mod profile;
pub mod resend;
pub mod reset_password;
pub mod setup;
pub mod sign_in;
pub mod sign_out;
pub mod sign_up;

use leptos::prelude::*;
use leptos_router::{components::Outlet, hooks::use_query_map};

use crate::ui::layout::Plain;

/// The frame around the pages below `/account`.
#[component]
pub fn AccountPages() -> impl IntoView {
    view! {
        <Plain>
            <Outlet />
        </Plain>
    }
}

/// What the address says under this name when the page is made. The pages here do not change with the query.
pub(crate) fn query(name: &'static str) -> Option<String> {
    use_query_map()
        .with_untracked(|query| query.get(name))
        .filter(|value| !value.is_empty())
}
