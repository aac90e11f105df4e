//! The order in which claims are written: those that RFC 7519 names, the type, then the application's own as its profile lists
//! them. JSON knows no order, but people who look at a token do, and so do programs that compare texts.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};
use sereno_types::TokenProfile;

/// Claims that come first.
const FIRST: [&str; 13] = [
    "iss",
    "sub",
    "aud",
    "iat",
    "exp",
    "nbf",
    "jti",
    super::claims::MARK,
    "client_id",
    "sid",
    "auth_time",
    "amr",
    "epoch",
];

/// An object whose members are written in this order; what is not named comes last.
pub struct InOrder<'a> {
    members: &'a Map<String, Value>,
    order: Vec<&'a str>,
}

impl<'a> InOrder<'a> {
    /// The claims of a token with this profile.
    pub fn new(profile: &'a TokenProfile, claims: &'a Map<String, Value>) -> Self {
        let own = profile.claims.iter().map(|rule| rule.name.as_str());
        let order = FIRST.into_iter().chain(profile.type_claim.as_deref()).chain(own);
        Self {
            members: claims,
            order: order.collect(),
        }
    }

    /// What an object among the members holds, in the order of the dotted names below it.
    fn below(&self, name: &str, members: &'a Map<String, Value>) -> Self {
        let order = self.order.iter();
        let order = order.filter_map(|dotted| dotted.strip_prefix(name)?.strip_prefix('.'));
        Self {
            members,
            order: order.collect(),
        }
    }
}

impl Serialize for InOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut names: Vec<&str> = Vec::with_capacity(self.members.len());
        let ordered = self
            .order
            .iter()
            .map(|dotted| dotted.split('.').next().unwrap_or(dotted));
        for name in ordered.chain(self.members.keys().map(String::as_str)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let mut map = serializer.serialize_map(Some(self.members.len()))?;
        for name in names {
            match self.members.get(name) {
                Some(Value::Object(members)) => map.serialize_entry(name, &self.below(name, members))?,
                Some(value) => map.serialize_entry(name, value)?,
                None => {}
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn claims_are_written_as_the_profile_lists_them() {
        let profile: TokenProfile = serde_json::from_value(json!({
            "type_claim": "type",
            "claims": [
                {"name": "user.username", "source": {"user": "username"}},
                {"name": "user.id", "source": {"user": "number"}},
                {"name": "alone", "source": "roles"},
                {"name": "user.perms", "source": "permissions"},
            ],
        }))
        .unwrap();
        let claims = json!({
            "alone": [], "exp": 2, "iat": 1, "iss": "x", "jti": "j", "more": {"b": 1, "a": 2}, "type": "access",
            "user": {"id": 7, "perms": [], "username": "ana"},
        });
        assert_eq!(
            serde_json::to_string(&InOrder::new(&profile, claims.as_object().unwrap())).unwrap(),
            r#"{"iss":"x","iat":1,"exp":2,"jti":"j","type":"access","user":{"username":"ana","id":7,"perms":[]},"alone":[],"more":{"a":2,"b":1}}"#
        );
    }
}
