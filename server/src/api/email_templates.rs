//! E-mail templates as staff writes them: the same functions as the console's.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use sereno_core::access;
use sereno_core::templates::{
    custom, diff, draft, files, list as lists, preview as previews, publish as publishing, show, versions,
};
use sereno_types::{
    CreateEmailTemplate, EmailDiff, EmailDiffQuery, EmailPreview, EmailTemplateDetail, EmailTemplateExportQuery,
    EmailTemplateFile, EmailTemplateQuery, EmailTemplateRow, EmailTemplatesImported, EmailTestQueued, EmailVersion,
    EmailVersionQuery, EmailVersionRow, ImportEmailTemplates, Locale, Page, PreviewEmailTemplate, Problem,
    PublishEmailTemplate, RollBackEmailTemplate, SaveEmailDraft, TestEmailTemplate, UpdateEmailTemplate,
};

use crate::http::caller::Caller;
use crate::http::json::{Json, Nothing, Query, Segment, Segments};
use crate::http::problem::Refusal;
use crate::http::version::{self, Tagged};
use crate::router::App;

/// List e-mail templates
///
/// Kinds of mail, the footer, and staff's own (`custom.…`), by name, with what there is in each language.
#[utoipa::path(get, path = "/api/v1/admin/email-templates", tag = "e-mail templates",
    operation_id = "listEmailTemplates", params(EmailTemplateQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<EmailTemplateRow>)))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<EmailTemplateQuery>,
) -> Result<Json<Page<EmailTemplateRow>>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(lists::list(&app.sereno, &staff, query).await?))
}

/// Make a template of your own
///
/// It has no text yet. What may be named in it is declared here.
#[utoipa::path(post, path = "/api/v1/admin/email-templates", tag = "e-mail templates",
    operation_id = "createEmailTemplate", request_body = CreateEmailTemplate,
    security(("bearer" = []), ("session" = [])),
    responses((status = 201, description = "It is there; as it is in English", body = EmailTemplateDetail)))]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<CreateEmailTemplate>,
) -> Result<(StatusCode, Tagged<EmailTemplateDetail>), Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let made = custom::create(&app.sereno, &caller.meta, &staff, command).await?;
    Ok((StatusCode::CREATED, Tagged(show::version(&app.sereno, &made)?, made)))
}

/// Change a template of your own
///
/// What is absent stays. A variable that a text in use or a draft names cannot be taken away. `If-Match` takes the version
/// of any of its languages.
#[utoipa::path(patch, path = "/api/v1/admin/email-templates/{name}", tag = "e-mail templates",
    operation_id = "updateEmailTemplate",
    params(("name" = String, Path, description = "`custom.` and its name in addresses")),
    request_body = UpdateEmailTemplate, security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "It is changed; as it is in English", body = EmailTemplateDetail)))]
pub async fn update(
    State(app): State<App>,
    caller: Caller,
    Segment(name): Segment,
    Json(command): Json<UpdateEmailTemplate>,
) -> Result<Tagged<EmailTemplateDetail>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let changed = custom::update(&app.sereno, &caller.meta, &staff, &name, command).await;
    tagged(&app, &staff, (&name, Locale::default().as_str()), changed).await
}

/// Delete a template of your own
///
/// With its texts in all languages, and all their versions. `If-Match` takes the version of any of its languages.
#[utoipa::path(delete, path = "/api/v1/admin/email-templates/{name}", tag = "e-mail templates",
    operation_id = "deleteEmailTemplate",
    params(("name" = String, Path, description = "`custom.` and its name in addresses")),
    security(("bearer" = []), ("session" = [])), responses((status = 204, description = "It is gone")))]
pub async fn delete(
    State(app): State<App>,
    caller: Caller,
    Segment(name): Segment,
    _: Nothing,
) -> Result<StatusCode, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    match custom::delete(&app.sereno, &caller.meta, &staff, &name).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) => {
            let current = show::detail(&app.sereno, &staff, &name, Locale::default().as_str());
            Err(version::refused(error, current).await)
        }
    }
}

/// Templates as one file
///
/// As they are in use, to be kept or carried to another server.
#[utoipa::path(get, path = "/api/v1/admin/email-templates/export", tag = "e-mail templates",
    operation_id = "exportEmailTemplates", params(EmailTemplateExportQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The file", body = EmailTemplateFile)))]
pub async fn export(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<EmailTemplateExportQuery>,
) -> Result<(HeaderMap, Json<EmailTemplateFile>), Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let names: Option<Vec<&str>> = query
        .names
        .as_deref()
        .map(|names| names.split(',').map(str::trim).collect());
    let file = files::export(&app.sereno, &staff, names.as_deref()).await?;
    let name = HeaderValue::from_static("attachment; filename=\"sereno-email-templates.json\"");
    Ok(([(header::CONTENT_DISPOSITION, name)].into_iter().collect(), Json(file)))
}

/// Read templates in
///
/// From such a file. Templates of your own are made where there are none; what differs from what is in use becomes a draft,
/// and is published where `publish` says so. Each stands for itself: one that is refused keeps none of the others away. A
/// draft that says something else is kept, unless `force` says otherwise; `dry_run` only tells what would be done.
#[utoipa::path(post, path = "/api/v1/admin/email-templates/import", tag = "e-mail templates",
    operation_id = "importEmailTemplates", request_body = ImportEmailTemplates,
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "What became of each", body = EmailTemplatesImported)))]
pub async fn import(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<ImportEmailTemplates>,
) -> Result<Json<EmailTemplatesImported>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let results = files::import(&app.sereno, &caller.meta, &staff, command).await?;
    Ok(Json(EmailTemplatesImported { results }))
}

/// One template in one language
///
/// What is shipped, what is in use, what is being written, and what it may name.
#[utoipa::path(get, path = "/api/v1/admin/email-templates/{name}/{language}", tag = "e-mail templates",
    operation_id = "getEmailTemplate",
    params(("name" = String, Path, description = "The template"), ("language" = String, Path, description = "`en`, `de` or `es`")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The template", body = EmailTemplateDetail)))]
pub async fn detail(
    State(app): State<App>,
    caller: Caller,
    Segments((name, language)): Segments,
) -> Result<Tagged<EmailTemplateDetail>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let detail = show::detail(&app.sereno, &staff, &name, &language).await?;
    Ok(Tagged(show::version(&app.sereno, &detail)?, detail))
}

/// Go back to what is shipped
///
/// What staff wrote stays among the versions. Of a template of your own nothing is in use any more.
#[utoipa::path(delete, path = "/api/v1/admin/email-templates/{name}/{language}", tag = "e-mail templates",
    operation_id = "retireEmailTemplate",
    params(("name" = String, Path, description = "The template"), ("language" = String, Path, description = "The language")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 204, description = "What is shipped is in use"),
        (status = 409, description = "`state_conflict`: it was already", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn retire(
    State(app): State<App>,
    caller: Caller,
    Segments((name, language)): Segments,
    _: Nothing,
) -> Result<StatusCode, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    match publishing::retire(&app.sereno, &caller.meta, &staff, (&name, &language)).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(version::refused(error, show::detail(&app.sereno, &staff, &name, &language)).await),
    }
}

/// Write the draft
///
/// It is read and rendered with samples before it is kept; `errors` say the part, line, column and reason of each fault
/// (`template_syntax_error`). There is one draft for each template and language.
#[utoipa::path(put, path = "/api/v1/admin/email-templates/{name}/{language}/draft", tag = "e-mail templates",
    operation_id = "saveEmailDraft",
    params(("name" = String, Path, description = "The template"), ("language" = String, Path, description = "The language")),
    request_body = SaveEmailDraft, security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The template with its draft", body = EmailTemplateDetail)))]
pub async fn save(
    State(app): State<App>,
    caller: Caller,
    Segments((name, language)): Segments,
    Json(command): Json<SaveEmailDraft>,
) -> Result<Tagged<EmailTemplateDetail>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let saved = draft::save(&app.sereno, &caller.meta, &staff, (&name, &language), command).await;
    tagged(&app, &staff, (&name, &language), saved).await
}

/// Throw the draft away
#[utoipa::path(delete, path = "/api/v1/admin/email-templates/{name}/{language}/draft", tag = "e-mail templates",
    operation_id = "discardEmailDraft",
    params(("name" = String, Path, description = "The template"), ("language" = String, Path, description = "The language")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 204, description = "There is none any more"),
        (status = 409, description = "`state_conflict`: there was none", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn discard(
    State(app): State<App>,
    caller: Caller,
    Segments((name, language)): Segments,
    _: Nothing,
) -> Result<StatusCode, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    match draft::discard(&app.sereno, &caller.meta, &staff, (&name, &language)).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(version::refused(error, show::detail(&app.sereno, &staff, &name, &language)).await),
    }
}

/// Publish the draft
///
/// It becomes the next version, and mails leave in its words from now on. Mails with a link or a code must name it, in text
/// and HTML (`template_variable_missing`).
#[utoipa::path(post, path = "/api/v1/admin/email-templates/{name}/{language}/publish", tag = "e-mail templates",
    operation_id = "publishEmailTemplate",
    params(("name" = String, Path, description = "The template"), ("language" = String, Path, description = "The language")),
    request_body = PublishEmailTemplate, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "It is in use", body = EmailTemplateDetail),
        (status = 409, description = "`state_conflict`: there is no draft", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn publish(
    State(app): State<App>,
    caller: Caller,
    Segments((name, language)): Segments,
    Json(command): Json<PublishEmailTemplate>,
) -> Result<Tagged<EmailTemplateDetail>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let done = publishing::publish(&app.sereno, &caller.meta, &staff, (&name, &language), command).await;
    tagged(&app, &staff, (&name, &language), done).await
}

/// Go back to an earlier version
///
/// What it says is published again, as the next version. A draft stays as it is.
#[utoipa::path(post, path = "/api/v1/admin/email-templates/{name}/{language}/rollback", tag = "e-mail templates",
    operation_id = "rollBackEmailTemplate",
    params(("name" = String, Path, description = "The template"), ("language" = String, Path, description = "The language")),
    request_body = RollBackEmailTemplate, security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "It is in use", body = EmailTemplateDetail)))]
pub async fn roll_back(
    State(app): State<App>,
    caller: Caller,
    Segments((name, language)): Segments,
    Json(command): Json<RollBackEmailTemplate>,
) -> Result<Tagged<EmailTemplateDetail>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let done = publishing::roll_back(&app.sereno, &caller.meta, &staff, (&name, &language), command).await;
    tagged(&app, &staff, (&name, &language), done).await
}

/// Versions of a template
///
/// The latest first.
#[utoipa::path(get, path = "/api/v1/admin/email-templates/{name}/{language}/versions", tag = "e-mail templates",
    operation_id = "listEmailVersions",
    params(("name" = String, Path, description = "The template"), ("language" = String, Path, description = "The language"),
        EmailVersionQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<EmailVersionRow>)))]
pub async fn list_versions(
    State(app): State<App>,
    caller: Caller,
    Segments((name, language)): Segments,
    Query(query): Query<EmailVersionQuery>,
) -> Result<Json<Page<EmailVersionRow>>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(
        versions::list(&app.sereno, &staff, (&name, &language), query).await?,
    ))
}

/// One version
#[utoipa::path(get, path = "/api/v1/admin/email-templates/{name}/{language}/versions/{version}",
    tag = "e-mail templates", operation_id = "getEmailVersion",
    params(("name" = String, Path, description = "The template"), ("language" = String, Path, description = "The language"),
        ("version" = String, Path, description = "Its number, from 1")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The version", body = EmailVersion)))]
pub async fn get_version(
    State(app): State<App>,
    caller: Caller,
    Segments((name, language, version)): Segments<(String, String, String)>,
) -> Result<Json<EmailVersion>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(
        versions::detail(&app.sereno, &staff, (&name, &language), &version).await?,
    ))
}

/// What differs between two texts
///
/// Line by line: of what is shipped, what is in use, the draft, or any version.
#[utoipa::path(get, path = "/api/v1/admin/email-templates/{name}/{language}/diff", tag = "e-mail templates",
    operation_id = "compareEmailTemplates",
    params(("name" = String, Path, description = "The template"), ("language" = String, Path, description = "The language"),
        EmailDiffQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "Both, side by side", body = EmailDiff)))]
pub async fn compare(
    State(app): State<App>,
    caller: Caller,
    Segments((name, language)): Segments,
    Query(query): Query<EmailDiffQuery>,
) -> Result<Json<EmailDiff>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(
        diff::compare(&app.sereno, &staff, (&name, &language), query).await?,
    ))
}

/// Look at a mail
///
/// As it would leave, inside the layout: of a text that is not saved, of the draft, or of any version. Links and codes are
/// samples. Naming a user takes `users.view` too.
#[utoipa::path(post, path = "/api/v1/admin/email-templates/{name}/{language}/preview", tag = "e-mail templates",
    operation_id = "previewEmailTemplate",
    params(("name" = String, Path, description = "The template"), ("language" = String, Path, description = "The language")),
    request_body = PreviewEmailTemplate, security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The mail", body = EmailPreview)))]
pub async fn preview(
    State(app): State<App>,
    caller: Caller,
    Segments((name, language)): Segments,
    Json(command): Json<PreviewEmailTemplate>,
) -> Result<Json<EmailPreview>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(
        previews::preview(&app.sereno, &staff, (&name, &language), command).await?,
    ))
}

/// Send a mail to look at
///
/// The draft, else what is in use, with samples and a subject that begins with `[Test]`: to your own confirmed address, or
/// to one that you say. It is queued as all mails are.
#[utoipa::path(post, path = "/api/v1/admin/email-templates/{name}/{language}/test", tag = "e-mail templates",
    operation_id = "testEmailTemplate",
    params(("name" = String, Path, description = "The template"), ("language" = String, Path, description = "The language")),
    request_body = TestEmailTemplate, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 202, description = "It is queued", body = EmailTestQueued),
        (status = 429, description = "`too_many_requests`", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn test(
    State(app): State<App>,
    caller: Caller,
    Segments((name, language)): Segments,
    Json(command): Json<TestEmailTemplate>,
) -> Result<(StatusCode, Json<EmailTestQueued>), Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let queued = previews::send(&app.sereno, &caller.meta, &staff, (&name, &language), command).await?;
    Ok((StatusCode::ACCEPTED, Json(queued)))
}

async fn tagged(
    app: &App,
    staff: &sereno_core::context::Staff,
    (name, language): (&str, &str),
    outcome: sereno_core::Result<EmailTemplateDetail>,
) -> Result<Tagged<EmailTemplateDetail>, Refusal> {
    match outcome {
        Ok(detail) => Ok(Tagged(show::version(&app.sereno, &detail)?, detail)),
        Err(error) => Err(version::refused(error, show::detail(&app.sereno, staff, name, language)).await),
    }
}
