//! A column whose value must not be shown.

use sea_orm::DeriveValueType;

/// The hash of a password or code, or a sealed key: stored as text, compared and opened by name, never printed.
#[derive(Clone, PartialEq, Eq, DeriveValueType)]
pub struct Hidden(pub String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hidden(…)")
    }
}
