//! The catalogue of permissions: what there is, who declared it, how many roles grant it; adding, changing and deleting.
//! Search, filters and page are all in the address.

use leptos::prelude::*;
use leptos_router::{components::A, hooks::use_query_map, params::ParamsMap};
use sereno_types::{OriginFilter, Page, Permission, PermissionQuery, PermissionRow, Problem, UsageFilter};

use crate::{
    console::{
        Breadcrumb,
        address::{address, and, counted, said},
        may,
        overview::grouped,
        role_form::HANDLE,
        roles::{origin_name, origins},
    },
    ui::{
        alert::{Done, Tone},
        badge::Badge,
        confirm::Confirm,
        field::{Choice, Field, Hidden, SearchField},
        form::{Attempt, Form, Submit},
        get_form::GetForm,
        heading::Heading,
        icon::Icon,
        loaded::loaded,
        pager::Pager,
    },
};

const PATH: &str = "/console/permissions";

#[server(name = ListPermissions, prefix = "/console/fn", endpoint = "list_permissions")]
pub(crate) async fn list_permissions(query: Option<PermissionQuery>) -> Result<Page<PermissionRow>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::roles::permissions::list(&member.sereno, &member.staff, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

#[server(prefix = "/console/fn", endpoint = "create_permission")]
pub(crate) async fn create_permission(
    #[server(default)] handle: String,
    #[server(default)] description: String,
) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let command = sereno_types::CreatePermission {
        codename: handle,
        description,
    };
    sereno_core::roles::permissions::create(&member.sereno, &member.meta, &member.staff, command)
        .await
        .map_err(|error| at_fields(gate::refuse(error)))?;
    gate::go_to(&format!("{PATH}?done=added"));
    Ok(())
}

/// What the core refuses, at the fields of this form.
#[cfg(feature = "ssr")]
fn at_fields(mut problem: Problem) -> Problem {
    for error in &mut problem.errors {
        if error.field == "codename" {
            error.field = HANDLE.into();
        }
    }
    problem
}

#[server(prefix = "/console/fn", endpoint = "update_permission")]
pub(crate) async fn update_permission(
    #[server(default)] id: String,
    #[server(default)] description: String,
) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, sereno_types::Id(id));
    let command = sereno_types::UpdatePermission { description };
    sereno_core::roles::permissions::update(&member.sereno, &member.meta, &member.staff, &id, command)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("{PATH}?done=changed"));
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "delete_permission")]
pub(crate) async fn delete_permission(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, sereno_types::Id(id));
    sereno_core::roles::permissions::delete(&member.sereno, &member.meta, &member.staff, &id)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("{PATH}?done=deleted"));
    Ok(())
}

/// What the address asks beside the list.
#[derive(Clone, Copy)]
pub struct Wishes {
    /// The id of the one to change.
    pub change: Signal<String>,
    /// The id of the one whose deletion is to be confirmed.
    pub confirm: Signal<String>,
    /// The codename to begin a new one with.
    pub add: Signal<String>,
}

/// `/console/permissions`.
#[component]
pub fn PermissionsPage() -> impl IntoView {
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(read));
    let page = Resource::new(
        move || query.get(),
        |query| async move { list_permissions(Some(query.clone())).await.map(|page| (page, query)) },
    );
    let says = move |name: &'static str| asked.with(|asked| asked.get(name).unwrap_or_default());
    let notice = Signal::derive(move || match says("done").as_str() {
        "added" => Some("The permission is in the catalogue. No role grants it yet."),
        "changed" => Some("The permission is changed."),
        "deleted" => Some("The permission is deleted. No role grants it any more."),
        _ => None,
    });
    let wishes = Wishes {
        change: Signal::derive(move || says("change")),
        confirm: Signal::derive(move || says("confirm")),
        add: Signal::derive(move || says("add")),
    };
    loaded(
        page,
        move |(page, query)| view! { <PermissionsView page query notice wishes /> },
    )
}

/// The query that an address means. What it says wrong is as if it were not there.
fn read(params: &ParamsMap) -> PermissionQuery {
    PermissionQuery {
        q: said(params, "q"),
        origin: said(params, "origin").as_deref().and_then(OriginFilter::from_name),
        usage: said(params, "usage").as_deref().and_then(UsageFilter::from_name),
        limit: said(params, "limit").and_then(|value| value.parse().ok()),
        cursor: said(params, "cursor"),
    }
}

/// The address that means a query.
fn address_of(query: &PermissionQuery) -> String {
    let says = vec![
        ("q", query.q.clone()),
        ("origin", query.origin.map(|origin| origin.as_str().to_owned())),
        ("usage", query.usage.map(|usage| usage.as_str().to_owned())),
        ("limit", query.limit.map(|limit| limit.to_string())),
        ("cursor", query.cursor.clone()),
    ];
    address(PATH, says)
}

/// The two lists of permissions.
#[component]
pub(super) fn Tabs() -> impl IntoView {
    view! {
        <nav aria-label="Permissions">
            <ul class="tabs">
                <li>
                    <A href=PATH exact=true>
                        "Catalogue"
                    </A>
                </li>
                <li>
                    <A href="/console/permissions/asked" exact=true>
                        "Asked for, never granted"
                    </A>
                </li>
            </ul>
        </nav>
    }
}

/// The list, once it is known.
#[component]
pub fn PermissionsView(
    /// What was found.
    page: Page<PermissionRow>,
    /// What was asked.
    query: PermissionQuery,
    /// What has just been done.
    notice: Signal<Option<&'static str>>,
    /// What the address asks beside the list.
    wishes: Wishes,
) -> impl IntoView {
    let may_manage = may(Permission::RolesManage);
    let (adds, changes) = (
        ServerAction::<CreatePermission>::new(),
        ServerAction::<UpdatePermission>::new(),
    );
    let (adding, changing) = (Attempt::of(adds), Attempt::of(changes));
    let at = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        Some(address_of(&PermissionQuery {
            cursor,
            ..query.clone()
        }))
    };
    let pager = view! { <Pager previous=at(&page.prev_cursor) next=at(&page.next_cursor) /> };
    let filtered = query.q.is_some() || query.origin.is_some() || query.usage.is_some();
    let total = counted(page.total, "permission", "permissions", filtered);
    let list = address_of(&query);
    let table = if page.items.is_empty() {
        view! { <NothingFound /> }.into_any()
    } else {
        view! { <Table rows=page.items.clone() list=list.clone() may_manage /> }.into_any()
    };
    let rows = StoredValue::new(page.items);
    let one = move |id: &str| rows.with_value(|rows| rows.iter().find(|row| row.id.0 == id).cloned());
    let back = list.clone();
    let question = move || {
        let row = one(&wishes.confirm.get()).filter(|_| may_manage);
        row.map(|row| view! { <DeleteQuestion row list=back.clone() /> })
    };
    let form = move || {
        let row = one(&wishes.change.get()).filter(|_| may_manage);
        match row {
            Some(row) => view! { <ChangeForm row list=list.clone() action=changes attempt=changing /> }.into_any(),
            None if may_manage => view! { <AddForm begin=wishes.add.get() action=adds attempt=adding /> }.into_any(),
            None => ().into_any(),
        }
    };
    view! {
        <Breadcrumb above=vec![("/console", "Overview")] here="Permissions" />
        {move || notice.get().map(|notice| view! { <Done>{notice}</Done> })}
        <div class="grid gap-1">
            <Heading title="Permissions" attempt=Attempt::either(adding, changing) />
            <p class="max-w-prose text-soft">
                "What programs ask about before they do something. Nobody holds a permission by itself: roles grant it."
            </p>
        </div>
        <Tabs />
        {question}
        <Filters query />
        <p class="text-soft" role="status">
            {total}
        </p>
        {table}
        {pager}
        {form}
    }
}

/// A plain GET form. The page size stays, the page does not: another search begins at its first page.
#[component]
fn Filters(query: PermissionQuery) -> impl IntoView {
    let usages = vec![
        ("", "Granted or not"),
        ("granted", "Granted by some role"),
        ("never_granted", "Never granted"),
    ];
    let origin = query.origin.map_or("", OriginFilter::as_str);
    let usage = query.usage.map_or("", UsageFilter::as_str);
    let kept = query
        .limit
        .map(|limit| view! { <input type="hidden" name="limit" value=limit.to_string() /> });
    view! {
        <GetForm action={PATH} {..} role="search" class="flex flex-wrap items-end gap-3">
            <SearchField name="q" label="Search" placeholder="Codename or description" value=query.q />
            <Choice name="origin" label="Origin" options=origins() value=origin />
            <Choice name="usage" label="Usage" options=usages value=usage />
            {kept}
            <button type="submit" class="button">
                {Icon::Search.draw()}
                "Search"
            </button>
        </GetForm>
    }
}

#[component]
fn Table(rows: Vec<PermissionRow>, list: String, may_manage: bool) -> impl IntoView {
    let rows = rows
        .into_iter()
        .map(|row| view! { <Row row list=list.clone() may_manage /> })
        .collect_view();
    view! {
        <div class="card scroller" role="region" aria-label="Permissions" tabindex="0">
            <table class="grid-table">
                <caption class="sr-only">"Permissions, by codename"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Permission"</th>
                        <th scope="col" class="max-sm:hidden">
                            "Origin"
                        </th>
                        <th scope="col">"Roles"</th>
                        {may_manage.then(|| view! { <th scope="col">"Actions"</th> })}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: PermissionRow, list: String, may_manage: bool) -> impl IntoView {
    let (id, codename) = (row.id, row.codename);
    // what is declared elsewhere is described there; Sereno's own stay
    let (changes, deletes) = (row.origin == "staff", row.origin != "sereno");
    let granting = address("/console/roles", vec![("permission", Some(codename.clone()))]);
    let roles = match row.roles {
        0 => view! { <Badge tone=Tone::Warn icon=Icon::Ban text="Never granted" /> }.into_any(),
        count => {
            let named = format!(" grant {codename}");
            view! {
                <a class="link" href=granting>
                    {grouped(count)}
                    <span class="sr-only">{named}</span>
                </a>
            }
            .into_any()
        }
    };
    let actions = {
        let named = format!(" {codename}");
        move || {
            let change = and(&list, &format!("change={id}"));
            let delete = and(&list, &format!("confirm={id}"));
            view! {
                <td>
                    <span class="flex flex-wrap gap-3">
                        {changes
                            .then(|| {
                                view! {
                                    <a class="link" href=format!("{change}#form")>
                                        "Change"
                                        <span class="sr-only">{named.clone()}</span>
                                    </a>
                                }
                            })}
                        {deletes
                            .then(|| {
                                view! {
                                    <a class="link" href=delete data-noscroll>
                                        "Delete"
                                        <span class="sr-only">{named.clone()}</span>
                                    </a>
                                }
                            })}
                    </span>
                </td>
            }
        }
    };
    view! {
        <tr>
            <th scope="row">
                <code class="font-mono wrap-anywhere">{codename}</code>
                <span class="block max-w-prose font-normal text-soft">{row.description}</span>
            </th>
            <td class="wrap-anywhere max-sm:hidden">{origin_name(&row.origin)}</td>
            <td>{roles}</td>
            {may_manage.then(actions)}
        </tr>
    }
}

#[component]
fn DeleteQuestion(row: PermissionRow, list: String) -> impl IntoView {
    let action = ServerAction::<DeletePermission>::new();
    let attempt = Attempt::of(action);
    let loss = match row.roles {
        0 => "No role grants it.".to_owned(),
        1 => "One role grants it, and will not any more.".to_owned(),
        many => format!("{many} roles grant it, and will not any more."),
    };
    view! {
        <Confirm id="delete" title=format!("Delete {}?", row.codename) open=Signal::stored(true) cancel=list>
            <p>{loss} " Whoever asks about it gets no. This cannot be undone."</p>
            <Form action attempt>
                <Hidden name="id" value=row.id.0 />
                <Submit label="Delete permission" class="button button-danger justify-self-start" icon=Icon::Trash />
            </Form>
        </Confirm>
    }
}

#[component]
fn ChangeForm(
    row: PermissionRow,
    list: String,
    action: ServerAction<UpdatePermission>,
    attempt: Attempt,
) -> impl IntoView {
    let attempt = attempt.starting_with(vec![("description".to_owned(), row.description)]);
    view! {
        <section id="form" class="card grid grid-cols-1 gap-4 p-5">
            <h2 class="text-base font-semibold wrap-anywhere">{format!("Change {}", row.codename)}</h2>
            <Form action attempt class="grid gap-4">
                <Hidden name="id" value=row.id.0 />
                <Field name="description" label="Description" hint="What it allows." optional=true />
                <div class="flex flex-wrap items-center gap-4">
                    <Submit label="Save" class="button button-primary" />
                    <a class="link" href=list>
                        "Cancel"
                    </a>
                </div>
            </Form>
        </section>
    }
}

#[component]
fn AddForm(begin: String, action: ServerAction<CreatePermission>, attempt: Attempt) -> impl IntoView {
    let attempt = attempt.starting_with(vec![(HANDLE.to_owned(), begin)]);
    view! {
        <section id="form" class="card grid grid-cols-1 gap-4 p-5">
            <h2 class="text-base font-semibold">"Add a permission"</h2>
            <Form action attempt class="grid gap-4">
                <Field
                    name=HANDLE
                    label="Codename"
                    hint="What programs ask for, for example articles.edit: letters, digits, . _ - : and / ; it stays."
                />
                <Field name="description" label="Description" hint="What it allows." optional=true />
                <Submit label="Add permission" class="button button-primary justify-self-start" />
            </Form>
        </section>
    }
}

#[component]
fn NothingFound() -> impl IntoView {
    view! {
        <div class="card grid gap-3 p-6">
            <h2 class="text-base font-semibold">"No permission matches"</h2>
            <p>"The search looks for parts of codenames and descriptions."</p>
            <a class="link justify-self-start" href=PATH>
                "Show all permissions"
            </a>
        </div>
    }
}
