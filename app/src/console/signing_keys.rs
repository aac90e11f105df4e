//! The ring of signing keys: made, activated, forgotten.

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use sereno_types::{
    Id, Page, PageQuery, Permission, Problem, SigningAlgorithm, SigningKeyQuery, SigningKeyRow, SigningKeyState,
};

use crate::{
    console::{
        Breadcrumb, may,
        overview::grouped,
        shown_once::{self, Shown, ShownOnce},
    },
    ui::{
        alert::{Done, Tone},
        badge::Badge,
        confirm::Confirm,
        field::{Choice, Field, Hidden, SearchField, Select},
        form::{Attempt, Form, Submit},
        get_form::GetForm,
        heading::Heading,
        icon::Icon,
        loaded::loaded,
        pager::{Pager, place},
        time::Ago,
    },
};

const PATH: &str = "/console/signing-keys";

#[server(name = ListSigningKeys, prefix = "/console/fn", endpoint = "list_signing_keys")]
pub(crate) async fn list_signing_keys(query: Option<SigningKeyQuery>) -> Result<Page<SigningKeyRow>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    // a query without a word leaves no trace in the encoded arguments
    sereno_core::oauth::signing_keys::list(&member.sereno, &member.staff, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

/// Answers the shared key where one was drawn; any other key has nothing to show.
#[server(prefix = "/console/fn", endpoint = "create_signing_key")]
pub(crate) async fn create_signing_key(
    #[server(default)] algorithm: String,
    #[server(default)] client_id: String,
    #[server(default)] secret: String,
) -> Result<Option<Shown>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let Some(algorithm) = SigningAlgorithm::from_name(&algorithm) else {
        let fault = sereno_types::FieldError::new("algorithm", sereno_types::Code::InvalidChoice);
        return Err(Problem::fields(vec![fault]));
    };
    let command = sereno_types::CreateSigningKey {
        algorithm,
        client_id: Some(client_id.trim().to_owned()).filter(|client_id| !client_id.is_empty()),
        secret: Some(sereno_types::Secret::new(&secret)).filter(|secret| !secret.is_empty()),
    };
    let made = sereno_core::oauth::signing_keys::create(&member.sereno, &member.meta, &member.staff, command)
        .await
        .map_err(gate::refuse)?;
    let Some(secret) = made.secret else {
        gate::go_to(&format!("{PATH}?done=made"));
        return Ok(None);
    };
    gate::show_once();
    Ok(Some(Shown {
        title: "The shared key".to_owned(),
        client_id: made.key.client_id.unwrap_or_default(),
        secret: None,
        signing_secret: Some(secret),
        preview: None,
        mail: None,
        next: PATH.to_owned(),
    }))
}

#[server(prefix = "/console/fn", endpoint = "activate_signing_key")]
pub(crate) async fn activate_signing_key(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::oauth::signing_keys::activate(&member.sereno, &member.meta, &member.staff, &Id(id))
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("{PATH}?done=activated"));
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "delete_signing_key")]
pub(crate) async fn delete_signing_key(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::oauth::signing_keys::delete(&member.sereno, &member.meta, &member.staff, &Id(id))
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("{PATH}?done=forgotten"));
    Ok(())
}

/// `/console/signing-keys`.
#[component]
pub fn SigningKeysPage() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(read));
    let page = Resource::new(
        move || asked.get(),
        |query| async move { list_signing_keys(Some(query.clone())).await.map(|page| (page, query)) },
    );
    let says = move |name: &'static str| query.with(|query| query.get(name).unwrap_or_default());
    let notice = Signal::derive(move || notice(&says("done")));
    let confirm = Signal::derive(move || says("confirm"));
    loaded(
        page,
        move |(page, query)| view! { <SigningKeysView page query notice confirm /> },
    )
}

/// The query that an address means. What it says wrong is as if it were not there.
fn read(params: &ParamsMap) -> SigningKeyQuery {
    let PageQuery { limit, cursor } = place(params);
    let text = |name| params.get(name).filter(|value| !value.trim().is_empty());
    SigningKeyQuery {
        q: text("q"),
        state: text("state").as_deref().and_then(SigningKeyState::from_name),
        algorithm: text("algorithm").as_deref().and_then(SigningAlgorithm::from_name),
        limit,
        cursor,
    }
}

/// The address that means a query.
fn address(query: &SigningKeyQuery) -> String {
    let mut params = ParamsMap::new();
    let values = [
        ("q", query.q.clone()),
        ("state", query.state.map(|state| state.as_str().to_owned())),
        (
            "algorithm",
            query.algorithm.map(|algorithm| algorithm.as_str().to_owned()),
        ),
        ("limit", query.limit.map(|limit| limit.to_string())),
        ("cursor", query.cursor.clone()),
    ];
    for (name, value) in values {
        if let Some(value) = value {
            params.insert(name, value);
        }
    }
    format!("{PATH}{}", params.to_query_string())
}

/// What has just been done. The address holds a word, the sentence stands here.
fn notice(word: &str) -> Option<&'static str> {
    match word {
        "made" => Some("The key is made and published. It signs as soon as you activate it."),
        "activated" => Some("The key signs from now on. The one before it goes on verifying."),
        "forgotten" => Some("The key is forgotten. What it signed is no longer good."),
        _ => None,
    }
}

/// The ring, once known.
#[component]
pub fn SigningKeysView(
    /// What was found, newest first.
    page: Page<SigningKeyRow>,
    /// What was asked.
    query: SigningKeyQuery,
    /// What has just been done.
    notice: Signal<Option<&'static str>>,
    /// The id of the key that the address asks to forget.
    confirm: Signal<String>,
) -> impl IntoView {
    let may_manage = may(Permission::SettingsManage);
    let action = ServerAction::<CreateSigningKey>::new();
    let shown = move || shown_once::answered(action);
    let at = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        let there = SigningKeyQuery {
            cursor,
            ..query.clone()
        };
        Some(address(&there))
    };
    let pager = view! { <Pager previous=at(&page.prev_cursor) next=at(&page.next_cursor) /> };
    let total = total(page.total);
    let (keys, cancel) = (page.items, address(&query));
    let joint = if cancel.contains('?') { '&' } else { '?' };
    let forget = |id: &Id| format!("{cancel}{joint}confirm={id}");
    let rows = keys
        .iter()
        .map(|key| view! { <Row key=key.clone() forget=forget(&key.id) may_manage /> })
        .collect_view();
    let question = move || {
        let asked = confirm.get();
        let key = keys
            .iter()
            .find(|key| key.id.0 == asked && may_manage && key.state != SigningKeyState::Active)?;
        Some(view! { <ForgetQuestion key=key.clone() cancel=cancel.clone() /> })
    };
    view! {
        <Breadcrumb above=vec![("/console", "Overview")] here="Signing keys" />
        {move || notice.get().map(|notice| view! { <Done>{notice}</Done> })}
        <Heading title="Signing keys" />
        <p class="max-w-2xl text-soft">
            "Tokens are signed by the active key of their algorithm. A waiting key is published already, so that everybody
            knows it before it signs; a retired one still verifies what it signed."
        </p>
        {question}
        {move || shown().map(|shown| view! { <div class="card p-5"><ShownOnce shown inside=true /></div> })}
        <Filters query />
        <p class="text-soft" role="status">
            {total}
        </p>
        <div class="card scroller" role="region" aria-label="Signing keys" tabindex="0">
            <table class="grid-table">
                <caption class="sr-only">"Signing keys, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Key"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="max-md:hidden">
                            "Serves"
                        </th>
                        <th scope="col" class="max-md:hidden">
                            "Made"
                        </th>
                        {may_manage.then(|| view! { <th scope="col">"Actions"</th> })}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {pager}
        {may_manage.then(|| view! { <MakeForm action /> })}
    }
}

fn total(total: u64) -> String {
    let keys = if total == 1 { "key" } else { "keys" };
    format!("{} {keys}", grouped(total))
}

/// A plain GET form. The page size stays, the page does not: another search begins at its first page.
#[component]
fn Filters(query: SigningKeyQuery) -> impl IntoView {
    let limit = query
        .limit
        .map(|limit| view! { <input type="hidden" name="limit" value=limit.to_string() /> });
    let states = vec![
        ("", "Any state"),
        ("waiting", "Waiting"),
        ("active", "Active"),
        ("retired", "Retired"),
    ];
    let algorithms = SigningAlgorithm::ALL.iter().map(|one| (one.as_str(), one.as_str()));
    // the form that makes a key has a field of this name too
    let algorithms = std::iter::once(("", "Any algorithm"))
        .chain(algorithms)
        .collect::<Vec<_>>();
    view! {
        <GetForm action={PATH} {..} role="search" class="flex flex-wrap items-end gap-3">
            <SearchField name="q" label="Search" placeholder="Key or client id" value=query.q />
            <Choice name="state" label="State" options=states value=query.state.map_or("", SigningKeyState::as_str) />
            <Choice
                name="algorithm"
                id="find_algorithm"
                label="Signs with"
                options=algorithms
                value=query.algorithm.map_or("", SigningAlgorithm::as_str)
            />
            {limit}
            <button type="submit" class="button">
                {Icon::Search.draw()}
                "Search"
            </button>
        </GetForm>
    }
}

#[component]
fn Row(key: SigningKeyRow, forget: String, may_manage: bool) -> impl IntoView {
    let (tone, icon, word) = match key.state {
        SigningKeyState::Waiting => (Tone::Warn, Icon::Clock, "Waiting"),
        SigningKeyState::Active => (Tone::Good, Icon::CircleCheck, "Active"),
        SigningKeyState::Retired => (Tone::Plain, Icon::Ban, "Retired"),
    };
    let serves = match (&key.application_id, key.client_id.clone()) {
        (None, _) => "Every application".into_any(),
        (Some(id), client_id) => {
            let name = client_id.unwrap_or_else(|| "One that is switched off".to_owned());
            view! {
                <a class="link" href=format!("/console/applications/{id}")>
                    {name}
                </a>
            }
            .into_any()
        }
    };
    view! {
        <tr>
            <th scope="row">
                {key.algorithm.as_str()}
                <code class="block max-w-40 truncate font-mono font-normal text-muted sm:max-w-none">
                    {key.kid.clone()}
                </code>
            </th>
            <td>
                <Badge tone icon text=word />
            </td>
            <td class="max-md:hidden">{serves}</td>
            <td class="max-md:hidden">
                <Ago at=key.created_at.clone() />
            </td>
            {may_manage.then(|| view! { <Actions key forget /> })}
        </tr>
    }
}

#[component]
fn Actions(key: SigningKeyRow, forget: String) -> impl IntoView {
    let action = ServerAction::<ActivateSigningKey>::new();
    let attempt = Attempt::of(action);
    let named = format!(" the key {}", key.kid);
    let forget = {
        let named = named.clone();
        move || {
            view! {
                <a class="link" href=forget data-noscroll>
                    "Forget"
                    <span class="sr-only">{named}</span>
                </a>
            }
        }
    };
    view! {
        <td>
            <div class="flex flex-wrap items-center gap-3">
                {(key.state == SigningKeyState::Waiting)
                    .then(|| {
                        view! {
                            <Form action attempt class="contents">
                                <Hidden name="id" value=key.id.0.clone() />
                                <button type="submit" class="button">
                                    "Activate"
                                    <span class="sr-only">{named.clone()}</span>
                                </button>
                            </Form>
                        }
                    })}
                {(key.state != SigningKeyState::Active).then(forget)}
                {(key.state == SigningKeyState::Active)
                    .then(|| view! { <span class="text-muted">"Signs"</span> })}
            </div>
        </td>
    }
}

#[component]
fn ForgetQuestion(key: SigningKeyRow, cancel: String) -> impl IntoView {
    let action = ServerAction::<DeleteSigningKey>::new();
    let attempt = Attempt::of(action);
    let loss = match key.state {
        SigningKeyState::Waiting => "It has signed nothing yet.",
        SigningKeyState::Active | SigningKeyState::Retired => {
            "Tokens that it signed are no longer good: whoever holds one has to refresh it or to sign in again."
        }
    };
    view! {
        <Confirm id="forget" title="Forget this key?" open=Signal::stored(true) cancel>
            <p class="wrap-anywhere">
                {key.algorithm.as_str()} " " <code class="font-mono">{key.kid}</code> ". " {loss} " This cannot be undone."
            </p>
            <Form action attempt>
                <Hidden name="id" value=key.id.0 />
                <Submit label="Forget key" class="button button-danger justify-self-start" icon=Icon::Trash />
            </Form>
        </Confirm>
    }
}

#[component]
fn MakeForm(action: ServerAction<CreateSigningKey>) -> impl IntoView {
    let attempt = Attempt::of(action);
    let algorithms = SigningAlgorithm::ALL
        .iter()
        .map(|algorithm| (algorithm.as_str(), algorithm.as_str()))
        .collect();
    view! {
        <section class="card grid grid-cols-1 gap-4 p-5">
            <h2 class="text-base font-semibold">"Make a key"</h2>
            <Form action attempt class="grid gap-4">
                <Select name="algorithm" label="Algorithm" options=algorithms />
                <Field
                    name="client_id"
                    label="For one application"
                    hint="Its client id; empty: for every application. HS256 needs one."
                    optional=true
                />
                <Field
                    name="secret"
                    label="Shared key"
                    hint="HS256 only: a key that the application has already, at least 32 bytes. Drawn when you leave it empty."
                    optional=true
                />
                <Submit label="Make key" class="button button-primary justify-self-start" />
            </Form>
        </section>
    }
}
