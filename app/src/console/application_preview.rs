//! What somebody's tokens would say: of an application as it is, and with a profile that is not saved yet.

use leptos::prelude::*;
use sereno_types::{ClaimsPreview, Code, Id, Problem};
#[cfg(feature = "ssr")]
use {super::shown_once::Shown, crate::gate::Member, sereno_types::TokenProfile};

use crate::{
    text,
    ui::{
        alert::{Alert, Tone},
        field::Field,
        get_form::GetForm,
    },
};

/// The button of the form of settings that tries the profile instead of saving anything.
pub(super) const TRY: &str = "try";
/// The field that says whose tokens are tried.
pub(super) const TRY_USER: &str = "try_user";

#[server(name = PreviewClaims, prefix = "/console/fn", endpoint = "preview_claims")]
pub(crate) async fn preview_claims(
    #[server(default)] id: String,
    #[server(default)] user: String,
) -> Result<ClaimsPreview, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let command = sereno_types::PreviewClaims { user, profile: None };
    sereno_core::oauth::admin::preview(&member.sereno, &member.staff, &Id(id), command)
        .await
        .map_err(gate::refuse)
}

/// What somebody's tokens would say with a profile that is not saved: shown like a secret, because it belongs to the post.
#[cfg(feature = "ssr")]
pub(super) async fn try_profile(
    member: &Member,
    id: &Id,
    user: String,
    profile: TokenProfile,
) -> Result<Shown, Problem> {
    use crate::gate;
    let command = sereno_types::PreviewClaims {
        user,
        profile: Some(profile),
    };
    let preview = sereno_core::oauth::admin::preview(&member.sereno, &member.staff, id, command)
        .await
        .map_err(gate::refuse)
        .map_err(|mut problem| {
            for error in problem.errors.iter_mut().filter(|error| error.field == "user") {
                TRY_USER.clone_into(&mut error.field);
            }
            super::application_form::at_fields(problem)
        })?;
    gate::show_once();
    Ok(Shown {
        title: "What tokens would say with these settings".to_owned(),
        client_id: String::new(),
        secret: None,
        signing_secret: None,
        preview: Some(preview),
        mail: None,
        next: format!("/console/applications/{id}"),
    })
}

/// Whose tokens were asked about, and what they would say.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Preview {
    /// Who, as it was typed.
    pub user: String,
    /// What they would say, once somebody asked.
    pub answer: Option<Result<ClaimsPreview, Problem>>,
}

/// Beside the settings: trying them before they are saved.
#[component]
pub(super) fn TryFields() -> impl IntoView {
    view! {
        <fieldset class="card grid grid-cols-1 gap-4 p-5">
            <legend class="float-left mb-1 w-full text-base font-semibold">"Try before saving"</legend>
            <Field
                name=TRY_USER
                label="Whose tokens"
                hint="Address, user name, number or id. Nothing is issued, and nothing is saved."
                optional=true
            />
            <button type="submit" class="button justify-self-start" name=TRY value="yes">
                "Preview with these settings"
            </button>
        </fieldset>
    }
}

/// A plain GET form: nothing is issued, and the address can be shared.
#[component]
pub(super) fn PreviewSection(
    /// The application's id.
    id: Id,
    /// Who was asked about, and the answer.
    preview: Preview,
) -> impl IntoView {
    let user = preview.user;
    view! {
        <section class="card grid grid-cols-1 gap-3 p-5">
            <h2 class="text-base font-semibold">"What tokens would say"</h2>
            <GetForm
                action=format!("/console/applications/{id}")
                {..}
                class="flex flex-wrap items-end gap-3"
            >
                <div class="field min-w-48 grow">
                    <label class="label" for="user">
                        "User"
                    </label>
                    <input
                        id="user"
                        name="user"
                        class="input"
                        autocomplete="off"
                        placeholder="Address, user name, number or id"
                        value=user.clone()
                        prop:value=user
                    />
                </div>
                <button type="submit" class="button">
                    "Preview"
                </button>
            </GetForm>
            {preview.answer.map(|answer| view! { <PreviewAnswer answer /> })}
        </section>
    }
}

#[component]
fn PreviewAnswer(answer: Result<ClaimsPreview, Problem>) -> impl IntoView {
    match answer {
        Ok(preview) => view! { <Claims preview /> }.into_any(),
        Err(problem) => {
            let said = if problem.code == Code::ValidationFailed {
                "There is no such user.".to_owned()
            } else {
                text::of_problem(text::use_locale(), &problem)
            };
            view! {
                <Alert tone=Tone::Bad>
                    <p>{said}</p>
                </Alert>
            }
            .into_any()
        }
    }
}

/// Header and claims, and how large they are.
#[component]
pub(super) fn Claims(
    /// What tokens would say.
    preview: ClaimsPreview,
) -> impl IntoView {
    let pretty = |value: &serde_json::Value| serde_json::to_string_pretty(value).unwrap_or_default();
    let parts = [
        ("Header", Some(preview.header)),
        ("Access token", Some(preview.access)),
        ("Refresh token", preview.refresh),
    ];
    let parts = parts
        .into_iter()
        .filter_map(|(name, value)| Some((name, pretty(&value?))))
        .map(|(name, json)| {
            view! {
                <div class="grid grid-cols-1 gap-1.5">
                    <h3 class="label">{name}</h3>
                    <pre class="shell" tabindex="0" aria-label=name>
                        <code>{json}</code>
                    </pre>
                </div>
            }
        })
        .collect_view();
    view! {
        {parts}
        <p class="text-soft">"The access token would have some " {preview.bytes} " bytes. Nothing was issued."</p>
    }
}
