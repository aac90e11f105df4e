//! Inviting somebody: an account for an address, with the role and the project that whoever it is shall have.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use sereno_types::{Locale, Page, Permission, Problem, RoleQuery, RoleRow};

use crate::{
    console::{
        Breadcrumb,
        application_form::Fields,
        holders::{EndField, PlaceField},
        may,
        role_choice::{self, OfferSearch, RoleChoice},
        roles::list_roles,
    },
    ui::{
        field::{Field, Select},
        form::{Attempt, Form, Submit},
        heading::Heading,
        loaded::loaded,
    },
};

/// `/console/users/invite`.
pub(super) const PATH: &str = "/console/users/invite";

#[server(prefix = "/console/fn", endpoint = "invite_user")]
pub(crate) async fn invite_user(#[server(flatten)] fields: Fields) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let text = |name: &str| fields.get(name).cloned().filter(|text| !text.is_empty());
    let place = fields.get("place").map(String::as_str).unwrap_or_default();
    let ends = fields.get("ends").map(String::as_str).unwrap_or_default();
    let gift = super::holders::gift(text("role").unwrap_or_default(), Vec::new(), place, ends);
    let command = sereno_types::Invite {
        email: text("email").unwrap_or_default(),
        username: text("username"),
        first_name: text("first_name"),
        last_name: text("last_name"),
        locale: text("locale"),
        role: Some(gift.role),
        project: gift.project,
        expires_at: gift.expires_at,
    };
    let invited = sereno_core::roles::invite::invite(&member.sereno, &member.meta, &member.staff, command)
        .await
        .map_err(|error| super::holders::at_fields(gate::refuse(error), &[]))?;
    gate::go_to(&super::user::done(&invited.id, "invited"));
    Ok(())
}

/// `/console/users/invite`.
#[component]
pub fn InviteUserPage() -> impl IntoView {
    let asked = use_query_map();
    let offer = Memo::new(move |_| asked.with(|asked| super::address::said(asked, "offer")));
    let may_give = may(Permission::RolesManage) && may(Permission::RolesView);
    let page = Resource::new(
        move || offer.get(),
        move |offer| async move {
            if !may_give {
                return Ok((role_choice::none(), offer));
            }
            let query = RoleQuery {
                q: offer.clone(),
                limit: Some(200),
                ..RoleQuery::default()
            };
            Ok((list_roles(Some(query)).await?, offer))
        },
    );
    loaded(page, |(offered, offer)| view! { <InviteUserView offered offer /> })
}

/// The form, once it is known which roles can be given.
#[component]
pub fn InviteUserView(
    /// Roles that can be given.
    offered: Page<RoleRow>,
    /// What is looked for among them.
    offer: Option<String>,
) -> impl IntoView {
    let action = ServerAction::<InviteUser>::new();
    let attempt = Attempt::of(action);
    let languages = Locale::ALL.iter().map(|locale| (locale.as_str(), locale.name()));
    let languages = std::iter::once(("", "Not known")).chain(languages).collect();
    let (gives, places) = (may(Permission::RolesManage), may(Permission::ProjectsManage));
    let search = gives.then(|| view! { <OfferSearch path=PATH.to_owned() roles=offered.clone() offer /> });
    view! {
        <Breadcrumb above=vec![("/console", "Overview"), ("/console/users", "Users")] here="Invite" />
        <Heading title="Invite somebody" attempt />
        <p class="max-w-prose text-soft">
            "A mail tells them, with a link to confirm their address and choose a password. Who has an account already keeps it, and gets the role or the project."
        </p>
        {search}
        <Form action attempt>
            <div class="card grid grid-cols-1 gap-4 p-5">
                <Field name="email" label="E-mail address" kind="email" inputmode="email" />
                <div class="grid grid-cols-1 gap-4 sm:grid-cols-2">
                    <Field name="first_name" label="First name" optional=true />
                    <Field name="last_name" label="Last name" optional=true />
                </div>
                <div class="grid grid-cols-1 gap-4 sm:grid-cols-2">
                    <Field name="username" label="User name" optional=true />
                    <Select name="locale" label="Language" options=languages />
                </div>
                {gives.then(|| view! { <RoleChoice name="role" label="Role" roles=offered first=("", "None") /> })}
                <div class="grid grid-cols-1 items-start gap-4 sm:grid-cols-2">
                    {places.then(|| view! { <PlaceField /> })}
                    {gives.then(|| view! { <EndField /> })}
                </div>
            </div>
            <Submit label="Invite" class="button button-primary justify-self-start" />
        </Form>
    }
}
