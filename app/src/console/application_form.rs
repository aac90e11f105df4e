//! The settings of an application as a form: its fields, what they say of an application, and what was typed as the
//! command that the API takes too. Lists are one entry a line, claims are JSON as in the API. What the core refuses by an
//! entry of a list is shown at the list.

pub(crate) mod reader;
mod refusal;
mod view;

use std::collections::BTreeMap;

use sereno_types::{
    ApplicationDetail, ApplicationKind, CookieSettings, Delivery, Grant, Problem, Rotation, SameSite, SigningAlgorithm,
    SubjectForm, TokenFormat, TokenProfile,
};

use reader::Reader;
pub use refusal::at_fields;
pub use view::SettingsFields;

/// Names and values as they were posted.
pub type Fields = BTreeMap<String, String>;

/// Grants and the boxes that stand for them. The boxes do not say "password" or "code": what a field of such a name says
/// is not kept when a form is refused.
const GRANTS: &[(&str, Grant, &str)] = &[
    ("allow.login", Grant::Password, "Sign in with a password, over the API"),
    ("allow.refresh", Grant::RefreshToken, "Refresh"),
    (
        "allow.client",
        Grant::ClientCredentials,
        "Tokens in its own name (confidential applications; no effect yet)",
    ),
    (
        "allow.authorize",
        Grant::AuthorizationCode,
        "Authorization page (no effect yet)",
    ),
    (
        "allow.device",
        Grant::DeviceCode,
        "Code shown by a device (no effect yet)",
    ),
];

/// Everything that can be set, and changed later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What people call it.
    pub name: String,
    /// How it may come by tokens.
    pub grants: Vec<Grant>,
    /// Where the authorization page may send people back to.
    pub redirect_uris: Vec<String>,
    /// Origins whose scripts may call the API.
    pub origins: Vec<String>,
    /// What it may ask for.
    pub scopes: Vec<String>,
    /// How tokens reach it.
    pub delivery: Delivery,
    /// The form of its tokens.
    pub profile: TokenProfile,
    /// The cookies of a cookie delivery.
    pub cookies: CookieSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: String::new(),
            grants: vec![Grant::Password, Grant::RefreshToken],
            redirect_uris: Vec::new(),
            origins: Vec::new(),
            scopes: Vec::new(),
            delivery: Delivery::default(),
            profile: TokenProfile::default(),
            cookies: CookieSettings::default(),
        }
    }
}

impl From<ApplicationDetail> for Settings {
    fn from(detail: ApplicationDetail) -> Self {
        Self {
            name: detail.name,
            grants: detail.grants,
            redirect_uris: detail.redirect_uris,
            origins: detail.origins,
            scopes: detail.scopes,
            delivery: detail.delivery,
            profile: detail.profile,
            cookies: detail.cookies,
        }
    }
}

impl Settings {
    /// What the fields say of it.
    #[must_use]
    pub fn fields(&self) -> Vec<(String, String)> {
        let (profile, cookies) = (&self.profile, &self.cookies);
        let number = |seconds: Option<u64>| seconds.map(|seconds| seconds.to_string()).unwrap_or_default();
        let left_out: Vec<&str> = profile.leave_out.iter().map(|claim| claim.as_str()).collect();
        let claims = if profile.claims.is_empty() {
            String::new()
        } else {
            serde_json::to_string_pretty(&profile.claims).unwrap_or_default()
        };
        let secure = match cookies.secure {
            None => "",
            Some(true) => "yes",
            Some(false) => "no",
        };
        let mut fields: Vec<(&str, String)> = vec![
            ("name", self.name.clone()),
            ("redirect_uris", self.redirect_uris.join("\n")),
            ("origins", self.origins.join("\n")),
            ("scopes", self.scopes.join("\n")),
            ("delivery", self.delivery.as_str().to_owned()),
            ("profile.algorithm", profile.algorithm.as_str().to_owned()),
            ("profile.access_format", profile.access_format.as_str().to_owned()),
            ("profile.refresh_format", profile.refresh_format.as_str().to_owned()),
            ("profile.access_lifetime", number(profile.access_lifetime)),
            ("profile.refresh_idle_lifetime", number(profile.refresh_idle_lifetime)),
            ("profile.refresh_lifetime", number(profile.refresh_lifetime)),
            ("profile.rotation", profile.rotation.as_str().to_owned()),
            ("profile.header_typ", profile.header_typ.clone()),
            ("profile.issuer", profile.issuer.clone().unwrap_or_default()),
            ("profile.subject", profile.subject.as_str().to_owned()),
            ("profile.audience", profile.audience.join("\n")),
            (
                "profile.not_before",
                profile.not_before.map(|offset| offset.to_string()).unwrap_or_default(),
            ),
            ("profile.type_claim", profile.type_claim.clone().unwrap_or_default()),
            ("profile.claims", claims),
            ("profile.leave_out", left_out.join(" ")),
            ("cookies.access", cookies.access.clone()),
            ("cookies.refresh", cookies.refresh.clone()),
            ("cookies.payload", cookies.payload.clone()),
            ("cookies.csrf", cookies.csrf.clone()),
            ("cookies.path", cookies.path.clone()),
            ("cookies.refresh_path", cookies.refresh_path.clone()),
            ("cookies.domain", cookies.domain.clone().unwrap_or_default()),
            ("cookies.same_site", cookies.same_site.as_str().to_owned()),
            ("cookies.secure", secure.to_owned()),
        ];
        let ticks = GRANTS
            .iter()
            .map(|(name, grant, _)| (*name, self.grants.contains(grant)))
            .chain([
                ("profile.own", profile.own_key),
                ("profile.extendable", profile.extendable),
                ("profile.shared_jti", profile.shared_jti),
                ("profile.header_kid", profile.header_kid),
                ("cookies.csrf_required", cookies.csrf_required),
            ]);
        // a box that is not ticked posts nothing
        fields.extend(
            ticks
                .filter(|(_, ticked)| *ticked)
                .map(|(name, _)| (name, "yes".to_owned())),
        );
        fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// What was typed.
    ///
    /// # Errors
    /// What cannot be read, by field.
    pub fn read(fields: &Fields) -> Result<Self, Problem> {
        let mut reader = Reader {
            fields,
            faults: Vec::new(),
        };
        let settings = Self {
            name: reader.text("name"),
            grants: GRANTS
                .iter()
                .filter(|(name, ..)| reader.tick(name))
                .map(|(_, grant, _)| *grant)
                .collect(),
            redirect_uris: reader.lines("redirect_uris"),
            origins: reader.lines("origins"),
            scopes: reader.lines("scopes"),
            delivery: reader.choice("delivery", Delivery::from_name),
            profile: TokenProfile {
                algorithm: reader.choice("profile.algorithm", SigningAlgorithm::from_name),
                own_key: reader.tick("profile.own"),
                access_format: reader.choice("profile.access_format", TokenFormat::from_name),
                refresh_format: reader.choice("profile.refresh_format", TokenFormat::from_name),
                access_lifetime: reader.number("profile.access_lifetime"),
                refresh_idle_lifetime: reader.number("profile.refresh_idle_lifetime"),
                refresh_lifetime: reader.number("profile.refresh_lifetime"),
                rotation: reader.choice("profile.rotation", Rotation::from_name),
                extendable: reader.tick("profile.extendable"),
                shared_jti: reader.tick("profile.shared_jti"),
                header_typ: reader.text("profile.header_typ"),
                header_kid: reader.tick("profile.header_kid"),
                issuer: reader.said("profile.issuer"),
                subject: reader.choice("profile.subject", SubjectForm::from_name),
                audience: reader.lines("profile.audience"),
                not_before: reader.number("profile.not_before"),
                type_claim: reader.said("profile.type_claim"),
                claims: reader.json("profile.claims"),
                leave_out: reader.claims("profile.leave_out"),
            },
            cookies: CookieSettings {
                access: reader.text("cookies.access"),
                refresh: reader.text("cookies.refresh"),
                payload: reader.text("cookies.payload"),
                csrf: reader.text("cookies.csrf"),
                path: reader.text("cookies.path"),
                refresh_path: reader.text("cookies.refresh_path"),
                domain: reader.said("cookies.domain"),
                same_site: reader.choice("cookies.same_site", SameSite::from_name),
                secure: reader.said("cookies.secure").map(|said| said == "yes"),
                csrf_required: reader.tick("cookies.csrf_required"),
            },
        };
        if reader.faults.is_empty() {
            Ok(settings)
        } else {
            Err(Problem::fields(reader.faults))
        }
    }
}

/// What people call the ways of delivery.
#[must_use]
pub const fn delivery_name(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Json => "Both tokens in the body",
        Delivery::RefreshCookie => "Refresh token in a cookie",
        Delivery::Cookie => "Both tokens in cookies",
        Delivery::SplitCookie => "Cookies, with readable claims",
        Delivery::Session => "Session",
        Delivery::Key => "One opaque key",
    }
}

/// What people call the kinds.
#[must_use]
pub const fn kind_name(kind: ApplicationKind) -> &'static str {
    match kind {
        ApplicationKind::Public => "Public",
        ApplicationKind::Confidential => "Confidential",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sereno_types::{Code, FieldError};

    use super::*;

    fn posted(settings: &Settings) -> Fields {
        settings.fields().into_iter().collect()
    }

    #[test]
    fn a_form_that_was_not_touched_changes_nothing() {
        let settings = Settings {
            name: "Shop".to_owned(),
            grants: vec![Grant::RefreshToken, Grant::DeviceCode],
            redirect_uris: vec!["https://a.example/x".to_owned(), "https://b.example/".to_owned()],
            origins: vec!["https://a.example".to_owned()],
            scopes: vec!["introspect".to_owned()],
            delivery: Delivery::SplitCookie,
            profile: serde_json::from_value(json!({
                "algorithm": "RS256", "own_key": true, "refresh_format": "jwt", "access_lifetime": 60,
                "not_before": -5, "rotation": "never", "extendable": false, "shared_jti": true, "header_typ": "JWT", "header_kid": false,
                "issuer": "old", "subject": "number", "audience": ["a", "b"], "type_claim": "type",
                "claims": [{"name": "x", "source": "roles", "token": "access"}], "leave_out": ["sid", "epoch"],
            }))
            .unwrap(),
            cookies: serde_json::from_value(json!({
                "access": "at", "domain": "example.org", "same_site": "None", "secure": true, "csrf_required": false,
            }))
            .unwrap(),
        };
        assert_eq!(Settings::read(&posted(&settings)).unwrap(), settings);
        assert_eq!(
            Settings::read(&posted(&Settings::default())).unwrap(),
            Settings::default()
        );
    }

    #[test]
    fn what_cannot_be_read_is_told_at_its_field() {
        let mut fields = posted(&Settings::default());
        for (name, text) in [
            ("profile.access_lifetime", "soon"),
            ("profile.claims", "[{]"),
            ("profile.leave_out", "iss shoe"),
            ("delivery", "pigeon"),
        ] {
            fields.insert(name.to_owned(), text.to_owned());
        }
        let problem = Settings::read(&fields).unwrap_err();
        let mut named: Vec<&str> = problem.errors.iter().map(|error| error.field.as_str()).collect();
        named.sort_unstable();
        assert_eq!(
            named,
            [
                "delivery",
                "profile.access_lifetime",
                "profile.claims",
                "profile.leave_out"
            ]
        );
    }

    #[test]
    fn entries_of_lists_are_told_at_their_list() {
        let refused = Problem::fields(vec![
            FieldError::new("origins.1", Code::InvalidUrl),
            FieldError::new("profile.claims.0.name", Code::InvalidChoice).with("reason", "taken"),
            FieldError::new("cookies", Code::InvalidChoice),
            FieldError::new("name", Code::Blank),
        ]);
        let placed = at_fields(refused);
        let told: Vec<(&str, Option<&str>)> = placed
            .errors
            .iter()
            .map(|error| {
                (
                    error.field.as_str(),
                    error.params.get("reason").and_then(|reason| reason.as_str()),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("origins", Some("entry 2")),
                ("profile.claims", Some("entry 1: taken")),
                ("cookies.access", None),
                ("name", None),
            ]
        );
    }

    #[test]
    fn no_field_has_a_name_that_a_refused_form_forgets() {
        for (name, _) in Settings::default().fields() {
            let secret = ["password", "token", "code", "secret", "key"];
            assert!(!secret.iter().any(|secret| name.contains(secret)), "{name}");
        }
    }
}
