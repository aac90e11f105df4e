//! Projects and their members, for staff.

use axum::extract::State;
use axum::http::StatusCode;
use sereno_core::messages;
use sereno_core::roles::{ensure, members, project_mail, projects};
use sereno_types::held::{MessagesManage, ProjectsManage, ProjectsView, RolesManage};
use sereno_types::{
    CreateProject, MemberQuery, MemberRow, Page, Problem, ProjectDetail, ProjectMail, ProjectQuery, ProjectRow,
    PutMember, RoleDetail, SendResult, TestMail, UpdateProject, UpdateProjectMail,
};

use crate::http::json::{Json, Nothing, Query, Segment, Segments};
use crate::http::policy::Require;
use crate::http::problem::Refusal;
use crate::http::version::{self, Tagged};
use crate::router::App;

/// Projects
///
/// By name in addresses.
#[utoipa::path(get, path = "/api/v1/admin/projects", tag = "admin", operation_id = "listProjects", params(ProjectQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<ProjectRow>)))]
pub async fn list(
    State(app): State<App>,
    caller: Require<ProjectsView>,
    Query(query): Query<ProjectQuery>,
) -> Result<Json<Page<ProjectRow>>, Refusal> {
    Ok(Json(projects::list(&app.sereno, &caller.staff, query).await?))
}

/// Make a project
///
/// An owner gets what `access.owner_permissions` says: whoever names one must hold that.
#[utoipa::path(post, path = "/api/v1/admin/projects", tag = "admin", operation_id = "createProject",
    request_body = CreateProject, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "It is there", body = ProjectDetail),
        (status = 403, description = "`exceeds_own_permissions`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn create(
    State(app): State<App>,
    caller: Require<ProjectsManage>,
    Json(command): Json<CreateProject>,
) -> Result<(StatusCode, Json<ProjectDetail>), Refusal> {
    let made = projects::create(&app.sereno, &caller.meta, &caller.staff, command).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// A project
#[utoipa::path(get, path = "/api/v1/admin/projects/{project}", tag = "admin", operation_id = "getProject",
    params(("project" = String, Path, description = "Its id or name in addresses")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The project", body = ProjectDetail)))]
pub async fn detail(
    State(app): State<App>,
    caller: Require<ProjectsView>,
    Segment(name): Segment,
) -> Result<Tagged<ProjectDetail>, Refusal> {
    let project = projects::detail(&app.sereno, &caller.staff, &name).await?;
    Ok(Tagged(projects::version(&app.sereno, &project)?, project))
}

/// Change a project
///
/// What is absent stays. In a project that is switched off nobody may do anything.
#[utoipa::path(patch, path = "/api/v1/admin/projects/{project}", tag = "admin", operation_id = "updateProject",
    params(("project" = String, Path, description = "Its id or name in addresses")), request_body = UpdateProject,
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "It is changed", body = ProjectDetail),
        (status = 403, description = "`exceeds_own_permissions`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn update(
    State(app): State<App>,
    caller: Require<ProjectsManage>,
    Segment(name): Segment,
    Json(command): Json<UpdateProject>,
) -> Result<Tagged<ProjectDetail>, Refusal> {
    match projects::update(&app.sereno, &caller.meta, &caller.staff, &name, command).await {
        Ok(changed) => Ok(Tagged(projects::version(&app.sereno, &changed)?, changed)),
        Err(error) => Err(version::refused(error, projects::detail(&app.sereno, &caller.staff, &name)).await),
    }
}

/// How the mails of a project leave
///
/// Of its mail server host and port are told, and never its credentials.
#[utoipa::path(get, path = "/api/v1/admin/projects/{project}/mail", tag = "admin", operation_id = "getProjectMail",
    params(("project" = String, Path, description = "Its id or name in addresses")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "How its mails leave", body = ProjectMail)))]
pub async fn mail(
    State(app): State<App>,
    caller: Require<ProjectsView>,
    Segment(name): Segment,
) -> Result<Tagged<ProjectMail>, Refusal> {
    let (mail, version) = project_mail::detail(&app.sereno, &caller.staff, &name).await?;
    Ok(Tagged(version, mail))
}

/// Change how the mails of a project leave
///
/// What is absent stays, what is empty is taken away. `messages.manage` is needed too; only administrators may say a mail
/// server, which has to be a public one in `prod` mode.
#[utoipa::path(patch, path = "/api/v1/admin/projects/{project}/mail", tag = "admin",
    operation_id = "updateProjectMail",
    params(("project" = String, Path, description = "Its id or name in addresses")), request_body = UpdateProjectMail,
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "How its mails leave", body = ProjectMail)))]
pub async fn update_mail(
    State(app): State<App>,
    caller: Require<ProjectsManage>,
    Segment(name): Segment,
    Json(command): Json<UpdateProjectMail>,
) -> Result<Tagged<ProjectMail>, Refusal> {
    match project_mail::update(&app.sereno, &caller.meta, &caller.staff, &name, command).await {
        Ok((changed, version)) => Ok(Tagged(version, changed)),
        Err(error) => {
            let now = async {
                let (mail, _) = project_mail::detail(&app.sereno, &caller.staff, &name).await?;
                Ok(mail)
            };
            Err(version::refused(error, now).await)
        }
    }
}

/// Try how the mails of a project leave
///
/// Sends a mail that says nothing but that mails arrive, by the project's sender and mail server, and waits for what that
/// says. `messages.manage` is needed.
#[utoipa::path(post, path = "/api/v1/admin/projects/{project}/mail/test", tag = "admin",
    operation_id = "testProjectMail",
    params(("project" = String, Path, description = "Its id or name in addresses")), request_body = TestMail,
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "What became of it", body = SendResult)))]
pub async fn test_mail(
    State(app): State<App>,
    caller: Require<MessagesManage>,
    Segment(name): Segment,
    Json(command): Json<TestMail>,
) -> Result<Json<SendResult>, Refusal> {
    let sent = messages::test(&app.sereno, &caller.meta, &caller.staff, Some(&name), command).await?;
    Ok(Json(sent))
}

/// Delete a project
///
/// With its members, its roles, and whatever was given in it. Its announcements end, and its mails that wait do not leave.
#[utoipa::path(delete, path = "/api/v1/admin/projects/{project}", tag = "admin", operation_id = "deleteProject",
    params(("project" = String, Path, description = "Its id or name in addresses")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "It is gone")))]
pub async fn delete(
    State(app): State<App>,
    caller: Require<ProjectsManage>,
    Segment(name): Segment,
    _: Nothing,
) -> Result<StatusCode, Refusal> {
    match projects::delete(&app.sereno, &caller.meta, &caller.staff, &name).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(version::refused(error, projects::detail(&app.sereno, &caller.staff, &name)).await),
    }
}

/// Get or make a role of a project
///
/// Asking again changes nothing.
#[utoipa::path(put, path = "/api/v1/admin/projects/{project}/roles/{codename}", tag = "admin",
    operation_id = "ensureProjectRole",
    params(("project" = String, Path, description = "Its id or name in addresses"),
        ("codename" = String, Path, description = "The role's codename")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The role", body = RoleDetail)))]
pub async fn ensure_role(
    State(app): State<App>,
    caller: Require<RolesManage>,
    Segments((project, codename)): Segments,
    _: Nothing,
) -> Result<Json<RoleDetail>, Refusal> {
    let role = ensure::in_project(&app.sereno, &caller.meta, &caller.staff, &project, &codename).await?;
    Ok(Json(role))
}

/// Members of a project
///
/// The last first.
#[utoipa::path(get, path = "/api/v1/admin/projects/{project}/members", tag = "admin", operation_id = "listMembers",
    params(("project" = String, Path, description = "Its id or name in addresses"), MemberQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<MemberRow>)))]
pub async fn list_members(
    State(app): State<App>,
    caller: Require<ProjectsView>,
    Segment(project): Segment,
    Query(query): Query<MemberQuery>,
) -> Result<Json<Page<MemberRow>>, Refusal> {
    Ok(Json(members::list(&app.sereno, &caller.staff, &project, query).await?))
}

/// Make a user a member, or change one
///
/// What is absent stays, and for a new member is: no role, switched on, no superuser. Whoever gives or takes a role or
/// superuser rights must hold them there.
#[utoipa::path(put, path = "/api/v1/admin/projects/{project}/members/{user}", tag = "admin", operation_id = "putMember",
    params(("project" = String, Path, description = "Its id or name in addresses"),
        ("user" = String, Path, description = "The user's id, number, address or user name")),
    request_body = PutMember, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The member", body = MemberRow),
        (status = 403, description = "`exceeds_own_permissions`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn put_member(
    State(app): State<App>,
    caller: Require<ProjectsManage>,
    Segments((project, user)): Segments,
    Json(command): Json<PutMember>,
) -> Result<Json<MemberRow>, Refusal> {
    let member = members::put(&app.sereno, &caller.meta, &caller.staff, seat(&project, &user), command).await?;
    Ok(Json(member))
}

/// Take a user out of a project
///
/// With every role that was given there.
#[utoipa::path(delete, path = "/api/v1/admin/projects/{project}/members/{user}", tag = "admin",
    operation_id = "removeMember",
    params(("project" = String, Path, description = "Its id or name in addresses"),
        ("user" = String, Path, description = "The user's id, number, address or user name")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 204, description = "No member any more"),
        (status = 403, description = "`exceeds_own_permissions`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn remove_member(
    State(app): State<App>,
    caller: Require<ProjectsManage>,
    Segments((project, user)): Segments,
    _: Nothing,
) -> Result<StatusCode, Refusal> {
    members::remove(&app.sereno, &caller.meta, &caller.staff, seat(&project, &user)).await?;
    Ok(StatusCode::NO_CONTENT)
}

const fn seat<'a>(project: &'a str, user: &'a str) -> members::Seat<'a> {
    members::Seat { project, user }
}
