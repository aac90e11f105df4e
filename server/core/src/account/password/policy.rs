//! The password policy: length, similarity to the rest of the account, common and numeric passwords. The codes, their
//! order and the measure of similarity are Django's, so that texts made for them keep fitting.

use std::collections::HashMap;

use sereno_types::{Code, FieldError};

use crate::config::Password;

/// The most common passwords, lower case, sorted, one a line.
static COMMON: &str = include_str!("../../../data/common-passwords.txt");

/// Longest text that a password is compared with, in bytes: an address, or a user name of the widest characters.
const RELATIVE_MAX: usize = 600;

/// From here on a password counts as similar, as in Django.
const MAX_SIMILARITY: f64 = 0.7;

/// Everything that is wrong with a password, in Django's order. `relatives` are the account's other texts.
pub(super) fn judge<'a>(
    policy: &Password,
    password: &str,
    relatives: impl IntoIterator<Item = &'a str>,
) -> Vec<FieldError> {
    let fault = |code| FieldError::new("password", code);
    if password.is_empty() {
        return vec![fault(Code::Blank)];
    }
    let length = password.chars().count() as u64;
    // NIST SP 800-63B: refused rather than cut; and nothing below may be made to chew on megabytes
    if length > policy.max_length || password.len() as u64 > policy.max_length * 4 {
        return vec![fault(Code::PasswordTooLong).with("max", policy.max_length)];
    }
    let lower = password.to_lowercase();
    let mut faults = Vec::new();
    // what is longer than any accepted name is refused elsewhere; comparing it would only burn time
    let relatives = relatives.into_iter().filter(|relative| relative.len() <= RELATIVE_MAX);
    if relatives.into_iter().any(|relative| is_similar(&lower, relative)) {
        faults.push(fault(Code::PasswordTooSimilar));
    }
    if length < policy.min_length {
        faults.push(fault(Code::PasswordTooShort).with("min", policy.min_length));
    }
    if is_common(lower.trim()) {
        faults.push(fault(Code::PasswordTooCommon));
    }
    // a little wider than Django, which lets fractions and Roman numerals pass
    if password.chars().all(char::is_numeric) {
        faults.push(fault(Code::PasswordEntirelyNumeric));
    }
    faults
}

/// Binary search over the sorted text itself: no table is built at start.
fn is_common(password: &str) -> bool {
    let bytes = COMMON.as_bytes();
    let (mut low, mut high) = (0, bytes.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        let start = bytes[..middle]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let end = bytes[middle..]
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(bytes.len(), |at| middle + at);
        match bytes[start..end].cmp(password.as_bytes()) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

/// Whether the password resembles the text or one of its words.
fn is_similar(password: &str, relative: &str) -> bool {
    let relative = relative.to_lowercase();
    let words = relative.split(|c: char| !c.is_alphanumeric() && c != '_');
    std::iter::once(relative.as_str())
        .chain(words)
        .any(|word| quick_ratio(password, word) >= MAX_SIMILARITY)
}

/// The measure that Django takes, `quick_ratio` of Python's `difflib`: twice the number of characters both have, wherever
/// they stand, over the number of all.
fn quick_ratio(a: &str, b: &str) -> f64 {
    let mut open = HashMap::<char, usize>::new();
    for c in b.chars() {
        *open.entry(c).or_default() += 1;
    }
    let (mut length, mut common) = (b.chars().count(), 0_usize);
    for c in a.chars() {
        length += 1;
        if let Some(left) = open.get_mut(&c).filter(|left| **left > 0) {
            *left -= 1;
            common += 1;
        }
    }
    if length == 0 {
        return 1.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "both are lengths of short texts")]
    let ratio = 2.0 * common as f64 / length as f64;
    ratio
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(password: &str, relatives: &[&str]) -> Vec<Code> {
        judge(&Password::default(), password, relatives.iter().copied())
            .iter()
            .map(|fault| fault.code)
            .collect()
    }

    #[test]
    fn every_failing_rule_is_named_in_order() {
        assert_eq!(codes("", &[]), [Code::Blank]);
        assert_eq!(codes("wheelbarrow at dawn", &["ana@example.org"]), []);
        assert_eq!(
            codes("1234", &[]),
            [
                Code::PasswordTooShort,
                Code::PasswordTooCommon,
                Code::PasswordEntirelyNumeric
            ]
        );
        assert_eq!(codes("Password1", &[]), [Code::PasswordTooCommon]);
        assert_eq!(
            codes("hollyhocks", &["hollyhock@example.org"]),
            [Code::PasswordTooSimilar]
        );
        assert_eq!(
            codes("12345", &["12345@example.org"]),
            [
                Code::PasswordTooSimilar,
                Code::PasswordTooShort,
                Code::PasswordTooCommon,
                Code::PasswordEntirelyNumeric
            ]
        );
        assert_eq!(codes("83759201648", &[]), [Code::PasswordEntirelyNumeric]);
        assert_eq!(codes(&"x".repeat(129), &[]), [Code::PasswordTooLong]);
        assert_eq!(codes("pässwörter-geheim", &[]), []);
    }

    #[test]
    fn the_whole_list_is_found() {
        assert!(COMMON.lines().count() > 19_000);
        assert!(COMMON.lines().is_sorted_by(|a, b| a.as_bytes() <= b.as_bytes()));
        for line in COMMON.lines().step_by(97).chain(COMMON.lines().last()) {
            assert!(is_common(line), "{line}");
        }
        assert!(!is_common("wheelbarrow at dawn"));
        assert!(!is_common(""));
    }

    #[test]
    fn similarity_is_that_of_the_reference() {
        // figures of Python's difflib.SequenceMatcher.quick_ratio, verdicts of Django 5.2's UserAttributeSimilarityValidator
        for (password, relative, ratio, similar) in [
            ("abcd", "bcde", 0.75, true),
            ("private", "privet", 0.923_077, true),
            ("password", "wordpass", 1.0, true),
            ("drowssap99", "password", 0.888_889, true),
            ("hollyhocks", "hollyhock@example.org", 0.580_645, true),
            ("ana-lopez", "lopez_ana", 0.888_889, true),
            ("xxana", "ana@example.org", 0.4, true),
            ("example.org1", "ana@example.org", 0.814_815, true),
            ("under_score1", "under_score", 0.956_522, true),
            ("müllerin1", "Müller", 0.8, true),
            ("straßenbahn", "STRASSENBAHN", 0.869_565, true),
            ("abcdefghij", "a", 0.181_818, false),
            ("aaaaaaaaabaaaaaaaaabaaaaaaaaab", "aaa", 0.181_818, false),
            ("o'neil99", "o'neil@example.co.uk", 0.428_571, false),
            ("wheelbarrow at dawn", "ana@example.org", 0.529_412, false),
        ] {
            let found = quick_ratio(password, &relative.to_lowercase());
            assert!((found - ratio).abs() < 0.000_001, "{password} {relative} {found}");
            assert_eq!(is_similar(password, relative), similar, "{password} {relative}");
        }
        assert!((quick_ratio("", "") - 1.0).abs() < f64::EPSILON);
    }
}
