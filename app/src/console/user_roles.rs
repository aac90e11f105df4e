//! What a user holds, for staff: roles everywhere and in projects, memberships, and every permission in effect with the
//! reason; giving a role and taking it back.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use serde::{Deserialize, Serialize};
use sereno_types::{
    AssignmentQuery, AssignmentRow, Code, EffectivePermission, EffectiveQuery, Page, Permission, Problem, ProjectQuery,
    ProjectRow, RoleQuery, RoleRow, UserDetail,
};

use crate::{
    console::{
        address::{address, counted, said},
        applications::EnabledBadge,
        holders::{EndField, Holders, Names, PlaceField, TakeQuestion, list_assignments},
        may,
        projects::list_projects,
        role_choice::{self, OfferSearch, RoleChoice},
        roles::list_roles,
        user::{UserHead, Who, title, user},
        user_superuser::{SuperuserAction, SuperuserQuestion},
        why::Why,
    },
    ui::{
        alert::{Alert, Tone},
        badge::Badge,
        field::{Hidden, SearchField},
        form::{Attempt, Form, Submit},
        get_form::GetForm,
        icon::Icon,
        loaded::loaded,
        pager::Pager,
    },
};

#[server(name = ListUserPermissions, prefix = "/console/fn", endpoint = "user_permissions")]
pub(crate) async fn user_permissions(
    #[server(default)] id: String,
    query: Option<EffectiveQuery>,
) -> Result<Page<EffectivePermission>, Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, sereno_types::Id(id));
    sereno_core::roles::why::effective(&member.sereno, &member.staff, &id, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

/// Gives the user a role.
#[server(prefix = "/console/fn", endpoint = "give_user_role")]
pub(crate) async fn give_user_role(
    #[server(default)] id: String,
    #[server(default)] role: String,
    #[server(default)] place: String,
    #[server(default)] ends: String,
) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let command = super::holders::gift(role, vec![id.clone()], &place, &ends);
    sereno_core::roles::assignments::assign(&member.sereno, &member.meta, &member.staff, command)
        .await
        .map_err(|error| super::holders::at_fields(gate::refuse(error), &[]))?;
    if super::address::is_plain(&id) {
        gate::go_to(&format!("/console/users/{id}/roles?done=given"));
    }
    Ok(())
}

/// What the address says beside the user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRolesAsked {
    /// The user's id.
    pub id: String,
    /// Which permissions in effect, and where.
    pub effective: EffectiveQuery,
    /// Which page of the roles.
    pub held: Option<String>,
    /// Which page of the projects.
    pub within: Option<String>,
    /// What is looked for among the roles to give.
    pub offer: Option<String>,
}

impl UserRolesAsked {
    fn address(&self) -> String {
        let says = vec![
            ("held", self.held.clone()),
            ("within", self.within.clone()),
            ("offer", self.offer.clone()),
            ("q", self.effective.q.clone()),
            ("project", self.effective.project.clone()),
            ("limit", self.effective.limit.map(|limit| limit.to_string())),
            ("cursor", self.effective.cursor.clone()),
        ];
        address(&format!("/console/users/{}/roles", self.id), says)
    }
}

/// What a user holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserRoles {
    /// Who it is.
    pub user: UserDetail,
    /// The roles that were given, the last first.
    pub held: Page<AssignmentRow>,
    /// The projects of which the user is the owner or a member; nothing where staff may not see them.
    pub projects: Option<Page<ProjectRow>>,
    /// What the user may do; nothing where the address names a project that there is not.
    pub effective: Option<Page<EffectivePermission>>,
    /// Roles that can be given.
    pub offered: Page<RoleRow>,
}

/// `/console/users/{id}/roles`.
#[component]
pub fn UserRolesPage() -> impl IntoView {
    let (params, asked) = (use_params_map(), use_query_map());
    let query = Memo::new(move |_| {
        asked.with(|asked| UserRolesAsked {
            id: params.with(|params| params.get("id").unwrap_or_default()),
            effective: EffectiveQuery {
                q: said(asked, "q"),
                project: said(asked, "project"),
                limit: said(asked, "limit").and_then(|limit| limit.parse().ok()),
                cursor: said(asked, "cursor"),
            },
            held: said(asked, "held"),
            within: said(asked, "within"),
            offer: said(asked, "offer"),
        })
    });
    let (may_give, sees_projects) = (may(Permission::RolesManage), may(Permission::ProjectsView));
    let page = Resource::new(
        move || query.get(),
        move |asked| async move {
            let roles = load(&asked, may_give, sees_projects).await?;
            Ok((roles, asked))
        },
    );
    let says = move |name: &'static str| asked.with(|asked| asked.get(name).unwrap_or_default());
    let notice = Signal::derive(move || match says("done").as_str() {
        "given" => Some("The role is given."),
        "taken" => Some("The role is taken back."),
        word => super::user_superuser::notice(word),
    });
    let (take, confirm) = (
        Signal::derive(move || says("take")),
        Signal::derive(move || says("confirm")),
    );
    loaded(
        page,
        move |(roles, asked)| view! { <UserRolesView roles asked notice take confirm /> },
    )
}

async fn load(asked: &UserRolesAsked, may_give: bool, sees_projects: bool) -> Result<UserRoles, Problem> {
    let user = user(asked.id.clone()).await?;
    let held = AssignmentQuery {
        user: Some(asked.id.clone()),
        cursor: asked.held.clone(),
        ..AssignmentQuery::default()
    };
    let held = list_assignments(Some(held)).await?;
    let projects = if sees_projects {
        let query = ProjectQuery {
            user: Some(asked.id.clone()),
            cursor: asked.within.clone(),
            ..ProjectQuery::default()
        };
        Some(list_projects(Some(query)).await?)
    } else {
        None
    };
    let effective = match user_permissions(asked.id.clone(), Some(asked.effective.clone())).await {
        Ok(page) => Some(page),
        Err(problem) if problem.code == Code::ValidationFailed && problem.of("project").next().is_some() => None,
        Err(problem) => return Err(problem),
    };
    let offered = if may_give {
        let query = RoleQuery {
            q: asked.offer.clone(),
            limit: Some(200),
            ..RoleQuery::default()
        };
        list_roles(Some(query)).await?
    } else {
        role_choice::none()
    };
    Ok(UserRoles {
        user,
        held,
        projects,
        effective,
        offered,
    })
}

/// What the user holds, once known.
#[component]
pub fn UserRolesView(
    /// What there is to show.
    roles: UserRoles,
    /// What was asked.
    asked: UserRolesAsked,
    /// What has just been done.
    notice: Signal<Option<&'static str>>,
    /// The assignment that the address asks to be taken back.
    take: Signal<String>,
    /// What else the address asks to be confirmed.
    confirm: Signal<String>,
) -> impl IntoView {
    let UserRoles {
        user,
        held,
        projects,
        effective,
        offered,
    } = roles;
    let action = ServerAction::<GiveUserRole>::new();
    let attempt = Attempt::of(action);
    let everything = user.is_superuser.then(|| {
        view! {
            <Alert tone=Tone::Info>
                <p>"An administrator may do everything, whatever roles say."</p>
            </Alert>
        }
    });
    let form = may(Permission::RolesManage).then(|| view! { <GiveForm asked=asked.clone() offered action attempt /> });
    // the page of a project finds its member by what the search looks through
    let primary = user.emails.iter().find(|email| email.is_primary);
    let name = user
        .username
        .clone()
        .or_else(|| primary.map(|email| email.address.clone()));
    let id = user.id.0.clone();
    let acted_on = user.clone();
    view! {
        <UserHead who=Who::of(&user) notice attempt>
            <SuperuserAction user=acted_on />
        </UserHead>
        <SuperuserQuestion user=user.clone() title=title(&user) confirm />
        {everything}
        <Held page=held asked=asked.clone() take />
        {form}
        {projects.map(|page| view! { <Projects page asked=asked.clone() id name=name.clone() /> })}
        <Effective page=effective asked />
    }
}

#[component]
fn Held(page: Page<AssignmentRow>, asked: UserRolesAsked, take: Signal<String>) -> impl IntoView {
    let at = |cursor: &Option<String>| {
        let held = Some(cursor.clone()?);
        Some(UserRolesAsked { held, ..asked.clone() }.address())
    };
    let pager = view! { <Pager previous=at(&page.prev_cursor) next=at(&page.next_cursor) /> };
    let total = counted(page.total, "role given", "roles given", false);
    let (rows, list) = (page.items, asked.address());
    let table =
        (!rows.is_empty()).then(|| view! { <Holders rows=rows.clone() names=Names::Roles list=list.clone() /> });
    view! {
        <section class="grid grid-cols-1 gap-4">
            <h2 class="text-lg font-semibold">"Roles"</h2>
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
fn GiveForm(
    asked: UserRolesAsked,
    offered: Page<RoleRow>,
    action: ServerAction<GiveUserRole>,
    attempt: Attempt,
) -> impl IntoView {
    let path = format!("/console/users/{}/roles", asked.id);
    view! {
        <section class="card grid grid-cols-1 gap-4 p-5">
            <h2 class="text-base font-semibold">"Give a role"</h2>
            <OfferSearch path roles=offered.clone() offer=asked.offer />
            <Form action attempt class="grid gap-4">
                <Hidden name="id" value=asked.id />
                <RoleChoice name="role" label="Role" roles=offered first=("", "Choose a role") />
                <div class="grid grid-cols-1 items-end gap-4 sm:grid-cols-2">
                    <PlaceField />
                    <EndField />
                </div>
                <Submit label="Give role" class="button button-primary justify-self-start" />
            </Form>
        </section>
    }
}

/// The projects that the user has to do with.
#[component]
fn Projects(page: Page<ProjectRow>, asked: UserRolesAsked, id: String, name: Option<String>) -> impl IntoView {
    let at = |cursor: &Option<String>| {
        let within = Some(cursor.clone()?);
        let there = UserRolesAsked {
            within,
            ..asked.clone()
        };
        Some(there.address())
    };
    let pager = view! { <Pager previous=at(&page.prev_cursor) next=at(&page.next_cursor) /> };
    let total = counted(page.total, "project", "projects", false);
    let rows = page
        .items
        .into_iter()
        .map(|row| {
            let owns = row.owner.as_ref().is_some_and(|owner| owner.id.0 == id);
            let says = vec![("q", name.clone()), ("member", Some(id.clone()))];
            let href = address(&format!("/console/projects/{}", row.slug), says);
            view! {
                <li class="flex flex-wrap items-center gap-2">
                    <a class="link wrap-anywhere" href=href>
                        {row.name}
                    </a>
                    <EnabledBadge is_enabled=row.is_enabled />
                    {owns.then(|| view! { <Badge tone=Tone::Info icon=Icon::KeyRound text="Owner" /> })}
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="card grid grid-cols-1 gap-3 p-5">
            <h2 class="text-base font-semibold">"Owner or member of"</h2>
            <p class="text-soft">{total}</p>
            <ul class="grid gap-2">{rows}</ul>
            {pager}
        </section>
    }
}

#[component]
fn Effective(page: Option<Page<EffectivePermission>>, asked: UserRolesAsked) -> impl IntoView {
    let found = match page {
        None => view! { <p class="text-soft">"There is no such project."</p> }.into_any(),
        Some(page) => view! { <Found page asked=asked.clone() /> }.into_any(),
    };
    let within = may(Permission::ProjectsView).then(|| {
        view! {
            <SearchField
                name="project"
                label="In the project"
                placeholder="Name in addresses; empty: everywhere"
                value=asked.effective.project
            />
        }
    });
    view! {
        <section class="grid grid-cols-1 gap-4">
            <h2 class="text-lg font-semibold">"What the user may do, and why"</h2>
            <GetForm
                action={format!("/console/users/{}/roles", asked.id)}
                {..}
                role="search"
                class="flex flex-wrap items-end gap-3"
            >
                <SearchField name="q" label="Search" placeholder="Codename" value=asked.effective.q />
                {within}
                <button type="submit" class="button">
                    {Icon::Search.draw()}
                    "Search"
                </button>
            </GetForm>
            {found}
        </section>
    }
}

#[component]
fn Found(page: Page<EffectivePermission>, asked: UserRolesAsked) -> impl IntoView {
    let at = |cursor: &Option<String>| {
        let effective = EffectiveQuery {
            cursor: Some(cursor.clone()?),
            ..asked.effective.clone()
        };
        let there = UserRolesAsked {
            effective,
            ..asked.clone()
        };
        Some(there.address())
    };
    let pager = view! { <Pager previous=at(&page.prev_cursor) next=at(&page.next_cursor) /> };
    let total = counted(page.total, "permission", "permissions", asked.effective.q.is_some());
    let is_empty = page.items.is_empty();
    let rows = page
        .items
        .into_iter()
        .map(|row| {
            view! {
                <tr>
                    <th scope="row">
                        <code class="font-mono wrap-anywhere">{row.codename}</code>
                        <span class="block max-w-prose font-normal text-soft">{row.description}</span>
                    </th>
                    <td>
                        <Why decision=row.decision />
                    </td>
                </tr>
            }
        })
        .collect_view();
    let table = (!is_empty).then(|| {
        view! {
            <div class="card scroller" role="region" aria-label="Permissions in effect" tabindex="0">
                <table class="grid-table">
                    <caption class="sr-only">"Permissions in effect, by codename"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Permission"</th>
                            <th scope="col">"Why"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
    });
    view! {
        <p class="text-soft" role="status">
            {total}
        </p>
        {table}
        {pager}
    }
}
