//! One application: what it is, its secrets and settings, and what its tokens would say of somebody.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use sereno_types::{ApplicationDetail, ApplicationKind, ApplicationSecret, Id, Permission, Problem};

#[cfg(feature = "ssr")]
use crate::console::application_preview::{TRY, TRY_USER, try_profile};
use crate::{
    console::{
        Breadcrumb,
        application_form::{Fields, Settings, SettingsFields, kind_name},
        application_preview::{Preview, PreviewSection, TryFields, preview_claims},
        applications::EnabledBadge,
        may,
        shown_once::{self, Shown, ShownOnce},
    },
    ui::{
        alert::{Done, Tone},
        badge::Badge,
        confirm::Confirm,
        copy::Copyable,
        field::{Field, Hidden},
        form::{Attempt, Form, Submit},
        heading::Heading,
        icon::Icon,
        loaded::loaded,
        time::{Ago, At},
    },
};

/// Most secrets at a time; the core refuses a third.
const SECRETS_MAX: usize = 2;

#[server(name = LoadApplication, prefix = "/console/fn", endpoint = "application")]
pub(crate) async fn application(#[server(default)] id: String) -> Result<(ApplicationDetail, String), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let application = sereno_core::oauth::admin::detail(&member.sereno, &member.staff, &Id(id))
        .await
        .map_err(gate::refuse)?;
    let version = sereno_core::oauth::admin::version(&member.sereno, &application).map_err(gate::refuse)?;
    Ok((application, version))
}

/// Answers the key that is shared with the application, if the change made one. The button that only tries the profile
/// changes nothing, and is answered what somebody's tokens would say.
#[server(prefix = "/console/fn", endpoint = "update_application")]
pub(crate) async fn update_application(
    #[server(default)] id: String,
    #[server(flatten)] fields: Fields,
) -> Result<Option<Shown>, Problem> {
    use crate::gate;
    let member = gate::staff().await?.having_seen(fields.get("seen"));
    let id = Id(id);
    let settings = Settings::read(&fields)?;
    if fields.contains_key(TRY) {
        let user = fields.get(TRY_USER).cloned().unwrap_or_default();
        return try_profile(&member, &id, user, settings.profile).await.map(Some);
    }
    let command = sereno_types::UpdateApplication {
        name: Some(settings.name),
        is_enabled: None,
        grants: Some(settings.grants),
        redirect_uris: Some(settings.redirect_uris),
        origins: Some(settings.origins),
        scopes: Some(settings.scopes),
        delivery: Some(settings.delivery),
        profile: Some(settings.profile),
        cookies: Some(settings.cookies),
    };
    let updated = sereno_core::oauth::admin::update(&member.sereno, &member.meta, &member.staff, &id, command)
        .await
        .map_err(gate::refuse)
        .map_err(super::application_form::at_fields)?;
    let next = done(&id, "saved");
    let Some(signing_secret) = updated.signing_secret else {
        gate::go_to(&next);
        return Ok(None);
    };
    gate::show_once();
    Ok(Some(Shown {
        title: format!("{} is saved, with a shared key", updated.application.name),
        client_id: updated.application.client_id,
        secret: None,
        signing_secret: Some(signing_secret),
        preview: None,
        mail: None,
        next,
    }))
}

/// Switches on or, without `on`, off.
#[server(prefix = "/console/fn", endpoint = "enable_application")]
pub(crate) async fn enable_application(
    #[server(default)] id: String,
    #[server(default)] on: String,
) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, Id(id));
    let is_enabled = !on.is_empty();
    let command = sereno_types::UpdateApplication {
        is_enabled: Some(is_enabled),
        ..sereno_types::UpdateApplication::default()
    };
    sereno_core::oauth::admin::update(&member.sereno, &member.meta, &member.staff, &id, command)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&done(&id, if is_enabled { "enabled" } else { "disabled" }));
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "delete_application")]
pub(crate) async fn delete_application(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::oauth::admin::delete(&member.sereno, &member.meta, &member.staff, &Id(id))
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/console/applications");
    Ok(())
}

/// Answers the new secret, which is shown once.
#[server(prefix = "/console/fn", endpoint = "create_client_secret")]
pub(crate) async fn create_client_secret(#[server(default)] id: String) -> Result<Option<Shown>, Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, Id(id));
    let secret = sereno_core::oauth::admin::create_secret(&member.sereno, &member.meta, &member.staff, &id)
        .await
        .map_err(gate::refuse)?;
    gate::show_once();
    Ok(Some(Shown {
        title: "Another secret".to_owned(),
        client_id: secret.client_id,
        secret: Some(secret.client_secret),
        signing_secret: None,
        preview: None,
        mail: None,
        next: format!("/console/applications/{id}"),
    }))
}

#[server(prefix = "/console/fn", endpoint = "delete_client_secret")]
pub(crate) async fn delete_client_secret(
    #[server(default)] id: String,
    #[server(default)] which: String,
) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, Id(id));
    sereno_core::oauth::admin::delete_secret(&member.sereno, &member.meta, &member.staff, &id, &Id(which))
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&done(&id, "secret_deleted"));
    Ok(())
}

/// The page of an application; the core has accepted the id before it stands in an address.
#[cfg(feature = "ssr")]
fn done(id: &Id, what: &str) -> String {
    format!("/console/applications/{id}?done={what}")
}

/// `/console/applications/{id}`.
#[component]
pub fn ApplicationPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let says = move |name: &'static str| query.with(|query| query.get(name).unwrap_or_default());
    let user = Memo::new(move |_| says("user"));
    let detail = Resource::new(
        move || (id.get(), user.get()),
        |(id, user)| async move {
            let (detail, version) = application(id.clone()).await?;
            let preview = if user.is_empty() {
                None
            } else {
                Some(preview_claims(id, user.clone()).await)
            };
            Ok((detail, version, Preview { user, answer: preview }))
        },
    );
    let notice = Signal::derive(move || notice(&says("done")));
    let confirm = Signal::derive(move || says("confirm"));
    loaded(detail, move |(application, version, preview)| {
        view! { <ApplicationView application version preview notice confirm /> }
    })
}

/// What has just been done. The address holds a word, the sentence stands here.
fn notice(word: &str) -> Option<&'static str> {
    match word {
        "registered" => Some("The application is registered."),
        "saved" => Some("The settings are saved. Tokens that do not look like that are no longer good."),
        "enabled" => Some("The application is switched on."),
        "disabled" => Some("The application is switched off. None of its tokens works until it is switched on again."),
        "secret_deleted" => Some("The secret is deleted, and works no longer."),
        _ => None,
    }
}

/// The application, once known.
#[component]
pub fn ApplicationView(
    /// What it is.
    application: ApplicationDetail,
    /// Its version, so that nobody else's change is overwritten.
    version: String,
    /// What somebody's tokens would say.
    preview: Preview,
    /// What has just been done.
    notice: Signal<Option<&'static str>>,
    /// What the address asks to be confirmed: `delete`, or the id of a secret.
    confirm: Signal<String>,
) -> impl IntoView {
    let is_managed = application.is_managed;
    // what the configuration says is shown, and changed there
    let may_manage = may(Permission::ApplicationsManage) && !is_managed;
    let name = application.name.clone();
    let has_secrets = application.kind == ApplicationKind::Confidential && !is_managed;
    view! {
        <Breadcrumb
            above=vec![("/console", "Overview"), ("/console/applications", "Applications")]
            here=name.clone()
        />
        {move || notice.get().map(|notice| view! { <Done>{notice}</Done> })}
        <div class="flex flex-wrap items-start justify-between gap-4">
            <div class="grid min-w-0 gap-2">
                <Heading title=name />
                <p class="flex flex-wrap gap-1.5">
                    <EnabledBadge is_enabled=application.is_enabled />
                    {application
                        .is_builtin
                        .then(|| view! { <Badge tone=Tone::Info icon=Icon::ShieldCheck text="Sereno's own" /> })}
                    {is_managed
                        .then(|| view! { <Badge tone=Tone::Info icon=Icon::ShieldCheck text="From the configuration" /> })}
                </p>
                {is_managed
                    .then(|| {
                        view! {
                            <p class="text-soft">
                                "The settings of this server say how it is. Change it there, in its section below [compat]."
                            </p>
                        }
                    })}
            </div>
            {(may_manage && !application.is_builtin).then(|| view! { <Actions application=application.clone() /> })}
        </div>
        {(may_manage && !application.is_builtin)
            .then(|| view! { <DeleteQuestion application=application.clone() confirm /> })}
        <Facts application=application.clone() />
        {has_secrets.then(|| view! { <Secrets application=application.clone() may_manage confirm /> })}
        {may(Permission::UsersView).then(|| view! { <PreviewSection id=application.id.clone() preview /> })}
        <SettingsForm application version may_manage />
    }
}

#[component]
fn Actions(application: ApplicationDetail) -> impl IntoView {
    let id = application.id;
    let delete = format!("/console/applications/{id}?confirm=delete");
    let action = ServerAction::<EnableApplication>::new();
    let attempt = Attempt::of(action);
    let (on, label, icon) = if application.is_enabled {
        ("", "Switch off", Icon::Ban)
    } else {
        ("yes", "Switch on", Icon::CircleCheck)
    };
    view! {
        <div class="flex flex-wrap gap-3">
            <Form action attempt class="contents">
                <Hidden name="id" value=id.0 />
                <Hidden name="on" value=on />
                <Submit label class="button" icon />
            </Form>
            <a class="button button-danger" href=delete data-noscroll>
                {Icon::Trash.draw()}
                "Delete"
            </a>
        </div>
    }
}

#[component]
fn DeleteQuestion(application: ApplicationDetail, confirm: Signal<String>) -> impl IntoView {
    let action = ServerAction::<DeleteApplication>::new();
    let attempt = Attempt::of(action);
    let open = Signal::derive(move || confirm.get() == "delete");
    let loss = format!(
        "Its secrets and keys go, and {} through it end at once. This cannot be undone.",
        counted(application.open_grants),
    );
    view! {
        <Confirm
            id="delete"
            title=format!("Delete {}?", application.name)
            open
            cancel=format!("/console/applications/{}", application.id)
        >
            <p>{loss}</p>
            <Form action attempt>
                <Hidden name="id" value=application.id.0 />
                <Submit label="Delete application" class="button button-danger justify-self-start" icon=Icon::Trash />
            </Form>
        </Confirm>
    }
}

fn counted(grants: u64) -> String {
    let plural = if grants == 1 { "" } else { "s" };
    format!("{grants} sign-in{plural}")
}

#[component]
fn Section(title: &'static str, children: Children) -> impl IntoView {
    view! {
        <section class="card grid grid-cols-1 gap-3 p-5">
            <h2 class="text-base font-semibold">{title}</h2>
            {children()}
        </section>
    }
    .into_any()
}

#[component]
fn Fact(name: &'static str, children: Children) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>{children()}</dd>
        </div>
    }
}

#[component]
fn Facts(application: ApplicationDetail) -> impl IntoView {
    let open = if may(Permission::SessionsView) {
        let href = format!("/console/sessions?client_id={}", application.client_id);
        view! {
            <a class="link" href=href>
                {application.open_grants}
            </a>
        }
        .into_any()
    } else {
        application.open_grants.into_any()
    };
    let events = may(Permission::EventsView).then(|| {
        let href = format!("/console/events?client_id={}", application.client_id);
        view! {
            <a class="link justify-self-start" href=href>
                "Events of this application"
            </a>
        }
    });
    view! {
        <Section title="Identity">
            <dl class="facts">
                <Fact name="Client id">
                    <Copyable text=application.client_id what="the client id" />
                </Fact>
                <Fact name="Id">
                    <Copyable text=application.id.0 what="the id" />
                </Fact>
                <Fact name="Kind">{kind_name(application.kind)}</Fact>
                <Fact name="Open sign-ins">{open}</Fact>
                <Fact name="Registered">
                    <At at=application.created_at />
                </Fact>
                <Fact name="Last changed">
                    <At at=application.updated_at />
                </Fact>
            </dl>
            {events}
        </Section>
    }
}

#[component]
fn Secrets(application: ApplicationDetail, may_manage: bool, confirm: Signal<String>) -> impl IntoView {
    let action = ServerAction::<CreateClientSecret>::new();
    let attempt = Attempt::of(action);
    let shown = move || shown_once::answered(action);
    let id = application.id.clone();
    let can_make = may_manage && application.secrets.len() < SECRETS_MAX;
    let rows = application
        .secrets
        .iter()
        .map(|secret| view! { <SecretRow id=id.clone() secret=secret.clone() may_manage /> })
        .collect_view();
    let secrets = application.secrets.clone();
    let question = {
        let id = id.clone();
        move || {
            let asked = confirm.get();
            let secret = secrets.iter().find(|secret| secret.id.0 == asked && may_manage)?;
            Some(view! { <SecretQuestion id=id.clone() secret=secret.clone() /> })
        }
    };
    view! {
        {move || shown().map(|shown| view! { <div class="card p-5"><ShownOnce shown inside=true /></div> })}
        <Section title="Secrets">
            {if application.secrets.is_empty() {
                view! { <p class="text-soft">"None: it cannot prove itself, so nobody can sign in through it."</p> }
                    .into_any()
            } else {
                view! { <ul class="grid gap-3">{rows}</ul> }.into_any()
            }}
            <p class="text-soft">
                "There may be two at a time: make another one, give it to the application, then delete the old one."
            </p>
            {can_make
                .then(|| {
                    view! {
                        <Form action attempt class="contents">
                            <Hidden name="id" value=id.0.clone() />
                            <Submit label="Make another secret" class="button justify-self-start" icon=Icon::KeyRound />
                        </Form>
                    }
                })}
        </Section>
        {question}
    }
}

#[component]
fn SecretRow(id: Id, secret: ApplicationSecret, may_manage: bool) -> impl IntoView {
    let href = format!("/console/applications/{id}?confirm={}", secret.id);
    let made = secret.created_at.clone();
    view! {
        <li class="flex flex-wrap items-center justify-between gap-x-6 gap-y-2">
            <span>
                "Made " <Ago at=secret.created_at /> ", "
                {match secret.last_used_at {
                    Some(at) => view! { "last used " <Ago at /> }.into_any(),
                    None => "never used".into_any(),
                }}
            </span>
            {may_manage
                .then(|| {
                    view! {
                        <a class="link" href=href data-noscroll>
                            "Delete"
                            <span class="sr-only">" the secret made at " {made.0}</span>
                        </a>
                    }
                })}
        </li>
    }
}

#[component]
fn SecretQuestion(id: Id, secret: ApplicationSecret) -> impl IntoView {
    let action = ServerAction::<DeleteClientSecret>::new();
    let attempt = Attempt::of(action);
    view! {
        <Confirm
            id="delete-secret"
            title="Delete this secret?"
            open=Signal::stored(true)
            cancel=format!("/console/applications/{id}")
        >
            <p>
                "Whatever still proves itself by the secret made " <Ago at=secret.created_at />
                " is refused from now on. This cannot be undone."
            </p>
            <Form action attempt>
                <Hidden name="id" value=id.0 />
                <Hidden name="which" value=secret.id.0 />
                <Submit label="Delete secret" class="button button-danger justify-self-start" icon=Icon::Trash />
            </Form>
        </Confirm>
    }
}

#[component]
fn SettingsForm(application: ApplicationDetail, version: String, may_manage: bool) -> impl IntoView {
    let id = application.id.clone();
    let action = ServerAction::<UpdateApplication>::new();
    let attempt = Attempt::of(action).starting_with(Settings::from(application).fields());
    let shown = move || shown_once::answered(action);
    view! {
        {move || shown().map(|shown| view! { <div class="card p-5"><ShownOnce shown inside=true /></div> })}
        <h2 class="text-lg font-semibold">"Settings"</h2>
        <Form action attempt>
            <Hidden name="id" value=id.0 />
            <Hidden name="seen" value=version />
            <fieldset class="grid grid-cols-1 gap-5" disabled=!may_manage>
                <legend class="sr-only">"Settings of the application"</legend>
                <div class="card grid grid-cols-1 gap-4 p-5">
                    <Field name="name" label="Name" hint="What people call it." />
                </div>
                <SettingsFields />
            </fieldset>
            // the first button of a form is the one that Enter presses
            {may_manage.then(|| view! { <Submit label="Save settings" class="button button-primary justify-self-start" /> })}
            {(may_manage && may(Permission::UsersView)).then(|| view! { <TryFields /> })}
        </Form>
    }
}
