//! The visitor's own profile: what they may change of it, by its type, and what they may only read.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use sereno_types::{Preferences, Problem};

use crate::{
    account::{
        AccountNav,
        announcements::{AnnouncementsChoice, Choosing},
        avatar::{Picture, PictureChanges, Portrait},
        query,
    },
    profile_form::{Fields, KeptFields, ProfileFields, ProfileForm},
    text,
    ui::{
        alert::Done,
        form::{Attempt, Form, Submit},
        heading::Heading,
        loaded::loaded,
    },
};

/// What the page shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OwnProfile {
    /// The fields.
    pub form: ProfileForm,
    /// The picture.
    pub portrait: Portrait,
    /// What they are sent beside what the account needs.
    pub preferences: Preferences,
}

#[server(name = LoadProfileForm, prefix = "/account/fn", endpoint = "profile_form")]
pub(crate) async fn profile_form() -> Result<OwnProfile, Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let me = sereno_core::account::profile::me(&visitor.sereno, &visitor.actor)
        .await
        .map_err(gate::refuse)?;
    let fields = sereno_core::account::profile::fields(&visitor.sereno, &visitor.actor)
        .await
        .map_err(gate::refuse)?;
    let portrait = Portrait {
        face: crate::ui::avatar::Face::of(&me),
        may_change: sereno_core::account::avatar::may_change(&visitor.sereno),
        max_bytes: visitor.sereno.config.profile.avatar_max_bytes,
    };
    let preferences = sereno_core::account::preferences::own(&visitor.sereno, &visitor.actor)
        .await
        .map_err(gate::refuse)?;
    let form = ProfileForm::own(me, fields);
    Ok(OwnProfile {
        form,
        portrait,
        preferences,
    })
}

#[server(prefix = "/account/fn", endpoint = "update_profile")]
pub(crate) async fn update_profile(#[server(flatten)] fields: Fields) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let update = profile_form().await?.form.read(&fields)?;
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
    let done = match query("done").as_deref() {
        Some("saved") => Some(texts.profile_saved),
        Some("picture") => Some(texts.picture_saved),
        Some("preferences") => Some(texts.preferences_saved),
        Some("picture-removed") => Some(texts.picture_removed),
        _ => None,
    };
    loaded(
        profile,
        move |OwnProfile {
                  form,
                  portrait,
                  preferences,
              }| view! { <ProfileView profile=form portrait preferences done /> },
    )
}

/// The profile, once it is known.
#[component]
pub fn ProfileView(
    /// What it holds.
    profile: ProfileForm,
    /// The picture.
    portrait: Portrait,
    /// What they are sent beside what the account needs.
    preferences: Preferences,
    /// What has just been done.
    #[prop(default = None)]
    done: Option<&'static str>,
) -> impl IntoView {
    let texts = text::use_texts();
    let action = ServerAction::<UpdateProfile>::new();
    let attempt = Attempt::of(action).completed_by(profile.shown());
    let may_change = profile.may_change();
    let changes = PictureChanges::begin();
    let choosing = Choosing::begin();
    let other = Attempt::either(changes.attempt(), choosing.attempt());
    view! {
        <div class="grid grid-cols-1 gap-6">
            <AccountNav />
            <div class="grid gap-1">
                <Heading title=texts.profile_title attempt=Attempt::either(attempt, other) />
                <p class="text-soft">{texts.profile_lead}</p>
            </div>
            {done.map(|done| view! { <Done>{done}</Done> })}
            <Picture portrait changes />
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
            <AnnouncementsChoice preferences choosing />
        </div>
    }
}
