//! What permissions, roles and projects may be called.

use sereno_types::{Code, FieldError};

/// Longest codename and name of a permission or a role, in characters.
pub const NAME_MAX: usize = 150;
/// Longest name of a project in addresses.
pub const SLUG_MAX: usize = 60;
/// Longest description of a permission or a role, in characters.
pub const DESCRIPTION_MAX: usize = 250;

/// Whether a permission may be called so.
#[must_use]
pub fn is_permission(codename: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-' | ':' | '/');
    // what begins so asks for a role
    (1..=NAME_MAX).contains(&codename.len()) && codename.chars().all(fits) && !codename.starts_with("role:")
}

/// Whether a role may be called so.
#[must_use]
pub fn is_role(codename: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    (1..=NAME_MAX).contains(&codename.len()) && codename.chars().all(fits)
}

/// Whether a project may be called so in addresses. What looks like an id or a number would be taken for one.
#[must_use]
pub fn is_slug(slug: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let plain = (1..=SLUG_MAX).contains(&slug.len()) && slug.chars().all(fits) && !slug.starts_with('-');
    plain && slug.parse::<uuid::Uuid>().is_err()
}

/// What is wrong with a codename, held against one of the rules above.
#[must_use]
pub fn fault(field: impl Into<String>, codename: &str, fits: fn(&str) -> bool, max: usize) -> Option<FieldError> {
    let code = match codename {
        "" => Code::Blank,
        long if long.len() > max => return Some(FieldError::new(field, Code::TooLong).with("max", max as u64)),
        other if !fits(other) => Code::InvalidCharacters,
        _ => return None,
    };
    Some(FieldError::new(field, code))
}

pub use crate::error::too_long;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for good in ["invoices.view", "app:thing/view", "a", "can_do-it"] {
            assert!(is_permission(good), "{good}");
        }
        for bad in ["", "Invoices.view", "role:admin", "a b", "ä", &"a".repeat(151)] {
            assert!(!is_permission(bad), "{bad}");
        }
        assert!(is_role("admin_1") && !is_role("a:b") && !is_role("a/b"));
        assert!(is_slug("acme-2") && !is_slug("-acme") && !is_slug("0193d1a2-1f3e-7000-8000-000000000000"));
    }
}
