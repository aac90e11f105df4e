//! One provider that people sign in through: its settings, a test of them, and switching it on.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
#[cfg(feature = "ssr")]
use sereno_types::Id;
use sereno_types::{Permission, Problem, SocialCheck, SocialCheckName, SocialProviderDetail, SocialTest};

use crate::{
    console::{
        Breadcrumb,
        application_form::Fields,
        applications::EnabledBadge,
        may,
        social_provider_form::{ProviderFields, fields, kind_name},
    },
    ui::{
        alert::{Alert, Done, Tone},
        confirm::Confirm,
        copy::Copyable,
        field::{Field, Hidden},
        form::{Attempt, Form, Submit},
        heading::Heading,
        icon::Icon,
        loaded::loaded,
        time::At,
    },
};

#[server(name = LoadSocialProvider, prefix = "/console/fn", endpoint = "social_provider")]
pub(crate) async fn social_provider(#[server(default)] id: String) -> Result<(SocialProviderDetail, String), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let provider = sereno_core::social::admin::detail(&member.sereno, &member.staff, &Id(id))
        .await
        .map_err(gate::refuse)?;
    let version = sereno_core::social::admin::version(&member.sereno, &provider).map_err(gate::refuse)?;
    Ok((provider, version))
}

#[server(name = TestSocialProvider, prefix = "/console/fn", endpoint = "test_social_provider")]
pub(crate) async fn test_social_provider(#[server(default)] id: String) -> Result<SocialTest, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::social::admin::test(&member.sereno, &member.staff, &Id(id))
        .await
        .map_err(gate::refuse)
}

#[server(prefix = "/console/fn", endpoint = "update_social_provider")]
pub(crate) async fn update_social_provider(
    #[server(default)] id: String,
    #[server(flatten)] fields: Fields,
) -> Result<(), Problem> {
    use crate::{console::social_provider_form::Read, gate};
    let member = gate::staff().await?.having_seen(fields.get("seen"));
    let id = Id(id);
    let read = Read::of(&fields)?;
    let command = sereno_types::UpdateSocialProvider {
        name: Some(read.name.unwrap_or_default()),
        client_id: Some(read.client_id),
        client_secret: read.client_secret,
        audiences: Some(read.audiences),
        redirect_uris: Some(read.redirect_uris),
        scopes: Some(read.scopes.unwrap_or_default()),
        settings: Some(read.settings),
        sign_up: Some(read.sign_up),
        linking: Some(read.linking),
        is_enabled: None,
    };
    sereno_core::social::admin::update(&member.sereno, &member.meta, &member.staff, &id, command)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&done(&id, "saved"));
    Ok(())
}

/// Switches on or, without `on`, off.
#[server(prefix = "/console/fn", endpoint = "enable_social_provider")]
pub(crate) async fn enable_social_provider(
    #[server(default)] id: String,
    #[server(default)] on: String,
) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, Id(id));
    let is_enabled = !on.is_empty();
    let command = sereno_types::UpdateSocialProvider {
        is_enabled: Some(is_enabled),
        ..sereno_types::UpdateSocialProvider::default()
    };
    sereno_core::social::admin::update(&member.sereno, &member.meta, &member.staff, &id, command)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&done(&id, if is_enabled { "enabled" } else { "disabled" }));
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "delete_social_provider")]
pub(crate) async fn delete_social_provider(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::social::admin::delete(&member.sereno, &member.meta, &member.staff, &Id(id))
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/console/social-providers?done=deleted");
    Ok(())
}

/// The page of a provider; the core has accepted the id before it stands in an address.
#[cfg(feature = "ssr")]
fn done(id: &Id, what: &str) -> String {
    format!("/console/social-providers/{id}?done={what}")
}

/// `/console/social-providers/{id}`. A test changes nothing, so that its result is a page like any other.
#[component]
pub fn SocialProviderPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let says = move |name: &'static str| query.with(|query| query.get(name).unwrap_or_default());
    let tests = Memo::new(move |_| says("test") == "yes");
    let detail = Resource::new(
        move || (id.get(), tests.get()),
        |(id, tests)| async move {
            let (provider, version) = social_provider(id.clone()).await?;
            let test = if tests {
                Some(test_social_provider(id).await?)
            } else {
                None
            };
            Ok((provider, version, test))
        },
    );
    let notice = Signal::derive(move || notice(&says("done")));
    let confirm = Signal::derive(move || says("confirm") == "delete");
    loaded(detail, move |(provider, version, test)| {
        view! { <SocialProviderView provider version test notice confirm /> }
    })
}

/// What has just been done. The address holds a word, the sentence stands here.
fn notice(word: &str) -> Option<&'static str> {
    match word {
        "created" => Some("The provider is set up. Register the callback address there, test it, then switch it on."),
        "saved" => Some("The settings are saved."),
        "enabled" => Some("The provider is switched on: its button stands on the sign-in page."),
        "disabled" => Some("The provider is switched off. Nobody signs in through it."),
        _ => None,
    }
}

/// The provider, once known.
#[component]
pub fn SocialProviderView(
    /// What it is.
    provider: SocialProviderDetail,
    /// Its version, so that nobody else's change is overwritten.
    version: String,
    /// What a test found.
    test: Option<SocialTest>,
    /// What has just been done.
    notice: Signal<Option<&'static str>>,
    /// Whether the address asks for the deletion to be confirmed.
    confirm: Signal<bool>,
) -> impl IntoView {
    let may_manage = may(Permission::ProvidersManage);
    let name = provider.name.clone();
    view! {
        <Breadcrumb
            above=vec![("/console", "Overview"), ("/console/social-providers", "Sign-in providers")]
            here=name.clone()
        />
        {move || notice.get().map(|notice| view! { <Done>{notice}</Done> })}
        <div class="flex flex-wrap items-start justify-between gap-4">
            <div class="grid min-w-0 gap-2">
                <Heading title=name />
                <p class="flex flex-wrap gap-1.5">
                    <EnabledBadge is_enabled=provider.is_enabled />
                </p>
            </div>
            {may_manage.then(|| view! { <Actions provider=provider.clone() /> })}
        </div>
        {may_manage.then(|| view! { <DeleteQuestion provider=provider.clone() confirm /> })}
        {test.map(|test| view! { <Found test /> })}
        <Facts provider=provider.clone() />
        <SettingsForm provider version may_manage />
    }
}

#[component]
fn Actions(provider: SocialProviderDetail) -> impl IntoView {
    let id = provider.id;
    let path = format!("/console/social-providers/{id}");
    let action = ServerAction::<EnableSocialProvider>::new();
    let attempt = Attempt::of(action);
    let (on, label, icon) = if provider.is_enabled {
        ("", "Switch off", Icon::Ban)
    } else {
        ("yes", "Switch on", Icon::CircleCheck)
    };
    view! {
        <div class="flex flex-wrap gap-3">
            <a class="button" href=format!("{path}?test=yes")>
                {Icon::ShieldCheck.draw()}
                "Test"
            </a>
            <Form action attempt class="contents">
                <Hidden name="id" value=id.0 />
                <Hidden name="on" value=on />
                <Submit label class="button" icon />
            </Form>
            <a class="button button-danger" href=format!("{path}?confirm=delete") data-noscroll>
                {Icon::Trash.draw()}
                "Delete"
            </a>
        </div>
    }
}

#[component]
fn DeleteQuestion(provider: SocialProviderDetail, confirm: Signal<bool>) -> impl IntoView {
    let action = ServerAction::<DeleteSocialProvider>::new();
    let attempt = Attempt::of(action);
    let identities = match provider.identities {
        0 => "Nobody has connected an account there.".to_owned(),
        1 => "One connected account goes with it. Who has no password sets one by mail.".to_owned(),
        many => format!("{many} connected accounts go with it. Who has no password sets one by mail."),
    };
    view! {
        <Confirm
            id="delete"
            title=format!("Delete {}?", provider.name)
            open=confirm
            cancel=format!("/console/social-providers/{}", provider.id)
        >
            <p>{identities} " This cannot be undone."</p>
            <Form action attempt>
                <Hidden name="id" value=provider.id.0 />
                <Submit label="Delete provider" class="button button-danger justify-self-start" icon=Icon::Trash />
            </Form>
        </Confirm>
    }
}

const fn check_name(name: SocialCheckName) -> &'static str {
    match name {
        SocialCheckName::Discovery => "Endpoints",
        SocialCheckName::Keys => "Keys",
        SocialCheckName::Credentials => "Client id and secret",
    }
}

/// What a test found, step by step.
#[component]
fn Found(test: SocialTest) -> impl IntoView {
    let row = |check: SocialCheck| {
        let said = match check.code {
            Some(code) => format!("{} ({code})", code.title()),
            None => "As it should be.".to_owned(),
        };
        view! {
            <li>
                <span class="font-medium">{check_name(check.name)}</span>
                ": "
                {said}
            </li>
        }
    };
    let rows = test.checks.into_iter().map(row).collect_view();
    let (tone, title) = if test.passed {
        (Tone::Good, "The provider works")
    } else {
        (Tone::Bad, "The provider does not work")
    };
    view! {
        <Alert tone>
            <h2 class="font-semibold">{title}</h2>
            <ul class="grid gap-1">{rows}</ul>
        </Alert>
    }
}

#[component]
fn Facts(provider: SocialProviderDetail) -> impl IntoView {
    view! {
        <section class="card grid grid-cols-1 gap-3 p-5">
            <h2 class="text-base font-semibold">"Identity"</h2>
            <dl class="facts">
                <div>
                    <dt>"Kind"</dt>
                    <dd>{kind_name(provider.kind)}</dd>
                </div>
                <div>
                    <dt>"Callback address"</dt>
                    <dd>
                        <Copyable text=provider.callback_url what="the callback address" />
                    </dd>
                </div>
                <div>
                    <dt>"Secret"</dt>
                    <dd>{if provider.has_secret { "There is one" } else { "None" }}</dd>
                </div>
                <div>
                    <dt>"Connected accounts"</dt>
                    <dd>{provider.identities}</dd>
                </div>
                <div>
                    <dt>"Set up"</dt>
                    <dd>
                        <At at=provider.created_at />
                    </dd>
                </div>
                <div>
                    <dt>"Last changed"</dt>
                    <dd>
                        <At at=provider.updated_at />
                    </dd>
                </div>
            </dl>
        </section>
    }
}

#[component]
fn SettingsForm(provider: SocialProviderDetail, version: String, may_manage: bool) -> impl IntoView {
    let (id, kind, has_secret) = (provider.id.clone(), provider.kind, provider.has_secret);
    let action = ServerAction::<UpdateSocialProvider>::new();
    let attempt = Attempt::of(action).starting_with(fields(&provider));
    view! {
        <h2 class="text-lg font-semibold">"Settings"</h2>
        <Form action attempt>
            <Hidden name="id" value=id.0 />
            <Hidden name="seen" value=version />
            <fieldset class="grid grid-cols-1 gap-5" disabled=!may_manage>
                <legend class="sr-only">"Settings of the provider"</legend>
                <div class="card grid grid-cols-1 gap-4 p-5">
                    <Field name="name" label="Name" hint="What people call it." />
                </div>
                <ProviderFields kind=Some(kind) has_secret />
            </fieldset>
            {may_manage.then(|| view! { <Submit label="Save settings" class="button button-primary justify-self-start" /> })}
        </Form>
    }
}
