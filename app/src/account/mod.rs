//! The pages for everybody: one thing per page, a plain form in the middle.

pub mod activate;
pub mod announcements;
pub mod avatar;
pub mod confirm_email;
pub mod connections;
pub mod credentials;
pub mod delete;
pub mod devices;
pub mod forgot_password;
pub mod keep;
pub mod overview;
pub mod profile;
pub mod providers;
pub mod resend;
pub mod reset_password;
pub mod sessions;
pub mod setup;
pub mod sign_in;
pub mod sign_in_code;
pub mod sign_in_link;
pub mod sign_out;
pub mod sign_up;
pub mod unsubscribe;

use leptos::prelude::*;
use leptos_router::{
    components::{A, Outlet},
    hooks::use_query_map,
    location::Url,
};

use crate::{text, ui::layout::Plain};

/// The frame around the pages below `/account`.
#[component]
pub fn AccountPages() -> impl IntoView {
    view! {
        <Plain>
            <Outlet />
        </Plain>
    }
}

/// The pages of one's own account, beside each other.
#[component]
pub(crate) fn AccountNav() -> impl IntoView {
    let texts = text::use_texts();
    let pages = [
        ("/account", texts.account_overview),
        ("/account/profile", texts.profile),
        ("/account/sessions", texts.sign_ins),
        ("/account/devices", texts.devices),
        ("/account/connections", texts.connections),
    ];
    let links = pages
        .map(|(href, name)| {
            view! {
                <li>
                    <A href exact=true>
                        {name}
                    </A>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav aria-label=texts.account_title>
            <ul class="tabs">{links}</ul>
        </nav>
    }
}

/// What the address says under this name when the page is made. The pages here do not change with the query.
pub(crate) fn query(name: &'static str) -> Option<String> {
    use_query_map()
        .with_untracked(|query| query.get(name))
        .filter(|value| !value.is_empty())
}

/// The address of a page with these parameters, without those that are empty.
pub(crate) fn address(page: &str, parameters: &[(&str, &str)]) -> String {
    let said = parameters.iter().filter(|(_, value)| !value.is_empty());
    let said: Vec<String> = said
        .map(|(name, value)| format!("{name}={}", Url::escape(value)))
        .collect();
    if said.is_empty() {
        page.to_owned()
    } else {
        format!("{page}?{}", said.join("&"))
    }
}
