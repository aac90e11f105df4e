//! Permissions by roles: what each role grants by itself, what comes by what it includes, and a button in every cell to
//! change it. Both sides are searched and paged by the server.

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use serde::{Deserialize, Serialize};
use sereno_types::{Page, Permission, PermissionRow, Problem, RoleDetail};
#[cfg(feature = "ssr")]
use sereno_types::{PermissionQuery, RoleQuery};

use crate::{
    console::{
        Breadcrumb,
        address::{address, counted, said},
        may,
    },
    ui::{
        alert::Done,
        field::{Hidden, SearchField},
        form::{Attempt, ErrorSummary, Form},
        get_form::GetForm,
        heading::Heading,
        icon::Icon,
        loaded::loaded,
        pager::Pager,
    },
};

const PATH: &str = "/console/roles/matrix";
/// Columns of a page.
#[cfg(feature = "ssr")]
const ROLES: u64 = 12;
/// Rows of a page, unless the address says otherwise.
#[cfg(feature = "ssr")]
const PERMISSIONS: u64 = 25;

/// What the address says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatrixQuery {
    /// Part of a permission's codename or description.
    pub q: Option<String>,
    /// Part of a role's codename or name.
    pub role: Option<String>,
    /// The project whose roles, with the global ones; `-` for the global ones alone.
    pub project: Option<String>,
    /// Permissions per page.
    pub limit: Option<u64>,
    /// Which page of permissions.
    pub cursor: Option<String>,
    /// Which page of roles.
    pub columns: Option<String>,
}

/// One page of the matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matrix {
    /// The rows.
    pub permissions: Page<PermissionRow>,
    /// The columns.
    pub roles: Page<RoleDetail>,
}

#[server(name = LoadMatrix, prefix = "/console/fn", endpoint = "matrix")]
pub(crate) async fn matrix(query: Option<MatrixQuery>) -> Result<Matrix, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let query = query.unwrap_or_default();
    let rows = PermissionQuery {
        q: query.q,
        limit: Some(query.limit.unwrap_or(PERMISSIONS)),
        cursor: query.cursor,
        ..PermissionQuery::default()
    };
    let columns = RoleQuery {
        q: query.role,
        project: query.project,
        limit: Some(ROLES),
        cursor: query.columns,
        ..RoleQuery::default()
    };
    let permissions = sereno_core::roles::permissions::list(&member.sereno, &member.staff, rows)
        .await
        .map_err(gate::refuse)?;
    let roles = sereno_core::roles::roles::list(&member.sereno, &member.staff, columns)
        .await
        .map_err(gate::refuse)?;
    let mut items = Vec::new();
    for row in &roles.items {
        let detail = sereno_core::roles::roles::detail(&member.sereno, &member.staff, &row.role.id).await;
        items.push(detail.map_err(gate::refuse)?);
    }
    let roles = Page {
        items,
        next_cursor: roles.next_cursor,
        prev_cursor: roles.prev_cursor,
        total: roles.total,
    };
    Ok(Matrix { permissions, roles })
}

/// Lets a role grant a permission, or no longer. `cell` is what its button says: `grant` or `revoke`, the role's id and the
/// codename. `list` is the address to go back to.
#[server(prefix = "/console/fn", endpoint = "set_cell")]
pub(crate) async fn set_cell(#[server(default)] cell: String, #[server(default)] list: String) -> Result<(), Problem> {
    use crate::{console::address::and, gate};
    let member = gate::staff().await?;
    let Some(Cell { grant, role, codename }) = Cell::read(&cell) else {
        return Err(Problem::new(sereno_types::Code::MalformedBody));
    };
    let id = sereno_types::Id(role.to_owned());
    let before = sereno_core::roles::roles::detail(&member.sereno, &member.staff, &id)
        .await
        .map_err(gate::refuse)?;
    let mut permissions = before.grants;
    permissions.retain(|granted| granted != codename);
    if grant {
        permissions.push(codename.to_owned());
    }
    let command = sereno_types::UpdateRole {
        permissions: Some(permissions),
        ..sereno_types::UpdateRole::default()
    };
    sereno_core::roles::roles::update(&member.sereno, &member.meta, &member.staff, &id, command)
        .await
        .map_err(|error| as_a_whole(gate::refuse(error)))?;
    let list = Some(gate::local(&list)).filter(|list| list.starts_with(PATH));
    let done = if grant { "done=granted" } else { "done=revoked" };
    gate::go_to(&and(list.unwrap_or(PATH), done));
    Ok(())
}

/// A table has no fields to point at: a permission that is gone in the meantime is a conflict.
#[cfg(feature = "ssr")]
fn as_a_whole(problem: Problem) -> Problem {
    match problem.code {
        sereno_types::Code::ValidationFailed => Problem::new(sereno_types::Code::StateConflict),
        _ => problem,
    }
}

/// What the button of a cell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell<'a> {
    grant: bool,
    role: &'a str,
    codename: &'a str,
}

impl Cell<'_> {
    fn write(self) -> String {
        let verb = if self.grant { "grant" } else { "revoke" };
        format!("{verb} {} {}", self.role, self.codename)
    }
}

#[cfg(any(feature = "ssr", test))]
impl<'a> Cell<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut words = text.split(' ');
        let cell = Self {
            grant: match words.next()? {
                "grant" => true,
                "revoke" => false,
                _ => return None,
            },
            role: words.next()?,
            codename: words.next()?,
        };
        words.next().is_none().then_some(cell)
    }
}

/// `/console/roles/matrix`.
#[component]
pub fn MatrixPage() -> impl IntoView {
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(read));
    let page = Resource::new(
        move || query.get(),
        |query| async move { matrix(Some(query.clone())).await.map(|matrix| (matrix, query)) },
    );
    let notice = Signal::derive(move || match asked.with(|asked| asked.get("done")).as_deref() {
        Some("granted") => Some("The role grants it from now on."),
        Some("revoked") => Some("The role no longer grants it by itself."),
        _ => None,
    });
    loaded(
        page,
        move |(matrix, query)| view! { <MatrixView matrix query notice /> },
    )
}

fn read(params: &ParamsMap) -> MatrixQuery {
    MatrixQuery {
        q: said(params, "q"),
        role: said(params, "role"),
        project: said(params, "project"),
        limit: said(params, "limit").and_then(|limit| limit.parse().ok()),
        cursor: said(params, "cursor"),
        columns: said(params, "columns"),
    }
}

fn address_of(query: &MatrixQuery) -> String {
    let says = vec![
        ("q", query.q.clone()),
        ("role", query.role.clone()),
        ("project", query.project.clone()),
        ("limit", query.limit.map(|limit| limit.to_string())),
        ("cursor", query.cursor.clone()),
        ("columns", query.columns.clone()),
    ];
    address(PATH, says)
}

/// The matrix, once known.
#[component]
pub fn MatrixView(
    /// What was found.
    matrix: Matrix,
    /// What was asked.
    query: MatrixQuery,
    /// What has just been done.
    notice: Signal<Option<&'static str>>,
) -> impl IntoView {
    let action = ServerAction::<SetCell>::new();
    let attempt = Attempt::of(action);
    let down = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        Some(address_of(&MatrixQuery {
            cursor,
            ..query.clone()
        }))
    };
    let across = |columns: &Option<String>| {
        let columns = Some(columns.clone()?);
        Some(address_of(&MatrixQuery {
            columns,
            ..query.clone()
        }))
    };
    let Matrix { permissions, roles } = matrix;
    let pager = view! { <Pager previous=down(&permissions.prev_cursor) next=down(&permissions.next_cursor) /> };
    let columns = view! { <Across previous=across(&roles.prev_cursor) next=across(&roles.next_cursor) /> };
    let total = format!(
        "{}, {}",
        counted(permissions.total, "permission", "permissions", false),
        counted(roles.total, "role", "roles", false)
    );
    let is_empty = permissions.items.is_empty() || roles.items.is_empty();
    let list = address_of(&query);
    let table = if is_empty {
        view! { <p class="card p-6">"No permission or no role matches."</p> }.into_any()
    } else {
        let table = view! { <Table rows=permissions.items columns=roles.items /> };
        view! {
            <Form action attempt class="grid min-w-0 grid-cols-1 gap-4" tells=false>
                <Hidden name="list" value=list />
                {table}
            </Form>
        }
        .into_any()
    };
    view! {
        <Breadcrumb above=vec![("/console", "Overview"), ("/console/roles", "Roles")] here="Matrix" />
        {move || notice.get().map(|notice| view! { <Done>{notice}</Done> })}
        <div class="grid gap-1">
            <Heading title="Roles and permissions" attempt />
            <p class="max-w-prose text-soft">
                "A tick: the role grants it by itself. Included: it comes by a role that this one includes."
            </p>
        </div>
        <Filters query />
        <ErrorSummary attempt />
        <p class="text-soft" role="status">
            {total}
        </p>
        {columns}
        {table}
        {pager}
    }
}

#[component]
fn Filters(query: MatrixQuery) -> impl IntoView {
    let kept = query
        .limit
        .map(|limit| view! { <input type="hidden" name="limit" value=limit.to_string() /> });
    view! {
        <GetForm action={PATH} {..} role="search" class="flex flex-wrap items-end gap-3">
            <SearchField name="q" label="Permissions" placeholder="Codename or description" value=query.q />
            <SearchField name="role" label="Roles" placeholder="Name or codename" value=query.role />
            <SearchField name="project" label="Project" placeholder="Name in addresses; - for none" value=query.project />
            {kept}
            <button type="submit" class="button">
                {Icon::Search.draw()}
                "Search"
            </button>
        </GetForm>
    }
}

/// The pages of the columns.
#[component]
fn Across(previous: Option<String>, next: Option<String>) -> impl IntoView {
    (previous.is_some() || next.is_some()).then(|| {
        let link = |href: String, words: &'static str| {
            view! {
                <a class="link" href=href>
                    {words}
                </a>
            }
        };
        view! {
            <nav class="flex flex-wrap gap-4" aria-label="Pages of roles">
                {previous.map(|href| link(href, "Roles before"))} {next.map(|href| link(href, "Further roles"))}
            </nav>
        }
    })
}

#[component]
fn Table(rows: Vec<PermissionRow>, columns: Vec<RoleDetail>) -> impl IntoView {
    let may_manage = may(Permission::RolesManage);
    let heads = columns
        .iter()
        .map(|role| {
            let name = &role.row.role;
            let place = name
                .project
                .clone()
                .map(|project| view! { <span class="block text-muted">{project}</span> });
            view! {
                <th scope="col">
                    <a class="link" href=format!("/console/roles/{}", name.id)>
                        {name.name.clone()}
                    </a>
                    {place}
                </th>
            }
        })
        .collect_view();
    let columns = StoredValue::new(columns);
    let rows = rows
        .into_iter()
        .map(|row| {
            let cells = columns.with_value(|columns| {
                let cell = |role: &RoleDetail| view! { <td>{shown(role, &row.codename, may_manage)}</td> };
                columns.iter().map(cell).collect_view()
            });
            view! {
                <tr>
                    <th scope="row">
                        <code class="font-mono">{row.codename}</code>
                    </th>
                    {cells}
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="card scroller" role="region" aria-label="Matrix" tabindex="0">
            <table class="grid-table matrix">
                <caption class="sr-only">"Permissions by roles"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Permission"</th>
                        {heads}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

/// One cell: whether the role grants it, how, and the button that changes it.
fn shown(role: &RoleDetail, codename: &str, may_manage: bool) -> AnyView {
    let own = role.grants.iter().any(|granted| granted == codename);
    let included = !own && role.effective.iter().any(|granted| granted == codename);
    let name = &role.row.role.name;
    let sign = match (own, included) {
        (true, _) => "Granted",
        (_, true) => "Included",
        _ => "Not granted",
    };
    if !may_manage {
        return match (own, included) {
            (true, _) => {
                view! { <span class="flex items-center gap-1.5">{Icon::Check.draw()} {sign}</span> }.into_any()
            }
            (_, true) => view! { <span class="text-soft">{sign}</span> }.into_any(),
            _ => view! { <span class="text-muted">"–"<span class="sr-only">{sign}</span></span> }.into_any(),
        };
    }
    let cell = Cell {
        grant: !own,
        role: &role.row.role.id.0,
        codename,
    };
    let (verb, icon) = if own {
        (format!("{name} grants {codename}: take it away"), Some(Icon::Check))
    } else {
        (format!("{name} does not grant {codename} by itself: let it"), None)
    };
    view! {
        <span class="flex items-center gap-1.5">
            <button type="submit" name="cell" value=cell.write() class="box" title=sign>
                {icon.map(Icon::draw)}
                <span class="sr-only">{verb}</span>
            </button>
            {included.then(|| view! { <span class="text-soft">{sign}</span> })}
        </span>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_read_as_it_was_written() {
        for grant in [true, false] {
            let cell = Cell {
                grant,
                role: "0193d1a2-1f3e-7000-8000-000000000000",
                codename: "app:docs/read",
            };
            assert_eq!(Cell::read(&cell.write()), Some(cell));
        }
        for wrong in ["", "grant", "grant a", "steal a b", "grant a b c"] {
            assert_eq!(Cell::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_address_means_what_it_was_made_from() {
        let query = MatrixQuery {
            q: Some("docs".to_owned()),
            role: Some("ed".to_owned()),
            project: Some("acme".to_owned()),
            limit: Some(10),
            cursor: Some("a".to_owned()),
            columns: Some("b".to_owned()),
        };
        assert_eq!(
            address_of(&query),
            "/console/roles/matrix?q=docs&role=ed&project=acme&limit=10&cursor=a&columns=b"
        );
    }
}
