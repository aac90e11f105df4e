//! A provider as a form: what its fields say, and what they mean.

use leptos::prelude::*;
use sereno_types::{SocialKind, SocialLinking, SocialProviderDetail};
#[cfg(feature = "ssr")]
use {
    super::application_form::{Fields, reader::Reader},
    sereno_types::{Problem, SocialSettings},
};

use crate::ui::field::{Area, Field, Select, Tick};

/// What people call a kind.
pub(crate) const fn kind_name(kind: SocialKind) -> &'static str {
    match kind {
        SocialKind::Oidc => "OpenID Connect",
        SocialKind::Google => "Google",
        SocialKind::Apple => "Apple",
        SocialKind::Facebook => "Facebook",
        SocialKind::Microsoft => "Microsoft",
        SocialKind::Github => "GitHub",
        SocialKind::Twitter => "X",
        SocialKind::Cognito => "AWS Cognito",
    }
}

const fn linking_name(linking: SocialLinking) -> &'static str {
    match linking {
        SocialLinking::Never => "Never: its owner connects it while signed in",
        SocialLinking::Verified => "When the provider has verified the address",
    }
}

/// The options of the field for the kind.
pub(crate) fn kinds() -> Vec<(&'static str, &'static str)> {
    SocialKind::ALL
        .iter()
        .map(|kind| (kind.as_str(), kind_name(*kind)))
        .collect()
}

/// What the form holds of a provider; the secret never.
pub(crate) fn fields(provider: &SocialProviderDetail) -> Vec<(String, String)> {
    let settings = &provider.settings;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut fields = vec![
        ("name", provider.name.clone()),
        ("client_id", provider.client_id.clone()),
        ("audiences", provider.audiences.join("\n")),
        ("redirect_uris", provider.redirect_uris.join("\n")),
        ("scopes", provider.scopes.join("\n")),
        ("linking", provider.linking.as_str().to_owned()),
        ("settings.issuer", text(&settings.issuer)),
        ("settings.base_url", text(&settings.base_url)),
        ("settings.api_url", text(&settings.api_url)),
        ("settings.tenant", text(&settings.tenant)),
        ("settings.team_id", text(&settings.team_id)),
        ("settings.key_id", text(&settings.key_id)),
        ("settings.region", text(&settings.region)),
        ("settings.user_pool_id", text(&settings.user_pool_id)),
    ];
    if provider.sign_up {
        fields.push(("sign_up", "on".to_owned()));
    }
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// What the fields mean.
#[cfg(feature = "ssr")]
pub(crate) struct Read {
    pub name: Option<String>,
    pub client_id: String,
    pub client_secret: Option<sereno_types::Secret>,
    pub audiences: Vec<String>,
    pub redirect_uris: Vec<String>,
    pub scopes: Option<Vec<String>>,
    pub settings: SocialSettings,
    pub sign_up: bool,
    pub linking: SocialLinking,
    pub kind: SocialKind,
}

#[cfg(feature = "ssr")]
impl Read {
    pub fn of(fields: &Fields) -> Result<Self, Problem> {
        let mut reader = Reader {
            fields,
            faults: Vec::new(),
        };
        let read = Self {
            name: reader.said("name"),
            client_id: reader.text("client_id"),
            client_secret: reader.said("client_secret").map(Into::into),
            audiences: reader.lines("audiences"),
            redirect_uris: reader.lines("redirect_uris"),
            scopes: Some(reader.lines("scopes")).filter(|scopes| !scopes.is_empty()),
            settings: SocialSettings {
                issuer: reader.said("settings.issuer"),
                base_url: reader.said("settings.base_url"),
                api_url: reader.said("settings.api_url"),
                tenant: reader.said("settings.tenant"),
                team_id: reader.said("settings.team_id"),
                key_id: reader.said("settings.key_id"),
                region: reader.said("settings.region"),
                user_pool_id: reader.said("settings.user_pool_id"),
            },
            sign_up: reader.tick("sign_up"),
            linking: reader.choice("linking", SocialLinking::from_name),
            kind: reader.choice("kind", SocialKind::from_name),
        };
        if reader.faults.is_empty() {
            Ok(read)
        } else {
            Err(Problem::fields(reader.faults))
        }
    }
}

/// Whether a kind takes a setting; all of them where the kind is not chosen yet.
fn takes(kind: Option<SocialKind>, kinds: &[SocialKind]) -> bool {
    kind.is_none_or(|kind| kinds.contains(&kind))
}

/// The fields that every provider has, and those of its kind.
#[component]
pub(crate) fn ProviderFields(
    /// Whose words it speaks, once that is settled.
    #[prop(default = None)]
    kind: Option<SocialKind>,
    /// Whether there is a secret already.
    #[prop(default = false)]
    has_secret: bool,
) -> impl IntoView {
    use SocialKind::{Apple, Cognito, Facebook, Github, Google, Microsoft, Oidc, Twitter};
    let secret_hint = if has_secret {
        "Empty: it stays what it is. It must come again when where it is sent changes."
    } else {
        "Of Apple: the private key, the whole text of the .p8 file. It is sealed, and never shown again."
    };
    let optional = |label: &'static str, name: &'static str, hint: &'static str, kinds: &[SocialKind]| {
        takes(kind, kinds).then(|| view! { <Field name label hint optional=true /> })
    };
    view! {
        <fieldset class="card grid grid-cols-1 gap-4 p-5">
            <legend class="float-left mb-1 w-full text-base font-semibold">"At the provider"</legend>
            <Field name="client_id" label="Client id" hint="How the provider calls this server." />
            <Area name="client_secret" label="Client secret" hint=secret_hint rows=2 />
            {optional(
                "Issuer",
                "settings.issuer",
                "OpenID Connect: where the discovery document lies below. Others: empty, the usual one.",
                &[Oidc, Google, Apple, Cognito],
            )}
            {optional("Tenant", "settings.tenant", "Microsoft: common, organizations, consumers or an id.", &[Microsoft])}
            {optional("Team id", "settings.team_id", "Apple: ten characters.", &[Apple])}
            {optional("Key id", "settings.key_id", "Apple: ten characters.", &[Apple])}
            {optional("Region", "settings.region", "AWS Cognito: for example eu-central-1.", &[Cognito])}
            {optional("User pool", "settings.user_pool_id", "AWS Cognito: its id.", &[Cognito])}
            {optional(
                "Sign-in address",
                "settings.base_url",
                "Empty: the usual one. GitHub Enterprise: https://github.example.org",
                &[Facebook, Github, Microsoft, Twitter],
            )}
            {optional(
                "API address",
                "settings.api_url",
                "Empty: the usual one. GitHub Enterprise: https://github.example.org/api/v3",
                &[Facebook, Github, Google, Microsoft, Twitter],
            )}
            <Area name="scopes" label="Scopes" hint="One a line; empty: the usual ones." rows=3 />
        </fieldset>
        <fieldset class="card grid grid-cols-1 gap-4 p-5">
            <legend class="float-left mb-1 w-full text-base font-semibold">"Who gets in"</legend>
            <Tick name="sign_up" label="Who is new gets an account" />
            <Select
                name="linking"
                label="Link to an account with the same address"
                options=SocialLinking::ALL.iter().map(|one| (one.as_str(), linking_name(*one))).collect()
            />
        </fieldset>
        <fieldset class="card grid grid-cols-1 gap-4 p-5">
            <legend class="float-left mb-1 w-full text-base font-semibold">"Apps that post tokens and codes"</legend>
            <Area
                name="audiences"
                label="Further client ids"
                hint="One a line: those of your apps on phones. Tokens issued to them are taken too."
            />
            <Area
                name="redirect_uris"
                label="Redirect URIs"
                hint="One a line, compared letter by letter: where apps that post codes receive them."
            />
        </fieldset>
    }
}
