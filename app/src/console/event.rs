//! One event: what it says of itself, and where its line of refresh tokens went.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use sereno_types::{EventDetail, EventRow, Lineage, LineageToken, Permission, Problem, SessionUser};

use crate::{
    console::{Breadcrumb, may, overview::grouped, user::Section},
    profile_form::told,
    text::{Locale, texts},
    ui::{
        alert::Tone,
        badge::Badge,
        copy::Copyable,
        heading::Heading,
        icon::Icon,
        loaded::loaded,
        time::{Ago, At},
    },
};

#[server(name = LoadEvent, prefix = "/console/fn", endpoint = "event")]
pub(crate) async fn event(#[server(default)] id: String) -> Result<EventDetail, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::account::admin::event(&member.sereno, &member.staff, &sereno_types::Id(id))
        .await
        .map_err(gate::refuse)
}

/// `/console/events/{id}`.
#[component]
pub fn EventPage() -> impl IntoView {
    let params = use_params_map();
    let detail = Resource::new(
        move || params.with(|params| params.get("id").unwrap_or_default()),
        event,
    );
    loaded(detail, |detail| view! { <EventView detail /> })
}

/// The event, once known.
#[component]
pub fn EventView(
    /// What is known.
    detail: EventDetail,
) -> impl IntoView {
    let EventDetail { event, lineage } = detail;
    let title = event.name.clone();
    view! {
        <Breadcrumb above=vec![("/console", "Overview"), ("/console/events", "Events")] here=title.clone() />
        <Heading title />
        <Facts event />
        {lineage.map(|lineage| view! { <Line lineage /> })}
    }
}

/// A user by name, and the way to their page for who may see it.
pub(super) fn person(user: SessionUser) -> AnyView {
    if user.name.is_empty() {
        return view! {
            "Deleted: "
            <code class="id">{user.id.0}</code>
        }
        .into_any();
    }
    if !may(Permission::UsersView) {
        return user.name.into_any();
    }
    view! {
        <a class="link wrap-anywhere" href=format!("/console/users/{}", user.id)>
            {user.name}
        </a>
    }
    .into_any()
}

/// Who did it.
pub(super) fn by(actor: Option<SessionUser>, kind: &str) -> AnyView {
    match (actor, kind) {
        (Some(actor), _) => person(actor),
        (None, "system") => "Sereno".into_any(),
        (None, _) => "Nobody who was signed in".into_any(),
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

fn or_not_told(text: Option<String>) -> String {
    text.unwrap_or_else(|| "Not told".to_owned())
}

#[component]
fn Facts(event: EventRow) -> impl IntoView {
    let outcome = match event.code {
        Some(code) => view! {
            "Refused, "
            <code class="font-mono">{code.as_str()}</code>
            ": "
            {code.title()}
        }
        .into_any(),
        None => "Happened".into_any(),
    };
    let application = event.application.map(|application| {
        let name = application
            .name
            .unwrap_or_else(|| format!("Deleted: {}", application.id));
        let known = may(Permission::ApplicationsView) && !name.starts_with("Deleted: ");
        let name = if known {
            view! {
                <a class="link" href=format!("/console/applications/{}", application.id)>
                    {name}
                </a>
            }
            .into_any()
        } else {
            name.into_any()
        };
        view! { <Fact name="Application">{name}</Fact> }
    });
    let session = event.session_id.map(|id| {
        let href = format!("/console/events?session={id}");
        view! {
            <Fact name="Sign-in">
                <code class="id">{id.0}</code>
                " "
                <a class="link" href=href>
                    "Its events"
                </a>
            </Fact>
        }
    });
    let request = event.request_id.map(|id| {
        view! {
            <Fact name="Request">
                <Copyable text=id what="the request's id" />
            </Fact>
        }
    });
    let by = by(event.actor, &event.actor_kind);
    let about = event.user.map_or_else(|| "Nobody".into_any(), person);
    let detail = event
        .detail
        .into_iter()
        .map(|(name, value)| {
            let value = told(texts(Locale::En), &value);
            view! {
                <Fact name code=true>
                    {value}
                </Fact>
            }
        })
        .collect_view();
    view! {
        <Section title="What happened">
            <dl class="facts">
                <Fact name="When">
                    <At at=event.at />
                </Fact>
                <Fact name="Outcome">{outcome}</Fact>
                <Fact name="About">{about}</Fact>
                <Fact name="Done by">{by}</Fact>
                {application}
                {session}
                <Fact name="Network address">{or_not_told(event.address)}</Fact>
                <Fact name="Client">{or_not_told(event.user_agent)}</Fact>
                {request}
                {detail}
                <Fact name="Id">
                    <Copyable text=event.id.0 what="the id" />
                </Fact>
            </dl>
        </Section>
    }
}

/// The tokens that took each other's place, oldest first.
#[component]
fn Line(lineage: Lineage) -> impl IntoView {
    let ended = lineage.revoked_at.map(|at| {
        let why = lineage.revoke_reason.unwrap_or_default();
        view! {
            <p>
                "The sign-in ended " <Ago at />
                ": "
                <code class="font-mono">{why}</code>
                "."
            </p>
        }
    });
    let left_out = (lineage.left_out > 0).then(|| {
        let tokens = if lineage.left_out == 1 {
            "token is"
        } else {
            "tokens are"
        };
        view! { <p class="text-soft">{format!("{} more {tokens} left out in between.", grouped(lineage.left_out))}</p> }
    });
    let rows = lineage
        .tokens
        .into_iter()
        .map(|token| view! { <TokenRow token latest=lineage.generation /> })
        .collect_view();
    view! {
        <Section title="Lineage of the refresh tokens">
            <p>
                "Each refresh token is good for one use and gives way to the next. Whoever brings one that was used before has
                a copy: then the whole line ends, for nobody can tell the copy from the original."
            </p>
            {ended}
            <div class="scroller -mx-5" role="region" aria-label="Refresh tokens" tabindex="0">
                <table class="grid-table">
                    <caption class="sr-only">"Refresh tokens, oldest first"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Token"</th>
                            <th scope="col">"Issued"</th>
                            <th scope="col">"To"</th>
                            <th scope="col">"Used"</th>
                            <th scope="col">"Came again"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {left_out}
        </Section>
    }
}

/// Who had it: the address, and the client in its own words.
fn client(address: Option<String>, user_agent: Option<String>) -> AnyView {
    view! {
        <span class="block font-mono">{address}</span>
        <span class="block max-w-60 text-soft wrap-anywhere">{user_agent}</span>
    }
    .into_any()
}

#[component]
fn TokenRow(token: LineageToken, latest: i64) -> impl IntoView {
    let last = (token.generation == latest).then(|| view! { <Badge tone=Tone::Plain icon=Icon::Info text="Latest" /> });
    let again = token.replayed_at.map(|at| {
        view! {
            <Badge tone=Tone::Bad icon=Icon::TriangleAlert text="Replayed" />
            <span class="block">
                <At at />
            </span>
            {client(token.replayed_from, token.replayed_by)}
        }
    });
    let issued = match token.issued_at {
        Some(at) => view! { <At at /> }.into_any(),
        None => view! { <span class="text-muted">"Not kept any more"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                <span class="mr-2">{token.generation}</span>
                {last}
            </th>
            <td>{issued}</td>
            <td>{client(token.address, token.user_agent)}</td>
            <td>{token.used_at.map(|at| view! { <At at /> })}</td>
            <td>{again}</td>
        </tr>
    }
}
