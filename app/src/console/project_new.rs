//! Making a project.

use leptos::prelude::*;
use sereno_types::Problem;

use crate::{
    console::{Breadcrumb, application_form::Fields, project_form::ProjectFields},
    ui::{
        field::Field,
        form::{Attempt, Form, Submit},
        heading::Heading,
    },
};

#[server(prefix = "/console/fn", endpoint = "create_project")]
pub(crate) async fn create_project(#[server(flatten)] fields: Fields) -> Result<(), Problem> {
    use crate::{console::project_form::Read, gate};
    let member = gate::staff().await?;
    let read = Read::of(&fields)?;
    let command = sereno_types::CreateProject {
        slug: fields.get("slug").cloned().unwrap_or_default(),
        name: Some(read.name),
        description: read.description,
        owner: Some(read.owner),
        attributes: read.attributes,
    };
    let made = sereno_core::roles::projects::create(&member.sereno, &member.meta, &member.staff, command)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("/console/projects/{}?done=created", made.row.slug));
    Ok(())
}

/// `/console/projects/new`.
#[component]
pub fn NewProjectPage() -> impl IntoView {
    let action = ServerAction::<CreateProject>::new();
    let attempt = Attempt::of(action);
    view! {
        <Breadcrumb above=vec![("/console", "Overview"), ("/console/projects", "Projects")] here="New" />
        <Heading title="New project" attempt />
        <Form action attempt>
            <div class="card grid grid-cols-1 gap-4 p-5">
                <Field name="slug" label="Name in addresses" hint="Lower-case letters, digits and - ; it stays." />
                <ProjectFields is_new=true />
            </div>
            <Submit label="Make project" class="button button-primary justify-self-start" />
        </Form>
    }
}
