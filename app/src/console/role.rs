//! One role: what it grants and why, what it includes, who holds it; changing it, giving it, taking it back.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use serde::{Deserialize, Serialize};
use sereno_types::{AssignmentQuery, AssignmentRow, Page, Permission, Problem, RoleDetail, RoleName, RoleRow};

use crate::{
    console::{
        Breadcrumb,
        address::{address, counted, said},
        application_form::Fields,
        applications::EnabledBadge,
        holders::{EndField, Holders, Names, PlaceField, TakeQuestion, list_assignments},
        may,
        role_choice::{self, OfferSearch, offered_in},
        role_form::{RoleFields, beginning, fields},
        roles::{PATH, Place, RoleLink, list_roles, origin_name},
        user::Section,
    },
    ui::{
        alert::Done,
        confirm::Confirm,
        copy::Copyable,
        field::{Area, Hidden},
        form::{Attempt, Form, Submit},
        heading::Heading,
        icon::Icon,
        loaded::loaded,
        pager::Pager,
        time::At,
    },
};

/// A role with what comes from where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleSeen {
    /// The role.
    pub role: RoleDetail,
    /// Its version, so that nobody else's change is overwritten.
    pub version: String,
    /// What each role that it includes grants in effect.
    pub brought: Vec<Brought>,
}

/// What an included role brings along.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brought {
    /// The codename of the role.
    pub by: String,
    /// Codenames of permissions.
    pub permissions: Vec<String>,
}

#[server(name = LoadRole, prefix = "/console/fn", endpoint = "role")]
pub(crate) async fn role(#[server(default)] id: String) -> Result<RoleSeen, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let detail = async |id: &sereno_types::Id| {
        let role = sereno_core::roles::roles::detail(&member.sereno, &member.staff, id).await;
        role.map_err(gate::refuse)
    };
    let role = detail(&sereno_types::Id(id)).await?;
    let mut brought = Vec::new();
    for included in &role.includes {
        brought.push(Brought {
            by: included.codename.clone(),
            permissions: detail(&included.id).await?.effective,
        });
    }
    let version = sereno_core::roles::roles::version(&member.sereno, &role).map_err(gate::refuse)?;
    Ok(RoleSeen { role, version, brought })
}

#[server(prefix = "/console/fn", endpoint = "update_role")]
pub(crate) async fn update_role(
    #[server(default)] id: String,
    #[server(flatten)] fields: Fields,
) -> Result<(), Problem> {
    use crate::{console::role_form::Read, gate};
    let member = gate::staff().await?.having_seen(fields.get("seen"));
    let id = sereno_types::Id(id);
    let read = Read::of(&fields);
    let command = sereno_types::UpdateRole {
        name: Some(read.name.clone()),
        description: Some(read.description.clone()),
        is_enabled: None,
        permissions: Some(read.permissions.clone()),
        includes: Some(read.includes.clone()),
    };
    sereno_core::roles::roles::update(&member.sereno, &member.meta, &member.staff, &id, command)
        .await
        .map_err(|error| read.at_fields(gate::refuse(error)))?;
    gate::go_to(&format!("{PATH}/{id}?done=saved"));
    Ok(())
}

/// Switches on or, without `on`, off.
#[server(prefix = "/console/fn", endpoint = "enable_role")]
pub(crate) async fn enable_role(#[server(default)] id: String, #[server(default)] on: String) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, sereno_types::Id(id));
    let is_enabled = !on.is_empty();
    let command = sereno_types::UpdateRole {
        is_enabled: Some(is_enabled),
        ..sereno_types::UpdateRole::default()
    };
    sereno_core::roles::roles::update(&member.sereno, &member.meta, &member.staff, &id, command)
        .await
        .map_err(gate::refuse)?;
    let word = if is_enabled { "enabled" } else { "disabled" };
    gate::go_to(&format!("{PATH}/{id}?done={word}"));
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "delete_role")]
pub(crate) async fn delete_role(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, sereno_types::Id(id));
    sereno_core::roles::roles::delete(&member.sereno, &member.meta, &member.staff, &id)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("{PATH}?done=deleted"));
    Ok(())
}

/// Gives the role to users, one a line.
#[server(prefix = "/console/fn", endpoint = "give_role")]
pub(crate) async fn give_role(
    #[server(default)] id: String,
    #[server(default)] users: String,
    #[server(default)] place: String,
    #[server(default)] ends: String,
) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let lines = users.lines().map(str::trim).filter(|line| !line.is_empty());
    let users: Vec<String> = lines.map(str::to_owned).collect();
    let command = super::holders::gift(id.clone(), users.clone(), &place, &ends);
    sereno_core::roles::assignments::assign(&member.sereno, &member.meta, &member.staff, command)
        .await
        .map_err(|error| super::holders::at_fields(gate::refuse(error), &users))?;
    gate::go_to(&format!("{PATH}/{id}?done=given"));
    Ok(())
}

/// What the address of the page says beside the role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleAsked {
    /// Which page of who holds it.
    pub holders: AssignmentQuery,
    /// What is looked for among the roles to include.
    pub offer: Option<String>,
}

impl RoleAsked {
    fn address(&self, cursor: Option<String>) -> String {
        let id = self.holders.role.as_deref().unwrap_or_default();
        let says = vec![
            ("offer", self.offer.clone()),
            ("limit", self.holders.limit.map(|limit| limit.to_string())),
            ("cursor", cursor),
        ];
        address(&format!("{PATH}/{id}"), says)
    }
}

/// `/console/roles/{id}`.
#[component]
pub fn RolePage() -> impl IntoView {
    let (params, asked) = (use_params_map(), use_query_map());
    let query = Memo::new(move |_| RoleAsked {
        holders: AssignmentQuery {
            role: params.with(|params| params.get("id")),
            limit: asked.with(|asked| said(asked, "limit").and_then(|limit| limit.parse().ok())),
            cursor: asked.with(|asked| said(asked, "cursor")),
            ..AssignmentQuery::default()
        },
        offer: asked.with(|asked| said(asked, "offer")),
    });
    let may_manage = may(Permission::RolesManage);
    let page = Resource::new(
        move || query.get(),
        move |asked| async move {
            let seen = role(asked.holders.role.clone().unwrap_or_default()).await?;
            let offered = if may_manage {
                let project = seen.role.row.role.project.as_deref();
                list_roles(Some(offered_in(project, asked.offer.clone()))).await?
            } else {
                role_choice::none()
            };
            let holders = list_assignments(Some(asked.holders.clone())).await?;
            Ok((seen, offered, holders, asked))
        },
    );
    let says = move |name: &'static str| asked.with(|asked| asked.get(name).unwrap_or_default());
    let notice = Signal::derive(move || notice(&says("done")));
    let confirm = Signal::derive(move || says("confirm") == "delete");
    let take = Signal::derive(move || says("take"));
    loaded(page, move |(seen, offered, holders, asked)| {
        view! { <RoleView seen offered holders asked notice confirm take /> }
    })
}

/// What has just been done. The address holds a word, the sentence stands here.
fn notice(word: &str) -> Option<&'static str> {
    match word {
        "created" => Some("The role is made. Give it to somebody below."),
        "saved" => Some("The role is saved. What it grants counts from now on."),
        "enabled" => Some("The role is switched on."),
        "disabled" => Some("The role is switched off, and grants nothing."),
        "given" => Some("The role is given."),
        "taken" => Some("The role is taken back."),
        _ => None,
    }
}

/// The role, once known.
#[component]
pub fn RoleView(
    /// What it is.
    seen: RoleSeen,
    /// Roles that it may include.
    offered: Page<RoleRow>,
    /// Who holds it.
    holders: Page<AssignmentRow>,
    /// What the address says.
    asked: RoleAsked,
    /// What has just been done.
    notice: Signal<Option<&'static str>>,
    /// Whether the address asks for the deletion to be confirmed.
    confirm: Signal<bool>,
    /// The assignment that the address asks to be taken back.
    take: Signal<String>,
) -> impl IntoView {
    let may_manage = may(Permission::RolesManage);
    let RoleSeen { role, version, brought } = seen;
    let (id, title) = (role.row.role.id.clone(), role.row.role.name.clone());
    let settings = ServerAction::<UpdateRole>::new();
    let gives = ServerAction::<GiveRole>::new();
    let (saving, giving) = (Attempt::of(settings), Attempt::of(gives));
    // a role does not include itself
    let before = offered.items.len();
    let items: Vec<RoleRow> = offered.items.into_iter().filter(|row| row.role.id != id).collect();
    let offered = Page {
        total: offered.total.saturating_sub((before - items.len()) as u64),
        items,
        ..offered
    };
    let search = may_manage.then(|| {
        view! { <OfferSearch path=format!("{PATH}/{id}") roles=offered.clone() offer=asked.offer.clone() /> }
    });
    let actions = may_manage.then(|| view! { <Actions role=role.clone() /> });
    let question = may_manage.then(|| view! { <DeleteQuestion role=role.clone() confirm /> });
    view! {
        <Breadcrumb above=vec![("/console", "Overview"), ("/console/roles", "Roles")] here=title.clone() />
        {move || notice.get().map(|notice| view! { <Done>{notice}</Done> })}
        <div class="flex flex-wrap items-start justify-between gap-4">
            <div class="grid min-w-0 gap-2">
                <Heading title attempt=Attempt::either(saving, giving) />
                <p class="flex flex-wrap gap-1.5">
                    <EnabledBadge is_enabled=role.row.role.is_enabled />
                </p>
            </div>
            {actions}
        </div>
        {question}
        <Facts role=role.clone() />
        <HeldBy page=holders asked take />
        {may_manage.then(|| view! { <GiveForm id=id.0.clone() action=gives attempt=giving /> })}
        <Effective role=role.clone() brought />
        <section class="grid grid-cols-1 gap-4">
            <h2 class="text-lg font-semibold">"Settings"</h2>
            {search}
            <SettingsForm role version offered action=settings attempt=saving may_manage />
        </section>
    }
}

#[component]
fn Actions(role: RoleDetail) -> impl IntoView {
    let action = ServerAction::<EnableRole>::new();
    let attempt = Attempt::of(action);
    let id = role.row.role.id;
    let (on, label, icon) = if role.row.role.is_enabled {
        ("", "Switch off", Icon::Ban)
    } else {
        ("yes", "Switch on", Icon::CircleCheck)
    };
    // Sereno's own stay
    let delete = (role.row.origin != "sereno").then(|| {
        view! {
            <a class="button button-danger" href=format!("{PATH}/{id}?confirm=delete") data-noscroll>
                {Icon::Trash.draw()}
                "Delete"
            </a>
        }
    });
    view! {
        <div class="flex flex-wrap gap-3">
            <Form action attempt class="contents">
                <Hidden name="id" value=id.0 />
                <Hidden name="on" value=on />
                <Submit label class="button" icon />
            </Form>
            {delete}
        </div>
    }
}

#[component]
fn DeleteQuestion(role: RoleDetail, confirm: Signal<bool>) -> impl IntoView {
    let action = ServerAction::<DeleteRole>::new();
    let attempt = Attempt::of(action);
    let users = match role.row.users {
        0 => "Nobody was given it.".to_owned(),
        1 => "One user loses it.".to_owned(),
        many => format!("{many} users lose it."),
    };
    let id = role.row.role.id;
    view! {
        <Confirm
            id="delete"
            title=format!("Delete {}?", role.row.role.name)
            open=confirm
            cancel=format!("{PATH}/{id}")
        >
            <p>{users} " Roles that include it no longer grant what it granted. This cannot be undone."</p>
            <Form action attempt>
                <Hidden name="id" value=id.0 />
                <Submit label="Delete role" class="button button-danger justify-self-start" icon=Icon::Trash />
            </Form>
        </Confirm>
    }
}

#[component]
fn Facts(role: RoleDetail) -> impl IntoView {
    let row = role.row;
    view! {
        <Section title="Identity">
            <dl class="facts">
                <div>
                    <dt>"Codename"</dt>
                    <dd>
                        <Copyable text=row.role.codename what="the codename" />
                    </dd>
                </div>
                <div>
                    <dt>"Id"</dt>
                    <dd>
                        <Copyable text=row.role.id.0 what="the id" />
                    </dd>
                </div>
                <div>
                    <dt>"Holds"</dt>
                    <dd>
                        {match row.role.project {
                            Some(project) => {
                                view! {
                                    "In the project "
                                    <Place project=Some(project) />
                                    " alone"
                                }
                                    .into_any()
                            }
                            None => "Wherever it is given".into_any(),
                        }}
                    </dd>
                </div>
                <div>
                    <dt>"What it is for"</dt>
                    <dd>{if row.description.is_empty() { "Not said".to_owned() } else { row.description }}</dd>
                </div>
                <div>
                    <dt>"Origin"</dt>
                    <dd>{origin_name(&row.origin)}</dd>
                </div>
                <div>
                    <dt>"Includes"</dt>
                    <dd>
                        <Linked roles=role.includes />
                    </dd>
                </div>
                <div>
                    <dt>"Included in"</dt>
                    <dd>
                        <Linked roles=role.included_in />
                    </dd>
                </div>
                <div>
                    <dt>"Made"</dt>
                    <dd>
                        <At at=row.created_at />
                    </dd>
                </div>
                <div>
                    <dt>"Last changed"</dt>
                    <dd>
                        <At at=role.updated_at />
                    </dd>
                </div>
            </dl>
        </Section>
    }
}

/// Roles by their names.
#[component]
fn Linked(roles: Vec<RoleName>) -> impl IntoView {
    if roles.is_empty() {
        return "None".into_any();
    }
    let links = roles
        .into_iter()
        .map(|role| {
            view! {
                <li>
                    <RoleLink role />
                </li>
            }
        })
        .collect_view();
    view! { <ul class="grid gap-1">{links}</ul> }.into_any()
}

#[component]
fn HeldBy(page: Page<AssignmentRow>, asked: RoleAsked, take: Signal<String>) -> impl IntoView {
    let list = asked.address(asked.holders.cursor.clone());
    let at = |cursor: &Option<String>| Some(asked.address(Some(cursor.clone()?)));
    let pager = view! { <Pager previous=at(&page.prev_cursor) next=at(&page.next_cursor) /> };
    let total = counted(page.total, "assignment", "assignments", false);
    let rows = page.items;
    let table =
        (!rows.is_empty()).then(|| view! { <Holders rows=rows.clone() names=Names::Users list=list.clone() /> });
    view! {
        <section class="grid grid-cols-1 gap-4">
            <h2 class="text-lg font-semibold">"Who holds it"</h2>
            <p class="text-soft" role="status">
                {total}
            </p>
            <TakeQuestion rows list take />
            {table}
            {pager}
        </section>
    }
}

#[component]
fn GiveForm(id: String, action: ServerAction<GiveRole>, attempt: Attempt) -> impl IntoView {
    view! {
        <section class="card grid grid-cols-1 gap-4 p-5">
            <h2 class="text-base font-semibold">"Give it to users"</h2>
            <Form action attempt class="grid gap-4">
                <Hidden name="id" value=id />
                <Area
                    name="users"
                    label="Users"
                    hint="Ids, numbers, addresses or user names, one a line. All of them get it, or none."
                />
                <div class="grid grid-cols-1 items-end gap-4 sm:grid-cols-2">
                    <PlaceField />
                    <EndField />
                </div>
                <p class="hint">"In a project, whoever is no member becomes one. Who holds it already keeps it, until the new end."</p>
                <Submit label="Give role" class="button justify-self-start" />
            </Form>
        </section>
    }
}

/// What it grants, and which included role brings it.
#[component]
fn Effective(role: RoleDetail, brought: Vec<Brought>) -> impl IntoView {
    let mut sources: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for codename in role.grants {
        sources.entry(codename).or_default().push("By itself".to_owned());
    }
    for Brought { by, permissions } in brought {
        for codename in permissions {
            sources.entry(codename).or_default().push(format!("By including {by}"));
        }
    }
    let total = counted(sources.len() as u64, "permission", "permissions", false);
    let is_empty = sources.is_empty();
    let rows = sources
        .into_iter()
        .map(|(codename, sources)| {
            view! {
                <tr>
                    <th scope="row">
                        <code class="font-mono wrap-anywhere">{codename}</code>
                    </th>
                    <td>{sources.join(", ")}</td>
                </tr>
            }
        })
        .collect_view();
    let table = (!is_empty).then(|| {
        view! {
            <div class="card scroller max-h-96 overflow-y-auto" role="region" aria-label="What it grants" tabindex="0">
                <table class="grid-table">
                    <caption class="sr-only">"What it grants, by codename"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Permission"</th>
                            <th scope="col">"How"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
    });
    view! {
        <section class="grid grid-cols-1 gap-4">
            <h2 class="text-lg font-semibold">"What it grants"</h2>
            <p class="text-soft">{total}</p>
            {table}
        </section>
    }
}

#[component]
fn SettingsForm(
    role: RoleDetail,
    version: String,
    offered: Page<RoleRow>,
    action: ServerAction<UpdateRole>,
    attempt: Attempt,
    may_manage: bool,
) -> impl IntoView {
    let id = role.row.role.id.clone();
    let attempt = beginning(attempt, "permissions", fields(&role));
    view! {
        <Form action attempt>
            <Hidden name="id" value=id.0 />
            <Hidden name="seen" value=version />
            <fieldset class="card grid grid-cols-1 gap-4 p-5" disabled=!may_manage>
                <legend class="sr-only">"Settings of the role"</legend>
                <RoleFields offered included=role.includes />
            </fieldset>
            {may_manage.then(|| view! { <Submit label="Save role" class="button button-primary justify-self-start" /> })}
        </Form>
    }
}
