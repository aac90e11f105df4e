//! Making a user an administrator, who may do everything, and ending it: offered to administrators alone, and never for
//! their own account. Both are asked about first; the links work without scripts.

use leptos::prelude::*;
use sereno_types::{Problem, StaffProfile, UserDetail, UserState};

use crate::ui::{
    confirm::Confirm,
    field::Hidden,
    form::{Attempt, Form, Submit},
    icon::Icon,
};

/// What the address says to ask the question.
const ASKS: &str = "superuser";

#[server(prefix = "/console/fn", endpoint = "set_superuser")]
pub(crate) async fn set_superuser(
    #[server(default)] id: String,
    #[server(default)] superuser: String,
) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, sereno_types::Id(id));
    let Ok(is_superuser) = superuser.parse() else {
        let fault = sereno_types::FieldError::new("superuser", sereno_types::Code::InvalidChoice);
        return Err(Problem::fields(vec![fault]));
    };
    let user =
        sereno_core::account::admin::set_superuser(&member.sereno, &member.meta, &member.staff, &id, is_superuser)
            .await
            .map_err(gate::refuse)?;
    let done = if is_superuser {
        "administrator"
    } else {
        "no_administrator"
    };
    gate::go_to(&format!("/console/users/{}/roles?done={done}", user.id));
    Ok(())
}

/// What has just been done, for the word in the address.
pub(super) fn notice(word: &str) -> Option<&'static str> {
    match word {
        "administrator" => Some("The user is an administrator now and may do everything."),
        "no_administrator" => Some("The user is no administrator any more. What roles grant still holds."),
        _ => None,
    }
}

/// Whether whom the page is shown to may ask.
fn offered(user: &UserDetail) -> bool {
    let may = use_context::<StaffProfile>().is_some_and(|profile| profile.is_superuser && profile.id != user.id);
    may && (user.is_superuser || user.state == UserState::Active)
}

/// The way to the question, where it may be asked.
#[component]
pub(super) fn SuperuserAction(
    /// Whose.
    user: UserDetail,
) -> impl IntoView {
    offered(&user).then(|| {
        let href = format!("/console/users/{}/roles?confirm={ASKS}", user.id);
        let (label, class, icon) = if user.is_superuser {
            ("End being an administrator", "button button-danger", Icon::Ban)
        } else {
            ("Make an administrator", "button", Icon::ShieldCheck)
        };
        view! {
            <a class=class href=href data-noscroll>
                {icon.draw()}
                {label}
            </a>
        }
    })
}

/// The question, where it may be asked.
#[component]
pub(super) fn SuperuserQuestion(
    /// Whose.
    user: UserDetail,
    /// How the user is called.
    title: String,
    /// What the address asks to be confirmed.
    confirm: Signal<String>,
) -> impl IntoView {
    offered(&user).then(|| {
        let action = ServerAction::<SetSuperuser>::new();
        let attempt = Attempt::of(action);
        let (question, words, label, class) = if user.is_superuser {
            (
                format!("End that {title} is an administrator?"),
                "From now on only roles say what the user may do. Nobody is signed out.",
                "End it",
                "button button-danger justify-self-start",
            )
        } else {
            (
                format!("Make {title} an administrator?"),
                "The user may then do everything, in this console and in every application that asks Sereno, and can make \
                 others administrators. Whoever only has to do some of it needs a role instead.",
                "Make an administrator",
                "button button-primary justify-self-start",
            )
        };
        view! {
            <Confirm
                id=ASKS
                title=question
                open=Signal::derive(move || confirm.get() == ASKS)
                cancel=format!("/console/users/{}/roles", user.id)
            >
                <p>{words}</p>
                <Form action attempt>
                    <Hidden name="id" value=user.id.0 />
                    <Hidden name="superuser" value=(!user.is_superuser).to_string() />
                    <Submit label class />
                </Form>
            </Confirm>
        }
    })
}
