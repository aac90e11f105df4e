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

/// The buttons of every provider that people can use; nothing where there is none. That they cannot be known keeps nobody
/// from the password.
#[component]
pub(crate) fn Providers(
    /// Where the person wants to go.
    next: String,
    /// What stands between these and the password.
    or: &'static str,
) -> impl IntoView {
    let buttons = Resource::new(|| (), |()| social_buttons());
    let content = move || {
        let next = next.clone();
        Suspend::new(async move {
            let buttons = buttons.await.unwrap_or_default();
            Unsuspend::new(move || (!buttons.is_empty()).then(|| view! { <ProvidersView buttons next or /> }))
        })
    };
    view! { <Transition fallback=|| ()>{content}</Transition> }
}

/// The buttons, once they are known.
#[component]
pub fn ProvidersView(
    /// Which.
    buttons: Vec<SocialButton>,
    /// Where the person wants to go.
    next: String,
    /// What stands between these and the password.
    or: &'static str,
) -> impl IntoView {
    view! {
        <ProviderLinks buttons next=Some(next) />
        <p class="provider-or text-soft">{or}</p>
    }
}
