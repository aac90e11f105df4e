//! The forms of the account page: another password, another address.

use leptos::prelude::*;
use sereno_types::Problem;

use crate::{
    text,
    ui::{
        field::Field,
        form::{Attempt, Form, Submit},
    },
};

#[server(prefix = "/account/fn", endpoint = "change_password")]
pub(crate) async fn change_password(
    #[server(default)] old_password: String,
    #[server(default)] new_password: String,
) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let change = sereno_types::ChangePassword {
        old_password: old_password.into(),
        new_password: new_password.into(),
    };
    sereno_core::account::password::change(&visitor.sereno, &visitor.meta, &visitor.actor, change)
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/account?done=password");
    Ok(())
}

#[server(prefix = "/account/fn", endpoint = "change_email")]
pub(crate) async fn change_email(
    #[server(default)] email: String,
    #[server(default)] password: String,
) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let change = sereno_types::ChangeEmail {
        email,
        password: Some(password.into()),
    };
    sereno_core::account::email::request(&visitor.sereno, &visitor.meta, &visitor.actor, change)
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/account?done=email");
    Ok(())
}

/// The tries at both forms.
#[derive(Clone, Copy)]
pub struct Changes {
    password: ServerAction<ChangePassword>,
    password_attempt: Attempt,
    email: ServerAction<ChangeEmail>,
    email_attempt: Attempt,
}

impl Changes {
    /// Before the first of them in this browser.
    #[must_use]
    pub fn begin() -> Self {
        let (password, email) = (ServerAction::new(), ServerAction::new());
        Self {
            password,
            password_attempt: Attempt::of(password),
            email,
            email_attempt: Attempt::of(email),
        }
    }

    /// What the heading of the page tells of.
    #[must_use]
    pub fn attempt(self) -> Attempt {
        Attempt::either(self.password_attempt, self.email_attempt)
    }
}

/// Both forms.
#[component]
pub fn Credentials(
    /// The tries at them.
    changes: Changes,
    /// Whether the present password must be given to change it.
    old_required: bool,
    /// By which name a password manager files it.
    account: String,
) -> impl IntoView {
    view! {
        <PasswordForm action=changes.password attempt=changes.password_attempt old_required account />
        <EmailForm action=changes.email attempt=changes.email_attempt />
    }
}

/// Another password. Where the present one is not demanded, a fresh sign-in takes its place.
#[component]
fn PasswordForm(
    action: ServerAction<ChangePassword>,
    attempt: Attempt,
    old_required: bool,
    account: String,
) -> impl IntoView {
    let texts = text::use_texts();
    view! {
        <section class="card grid grid-cols-1 gap-4 p-5" aria-labelledby="change-password">
            <h2 id="change-password" class="text-lg font-semibold">
                {texts.password_title}
            </h2>
            <Form action attempt>
                // without a name it is not sent
                <input type="text" autocomplete="username" value=account readonly hidden />
                <OldPassword required=old_required />
                <Field
                    name="new_password"
                    label=texts.new_password
                    kind="password"
                    autocomplete="new-password"
                    hint=text::password_hint()
                />
                <Submit label=texts.change_password class="button justify-self-start" />
            </Form>
        </section>
    }
}

/// The present password. Inside the form, where fields find the attempt.
#[component]
fn OldPassword(required: bool) -> impl IntoView {
    let label = text::use_texts().old_password;
    if required {
        return view! { <Field name="old_password" label kind="password" autocomplete="current-password" /> }
            .into_any();
    }
    view! {
        <Field
            name="old_password"
            label
            kind="password"
            autocomplete="current-password"
            optional=true
            hint=text::use_texts().fresh_hint
        />
    }
    .into_any()
}

/// Another address.
#[component]
fn EmailForm(action: ServerAction<ChangeEmail>, attempt: Attempt) -> impl IntoView {
    let texts = text::use_texts();
    view! {
        <section class="card grid grid-cols-1 gap-4 p-5" aria-labelledby="change-email">
            <h2 id="change-email" class="text-lg font-semibold">
                {texts.email_title}
            </h2>
            <p>{texts.email_lead}</p>
            <Form action attempt>
                <Field name="email" label=texts.new_email kind="email" autocomplete="email" inputmode="email" />
                <Field
                    name="password"
                    label=texts.password
                    kind="password"
                    autocomplete="current-password"
                    optional=true
                    hint=texts.fresh_hint
                />
                <Submit label=texts.change_email class="button justify-self-start" />
            </Form>
        </section>
    }
}
