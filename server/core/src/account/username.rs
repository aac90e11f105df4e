//! A user name for somebody who cannot be asked for one: who signs up through a provider where user names are required.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::identifier::{self, Username};
use crate::context::Sereno;
use crate::entity::user;
use crate::error::{Error, Result};

/// What somebody is called of whom nothing is known.
const NOBODY: &str = "user";
/// Longest part of a name that is taken over, in characters.
const STEM_MAX: usize = 60;
/// How many names are tried; each further one has a digit more.
const ATTEMPTS: usize = 10;

/// A name that nobody has, made of the first text that yields one.
///
/// # Errors
/// `unavailable` when every name that was tried is taken.
pub(crate) async fn free<C: ConnectionTrait>(sereno: &Sereno, db: &C, from: &[&str]) -> Result<Username> {
    let stem = from.iter().find_map(|text| stem(text));
    let stem = stem.unwrap_or_else(|| NOBODY.to_owned());
    for attempt in 0..ATTEMPTS {
        let digits = match attempt {
            0 => String::new(),
            more => sereno.entropy.digits(more + 1)?,
        };
        let Ok(name) = identifier::username(&format!("{stem}{digits}")) else {
            continue;
        };
        let taken = user::Entity::find().filter(user::Column::UsernameCanonical.eq(name.canonical.as_str()));
        if taken.count(db).await? == 0 {
            return Ok(name);
        }
    }
    Err(Error::Unavailable("no user name is free".to_owned()))
}

/// What of a text may stand in a user name; nothing where too little is left to be one.
fn stem(text: &str) -> Option<String> {
    let words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let joined = words.collect::<Vec<_>>().join(".").to_lowercase();
    let stem: String = joined.chars().take(STEM_MAX).collect();
    identifier::username(&stem).ok().map(|_| stem)
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn a_name_is_made_of_what_may_stand_in_one() {
        for (text, made) in [
            ("Ana García", Some("ana.garcía")),
            ("  O'Neil,  Jr. ", Some("o.neil.jr")),
            ("ana+news", Some("ana.news")),
            ("", None),
            ("🦉 @", None),
            // what looks like an id could be taken for somebody else's
            ("0d9a1f7a8a5e4d528a382f6f0f3f9a11", None),
        ] {
            assert_eq!(stem(text).as_deref(), made, "{text}");
        }
        assert_eq!(stem(&"a".repeat(200)).map(|stem| stem.len()), Some(60));
    }
}
