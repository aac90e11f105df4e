//! The registry of error codes: the one list of reasons why Sereno says no. A code is stable, is part of the contract
//! and knows its HTTP status; its sentence for people lives in `app/src/text`.

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $name:literal, $status:literal; )+) => {
        /// Why Sereno refused. Serialized as its stable name, for example `invalid_credentials`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Code { $(
            $(#[doc = $doc])+
            #[serde(rename = $name)]
            $variant,
        )+ }

        impl Code {
            /// Every code, in the order of the registry.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name that travels on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The code with this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }

            /// The HTTP status a native answer with this code has.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),+ }
            }

            /// A short English summary for developers: the `title` of RFC 9457. It never changes from occurrence to
            /// occurrence and is not meant for end users.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii()),+ }
            }
        }
    };
}

codes! {
    // 400: the request itself is broken
    /// The body is not the JSON or form that its content type promises.
    MalformedBody = "malformed_body", 400;
    /// The query string or path cannot be read.
    MalformedQuery = "malformed_query", 400;
    /// The activation link or code is unknown, used or expired.
    ActivationLinkInvalid = "activation_link_invalid", 400;
    /// The link to set a new password is unknown, used, expired, or of an account that may not sign in.
    ResetLinkInvalid = "reset_link_invalid", 400;
    /// The link to confirm a new address is unknown, used or expired.
    EmailChangeLinkInvalid = "email_change_link_invalid", 400;
    /// The link or code to delete an account, or to keep it, is unknown, used or expired.
    DeletionLinkInvalid = "deletion_link_invalid", 400;
    /// The link to decline announcements is none of ours, or not whole.
    UnsubscribeLinkInvalid = "unsubscribe_link_invalid", 400;
    /// Announcements were declined in the account, so a link does not accept them again.
    DeclinedInAccount = "declined_in_account", 403;
    /// The set-up link is unknown, used or expired.
    SetupLinkInvalid = "setup_link_invalid", 400;
    /// The sign-in through a provider was not begun in this browser, began too long ago, or was completed before.
    SocialStateInvalid = "social_state_invalid", 400;
    /// The person, or the provider, refused the sign-in.
    SocialDenied = "social_denied", 400;
    /// The provider did not take the authorization code.
    SocialExchangeRefused = "social_exchange_refused", 400;
    /// The provider's token is malformed, or the provider does not know it.
    SocialTokenInvalid = "social_token_invalid", 400;
    /// The provider's token is not signed, or with an algorithm that is not taken.
    SocialAlgorithmRefused = "social_algorithm_refused", 400;
    /// The signature of the provider's token is by none of the provider's keys.
    SocialSignatureInvalid = "social_signature_invalid", 400;
    /// The provider's token or answer comes from another issuer.
    SocialIssuerMismatch = "social_issuer_mismatch", 400;
    /// The provider's token was issued to another application.
    SocialAudienceMismatch = "social_audience_mismatch", 400;
    /// The provider's token belongs to another request: its nonce is not the one that was asked for.
    SocialNonceMismatch = "social_nonce_mismatch", 400;
    /// The provider's token is expired, or not valid yet.
    SocialTokenExpired = "social_token_expired", 400;
    /// The provider does not say who the person is.
    SocialSubjectMissing = "social_subject_missing", 400;
    /// The provider's access token is not the one that its ID token came with.
    SocialAccessTokenMismatch = "social_access_token_mismatch", 400;
    /// This provider does not tell for which application it issued an access token; an ID token or a code does.
    SocialAccessTokenUnverifiable = "social_access_token_unverifiable", 400;

    // 401: who are you?
    /// This call needs a caller who is signed in.
    AuthenticationRequired = "authentication_required", 401;
    /// Unknown account, wrong password, or an account that may not sign in.
    InvalidCredentials = "invalid_credentials", 401;
    /// The code or link to sign in with is unknown, wrong, used or expired, or of an account that may not sign in.
    LoginCodeInvalid = "login_code_invalid", 401;
    /// The access token is malformed, expired, revoked or not meant for this server.
    InvalidToken = "invalid_token", 401;
    /// The token was good, and its time has passed.
    TokenExpired = "token_expired", 401;
    /// The token's time has not passed, but it was revoked: by itself, with its sign-in, or with its user or application.
    TokenRevoked = "token_revoked", 401;
    /// The refresh token is malformed, expired, revoked or was used before.
    RefreshTokenInvalid = "refresh_token_invalid", 401;
    /// The application is unknown, or could not prove itself.
    InvalidClient = "invalid_client", 401;

    // 403: you may not
    /// The account exists and the password is right, but the address has not been confirmed yet.
    ActivationRequired = "activation_required", 403;
    /// The caller lacks the permission for this call.
    PermissionDenied = "permission_denied", 403;
    /// This would give, take or change permissions that the caller does not hold.
    ExceedsOwnPermissions = "exceeds_own_permissions", 403;
    /// The request came from another site, or without the proof that it did not.
    CrossSiteRequest = "cross_site_request", 403;
    /// Users cannot have their accounts deleted on this server.
    DeletionClosed = "deletion_closed", 403;
    /// Sign-up is switched off on this server.
    RegistrationClosed = "registration_closed", 403;
    /// Sign-in by mailed codes is switched off on this server.
    LoginCodesOff = "login_codes_off", 403;
    /// This call needs the password, or a sign-in within the last five minutes.
    ReauthenticationRequired = "reauthentication_required", 403;
    /// The application may not come by tokens in this way.
    UnauthorizedClient = "unauthorized_client", 403;
    /// A rule of whoever runs this server refused it; `reason` is the rule's own code.
    RefusedByHook = "refused_by_hook", 403;
    /// This provider is for people who have an account already.
    SocialSignUpClosed = "social_sign_up_closed", 403;

    // 404, 405, 408, 409, 413, 415, 426
    /// There is nothing here, or nothing the caller may see.
    NotFound = "not_found", 404;
    /// This path does not know the request's method.
    MethodNotAllowed = "method_not_allowed", 405;
    /// The request did not arrive completely in time.
    RequestTimeout = "request_timeout", 408;
    /// The object is not in a state that allows this.
    StateConflict = "state_conflict", 409;
    /// The configuration says how this is, so that it is changed there.
    ManagedByConfiguration = "managed_by_configuration", 409;
    /// No push service is set up here.
    PushNotConfigured = "push_not_configured", 409;
    /// This would leave Sereno without anyone who can administer it.
    LastAdministrator = "last_administrator", 409;
    /// An administrator cannot do this to their own account.
    OwnAccount = "own_account", 409;
    /// The first administrator exists already.
    SetupDone = "setup_done", 409;
    /// There is an account with this address; its owner can sign in and connect the provider.
    SocialAccountExists = "social_account_exists", 409;
    /// This account at the provider is connected to somebody else's account.
    SocialIdentityTaken = "social_identity_taken", 409;
    /// The user has as many devices as are allowed, and is signed in on all of them.
    TooManyDevices = "too_many_devices", 409;
    /// This is the last way to sign in to the account.
    LastSignInMethod = "last_sign_in_method", 409;
    /// This mail holds a secret that is made for its own address, and only its owner can ask for another one.
    RecipientBound = "recipient_bound", 409;
    /// The body is larger than this call accepts.
    BodyTooLarge = "body_too_large", 413;
    /// The request target is longer than Sereno reads.
    UriTooLong = "uri_too_long", 414;
    /// The content type is not one this call reads.
    UnsupportedMediaType = "unsupported_media_type", 415;
    /// This address speaks WebSocket, and the request does not ask for it.
    UpgradeRequired = "upgrade_required", 426;

    // 422: fields
    /// One or more fields were refused; `errors` names them.
    ValidationFailed = "validation_failed", 422;
    /// The field must not be empty.
    Blank = "blank", 422;
    /// The field has a value of the wrong type.
    InvalidType = "invalid_type", 422;
    /// The value is not one of those allowed.
    InvalidChoice = "invalid_choice", 422;
    /// The request has a field that this call does not know.
    UnknownField = "unknown_field", 422;
    /// This field may not be changed by whom it is about.
    ProtectedField = "protected_field", 422;
    /// The value is longer than allowed.
    TooLong = "too_long", 422;
    /// The value holds characters that are not allowed.
    InvalidCharacters = "invalid_characters", 422;
    /// No device of theirs can get notifications.
    NoPushToken = "no_push_token", 422;
    /// The file is no picture of a kind that is read here.
    InvalidPicture = "invalid_picture", 422;
    /// The picture has more pixels than are read here.
    PictureTooLarge = "picture_too_large", 422;
    /// The text is shorter than is allowed.
    TooShort = "too_short", 422;
    /// The text is no URL that may stand here.
    InvalidUrl = "invalid_url", 422;
    /// Another application has this name on the wire.
    ClientIdUnique = "client_id_unique", 422;
    /// Another provider or project has this name in addresses.
    SlugUnique = "slug_unique", 422;
    /// Another permission or role has this codename.
    CodenameUnique = "codename_unique", 422;
    /// The role would include itself, by way of others.
    RoleCycle = "role_cycle", 422;
    /// The secret must be given again, because where it is sent has changed.
    SecretRequired = "secret_required", 422;
    /// This is no private key for ES256 in PEM (PKCS #8).
    PrivateKeyInvalid = "private_key_invalid", 422;
    /// The template cannot be used; `params.reason` says why.
    TemplateInvalid = "template_invalid", 422;
    /// The template cannot be read, or fails; `params` say where (`line`, `column`) and why (`reason`).
    TemplateSyntaxError = "template_syntax_error", 422;
    /// There is no such template, or nothing of it is published.
    TemplateNotFound = "template_not_found", 422;
    /// The mail must name one of the variables that `params.names` tells, or it would be of no use.
    TemplateVariableMissing = "template_variable_missing", 422;
    /// This is not an e-mail address.
    InvalidEmail = "invalid_email", 422;
    /// Addresses like this cannot be used here.
    EmailDomainExcluded = "email_domain_excluded", 422;
    /// No recipient is named.
    EmptyEmail = "empty_email", 422;
    /// A mail needs a template, or a text of its own.
    TemplateOrHtmlRequired = "template_or_html_required", 422;
    /// A file cannot be read, has a name or type that cannot be written, or the files are too many or too large.
    InvalidAttachment = "invalid_attachment", 422;
    /// The address is on the list already.
    AddressListed = "address_listed", 422;
    /// Another account has this e-mail address.
    EmailUnique = "email_unique", 422;
    /// Another account has this user name.
    UsernameUnique = "username_unique", 422;
    /// A user name may hold letters, digits and `.`, `_`, `-`, `+`, but no `@`.
    UsernameInvalid = "username_invalid", 422;
    /// The password is too similar to the rest of the account.
    PasswordTooSimilar = "password_too_similar", 422;
    /// The password is too short.
    PasswordTooShort = "password_too_short", 422;
    /// The password is too long.
    PasswordTooLong = "password_too_long", 422;
    /// The password is among the most common ones.
    PasswordTooCommon = "password_too_common", 422;
    /// The password consists of digits alone.
    PasswordEntirelyNumeric = "password_entirely_numeric", 422;
    /// The password is known from a breach of other services.
    PasswordBreached = "password_breached", 422;
    /// This is not the present password.
    PasswordIncorrect = "password_incorrect", 422;
    /// The new password is the present one.
    PasswordUnchanged = "password_unchanged", 422;

    // 429, 5xx
    /// Too many attempts; `Retry-After` says when the next may follow.
    TooManyRequests = "too_many_requests", 429;
    /// The user has as many connections open as are allowed at once.
    TooManyConnections = "too_many_connections", 429;
    /// Something went wrong inside; the request id finds it in the log.
    Internal = "internal", 500;
    /// The provider's answer cannot be read.
    SocialAnswerInvalid = "social_answer_invalid", 502;
    /// The provider does not accept this server, or may not be called: its settings here are wrong.
    SocialMisconfigured = "social_misconfigured", 502;
    /// The provider does not answer.
    SocialUnavailable = "social_unavailable", 503;
    /// `Idempotency-Key` is empty, longer than 255 characters, or holds others than visible ASCII.
    IdempotencyKeyInvalid = "idempotency_key_invalid", 400;
    /// The `Idempotency-Key` was sent with another request before.
    IdempotencyKeyReused = "idempotency_key_reused", 422;
    /// The same request is being carried out; ask again in a moment.
    RequestInProgress = "request_in_progress", 409;
    /// It is not the version that `If-Match` names any more; `current` is what it is.
    PreconditionFailed = "precondition_failed", 412;
    /// The server is working at its limit; nothing was done.
    Overloaded = "overloaded", 503;
    /// Something Sereno depends on is away; nothing was done.
    Unavailable = "unavailable", 503;
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Code {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        crate::named_schema(
            "Why Sereno refused; stable.",
            Self::ALL.iter().map(|code| code.as_str()),
        )
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Code {}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn names_are_unique_and_serialize_as_themselves() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.as_str()), "{code} stands twice");
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert!(!code.title().is_empty());
        }
    }
}
