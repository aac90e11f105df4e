//! Changing a profile, the attributes that may stand in it, and what changed.

#![expect(
    clippy::option_option,
    reason = "a merge patch has three answers: not said, said to be nothing, said"
)]

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::{Id, Timestamp};

/// Tells "not said" from "said to be nothing" (RFC 7396).
pub(crate) fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(source: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(source).map(Some)
}

/// Changes one's own profile; what is not said stays, null takes away (RFC 7396). There is no field for passwords, rights
/// or addresses: those have flows of their own.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateProfile {
    /// The user name.
    #[serde(default, deserialize_with = "said")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 150))]
    pub username: Option<Option<String>>,
    /// Given name.
    #[serde(default, deserialize_with = "said")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 150))]
    pub first_name: Option<Option<String>>,
    /// Family name.
    #[serde(default, deserialize_with = "said")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 150))]
    pub last_name: Option<Option<String>>,
    /// The language, as a BCP 47 tag.
    #[serde(default, deserialize_with = "said")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 35, example = "de"))]
    pub locale: Option<Option<String>>,
    /// Attributes to set; null takes one away, others stay.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub attributes: Map<String, Value>,
}

/// The type of an attribute's values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AttributeKind {
    /// Text.
    #[default]
    String,
    /// A whole number.
    Integer,
    /// Yes or no.
    Boolean,
    /// Any number.
    Number,
    /// A day: `2026-11-20`.
    Date,
    /// A list of anything.
    List,
    /// An object of anything.
    Object,
}

impl AttributeKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::String,
        Self::Integer,
        Self::Boolean,
        Self::Number,
        Self::Date,
        Self::List,
        Self::Object,
    ];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::Date => "date",
            Self::List => "list",
            Self::Object => "object",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }
}

/// A declared attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attribute {
    /// Its id.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// The type of its values.
    pub kind: AttributeKind,
    /// For people.
    pub description: String,
    /// Whether a sign-up must bring it.
    pub is_required: bool,
    /// Whether users may not change it themselves.
    pub is_protected: bool,
    /// When it was declared.
    pub created_at: Timestamp,
}

/// Declares an attribute, or changes the one with this name.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DeclareAttribute {
    /// The type of its values. Values that users have already stay what they are.
    pub kind: AttributeKind,
    /// For people.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub description: String,
    /// Whether a sign-up must bring it.
    #[serde(default)]
    pub is_required: bool,
    /// Whether users may not change it themselves.
    #[serde(default)]
    pub is_protected: bool,
}

/// A field of a profile, as a form needs to know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProfileField {
    /// Its name; an attribute is `attributes.<name>`.
    pub field: String,
    /// The type of its values.
    pub kind: AttributeKind,
    /// For people, if staff said something.
    pub description: String,
    /// Whether it may not be taken away.
    pub is_required: bool,
    /// Whether users may not change it themselves.
    pub is_protected: bool,
}

/// One change of one field of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProfileChange {
    /// Its id.
    pub id: Id,
    /// When.
    pub at: Timestamp,
    /// Which field; an attribute is `attributes.<name>`.
    pub field: String,
    /// What it held.
    pub before: Value,
    /// What it holds.
    pub after: Value,
    /// `user`, `system` or `anonymous`.
    pub actor_kind: String,
    /// Who, if it was a user.
    pub actor_id: Option<Id>,
    /// The user name, the address, or the number of that user, while there is one.
    pub actor_name: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
}

/// Which changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ChangeQuery {
    /// Only of this field.
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub field: Option<String>,
    /// How many rows, 50 when nothing is said.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u64>,
    /// Where to continue, from an earlier answer.
    #[cfg_attr(feature = "openapi", param(max_length = 1000))]
    pub cursor: Option<String>,
}

/// Which declared attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct AttributeQuery {
    /// Search in name and description.
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub q: Option<String>,
    /// Rows per page, 1 to 200; 50 when absent.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u64>,
    /// Where to continue, from an earlier answer.
    #[cfg_attr(feature = "openapi", param(max_length = 1000))]
    pub cursor: Option<String>,
}
