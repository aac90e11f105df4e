//! One notification to one device: what it says, what became of it, attempt by attempt, and what staff can do about it.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use sereno_types::{Id, Permission, Problem, PushAction, PushAttempt, PushDetail, PushOutcome, PushReason};

use crate::{
    console::{
        Breadcrumb,
        event::person,
        may,
        pushes::{PATH, PushBadge, device_name, reason_words},
        user::Section,
    },
    ui::{
        alert::Done,
        field::Hidden,
        form::{Attempt, Form, Submit},
        heading::Heading,
        icon::Icon,
        loaded::loaded,
        time::At,
    },
};

#[server(name = LoadPush, prefix = "/console/fn", endpoint = "push")]
pub(crate) async fn push(#[server(default)] id: String) -> Result<PushDetail, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::messages::push::detail(&member.sereno, &member.staff, &Id(id))
        .await
        .map_err(gate::refuse)
}

#[server(prefix = "/console/fn", endpoint = "retry_push")]
pub(crate) async fn retry_push(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, Id(id));
    sereno_core::messages::push::retry(&member.sereno, &member.meta, &member.staff, &id)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("{PATH}/{id}?done=queued"));
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "cancel_push")]
pub(crate) async fn cancel_push(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, Id(id));
    sereno_core::messages::push::cancel(&member.sereno, &member.meta, &member.staff, &id)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("{PATH}/{id}?done=cancelled"));
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "resend_push")]
pub(crate) async fn resend_push(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, Id(id));
    let again = sereno_core::messages::push::resend(&member.sereno, &member.meta, &member.staff, &id)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("{PATH}/{}?done=resent", again.row.id));
    Ok(())
}

/// `/console/push/{id}`.
#[component]
pub fn PushPage() -> impl IntoView {
    let (params, asked) = (use_params_map(), use_query_map());
    let detail = Resource::new(
        move || {
            let done = asked.with(|asked| asked.get("done").unwrap_or_default());
            (params.with(|params| params.get("id").unwrap_or_default()), done)
        },
        |(id, done)| async move { push(id).await.map(|detail| (detail, done)) },
    );
    loaded(detail, |(detail, done)| {
        let notice = match done.as_str() {
            "queued" => Some("It is queued again."),
            "cancelled" => Some("It does not leave."),
            "resent" => Some("This is another one like it, and it is queued."),
            _ => None,
        };
        view! { <PushView detail notice /> }
    })
}

/// The notification, once known.
#[component]
pub fn PushView(
    /// What is known.
    detail: PushDetail,
    /// What has just been done.
    #[prop(default = None)]
    notice: Option<&'static str>,
) -> impl IntoView {
    let row = detail.row;
    let title = if row.title.is_empty() {
        "Without a title".to_owned()
    } else {
        row.title
    };
    let does = Does::new();
    let actions =
        may(Permission::MessagesManage).then(|| view! { <Actions id=row.id.clone() offered=detail.actions does /> });
    let repeats = detail.resent_of.map(|id| {
        view! {
            <Fact name="Repeats">
                <a class="link" href=format!("{PATH}/{id}")>
                    "Another notification"
                </a>
            </Fact>
        }
    });
    let device = if may(Permission::DevicesView) {
        let href = format!("/console/devices/{}", row.device.id);
        view! {
            <a class="link wrap-anywhere" href=href>
                {device_name(row.device.name)}
            </a>
        }
        .into_any()
    } else {
        device_name(row.device.name).into_any()
    };
    let rows: Vec<_> = detail
        .data
        .into_iter()
        .map(|(name, value)| view! { <Fact name=name code=true>{value}</Fact> })
        .collect();
    let data = (!rows.is_empty()).then(|| {
        view! {
            <Section title="Data for the application">
                <dl class="facts">{rows}</dl>
            </Section>
        }
    });
    let retired = (row.reason == Some(PushReason::TokenUnregistered)).then(|| {
        view! {
            <p class="border-t border-line pt-3 text-soft">
                "The service says that this token is of no installation any more: the application was removed, or has another token by now. Sereno has forgotten the token, so that nothing is sent in vain. The device is notified again once its application tells its new token, which it does at the next sign-in."
            </p>
        }
    });
    let others = format!("{PATH}?batch={}", row.batch);
    view! {
        <Breadcrumb above=vec![("/console", "Overview"), (PATH, "Push")] here=title.clone() />
        {notice.map(|notice| view! { <Done>{notice}</Done> })}
        <div class="flex flex-wrap items-start justify-between gap-4">
            <div class="grid min-w-0 gap-2">
                <Heading title attempt=does.attempt() />
                <p>
                    <PushBadge state=row.state />
                </p>
            </div>
            {actions}
        </div>
        <section class="card grid grid-cols-1 gap-3 p-5">
            <dl class="facts">
                <Fact name="Words">{detail.body}</Fact>
                <Fact name="To">{person(row.user)}</Fact>
                <Fact name="Device">{device}</Fact>
                {row.reason.map(|reason| view! { <Fact name="Reason">{reason_words(reason)}</Fact> })}
                {detail.answer.map(|answer| view! { <Fact name="Answer of the service">{answer}</Fact> })}
                <Fact name="Attempts">{row.attempts}</Fact>
                <Fact name="Asked for">
                    <At at=row.created_at />
                </Fact>
                {row
                    .sent_at
                    .map(|at| {
                        view! {
                            <Fact name="Taken by the service">
                                <At at />
                            </Fact>
                        }
                    })}
                {detail.channel.map(|channel| view! { <Fact name="Channel">{channel}</Fact> })}
                {repeats}
            </dl>
            {retired}
        </section>
        <Attempts tried=detail.tried />
        {data}
        <a class="link justify-self-start" href=others>
            "All of the same request"
        </a>
    }
}

/// What can be done as it stands. Each is a form of its own, which works without scripts.
#[component]
fn Actions(id: Id, offered: Vec<PushAction>, does: Does) -> impl IntoView {
    let offered = offered
        .into_iter()
        .map(|offer| {
            let id = id.0.clone();
            match offer {
                PushAction::Retry => {
                    let (action, attempt) = does.retry;
                    view! {
                        <Form action attempt class="contents">
                            <Hidden name="id" value=id />
                            <Submit label="Try again" icon=Icon::Clock class="button" />
                        </Form>
                    }
                    .into_any()
                }
                PushAction::Cancel => {
                    let (action, attempt) = does.cancel;
                    view! {
                        <Form action attempt class="contents">
                            <Hidden name="id" value=id />
                            <Submit label="Cancel" icon=Icon::Ban class="button" />
                        </Form>
                    }
                    .into_any()
                }
                PushAction::Resend => {
                    let (action, attempt) = does.resend;
                    view! {
                        <Form action attempt class="contents">
                            <Hidden name="id" value=id />
                            <Submit label="Send anew" icon=Icon::Smartphone class="button" />
                        </Form>
                    }
                    .into_any()
                }
            }
        })
        .collect_view();
    view! { <div class="flex flex-wrap gap-3">{offered}</div> }
}

/// The forms of the page, and what their last try left behind.
#[derive(Clone, Copy)]
struct Does {
    retry: (ServerAction<RetryPush>, Attempt),
    cancel: (ServerAction<CancelPush>, Attempt),
    resend: (ServerAction<ResendPush>, Attempt),
}

impl Does {
    fn new() -> Self {
        let (retry, cancel, resend) = (ServerAction::new(), ServerAction::new(), ServerAction::new());
        Self {
            retry: (retry, Attempt::of(retry)),
            cancel: (cancel, Attempt::of(cancel)),
            resend: (resend, Attempt::of(resend)),
        }
    }

    /// Whichever was refused.
    fn attempt(self) -> Attempt {
        Attempt::either(self.retry.1, Attempt::either(self.cancel.1, self.resend.1))
    }
}

#[component]
fn Attempts(tried: Vec<PushAttempt>) -> impl IntoView {
    if tried.is_empty() {
        return view! {
            <Section title="Attempts">
                <p class="text-soft">"The push service was not asked so far."</p>
            </Section>
        }
        .into_any();
    }
    let rows = tried
        .into_iter()
        .map(|attempt| {
            view! {
                <tr>
                    <th scope="row">{attempt.number}</th>
                    <td>
                        <At at=attempt.begun_at />
                    </td>
                    <td>
                        {outcome_name(attempt.outcome)}
                        {attempt
                            .reason
                            .map(|reason| view! { <span class="block text-soft">{reason_words(reason)}</span> })}
                    </td>
                    <td class="min-w-48 wrap-anywhere">{attempt.answer}</td>
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
                            <th scope="col">"Begun"</th>
                            <th scope="col">"Outcome"</th>
                            <th scope="col">"Answer"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </Section>
    }
    .into_any()
}

/// What the console calls the end of an attempt.
const fn outcome_name(outcome: PushOutcome) -> &'static str {
    match outcome {
        PushOutcome::Sent => "Taken",
        PushOutcome::Later => "Not now",
        PushOutcome::Refused => "Refused",
    }
}

#[component]
fn Fact(#[prop(into)] name: String, #[prop(default = false)] code: bool, children: Children) -> impl IntoView {
    view! {
        <div>
            <dt class:font-mono=code>{name}</dt>
            <dd class="wrap-anywhere">{children()}</dd>
        </div>
    }
}
