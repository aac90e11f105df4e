//! Setting up a provider that people sign in through.

use leptos::prelude::*;
use sereno_types::Problem;

use crate::{
    console::{
        Breadcrumb,
        application_form::Fields,
        social_provider_form::{ProviderFields, kinds},
    },
    ui::{
        field::{Field, Select},
        form::{Attempt, Form, Submit},
        heading::Heading,
    },
};

#[server(prefix = "/console/fn", endpoint = "create_social_provider")]
pub(crate) async fn create_social_provider(#[server(flatten)] fields: Fields) -> Result<(), Problem> {
    use crate::{console::social_provider_form::Read, gate};
    let member = gate::staff().await?;
    let read = Read::of(&fields)?;
    let command = sereno_types::CreateSocialProvider {
        slug: fields
            .get("slug")
            .map(|slug| slug.trim().to_owned())
            .unwrap_or_default(),
        kind: read.kind,
        name: read.name,
        client_id: read.client_id,
        client_secret: read.client_secret,
        audiences: read.audiences,
        redirect_uris: read.redirect_uris,
        scopes: read.scopes,
        settings: read.settings,
        sign_up: read.sign_up,
        linking: read.linking,
        is_enabled: false,
    };
    let created = sereno_core::social::admin::create(&member.sereno, &member.meta, &member.staff, command)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("/console/social-providers/{}?done=created", created.id));
    Ok(())
}

/// `/console/social-providers/new`.
#[component]
pub fn NewSocialProviderPage() -> impl IntoView {
    let action = ServerAction::<CreateSocialProvider>::new();
    let attempt = Attempt::of(action);
    view! {
        <Breadcrumb
            above=vec![("/console", "Overview"), ("/console/social-providers", "Sign-in providers")]
            here="Set up"
        />
        <Heading title="Set up a provider" attempt />
        <p class="max-w-2xl text-soft">
            "Register this server at the provider first. The address to send people back to stands on the next page; the
            provider is switched off until you switch it on there. Fields that name other kinds stay empty."
        </p>
        <Form action attempt>
            <div class="card grid grid-cols-1 gap-4 p-5">
                <Select name="kind" label="Kind" options=kinds() />
                <Field name="slug" label="Name in addresses" hint="Lower-case letters, digits and - ; it stays." />
                <Field name="name" label="Name" hint="What people call it; empty: the usual one." optional=true />
            </div>
            <ProviderFields />
            <Submit label="Set up provider" class="button button-primary justify-self-start" />
        </Form>
    }
}
