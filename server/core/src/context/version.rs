//! Versions of what is edited (RFC 9110 §8.8.3, §13.1.1): whoever changes something may say which version they mean, and is
//! refused if it is another one by now. The flow compares inside its transaction, with the row held.

use serde::Serialize;
use sereno_types::Code;

use super::{RequestMeta, Sereno};
use crate::error::{Error, Result};

impl Sereno {
    /// The version of what can be edited of something: another one as soon as anything of it is another.
    pub fn version(&self, edited: &impl Serialize) -> Result<String> {
        let text = serde_json::to_string(edited).map_err(Error::internal)?;
        Ok(self.keys.digest.digest("version", &text))
    }
}

impl RequestMeta {
    /// Refuses if the request means another version than this one.
    ///
    /// # Errors
    /// `precondition_failed`.
    pub fn expects(&self, version: &str) -> Result<()> {
        let Some(said) = &self.if_match else { return Ok(()) };
        // weak tags never match here (RFC 9110 §13.1.1)
        let means =
            |tag: &str| tag == "*" || tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')) == Some(version);
        if said.split(',').any(|tag| means(tag.trim())) {
            Ok(())
        } else {
            Err(Code::PreconditionFailed.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_version_that_is_meant_is_changed() {
        for (said, fits) in [
            (None, true),
            (Some("\"1.a\""), true),
            (Some("\"0.b\", \"1.a\""), true),
            (Some("*"), true),
            (Some("W/\"1.a\""), false),
            (Some("1.a"), false),
            (Some("\"1.b\""), false),
            (Some(""), false),
        ] {
            let meta = RequestMeta {
                if_match: said.map(str::to_owned),
                ..RequestMeta::default()
            };
            assert_eq!(meta.expects("1.a").is_ok(), fits, "{said:?}");
        }
    }
}
