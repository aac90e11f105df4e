//! Files of users, in a table: the one place that knows where their bytes are. A file never changes: another content is
//! another file under another name, so that whoever shows one may keep it for ever.

pub mod picture;

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::clock::Moment;
use crate::context::{Sereno, Tx};
use crate::entity::file::{ActiveModel, Column, Entity};
use crate::error::{Error, Result};
use picture::Picture;

/// Random bytes in a name: who was not shown it cannot guess it.
const NAME_BYTES: usize = 16;

/// A file as it is served.
#[derive(Debug)]
pub struct File {
    /// What it is.
    pub media_type: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Keeps a picture that belongs to a user; its path, `<model>/<YYYY>/<MM>/<DD>/<name>`.
pub async fn keep(sereno: &Sereno, tx: &Tx, model: &str, owner: Uuid, picture: Picture) -> Result<String> {
    use std::fmt::Write;
    let mut name = String::new();
    for byte in sereno.entropy.bytes::<NAME_BYTES>()? {
        write!(name, "{byte:02x}").map_err(Error::internal)?;
    }
    let path = format!("{}{name}.{}", folder(model, tx.now())?, picture.extension);
    let row = ActiveModel {
        id: Set(sereno.new_id()?),
        path: Set(path.clone()),
        user_id: Set(owner),
        media_type: Set(picture.media_type.to_owned()),
        bytes: Set(picture.bytes),
        created_at: Set(tx.now()),
    };
    Entity::insert(row).exec_without_returning(tx.db()).await?;
    Ok(path)
}

/// `<model>/<YYYY>/<MM>/<DD>/`, by the day in UTC.
fn folder(model: &str, now: Moment) -> Result<String> {
    let day = OffsetDateTime::from_unix_timestamp(now.unix_seconds()).map_err(Error::internal)?;
    Ok(format!(
        "{model}/{:04}/{:02}/{:02}/",
        day.year(),
        u8::from(day.month()),
        day.day()
    ))
}

/// The file at a path.
///
/// # Errors
/// `not_found`.
pub async fn find(sereno: &Sereno, path: &str) -> Result<File> {
    // what no file is called is not asked for
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    if path.len() > 200 || !path.chars().all(plain) {
        return Err(Error::NotFound);
    }
    let found: Option<(String, Vec<u8>)> = Entity::find()
        .select_only()
        .columns([Column::MediaType, Column::Bytes])
        .filter(Column::Path.eq(path))
        .into_tuple()
        .one(sereno.db.read())
        .await?;
    let (media_type, bytes) = found.ok_or(Error::NotFound)?;
    Ok(File { media_type, bytes })
}

/// Forgets the file at a path.
pub async fn remove(tx: &Tx, path: &str) -> Result<()> {
    Entity::delete_many()
        .filter(Column::Path.eq(path))
        .exec(tx.db())
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_named_by_the_day() {
        assert_eq!(
            folder("user", Moment(1_767_225_599_000_000)).unwrap(),
            "user/2025/12/31/"
        );
    }
}
