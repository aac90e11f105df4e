//! Create an account.

use leptos::prelude::*;
#[cfg(feature = "ssr")]
use sereno_core::config::Verification;
#[cfg(feature = "ssr")]
use sereno_types::AttributeKind;
use sereno_types::{Problem, ProfileField, SocialButton};

use crate::{
    account::providers::{ProvidersView, social_buttons},
    profile_form::{Fields, ProfileFields, ProfileForm},
    text,
    ui::{
        field::Field,
        form::{Attempt, Form, Submit},
        heading::Heading,
        loaded::loaded,
    },
};

#[server(name = LoadSignUpFields, prefix = "/account/fn", endpoint = "sign_up_fields")]
pub(crate) async fn sign_up_fields() -> Result<Vec<ProfileField>, Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    sereno_core::account::profile::fields_of_sign_up(&visitor.sereno)
        .await
        .map_err(gate::refuse)
}

#[server(prefix = "/account/fn", endpoint = "register")]
pub(crate) async fn register(#[server(flatten)] fields: Fields) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let said = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let wanted = sign_up_fields().await?;
    let mut profile = ProfileForm::sign_up(wanted.clone()).read(&fields)?;
    // a box that must be answered and is not ticked says no
    for field in wanted
        .iter()
        .filter(|field| field.is_required && field.kind == AttributeKind::Boolean)
    {
        if let Some(name) = field.field.strip_prefix("attributes.")
            && fields.contains_key(&format!("box.{}", field.field))
        {
            profile.attributes.entry(name.to_owned()).or_insert(false.into());
        }
    }
    let register = sereno_types::Register {
        email: said("email"),
        password: said("password").into(),
        username: profile.username.flatten().filter(|name| !name.is_empty()),
        attributes: profile.attributes,
    };
    sereno_core::account::register::register(&visitor.sereno, &visitor.meta, register)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(match visitor.sereno.config.registration.verification {
        Verification::Required => "/account/activate?done=sent",
        Verification::Optional => "/account/sign-in?done=welcome-mail",
        Verification::None => "/account/sign-in?done=welcome",
    });
    Ok(())
}

/// `/account/sign-up`. What follows is the same for a new and for a taken address.
#[component]
pub fn SignUpPage() -> impl IntoView {
    let known = Resource::new(
        || (),
        |()| async { Ok((social_buttons().await?, sign_up_fields().await?)) },
    );
    loaded(known, |(buttons, fields)| view! { <SignUpView buttons fields /> })
}

/// The form, beside the ways in through others.
#[component]
pub fn SignUpView(
    /// Which others.
    buttons: Vec<SocialButton>,
    /// What a sign-up brings along beside address and password.
    fields: Vec<ProfileField>,
) -> impl IntoView {
    let texts = text::use_texts();
    let action = ServerAction::<Register>::new();
    let profile = ProfileForm::sign_up(fields);
    let attempt = Attempt::of(action).completed_by(profile.shown());
    view! {
        <Heading title=texts.sign_up_title attempt />
        <ProvidersView buttons next=String::new() or=texts.social_or_sign_up />
        <Form action attempt>
            <Field name="email" label=texts.email kind="email" autocomplete="email" inputmode="email" />
            <ProfileFields profile />
            <Field
                name="password"
                label=texts.password
                kind="password"
                autocomplete="new-password"
                hint=text::password_hint()
            />
            <Submit label=texts.sign_up />
        </Form>
        <p class="text-soft">
            {texts.has_account} " " <a class="link" href="/account/sign-in">
                {texts.sign_in_link}
            </a>
        </p>
    }
}
