//! What a mail of a kind looks like, for staff: its secrets are made when it leaves and kept nowhere, so the samples stand
//! in for what it told, and what would have been a secret is masked. Of what another service wrote nobody knows what in it
//! is a secret, so there everything goes that may be one.

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};
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
fn mask(text: &str) -> String {
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

/// Letters in a row that are a token rather than a word.
const TOKEN_MIN: usize = 24;
/// Letters and digits in a row that may be a code.
const CODE_MIN: usize = 4;
/// Attributes that only say what something looks like; digits in them are sizes and colours.
const LOOKS: [&[u8]; 17] = [
    b"align",
    b"bgcolor",
    b"border",
    b"cellpadding",
    b"cellspacing",
    b"class",
    b"color",
    b"colspan",
    b"dir",
    b"height",
    b"lang",
    b"role",
    b"rowspan",
    b"style",
    b"target",
    b"valign",
    b"width",
];

/// A text of which nobody knows what in it is a code or a link: no digit is left, no word that holds one and is as long as a
/// code, and of addresses nothing behind their host that could open anything. A code of letters alone cannot be told from a word.
#[must_use]
pub fn hide(text: &str) -> String {
    let mut hidden = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        match word.find("://") {
            Some(at) => {
                // an address: where it goes is told, and nothing of what it opens there
                let host = at + "://".len();
                let path = word[host..]
                    .find(['/', '?', '#'])
                    .map_or(word.len(), |path| host + path);
                hide_words(&word[..path], &mut hidden);
                hide_path(&word[path..], &mut hidden);
            }
            None => match word.split_once('?').filter(|(_, query)| query.contains('=')) {
                Some((path, _)) => hide_path(&format!("{path}?"), &mut hidden),
                None => hide_words(word, &mut hidden),
            },
        }
        let blank = after.find(|c: char| !c.is_whitespace()).unwrap_or(after.len());
        hidden.push_str(&after[..blank]);
        rest = &after[blank..];
    }
    hidden
}

/// What stands behind a host: its short parts are told, and that it asks for something.
fn hide_path(path: &str, hidden: &mut String) {
    let end = path.find(['?', '#']).unwrap_or(path.len());
    for part in path[..end].split_inclusive('/') {
        // what closes a sentence or a bracket is not the address's
        let name = part.trim_end_matches(['/', ')', '.', ',']);
        if name.chars().count() >= CODE_MIN {
            hidden.push_str(MASK);
        } else {
            hide_words(name, hidden);
        }
        hidden.push_str(&part[name.len()..]);
    }
    if end < path.len() {
        hidden.push('?');
        hidden.push_str(MASK);
    }
}

fn hide_words(text: &str, hidden: &mut String) {
    let is_inside = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if is_inside(first) {
            rest.find(|c| !is_inside(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(end);
        rest = after;
        let length = word.chars().filter(|c| c.is_alphanumeric()).count();
        let has_digits = word.chars().any(char::is_numeric);
        if length >= TOKEN_MIN || (has_digits && length >= CODE_MIN) {
            hidden.push_str(MASK);
        } else {
            // a code may be written digit by digit
            hidden.extend(word.chars().map(|c| if c.is_numeric() { '•' } else { c }));
        }
    }
}

/// The same of an HTML document, which keeps its looks. It is read as a browser reads it, so that no way of writing a digit
/// gets through; comments and what is no text are left out.
#[must_use]
pub fn hide_html(html: &str) -> String {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut shown = String::with_capacity(html.len());
    let (mut raw, mut words): (Option<Vec<u8>>, _) = (None, String::new());
    for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
        if let Token::String(text) = &token {
            // looks are kept, scripts and the like are not
            match &raw {
                None => words.push_str(&String::from_utf8_lossy(text)),
                // but for those that write
                Some(name) if name == b"style" => {
                    let looks = String::from_utf8_lossy(text);
                    if !looks.to_ascii_lowercase().contains("content") && !looks.contains('\\') {
                        shown.push_str(&looks);
                    }
                }
                Some(_) => {}
            }
            continue;
        }
        shown.push_str(&escaped(&hide(&std::mem::take(&mut words))));
        match token {
            Token::StartTag(tag) => {
                open_tag(&tag, &mut shown);
                if RAW.contains(&tag.name.as_slice()) && !tag.self_closing {
                    raw = Some(tag.name.to_vec());
                }
            }
            Token::EndTag(tag) => {
                if raw.as_deref() == Some(tag.name.as_slice()) {
                    raw = None;
                }
                shown.push_str(&format!("</{}>", String::from_utf8_lossy(&tag.name)));
            }
            Token::Doctype(_) => shown.push_str("<!doctype html>"),
            Token::Comment(_) | Token::Error(_) | Token::String(_) => {}
        }
    }
    shown.push_str(&escaped(&hide(&words)));
    shown
}

/// Elements whose content is no text.
const RAW: [&[u8]; 2] = [b"style", b"script"];

/// Attributes that hold an address.
const LINKS: [&[u8]; 5] = [b"href", b"src", b"action", b"formaction", b"background"];

fn open_tag(tag: &StartTag<()>, shown: &mut String) {
    shown.push('<');
    shown.push_str(&String::from_utf8_lossy(&tag.name));
    for (name, value) in &tag.attributes {
        let text = String::from_utf8_lossy(value);
        let is_look = LOOKS.contains(&name.as_slice()) && !text.contains("url(");
        let text = match is_look {
            true => text.into_owned(),
            // an address without its host
            false if LINKS.contains(&name.as_slice()) && !text.contains("://") && !text.starts_with("mailto:") => {
                let mut hidden = String::new();
                hide_path(&text, &mut hidden);
                hidden
            }
            false => hide(&text),
        };
        shown.push_str(&format!(
            " {}=\"{}\"",
            hide(&String::from_utf8_lossy(name)),
            escaped(&text).replace('"', "&quot;")
        ));
    }
    shown.push('>');
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_strangers_text_nothing_is_left_that_may_be_a_code() {
        for (text, shown) in [
            ("Your code: 123456", "Your code: ••••"),
            ("Code:123456 #1234 PIN=0815", "Code:•••• #•••• PIN=••••"),
            ("code-123456 or 12 34 56", "•••• or •• •• ••"),
            ("1 2 3 4", "• • • •"),
            ("A1B2-C3D4 x7", "•••• x•"),
            ("١٢٣٤ ４２", "•••• ••"),
            (
                "Open https://shop.example/r/aB3dE6?k=abc&x=1#top now",
                "Open https://shop.example/r/••••?•••• now",
            ),
            (
                "https://shop.example/reset/kQzWvbNmLpRtYx/me shop.example/i?k=kQzWvbNm",
                "https://shop.example/••••/••••/me ••••/i?••••",
            ),
            (
                "Dear Ana,\n\tyour order is on its way.",
                "Dear Ana,\n\tyour order is on its way.",
            ),
            ("abcdefghijklmnopqrstuvwxyz", "••••"),
            ("", ""),
        ] {
            assert_eq!(hide(text), shown);
        }
    }

    #[test]
    fn a_strangers_html_keeps_its_looks_and_no_digit() {
        let shown = hide_html(
            "<!doctype html><style>p { width: 600px }</style><!-- 123456 --><script>var code = 123456;</script>\
             <p style=\"width: 600px\" title=\"Code 123456\">Your&nbsp;code: <b>1</b><b>2</b>&#51;4567 a &lt; b</p>\
             <style>p::after { content: '123456' }</style><a href=\"/r/kQzWvbNm?k=x\">Open</a>\
             <a href=\"https://shop.example/?code=123456\">Open</a><i style=\"background: url(https://x.example/123456)\">",
        );
        assert_eq!(
            shown,
            "<!doctype html><style>p { width: 600px }</style><script></script>\
             <p style=\"width: 600px\" title=\"Code ••••\">Your\u{a0}code: <b>•</b><b>•</b>•••• a &lt; b</p>\
             <style></style><a href=\"/r/••••?••••\">Open</a>\
             <a href=\"https://shop.example/?••••\">Open</a><i style=\"background: url(https://x.example/••••)\">"
        );
    }

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
