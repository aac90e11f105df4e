//! One mail: what became of it, attempt by attempt, what it looks like, and what staff can do about it.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use sereno_types::{
    AttemptOutcome, Id, MessageAction, MessageAttempt, MessageDetail, MessagePreview, Permission, Problem,
};

use crate::{
    console::{
        Breadcrumb,
        holders::UserLink,
        may,
        messages::{MessageBadge, kind_title},
        user::Section,
    },
    ui::{
        alert::Done,
        confirm::Confirm,
        copy::Copyable,
        field::{Field, Hidden},
        form::{Attempt, Form, Submit},
        heading::Heading,
        icon::Icon,
        loaded::loaded,
        time::At,
    },
};

const PATH: &str = "/console/messages";

#[server(name = LoadMessage, prefix = "/console/fn", endpoint = "message")]
pub(crate) async fn message(#[server(default)] id: String) -> Result<MessageDetail, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::messages::detail(&member.sereno, &member.staff, &Id(id))
        .await
        .map_err(gate::refuse)
}

#[server(prefix = "/console/fn", endpoint = "retry_message")]
pub(crate) async fn retry_message(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, Id(id));
    sereno_core::messages::retry(&member.sereno, &member.meta, &member.staff, &id)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&done(&id, "retried"));
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "cancel_message")]
pub(crate) async fn cancel_message(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, Id(id));
    sereno_core::messages::cancel(&member.sereno, &member.meta, &member.staff, &id)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&done(&id, "cancelled"));
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "release_message")]
pub(crate) async fn release_message(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, Id(id));
    sereno_core::messages::release(&member.sereno, &member.meta, &member.staff, &id)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&done(&id, "released"));
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "resend_message")]
pub(crate) async fn resend_message(
    #[server(default)] id: String,
    #[server(default)] recipient: String,
) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, Id(id));
    let command = sereno_types::ResendMessage {
        recipient: Some(recipient),
    };
    let again = sereno_core::messages::resend(&member.sereno, &member.meta, &member.staff, &id, command)
        .await
        .map_err(gate::refuse)?;
    // a flow that asks anew makes its row when its job runs
    let word = if again.ok { "resent" } else { "not_resent" };
    gate::go_to(&done(&again.id.unwrap_or(id), word));
    Ok(())
}

/// The page of a mail; the core has accepted the id before it stands in an address.
#[cfg(feature = "ssr")]
fn done(id: &Id, what: &str) -> String {
    format!("{PATH}/{id}?done={what}")
}

/// `/console/messages/{id}`.
#[component]
pub fn MessagePage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let detail = Resource::new(
        move || params.with(|params| params.get("id").unwrap_or_default()),
        message,
    );
    let says = move |name: &'static str| query.with(|query| query.get(name).unwrap_or_default());
    let notice = Signal::derive(move || match says("done").as_str() {
        "retried" | "released" => Some("The mail is in the queue."),
        "cancelled" => Some("The mail does not leave."),
        "resent" => Some("Another mail is on its way."),
        "tried" => Some("The mail server took the mail."),
        "not_tried" => Some("The mail server did not take the mail. What it said stands below."),
        "not_resent" => Some("Another mail was made, and is not to leave: its reason says why."),
        _ => None,
    });
    let confirm = Signal::derive(move || says("confirm"));
    loaded(detail, move |detail| view! { <MessageView detail notice confirm /> })
}

/// The mail, once known.
#[component]
pub fn MessageView(
    /// What is known.
    detail: MessageDetail,
    /// What has just been done.
    notice: Signal<Option<&'static str>>,
    /// What the address asks to be confirmed: `retry`, `cancel`, `release` or `resend`.
    confirm: Signal<String>,
) -> impl IntoView {
    let title = format!("{} to {}", kind_title(&detail.message.kind), detail.message.recipient);
    let may_manage = may(Permission::MessagesManage);
    let id = detail.message.id.clone();
    let state = detail.message.state;
    let preview = detail
        .preview
        .clone()
        .map(|preview| view! { <Preview id=id.clone() preview /> }.into_any());
    view! {
        <Breadcrumb
            above=vec![("/console", "Overview"), (PATH, "Mails")]
            here=kind_title(&detail.message.kind)
        />
        {move || notice.get().map(|notice| view! { <Done>{notice}</Done> })}
        <div class="flex flex-wrap items-start justify-between gap-4">
            <div class="grid min-w-0 gap-2">
                <Heading title />
                <p>
                    <MessageBadge state />
                </p>
            </div>
            {may_manage.then(|| view! { <Actions detail=detail.clone() /> })}
        </div>
        {may_manage.then(|| view! { <Questions detail=detail.clone() confirm /> })}
        <Facts detail=detail.clone() />
        <Attempts tried=detail.tried />
        {preview}
    }
}

/// What can be done as it stands; each is asked about first, and the links work without scripts.
#[component]
fn Actions(detail: MessageDetail) -> impl IntoView {
    let id = detail.message.id;
    let offered: Vec<_> = [
        (
            MessageAction::Release,
            "Release",
            "Lets this mail go although mails are held back.",
        ),
        (
            MessageAction::Retry,
            "Retry",
            "Puts this mail into the queue again, with fresh attempts.",
        ),
        (
            MessageAction::Resend,
            "Send anew",
            "Makes another mail like this one, which has a history of its own.",
        ),
        (MessageAction::Cancel, "Cancel", "Takes this mail out of the queue."),
    ]
    .into_iter()
    .filter(|(action, ..)| detail.actions.contains(action))
    .collect();
    let hints = offered
        .iter()
        .map(|(action, label, words)| {
            view! {
                <li id=format!("{}-hint", action.as_str())>
                    <strong>{*label}</strong>
                    ": "
                    {*words}
                </li>
            }
        })
        .collect_view();
    let links = offered
        .iter()
        .enumerate()
        .map(|(at, (action, label, _))| {
            let class = if at == 0 { "button button-primary" } else { "button" };
            view! {
                <a
                    class=class
                    href=format!("{PATH}/{id}?confirm={}", action.as_str())
                    aria-describedby=format!("{}-hint", action.as_str())
                    data-noscroll
                >
                    {*label}
                </a>
            }
        })
        .collect_view();
    view! {
        <div class="grid max-w-md gap-2">
            <div class="flex flex-wrap gap-3 sm:justify-end">{links}</div>
            <ul class="hint">{hints}</ul>
        </div>
    }
}

#[component]
fn Questions(detail: MessageDetail, confirm: Signal<String>) -> impl IntoView {
    let id = detail.message.id.clone();
    let asks = move |what: &'static str| Signal::derive(move || confirm.get() == what);
    let may = |action: MessageAction| detail.actions.contains(&action);
    let recipient = detail.message.recipient.clone();
    view! {
        {may(MessageAction::Release).then(|| view! { <ReleaseQuestion id=id.clone() open=asks("release") /> })}
        {may(MessageAction::Retry).then(|| view! { <RetryQuestion id=id.clone() open=asks("retry") /> })}
        {may(MessageAction::Cancel).then(|| view! { <CancelQuestion id=id.clone() open=asks("cancel") /> })}
        {may(MessageAction::Resend).then(|| {
                view! {
                    <ResendQuestion
                        id=id.clone()
                        recipient
                        can_redirect=may(MessageAction::Redirect)
                        open=asks("resend")
                    />
                }
            })}
    }
}

#[component]
fn RetryQuestion(id: Id, open: Signal<bool>) -> impl IntoView {
    let action = ServerAction::<RetryMessage>::new();
    let attempt = Attempt::of(action);
    view! {
        <Confirm id="retry" title="Put the mail into the queue again?" open cancel=format!("{PATH}/{id}")>
            <p>"Its attempts begin anew, and its links and codes are made anew. If nobody waits for it any more, it is skipped."</p>
            <Form action attempt>
                <Hidden name="id" value=id.0 />
                <Submit label="Retry" class="button button-primary justify-self-start" />
            </Form>
        </Confirm>
    }
}

#[component]
fn ReleaseQuestion(id: Id, open: Signal<bool>) -> impl IntoView {
    let action = ServerAction::<ReleaseMessage>::new();
    let attempt = Attempt::of(action);
    view! {
        <Confirm id="release" title="Let the mail go?" open cancel=format!("{PATH}/{id}")>
            <p>"It leaves at once, although mails are held back."</p>
            <Form action attempt>
                <Hidden name="id" value=id.0 />
                <Submit label="Release" class="button button-primary justify-self-start" />
            </Form>
        </Confirm>
    }
}

#[component]
fn CancelQuestion(id: Id, open: Signal<bool>) -> impl IntoView {
    let action = ServerAction::<CancelMessage>::new();
    let attempt = Attempt::of(action);
    view! {
        <Confirm id="cancel" title="Take the mail out of the queue?" open cancel=format!("{PATH}/{id}")>
            <p>"It does not leave, and nobody is told. It can be put into the queue again."</p>
            <Form action attempt>
                <Hidden name="id" value=id.0 />
                <Submit label="Cancel the mail" class="button button-danger justify-self-start" icon=Icon::Ban />
            </Form>
        </Confirm>
    }
}

#[component]
fn ResendQuestion(id: Id, recipient: String, can_redirect: bool, open: Signal<bool>) -> impl IntoView {
    let action = ServerAction::<ResendMessage>::new();
    let attempt = Attempt::of(action).starting_with(vec![("recipient".to_owned(), recipient.clone())]);
    view! {
        <Confirm id="resend" title="Send another mail like this?" open cancel=format!("{PATH}/{id}")>
            <Form action attempt>
                <Hidden name="id" value=id.0 />
                <ToField recipient can_redirect />
                <Submit label="Send" class="button button-primary justify-self-start" icon=Icon::Mail />
            </Form>
        </Confirm>
    }
}

/// To whom: to be corrected, or bound. Inside the form, where fields find the attempt.
#[component]
fn ToField(recipient: String, can_redirect: bool) -> impl IntoView {
    if can_redirect {
        return view! { <Field name="recipient" label="To" inputmode="email" hint="Correct the address if it is wrong." /> }
            .into_any();
    }
    view! {
        <p>
            {format!(
                "It goes to {recipient} again and nowhere else: a mail like this holds a secret that is made for its address.",
            )}
        </p>
        <Hidden name="recipient" value=recipient />
    }
    .into_any()
}

#[component]
fn Fact(name: &'static str, children: Children) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd class="wrap-anywhere">{children()}</dd>
        </div>
    }
}

#[component]
fn Facts(detail: MessageDetail) -> impl IntoView {
    let message = detail.message;
    let why = message.reason.map(|reason| {
        view! {
            <Fact name="Why">
                <code class="font-mono">{reason.as_str()}</code>
                ": "
                {reason.title()}
            </Fact>
        }
    });
    let words = detail.template_version.map(|version| {
        view! { <Fact name="Words">{format!("Staff's, version {version}")}</Fact> }
    });
    let user = message.user.map(|user| {
        view! {
            <Fact name="User">
                <UserLink user />
            </Fact>
        }
    });
    let project = message
        .project
        .map(|project| view! { <Fact name="Project">{project}</Fact> });
    let sent = message.sent_at.map(|at| {
        view! {
            <Fact name="Taken by a mail server">
                <At at />
            </Fact>
        }
    });
    let announcement = detail.announcement.map(|id| {
        view! {
            <Fact name="Announcement">
                <a class="link" href=format!("/console/announcements/{id}")>
                    {message.announcement.unwrap_or_else(|| "The announcement".to_owned())}
                </a>
            </Fact>
        }
    });
    let repeats = detail.resent_of.map(|id| {
        view! {
            <Fact name="Repeats">
                <a class="link" href=format!("{PATH}/{id}")>
                    "Another mail"
                </a>
            </Fact>
        }
    });
    let forced = detail.is_forced.then(|| {
        view! { <Fact name="Forced">"Leaves in spite of excluded addresses and of mails being held back"</Fact> }
    });
    view! {
        <Section title="What became of it">
            <dl class="facts">
                <Fact name="To">{message.recipient}</Fact>
                {user}
                {project}
                <Fact name="Language">{message.locale}</Fact>
                <Fact name="Asked for">
                    <At at=message.created_at />
                </Fact>
                {sent}
                <Fact name="Code">
                    <code class="font-mono">{message.code.as_str()}</code>
                </Fact>
                {why}
                {words}
                {forced}
                {announcement}
                {repeats}
                <Fact name="Id">
                    <Copyable text=message.id.0 what="the id" />
                </Fact>
            </dl>
        </Section>
    }
}

/// What the console calls the end of an attempt.
const fn outcome_name(outcome: AttemptOutcome) -> &'static str {
    match outcome {
        AttemptOutcome::Begun => "Under way",
        AttemptOutcome::Sent => "Taken",
        AttemptOutcome::Later => "Not now",
        AttemptOutcome::Refused => "Refused",
        AttemptOutcome::Interrupted => "Cut off",
    }
}

#[component]
fn Attempts(tried: Vec<MessageAttempt>) -> impl IntoView {
    if tried.is_empty() {
        return view! {
            <Section title="Attempts">
                <p class="text-soft">"No mail server was asked so far."</p>
            </Section>
        }
        .into_any();
    }
    let rows = tried
        .into_iter()
        .map(|attempt| {
            view! {
                <tr>
                    <th scope="row">
                        {attempt.number}
                        // narrow screens have no columns for them
                        <span class="mt-1 grid gap-0.5 font-normal md:hidden">
                            <span>{outcome_name(attempt.outcome)} ", " <At at=attempt.begun_at.clone() /></span>
                            <code class="font-mono text-sm wrap-anywhere text-soft">{attempt.transport.clone()}</code>
                            <span class="wrap-anywhere">{attempt.answer.clone()}</span>
                        </span>
                    </th>
                    <td class="max-md:hidden">
                        <At at=attempt.begun_at />
                    </td>
                    <td class="wrap-anywhere font-mono max-md:hidden">{attempt.transport}</td>
                    <td class="max-md:hidden">{outcome_name(attempt.outcome)}</td>
                    <td class="min-w-48 wrap-anywhere max-md:hidden">{attempt.answer}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Section title="Attempts">
            <div class="scroller -mx-5" role="region" aria-label="Attempts" tabindex="0">
                <table class="grid-table">
                    <caption class="sr-only">"Attempts, oldest first"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"No."</th>
                            <th scope="col" class="max-md:hidden">
                                "Begun"
                            </th>
                            <th scope="col" class="max-md:hidden">
                                "Mail server"
                            </th>
                            <th scope="col" class="max-md:hidden">
                                "Outcome"
                            </th>
                            <th scope="col" class="max-md:hidden">
                                "Answer"
                            </th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </Section>
    }
    .into_any()
}

/// What it looks like. The HTML is a document of its own, in a frame that may do nothing.
#[component]
fn Preview(id: Id, preview: MessagePreview) -> impl IntoView {
    let lead = if preview.is_sample {
        "What mails of this kind look like: names and times are samples, links and codes are masked. The mail itself was not \
         kept, because it held a secret."
    } else {
        "What the mail says. It is kept until it has left."
    };
    let files = (!preview.attachments.is_empty()).then(|| {
        let names = preview.attachments.join(", ");
        view! { <p class="wrap-anywhere">"Files: " {names}</p> }
    });
    let html = (!preview.html.is_empty()).then(|| {
        view! {
            <iframe
                class="h-96 w-full rounded-md border border-line bg-white"
                title="The mail as HTML"
                sandbox=""
                src=format!("{PATH}/{id}/preview")
            ></iframe>
        }
    });
    view! {
        <Section title="Looks">
            <p class="text-soft">{lead}</p>
            <p class="font-semibold wrap-anywhere">{preview.subject}</p>
            {files}
            {html}
            <details>
                <summary class="link">"As plain text"</summary>
                <pre class="shell wrap-anywhere whitespace-pre-wrap" tabindex="0">
                    {preview.text}
                </pre>
            </details>
        </Section>
    }
}
