//! Whether the visitor wants announcements, as a part of their profile's page.

use leptos::prelude::*;
use sereno_types::{Preferences, Problem};

use crate::{
    text,
    ui::{
        field::Hidden,
        form::{Attempt, Form, Submit},
    },
};

#[server(prefix = "/account/fn", endpoint = "set_preferences")]
pub(crate) async fn set_preferences(#[server(default)] announcements: String) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let wanted = Preferences {
        announcements: announcements == "yes",
    };
    sereno_core::account::preferences::set(&visitor.sereno, &visitor.meta, &visitor.actor, wanted)
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/account/profile?done=preferences");
    Ok(())
}

/// The form for it, before it is anywhere on the page: the heading tells of its refusals too.
#[derive(Clone, Copy)]
pub struct Choosing {
    action: ServerAction<SetPreferences>,
    attempt: Attempt,
}

impl Choosing {
    /// Nothing was chosen yet.
    #[must_use]
    pub fn begin() -> Self {
        let action = ServerAction::new();
        Self {
            attempt: Attempt::of(action),
            action,
        }
    }

    /// The attempts at it.
    #[must_use]
    pub const fn attempt(&self) -> Attempt {
        self.attempt
    }
}

/// What holds, and the button for the other.
#[component]
pub fn AnnouncementsChoice(
    /// What is wanted now.
    preferences: Preferences,
    /// The form.
    choosing: Choosing,
) -> impl IntoView {
    let texts = text::use_texts();
    let Choosing { action, attempt } = choosing;
    let (now, other, label) = if preferences.announcements {
        (texts.announcements_wanted, "no", texts.unsubscribe)
    } else {
        (texts.announcements_declined, "yes", texts.resubscribe)
    };
    view! {
        <section class="grid gap-3">
            <h2 class="text-base font-semibold">{texts.announcements_title}</h2>
            <p>{now}</p>
            <Form action attempt>
                <Hidden name="announcements" value=other />
                <Submit label class="button justify-self-start" />
            </Form>
        </section>
    }
}
