//! The list of projects. Search, filters and page are all in the address.

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use sereno_types::{Page, Permission, Problem, ProjectQuery, ProjectRow};

use crate::{
    console::{
        Breadcrumb,
        address::{address, counted, said},
        applications::EnabledBadge,
        holders::UserLink,
        may,
        overview::grouped,
        roles::chosen,
    },
    ui::{
        alert::Done,
        field::{Choice, SearchField},
        heading::Heading,
        icon::Icon,
        list::{Filters, Listing, Nothing},
        loaded::loaded,
        time::Ago,
    },
    visit,
};

pub(super) const PATH: &str = "/console/projects";

#[server(name = ListProjects, prefix = "/console/fn", endpoint = "list_projects")]
pub(crate) async fn list_projects(query: Option<ProjectQuery>) -> Result<Page<ProjectRow>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::roles::projects::list(&member.sereno, &member.staff, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

/// `/console/projects`.
#[component]
pub fn ProjectsPage() -> impl IntoView {
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(read));
    let deleted = Signal::derive(move || asked.with(|params| params.get("done").as_deref() == Some("deleted")));
    let page = Resource::new(
        move || query.get(),
        |query| async move { list_projects(Some(query.clone())).await.map(|page| (page, query)) },
    );
    loaded(page, move |(page, query)| view! { <ProjectsView page query deleted /> })
}

/// The query that an address means. What it says wrong is as if it were not there.
fn read(params: &ParamsMap) -> ProjectQuery {
    ProjectQuery {
        q: said(params, "q"),
        enabled: said(params, "enabled").and_then(|value| value.parse().ok()),
        user: said(params, "user"),
        limit: said(params, "limit").and_then(|value| value.parse().ok()),
        cursor: said(params, "cursor"),
    }
}

/// The address that means a query.
fn address_of(query: &ProjectQuery) -> String {
    let says = vec![
        ("q", query.q.clone()),
        ("enabled", query.enabled.map(|enabled| enabled.to_string())),
        ("user", query.user.clone()),
        ("limit", query.limit.map(|limit| limit.to_string())),
        ("cursor", query.cursor.clone()),
    ];
    address(PATH, says)
}

/// The list, once it is known.
#[component]
pub fn ProjectsView(
    /// What was found.
    page: Page<ProjectRow>,
    /// What was asked.
    query: ProjectQuery,
    /// Whether one has just been deleted.
    deleted: Signal<bool>,
) -> impl IntoView {
    let at = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        Some(address_of(&ProjectQuery {
            cursor,
            ..query.clone()
        }))
    };
    let around = (at(&page.prev_cursor), at(&page.next_cursor));
    let filtered = query.q.is_some() || query.enabled.is_some() || query.user.is_some();
    let total = counted(page.total, "project", "projects", filtered);
    let list = match (page.items.is_empty(), filtered) {
        (true, true) => view! { <NothingFound /> }.into_any(),
        (true, false) => view! { <HowToBegin /> }.into_any(),
        (false, _) => view! { <Table rows=page.items /> }.into_any(),
    };
    view! {
        <Breadcrumb above=vec![("/console", "Overview")] here="Projects" />
        {move || deleted.get().then(|| view! { <Done>"The project is deleted, with all that was given in it."</Done> })}
        <div class="flex flex-wrap items-start justify-between gap-4">
            <div class="grid gap-1">
                <Heading title="Projects" />
                <p class="max-w-prose text-soft">
                    "A project is a place with members of its own: a team, a customer, a shop. What is given in it holds there."
                </p>
            </div>
            {may(Permission::ProjectsManage)
                .then(|| {
                    view! {
                        <a class="button button-primary" href="/console/projects/new">
                            {Icon::Plus.draw()}
                            "New project"
                        </a>
                    }
                })}
        </div>
        <Chosen query />
        <Listing total around>
            {list}
        </Listing>
    }
}

/// A plain GET form. The page size stays, the page does not: another search begins at its first page.
#[component]
fn Chosen(query: ProjectQuery) -> impl IntoView {
    let states = vec![("", "Any state"), ("true", "Enabled"), ("false", "Switched off")];
    let kept = vec![("limit", query.limit.map(|limit| limit.to_string()))];
    view! {
        <Filters path=PATH kept>
            <SearchField name="q" label="Search" placeholder="Name" value=query.q />
            <SearchField name="user" label="Owner or member" placeholder="Address, name or number" value=query.user />
            <Choice name="enabled" label="State" options=states value=chosen(query.enabled) />
        </Filters>
    }
}

#[component]
fn Table(rows: Vec<ProjectRow>) -> impl IntoView {
    let rows = rows.into_iter().map(|row| view! { <Row row /> }).collect_view();
    view! {
        <div class="card scroller" role="region" aria-label="Projects" tabindex="0">
            <table class="grid-table">
                <caption class="sr-only">"Projects, by name in addresses"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Project"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="max-sm:hidden">
                            "Owner"
                        </th>
                        <th scope="col" class="max-sm:hidden">
                            "Members"
                        </th>
                        <th scope="col" class="max-md:hidden">
                            "Made"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: ProjectRow) -> impl IntoView {
    let owner = match row.owner {
        Some(user) => view! { <UserLink user /> }.into_any(),
        None => view! { <span class="text-muted">"Nobody"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                <a class="link wrap-anywhere" href=format!("{PATH}/{}", row.slug)>
                    {row.name}
                </a>
                <code class="block font-mono font-normal wrap-anywhere text-muted">{row.slug}</code>
            </th>
            <td>
                <EnabledBadge is_enabled=row.is_enabled />
            </td>
            <td class="max-sm:hidden">{owner}</td>
            <td class="max-sm:hidden">{grouped(row.members)}</td>
            <td class="max-md:hidden">
                <Ago at=row.created_at />
            </td>
        </tr>
    }
}

#[component]
fn NothingFound() -> impl IntoView {
    view! {
        <Nothing title="No project matches" all=Some((PATH, "Show all projects"))>
            <p>"The search looks for parts of names; whose projects they are is named in full."</p>
        </Nothing>
    }
}

/// What projects are for, and the same without a browser.
#[component]
fn HowToBegin() -> impl IntoView {
    let url = visit::about().public_url;
    let body = r#"{"slug": "acme", "name": "Acme Ltd"}"#;
    let line = format!("curl --json '{body}' \\\n  -H \"Authorization: Bearer $ACCESS\" {url}/api/v1/admin/projects");
    view! {
        <div class="card grid grid-cols-1 gap-3 p-6">
            <h2 class="text-base font-semibold">"Make your first project"</h2>
            <p>
                "Where everybody may do the same everywhere, you need none. Where rights end at the border of a team or a
                customer, make a project for each. The same by the API:"
            </p>
            <pre class="shell" tabindex="0">
                <code>{line}</code>
            </pre>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_means_what_it_was_made_from() {
        let query = ProjectQuery {
            q: Some("a & b".to_owned()),
            enabled: Some(true),
            user: Some("ana".to_owned()),
            limit: Some(20),
            cursor: Some("abc".to_owned()),
        };
        assert_eq!(
            address_of(&query),
            "/console/projects?q=a%20%26%20b&enabled=true&user=ana&limit=20&cursor=abc"
        );
    }
}
