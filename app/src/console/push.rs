//! One notification to one device: what it says, what became of it, and another try.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use sereno_types::{Permission, Problem, PushDetail, PushReason, PushState};

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
    sereno_core::messages::push::detail(&member.sereno, &member.staff, &sereno_types::Id(id))
        .await
        .map_err(gate::refuse)
}

#[server(prefix = "/console/fn", endpoint = "retry_push")]
pub(crate) async fn retry_push(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, sereno_types::Id(id));
    sereno_core::messages::push::retry(&member.sereno, &member.meta, &member.staff, &id)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("{PATH}/{id}?done=queued"));
    Ok(())
}

/// `/console/push/{id}`.
#[component]
pub fn PushPage() -> impl IntoView {
    let (params, asked) = (use_params_map(), use_query_map());
    let detail = Resource::new(
        move || {
            let done = asked.with(|asked| asked.get("done").is_some());
            (params.with(|params| params.get("id").unwrap_or_default()), done)
        },
        |(id, done)| async move { push(id).await.map(|detail| (detail, done)) },
    );
    loaded(detail, |(detail, done)| view! { <PushView detail done /> })
}

/// The notification, once known.
#[component]
pub fn PushView(
    /// What is known.
    detail: PushDetail,
    /// Whether it was just queued again.
    #[prop(default = false)]
    done: bool,
) -> impl IntoView {
    let action = ServerAction::<RetryPush>::new();
    let attempt = Attempt::of(action);
    let row = detail.row;
    let title = if row.title.is_empty() {
        "Without a title".to_owned()
    } else {
        row.title
    };
    let retry = (row.state == PushState::Failed && may(Permission::MessagesManage)).then(|| {
        let id = row.id.0.clone();
        view! {
            <Form action attempt class="contents">
                <Hidden name="id" value=id />
                <Submit label="Try again" icon=Icon::Clock class="button" />
            </Form>
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
        {done.then(|| view! { <Done>"It is queued again."</Done> })}
        <div class="flex flex-wrap items-start justify-between gap-4">
            <div class="grid min-w-0 gap-2">
                <Heading title attempt />
                <p>
                    <PushBadge state=row.state />
                </p>
            </div>
            {retry}
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
            </dl>
            {retired}
        </section>
        {data}
        <a class="link justify-self-start" href=others>
            "All of the same request"
        </a>
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
