//! Registering an application.

use leptos::prelude::*;
use sereno_types::Problem;

use crate::{
    console::{
        Breadcrumb,
        application_form::{Fields, Settings, SettingsFields},
        shown_once::{self, Shown, ShownOnce},
    },
    ui::{
        field::{Field, Select},
        form::{Attempt, Form, Submit},
        heading::Heading,
    },
};

/// Answers the secret of a confidential application; a public one has none, and its page follows.
#[server(prefix = "/console/fn", endpoint = "create_application")]
pub(crate) async fn create_application(#[server(flatten)] fields: Fields) -> Result<Option<Shown>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let command = command(&fields)?;
    let created = sereno_core::oauth::admin::create(&member.sereno, &member.meta, &member.staff, command, None)
        .await
        .map_err(gate::refuse)
        .map_err(super::application_form::at_fields)?;
    let next = format!("/console/applications/{}", created.application.id);
    let Some(secret) = created.secret else {
        gate::go_to(&format!("{next}?done=registered"));
        return Ok(None);
    };
    gate::show_once();
    Ok(Some(Shown {
        title: format!("{} is registered", created.application.name),
        client_id: secret.client_id,
        secret: Some(secret.client_secret),
        signing_secret: created.signing_secret,
        preview: None,
        mail: None,
        next,
    }))
}

#[cfg(feature = "ssr")]
fn command(fields: &Fields) -> Result<sereno_types::CreateApplication, Problem> {
    use sereno_types::{ApplicationKind, Code, FieldError};
    let settings = Settings::read(fields)?;
    let said = |name: &str| fields.get(name).map(|text| text.trim().to_owned());
    let kind = match said("kind") {
        None => ApplicationKind::default(),
        Some(kind) => ApplicationKind::from_name(&kind)
            .ok_or_else(|| Problem::fields(vec![FieldError::new("kind", Code::InvalidChoice)]))?,
    };
    Ok(sereno_types::CreateApplication {
        name: settings.name,
        client_id: said("client_id"),
        kind,
        grants: Some(settings.grants),
        redirect_uris: settings.redirect_uris,
        origins: settings.origins,
        scopes: settings.scopes,
        delivery: settings.delivery,
        profile: settings.profile,
        cookies: settings.cookies,
    })
}

/// `/console/applications/new`.
#[component]
pub fn NewApplicationPage() -> impl IntoView {
    let action = ServerAction::<CreateApplication>::new();
    let shown = move || shown_once::answered(action);
    move || match shown() {
        Some(shown) => view! { <ShownOnce shown /> }.into_any(),
        None => view! { <NewApplicationView action /> }.into_any(),
    }
}

/// The form.
#[component]
fn NewApplicationView(
    /// What it posts to.
    action: ServerAction<CreateApplication>,
) -> impl IntoView {
    let attempt = Attempt::of(action).starting_with(Settings::default().fields());
    view! {
        <Breadcrumb
            above=vec![("/console", "Overview"), ("/console/applications", "Applications")]
            here="Register"
        />
        <Heading title="Register an application" attempt />
        <p class="max-w-2xl text-soft">
            "A name is enough. Everything below it is as for Sereno's own pages until you change it, and all but the kind and
            the client id can be changed later."
        </p>
        <Form action attempt>
            <div class="card grid grid-cols-1 gap-4 p-5">
                <Field name="name" label="Name" hint="What people call it." />
                <Field
                    name="client_id"
                    label="Client id"
                    hint="Its name on the wire: letters, digits and . _ - ; drawn when you leave it empty."
                    optional=true
                />
                <Select
                    name="kind"
                    label="Kind"
                    options=vec![
                        ("public", "Public: runs in browsers or on phones"),
                        ("confidential", "Confidential: keeps a secret on a server"),
                    ]
                />
            </div>
            <SettingsFields />
            <Submit label="Register application" class="button button-primary justify-self-start" />
        </Form>
    }
}
