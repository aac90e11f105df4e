//! The visitor's own profile: what they may change of it, by its type, and what they may only read.

use leptos::prelude::*;
use sereno_types::Problem;

use crate::{
    account::{AccountNav, query},
    profile_form::{Fields, KeptFields, ProfileFields, ProfileForm},
    text,
    ui::{
        alert::Done,
        form::{Attempt, Form, Submit},
        heading::Heading,
        loaded::loaded,
    },
};

#[server(name = LoadProfileForm, prefix = "/account/fn", endpoint = "profile_form")]
pub(crate) async fn profile_form() -> Result<ProfileForm, Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let me = sereno_core::account::profile::me(&visitor.sereno, &visitor.actor)
        .await
        .map_err(gate::refuse)?;
    let fields = sereno_core::account::profile::fields(&visitor.sereno, &visitor.actor)
        .await
        .map_err(gate::refuse)?;
    Ok(ProfileForm::own(me, fields))
}

#[server(prefix = "/account/fn", endpoint = "update_profile")]
pub(crate) async fn update_profile(#[server(flatten)] fields: Fields) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let update = profile_form().await?.read(&fields)?;
    sereno_core::account::profile::update(&visitor.sereno, &visitor.meta, &visitor.actor, update)
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/account/profile?done=saved");
    Ok(())
}

/// `/account/profile`.
#[component]
pub fn ProfilePage() -> impl IntoView {
    let profile = Resource::new(|| (), |()| profile_form());
    let texts = text::use_texts();
    let done = (query("done").as_deref() == Some("saved")).then_some(texts.profile_saved);
    loaded(profile, move |profile| view! { <ProfileView profile done /> })
}

/// The profile, once it is known.
#[component]
pub fn ProfileView(
    /// What it holds.
    profile: ProfileForm,
    /// What has just been done.
    #[prop(default = None)]
    done: Option<&'static str>,
) -> impl IntoView {
    let texts = text::use_texts();
    let action = ServerAction::<UpdateProfile>::new();
    let attempt = Attempt::of(action).completed_by(profile.shown());
    let may_change = profile.may_change();
    view! {
        <div class="grid grid-cols-1 gap-6">
            <AccountNav />
            <div class="grid gap-1">
                <Heading title=texts.profile_title attempt />
                <p class="text-soft">{texts.profile_lead}</p>
            </div>
            {done.map(|done| view! { <Done>{done}</Done> })}
            <KeptFields profile=profile.clone() />
            {may_change
                .then(|| {
                    view! {
                        <Form action attempt>
                            <ProfileFields profile />
                            <Submit label=texts.save />
                        </Form>
                    }
                })}
        </div>
    }
}
