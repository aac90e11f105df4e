//! A provider as its row says, with its secret opened; and those that people can use.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use sereno_types::{Secret, SocialButton, SocialKind, SocialLinking, SocialSettings};
use uuid::Uuid;

use crate::access::application::read;
use crate::account::revocation::KeptProvider;
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
        let secret = row.secret.as_ref().map(|sealed| unseal(sereno, row.id, &sealed.0));
        let secret = secret.transpose()?;
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

    /// Apple, deleted here, for giving back what it still holds: nobody signs in by it.
    pub fn of_apple(sereno: &Sereno, id: Uuid, kept: KeptProvider) -> Result<Self> {
        let secret = kept.secret.as_ref().map(|sealed| unseal(sereno, id, sealed));
        Ok(Self {
            id,
            slug: String::new(),
            kind: SocialKind::Apple,
            name: String::new(),
            client_id: kept.client_id,
            secret: secret.transpose()?,
            audiences: Vec::new(),
            redirect_uris: Vec::new(),
            scopes: Vec::new(),
            settings: read(kept.settings)?,
            sign_up: false,
            linking: SocialLinking::Never,
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

fn unseal(sereno: &Sereno, id: Uuid, sealed: &str) -> Result<Secret> {
    let plain = sereno.keys.seal.open(sealed, &place(id))?;
    let text = std::str::from_utf8(&plain).map_err(Error::internal)?;
    Ok(Secret::new(text))
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

/// The client ids whose tokens a provider's people bring here; none where there is no such provider. They are no secret: every
/// link to the provider has one.
///
/// # Errors
/// When the database is away.
pub async fn client_ids(sereno: &Sereno, slug: &str) -> Result<Vec<String>> {
    match enabled(sereno, slug).await {
        Ok(provider) => Ok(provider.client_ids().map(str::to_owned).collect()),
        Err(Error::NotFound) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
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
