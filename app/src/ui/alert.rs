//! A message in its own box: a tone, an icon and words.

use leptos::prelude::*;

use super::icon::Icon;

/// What kind of news it is. Colour is only the third sign, after icon and words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It worked.
    Good,
    /// It failed, or something is lost.
    Bad,
    /// Look here before you go on.
    Warn,
    /// Good to know.
    Info,
    /// Neither.
    Plain,
}

impl Tone {
    /// The class that sets the colours.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Good => "tone-good",
            Self::Bad => "tone-bad",
            Self::Warn => "tone-warn",
            Self::Info => "tone-info",
            Self::Plain => "tone-plain",
        }
    }

    const fn icon(self) -> Icon {
        match self {
            Self::Good => Icon::CircleCheck,
            Self::Bad => Icon::CircleAlert,
            Self::Warn => Icon::TriangleAlert,
            Self::Info | Self::Plain => Icon::Info,
        }
    }
}

/// A message that stands in the page from the start.
#[component]
pub fn Alert(
    /// What kind of news.
    tone: Tone,
    children: Children,
) -> impl IntoView {
    view! {
        <div class=format!("alert {}", tone.class())>
            {tone.icon().draw()} <div class="grid min-w-0 gap-2">{children()}</div>
        </div>
    }
}

/// The result of what the visitor just did, after the redirect that followed it. It takes the focus, so that it is also
/// heard.
#[component]
pub fn Done(children: Children) -> impl IntoView {
    view! {
        <div class="alert tone-good" role="status" tabindex="-1" autofocus>
            {Tone::Good.icon().draw()} <div class="grid min-w-0 gap-2">{children()}</div>
        </div>
    }
}
