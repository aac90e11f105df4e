//! "Can X do Y in Z?": a question of staff, answered by the same rule as every check.

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use serde::{Deserialize, Serialize};
use sereno_types::{Decision, Permission, Problem};

use crate::{
    console::{Breadcrumb, address::said, may, why::Why},
    ui::{
        alert::Tone, badge::Badge, field::SearchField, get_form::GetForm, heading::Heading, icon::Icon, loaded::loaded,
    },
};

const PATH: &str = "/console/explorer";

#[server(name = Explore, prefix = "/console/fn", endpoint = "explore")]
pub(crate) async fn explore(
    #[server(default)] user: String,
    #[server(default)] permission: String,
    #[server(default)] project: String,
) -> Result<Decision, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let project = Some(project.trim());
    sereno_core::roles::why::explore(&member.sereno, &member.staff, &user, &permission, project)
        .await
        .map_err(gate::refuse)
}

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Who: id, number, address or user name.
    pub user: Option<String>,
    /// What: a codename, or `role:` and a role.
    pub permission: Option<String>,
    /// Where: the project's id or name in addresses; everywhere without.
    pub project: Option<String>,
}

fn read(params: &ParamsMap) -> Asked {
    Asked {
        user: said(params, "user"),
        permission: said(params, "permission"),
        project: said(params, "project"),
    }
}

/// `/console/explorer`. Asking changes nothing, so the answer is a page like any other.
#[component]
pub fn ExplorerPage() -> impl IntoView {
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(read));
    let answer = Resource::new(
        move || query.get(),
        |asked| async move {
            let decision = match (asked.user.clone(), asked.permission.clone()) {
                (Some(user), Some(permission)) => {
                    let project = asked.project.clone().unwrap_or_default();
                    Some(explore(user, permission, project).await?)
                }
                _ => None,
            };
            Ok((asked, decision))
        },
    );
    loaded(answer, |(asked, decision)| view! { <ExplorerView asked decision /> })
}

/// The question, and the answer once there is one.
#[component]
pub fn ExplorerView(
    /// What is asked.
    asked: Asked,
    /// The answer.
    decision: Option<Decision>,
) -> impl IntoView {
    let half = decision.is_none() && (asked.user.is_some() || asked.permission.is_some());
    let missing = half.then_some("Say both who and what.");
    // what holds in projects is for who may see them
    let within = may(Permission::ProjectsView).then(
        || view! { <SearchField name="project" label="in" placeholder="Project; empty: everywhere" value=asked.project.clone() /> },
    );
    let answer = decision.map(|decision| view! { <Answer asked=asked.clone() decision /> });
    view! {
        <Breadcrumb
            above=vec![("/console", "Overview"), ("/console/roles", "Roles")]
            here="May they?"
        />
        <div class="grid gap-1">
            <Heading title="May they?" />
            <p class="max-w-prose text-soft">
                "Ask as an application would: the same rule answers, and here it says why."
            </p>
        </div>
        <GetForm action={PATH} {..} role="search" class="flex flex-wrap items-end gap-3">
            <SearchField name="user" label="Can" placeholder="Id, number, address or user name" value=asked.user />
            <SearchField name="permission" label="do" placeholder="articles.edit or role:editor" value=asked.permission />
            {within}
            <button type="submit" class="button button-primary">
                "Ask"
            </button>
        </GetForm>
        <div role="status" class="grid grid-cols-1 gap-4">
            {missing} {answer}
        </div>
    }
}

#[component]
fn Answer(asked: Asked, decision: Decision) -> impl IntoView {
    let (tone, icon, word) = if decision.allowed {
        (Tone::Good, Icon::CircleCheck, "Yes")
    } else {
        (Tone::Bad, Icon::Ban, "No")
    };
    let place = match asked.project {
        Some(project) => format!("in {project}"),
        None => "everywhere".to_owned(),
    };
    let question = format!(
        "{}, {}, {place}",
        asked.user.unwrap_or_default(),
        asked.permission.unwrap_or_default()
    );
    view! {
        <section class="card grid gap-3 p-5" aria-label="Answer">
            <p class="flex flex-wrap items-center gap-2">
                <Badge tone icon text=word />
                <span class="font-medium wrap-anywhere">{question}</span>
            </p>
            <p>
                <Why decision />
            </p>
        </section>
    }
}
