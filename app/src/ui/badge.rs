//! States as word and icon.

use leptos::prelude::*;
use sereno_types::UserState;

use super::{alert::Tone, icon::Icon};

/// A short word with its icon.
#[component]
pub fn Badge(
    /// Its colours.
    tone: Tone,
    /// Its icon.
    icon: Icon,
    /// Its word.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! { <span class=format!("badge {}", tone.class())>{icon.draw()} {text}</span> }
}

/// The state of an account.
#[component]
pub fn StateBadge(
    /// The state.
    state: UserState,
) -> impl IntoView {
    let (tone, icon) = match state {
        UserState::Pending => (Tone::Warn, Icon::Clock),
        UserState::Active => (Tone::Good, Icon::CircleCheck),
        UserState::Locked => (Tone::Bad, Icon::Lock),
        UserState::Disabled => (Tone::Plain, Icon::Ban),
        UserState::Deleting => (Tone::Bad, Icon::Trash),
    };
    view! { <Badge tone icon text=state_name(state) /> }
}

/// Says that an account may do everything.
#[component]
pub fn AdministratorBadge() -> impl IntoView {
    view! { <Badge tone=Tone::Info icon=Icon::ShieldCheck text="Administrator" /> }
}

/// What the console calls a state.
#[must_use]
pub const fn state_name(state: UserState) -> &'static str {
    match state {
        UserState::Pending => "Pending",
        UserState::Active => "Active",
        UserState::Locked => "Locked",
        UserState::Disabled => "Disabled",
        UserState::Deleting => "Being deleted",
    }
}
