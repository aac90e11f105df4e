//! The ways in through others, beside the password's.

use leptos::prelude::*;
use sereno_types::{Problem, SocialButton};

use crate::ui::provider::ProviderLinks;

#[server(name = LoadSocialButtons, prefix = "/account/fn", endpoint = "social_buttons")]
pub(crate) async fn social_buttons() -> Result<Vec<SocialButton>, Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    sereno_core::social::buttons(&visitor.sereno)
        .await
        .map_err(gate::refuse)
}

/// A button for every provider that people can use; nothing where there is none.
#[component]
pub fn ProvidersView(
    /// Which.
    buttons: Vec<SocialButton>,
    /// Where the person wants to go.
    next: String,
    /// What stands between these and the password.
    or: &'static str,
) -> impl IntoView {
    (!buttons.is_empty()).then(|| {
        view! {
            <ProviderLinks buttons next=Some(next) />
            <p class="provider-or text-soft">{or}</p>
        }
    })
}
