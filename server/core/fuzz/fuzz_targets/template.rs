//! The language of mails in staff's words: whatever is written, it never panics, says no more than a mail may hold, has a
//! subject of one line, and lets no value become markup. What is told as a fault has a place inside the text.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use sereno_core::notify::plain_text;
use sereno_core::notify::template::engine::{self, RENDERED_MAX};
use sereno_types::EmailSource;

/// No template says this by itself, whatever its filters do to it.
const HOSTILE: &str = "<evil>&\"'\r\nBcc: eve";

fuzz_target!(|text: &str| -> Corpus {
    let source = EmailSource {
        subject: text.replace(char::is_control, " "),
        text: text.to_owned(),
        html: text.to_owned(),
    };
    let values = engine::context(&[("name", HOSTILE), ("link", "https://id.example.org/activate#t")]);
    match engine::check(&source, &["name", "link"], &values) {
        Ok(said) => {
            assert!(said.html.len() <= RENDERED_MAX && said.text.len() <= RENDERED_MAX);
            assert!(!said.subject.contains(char::is_control), "{:?}", said.subject);
            let written = text.to_lowercase().contains("<evil");
            assert!(written || !said.html.to_lowercase().contains("<evil"), "{}", said.html);
            let _ = plain_text::of_html(&said.html);
            Corpus::Keep
        }
        Err(faults) => {
            assert!(!faults.is_empty());
            for place in faults.iter().filter_map(|fault| fault.place) {
                assert!(place.line >= 1 && place.line <= text.lines().count() as u64 + 1);
            }
            Corpus::Keep
        }
    }
});
