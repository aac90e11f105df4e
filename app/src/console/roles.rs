//! The list of roles. Search, filters and page are all in the address.

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use sereno_types::{OriginFilter, Page, Permission, Problem, RoleName, RoleQuery, RoleRow};

use crate::{
    console::{
        Breadcrumb,
        address::{address, counted, said},
        applications::EnabledBadge,
        may,
        overview::grouped,
    },
    ui::{
        alert::Done,
        field::{Choice, SearchField},
        heading::Heading,
        icon::Icon,
        list::{Filters, Listing, Nothing},
        loaded::loaded,
    },
    visit,
};

pub(super) const PATH: &str = "/console/roles";

#[server(name = ListRoles, prefix = "/console/fn", endpoint = "list_roles")]
pub(crate) async fn list_roles(query: Option<RoleQuery>) -> Result<Page<RoleRow>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    // a query without a word leaves no trace in the encoded arguments
    sereno_core::roles::roles::list(&member.sereno, &member.staff, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

/// `/console/roles`.
#[component]
pub fn RolesPage() -> impl IntoView {
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(read));
    let deleted = Signal::derive(move || asked.with(|params| params.get("done").as_deref() == Some("deleted")));
    let page = Resource::new(
        move || query.get(),
        |query| async move { list_roles(Some(query.clone())).await.map(|page| (page, query)) },
    );
    loaded(page, move |(page, query)| view! { <RolesView page query deleted /> })
}

/// The query that an address means. What it says wrong is as if it were not there.
fn read(params: &ParamsMap) -> RoleQuery {
    RoleQuery {
        q: said(params, "q"),
        project: said(params, "project"),
        permission: said(params, "permission"),
        origin: said(params, "origin").as_deref().and_then(OriginFilter::from_name),
        enabled: said(params, "enabled").and_then(|value| value.parse().ok()),
        limit: said(params, "limit").and_then(|value| value.parse().ok()),
        cursor: said(params, "cursor"),
    }
}

/// The address that means a query.
fn address_of(query: &RoleQuery) -> String {
    let says = vec![
        ("q", query.q.clone()),
        ("project", query.project.clone()),
        ("permission", query.permission.clone()),
        ("origin", query.origin.map(|origin| origin.as_str().to_owned())),
        ("enabled", query.enabled.map(|enabled| enabled.to_string())),
        ("limit", query.limit.map(|limit| limit.to_string())),
        ("cursor", query.cursor.clone()),
    ];
    address(PATH, says)
}

/// What people call an origin.
#[must_use]
pub(super) fn origin_name(origin: &str) -> String {
    match origin {
        "sereno" => "Sereno".to_owned(),
        "staff" => "Staff".to_owned(),
        client_id => format!("Application {client_id}"),
    }
}

/// The choices of the filter by origin.
#[must_use]
pub(super) fn origins() -> Vec<(&'static str, &'static str)> {
    vec![
        ("", "Any origin"),
        ("sereno", "Sereno"),
        ("staff", "Staff"),
        ("application", "Applications"),
    ]
}

/// The value of a choice of yes or no.
#[must_use]
pub(super) const fn chosen(enabled: Option<bool>) -> &'static str {
    match enabled {
        None => "",
        Some(true) => "true",
        Some(false) => "false",
    }
}

/// The list, once it is known.
#[component]
pub fn RolesView(
    /// What was found.
    page: Page<RoleRow>,
    /// What was asked.
    query: RoleQuery,
    /// Whether one has just been deleted.
    deleted: Signal<bool>,
) -> impl IntoView {
    let at = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        Some(address_of(&RoleQuery {
            cursor,
            ..query.clone()
        }))
    };
    let around = (at(&page.prev_cursor), at(&page.next_cursor));
    let filtered = query.q.is_some()
        || query.project.is_some()
        || query.permission.is_some()
        || query.origin.is_some()
        || query.enabled.is_some();
    let total = counted(page.total, "role", "roles", filtered);
    let list = match (page.items.is_empty(), filtered) {
        (true, true) => view! { <NothingFound /> }.into_any(),
        (true, false) => view! { <HowToBegin /> }.into_any(),
        (false, _) => view! { <Table rows=page.items /> }.into_any(),
    };
    view! {
        <Breadcrumb above=vec![("/console", "Overview")] here="Roles" />
        {move || deleted.get().then(|| view! { <Done>"The role is deleted. Nobody holds it any more."</Done> })}
        <div class="flex flex-wrap items-start justify-between gap-4">
            <div class="grid gap-1">
                <Heading title="Roles" />
                <p class="max-w-prose text-soft">
                    "A role is a named set of permissions that people are given, everywhere or in one project."
                </p>
            </div>
            <div class="flex flex-wrap gap-3">
                <a class="button" href="/console/roles/matrix">
                    {Icon::ListChecks.draw()}
                    "Matrix"
                </a>
                <a class="button" href="/console/explorer">
                    {Icon::Search.draw()}
                    "May they?"
                </a>
                {may(Permission::RolesManage)
                    .then(|| {
                        view! {
                            <a class="button button-primary" href="/console/roles/new">
                                {Icon::Plus.draw()}
                                "New role"
                            </a>
                        }
                    })}
            </div>
        </div>
        <Chosen query />
        <Listing total around>
            {list}
        </Listing>
    }
}

/// A plain GET form. The page size stays, the page does not: another search begins at its first page.
#[component]
fn Chosen(query: RoleQuery) -> impl IntoView {
    let states = vec![("", "Any state"), ("true", "Enabled"), ("false", "Switched off")];
    let origin = query.origin.map_or("", OriginFilter::as_str);
    let kept = vec![("limit", query.limit.map(|limit| limit.to_string()))];
    view! {
        <Filters path=PATH kept>
            <SearchField name="q" label="Search" placeholder="Name or codename" value=query.q />
            <SearchField name="project" label="Project" placeholder="Name in addresses; - for none" value=query.project />
            <SearchField name="permission" label="Permission" placeholder="Codename" value=query.permission />
            <Choice name="origin" label="Origin" options=origins() value=origin />
            <Choice name="enabled" label="State" options=states value=chosen(query.enabled) />
        </Filters>
    }
}

#[component]
fn Table(rows: Vec<RoleRow>) -> impl IntoView {
    let rows = rows.into_iter().map(|row| view! { <Row row /> }).collect_view();
    view! {
        <div class="card scroller" role="region" aria-label="Roles" tabindex="0">
            <table class="grid-table">
                <caption class="sr-only">"Roles, by codename"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Role"</th>
                        <th scope="col" class="max-sm:hidden">
                            "Project"
                        </th>
                        <th scope="col" class="max-sm:hidden">
                            "State"
                        </th>
                        <th scope="col" class="max-md:hidden">
                            "Origin"
                        </th>
                        <th scope="col">"Permissions"</th>
                        <th scope="col">"Users"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: RoleRow) -> impl IntoView {
    let is_enabled = row.role.is_enabled;
    let origin = origin_name(&row.origin);
    view! {
        <tr>
            <th scope="row">
                <a class="link wrap-anywhere" href=format!("{PATH}/{}", row.role.id)>
                    {row.role.name}
                </a>
                <code class="block font-mono font-normal wrap-anywhere text-muted">{row.role.codename}</code>
                <span class="mt-1 block sm:hidden">
                    <EnabledBadge is_enabled />
                </span>
            </th>
            <td class="max-sm:hidden">
                <Place project=row.role.project />
            </td>
            <td class="max-sm:hidden">
                <EnabledBadge is_enabled />
            </td>
            <td class="wrap-anywhere max-md:hidden">{origin}</td>
            <td>{grouped(row.permissions)}</td>
            <td>{grouped(row.users)}</td>
        </tr>
    }
}

/// Where something holds: a project with its link, or everywhere.
#[component]
pub(super) fn Place(
    /// The project's name in addresses.
    project: Option<String>,
) -> impl IntoView {
    match project {
        Some(slug) if may(Permission::ProjectsView) => {
            let href = format!("/console/projects/{slug}");
            view! {
                <a class="link wrap-anywhere" href=href>
                    {slug}
                </a>
            }
            .into_any()
        }
        Some(slug) => view! { <span class="wrap-anywhere">{slug}</span> }.into_any(),
        None => view! { <span class="text-muted">"Everywhere"</span> }.into_any(),
    }
}

/// A role by its name, with the way to it and its project.
#[component]
pub(super) fn RoleLink(
    /// Which.
    role: RoleName,
) -> impl IntoView {
    let project = role.project.map(|project| format!(" (project {project})"));
    let off = (!role.is_enabled).then_some(" (switched off)");
    let name = if may(Permission::RolesView) {
        view! {
            <a class="link wrap-anywhere" href=format!("{PATH}/{}", role.id)>
                {role.name}
            </a>
        }
        .into_any()
    } else {
        view! { <span class="wrap-anywhere">{role.name}</span> }.into_any()
    };
    view! {
        <span>
            {name} <span class="text-muted">{project} {off}</span>
        </span>
    }
}

#[component]
fn NothingFound() -> impl IntoView {
    view! {
        <Nothing title="No role matches" all=Some((PATH, "Show all roles"))>
            <p>"The search looks for parts of names and codenames; a permission is named in full."</p>
        </Nothing>
    }
}

/// What roles are for, and the same without a browser.
#[component]
fn HowToBegin() -> impl IntoView {
    let url = visit::about().public_url;
    let body = r#"{"codename": "editor", "permissions": ["articles.edit"]}"#;
    let line = format!("curl --json '{body}' \\\n  -H \"Authorization: Bearer $ACCESS\" {url}/api/v1/admin/roles");
    view! {
        <div class="card grid grid-cols-1 gap-3 p-6">
            <h2 class="text-base font-semibold">"Make your first role"</h2>
            <p>
                "Name it after what people do: editor, accountant, reviewer. Say what it grants, then give it to users. The
                same by the API:"
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
        let query = RoleQuery {
            q: Some("a & b".to_owned()),
            project: Some("-".to_owned()),
            permission: Some("docs.read".to_owned()),
            origin: Some(OriginFilter::Staff),
            enabled: Some(false),
            limit: Some(20),
            cursor: Some("abc".to_owned()),
        };
        let address = address_of(&query);
        assert_eq!(
            address,
            "/console/roles?q=a%20%26%20b&project=%2D&permission=docs%2Eread&origin=staff&enabled=false&limit=20&cursor=abc"
        );
    }

    #[test]
    fn what_an_address_says_wrong_is_ignored() {
        let mut params = ParamsMap::new();
        for (name, value) in [("q", " "), ("origin", "moon"), ("enabled", "perhaps"), ("limit", "-1")] {
            params.insert(name, value.to_owned());
        }
        assert_eq!(read(&params), RoleQuery::default());
    }
}
