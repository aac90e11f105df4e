//! Making a template of staff's own: what it is called, and what it may name.

use leptos::prelude::*;
use sereno_types::{Problem, TemplateVariable};

use crate::{
    console::{Breadcrumb, email_templates::PATH},
    ui::{
        field::{Area, Field},
        form::{Attempt, Form, Submit},
        heading::Heading,
    },
};

#[server(prefix = "/console/fn", endpoint = "create_email_template")]
pub(crate) async fn create_email_template(
    #[server(default)] slug: String,
    #[server(default)] title: String,
    #[server(default)] description: String,
    #[server(default)] variables: String,
) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let command = sereno_types::CreateEmailTemplate {
        slug,
        title,
        description,
        variables: variables_of(&variables),
    };
    let made = sereno_core::templates::custom::create(&member.sereno, &member.meta, &member.staff, command)
        .await
        .map_err(gate::refuse)
        .map_err(at_lines)?;
    gate::go_to(&format!("{PATH}/{}/en?done=created", made.name));
    Ok(())
}

/// Variables as they are typed: one a line, name, what it holds and a sample between bars.
#[must_use]
pub fn variables_of(typed: &str) -> Vec<TemplateVariable> {
    typed
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let mut parts = line.splitn(3, '|').map(|part| part.trim().to_owned());
            let mut next = || parts.next().unwrap_or_default();
            TemplateVariable {
                name: next(),
                description: next(),
                sample: next(),
            }
        })
        .collect()
}

/// The same the other way round, without what is there in any case.
#[must_use]
pub fn lines_of(variables: &[TemplateVariable]) -> String {
    let lines: Vec<String> = variables
        .iter()
        .filter(|variable| variable.name != "brand")
        .map(|variable| format!("{} | {} | {}", variable.name, variable.description, variable.sample))
        .collect();
    lines.join("\n")
}

/// What is wrong with one variable is told at their field.
#[must_use]
pub fn at_lines(mut problem: Problem) -> Problem {
    for error in &mut problem.errors {
        if error.field.starts_with("variables.") {
            "variables".clone_into(&mut error.field);
        }
    }
    problem
}

/// `/console/email-templates/new`.
#[component]
pub fn NewEmailTemplatePage() -> impl IntoView {
    let action = ServerAction::<CreateEmailTemplate>::new();
    let attempt = Attempt::of(action);
    view! {
        <Breadcrumb above=vec![("/console", "Overview"), (PATH, "E-mail templates")] here="New template" />
        <Heading title="New template" attempt />
        <p class="max-w-prose text-soft">
            "For mails that your services send. You write its text, in each language, after it is made."
        </p>
        <Form action attempt>
            <fieldset class="card grid grid-cols-1 gap-4 p-5">
                <legend class="sr-only">"The template"</legend>
                <Field
                    name="slug"
                    label="Name in addresses"
                    hint="Lower-case letters, digits and dashes. It stays as it is."
                />
                <CustomFields />
            </fieldset>
            <Submit label="Make template" class="button button-primary justify-self-start" />
        </Form>
    }
}

/// The fields that can be changed later.
#[component]
pub(super) fn CustomFields() -> impl IntoView {
    view! {
        <Field name="title" label="Title" hint="What people call it." optional=true />
        <Field name="description" label="Description" hint="What it is for." optional=true />
        <Area
            name="variables"
            label="Variables"
            hint="One a line: name | what it holds | a sample. Names are lower-case letters, digits and _."
            rows=5
        />
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_typed_one_a_line() {
        let typed = "name | Whom it greets | Ana\n\n  total|The sum\nplain\n";
        let read = variables_of(typed);
        let names: Vec<&str> = read.iter().map(|variable| variable.name.as_str()).collect();
        assert_eq!(names, ["name", "total", "plain"]);
        assert_eq!(
            (read[0].description.as_str(), read[0].sample.as_str()),
            ("Whom it greets", "Ana")
        );
        assert_eq!(variables_of(&lines_of(&read)), read);
    }
}
