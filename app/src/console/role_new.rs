//! Making a role.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use sereno_types::{Page, Problem, RoleRow};

use crate::{
    console::{
        Breadcrumb,
        address::{address, said},
        application_form::Fields,
        role_choice::{OfferSearch, offered_in},
        role_form::{HANDLE, RoleFields, beginning},
        roles::list_roles,
    },
    ui::{
        field::Field,
        form::{Attempt, Form, Submit},
        heading::Heading,
        loaded::loaded,
    },
};

const PATH: &str = "/console/roles/new";

#[server(prefix = "/console/fn", endpoint = "create_role")]
pub(crate) async fn create_role(#[server(flatten)] fields: Fields) -> Result<(), Problem> {
    use crate::{console::role_form::Read, gate};
    let member = gate::staff().await?;
    let read = Read::of(&fields);
    let text = |name: &str| fields.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let command = sereno_types::CreateRole {
        codename: text(HANDLE),
        name: Some(read.name.clone()),
        description: read.description.clone(),
        project: Some(text("project")),
        permissions: read.permissions.clone(),
        includes: read.includes.clone(),
    };
    let made = sereno_core::roles::roles::create(&member.sereno, &member.meta, &member.staff, command)
        .await
        .map_err(|error| read.at_fields(gate::refuse(error)))?;
    gate::go_to(&format!("/console/roles/{}?done=created", made.row.role.id));
    Ok(())
}

/// `/console/roles/new`. The address may say which project the role shall belong to.
#[component]
pub fn NewRolePage() -> impl IntoView {
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(|asked| (said(asked, "project"), said(asked, "offer"))));
    let offered = Resource::new(
        move || query.get(),
        |(project, offer)| async move {
            let offered = list_roles(Some(offered_in(project.as_deref(), offer.clone()))).await?;
            Ok((offered, project, offer))
        },
    );
    loaded(
        offered,
        |(offered, project, offer)| view! { <NewRoleView offered project offer /> },
    )
}

/// The form, once it is known what a role may include.
#[component]
pub fn NewRoleView(
    /// Roles that it may include.
    offered: Page<RoleRow>,
    /// The project that the address names.
    project: Option<String>,
    /// What the address looks for among the roles.
    offer: Option<String>,
) -> impl IntoView {
    let action = ServerAction::<CreateRole>::new();
    let attempt = Attempt::of(action);
    let begins = project.clone().map(|project| ("project".to_owned(), project));
    let attempt = beginning(attempt, "permissions", begins.into_iter().collect());
    let path = address(PATH, vec![("project", project)]);
    view! {
        <Breadcrumb above=vec![("/console", "Overview"), ("/console/roles", "Roles")] here="New" />
        <Heading title="New role" attempt />
        <p class="max-w-prose text-soft">
            "You can let a role grant only what you hold yourself."
        </p>
        <OfferSearch path roles=offered.clone() offer />
        <Form action attempt>
            <div class="card grid grid-cols-1 gap-4 p-5">
                <Field
                    name=HANDLE
                    label="Codename"
                    hint="What programs ask for: letters, digits, . _ and - ; it stays."
                />
                <Field
                    name="project"
                    label="Project"
                    hint="Its name in addresses: the role holds there and nowhere else. Empty: the role is global. It stays."
                    optional=true
                />
                <RoleFields offered is_new=true />
            </div>
            <Submit label="Make role" class="button button-primary justify-self-start" />
        </Form>
    }
}
