//! How the mails of a project leave, as a part of its page: who sends them, where answers go, and by which mail server.

use leptos::prelude::*;
use sereno_types::{Permission, Problem, ProjectMail, StaffProfile};

#[cfg(feature = "ssr")]
use super::projects::PATH;
use crate::{
    console::{application_form::Fields, may},
    ui::{
        field::{Field, Hidden, Tick},
        form::{Attempt, Form, Submit},
        icon::Icon,
    },
};

/// The field for the mail server: what is posted under such a name is not kept when the form is refused.
const SERVER: &str = "secret_url";

#[server(name = LoadProjectMail, prefix = "/console/fn", endpoint = "project_mail")]
pub(crate) async fn project_mail(#[server(default)] id: String) -> Result<(ProjectMail, String), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::roles::project_mail::detail(&member.sereno, &member.staff, &id)
        .await
        .map_err(gate::refuse)
}

/// Changes it. A mail server is said anew, or taken away, or stays.
#[server(prefix = "/console/fn", endpoint = "update_project_mail")]
pub(crate) async fn update_project_mail(
    #[server(default)] id: String,
    #[server(flatten)] fields: Fields,
) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?.having_seen(fields.get("seen"));
    let said = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let (secret_url, forget) = (said(SERVER), said("forget"));
    let transport = match (secret_url.trim().is_empty(), forget.is_empty()) {
        (true, true) => None,
        (true, false) => Some(String::new().into()),
        (false, _) => Some(secret_url.into()),
    };
    let command = sereno_types::UpdateProjectMail {
        mail_from: Some(said("mail_from")),
        reply_to: Some(said("reply_to")),
        transport,
    };
    sereno_core::roles::project_mail::update(&member.sereno, &member.meta, &member.staff, &id, command)
        .await
        .map_err(|error| {
            let mut problem = gate::refuse(error);
            for error in &mut problem.errors {
                if error.field == "transport" {
                    error.field = SERVER.into();
                }
            }
            problem
        })?;
    gate::go_to(&format!("{PATH}/{id}?done=mail"));
    Ok(())
}

/// Sends a mail as the project's mails leave. Its own page says what the mail server answered.
#[server(prefix = "/console/fn", endpoint = "test_project_mail")]
pub(crate) async fn test_project_mail(
    #[server(default)] id: String,
    #[server(default)] recipient: String,
) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let command = sereno_types::TestMail { recipient };
    let sent = sereno_core::messages::test(&member.sereno, &member.meta, &member.staff, Some(&id), command)
        .await
        .map_err(gate::refuse)?;
    let word = if sent.code == sereno_types::MessageReason::EmailSent {
        "tried"
    } else {
        "not_tried"
    };
    if let Some(id) = sent.id {
        gate::go_to(&format!("/console/messages/{id}?done={word}"));
    }
    Ok(())
}

/// What holds, and the form for who may change it.
#[component]
pub(super) fn MailSettings(
    /// The project's name in addresses.
    slug: String,
    /// What holds.
    mail: ProjectMail,
    /// Its version, so that nobody else's change is overwritten.
    version: String,
) -> impl IntoView {
    let may_change = may(Permission::ProjectsManage) && may(Permission::MessagesManage);
    let is_superuser = use_context::<StaffProfile>().is_some_and(|profile| profile.is_superuser);
    let action = ServerAction::<UpdateProjectMail>::new();
    let said = vec![
        ("mail_from".to_owned(), mail.mail_from.clone().unwrap_or_default()),
        ("reply_to".to_owned(), mail.reply_to.clone().unwrap_or_default()),
    ];
    let attempt = Attempt::of(action).completed_by(said);
    let own = match &mail.transport {
        Some(place) => format!("Its mails leave by {place}."),
        None => "Its mails leave as all mails do.".to_owned(),
    };
    let has_own = mail.transport.is_some();
    let may_try = may(Permission::MessagesManage) && may(Permission::MessagesView);
    let trying = may_try.then(|| view! { <Try slug=slug.clone() /> });
    view! {
        <section class="grid grid-cols-1 gap-4">
            <h2 class="text-lg font-semibold">"Mails"</h2>
            <p>{own}</p>
            <Form action attempt>
                <Hidden name="id" value=slug />
                <Hidden name="seen" value=version />
                <fieldset class="card grid grid-cols-1 gap-4 p-5" disabled=!may_change>
                    <legend class="sr-only">"Mails of the project"</legend>
                    <Field
                        name="mail_from"
                        label="Sent by"
                        hint="Name <address>; empty: as all mails. The mail server must be allowed to send for it."
                        optional=true
                    />
                    <Field name="reply_to" label="Answers to" inputmode="email" optional=true />
                    {is_superuser.then(|| view! { <ServerFields has_own /> })}
                </fieldset>
                {may_change
                    .then(|| view! { <Submit label="Save mails" class="button justify-self-start" /> })}
            </Form>
            {trying}
        </section>
    }
}

/// Whether mails leave as it is saved.
#[component]
fn Try(slug: String) -> impl IntoView {
    let action = ServerAction::<TestProjectMail>::new();
    let attempt = Attempt::of(action);
    view! {
        <Form action attempt>
            <Hidden name="id" value=slug />
            <Field
                name="recipient"
                label="Send a test mail to"
                inputmode="email"
                hint="As saved above. The next page says what the mail server answered."
            />
            <Submit label="Send a test mail" class="button justify-self-start" icon=Icon::Mail />
        </Form>
    }
}

/// The mail server of its own, which only administrators say. Inside the form, where fields find the attempt.
#[component]
fn ServerFields(has_own: bool) -> impl IntoView {
    view! {
        <Field
            name=SERVER
            kind="password"
            label="Mail server"
            hint="smtp://user:password@host:587. It is never shown again; empty: as it is."
            optional=true
        />
        {has_own.then(|| view! { <Tick name="forget" label="No mail server of its own any more" /> })}
    }
}
