//! Signing in through others (Google, Apple, any OpenID Connect issuer …): the providers as staff sees them, what a client
//! posts, and the identities that hang on an account.

use serde::{Deserialize, Serialize};

use crate::names::names;
use crate::{Code, DeviceHint, Id, Secret, Timestamp};

names! {
    /// Whose words a provider speaks.
    SocialKind {
        /// Any OpenID Connect issuer, by discovery.
        #[default]
        Oidc = "oidc";
        /// Google.
        Google = "google";
        /// Apple.
        Apple = "apple";
        /// Facebook.
        Facebook = "facebook";
        /// Microsoft: Entra ID and personal accounts.
        Microsoft = "microsoft";
        /// GitHub, and GitHub Enterprise.
        Github = "github";
        /// X, once Twitter.
        Twitter = "twitter";
        /// A user pool of AWS Cognito.
        Cognito = "cognito";
    }
}

names! {
    /// Whether an identity that is new may be linked to an account by its address.
    SocialLinking {
        /// Never: only by its owner, who is signed in.
        #[default]
        Never = "never";
        /// When the provider has verified the address.
        Verified = "verified";
    }
}

/// What a kind of provider needs to be told. What does not belong to the kind is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SocialSettings {
    /// The issuer, where the discovery document lies below (`oidc`, which must name one; `google`, `apple`, `cognito`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Where people sign in, if that is not the provider's usual address (`facebook`, `microsoft`, `github`, `twitter`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Where its API is, if that is not the usual address (`google`, `facebook`, `microsoft`, `github`, `twitter`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_url: Option<String>,
    /// Whose accounts: `common`, `organizations`, `consumers` or a tenant's id (`microsoft`; `common` when absent).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The team's id (`apple`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_id: Option<String>,
    /// The id of the private key (`apple`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// The region (`cognito`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The user pool (`cognito`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_pool_id: Option<String>,
}

/// Sets up a provider.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateSocialProvider {
    /// Its name in addresses: lower-case letters, digits and `-`.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true, max_length = 40, example = "google"))]
    pub slug: String,
    /// Whose words it speaks.
    #[serde(default)]
    pub kind: SocialKind,
    /// What people call it; what it is usually called when nothing is said.
    #[cfg_attr(feature = "openapi", schema(max_length = 60))]
    pub name: Option<String>,
    /// How it calls Sereno.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true, max_length = 255))]
    pub client_id: String,
    /// What Sereno proves itself with: the client secret; of Apple the private key, in PEM. Never shown again.
    pub client_secret: Option<Secret>,
    /// Further client ids whose tokens are taken, such as those of the apps on phones.
    #[serde(default)]
    pub audiences: Vec<String>,
    /// Redirect URIs that clients which post a code may have used, letter by letter.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// What it is asked for; the usual when absent or empty.
    pub scopes: Option<Vec<String>>,
    /// Where it is and what else it needs.
    #[serde(default)]
    pub settings: SocialSettings,
    /// Whether who is new gets an account.
    #[serde(default)]
    pub sign_up: bool,
    /// Whether it may be linked to an account by the address.
    #[serde(default)]
    pub linking: SocialLinking,
    /// Whether people can use it.
    #[serde(default)]
    pub is_enabled: bool,
}

/// Changes a provider; what is not said, or null, stays. The secret must come again whenever `settings` change.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateSocialProvider {
    /// What people call it.
    #[cfg_attr(feature = "openapi", schema(max_length = 60))]
    pub name: Option<String>,
    /// How it calls Sereno.
    #[cfg_attr(feature = "openapi", schema(max_length = 255))]
    pub client_id: Option<String>,
    /// Another secret or key.
    pub client_secret: Option<Secret>,
    /// Further client ids whose tokens are taken.
    pub audiences: Option<Vec<String>>,
    /// Redirect URIs that clients which post a code may have used.
    pub redirect_uris: Option<Vec<String>>,
    /// What it is asked for; the usual when empty.
    pub scopes: Option<Vec<String>>,
    /// Where it is and what else it needs, whole.
    pub settings: Option<SocialSettings>,
    /// Whether who is new gets an account.
    pub sign_up: Option<bool>,
    /// Whether it may be linked to an account by the address.
    pub linking: Option<SocialLinking>,
    /// Whether people can use it.
    pub is_enabled: Option<bool>,
}

/// A row of the list of providers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SocialProviderRow {
    /// Its id.
    pub id: Id,
    /// Its name in addresses.
    pub slug: String,
    /// Whose words it speaks.
    pub kind: SocialKind,
    /// What people call it.
    pub name: String,
    /// Whether people can use it.
    pub is_enabled: bool,
    /// When it was set up.
    pub created_at: Timestamp,
}

/// One provider. Of its secret it is only told whether there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SocialProviderDetail {
    /// Its id.
    pub id: Id,
    /// Its name in addresses.
    pub slug: String,
    /// Whose words it speaks.
    pub kind: SocialKind,
    /// What people call it.
    pub name: String,
    /// How it calls Sereno.
    pub client_id: String,
    /// Whether there is a secret or key.
    pub has_secret: bool,
    /// Further client ids whose tokens are taken.
    pub audiences: Vec<String>,
    /// Redirect URIs that clients which post a code may have used.
    pub redirect_uris: Vec<String>,
    /// What it is asked for.
    pub scopes: Vec<String>,
    /// Where it is and what else it needs.
    pub settings: SocialSettings,
    /// Whether who is new gets an account.
    pub sign_up: bool,
    /// Whether it may be linked to an account by the address.
    pub linking: SocialLinking,
    /// Whether people can use it.
    pub is_enabled: bool,
    /// Where the provider must send people back to: to be registered there.
    pub callback_url: String,
    /// How many identities hang on it.
    pub identities: u64,
    /// When it was set up.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Which providers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct SocialProviderQuery {
    /// Words in name or slug.
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub q: Option<String>,
    /// Only of this kind.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub kind: Option<SocialKind>,
    /// Only those that people can use, or cannot.
    pub enabled: Option<bool>,
    /// How many rows, 50 when nothing is said.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u64>,
    /// Where to continue, from an earlier answer.
    #[cfg_attr(feature = "openapi", param(max_length = 1000))]
    pub cursor: Option<String>,
}

names! {
    /// What is looked at when a provider is tested.
    SocialCheckName {
        /// Whether its endpoints are known, by discovery or by what the settings say.
        #[default]
        Discovery = "discovery";
        /// Whether it publishes keys that its tokens can be checked with.
        Keys = "keys";
        /// Whether it takes our client id and secret.
        Credentials = "credentials";
    }
}

/// One step of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SocialCheck {
    /// What was looked at.
    pub name: SocialCheckName,
    /// Whether it is as it should be.
    pub passed: bool,
    /// What was found instead.
    pub code: Option<Code>,
}

/// What a test of a provider found. It ends with the first step that fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SocialTest {
    /// Whether every step passed.
    pub passed: bool,
    /// The steps, in their order.
    pub checks: Vec<SocialCheck>,
}

/// A provider that people can use, for whoever draws a button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SocialButton {
    /// Its name in addresses.
    pub slug: String,
    /// Whose words it speaks.
    pub kind: SocialKind,
    /// What people call it.
    pub name: String,
}

/// `POST /api/v1/social/{slug}`: exactly one of `code`, `id_token` and `access_token`.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SocialLogin {
    /// An authorization code of the provider; good once.
    pub code: Option<Secret>,
    /// Where the provider sent the code: one that the provider's settings here list.
    #[cfg_attr(feature = "openapi", schema(max_length = 2000))]
    pub redirect_uri: Option<String>,
    /// What the code's challenge was made of (RFC 7636).
    pub code_verifier: Option<Secret>,
    /// An ID token of the provider.
    pub id_token: Option<Secret>,
    /// The nonce that the ID token was asked for with. It must come if the token has one, which may hold it or the
    /// hexadecimal SHA-256 of it.
    pub nonce: Option<Secret>,
    /// An access token of the provider, where it tells for which application it issued it.
    pub access_token: Option<Secret>,
    /// The application; the built-in first-party application when absent.
    pub client_id: Option<String>,
    /// The secret of a confidential application.
    pub client_secret: Option<Secret>,
    /// The device that somebody signs in with.
    pub device: Option<DeviceHint>,
}

/// `POST /api/v1/me/identities/{slug}`: exactly one of `code`, `id_token` and `access_token`.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LinkIdentity {
    /// An authorization code of the provider; good once.
    pub code: Option<Secret>,
    /// Where the provider sent the code.
    #[cfg_attr(feature = "openapi", schema(max_length = 2000))]
    pub redirect_uri: Option<String>,
    /// What the code's challenge was made of (RFC 7636).
    pub code_verifier: Option<Secret>,
    /// An ID token of the provider.
    pub id_token: Option<Secret>,
    /// The nonce that the ID token was asked for with.
    pub nonce: Option<Secret>,
    /// An access token of the provider.
    pub access_token: Option<Secret>,
}

/// An account of a user at a provider, by which they can sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Identity {
    /// Its id.
    pub id: Id,
    /// The provider's name in addresses.
    pub provider: String,
    /// Whose words the provider speaks.
    pub kind: SocialKind,
    /// What people call the provider.
    pub provider_name: String,
    /// What the provider calls the user.
    pub name: Option<String>,
    /// The address that the provider told.
    pub email: Option<String>,
    /// Whether the provider has verified it.
    pub email_verified: bool,
    /// When it was linked.
    pub created_at: Timestamp,
    /// When somebody last signed in by it.
    pub last_used_at: Option<Timestamp>,
}
