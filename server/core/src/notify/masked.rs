//! What a mail of a kind looks like, for staff: its secrets are made when it leaves and kept nowhere, so the samples stand
//! in for what it told, and what would have been a secret is masked.

use sereno_types::Locale;

use crate::context::Sereno;
use crate::error::Result;

use super::mails::{MailKind, Rendered};
use super::render;

const MASK: &str = "••••";

/// A mail of this kind, with sample values and masked secrets: in the words of this version of staff's, else in those that
/// are shipped.
pub async fn masked(
    sereno: &Sereno,
    kind: MailKind,
    locale: Locale,
    version: Option<i64>,
    address: &str,
) -> Result<Rendered> {
    let mail = render::of_version(sereno, kind, locale, version, address).await?;
    let public_url = sereno.config.public_url();
    let mask = |text: &str| mask(&text.replace("https://id.example.org", &public_url));
    Ok(Rendered {
        subject: mask(&mail.subject),
        text: mask(&mail.text),
        html: mask(&mail.html),
    })
}

/// Masks what follows `token=`, and every group of digits that is as long as a code and stands for itself.
#[must_use]
pub fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("token=") {
        let (before, after) = rest.split_at(at + "token=".len());
        masked.push_str(before);
        masked.push_str(MASK);
        rest =
            after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '~' | '%'));
    }
    masked.push_str(rest);
    mask_codes(&masked)
}

fn mask_codes(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut word = String::new();
    let close = |word: &mut String, masked: &mut String| {
        masked.push_str(if is_code(word) { MASK } else { word });
        word.clear();
    };
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '#' | '.' | ':' | '&') {
            word.push(c);
        } else {
            close(&mut word, &mut masked);
            masked.push(c);
        }
    }
    close(&mut word, &mut masked);
    masked
}

/// Six digits or more, perhaps in two halves; days and colours are none.
fn is_code(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ':']);
    let halves: Vec<&str> = word.split('-').collect();
    let digits = halves
        .iter()
        .all(|half| half.len() >= 3 && half.chars().all(|c| c.is_ascii_digit()));
    digits && halves.len() <= 2 && word.len() >= 6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_tokens_are_masked_and_nothing_else() {
        let text = mask("Open https://x.example/a?token=aB-3_x&b=1 or type 1234-5678 (123456) by 2026-01-01, #ff6600.");
        assert_eq!(
            text,
            "Open https://x.example/a?token=••••&b=1 or type •••• (••••) by 2026-01-01, #ff6600."
        );
    }

    #[test]
    fn no_kind_shows_a_secret() {
        for locale in [Locale::En, Locale::De, Locale::Es] {
            for &kind in MailKind::ALL {
                let mail = kind.sample().shipped(locale).unwrap();
                for part in [mail.subject, mail.text, mail.html] {
                    let shown = mask(&part);
                    assert!(
                        !shown.contains("1234-5678") && !shown.contains("token=s"),
                        "{kind:?}: {shown}"
                    );
                }
            }
        }
    }
}
