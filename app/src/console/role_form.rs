//! The fields of a role, what they say of one, and what was typed as the command that the API takes too. Permissions are
//! one a line; roles to include are boxes.

use leptos::prelude::*;
use sereno_types::{Id, Page, Problem, RoleDetail, RoleName, RoleRow};

use crate::{
    console::application_form::{Fields, reader::Reader},
    ui::{
        field::{Area, Field, Tick},
        form::Attempt,
    },
};

/// What begins the name of the box of a role to include; its id follows.
const INCLUDE: &str = "include.";

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The codenames that it grants by itself.
    pub permissions: Vec<String>,
    /// The roles that it includes.
    pub includes: Vec<Id>,
}

impl Read {
    /// Reads the form.
    #[must_use]
    pub fn of(fields: &Fields) -> Self {
        let reader = Reader {
            fields,
            faults: Vec::new(),
        };
        let includes = fields.keys().filter_map(|name| name.strip_prefix(INCLUDE));
        Self {
            name: reader.text("name"),
            description: reader.text("description"),
            permissions: reader.lines("permissions"),
            includes: includes.map(|id| Id(id.to_owned())).collect(),
        }
    }

    /// What the core refuses, at the fields of this form: an entry of a list at its field, with the entry.
    #[must_use]
    pub fn at_fields(&self, mut problem: Problem) -> Problem {
        for error in &mut problem.errors {
            let entry = |list: &str| -> Option<usize> { error.field.strip_prefix(list)?.parse().ok() };
            if error.field == "codename" {
                error.field = HANDLE.into();
            } else if let Some(at) = entry("permissions.") {
                let said = self.permissions.get(at).cloned().unwrap_or_default();
                error.field = "permissions".into();
                error.params.insert("reason".to_owned(), said.into());
            } else if let Some(included) = entry("includes.").and_then(|at| self.includes.get(at)) {
                error.field = format!("{INCLUDE}{included}");
            }
        }
        problem
    }
}

/// The field of a codename. Nothing is kept of a refused field whose name holds "code".
pub(super) const HANDLE: &str = "handle";

/// What the fields say of a role.
#[must_use]
pub fn fields(role: &RoleDetail) -> Vec<(String, String)> {
    let mut fields = vec![
        ("name".to_owned(), role.row.role.name.clone()),
        ("description".to_owned(), role.row.description.clone()),
        ("permissions".to_owned(), role.grants.join("\n")),
    ];
    let ticked = role
        .includes
        .iter()
        .map(|role| (format!("{INCLUDE}{}", role.id), "yes".to_owned()));
    fields.extend(ticked);
    fields
}

/// The attempt at a form about an object. Fields are kept in their order, and a long one ends what is kept: if the last one
/// was kept, so were all, and what is not there was left out by whoever typed; if it was not, the object says the rest.
pub(super) fn beginning(attempt: Attempt, last: &str, fields: Vec<(String, String)>) -> Attempt {
    match attempt.value(last) {
        Some(_) => attempt,
        None => attempt.completed_by(fields),
    }
}

/// The fields of a role that can be changed later. The permissions come last: see [`beginning`].
#[component]
pub fn RoleFields(
    /// Roles that it may include.
    offered: Page<RoleRow>,
    /// What it includes, whether offered or not.
    #[prop(optional)]
    included: Vec<RoleName>,
    /// Whether it is being made: then it may do without a name.
    #[prop(optional)]
    is_new: bool,
) -> impl IntoView {
    let hint = if is_new {
        "What people call it; empty: the codename."
    } else {
        "What people call it."
    };
    let more = offered.total.saturating_sub(offered.items.len() as u64);
    let known: Vec<RoleName> = offered.items.into_iter().map(|row| row.role).collect();
    let mut roles = included;
    roles.extend(
        known
            .into_iter()
            .filter(|role| roles.iter().all(|included| included.id != role.id))
            .collect::<Vec<_>>(),
    );
    let none = roles.is_empty().then_some("There is no other role.");
    let boxes = roles
        .into_iter()
        .map(|role| {
            let place = role
                .project
                .map(|project| format!(", project {project}"))
                .unwrap_or_default();
            let label = format!("{} ({}{place})", role.name, role.codename);
            view! { <Tick name=format!("{INCLUDE}{}", role.id) label /> }
        })
        .collect_view();
    let rest = (more > 0).then(|| format!("{more} more are not shown: look for them by their name above."));
    view! {
        <Field name="name" label="Name" hint optional=is_new />
        <Field name="description" label="Description" hint="What it is for." optional=true />
        <fieldset class="grid gap-2">
            <legend class="label mb-1">"Includes the roles"</legend>
            <p class="hint">"Whoever holds this role holds what they grant, too."</p>
            <div class="grid max-h-72 grid-cols-1 gap-2 overflow-y-auto rounded-lg border border-line p-3">
                {boxes} {none}
            </div>
            {rest.map(|rest| view! { <p class="hint">{rest}</p> })}
        </fieldset>
        <Area
            name="permissions"
            label="Grants by itself"
            hint="Codenames of permissions of the catalogue, one a line: articles.edit"
            rows=8
        />
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sereno_types::{Code, FieldError};

    fn typed(pairs: &[(&str, &str)]) -> Fields {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn lists_are_read_line_by_line_and_box_by_box() {
        let read = Read::of(&typed(&[
            ("name", " Editor "),
            ("permissions", "docs.read\r\n\r\n docs.edit "),
            ("include.b", "yes"),
            ("include.a", "yes"),
        ]));
        assert_eq!(read.name, "Editor");
        assert_eq!(read.permissions, ["docs.read", "docs.edit"]);
        assert_eq!(read.includes, [Id("a".to_owned()), Id("b".to_owned())]);
    }

    #[test]
    fn refusals_stand_at_what_was_typed() {
        let read = Read::of(&typed(&[("permissions", "a\nb"), ("include.x", "yes")]));
        let refused = Problem::fields(vec![
            FieldError::new("permissions.1", Code::InvalidChoice),
            FieldError::new("includes.0", Code::RoleCycle),
            FieldError::new("codename", Code::CodenameUnique),
            FieldError::new("name", Code::TooLong),
        ]);
        let told = read.at_fields(refused);
        let at: Vec<&str> = told.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(at, ["permissions", "include.x", "handle", "name"]);
        assert_eq!(told.errors[0].params["reason"], "b");
    }
}
