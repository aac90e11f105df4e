//! The list of applications. Search, filters, order and page are all in the address.

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use sereno_types::{ApplicationKind, ApplicationQuery, ApplicationRow, ApplicationSort, Page, Permission, Problem};

use crate::{
    console::{
        Breadcrumb,
        application_form::{delivery_name, kind_name},
        may,
        overview::grouped,
    },
    ui::{
        alert::Tone,
        badge::Badge,
        field::{Choice, SearchField},
        get_form::GetForm,
        heading::Heading,
        icon::Icon,
        loaded::loaded,
        pager::Pager,
        sort::{Direction, SortHeader},
        time::Ago,
    },
    visit,
};

const PATH: &str = "/console/applications";

#[server(name = ListApplications, prefix = "/console/fn", endpoint = "list_applications")]
pub(crate) async fn list_applications(query: Option<ApplicationQuery>) -> Result<Page<ApplicationRow>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    // a query without a word leaves no trace in the encoded arguments
    sereno_core::oauth::admin::list(&member.sereno, &member.staff, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

/// `/console/applications`.
#[component]
pub fn ApplicationsPage() -> impl IntoView {
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(read));
    let page = Resource::new(
        move || query.get(),
        |query| async move { list_applications(Some(query.clone())).await.map(|page| (page, query)) },
    );
    loaded(page, |(page, query)| view! { <ApplicationsView page query /> })
}

/// The query that an address means. What it says wrong is as if it were not there.
fn read(params: &ParamsMap) -> ApplicationQuery {
    let text = |name| params.get(name).filter(|value| !value.is_empty());
    ApplicationQuery {
        q: text("q"),
        kind: text("kind").as_deref().and_then(ApplicationKind::from_name),
        enabled: text("enabled").and_then(|value| value.parse().ok()),
        sort: text("sort").as_deref().and_then(ApplicationSort::from_name),
        limit: text("limit").and_then(|value| value.parse().ok()),
        cursor: text("cursor"),
    }
}

/// The address that means a query.
fn address(query: &ApplicationQuery) -> String {
    let mut params = ParamsMap::new();
    let mut set = |name, value: Option<String>| {
        if let Some(value) = value {
            params.insert(name, value);
        }
    };
    set("q", query.q.clone());
    set("kind", query.kind.map(|kind| kind.as_str().to_owned()));
    set("enabled", query.enabled.map(|enabled| enabled.to_string()));
    set("sort", query.sort.map(|sort| sort.as_str().to_owned()));
    set("limit", query.limit.map(|limit| limit.to_string()));
    set("cursor", query.cursor.clone());
    format!("{PATH}{}", params.to_query_string())
}

/// The list, once it is known.
#[component]
pub fn ApplicationsView(
    /// What was found.
    page: Page<ApplicationRow>,
    /// What was asked.
    query: ApplicationQuery,
) -> impl IntoView {
    let at = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        Some(address(&ApplicationQuery {
            cursor,
            ..query.clone()
        }))
    };
    let pager = view! { <Pager previous=at(&page.prev_cursor) next=at(&page.next_cursor) /> };
    let filtered = query.q.is_some() || query.kind.is_some() || query.enabled.is_some();
    // Sereno's own is always there
    let alone = !filtered && page.total <= 1;
    let list = if page.items.is_empty() {
        view! { <NothingFound /> }.into_any()
    } else {
        view! { <Table rows=page.items query=query.clone() /> }.into_any()
    };
    view! {
        <Breadcrumb above=vec![("/console", "Overview")] here="Applications" />
        <div class="flex flex-wrap items-start justify-between gap-4">
            <Heading title="Applications" />
            {may(Permission::ApplicationsManage)
                .then(|| {
                    view! {
                        <a class="button button-primary" href=format!("{PATH}/new")>
                            {Icon::Plus.draw()}
                            "Register application"
                        </a>
                    }
                })}
        </div>
        <Filters query />
        <p class="text-soft" role="status">
            {total(page.total, filtered)}
        </p>
        {list}
        {alone.then(|| view! { <HowToBegin /> })}
        {pager}
    }
}

fn total(total: u64, filtered: bool) -> String {
    let what = if total == 1 { "application" } else { "applications" };
    let verb = if total == 1 { "matches" } else { "match" };
    let rest = if filtered { format!(" {verb}") } else { String::new() };
    format!("{} {what}{rest}", grouped(total))
}

/// A plain GET form. Order and page size stay, the page does not: another search begins at its first page.
#[component]
fn Filters(query: ApplicationQuery) -> impl IntoView {
    let kinds = std::iter::once(("", "Any kind"))
        .chain(
            ApplicationKind::ALL
                .iter()
                .map(|&kind| (kind.as_str(), kind_name(kind))),
        )
        .collect();
    let states = vec![("", "Any state"), ("true", "Enabled"), ("false", "Switched off")];
    let enabled = match query.enabled {
        None => "",
        Some(true) => "true",
        Some(false) => "false",
    };
    let kept = [
        ("sort", query.sort.map(|sort| sort.as_str().to_owned())),
        ("limit", query.limit.map(|limit| limit.to_string())),
    ];
    let kept = kept
        .into_iter()
        .filter_map(|(name, value)| Some(view! { <input type="hidden" name=name value=value? /> }))
        .collect_view();
    view! {
        <GetForm action={PATH} {..} role="search" class="flex flex-wrap items-end gap-3">
            <SearchField name="q" label="Search" placeholder="Name or client id" value=query.q />
            <Choice name="kind" label="Kind" options=kinds value=query.kind.map_or("", ApplicationKind::as_str) />
            <Choice name="enabled" label="State" options=states value=enabled />
            {kept}
            <button type="submit" class="button">
                {Icon::Search.draw()}
                "Search"
            </button>
        </GetForm>
    }
}

#[component]
fn Table(rows: Vec<ApplicationRow>, query: ApplicationQuery) -> impl IntoView {
    let now = query.sort.unwrap_or_default();
    let to = |sort| {
        address(&ApplicationQuery {
            sort: Some(sort),
            cursor: None,
            ..query.clone()
        })
    };
    let by_name = (now == ApplicationSort::Name).then_some(Direction::Ascending);
    let (by_date, other) = match now {
        ApplicationSort::Newest => (Some(Direction::Descending), ApplicationSort::Oldest),
        ApplicationSort::Oldest => (Some(Direction::Ascending), ApplicationSort::Newest),
        ApplicationSort::Name => (None, ApplicationSort::Newest),
    };
    let rows = rows.into_iter().map(|row| view! { <Row row /> }).collect_view();
    view! {
        <div class="card scroller" role="region" aria-label="Applications" tabindex="0">
            <table class="grid-table">
                <caption class="sr-only">"Applications"</caption>
                <thead>
                    <tr>
                        <SortHeader label="Application" href=to(ApplicationSort::Name) direction=by_name class="" />
                        <th scope="col" class="max-sm:hidden">
                            "State"
                        </th>
                        <th scope="col" class="max-md:hidden">
                            "Kind"
                        </th>
                        <th scope="col" class="max-md:hidden">
                            "Delivery"
                        </th>
                        <SortHeader label="Registered" href=to(other) direction=by_date class="max-sm:hidden" />
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: ApplicationRow) -> impl IntoView {
    let is_enabled = row.is_enabled;
    view! {
        <tr>
            <th scope="row">
                <a class="link wrap-anywhere" href=format!("{PATH}/{}", row.id)>
                    {row.name}
                </a>
                <code class="block font-mono font-normal wrap-anywhere text-muted">{row.client_id}</code>
                <span class="mt-1 block sm:hidden">
                    <EnabledBadge is_enabled />
                </span>
            </th>
            <td class="max-sm:hidden">
                <EnabledBadge is_enabled />
            </td>
            <td class="max-md:hidden">{kind_name(row.kind)}</td>
            <td class="max-md:hidden">{delivery_name(row.delivery)}</td>
            <td class="max-sm:hidden">
                <Ago at=row.created_at />
            </td>
        </tr>
    }
}

/// Whether an application works at all.
#[component]
pub(crate) fn EnabledBadge(
    /// Whether it does.
    is_enabled: bool,
) -> impl IntoView {
    if is_enabled {
        view! { <Badge tone=Tone::Good icon=Icon::CircleCheck text="Enabled" /> }
    } else {
        view! { <Badge tone=Tone::Plain icon=Icon::Ban text="Switched off" /> }
    }
}

#[component]
fn NothingFound() -> impl IntoView {
    view! {
        <div class="card grid gap-3 p-6">
            <h2 class="text-base font-semibold">"No application matches"</h2>
            <p>"The search looks for parts of names and client ids."</p>
            <a class="link justify-self-start" href=PATH>
                "Show all applications"
            </a>
        </div>
    }
}

/// What applications are, and the same without a browser.
#[component]
fn HowToBegin() -> impl IntoView {
    let url = visit::about().public_url;
    let curl = format!(
        "curl --json '{{\"name\": \"Web shop\", \"kind\": \"confidential\"}}' \\\n  -H \"Authorization: Bearer $ACCESS\" \
         {url}/api/v1/admin/applications"
    );
    view! {
        <div class="card grid grid-cols-1 gap-3 p-6">
            <h2 class="text-base font-semibold">"Register your first application"</h2>
            <p>
                "An application is a program that people sign in to. It has a name on the wire, decides how its tokens look and
                how they reach it, and can be switched off by itself. Requests that name none are for Sereno's own."
            </p>
            <pre class="shell" tabindex="0">
                <code>{curl}</code>
            </pre>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_means_what_it_was_made_from() {
        let query = ApplicationQuery {
            q: Some("a & b".to_owned()),
            kind: Some(ApplicationKind::Confidential),
            enabled: Some(false),
            sort: Some(ApplicationSort::Newest),
            limit: Some(20),
            cursor: Some("abc".to_owned()),
        };
        let address = address(&query);
        assert_eq!(
            address,
            "/console/applications?q=a%20%26%20b&kind=confidential&enabled=false&sort=%2Dcreated%5Fat&limit=20&cursor=abc"
        );
    }

    #[test]
    fn what_an_address_says_wrong_is_ignored() {
        let mut params = ParamsMap::new();
        for (name, value) in [
            ("q", ""),
            ("kind", "odd"),
            ("enabled", "perhaps"),
            ("sort", "shoe"),
            ("limit", "-1"),
        ] {
            params.insert(name, value.to_owned());
        }
        assert_eq!(read(&params), ApplicationQuery::default());
    }
}
