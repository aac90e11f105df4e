//! What a provider says of a person, in one form for all kinds.

use serde_json::{Map, Value, json};
use sereno_types::{Code, Secret};

use super::http::refused;
use crate::account::identifier::{self, Email};
use crate::context::tidy;
use crate::error::Result;

/// Longest subject that is taken, in bytes (OpenID Connect Core §2).
const SUBJECT_MAX: usize = 255;
/// Longest name that is kept, in characters: as long as a profile's.
const NAME_MAX: usize = 150;
/// Longest address of a picture that is kept.
const PICTURE_MAX: usize = 2_048;

/// A person, as a provider knows them. Who it is say issuer and subject together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ProviderUser {
    pub issuer: String,
    pub subject: String,
    pub email: Option<Email>,
    pub email_verified: bool,
    pub name: Option<String>,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    /// The address of a picture.
    pub picture: Option<String>,
    /// What the provider wants to have back when the identity goes.
    pub refresh_token: Option<Secret>,
}

impl ProviderUser {
    /// Somebody of whom nothing but who it is is known.
    ///
    /// # Errors
    /// `social_subject_missing` for what is empty, too long or holds control characters.
    pub fn new(issuer: &str, subject: &str) -> Result<Self> {
        if subject.trim().is_empty() || subject.len() > SUBJECT_MAX || subject.chars().any(char::is_control) {
            return Err(refused(Code::SocialSubjectMissing, &"the subject cannot be one"));
        }
        Ok(Self {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            email: None,
            email_verified: false,
            name: None,
            given_name: None,
            family_name: None,
            picture: None,
            refresh_token: None,
        })
    }

    /// With an address; what is none is passed over.
    pub fn with_email(mut self, email: Option<&str>, verified: bool) -> Self {
        self.email = email.and_then(|email| identifier::email(email).ok());
        self.email_verified = verified && self.email.is_some();
        self
    }

    /// With names: the whole, the given and the family's.
    pub fn with_names(mut self, name: Option<&str>, given: Option<&str>, family: Option<&str>) -> Self {
        let kept = |name: Option<&str>| {
            let name = tidy(name?.trim(), NAME_MAX);
            (!name.is_empty()).then_some(name)
        };
        self.name = kept(name);
        self.given_name = kept(given);
        self.family_name = kept(family);
        self
    }

    /// With a picture.
    pub fn with_picture(mut self, picture: Option<&str>) -> Self {
        let fits = |picture: &&str| picture.len() <= PICTURE_MAX && url::Url::parse(picture).is_ok();
        self.picture = picture.filter(fits).map(str::to_owned);
        self
    }

    /// What is kept beside the address.
    pub fn profile(&self) -> Value {
        let mut profile = Map::new();
        for (field, value) in [
            ("name", &self.name),
            ("given_name", &self.given_name),
            ("family_name", &self.family_name),
            ("picture", &self.picture),
        ] {
            if let Some(value) = value {
                profile.insert(field.to_owned(), json!(value));
            }
        }
        Value::Object(profile)
    }

    /// The given name and the family's, for a new account. One name alone is the given one.
    pub fn names(&self) -> (String, String) {
        let given = self.given_name.clone().or_else(|| match self.family_name {
            Some(_) => None,
            None => self.name.clone(),
        });
        (given.unwrap_or_default(), self.family_name.clone().unwrap_or_default())
    }
}

/// A text in an answer; nothing for what is none.
pub(super) fn text<'a>(of: &'a Value, name: &str) -> Option<&'a str> {
    of.get(name)?.as_str()
}

/// Yes, in the forms that providers have for it.
pub(super) fn yes(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(yes)) => *yes,
        Some(Value::String(text)) => text == "true" || text == "1",
        Some(Value::Number(number)) => number.as_i64() == Some(1),
        _ => false,
    }
}
