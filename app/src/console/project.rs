//! One project: what it is, changing and deleting it, and its members.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use sereno_types::{
    AssignmentQuery, AssignmentRow, MemberQuery, MemberRow, Page, Permission, Problem, ProjectDetail, ProjectMail,
    RoleRow,
};

use crate::{
    console::{
        Breadcrumb,
        address::said,
        application_form::Fields,
        applications::EnabledBadge,
        holders::{UserLink, list_assignments},
        may,
        members::{Members, MembersAsked, Wishes, list_members},
        overview::grouped,
        project_form::{ProjectFields, fields},
        project_mail::{MailSettings, project_mail},
        projects::PATH,
        role_choice::{self, offered_in},
        role_form::beginning,
        roles::list_roles,
        user::Section,
    },
    ui::{
        alert::Done,
        confirm::Confirm,
        copy::Copyable,
        field::Hidden,
        form::{Attempt, Form, Submit},
        heading::Heading,
        icon::Icon,
        loaded::loaded,
        time::At,
    },
};

#[server(name = LoadProject, prefix = "/console/fn", endpoint = "project")]
pub(crate) async fn project(#[server(default)] id: String) -> Result<(ProjectDetail, String), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let project = sereno_core::roles::projects::detail(&member.sereno, &member.staff, &id)
        .await
        .map_err(gate::refuse)?;
    let version = sereno_core::roles::projects::version(&member.sereno, &project).map_err(gate::refuse)?;
    Ok((project, version))
}

#[server(prefix = "/console/fn", endpoint = "update_project")]
pub(crate) async fn update_project(
    #[server(default)] id: String,
    #[server(flatten)] fields: Fields,
) -> Result<(), Problem> {
    use crate::{console::project_form::Read, gate};
    let member = gate::staff().await?.having_seen(fields.get("seen"));
    let read = Read::of(&fields)?;
    let command = sereno_types::UpdateProject {
        name: Some(read.name),
        description: Some(read.description),
        is_enabled: None,
        owner: Some(read.owner),
        attributes: Some(read.attributes),
    };
    let now = sereno_core::roles::projects::update(&member.sereno, &member.meta, &member.staff, &id, command)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("{PATH}/{}?done=saved", now.row.slug));
    Ok(())
}

/// Switches on or, without `on`, off.
#[server(prefix = "/console/fn", endpoint = "enable_project")]
pub(crate) async fn enable_project(
    #[server(default)] id: String,
    #[server(default)] on: String,
) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let command = sereno_types::UpdateProject {
        is_enabled: Some(!on.is_empty()),
        ..sereno_types::UpdateProject::default()
    };
    let now = sereno_core::roles::projects::update(&member.sereno, &member.meta, &member.staff, &id, command)
        .await
        .map_err(gate::refuse)?;
    let word = if now.row.is_enabled { "enabled" } else { "disabled" };
    gate::go_to(&format!("{PATH}/{}?done={word}", now.row.slug));
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "delete_project")]
pub(crate) async fn delete_project(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::roles::projects::delete(&member.sereno, &member.meta, &member.staff, &id)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("{PATH}?done=deleted"));
    Ok(())
}

/// What there is to show.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ProjectSeen {
    /// The project.
    pub project: ProjectDetail,
    /// Its version, so that nobody else's change is overwritten.
    pub version: String,
    /// Its members.
    pub members: Page<MemberRow>,
    /// Roles that can be given in it; none where they may not be seen.
    pub offered: Page<RoleRow>,
    /// How its mails leave.
    pub mail: ProjectMail,
    /// The version of that.
    pub mail_version: String,
    /// The roles that the member whom the address names was given here one by one.
    pub given: Vec<AssignmentRow>,
}

/// `/console/projects/{slug}`.
#[component]
pub fn ProjectPage() -> impl IntoView {
    let (params, asked) = (use_params_map(), use_query_map());
    let query = Memo::new(move |_| {
        asked.with(|asked| MembersAsked {
            project: params.with(|params| params.get("slug").unwrap_or_default()),
            members: MemberQuery {
                q: said(asked, "q"),
                enabled: said(asked, "enabled").and_then(|value| value.parse().ok()),
                limit: said(asked, "limit").and_then(|value| value.parse().ok()),
                cursor: said(asked, "cursor"),
            },
            member: said(asked, "member"),
            offer: said(asked, "offer"),
        })
    });
    let may_give = may(Permission::RolesView) && may(Permission::ProjectsManage);
    let page = Resource::new(
        move || query.get(),
        move |asked| async move {
            let (project, version) = project(asked.project.clone()).await?;
            let members = list_members(asked.project.clone(), Some(asked.members.clone())).await?;
            let offered = if may_give {
                list_roles(Some(offered_in(Some(&project.row.slug), asked.offer.clone()))).await?
            } else {
                role_choice::none()
            };
            let is_there = |id: &String| members.items.iter().any(|row| row.user.id.0 == *id);
            let given = match asked.member.clone().filter(is_there) {
                Some(user) if may_give => {
                    let query = AssignmentQuery {
                        user: Some(user),
                        project: Some(project.row.slug.clone()),
                        limit: Some(200),
                        ..AssignmentQuery::default()
                    };
                    list_assignments(Some(query)).await?.items
                }
                _ => Vec::new(),
            };
            let (mail, mail_version) = project_mail(project.row.slug.clone()).await?;
            let seen = ProjectSeen {
                project,
                version,
                members,
                offered,
                mail,
                mail_version,
                given,
            };
            Ok((seen, asked))
        },
    );
    let says = move |name: &'static str| asked.with(|asked| asked.get(name).unwrap_or_default());
    let notice = Signal::derive(move || notice(&says("done")));
    let wishes = Wishes {
        delete: Signal::derive(move || says("confirm") == "delete"),
        remove: Signal::derive(move || says("remove")),
        take: Signal::derive(move || says("take")),
    };
    loaded(
        page,
        move |(seen, asked)| view! { <ProjectView seen asked notice wishes /> },
    )
}

/// What has just been done. The address holds a word, the sentence stands here.
fn notice(word: &str) -> Option<&'static str> {
    match word {
        "created" => Some("The project is made. Add its members below."),
        "saved" => Some("The project is saved."),
        "mail" => Some("How its mails leave is saved."),
        "enabled" => Some("The project is switched on."),
        "disabled" => Some("The project is switched off. Nobody may do anything in it."),
        "member" => Some("The member is saved."),
        "removed" => Some("No member any more, and every role that was given here is taken back."),
        "given" => Some("The role is given."),
        "taken" => Some("The role is taken back."),
        _ => None,
    }
}

/// The project, once known.
#[component]
pub fn ProjectView(
    /// What there is to show.
    seen: ProjectSeen,
    /// What the address says of the members.
    asked: MembersAsked,
    /// What has just been done.
    notice: Signal<Option<&'static str>>,
    /// What the address asks to be confirmed.
    wishes: Wishes,
) -> impl IntoView {
    let may_manage = may(Permission::ProjectsManage);
    let action = ServerAction::<UpdateProject>::new();
    let attempt = Attempt::of(action);
    let project = seen.project.clone();
    let title = project.row.name.clone();
    let settings = beginning(attempt, "attributes", fields(&project));
    let slug = project.row.slug.clone();
    let (mail, mail_version) = (seen.mail.clone(), seen.mail_version.clone());
    let of_mail = slug.clone();
    let version = seen.version.clone();
    view! {
        <Breadcrumb above=vec![("/console", "Overview"), ("/console/projects", "Projects")] here=title.clone() />
        {move || notice.get().map(|notice| view! { <Done>{notice}</Done> })}
        <div class="flex flex-wrap items-start justify-between gap-4">
            <div class="grid min-w-0 gap-2">
                <Heading title attempt />
                <p class="flex flex-wrap gap-1.5">
                    <EnabledBadge is_enabled=project.row.is_enabled />
                </p>
            </div>
            {may_manage.then(|| view! { <Actions project=project.clone() /> })}
        </div>
        {may_manage.then(|| view! { <DeleteQuestion project=project.clone() open=wishes.delete /> })}
        <Facts project />
        <Members seen asked wishes />
        <section class="grid grid-cols-1 gap-4">
            <h2 class="text-lg font-semibold">"Settings"</h2>
            <Form action attempt=settings>
                <Hidden name="id" value=slug />
                <Hidden name="seen" value=version />
                <fieldset class="card grid grid-cols-1 gap-4 p-5" disabled=!may_manage>
                    <legend class="sr-only">"Settings of the project"</legend>
                    <ProjectFields />
                </fieldset>
                {may_manage
                    .then(|| view! { <Submit label="Save project" class="button button-primary justify-self-start" /> })}
            </Form>
        </section>
        <MailSettings slug=of_mail mail version=mail_version />
    }
}

#[component]
fn Actions(project: ProjectDetail) -> impl IntoView {
    let action = ServerAction::<EnableProject>::new();
    let attempt = Attempt::of(action);
    let slug = project.row.slug;
    let delete = format!("{PATH}/{slug}?confirm=delete");
    let (on, label, icon) = if project.row.is_enabled {
        ("", "Switch off", Icon::Ban)
    } else {
        ("yes", "Switch on", Icon::CircleCheck)
    };
    view! {
        <div class="flex flex-wrap gap-3">
            <Form action attempt class="contents">
                <Hidden name="id" value=slug />
                <Hidden name="on" value=on />
                <Submit label class="button" icon />
            </Form>
            <a class="button button-danger" href=delete data-noscroll>
                {Icon::Trash.draw()}
                "Delete"
            </a>
        </div>
    }
}

#[component]
fn DeleteQuestion(project: ProjectDetail, open: Signal<bool>) -> impl IntoView {
    let action = ServerAction::<DeleteProject>::new();
    let attempt = Attempt::of(action);
    let lost = format!(
        "Its memberships ({}), its own roles ({}) and every role that was given in it go with it. Its announcements end, and \
         its mails that wait do not leave. Accounts stay. This cannot be undone.",
        grouped(project.row.members),
        grouped(project.roles)
    );
    let slug = project.row.slug;
    view! {
        <Confirm
            id="delete"
            title=format!("Delete {}?", project.row.name)
            open
            cancel=format!("{PATH}/{slug}")
        >
            <p>{lost}</p>
            <Form action attempt>
                <Hidden name="id" value=slug />
                <Submit label="Delete project" class="button button-danger justify-self-start" icon=Icon::Trash />
            </Form>
        </Confirm>
    }
}

#[component]
fn Facts(project: ProjectDetail) -> impl IntoView {
    let slug = project.row.slug;
    let roles = if may(Permission::RolesView) {
        let new = may(Permission::RolesManage).then(|| {
            view! {
                <a class="link" href=format!("/console/roles/new?project={slug}")>
                    "New role"
                </a>
            }
        });
        view! {
            <span class="flex flex-wrap gap-3">
                {grouped(project.roles)} <a class="link" href=format!("/console/roles?project={slug}")>
                    "Roles that can be given here"
                </a> {new}
            </span>
        }
        .into_any()
    } else {
        grouped(project.roles).into_any()
    };
    let owner = match project.row.owner {
        Some(user) => view! { <UserLink user /> }.into_any(),
        None => "Nobody".into_any(),
    };
    view! {
        <Section title="Identity">
            <dl class="facts">
                <div>
                    <dt>"Name in addresses"</dt>
                    <dd>
                        <Copyable text=slug what="the name in addresses" />
                    </dd>
                </div>
                <div>
                    <dt>"Id"</dt>
                    <dd>
                        <Copyable text=project.row.id.0 what="the id" />
                    </dd>
                </div>
                <div>
                    <dt>"What it is for"</dt>
                    <dd>
                        {if project.description.is_empty() { "Not said".to_owned() } else { project.description }}
                    </dd>
                </div>
                <div>
                    <dt>"Owner"</dt>
                    <dd>{owner}</dd>
                </div>
                <div>
                    <dt>"Roles of its own"</dt>
                    <dd>{roles}</dd>
                </div>
                <div>
                    <dt>"Made"</dt>
                    <dd>
                        <At at=project.row.created_at />
                    </dd>
                </div>
                <div>
                    <dt>"Last changed"</dt>
                    <dd>
                        <At at=project.updated_at />
                    </dd>
                </div>
            </dl>
        </Section>
    }
}
