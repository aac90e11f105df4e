//! The list of providers that people sign in through. Search and page are in the address.

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use sereno_types::{Page, Permission, Problem, SocialProviderQuery, SocialProviderRow};

use crate::{
    console::{Breadcrumb, address::counted, applications::EnabledBadge, may, social_provider_form::kind_name},
    ui::{
        alert::Done,
        field::SearchField,
        heading::Heading,
        icon::Icon,
        list::{Filters, Listing, Nothing},
        loaded::loaded,
        provider::mark,
        time::Ago,
    },
};

const PATH: &str = "/console/social-providers";

#[server(name = ListSocialProviders, prefix = "/console/fn", endpoint = "list_social_providers")]
pub(crate) async fn list_social_providers(
    query: Option<SocialProviderQuery>,
) -> Result<Page<SocialProviderRow>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    // a query without a word leaves no trace in the encoded arguments
    sereno_core::social::admin::list(&member.sereno, &member.staff, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

/// `/console/social-providers`.
#[component]
pub fn SocialProvidersPage() -> impl IntoView {
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(read));
    let deleted = Signal::derive(move || asked.with(|params| params.get("done").as_deref() == Some("deleted")));
    let page = Resource::new(
        move || query.get(),
        |query| async move {
            let page = list_social_providers(Some(query.clone())).await?;
            Ok((page, query))
        },
    );
    loaded(
        page,
        move |(page, query)| view! { <SocialProvidersView page query deleted /> },
    )
}

/// The query that an address means. What it says wrong is as if it were not there.
fn read(params: &ParamsMap) -> SocialProviderQuery {
    let text = |name| params.get(name).filter(|value| !value.is_empty());
    SocialProviderQuery {
        q: text("q"),
        limit: text("limit").and_then(|value| value.parse().ok()),
        cursor: text("cursor"),
        ..SocialProviderQuery::default()
    }
}

fn address(query: &SocialProviderQuery) -> String {
    let mut params = ParamsMap::new();
    let mut set = |name, value: Option<String>| {
        if let Some(value) = value {
            params.insert(name, value);
        }
    };
    set("q", query.q.clone());
    set("limit", query.limit.map(|limit| limit.to_string()));
    set("cursor", query.cursor.clone());
    format!("{PATH}{}", params.to_query_string())
}

/// The list, once it is known.
#[component]
pub fn SocialProvidersView(
    /// What was found.
    page: Page<SocialProviderRow>,
    /// What was asked.
    query: SocialProviderQuery,
    /// Whether one has just been deleted.
    deleted: Signal<bool>,
) -> impl IntoView {
    let at = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        Some(address(&SocialProviderQuery {
            cursor,
            ..query.clone()
        }))
    };
    let around = (at(&page.prev_cursor), at(&page.next_cursor));
    let filtered = query.q.is_some();
    let total = counted(page.total, "provider", "providers", filtered);
    let kept = vec![("limit", query.limit.map(|limit| limit.to_string()))];
    let list = if page.items.is_empty() {
        view! { <NothingFound filtered /> }.into_any()
    } else {
        view! { <Table rows=page.items /> }.into_any()
    };
    view! {
        <Breadcrumb above=vec![("/console", "Overview")] here="Sign-in providers" />
        {move || deleted.get().then(|| view! { <Done>"The provider is deleted."</Done> })}
        <div class="flex flex-wrap items-start justify-between gap-4">
            <Heading title="Sign-in providers" />
            {may(Permission::ProvidersManage)
                .then(|| {
                    view! {
                        <a class="button button-primary" href="/console/social-providers/new">
                            {Icon::Plus.draw()}
                            "Set up a provider"
                        </a>
                    }
                })}
        </div>
        <Filters path=PATH kept>
            <SearchField name="q" label="Search" placeholder="Name" value=query.q />
        </Filters>
        <Listing total around>
            {list}
        </Listing>
    }
}

#[component]
fn Table(rows: Vec<SocialProviderRow>) -> impl IntoView {
    let rows = rows.into_iter().map(|row| view! { <Row row /> }).collect_view();
    view! {
        <div class="card scroller" role="region" aria-label="Providers" tabindex="0">
            <table class="grid-table">
                <caption class="sr-only">"Providers, by name"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Provider"</th>
                        <th scope="col" class="max-sm:hidden">
                            "Kind"
                        </th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="max-md:hidden">
                            "Set up"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: SocialProviderRow) -> impl IntoView {
    view! {
        <tr>
            <th scope="row">
                <span class="flex items-center gap-2">
                    {mark(row.kind)} <a class="link wrap-anywhere" href=format!("{PATH}/{}", row.id)>
                        {row.name}
                    </a>
                </span>
            </th>
            <td class="max-sm:hidden">{kind_name(row.kind)}</td>
            <td>
                <EnabledBadge is_enabled=row.is_enabled />
            </td>
            <td class="max-md:hidden">
                <Ago at=row.created_at />
            </td>
        </tr>
    }
}

#[component]
fn NothingFound(filtered: bool) -> impl IntoView {
    let (title, all) = if filtered {
        ("No provider matches", Some((PATH, "Show all providers")))
    } else {
        ("No providers yet", None)
    };
    let words = (!filtered).then(|| {
        view! {
            <p>
                "People sign in by password alone. Set up Google, Apple or any OpenID Connect issuer, and a button for it
                stands on the sign-in page."
            </p>
        }
    });
    view! {
        <Nothing title all>
            {words}
        </Nothing>
    }
}
