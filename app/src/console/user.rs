//! One user: who it is, what happened, and what staff can do about it.

use leptos::prelude::*;
use leptos_router::{
    components::A,
    hooks::{use_params_map, use_query_map},
};
use sereno_types::{Id, Permission, Problem, UserDetail, UserEmail, UserEvent, UserState};

use crate::{
    console::{
        Breadcrumb, may,
        user_avatar::{PictureQuestion, UserPicture},
        user_state::{self, StateActions, StateQuestions},
    },
    profile_form::told,
    text::{Locale, texts},
    ui::{
        alert::{Done, Tone},
        avatar::Face,
        badge::{AdministratorBadge, Badge, StateBadge},
        confirm::Confirm,
        copy::Copyable,
        field::Hidden,
        form::{Attempt, Form, Submit},
        heading::Heading,
        icon::Icon,
        loaded::loaded,
        time::{Ago, At},
    },
};

#[server(name = LoadUser, prefix = "/console/fn", endpoint = "user")]
pub(crate) async fn user(#[server(default)] id: String) -> Result<UserDetail, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::account::admin::detail(&member.sereno, &member.staff, &Id(id))
        .await
        .map_err(gate::refuse)
}

#[server(prefix = "/console/fn", endpoint = "send_activation")]
pub(crate) async fn send_activation(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, Id(id));
    sereno_core::account::admin::send_activation(&member.sereno, &member.meta, &member.staff, &id)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&done(&id, "sent"));
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "send_password_reset")]
pub(crate) async fn send_password_reset(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, Id(id));
    sereno_core::account::admin::send_password_reset(&member.sereno, &member.meta, &member.staff, &id)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&done(&id, "reset"));
    Ok(())
}

/// The page of a user; the core has accepted the id before it stands in an address.
#[cfg(feature = "ssr")]
pub(super) fn done(id: &Id, what: &str) -> String {
    format!("/console/users/{id}?done={what}")
}

/// `/console/users/{id}`.
#[component]
pub fn UserPage() -> impl IntoView {
    let params = use_params_map();
    let detail = Resource::new(move || params.with(|params| params.get("id").unwrap_or_default()), user);
    let query = use_query_map();
    let says = move |name: &'static str| query.with(|query| query.get(name).unwrap_or_default());
    let confirm = Signal::derive(move || says("confirm"));
    let notice = Signal::derive(move || notice(&says("done")));
    loaded(detail, move |user| view! { <UserView user notice confirm /> })
}

/// What has just been done. The address holds a word, the sentence stands here.
fn notice(word: &str) -> Option<&'static str> {
    match word {
        "sent" => Some("Another activation mail is on its way."),
        "picture" => Some("The picture is deleted."),
        "invited" => Some("The invitation is on its way."),
        "reset" => Some("A mail with a link to set a new password is on its way."),
        other => user_state::notice(other),
    }
}

/// The user, once known.
#[component]
pub fn UserView(
    /// Who it is.
    user: UserDetail,
    /// What has just been done.
    notice: Signal<Option<&'static str>>,
    /// What the address asks to be confirmed: a change of the state, `reset` or `picture`.
    confirm: Signal<String>,
) -> impl IntoView {
    let may_manage = may(Permission::UsersManage);
    let asks = move |what: &'static str| Signal::derive(move || confirm.get() == what);
    let recipient = recovery_address(&user).filter(|_| may_manage);
    let can_reset = recipient.is_some();
    let waits = awaits_confirmation(&user);
    let actions = may_manage
        .then(|| view! { <Actions id=user.id.clone() state=user.state before=user.closed_from can_reset waits /> });
    view! {
        <UserHead who=Who::of(&user) notice>
            {actions}
        </UserHead>
        {recipient.map(|recipient| view! { <ResetQuestion id=user.id.clone() recipient unproven=waits open=asks("reset") /> })}
        {may_manage.then(|| view! { <StateQuestions user=user.clone() title=title(&user) confirm /> })}
        {(may_manage && user.picture.is_some())
            .then(|| view! { <PictureQuestion id=user.id.clone() name=title(&user) open=asks("picture") /> })}
        <Identity user=user.clone() may_manage />
        <Addresses emails=user.emails />
        <Attributes attributes=user.attributes />
        <Access id=user.id.clone() sessions=user.open_sessions grants=user.open_grants />
        <Events id=user.id events=user.events />
    }
}

/// What the top of a user's pages says.
pub struct Who {
    id: Id,
    title: String,
    state: UserState,
    is_superuser: bool,
}

impl Who {
    pub(crate) fn of(user: &UserDetail) -> Self {
        Self {
            id: user.id.clone(),
            title: title(user),
            state: user.state,
            is_superuser: user.is_superuser,
        }
    }
}

/// The top of every page of a user: who it is, what was just done, what can be done, and the pages beside this one.
#[component]
pub(crate) fn UserHead(
    /// Who it is.
    who: Who,
    /// What has just been done.
    notice: Signal<Option<&'static str>>,
    /// The form of the page.
    #[prop(default = None, into)]
    attempt: Option<Attempt>,
    /// What can be done here.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let Who {
        id,
        title,
        state,
        is_superuser,
    } = who;
    view! {
        <Breadcrumb above=vec![("/console", "Overview"), ("/console/users", "Users")] here=title.clone() />
        {move || notice.get().map(|notice| view! { <Done>{notice}</Done> })}
        <div class="flex flex-wrap items-start justify-between gap-4">
            <div class="grid min-w-0 gap-2">
                <Heading title attempt />
                <p class="flex flex-wrap gap-1.5">
                    <StateBadge state />
                    {is_superuser.then(|| view! { <AdministratorBadge /> })}
                </p>
            </div>
            {children.map(|children| children())}
        </div>
        <Tabs id />
    }
}

/// The pages of a user, as far as they may be seen.
#[component]
fn Tabs(id: Id) -> impl IntoView {
    let pages = [
        ("", "Overview", true),
        ("/profile", "Profile", true),
        ("/roles", "Roles", may(Permission::RolesView)),
        ("/sign-ins", "Sign-ins", may(Permission::SessionsView)),
        ("/identities", "Connections", true),
        ("/messages", "Messages", may(Permission::MessagesView)),
        ("/changes", "Changes", true),
    ];
    let links = pages
        .into_iter()
        .filter(|(_, _, seen)| *seen)
        .map(|(part, name, _)| {
            view! {
                <li>
                    <A href=format!("/console/users/{id}{part}") exact=true>
                        {name}
                    </A>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav aria-label="User">
            <ul class="tabs">{links}</ul>
        </nav>
    }
}

/// How the user is called: the primary address, else the user name, else the number.
pub(super) fn title(user: &UserDetail) -> String {
    let primary = user.emails.iter().find(|email| email.is_primary);
    primary
        .map(|email| email.address.clone())
        .or_else(|| user.username.clone())
        .unwrap_or_else(|| format!("User {}", user.number))
}

/// Where a link to set a new password would go, if the core would send one. It also refuses to send one to an address that
/// nobody has confirmed where the account has a role.
fn recovery_address(user: &UserDetail) -> Option<String> {
    let mut emails = user.emails.iter();
    let primary = emails.find(|email| email.is_primary && (email.verified_at.is_some() || !user.is_superuser))?;
    (user.state == UserState::Active).then(|| primary.address.clone())
}

/// Whether there is an address that an activation mail would confirm.
fn awaits_confirmation(user: &UserDetail) -> bool {
    let mut emails = user.emails.iter();
    match user.state {
        UserState::Pending => true,
        UserState::Active => emails.any(|email| email.is_primary && email.verified_at.is_none()),
        UserState::Locked | UserState::Disabled | UserState::Deleting => false,
    }
}

/// What can be done in this state. What takes something away is asked about first; those links work without scripts.
#[component]
fn Actions(id: Id, state: UserState, before: Option<UserState>, can_reset: bool, waits: bool) -> impl IntoView {
    let reset = can_reset.then(|| {
        view! {
            <a class="button" href=format!("/console/users/{id}?confirm=reset") data-noscroll>
                {Icon::Mail.draw()}
                "Send password reset"
            </a>
        }
    });
    let send = waits.then(|| view! { <SendActivationForm id=id.clone() /> });
    view! {
        <div class="flex flex-wrap gap-3">
            {send}
            {reset}
            <a class="button" rel="external" href=format!("/api/v1/admin/users/{id}/export") download="">
                {Icon::Download.draw()}
                "Export everything"
            </a>
            <StateActions id state before />
        </div>
    }
}

#[component]
fn SendActivationForm(id: Id) -> impl IntoView {
    let action = ServerAction::<SendActivation>::new();
    let attempt = Attempt::of(action);
    view! {
        <div class="grid gap-3">
            <Form action attempt class="contents">
                <Hidden name="id" value=id.0 />
                <Submit label="Send activation mail again" icon=Icon::Mail />
            </Form>
        </div>
    }
}

#[component]
fn ResetQuestion(id: Id, recipient: String, unproven: bool, open: Signal<bool>) -> impl IntoView {
    let action = ServerAction::<SendPasswordReset>::new();
    let attempt = Attempt::of(action);
    let what = format!(
        "{recipient} gets a mail with a link to set a new password. Nothing changes before the link is used; then the \
         user is signed out everywhere. Nobody but the user chooses the password."
    );
    view! {
        <Confirm
            id="reset"
            title="Send a link to set a new password?"
            open
            cancel=format!("/console/users/{id}")
        >
            <p>{what}</p>
            {unproven
                .then(|| {
                    view! {
                        <p>
                            "Nobody has confirmed this address. Whoever reads it gets the account, and whatever has opened it so far stops working: connections, devices and the password too."
                        </p>
                    }
                })}
            <Form action attempt>
                <Hidden name="id" value=id.0 />
                <Submit label="Send mail" class="button button-primary justify-self-start" icon=Icon::Mail />
            </Form>
        </Confirm>
    }
}

/// A part of the page with its own heading.
#[component]
pub(crate) fn Section(title: &'static str, children: Children) -> impl IntoView {
    view! {
        <section class="card grid grid-cols-1 gap-3 p-5">
            <h2 class="text-base font-semibold">{title}</h2>
            {children()}
        </section>
    }
    .into_any()
}

#[component]
fn Fact(name: &'static str, children: Children) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>{children()}</dd>
        </div>
    }
}

#[component]
fn Identity(user: UserDetail, may_manage: bool) -> impl IntoView {
    let face = Face::theirs(&user);
    let id = user.id.clone();
    let full_name = format!("{} {}", user.first_name, user.last_name).trim().to_owned();
    let or_none = |text: Option<String>| {
        text.filter(|text| !text.is_empty())
            .unwrap_or_else(|| "None".to_owned())
    };
    view! {
        <Section title="Identity">
            <dl class="facts">
                <Fact name="Picture">
                    <UserPicture id face may_remove=may_manage />
                </Fact>
                <Fact name="Id">
                    <Copyable text=user.id.0 what="the id" />
                </Fact>
                <Fact name="Number">{user.number}</Fact>
                <Fact name="User name">{or_none(user.username)}</Fact>
                <Fact name="Name">{or_none(Some(full_name))}</Fact>
                <Fact name="Language">{or_none(user.locale)}</Fact>
                <Fact name="Password">{if user.has_password { "Set" } else { "Not set" }}</Fact>
                <Fact name="Created">
                    <At at=user.created_at />
                </Fact>
                <Fact name="Last changed">
                    <At at=user.updated_at />
                </Fact>
                {user
                    .delete_at
                    .map(|at| {
                        view! {
                            <Fact name="Deleted on">
                                <At at />
                            </Fact>
                        }
                    })}
                {user
                    .closed_from
                    .map(|state| {
                        view! {
                            <Fact name="Kept as">
                                <StateBadge state />
                            </Fact>
                        }
                    })}
                <Fact name="Last sign-in">
                    {match user.last_login_at {
                        Some(at) => view! { <At at /> }.into_any(),
                        None => "Never".into_any(),
                    }}
                </Fact>
            </dl>
        </Section>
    }
}

/// What applications remember of the user, one by one.
#[component]
fn Attributes(attributes: serde_json::Map<String, serde_json::Value>) -> impl IntoView {
    if attributes.is_empty() {
        return view! {
            <Section title="Attributes">
                <p class="text-soft">"None."</p>
            </Section>
        }
        .into_any();
    }
    let rows = attributes
        .into_iter()
        .map(|(name, value)| {
            view! {
                <div>
                    <dt class="font-mono wrap-anywhere">{name}</dt>
                    <dd class="whitespace-pre-wrap">{told(texts(Locale::En), &value)}</dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <Section title="Attributes">
            <dl class="facts">{rows}</dl>
        </Section>
    }
    .into_any()
}

#[component]
fn Addresses(emails: Vec<UserEmail>) -> impl IntoView {
    if emails.is_empty() {
        return view! {
            <Section title="E-mail addresses">
                <p class="text-soft">"None. This user signs in with the user name, and gets no mail."</p>
            </Section>
        }
        .into_any();
    }
    let rows = emails
        .into_iter()
        .map(|email| {
            let (tone, icon, word) = match email.verified_at {
                Some(_) => (Tone::Good, Icon::CircleCheck, "Confirmed"),
                None => (Tone::Warn, Icon::Clock, "Not confirmed"),
            };
            view! {
                <li class="flex flex-wrap items-center gap-2">
                    <span class="break-all">{email.address}</span>
                    <Badge tone icon text=word />
                    {email.is_primary.then(|| view! { <Badge tone=Tone::Plain icon=Icon::Mail text="Primary" /> })}
                </li>
            }
        })
        .collect_view();
    view! {
        <Section title="E-mail addresses">
            <ul class="grid gap-2">{rows}</ul>
        </Section>
    }
    .into_any()
}

#[component]
fn Access(id: Id, sessions: u64, grants: u64) -> impl IntoView {
    let link = may(Permission::SessionsView).then(|| {
        view! {
            <a class="link justify-self-start" href=format!("/console/users/{id}/sign-ins")>
                "Show sign-ins"
            </a>
        }
    });
    view! {
        <Section title="Access right now">
            <dl class="facts">
                <Fact name="Browser sessions">{sessions}</Fact>
                <Fact name="Application sign-ins">{grants}</Fact>
            </dl>
            {link}
            {may(Permission::DevicesView)
                .then(|| {
                    view! {
                        <a class="link justify-self-start" href=format!("/console/devices?user={id}")>
                            "Devices of this user"
                        </a>
                    }
                })}
        </Section>
    }
}

#[component]
fn Events(id: Id, events: Vec<UserEvent>) -> impl IntoView {
    let all = may(Permission::EventsView).then(|| {
        view! {
            <a class="link justify-self-start" href=format!("/console/events?user={id}")>
                "All events about this user"
            </a>
        }
    });
    if events.is_empty() {
        return view! {
            <Section title="Latest events">
                <p class="text-soft">"Nothing has happened yet. Sign-ins, refusals and changes will show here."</p>
            </Section>
        }
        .into_any();
    }
    let rows = events
        .into_iter()
        .map(|event| view! { <EventRow event /> })
        .collect_view();
    view! {
        <Section title="Latest events">
            <div class="scroller -mx-5" role="region" aria-label="Latest events" tabindex="0">
                <table class="grid-table">
                    <caption class="sr-only">"Latest events, newest first"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Event"</th>
                            <th scope="col">"When"</th>
                            <th scope="col">"Address"</th>
                            <th scope="col">"Request"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {all}
        </Section>
    }
    .into_any()
}

/// An event's name, and the way to its page for who may see it.
fn named(id: Id, name: String) -> AnyView {
    let name = view! { <code class="font-mono">{name}</code> };
    if may(Permission::EventsView) {
        view! {
            <a class="link" href=format!("/console/events/{id}")>
                {name}
            </a>
        }
        .into_any()
    } else {
        name.into_any()
    }
}

#[component]
fn EventRow(event: UserEvent) -> impl IntoView {
    let why = event.code.map(|code| {
        view! {
            <span class="block max-w-sm font-normal text-soft">
                <code class="font-mono">{code.as_str()}</code>
                ": "
                {code.title()}
            </span>
        }
    });
    view! {
        <tr>
            <th scope="row">
                {named(event.id, event.name)}
                {why}
            </th>
            <td>
                <Ago at=event.at />
            </td>
            <td class="font-mono">{event.address}</td>
            <td>{event.request_id.map(|id| view! { <code class="id">{id}</code> })}</td>
        </tr>
    }
}
