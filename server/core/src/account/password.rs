//! The password policy: length, similarity to the rest of the account, common and numeric passwords. The codes, their
//! order and the measure of similarity are Django's, so that texts made for them keep fitting.

use std::collections::HashMap;

use sereno_types::{CheckPassword, Code, FieldError};

use crate::config::Password;
use crate::context::Sereno;
use crate::error::{Error, Result};

/// The most common passwords, lower case, sorted, one a line.
static COMMON: &str = include_str!("../../data/common-passwords.txt");

/// From here on a password counts as similar, as in Django.
const MAX_SIMILARITY: f64 = 0.7;

/// Judges a password without storing anything.
///
/// # Errors
/// `validation_failed` with the codes on `password`.
pub fn check(sereno: &Sereno, command: &CheckPassword) -> Result<()> {
    let relatives = [command.email.as_deref(), command.username.as_deref()];
    let faults = judge(
        &sereno.config.password,
        command.password.expose(),
        relatives.into_iter().flatten(),
    );
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Error::fields(faults))
    }
}

/// Everything that is wrong with a password, in Django's order. `relatives` are the account's other texts.
pub(crate) fn judge<'a>(
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
    if relatives.into_iter().any(|relative| is_similar(&lower, relative)) {
        faults.push(fault(Code::PasswordTooSimilar));
    }
    if length < policy.min_length {
        faults.push(fault(Code::PasswordTooShort).with("min", policy.min_length));
    }
    if is_common(lower.trim()) {
        faults.push(fault(Code::PasswordTooCommon));
    }
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
    let words = relative
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty());
    std::iter::once(relative.as_str())
        .chain(words)
        .filter(|word| !exceeds_ratio(password, word))
        .any(|word| ratio(password, word) >= MAX_SIMILARITY)
}

/// Django's shortcut: a password more than ten times as long as the word cannot resemble it.
fn exceeds_ratio(password: &str, word: &str) -> bool {
    let (length, word) = (password.chars().count(), word.chars().count());
    length >= 10 * word && word < length / 2
}

/// The Ratcliff/Obershelp measure: twice the number of matching characters over the number of all.
fn ratio(a: &str, b: &str) -> f64 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let all = a.len() + b.len();
    if all == 0 {
        return 1.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "both are lengths of short texts")]
    let ratio = 2.0 * matching(&a, &b) as f64 / all as f64;
    ratio
}

/// Characters in the longest common run, and in the runs left and right of it.
fn matching(a: &[char], b: &[char]) -> usize {
    let mut total = 0;
    let mut open = vec![(0, a.len(), 0, b.len())];
    let mut places: HashMap<char, Vec<usize>> = HashMap::new();
    for (index, c) in b.iter().enumerate() {
        places.entry(*c).or_default().push(index);
    }
    while let Some((a_from, a_to, b_from, b_to)) = open.pop() {
        let (mut start_a, mut start_b, mut longest) = (a_from, b_from, 0);
        let mut runs: HashMap<usize, usize> = HashMap::new();
        for (i, c) in a.iter().enumerate().take(a_to).skip(a_from) {
            let mut grown = HashMap::new();
            for &j in places
                .get(c)
                .into_iter()
                .flatten()
                .filter(|j| (b_from..b_to).contains(*j))
            {
                let run = if j > 0 {
                    runs.get(&(j - 1)).copied().unwrap_or(0)
                } else {
                    0
                } + 1;
                grown.insert(j, run);
                if run > longest {
                    (start_a, start_b, longest) = (i + 1 - run, j + 1 - run, run);
                }
            }
            runs = grown;
        }
        if longest > 0 {
            total += longest;
            open.push((a_from, start_a, b_from, start_b));
            open.push((start_a + longest, a_to, start_b + longest, b_to));
        }
    }
    total
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
            codes("marguerite", &["marguerite@example.org"]),
            [Code::PasswordTooSimilar]
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
        // figures from Python's difflib.SequenceMatcher
        for (a, b, expected) in [
            ("abcd", "bcde", 0.75),
            ("private", "privet", 0.923_076),
            ("password", "wordpass", 0.5),
            ("", "", 1.0),
        ] {
            assert!((ratio(a, b) - expected).abs() < 0.000_1, "{a} {b} {}", ratio(a, b));
        }
    }
}
