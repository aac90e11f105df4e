//! A provider as its row says, with its secret opened; and those that people can use.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use sereno_types::{Secret, SocialButton, SocialKind, SocialLinking, SocialSettings};
use uuid::Uuid;

use crate::access::application::read;
use crate::context::Sereno;
use crate::entity::social_provider::{Column, Entity, Model};
use crate::error::{Error, Result};

/// A provider, for whoever talks to it.
pub(super) struct Provider {
    pub id: Uuid,
    pub slug: String,
    pub kind: SocialKind,
    pub name: String,
    pub client_id: String,
    /// The client secret, or Apple's private key.
    pub secret: Option<Secret>,
    pub audiences: Vec<String>,
    pub redirect_uris: Vec<String>,
    pub scopes: Vec<String>,
    pub settings: SocialSettings,
    pub sign_up: bool,
    pub linking: SocialLinking,
}

impl Provider {
    /// What the row says.
    pub fn open(sereno: &Sereno, row: Model) -> Result<Self> {
        let secret = match &row.secret {
            Some(sealed) => {
                let plain = sereno.keys.seal.open(&sealed.0, &place(row.id))?;
                let text = std::str::from_utf8(&plain).map_err(Error::internal)?;
                Some(Secret::new(text))
            }
            None => None,
        };
        Ok(Self {
            id: row.id,
            slug: row.slug,
            kind: SocialKind::from_name(&row.kind).ok_or_else(|| Error::internal("an unknown kind of provider"))?,
            name: row.name,
            client_id: row.client_id,
            secret,
            audiences: read(row.audiences)?,
            redirect_uris: read(row.redirect_uris)?,
            scopes: read(row.scopes)?,
            settings: read(row.settings)?,
            sign_up: row.sign_up,
            linking: SocialLinking::from_name(&row.linking).unwrap_or_default(),
        })
    }

    /// The client ids whose tokens are taken.
    pub fn client_ids(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.client_id.as_str()).chain(self.audiences.iter().map(String::as_str))
    }

    /// Where the provider sends people back to.
    pub fn callback(&self, sereno: &Sereno) -> String {
        callback(sereno, &self.slug)
    }
}

/// Where a provider sends people back to.
pub(super) fn callback(sereno: &Sereno, slug: &str) -> String {
    sereno.link(&format!("/account/social/{slug}/callback"))
}

/// What a provider's secret is sealed for.
pub(super) fn place(id: Uuid) -> String {
    format!("social_provider:{id}:secret")
}

/// The provider that people can use under this name.
///
/// # Errors
/// `not_found`, for one that is switched off too.
pub(super) async fn enabled(sereno: &Sereno, slug: &str) -> Result<Provider> {
    // PostgreSQL cannot be asked for a NUL
    if slug.contains('\0') {
        return Err(Error::NotFound);
    }
    let row = Entity::find()
        .filter(Column::Slug.eq(slug))
        .filter(Column::IsEnabled.eq(true))
        .one(sereno.db.read())
        .await?;
    Provider::open(sereno, row.ok_or(Error::NotFound)?)
}

/// The providers that people can use, by name.
pub async fn buttons(sereno: &Sereno) -> Result<Vec<SocialButton>> {
    let rows = Entity::find()
        .filter(Column::IsEnabled.eq(true))
        .order_by_asc(Column::Name)
        .order_by_asc(Column::Id)
        .all(sereno.db.read())
        .await?;
    let button = |row: Model| SocialButton {
        slug: row.slug,
        kind: SocialKind::from_name(&row.kind).unwrap_or_default(),
        name: row.name,
    };
    Ok(rows.into_iter().map(button).collect())
}
