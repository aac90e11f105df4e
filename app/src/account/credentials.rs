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

/// Another password. Where the present one is not demanded, a fresh sign-in takes its place.
#[component]
pub(crate) fn PasswordForm(
    /// Posts it.
    action: ServerAction<ChangePassword>,
    /// From [`Attempt::of`] the same action.
    attempt: Attempt,
    /// Whether the present password must be given.
    old_required: bool,
    /// By which name a password manager files it.
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
pub(crate) fn EmailForm(
    /// Posts it.
    action: ServerAction<ChangeEmail>,
    /// From [`Attempt::of`] the same action.
    attempt: Attempt,
) -> impl IntoView {
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
