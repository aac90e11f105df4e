//! A user's profile for staff: every field by its type, also what users may not change themselves, and what nobody
//! declared.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use sereno_types::{Permission, Problem, UserDetail};

use crate::{
    console::{
        may,
        user::{UserHead, Who},
    },
    profile_form::{Fields, ProfileFields, ProfileForm},
    ui::{
        field::Hidden,
        form::{Attempt, Form, Submit},
        loaded::loaded,
    },
};

#[server(name = LoadUserProfile, prefix = "/console/fn", endpoint = "user_profile")]
pub(crate) async fn user_profile(#[server(default)] id: String) -> Result<(UserDetail, ProfileForm, String), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let user = sereno_core::account::admin::detail(&member.sereno, &member.staff, &sereno_types::Id(id))
        .await
        .map_err(gate::refuse)?;
    let fields = sereno_core::account::profile::fields_of_users(&member.sereno, &member.staff)
        .await
        .map_err(gate::refuse)?;
    let version = sereno_core::account::admin::version(&member.sereno, &user).map_err(gate::refuse)?;
    let form = ProfileForm::theirs(user.clone(), fields);
    Ok((user, form, version))
}

#[server(prefix = "/console/fn", endpoint = "update_user")]
pub(crate) async fn update_user(
    #[server(default)] id: String,
    #[server(flatten)] fields: Fields,
) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?.having_seen(fields.get("seen"));
    let (user, form, _) = user_profile(id).await?;
    let update = form.read(&fields)?;
    sereno_core::account::profile::update_theirs(&member.sereno, &member.meta, &member.staff, &user.id, update)
        .await
        .map_err(gate::refuse)
        .map_err(|problem| form.at_fields(problem))?;
    gate::go_to(&format!("/console/users/{}/profile?done=saved", user.id));
    Ok(())
}

/// `/console/users/{id}/profile`.
#[component]
pub fn UserProfilePage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let loads = move || params.with(|params| params.get("id").unwrap_or_default());
    let form = Resource::new(loads, user_profile);
    let saved = move || query.with(|query| query.get("done").as_deref() == Some("saved"));
    let notice = Signal::derive(move || saved().then_some("The profile is saved."));
    loaded(
        form,
        move |(user, profile, version)| view! { <UserProfileView user profile version notice /> },
    )
}

/// The profile, once known.
#[component]
pub fn UserProfileView(
    /// Whose it is.
    user: UserDetail,
    /// What it holds.
    profile: ProfileForm,
    /// Its version, so that nobody else's change is overwritten.
    version: String,
    /// What has just been done.
    notice: Signal<Option<&'static str>>,
) -> impl IntoView {
    let action = ServerAction::<UpdateUser>::new();
    let attempt = Attempt::of(action).completed_by(profile.shown());
    let may_manage = may(Permission::UsersManage);
    let who = Who::of(&user);
    // whoever may only look gets the same fields, which cannot be changed
    let save = may_manage.then(|| view! { <Submit label="Save" class="button button-primary justify-self-start" /> });
    view! {
        <UserHead who notice attempt />
        <p class="max-w-prose text-soft">
            "Each change is kept with what the field held before, and who changed it. "
            {(!may_manage).then_some("You may look at this profile and not change it.")}
        </p>
        <Form action attempt class="grid gap-4">
            <Hidden name="id" value=user.id.0 />
            <Hidden name="seen" value=version />
            <fieldset class="card grid grid-cols-1 gap-4 p-5" disabled=!may_manage>
                <legend class="sr-only">"Profile"</legend>
                <ProfileFields profile />
            </fieldset>
            {save}
        </Form>
    }
}
