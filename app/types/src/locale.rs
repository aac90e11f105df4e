//! The languages Sereno speaks, on pages and in mails.

use serde::{Deserialize, Serialize};

use crate::names::names;

names! {
    /// A language Sereno speaks, by its BCP 47 tag.
    Locale {
        /// English, also for whoever asks for a language we do not speak.
        #[default] En = "en";
        /// German.
        De = "de";
        /// Spanish.
        Es = "es";
    }
}

impl Locale {
    /// How its own speakers call the language.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::De => "Deutsch",
            Self::Es => "Español",
        }
    }

    /// The language of a tag; regions and scripts do not matter (`de-AT` is German).
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let language = tag.trim().split(['-', '_']).next()?;
        Self::from_name(&language.to_ascii_lowercase())
    }

    /// The first language we speak of a list such as `ui_locales`: tags between spaces, best first.
    #[must_use]
    pub fn from_list(tags: &str) -> Option<Self> {
        tags.split_ascii_whitespace().find_map(Self::from_tag)
    }

    /// The language that an `Accept-Language` header weighs highest (RFC 9110 §12.5.4).
    #[must_use]
    pub fn from_accept_language(header: &str) -> Option<Self> {
        let mut best = None;
        let mut best_weight = 0.0;
        for item in header.split(',') {
            let (tag, parameters) = item.split_once(';').unwrap_or((item, ""));
            let weight = parameters
                .trim()
                .strip_prefix("q=")
                .map_or(1.0, |q| q.parse().unwrap_or(0.0));
            if let Some(locale) = Self::from_tag(tag)
                && weight > best_weight
            {
                (best, best_weight) = (Some(locale), weight);
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::Locale;

    #[test]
    fn the_best_language_we_speak_wins() {
        let of = Locale::from_accept_language;
        assert_eq!(of("de-AT,de;q=0.9,en;q=0.8"), Some(Locale::De));
        assert_eq!(of("fr, en;q=0.3, es;q=0.7"), Some(Locale::Es));
        assert_eq!(of("EN"), Some(Locale::En));
        assert_eq!(of("en;q=0, *"), None);
        assert_eq!(of("de;q=nonsense"), None);
        assert_eq!(of(""), None);
        assert_eq!(Locale::from_list("fr-CA es en"), Some(Locale::Es));
        assert_eq!(Locale::from_tag(" de_AT "), Some(Locale::De));
    }
}
