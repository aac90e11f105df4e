//! What a client says of its device, held to its limits.

use serde_json::{Value, json};
use sereno_types::{Code, DeviceHint, FieldError, Secret};
use uuid::Uuid;

use crate::context::tidy;
use crate::entity::Hidden;
use crate::error::{Error, Result};

/// Longest name, in characters.
pub const NAME_MAX: usize = 100;
/// Longest kind, system or version, in characters.
pub const WORD_MAX: usize = 50;
/// Longest id of the hardware, in characters.
pub const HARDWARE_MAX: usize = 200;
/// Longest push token, in bytes: those of the large services have some 200, and an index takes 2,700.
const PUSH_MAX: usize = 1_000;

/// What was said, as it is kept. What was not said, or empty, is nothing.
#[derive(Clone, Debug, Default)]
pub struct Described {
    /// The client's own name for the installation.
    pub uuid: Option<Uuid>,
    /// The name for people.
    pub name: Option<String>,
    /// What kind of device.
    pub device_type: Option<String>,
    /// The operating system.
    pub os: Option<String>,
    /// Its version.
    pub os_version: Option<String>,
    /// The version of the application.
    pub app_version: Option<String>,
    /// The hardware's own id.
    pub device_id: Option<String>,
    /// The maker's push service.
    pub device_token: Option<Hidden>,
    /// Firebase.
    pub firebase_token: Option<Hidden>,
}

impl Described {
    /// Reads what stands in the field `device` of a sign-in; nothing when nothing is said there.
    ///
    /// # Errors
    /// `validation_failed` with `too_long`, `invalid_characters` or `invalid_type` (a `uuid` that is none).
    pub fn read(hint: Option<&DeviceHint>) -> Result<Option<Self>> {
        let Some(hint) = hint else { return Ok(None) };
        let mut faults = Vec::new();
        let mut word = |field, said: &Option<String>, most| text(&mut faults, field, said.as_deref(), most);
        let mut described = Self {
            uuid: None,
            name: word("device.name", &hint.name, NAME_MAX),
            device_type: word("device.device_type", &hint.device_type, WORD_MAX),
            os: word("device.os", &hint.os, WORD_MAX),
            os_version: word("device.os_version", &hint.os_version, WORD_MAX),
            app_version: word("device.app_version", &hint.app_version, WORD_MAX),
            device_id: word("device.device_id", &hint.device_id, HARDWARE_MAX),
            device_token: push(&mut faults, "device.device_token", hint.device_token.as_ref()),
            firebase_token: push(&mut faults, "device.firebase_token", hint.firebase_token.as_ref()),
        };
        if let Some(said) = hint.uuid.as_deref().map(str::trim).filter(|said| !said.is_empty()) {
            match said.parse() {
                Ok(uuid) => described.uuid = Some(uuid),
                Err(_) => faults.push(FieldError::new("device.uuid", Code::InvalidType)),
            }
        }
        if !faults.is_empty() {
            return Err(Error::fields(faults));
        }
        Ok(described.says_anything().then_some(described))
    }

    /// As it waits in a row until somebody has proven who they are.
    #[must_use]
    pub fn keep(&self) -> Hidden {
        let push = |token: &Option<Hidden>| token.as_ref().map(|token| token.0.clone());
        let said = json!({
            "uuid": self.uuid,
            "name": self.name,
            "device_type": self.device_type,
            "os": self.os,
            "os_version": self.os_version,
            "app_version": self.app_version,
            "device_id": self.device_id,
            "device_token": push(&self.device_token),
            "firebase_token": push(&self.firebase_token),
        });
        Hidden(said.to_string())
    }

    /// What waited in a row.
    #[must_use]
    pub fn kept(kept: &Hidden) -> Self {
        let value: Value = serde_json::from_str(&kept.0).unwrap_or_default();
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        Self {
            uuid: text("uuid").and_then(|uuid| uuid.parse().ok()),
            name: text("name"),
            device_type: text("device_type"),
            os: text("os"),
            os_version: text("os_version"),
            app_version: text("app_version"),
            device_id: text("device_id"),
            device_token: text("device_token").map(Hidden),
            firebase_token: text("firebase_token").map(Hidden),
        }
    }

    fn says_anything(&self) -> bool {
        let texts = [
            &self.name,
            &self.device_type,
            &self.os,
            &self.os_version,
            &self.app_version,
            &self.device_id,
        ];
        self.uuid.is_some()
            || texts.iter().any(|text| text.is_some())
            || self.device_token.is_some()
            || self.firebase_token.is_some()
    }
}

/// A text for people, without control characters; an empty one is nothing.
pub fn text(faults: &mut Vec<FieldError>, field: &str, said: Option<&str>, most: usize) -> Option<String> {
    let said = said?;
    if said.chars().count() > most {
        faults.push(FieldError::new(field, Code::TooLong).with("max", most as u64));
        return None;
    }
    let kept = tidy(said, most).trim().to_owned();
    (!kept.is_empty()).then_some(kept)
}

/// A push token: visible ASCII, as every service writes it; an empty one is nothing.
pub fn push(faults: &mut Vec<FieldError>, field: &str, said: Option<&Secret>) -> Option<Hidden> {
    let said = said?.expose();
    if said.len() > PUSH_MAX {
        faults.push(FieldError::new(field, Code::TooLong).with("max", PUSH_MAX as u64));
        return None;
    }
    if !said.bytes().all(|byte| byte.is_ascii_graphic()) {
        faults.push(FieldError::new(field, Code::InvalidCharacters));
        return None;
    }
    (!said.is_empty()).then(|| Hidden(said.to_owned()))
}
