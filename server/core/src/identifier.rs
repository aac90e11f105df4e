//! E-mail addresses and user names: what is accepted, and the one form in which they are compared. Mail always goes to
//! the address as it was written, never to a folded form, so that no folding can send a secret to somebody else.

use sereno_types::{Code, FieldError};
use unicode_normalization::UnicodeNormalization;

/// Longest address (RFC 5321 §4.5.3.1.3, less the brackets).
const EMAIL_MAX: usize = 254;
/// Longest part before the `@` (RFC 5321 §4.5.3.1.1).
const LOCAL_MAX: usize = 64;
/// Longest user name, as Django has it.
const USERNAME_MAX: usize = 150;

/// An accepted address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// As it was written, without surrounding blanks.
    pub address: String,
    /// The form in which addresses are compared.
    pub canonical: String,
}

/// Accepts an address, or says why not.
///
/// # Errors
/// `blank`, `too_long`, `invalid_email`.
pub fn email(text: &str) -> Result<Email, Code> {
    let address = text.trim();
    if address.is_empty() {
        return Err(Code::Blank);
    }
    if address.len() > EMAIL_MAX {
        return Err(Code::TooLong);
    }
    if address
        .chars()
        .any(|c| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';' | '"'))
    {
        return Err(Code::InvalidEmail);
    }
    let (local, domain) = address.rsplit_once('@').ok_or(Code::InvalidEmail)?;
    let local_is_sound = !local.is_empty()
        && local.len() <= LOCAL_MAX
        && !local.contains('@')
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..");
    // the mail library has the last word: what it cannot write to is not an address
    // two spellings that compare equal must not be two mailboxes: a local part that folding changes is refused
    if !local.nfkc().eq(local.chars()) {
        return Err(Code::InvalidEmail);
    }
    if !local_is_sound || !domain_is_sound(domain) || address.parse::<lettre::Address>().is_err() {
        return Err(Code::InvalidEmail);
    }
    Ok(Email {
        address: address.to_owned(),
        canonical: canonical(address),
    })
}

/// A domain that compares as something else than it is written (`ac%6de.example`, a soft hyphen, a full stop of another
/// script) is none: mail to it would go to one domain, and be counted for another.
fn domain_is_sound(domain: &str) -> bool {
    let lower = domain.to_lowercase();
    let as_written = |ascii: &str| lower == ascii || idna::domain_to_unicode(ascii).0.nfc().eq(lower.nfc());
    url::Host::parse(domain).is_ok_and(|host| match host {
        url::Host::Domain(ascii) => {
            ascii.contains('.') && !ascii.starts_with('.') && !ascii.ends_with('.') && as_written(&ascii)
        }
        url::Host::Ipv4(_) | url::Host::Ipv6(_) => false,
    })
}

/// The form in which addresses and user names are compared: NFKC, lower case, the domain in its ASCII form. Any text has
/// one; that of a text with a NUL, which PostgreSQL cannot be asked for, is nobody's.
#[must_use]
pub fn canonical(text: &str) -> String {
    let text = text.trim().replace('\0', "\u{fffd}");
    let folded: String = text.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    match folded.rsplit_once('@') {
        Some((local, domain)) => match url::Host::parse(domain) {
            Ok(url::Host::Domain(ascii)) => format!("{local}@{ascii}"),
            _ => folded,
        },
        None => folded,
    }
}

/// An accepted user name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username {
    /// As it was written, NFKC.
    pub name: String,
    /// The form in which user names are compared.
    pub canonical: String,
}

/// Accepts a user name: letters, digits and `.`, `_`, `-`, `+`; never an `@`, so that it cannot be taken for an address.
///
/// # Errors
/// `blank`, `too_long`, `username_invalid`.
pub fn username(text: &str) -> Result<Username, Code> {
    let name: String = text.trim().nfkc().collect();
    if name.is_empty() {
        return Err(Code::Blank);
    }
    if name.chars().count() > USERNAME_MAX {
        return Err(Code::TooLong);
    }
    if !name
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+'))
    {
        return Err(Code::UsernameInvalid);
    }
    // a name that looks like an id could be taken for somebody else's
    if uuid::Uuid::try_parse(&name).is_ok() {
        return Err(Code::UsernameInvalid);
    }
    let canonical = canonical(&name);
    Ok(Username { name, canonical })
}

/// The address in the field `email`, or its refusal among the others.
pub(crate) fn email_field(text: &str, faults: &mut Vec<FieldError>) -> Option<Email> {
    email_of("email", text, faults)
}

/// The same in a field of another name.
pub(crate) fn email_of(field: &str, text: &str, faults: &mut Vec<FieldError>) -> Option<Email> {
    collect(field, EMAIL_MAX, email(text), faults)
}

/// The name in the field `username`, or its refusal among the others.
pub(crate) fn username_field(text: &str, faults: &mut Vec<FieldError>) -> Option<Username> {
    collect("username", USERNAME_MAX, username(text), faults)
}

/// The refusal of an address in this field.
#[must_use]
pub fn fault(field: &str, code: Code) -> FieldError {
    refused(field, EMAIL_MAX, code)
}

fn refused(field: &str, most: usize, code: Code) -> FieldError {
    let fault = FieldError::new(field, code);
    match code {
        Code::TooLong => fault.with("max", most as u64),
        _ => fault,
    }
}

fn collect<T>(field: &str, most: usize, outcome: Result<T, Code>, faults: &mut Vec<FieldError>) -> Option<T> {
    outcome.map_err(|code| faults.push(refused(field, most, code))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_accepted_and_refused() {
        for text in [
            "ana@example.org",
            " Ana.B+tag@Example.ORG ",
            "ana@bücher.example",
            "o'neil@example.co.uk",
        ] {
            assert!(email(text).is_ok(), "{text}");
        }
        for (text, code) in [
            ("  ", Code::Blank),
            ("ana", Code::InvalidEmail),
            ("@example.org", Code::InvalidEmail),
            ("ana@", Code::InvalidEmail),
            ("ana@localhost", Code::InvalidEmail),
            ("ana@[127.0.0.1]", Code::InvalidEmail),
            ("ana@127.0.0.1", Code::InvalidEmail),
            ("a@b@example.org", Code::InvalidEmail),
            (".ana@example.org", Code::InvalidEmail),
            ("ana@example.org\r\nBcc: eve@example.org", Code::InvalidEmail),
            ("ana@exa mple.org", Code::InvalidEmail),
            ("Ana <ana@example.org>", Code::InvalidEmail),
        ] {
            assert_eq!(email(text), Err(code), "{text:?}");
        }
        assert_eq!(email(&format!("{}@example.org", "a".repeat(260))), Err(Code::TooLong));
    }

    #[test]
    fn a_domain_is_written_as_it_is_meant() {
        for text in [
            "bob@ac%6de.example",
            "bob@ac\u{ad}me.example",
            "bob@acme。example",
            "bob@xn--acme-.example",
        ] {
            assert_eq!(email(text), Err(Code::InvalidEmail), "{text}");
        }
        for text in [
            "bob@Acme.Example",
            "bob@XN--Bcher-kva.example",
            "bob@straße.example",
            "bob@उदाहरण.परीक्षा",
        ] {
            assert!(email(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn look_alikes_have_one_canonical_form() {
        assert_eq!(email("ANA@Example.ORG").unwrap().canonical, "ana@example.org");
        assert_eq!(
            email("ana@BÜCHER.example").unwrap().canonical,
            email("ana@xn--bcher-kva.example").unwrap().canonical
        );
        assert_eq!(username("Ａｎａ").unwrap().canonical, "ana");
        assert_eq!(canonical("ﬁx"), "fix");
    }

    #[test]
    fn user_names_hold_no_at_sign() {
        assert_eq!(username("ana@example.org"), Err(Code::UsernameInvalid));
        assert_eq!(username("ana b"), Err(Code::UsernameInvalid));
        assert_eq!(username(&"a".repeat(151)), Err(Code::TooLong));
    }
}
