//! The members of a project, on its page: who they are and what they hold there; adding, changing and removing them.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use sereno_types::{AssignmentRow, MemberQuery, MemberRow, Page, Permission, Problem, RoleRow};

use crate::{
    console::{
        address::{address, and, counted},
        applications::EnabledBadge,
        holders::{EndField, Holders, Names, TakeQuestion, UserLink},
        may,
        project::ProjectSeen,
        projects::PATH,
        role_choice::{OfferSearch, RoleChoice},
        roles::{RoleLink, chosen},
    },
    ui::{
        alert::Tone,
        badge::Badge,
        confirm::Confirm,
        field::{Choice, Field, Hidden, SearchField, Tick},
        form::{Attempt, Form, Submit},
        get_form::GetForm,
        icon::Icon,
        pager::Pager,
    },
};

/// What stands for no role in the choice: an empty value leaves the role as it is.
const NOTHING: &str = "-";

#[server(name = ListMembers, prefix = "/console/fn", endpoint = "list_members")]
pub(crate) async fn list_members(
    #[server(default)] id: String,
    query: Option<MemberQuery>,
) -> Result<Page<MemberRow>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::roles::members::list(&member.sereno, &member.staff, &id, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

/// Makes a user a member, or changes a member. `id` is the project's name in addresses.
#[server(prefix = "/console/fn", endpoint = "put_member")]
pub(crate) async fn put_member(
    #[server(default)] id: String,
    #[server(default)] user: String,
    #[server(default)] role: String,
    #[server(default)] active: String,
    #[server(default)] superuser: String,
) -> Result<(), Problem> {
    use crate::gate;
    let staff = gate::staff().await?;
    let command = sereno_types::PutMember {
        role: match role.as_str() {
            "" => None,
            NOTHING => Some(String::new()),
            _ => Some(role),
        },
        is_enabled: Some(!active.is_empty()),
        is_superuser: Some(!superuser.is_empty()),
    };
    let seat = sereno_core::roles::members::Seat {
        project: &id,
        user: user.trim(),
    };
    sereno_core::roles::members::put(&staff.sereno, &staff.meta, &staff.staff, seat, command)
        .await
        .map_err(|error| unknown(gate::refuse(error)))?;
    gate::go_to(&format!("{PATH}/{id}?done=member"));
    Ok(())
}

/// The page is about a project that there is: who was not found is who was typed.
#[cfg(feature = "ssr")]
fn unknown(problem: Problem) -> Problem {
    use sereno_types::{Code, FieldError};
    match problem.code {
        Code::NotFound => Problem::fields(vec![FieldError::new("user", Code::InvalidChoice)]),
        _ => problem,
    }
}

#[server(prefix = "/console/fn", endpoint = "remove_member")]
pub(crate) async fn remove_member(
    #[server(default)] id: String,
    #[server(default)] user: String,
) -> Result<(), Problem> {
    use crate::gate;
    let staff = gate::staff().await?;
    let seat = sereno_core::roles::members::Seat {
        project: &id,
        user: &user,
    };
    sereno_core::roles::members::remove(&staff.sereno, &staff.meta, &staff.staff, seat)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("{PATH}/{id}?done=removed"));
    Ok(())
}

/// Gives a member a role in the project. `id` is the project's name in addresses.
#[server(prefix = "/console/fn", endpoint = "give_member_role")]
pub(crate) async fn give_member_role(
    #[server(default)] id: String,
    #[server(default)] user: String,
    #[server(default)] given: String,
    #[server(default)] ends: String,
) -> Result<(), Problem> {
    use crate::gate;
    let staff = gate::staff().await?;
    let users = vec![user.clone()];
    let command = super::holders::gift(given, users.clone(), &id, &ends);
    sereno_core::roles::assignments::assign(&staff.sereno, &staff.meta, &staff.staff, command)
        .await
        .map_err(|error| {
            let mut problem = super::holders::at_fields(gate::refuse(error), &users);
            for error in problem.errors.iter_mut().filter(|error| error.field == "role") {
                error.field = "given".into();
            }
            problem
        })?;
    if super::address::is_plain(&id) && super::address::is_plain(&user) {
        gate::go_to(&format!("{PATH}/{id}?member={user}&done=given"));
    }
    Ok(())
}

/// What the address says of the members.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembersAsked {
    /// The project's name in addresses.
    pub project: String,
    /// Which members.
    pub members: MemberQuery,
    /// The id of the member to change.
    pub member: Option<String>,
    /// What is looked for among the roles to give.
    pub offer: Option<String>,
}

impl MembersAsked {
    fn address(&self) -> String {
        let query = &self.members;
        let says = vec![
            ("q", query.q.clone()),
            ("enabled", query.enabled.map(|enabled| enabled.to_string())),
            ("limit", query.limit.map(|limit| limit.to_string())),
            ("cursor", query.cursor.clone()),
            ("offer", self.offer.clone()),
            ("member", self.member.clone()),
        ];
        address(&format!("{PATH}/{}", self.project), says)
    }

    /// The list as it is, with nobody to change.
    fn list(&self) -> String {
        Self {
            member: None,
            ..self.clone()
        }
        .address()
    }

    fn at(&self, cursor: Option<&String>) -> Option<String> {
        let cursor = Some(cursor?.clone());
        let members = MemberQuery {
            cursor,
            ..self.members.clone()
        };
        let there = Self {
            members,
            member: None,
            ..self.clone()
        };
        Some(there.address())
    }
}

/// What the address asks to be confirmed.
#[derive(Clone, Copy)]
pub struct Wishes {
    /// Deleting the project.
    pub delete: Signal<bool>,
    /// The id of the member to remove.
    pub remove: Signal<String>,
    /// The id of the assignment to take back.
    pub take: Signal<String>,
}

/// The members, a search among them, and the forms.
#[component]
pub(super) fn Members(
    /// What there is to show.
    seen: ProjectSeen,
    /// What the address says.
    asked: MembersAsked,
    /// What it asks to be confirmed.
    wishes: Wishes,
) -> impl IntoView {
    let may_manage = may(Permission::ProjectsManage);
    let ProjectSeen {
        members: page,
        offered,
        given,
        ..
    } = seen;
    let pager =
        view! { <Pager previous=asked.at(page.prev_cursor.as_ref()) next=asked.at(page.next_cursor.as_ref()) /> };
    let filtered = asked.members.q.is_some() || asked.members.enabled.is_some();
    let total = counted(page.total, "member", "members", filtered);
    let changed = asked
        .member
        .as_ref()
        .and_then(|id| page.items.iter().find(|row| row.user.id.0 == *id).cloned());
    let list = asked.list();
    let table =
        (!page.items.is_empty()).then(|| view! { <Table rows=page.items.clone() list=list.clone() may_manage /> });
    let rows = StoredValue::new(page.items);
    let slug = asked.project.clone();
    let question = {
        let (slug, list) = (slug.clone(), list.clone());
        move || {
            let id = wishes.remove.get();
            let row = rows.with_value(|rows| rows.iter().find(|row| row.user.id.0 == id).cloned());
            row.filter(|_| may_manage)
                .map(|row| view! { <RemoveQuestion row slug=slug.clone() list=list.clone() /> })
        }
    };
    let forms = may_manage.then(|| {
        let search = view! { <OfferSearch path=format!("{PATH}/{slug}") roles=offered.clone() offer=asked.offer.clone() /> };
        let gives = changed
            .clone()
            .filter(|_| may(Permission::RolesManage))
            .map(|row| view! { <Given row slug=slug.clone() given list=asked.address() offered=offered.clone() take=wishes.take /> });
        view! {
            {search}
            <MemberForm slug changed offered list />
            {gives}
        }
    });
    view! {
        <section id="members" class="grid grid-cols-1 gap-4">
            <h2 class="text-lg font-semibold">"Members"</h2>
            {question}
            <Filters asked />
            <p class="text-soft" role="status">
                {total}
            </p>
            {table}
            {pager}
            {forms}
        </section>
    }
}

#[component]
fn Filters(asked: MembersAsked) -> impl IntoView {
    let states = vec![("", "Any state"), ("true", "Enabled"), ("false", "Switched off")];
    let kept = asked
        .members
        .limit
        .map(|limit| view! { <input type="hidden" name="limit" value=limit.to_string() /> });
    view! {
        <GetForm
            action={format!("{PATH}/{}", asked.project)}
            {..}
            role="search"
            class="flex flex-wrap items-end gap-3"
        >
            <SearchField name="q" label="Search" placeholder="Address or user name" value=asked.members.q />
            <Choice name="enabled" label="State" options=states value=chosen(asked.members.enabled) />
            {kept}
            <button type="submit" class="button">
                {Icon::Search.draw()}
                "Search"
            </button>
        </GetForm>
    }
}

#[component]
fn Table(rows: Vec<MemberRow>, list: String, may_manage: bool) -> impl IntoView {
    let rows = rows
        .into_iter()
        .map(|row| view! { <Row row list=list.clone() may_manage /> })
        .collect_view();
    view! {
        <div class="card scroller" role="region" aria-label="Members" tabindex="0">
            <table class="grid-table">
                <caption class="sr-only">"Members, the last first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Member"</th>
                        <th scope="col">"Role"</th>
                        <th scope="col" class="max-md:hidden">
                            "Given one by one"
                        </th>
                        <th scope="col" class="max-sm:hidden">
                            "State"
                        </th>
                        {may_manage.then(|| view! { <th scope="col">"Actions"</th> })}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: MemberRow, list: String, may_manage: bool) -> impl IntoView {
    let (id, name) = (row.user.id.clone(), format!(" {}", row.user.name));
    let state = move || {
        view! {
            <EnabledBadge is_enabled=row.is_enabled />
            {row
                .is_superuser
                .then(|| view! { <Badge tone=Tone::Info icon=Icon::ShieldCheck text="May do everything here" /> })}
        }
    };
    let role = match row.role {
        Some(role) => view! { <RoleLink role /> }.into_any(),
        None => view! { <span class="text-muted">"None"</span> }.into_any(),
    };
    let given = row
        .roles
        .into_iter()
        .map(|role| {
            view! {
                <li>
                    <RoleLink role />
                </li>
            }
        })
        .collect_view();
    let actions = move || {
        let change = and(&list, &format!("member={id}"));
        let remove = and(&list, &format!("remove={id}"));
        view! {
            <td>
                <span class="flex flex-wrap gap-3">
                    <a class="link" href=format!("{change}#member")>
                        "Change"
                        <span class="sr-only">{name.clone()}</span>
                    </a>
                    <a class="link" href=remove data-noscroll>
                        "Remove"
                        <span class="sr-only">{name}</span>
                    </a>
                </span>
            </td>
        }
    };
    view! {
        <tr>
            <th scope="row">
                <UserLink user=row.user />
                <span class="mt-1.5 flex flex-wrap gap-1.5 sm:hidden">{state()}</span>
            </th>
            <td>{role}</td>
            <td class="max-md:hidden">
                <ul class="grid gap-1">{given}</ul>
            </td>
            <td class="max-sm:hidden">
                <span class="flex flex-wrap gap-1.5">{state()}</span>
            </td>
            {may_manage.then(actions)}
        </tr>
    }
}

#[component]
fn RemoveQuestion(row: MemberRow, slug: String, list: String) -> impl IntoView {
    let action = ServerAction::<RemoveMember>::new();
    let attempt = Attempt::of(action);
    view! {
        <Confirm
            id="remove"
            title=format!("Remove {} from the project?", row.user.name)
            open=Signal::stored(true)
            cancel=list
        >
            <p>"Every role that was given here is taken back with it. The account stays."</p>
            <Form action attempt>
                <Hidden name="id" value=slug />
                <Hidden name="user" value=row.user.id.0 />
                <Submit label="Remove member" class="button button-danger justify-self-start" icon=Icon::Trash />
            </Form>
        </Confirm>
    }
}

/// Adds a member, or changes the one whom the address names.
#[component]
fn MemberForm(slug: String, changed: Option<MemberRow>, offered: Page<RoleRow>, list: String) -> impl IntoView {
    let action = ServerAction::<PutMember>::new();
    let attempt = Attempt::of(action).starting_with(fields(changed.as_ref()));
    let is_new = changed.is_none();
    let (title, label) = match &changed {
        Some(row) => (format!("Change {}", row.user.name), "Save member"),
        None => ("Add a member".to_owned(), "Add member"),
    };
    let may_choose = may(Permission::RolesView);
    view! {
        <section id="member" class="card grid grid-cols-1 gap-4 p-5">
            <h3 class="text-base font-semibold wrap-anywhere">{title}</h3>
            <Form action attempt class="grid gap-4">
                <Hidden name="id" value=slug />
                <Who changed />
                {may_choose
                    .then(|| {
                        view! { <RoleChoice name="role" label="Role here" roles=offered first=(NOTHING, "None") /> }
                    })}
                <Tick name="active" label="May do here what the roles grant" hint="Not ticked: may do nothing here." />
                <Tick name="superuser" label="May do everything here" />
                <div class="flex flex-wrap items-center gap-4">
                    <Submit label class="button" />
                    {(!is_new)
                        .then(|| {
                            view! {
                                <a class="link" href=list>
                                    "Cancel"
                                </a>
                            }
                        })}
                </div>
            </Form>
        </section>
    }
}

/// Who it is about: to be typed, or known. Inside the form, where fields find the attempt.
#[component]
fn Who(changed: Option<MemberRow>) -> impl IntoView {
    match changed {
        Some(row) => view! { <Hidden name="user" value=row.user.id.0 /> }.into_any(),
        None => {
            view! { <Field name="user" label="User" hint="Id, number, address or user name. Who is a member already is changed." /> }
                .into_any()
        }
    }
}

/// What the fields say of a member, or of a new one.
fn fields(row: Option<&MemberRow>) -> Vec<(String, String)> {
    let tick = |name: &str, ticked: bool| ticked.then(|| (name.to_owned(), "yes".to_owned()));
    let role = row.and_then(|row| row.role.as_ref()).map(|role| role.id.0.clone());
    let mut fields = vec![("role".to_owned(), role.unwrap_or_else(|| NOTHING.to_owned()))];
    fields.extend(tick("active", row.is_none_or(|row| row.is_enabled)));
    fields.extend(tick("superuser", row.is_some_and(|row| row.is_superuser)));
    fields
}

/// The roles that a member was given one by one, and another one.
#[component]
fn Given(
    row: MemberRow,
    slug: String,
    given: Vec<AssignmentRow>,
    list: String,
    offered: Page<RoleRow>,
    take: Signal<String>,
) -> impl IntoView {
    let action = ServerAction::<GiveMemberRole>::new();
    let attempt = Attempt::of(action);
    let table =
        (!given.is_empty()).then(|| view! { <Holders rows=given.clone() names=Names::Roles list=list.clone() /> });
    view! {
        <section class="grid grid-cols-1 gap-4">
            <h3 class="text-base font-semibold wrap-anywhere">
                {format!("Roles given to {} one by one", row.user.name)}
            </h3>
            <TakeQuestion rows=given list take />
            {table}
            <div class="card p-5">
                <Form action attempt class="grid gap-4">
                    <Hidden name="id" value=slug />
                    <Hidden name="user" value=row.user.id.0 />
                    <RoleChoice name="given" label="Role to give" roles=offered first=("", "Choose a role") />
                    <EndField />
                    <Submit label="Give role" class="button justify-self-start" />
                </Form>
            </div>
        </section>
    }
}
