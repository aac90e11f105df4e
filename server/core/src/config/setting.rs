//! How one setting is read from the file, from the environment, and shown in the documented example; and the macro that
//! makes a section out of documented fields, so that struct, defaults, loader and example cannot drift apart.

use std::net::SocketAddr;
use std::time::Duration;

use sereno_types::Secret;
use toml::Value;

/// A value as it was found.
pub enum Raw {
    /// In the file.
    File(Value),
    /// In an environment variable.
    Env(String),
}

/// A type that a setting may have.
pub trait Setting: Sized {
    /// Reads the value; the error is the end of the sentence "must be …".
    fn read(raw: Raw) -> Result<Self, &'static str>;

    /// The value for the example; nothing for settings without a default.
    fn show(&self) -> Option<Value>;
}

/// A span of whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub u64);

impl Seconds {
    /// The span.
    #[must_use]
    pub const fn span(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

impl Setting for bool {
    fn read(raw: Raw) -> Result<Self, &'static str> {
        match raw {
            Raw::File(Value::Boolean(value)) => Ok(value),
            Raw::Env(text) if text == "true" || text == "1" => Ok(true),
            Raw::Env(text) if text == "false" || text == "0" => Ok(false),
            _ => Err("true or false"),
        }
    }

    fn show(&self) -> Option<Value> {
        Some(Value::Boolean(*self))
    }
}

impl Setting for u64 {
    fn read(raw: Raw) -> Result<Self, &'static str> {
        let value = match raw {
            Raw::File(Value::Integer(value)) => Self::try_from(value).ok(),
            Raw::Env(text) => text.trim().parse().ok(),
            Raw::File(_) => None,
        };
        value.ok_or("a whole number, not negative")
    }

    fn show(&self) -> Option<Value> {
        i64::try_from(*self).ok().map(Value::Integer)
    }
}

impl Setting for Seconds {
    fn read(raw: Raw) -> Result<Self, &'static str> {
        u64::read(raw).map(Self).map_err(|_| "a whole number of seconds")
    }

    fn show(&self) -> Option<Value> {
        self.0.show()
    }
}

/// A span whose default hangs on other settings; empty: not set.
impl Setting for Option<Seconds> {
    fn read(raw: Raw) -> Result<Self, &'static str> {
        match raw {
            Raw::File(Value::String(text)) | Raw::Env(text) if text.is_empty() => Ok(None),
            raw => Seconds::read(raw).map(Some),
        }
    }

    fn show(&self) -> Option<Value> {
        self.and_then(|seconds| seconds.show())
    }
}

impl Setting for String {
    fn read(raw: Raw) -> Result<Self, &'static str> {
        match raw {
            Raw::File(Value::String(text)) | Raw::Env(text) => Ok(text),
            Raw::File(_) => Err("a text in quotes"),
        }
    }

    fn show(&self) -> Option<Value> {
        (!self.is_empty()).then(|| Value::String(self.clone()))
    }
}

impl Setting for Secret {
    fn read(raw: Raw) -> Result<Self, &'static str> {
        String::read(raw).map(Self::from)
    }

    fn show(&self) -> Option<Value> {
        None
    }
}

impl Setting for SocketAddr {
    fn read(raw: Raw) -> Result<Self, &'static str> {
        let why = "an address with a port, for example 127.0.0.1:3000";
        String::read(raw).map_err(|_| why)?.parse().map_err(|_| why)
    }

    fn show(&self) -> Option<Value> {
        Some(Value::String(self.to_string()))
    }
}

/// A list; in the environment its entries are separated by commas.
impl Setting for Vec<String> {
    fn read(raw: Raw) -> Result<Self, &'static str> {
        let why = "a list of texts";
        match raw {
            Raw::Env(text) => Ok(text
                .split(',')
                .map(str::trim)
                .filter(|entry| !entry.is_empty())
                .map(str::to_owned)
                .collect()),
            Raw::File(Value::Array(values)) => values
                .into_iter()
                .map(|value| value.as_str().map(str::to_owned).ok_or(why))
                .collect(),
            Raw::File(_) => Err(why),
        }
    }

    fn show(&self) -> Option<Value> {
        Some(Value::Array(self.iter().cloned().map(Value::String).collect()))
    }
}

/// A list of values that must not be shown.
impl Setting for Vec<Secret> {
    fn read(raw: Raw) -> Result<Self, &'static str> {
        let texts = Vec::<String>::read(raw)?;
        Ok(texts.into_iter().map(Secret::from).collect())
    }

    fn show(&self) -> Option<Value> {
        Some(Value::Array(Vec::new()))
    }
}

/// Values found for one section, by key.
pub type Found = std::collections::BTreeMap<String, Raw>;

/// Makes a section: a struct with a default for each field, `read` that takes every field from what was found and
/// collects what is wrong, and `example` that prints the documented defaults.
macro_rules! section {
    (
        $(#[doc = $doc:literal])+
        $name:ident = $path:literal {
            $( $(#[doc = $field_doc:literal])+ $field:ident: $type:ty = $default:expr; )+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub struct $name {
            $( $(#[doc = $field_doc])+ pub $field: $type, )+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $( $field: $default, )+ }
            }
        }

        impl $name {
            /// Where the section stands in the file; empty for the top.
            pub const PATH: &'static str = $path;

            pub(in crate::config) fn read(
                mut found: $crate::config::setting::Found,
                faults: &mut $crate::config::Faults,
            ) -> Self {
                let mut section = Self::default();
                $(
                    if let Some(raw) = found.remove(stringify!($field)) {
                        match <$type as $crate::config::setting::Setting>::read(raw) {
                            Ok(value) => section.$field = value,
                            Err(why) => faults.add($path, stringify!($field), &format!("must be {why}")),
                        }
                    }
                )+
                for key in found.keys() {
                    faults.add($path, key, "is not a setting that Sereno knows");
                }
                section
            }

            pub(in crate::config) fn example(text: &mut String) {
                $crate::config::setting::heading(text, $path, &[$($doc),+]);
                let defaults = Self::default();
                $(
                    let value = $crate::config::setting::Setting::show(&defaults.$field);
                    $crate::config::setting::line(text, stringify!($field), &[$($field_doc),+], value);
                )+
            }
        }
    };
}
pub(in crate::config) use section;

/// The head of a section in the example.
pub fn heading(text: &mut String, path: &str, docs: &[&str]) {
    if path.is_empty() {
        return;
    }
    text.push('\n');
    comment(text, docs);
    text.push_str(&format!("[{path}]\n"));
}

/// One documented, commented-out setting of the example.
pub fn line(text: &mut String, key: &str, docs: &[&str], value: Option<Value>) {
    text.push('\n');
    comment(text, docs);
    let value = value.map_or_else(|| "\"\"".to_owned(), |value| value.to_string());
    text.push_str(&format!("#{key} = {value}\n"));
}

fn comment(text: &mut String, docs: &[&str]) {
    for doc in docs {
        text.push_str("# ");
        text.push_str(doc.trim());
        text.push('\n');
    }
}
