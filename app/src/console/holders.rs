//! Who holds which role: the table of the pages of roles, users and members, giving a role and taking it back.

use leptos::prelude::*;
use sereno_types::{AssignmentQuery, AssignmentRow, Page, Permission, Problem};

use crate::{
    console::{
        may,
        roles::{Place, RoleLink},
    },
    ui::{
        alert::Tone,
        badge::Badge,
        confirm::Confirm,
        field::{Field, Hidden},
        form::{Attempt, Form, Submit},
        icon::Icon,
        time::{Ago, At},
    },
};

#[server(name = ListAssignments, prefix = "/console/fn", endpoint = "list_assignments")]
pub(crate) async fn list_assignments(query: Option<AssignmentQuery>) -> Result<Page<AssignmentRow>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::roles::assignments::list(&member.sereno, &member.staff, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

/// Takes a role back. `list` is the address of the page to go back to.
#[server(prefix = "/console/fn", endpoint = "take_role")]
pub(crate) async fn take_role(
    #[server(default)] assignment: String,
    #[server(default)] list: String,
) -> Result<(), Problem> {
    use crate::{console::address::and, gate};
    let (member, id) = (gate::staff().await?, sereno_types::Id(assignment));
    sereno_core::roles::assignments::revoke(&member.sereno, &member.meta, &member.staff, &id)
        .await
        .map_err(gate::refuse)?;
    let list = Some(gate::local(&list)).filter(|list| list.starts_with("/console/"));
    gate::go_to(&and(list.unwrap_or(super::roles::PATH), "done=taken"));
    Ok(())
}

/// What was typed to give a role, as the command that the API takes too.
#[cfg(feature = "ssr")]
pub(super) fn gift(role: String, users: Vec<String>, place: &str, ends: &str) -> sereno_types::AssignRole {
    let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    sereno_types::AssignRole {
        role: sereno_types::Id(role),
        users,
        project: text(place),
        expires_at: text(ends).map(in_full).map(sereno_types::Timestamp),
    }
}

/// A moment as browsers post it has neither a time zone nor, mostly, seconds.
#[cfg(any(feature = "ssr", test))]
fn in_full(ends: String) -> String {
    match ends.len() {
        16 => format!("{ends}:00Z"),
        19 => format!("{ends}Z"),
        _ => ends,
    }
}

/// What the core refuses of a gift, at the fields of the form: somebody of the list at the list, with what was typed.
#[cfg(any(feature = "ssr", test))]
pub(super) fn at_fields(mut problem: Problem, users: &[String]) -> Problem {
    for error in &mut problem.errors {
        let at = error
            .field
            .strip_prefix("users.")
            .and_then(|at| at.parse::<usize>().ok());
        if let Some(user) = at.and_then(|at| users.get(at)) {
            error.params.insert("reason".to_owned(), user.clone().into());
            error.field = "users".into();
        } else if error.field == "project" {
            error.field = "place".into();
        } else if error.field == "expires_at" {
            error.params.insert("reason".to_owned(), "a moment to come".into());
            error.field = "ends".into();
        }
    }
    problem
}

/// Where a role shall hold.
#[component]
pub(super) fn PlaceField() -> impl IntoView {
    view! { <Field name="place" label="Project" hint="Its name in addresses; empty: everywhere." optional=true /> }
}

/// Until when a role shall hold.
#[component]
pub(super) fn EndField() -> impl IntoView {
    view! { <Field name="ends" kind="datetime-local" label="Ends" hint="In UTC; empty: never." optional=true /> }
}

/// What a table of assignments names in its first column: its page is about the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Who holds the role.
    Users,
    /// The role that is held.
    Roles,
}

/// Whether this can be taken back by whom the page is shown to, as far as the page knows.
fn may_take(row: &AssignmentRow) -> bool {
    may(Permission::RolesManage) && (row.project.is_none() || may(Permission::ProjectsManage))
}

/// Who holds what, and until when.
#[component]
pub(super) fn Holders(
    /// The assignments.
    rows: Vec<AssignmentRow>,
    /// What is named.
    names: Names,
    /// The address of the page.
    list: String,
) -> impl IntoView {
    let first = match names {
        Names::Users => "User",
        Names::Roles => "Role",
    };
    let acts = rows.iter().any(may_take);
    let rows = rows
        .into_iter()
        .map(|row| view! { <Row row names list=list.clone() acts /> })
        .collect_view();
    view! {
        <div class="card scroller" role="region" aria-label="Roles given" tabindex="0">
            <table class="grid-table">
                <caption class="sr-only">"Roles given, the last first"</caption>
                <thead>
                    <tr>
                        <th scope="col">{first}</th>
                        <th scope="col">"Where"</th>
                        <th scope="col" class="max-md:hidden">
                            "Since"
                        </th>
                        <th scope="col">"Ends"</th>
                        {acts.then(|| view! { <th scope="col">"Actions"</th> })}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: AssignmentRow, names: Names, list: String, acts: bool) -> impl IntoView {
    let takes = may_take(&row);
    let href = super::address::and(&list, &format!("take={}", row.id));
    let (user, role) = (row.user.name.clone(), row.role.name.clone());
    let named = match names {
        Names::Users => view! { <UserLink user=row.user /> }.into_any(),
        Names::Roles => view! { <RoleLink role=row.role /> }.into_any(),
    };
    let ends = match row.expires_at {
        Some(at) => view! {
            <span class="flex flex-wrap items-center gap-1.5">
                <At at />
                {row.is_expired.then(|| view! { <Badge tone=Tone::Warn icon=Icon::Clock text="Ended" /> })}
            </span>
        }
        .into_any(),
        None => view! { <span class="text-muted">"Never"</span> }.into_any(),
    };
    let action = acts.then(|| {
        view! {
            <td>
                {takes
                    .then(|| {
                        view! {
                            <a class="link" href=href data-noscroll>
                                "Take back"
                                <span class="sr-only">" " {role} " from " {user}</span>
                            </a>
                        }
                    })}
            </td>
        }
    });
    view! {
        <tr>
            <th scope="row" class="min-w-40">
                {named}
            </th>
            <td>
                <Place project=row.project />
            </td>
            <td class="max-md:hidden">
                <Ago at=row.created_at />
            </td>
            <td>{ends}</td>
            {action}
        </tr>
    }
}

/// A user by name, with the way to the page where it may be seen.
#[component]
pub(super) fn UserLink(
    /// Who.
    user: sereno_types::SessionUser,
) -> impl IntoView {
    if may(Permission::UsersView) {
        view! {
            <a class="link wrap-anywhere" href=format!("/console/users/{}", user.id)>
                {user.name}
            </a>
        }
        .into_any()
    } else {
        view! { <span class="wrap-anywhere">{user.name}</span> }.into_any()
    }
}

/// Asks before the role is taken back that the address names.
#[component]
pub(super) fn TakeQuestion(
    /// The assignments of the page.
    rows: Vec<AssignmentRow>,
    /// The address of the page.
    list: String,
    /// The id of the assignment that the address asks about.
    take: Signal<String>,
) -> impl IntoView {
    let action = ServerAction::<TakeRole>::new();
    let attempt = Attempt::of(action);
    let rows = StoredValue::new(rows);
    move || {
        let id = take.get();
        let row = rows.with_value(|rows| rows.iter().find(|row| row.id.0 == id).cloned())?;
        let list = list.clone();
        let from = row.user.name.clone();
        let place = match row.project.clone() {
            Some(project) => format!("in the project {project}"),
            None => "everywhere".to_owned(),
        };
        may_take(&row).then(|| {
            view! {
                <Confirm
                    id="take"
                    title=format!("Take {} back from {from}?", row.role.name)
                    open=Signal::stored(true)
                    cancel=list.clone()
                >
                    <p>{format!("{from} holds it {place}. What it grants is lost at once, unless another role grants it.")}</p>
                    <Form action attempt>
                        <Hidden name="assignment" value=row.id.0 />
                        <Hidden name="list" value=list />
                        <Submit label="Take back" class="button button-danger justify-self-start" icon=Icon::Trash />
                    </Form>
                </Confirm>
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sereno_types::{Code, FieldError};

    #[test]
    fn what_browsers_post_becomes_a_moment_in_full() {
        for (typed, full) in [
            ("2026-12-01T10:30", "2026-12-01T10:30:00Z"),
            ("2026-12-01T10:30:15", "2026-12-01T10:30:15Z"),
            ("2026-12-01T10:30:15+01:00", "2026-12-01T10:30:15+01:00"),
        ] {
            assert_eq!(in_full(typed.to_owned()), full);
        }
    }

    #[test]
    fn refusals_stand_at_the_fields_of_the_form() {
        let refused = Problem::fields(vec![
            FieldError::new("users.1", Code::InvalidChoice),
            FieldError::new("project", Code::InvalidChoice),
            FieldError::new("expires_at", Code::InvalidChoice),
        ]);
        let told = at_fields(refused, &["ana".to_owned(), "nobody".to_owned()]);
        let at: Vec<&str> = told.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(at, ["users", "place", "ends"]);
        assert_eq!(told.errors[0].params["reason"], "nobody");
    }
}
