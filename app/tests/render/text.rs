//! The sentences of the codes. That each has one, the compiler checks; here is what it cannot see.

use std::collections::BTreeSet;

use app::text::{Figures, Locale, sentence};
use sereno_types::Code;

#[test]
fn every_code_has_a_sentence_of_its_own_in_every_language() {
    for &locale in Locale::ALL {
        let mut seen = BTreeSet::new();
        for &code in Code::ALL {
            let text = sentence(locale, code, Figures::default());
            assert!(
                text.ends_with('.') && text.len() > 10,
                "{code} in {}: {text}",
                locale.as_str()
            );
            assert!(
                !text.contains(['{', '}', '_']) || text.contains(".\u{a0}_"),
                "{code} in {}: {text}",
                locale.as_str()
            );
            assert!(
                seen.insert(text),
                "{code} repeats another sentence in {}",
                locale.as_str()
            );
        }
    }
}

#[test]
fn the_languages_differ() {
    for &code in Code::ALL {
        let texts: BTreeSet<_> = Locale::ALL
            .iter()
            .map(|&locale| sentence(locale, code, Figures::default()))
            .collect();
        assert_eq!(texts.len(), Locale::ALL.len(), "{code} is not translated");
    }
}

#[test]
fn figures_are_mentioned() {
    let figures = Figures {
        min: Some(17),
        max: Some(17),
        wait: Some(17),
    };
    for &locale in Locale::ALL {
        for code in [
            Code::TooLong,
            Code::PasswordTooShort,
            Code::PasswordTooLong,
            Code::TooManyRequests,
        ] {
            assert!(
                sentence(locale, code, figures).contains("17"),
                "{code} in {}",
                locale.as_str()
            );
        }
    }
}
