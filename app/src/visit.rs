//! What belongs to one load of a page: the flash of the form before it and the server's time. The server writes it into
//! the page, the browser reads the same while it hydrates, so both render the same; with the first navigation inside
//! the browser it is over.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use serde::{Deserialize, Serialize};

use crate::{
    flash::Flash,
    text::Locale,
    ui::{brand::Brand, time},
};

/// What pages say of the server they come from; in the context of every page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct About {
    /// Fewest characters of a password.
    pub password_min: u64,
    /// Whether people may sign in by a mailed code.
    pub login_codes: bool,
    /// Whether such a code has digits only, so that a keyboard for numbers will do.
    pub numeric_codes: bool,
    /// The address of the server, for programs.
    pub public_url: String,
    /// How the operator has the pages for everybody look.
    pub brand: Brand,
}

impl Default for About {
    fn default() -> Self {
        Self {
            password_min: 8,
            login_codes: true,
            numeric_codes: true,
            public_url: "http://127.0.0.1:3000".to_owned(),
            brand: Brand::default(),
        }
    }
}

/// What there is to say of this server.
pub(crate) fn about() -> About {
    use_context().unwrap_or_default()
}

/// How a page came to be; in the context of every page.
#[derive(Clone, Copy)]
pub struct Visit(StoredValue<State>);

struct State {
    arrival: Arrival,
    navigated: bool,
}

/// What travels with the page.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Arrival {
    flash: Option<Flash>,
    /// Seconds since 1970.
    now: Option<i64>,
    about: About,
}

impl Visit {
    /// Begins the visit; called once, at the root, by server and browser alike.
    pub(crate) fn begin() {
        let arrival = SharedValue::new(arrival).into_inner();
        provide_context(arrival.about.clone());
        let navigated = false;
        provide_context(Self(StoredValue::new(State { arrival, navigated })));
    }

    /// The visit of this page. There is none where a view is rendered by itself, in a test.
    fn current() -> Option<Self> {
        use_context()
    }

    /// Ends what the page brought along when the browser moves on to another one.
    pub(crate) fn follow_navigation() {
        let location = use_location();
        Effect::new(move |before: Option<String>| {
            let here = format!("{}?{}", location.pathname.get(), location.search.get());
            if before.is_some_and(|before| before != here)
                && let Some(visit) = Self::current()
            {
                visit.0.update_value(|state| {
                    state.arrival.flash = None;
                    state.arrival.now = Some(time::browser_seconds());
                    state.navigated = true;
                });
            }
            here
        });
    }
}

/// What was posted to the server function with this path before this page, if it was refused.
pub(crate) fn flash_of(form: &str) -> Option<Flash> {
    let visit = Visit::current()?;
    visit
        .0
        .with_value(|state| state.arrival.flash.clone().filter(|flash| flash.form == form))
}

/// The time against which "5 minutes ago" is told, in seconds since 1970.
pub(crate) fn now() -> Option<i64> {
    Visit::current()?.0.with_value(|state| state.arrival.now)
}

/// Whether the browser came here by itself. Then it has to move the focus, as a page load would have.
pub(crate) fn navigated() -> bool {
    Visit::current().is_some_and(|visit| visit.0.with_value(|state| state.navigated))
}

#[cfg(feature = "ssr")]
fn arrival() -> Arrival {
    crate::gate::remember_locale();
    let now = crate::gate::now().and_then(|now| time::seconds(&now));
    Arrival {
        flash: crate::gate::flash(),
        now,
        about: crate::gate::about().unwrap_or_default(),
    }
}

#[cfg(not(feature = "ssr"))]
fn arrival() -> Arrival {
    Arrival::default()
}

/// The name of the operator's colour: the server writes it into the head of the document, the browser finds it there.
#[cfg(feature = "ssr")]
pub(crate) fn accent() -> Option<String> {
    crate::gate::accent()
}

#[cfg(not(feature = "ssr"))]
pub(crate) fn accent() -> Option<String> {
    None
}

/// The language of the page: the server decides, the browser reads it from `<html lang>`.
#[cfg(feature = "ssr")]
pub(crate) fn locale() -> Locale {
    crate::gate::locale()
}

#[cfg(not(feature = "ssr"))]
pub(crate) fn locale() -> Locale {
    document()
        .document_element()
        .and_then(|root| root.get_attribute("lang"))
        .and_then(|tag| Locale::from_tag(&tag))
        .unwrap_or_default()
}
