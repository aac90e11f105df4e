//! Mails as staff writes them: what can be written anew (`Template`), the small language that it is written in (`engine`,
//! `scan`), and what of it is in use (`live`). Drafts, versions and previews are the room `templates`.

pub mod engine;
pub mod live;
mod scan;
pub mod secrets;

pub use live::{Custom, is_custom, render_custom};

use minijinja::value::{Serde, Value};
use sereno_types::{EmailSource, Locale, TemplateVariable};

use super::layout;
use super::mails::MailKind;

/// What a template may name.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it holds, in a sentence.
    pub description: &'static str,
    /// An example of it.
    pub sample: &'static str,
}

impl Variable {
    /// As API and pages show it.
    #[must_use]
    pub fn shown(self) -> TemplateVariable {
        TemplateVariable {
            name: self.name.to_owned(),
            description: self.description.to_owned(),
            sample: self.sample.to_owned(),
        }
    }
}

/// What previews and the check before saving put in the place of a variable.
pub trait Sampled {
    /// Its sample: an object or a list where it is written as one in JSON, else the text that it is.
    fn sample_value(&self) -> Value;
}

impl Sampled for TemplateVariable {
    fn sample_value(&self) -> Value {
        let read = || serde_json::from_str::<serde_json::Value>(&self.sample).ok();
        match read().filter(|json| json.is_object() || json.is_array()) {
            Some(json) => Value::from(Serde(json)),
            None => Value::from(self.sample.as_str()),
        }
    }
}

/// What can be named in every mail.
pub const COMMON: &[Variable] = &[Variable {
    name: "brand",
    description: "What this server calls itself in mails.",
    sample: "Sereno",
}];

/// What the names of staff's own templates begin with. The kinds of mail have no dot in their names, so that one that comes
/// with a later release takes nobody's place.
pub const CUSTOM: &str = "custom.";

/// Something that staff can write anew, for each language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Template {
    /// A mail of ours.
    Mail(MailKind),
    /// What stands below every mail.
    Footer,
    /// A mail of staff's own, by its name in addresses.
    Custom(String),
}

impl Template {
    /// The template with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        if name == layout::FOOTER {
            return Some(Self::Footer);
        }
        match name.strip_prefix(CUSTOM) {
            Some(slug) => Some(Self::Custom(slug.to_owned())),
            None => MailKind::from_name(name).map(Self::Mail),
        }
    }

    /// Its name, as it is stored and stands in addresses.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Mail(kind) => kind.as_str().to_owned(),
            Self::Footer => layout::FOOTER.to_owned(),
            Self::Custom(slug) => format!("{CUSTOM}{slug}"),
        }
    }

    /// What is shipped; nothing of staff's own.
    #[must_use]
    pub fn shipped(&self, locale: Locale) -> Option<EmailSource> {
        match self {
            Self::Mail(kind) => Some(kind.source(locale)),
            Self::Footer => Some(layout::source(locale)),
            Self::Custom(_) => None,
        }
    }

    /// What it may name; staff declares that of its own.
    #[must_use]
    pub fn variables(&self) -> Option<Vec<Variable>> {
        match self {
            Self::Mail(kind) => {
                let about = kind.variables().iter().chain(kind.recipient());
                Some(about.chain(COMMON).copied().collect())
            }
            Self::Footer => Some(layout::variables().to_vec()),
            Self::Custom(_) => None,
        }
    }

    /// Variables of which text and HTML must each name one.
    #[must_use]
    pub const fn needs(&self) -> &'static [&'static str] {
        match self {
            Self::Mail(kind) => kind.needs(),
            Self::Footer | Self::Custom(_) => &[],
        }
    }

    /// Variables that prove its reader.
    #[must_use]
    pub const fn secrets(&self) -> &'static [&'static str] {
        match self {
            Self::Mail(kind) => kind.secrets(),
            Self::Footer | Self::Custom(_) => &[],
        }
    }

    /// Whether it has a subject of its own.
    #[must_use]
    pub const fn has_subject(&self) -> bool {
        !matches!(self, Self::Footer)
    }
}
