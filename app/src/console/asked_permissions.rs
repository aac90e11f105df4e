//! Codenames that applications asked about and nobody has declared: never granted, and a word from being declared.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use sereno_types::{AskedPermission, Page, PageQuery, Permission, Problem};

use crate::{
    console::{
        Breadcrumb,
        address::{address, counted},
        may,
        overview::grouped,
        permissions::Tabs,
    },
    ui::{
        heading::Heading,
        loaded::loaded,
        pager::{self, Pager},
        time::Ago,
    },
};

const PATH: &str = "/console/permissions/asked";

#[server(name = ListAskedPermissions, prefix = "/console/fn", endpoint = "list_asked_permissions")]
pub(crate) async fn list_asked_permissions(query: Option<PageQuery>) -> Result<Page<AskedPermission>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::roles::permissions::asked(&member.sereno, &member.staff, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

/// `/console/permissions/asked`.
#[component]
pub fn AskedPermissionsPage() -> impl IntoView {
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(pager::place));
    let page = Resource::new(
        move || query.get(),
        |query| async move {
            let page = list_asked_permissions(Some(query.clone())).await?;
            Ok((page, query))
        },
    );
    loaded(page, |(page, query)| view! { <AskedPermissionsView page query /> })
}

/// The list, once it is known.
#[component]
pub fn AskedPermissionsView(
    /// What was found.
    page: Page<AskedPermission>,
    /// What was asked.
    query: PageQuery,
) -> impl IntoView {
    let (previous, next) = pager::around(PATH, &query, &page);
    let pager = view! { <Pager previous next /> };
    let total = counted(page.total, "codename", "codenames", false);
    let list = if page.items.is_empty() {
        view! {
            <div class="card grid gap-3 p-6">
                <h2 class="text-base font-semibold">"Nothing was asked for in vain"</h2>
                <p>
                    "When an application with the scope " <code class="font-mono">"access:declare"</code>
                    " asks about a permission that nobody has declared, the answer is no and the codename stands here."
                </p>
            </div>
        }
        .into_any()
    } else {
        view! { <Table rows=page.items /> }.into_any()
    };
    view! {
        <Breadcrumb
            above=vec![("/console", "Overview"), ("/console/permissions", "Permissions")]
            here="Asked for, never granted"
        />
        <div class="grid gap-1">
            <Heading title="Asked for, never granted" />
            <p class="max-w-prose text-soft">
                "Codenames that applications asked about and nobody has declared. Asking grants nothing."
            </p>
        </div>
        <Tabs />
        <p class="text-soft" role="status">
            {total}
        </p>
        {list}
        {pager}
    }
}

#[component]
fn Table(rows: Vec<AskedPermission>) -> impl IntoView {
    let may_manage = may(Permission::RolesManage);
    let rows = rows
        .into_iter()
        .map(|row| {
            let add = address("/console/permissions", vec![("add", Some(row.codename.clone()))]);
            let named = format!(" {}", row.codename);
            view! {
                <tr>
                    <th scope="row">
                        <code class="font-mono wrap-anywhere">{row.codename}</code>
                    </th>
                    <td class="wrap-anywhere">{row.client_id}</td>
                    <td>{grouped(row.asked)}</td>
                    <td class="max-md:hidden">
                        <Ago at=row.first_asked_at />
                    </td>
                    <td class="max-sm:hidden">
                        <Ago at=row.last_asked_at />
                    </td>
                    {may_manage
                        .then(|| {
                            view! {
                                <td>
                                    <a class="link" href=format!("{add}#form")>
                                        "Add"
                                        <span class="sr-only">{named}</span>
                                    </a>
                                </td>
                            }
                        })}
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="card scroller" role="region" aria-label="Asked for" tabindex="0">
            <table class="grid-table">
                <caption class="sr-only">"Codenames, the last asked first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Codename"</th>
                        <th scope="col">"Application"</th>
                        <th scope="col">"Asked"</th>
                        <th scope="col" class="max-md:hidden">
                            "First"
                        </th>
                        <th scope="col" class="max-sm:hidden">
                            "Last"
                        </th>
                        {may_manage.then(|| view! { <th scope="col">"Actions"</th> })}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}
