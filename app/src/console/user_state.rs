//! What staff does to the state of an account: locked for a while, switched off for good, deleted, and the way back. What
//! takes something away is asked about first; those links work without scripts.

use leptos::prelude::*;
use sereno_types::{Id, Problem, StateChange, UserDetail, UserState};

use crate::ui::{
    confirm::Confirm,
    field::Hidden,
    form::{Attempt, Form, Submit},
    icon::Icon,
};

#[server(prefix = "/console/fn", endpoint = "change_user_state")]
pub(crate) async fn change_user_state(
    #[server(default)] id: String,
    #[server(default)] change: String,
) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, Id(id));
    let Some(change) = StateChange::from_name(&change) else {
        let fault = sereno_types::FieldError::new("change", sereno_types::Code::InvalidChoice);
        return Err(Problem::fields(vec![fault]));
    };
    let left = sereno_core::account::admin::change(&member.sereno, &member.meta, &member.staff, &id, change)
        .await
        .map_err(gate::refuse)?;
    match left {
        Some(user) => gate::go_to(&super::user::done(&user.id, change.as_str())),
        // without time to change one's mind there is no page to come back to
        None => gate::go_to("/console/users"),
    }
    Ok(())
}

/// What has just been done, for the word in the address.
pub(super) fn notice(word: &str) -> Option<&'static str> {
    Some(match StateChange::from_name(word)? {
        StateChange::Lock => "The account is locked. Whoever used it is signed out.",
        StateChange::Unlock => "The account is unlocked again.",
        StateChange::Disable => "The account is switched off. Whoever used it is signed out.",
        StateChange::Enable => "The account is switched on again.",
        StateChange::Delete => "The account is closed. Until it is deleted it can be kept.",
        StateChange::Restore => "The account is kept.",
    })
}

const fn label(change: StateChange) -> (&'static str, Icon) {
    match change {
        StateChange::Lock => ("Lock account", Icon::Lock),
        StateChange::Unlock => ("Unlock account", Icon::LockOpen),
        StateChange::Disable => ("Switch off", Icon::Ban),
        StateChange::Enable => ("Switch on", Icon::CircleCheck),
        StateChange::Delete => ("Delete", Icon::Trash),
        StateChange::Restore => ("Keep account", Icon::CircleCheck),
    }
}

/// What takes something away in this state. Of an account that is about to be deleted, what it was before counts.
fn closing(state: UserState, before: Option<UserState>) -> &'static [StateChange] {
    use StateChange::{Delete, Disable, Lock};
    match state {
        UserState::Pending | UserState::Active => &[Lock, Disable, Delete],
        UserState::Locked => &[Disable, Delete],
        UserState::Disabled => &[Delete],
        UserState::Deleting => match before {
            Some(UserState::Disabled) => &[],
            Some(UserState::Locked) => &[Disable],
            _ => &[Lock, Disable],
        },
    }
}

const fn reopening(state: UserState) -> Option<StateChange> {
    match state {
        UserState::Pending | UserState::Active => None,
        UserState::Locked => Some(StateChange::Unlock),
        UserState::Disabled => Some(StateChange::Enable),
        UserState::Deleting => Some(StateChange::Restore),
    }
}

/// What can be done in this state.
#[component]
pub(super) fn StateActions(
    /// Whose.
    id: Id,
    /// The state it is in.
    state: UserState,
    /// What it was before it was closed to be deleted.
    before: Option<UserState>,
) -> impl IntoView {
    let action = ServerAction::<ChangeUserState>::new();
    let attempt = Attempt::of(action);
    let reopen = reopening(state).map(|change| {
        let (label, icon) = label(change);
        let id = id.0.clone();
        view! {
            <Form action attempt class="contents">
                <Hidden name="id" value=id />
                <Hidden name="change" value=change.as_str() />
                <Submit label icon />
            </Form>
        }
    });
    let close = closing(state, before)
        .iter()
        .map(|change| {
            let (label, icon) = label(*change);
            let href = format!("/console/users/{id}?confirm={}", change.as_str());
            view! {
                <a class="button button-danger" href=href data-noscroll>
                    {icon.draw()}
                    {label}
                </a>
            }
        })
        .collect_view();
    view! {
        {reopen}
        {close}
    }
}

/// The questions before an account is closed.
#[component]
pub(super) fn StateQuestions(
    /// Whose.
    user: UserDetail,
    /// How the user is called.
    title: String,
    /// What the address asks to be confirmed.
    confirm: Signal<String>,
) -> impl IntoView {
    closing(user.state, user.closed_from)
        .iter()
        .map(|change| view! { <Question user=user.clone() title=title.clone() change=*change confirm /> })
        .collect_view()
}

#[component]
fn Question(user: UserDetail, title: String, change: StateChange, confirm: Signal<String>) -> impl IntoView {
    let action = ServerAction::<ChangeUserState>::new();
    let attempt = Attempt::of(action);
    let out = format!(
        "The user is signed out everywhere ({}, {})",
        counted(user.open_sessions, "browser session"),
        counted(user.open_grants, "application sign-in"),
    );
    let (label, icon) = label(change);
    let goes_on = user.state == UserState::Deleting;
    let (question, loss) = match change {
        StateChange::Lock | StateChange::Disable if goes_on => (
            format!("{label} while {title} is being deleted?"),
            "The deletion goes on. If the account is kept, by its owner or by staff, it stays shut.".to_owned(),
        ),
        StateChange::Lock => (
            format!("Lock {title}?"),
            format!("{out} and cannot sign in until somebody unlocks the account. Nothing is deleted."),
        ),
        StateChange::Disable => (
            format!("Switch {title} off?"),
            format!("{out}. The account is kept for the record and not meant to be used again. Nothing is deleted."),
        ),
        _ => (
            format!("Delete {title}?"),
            format!(
                "{out}. The account and everything that belongs to it is deleted when the time to change one's mind, which \
                 the settings say, is over; until then it can be kept."
            ),
        ),
    };
    view! {
        <Confirm
            id=change.as_str()
            title=question
            open=Signal::derive(move || confirm.get() == change.as_str())
            cancel=format!("/console/users/{}", user.id)
        >
            <p>{loss}</p>
            <Form action attempt>
                <Hidden name="id" value=user.id.0 />
                <Hidden name="change" value=change.as_str() />
                <Submit label class="button button-danger justify-self-start" icon />
            </Form>
        </Confirm>
    }
}

fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
