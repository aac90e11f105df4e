//! Who wants no announcements. It is remembered by a digest, so that it outlives an account without keeping its address; and
//! the link that says so holds the digest and a MAC over it, so that it opens nothing else and names nobody.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use uuid::Uuid;

use crate::context::{Sereno, Tx};
use crate::entity::announcement_optout::{ActiveModel, Column, Entity};
use crate::error::Result;

/// The page that the link opens.
pub const PAGE: &str = "/account/unsubscribe";
const PURPOSE: &str = "unsubscribe";

/// Whose wish it is.
#[derive(Clone, Debug)]
pub struct Whose {
    /// The digests that the address may be known by, that of the newest key first.
    digests: Vec<String>,
    /// The account, where there is one.
    pub user_id: Option<Uuid>,
}

impl Whose {
    /// Whoever reads an address, in the form in which addresses are compared.
    #[must_use]
    pub fn of(sereno: &Sereno, canonical: &str, user_id: Option<Uuid>) -> Self {
        Self {
            digests: sereno.keys.digest.candidates(PURPOSE, canonical),
            user_id,
        }
    }

    fn matching(&self) -> Condition {
        Condition::any()
            .add(Column::Digest.is_in(self.digests.iter().map(String::as_str)))
            .add_option(self.user_id.map(|id| Column::UserId.eq(id)))
    }
}

/// The token of a link for whoever reads an address.
#[must_use]
pub fn token(sereno: &Sereno, canonical: &str, user_id: Option<Uuid>) -> String {
    let digest = sereno.keys.digest.digest(PURPOSE, canonical);
    let user = user_id.map(|id| id.simple().to_string()).unwrap_or_default();
    let mac = sereno.keys.digest.mac(PURPOSE, &[digest.as_bytes(), user.as_bytes()]);
    format!("{digest}~{user}~{}", URL_SAFE_NO_PAD.encode(mac))
}

/// Whom a token is for; nothing of what we did not write.
#[must_use]
pub fn read(sereno: &Sereno, token: &str) -> Option<Whose> {
    let mut parts = token.splitn(3, '~');
    let (digest, user, mac) = (parts.next()?, parts.next()?, parts.next()?);
    let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
    let is_ours = sereno
        .keys
        .digest
        .mac_matches(PURPOSE, &[digest.as_bytes(), user.as_bytes()], &mac);
    is_ours.then(|| Whose {
        digests: vec![digest.to_owned()],
        user_id: user.parse().ok(),
    })
}

/// Whether they want no announcements.
pub async fn declined<C: ConnectionTrait>(db: &C, whose: &Whose) -> Result<bool> {
    Ok(Entity::find().filter(whose.matching()).count(db).await? > 0)
}

/// Where somebody says what they want.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaidIn {
    /// Signed in.
    Account,
    /// By the link of an announcement.
    Link,
}

impl SaidIn {
    /// As it is stored and told.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Link => "link",
        }
    }
}

/// Writes that they want none; says whether that is news. What stands there already without an account becomes that of the
/// account, so that it goes along to another address.
pub async fn decline(sereno: &Sereno, tx: &Tx, whose: &Whose, said_in: SaidIn) -> Result<bool> {
    let Some(digest) = whose.digests.first() else {
        return Ok(false);
    };
    let was = declined(tx.db(), whose).await?;
    let user_id = still_there(tx, whose.user_id).await?;
    let row = ActiveModel {
        id: Set(sereno.new_id()?),
        digest: Set(digest.clone()),
        user_id: Set(user_id),
        created_at: Set(tx.now()),
        said_in: Set(said_in.as_str().to_owned()),
    };
    let there = OnConflict::column(Column::Digest).do_nothing().to_owned();
    Entity::insert(row)
        .on_conflict(there)
        .exec_without_returning(tx.db())
        .await?;
    if let Some(id) = user_id {
        bind_to(tx, whose, id).await?;
    }
    if said_in == SaidIn::Account {
        Entity::update_many()
            .col_expr(Column::SaidIn, Expr::value(SaidIn::Account.as_str()))
            .filter(whose.matching())
            .exec(tx.db())
            .await?;
    }
    Ok(!was)
}

/// What an address said before it had an account is said for that account, whatever its address will be.
///
/// # Errors
/// When the database is away.
pub async fn bind(sereno: &Sereno, tx: &Tx, canonical: &str, user_id: Uuid) -> Result<()> {
    bind_to(tx, &Whose::of(sereno, canonical, None), user_id).await
}

async fn bind_to(tx: &Tx, whose: &Whose, user_id: Uuid) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::UserId, Expr::value(user_id))
        .filter(Column::Digest.is_in(whose.digests.iter().map(String::as_str)))
        .filter(Column::UserId.is_null())
        .exec(tx.db())
        .await?;
    Ok(())
}

/// Whether they said so in their account.
///
/// # Errors
/// When the database is away.
pub async fn declined_in_account<C: ConnectionTrait>(db: &C, whose: &Whose) -> Result<bool> {
    let said = Entity::find()
        .filter(whose.matching())
        .filter(Column::SaidIn.eq(SaidIn::Account.as_str()));
    Ok(said.count(db).await? > 0)
}

/// Writes that they want them again; says whether that is news.
pub async fn accept(tx: &Tx, whose: &Whose) -> Result<bool> {
    let gone = Entity::delete_many().filter(whose.matching()).exec(tx.db()).await?;
    Ok(gone.rows_affected > 0)
}

/// A link outlives the account that it was written for.
async fn still_there(tx: &Tx, user_id: Option<Uuid>) -> Result<Option<Uuid>> {
    let Some(id) = user_id else { return Ok(None) };
    let found = crate::entity::user::Entity::find_by_id(id).count(tx.db()).await?;
    Ok(Some(id).filter(|_| found > 0))
}
