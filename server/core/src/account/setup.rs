//! The first administrator: a link on the operator's terminal, good once, instead of a default password.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, Select};
use sereno_types::{Code, Secret, SetUp, UserState};
use std::time::Duration;
use uuid::Uuid;

use super::{NewUser, Origin, create, identifier, password};
use crate::context::{Actor, RequestMeta, Sereno};
use crate::entity::{Hidden, one_time, user};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::once::{self, Mint, Purpose};
use crate::session::{self, NewSession, Proof};

/// How long a set-up link works.
const LIFETIME: Duration = Duration::from_hours(24);

/// Whether somebody can administer this instance.
pub async fn is_done<C: ConnectionTrait>(db: &C) -> Result<bool> {
    // the first one found will do, and is among the oldest users: counting would read every user at every start
    let one: Option<Uuid> = administrators()
        .select_only()
        .column(user::Column::Id)
        .into_tuple()
        .one(db)
        .await?;
    Ok(one.is_some())
}

fn administrators() -> Select<user::Entity> {
    user::Entity::find()
        .filter(user::Column::IsSuperuser.eq(true))
        .filter(user::Column::State.eq(UserState::Active.as_str()))
}

/// Makes a set-up link and ends earlier ones.
///
/// # Errors
/// `setup_done` when there is an administrator.
pub async fn link(sereno: &Sereno) -> Result<String> {
    let tx = sereno.begin(&RequestMeta::default(), &Actor::System).await?;
    if is_done(tx.db()).await? {
        return Err(Code::SetupDone.into());
    }
    one_time::Entity::update_many()
        .col_expr(one_time::Column::ConsumedAt, Expr::value(tx.now().0))
        .filter(one_time::Column::Purpose.eq(Purpose::SetUp.as_str()))
        .filter(one_time::Column::ConsumedAt.is_null())
        .exec(tx.db())
        .await?;
    let what = Mint {
        purpose: Purpose::SetUp,
        user_id: None,
        subject: None,
        credential_epoch: None,
        lifetime: LIFETIME,
        code: None,
    };
    let token = once::mint(sereno, tx.db(), what).await?;
    tx.commit().await?;
    Ok(sereno.link(&format!("/setup?token={token}")))
}

/// Whether the link can still be used, for the page it opens. Looking consumes nothing.
///
/// # Errors
/// `setup_link_invalid`, `setup_done`.
pub async fn look_at_link(sereno: &Sereno, meta: &RequestMeta, token: &Secret) -> Result<()> {
    sereno.limit_address("set_up_link", meta)?;
    if !once::is_good(sereno, Purpose::SetUp, token.expose()).await? {
        return Err(Code::SetupLinkInvalid.into());
    }
    if is_done(sereno.db.read()).await? {
        return Err(Code::SetupDone.into());
    }
    Ok(())
}

/// Makes the first administrator and signs them in.
///
/// # Errors
/// `setup_link_invalid`, `setup_done`, `validation_failed`.
pub async fn first_administrator(sereno: &Sereno, meta: &RequestMeta, command: SetUp) -> Result<NewSession> {
    sereno.limit_address("set_up", meta)?;
    let mut faults = Vec::new();
    let email = identifier::email_field(&command.email, &mut faults);
    let relatives = [command.email.as_str()];
    faults.extend(password::judge(sereno, "password", command.password.expose(), &relatives).await?);
    let (Some(email), true) = (email, faults.is_empty()) else {
        return Err(Error::fields(faults));
    };
    if !once::is_good(sereno, Purpose::SetUp, command.token.expose()).await? {
        return Err(Code::SetupLinkInvalid.into());
    }
    let password_hash = Hidden(sereno.hasher.hash(command.password.expose(), &*sereno.entropy).await?);
    let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
    let proof = once::consume(sereno, tx.db(), Purpose::SetUp, command.token.expose()).await?;
    if proof.is_none() {
        return Err(Code::SetupLinkInvalid.into());
    }
    if is_done(tx.db()).await? {
        return Err(Code::SetupDone.into());
    }
    let new = NewUser {
        email: Some(email),
        username: None,
        password_hash: Some(password_hash),
        state: UserState::Active,
        is_confirmed: true,
        origin: Origin::SetUp,
        is_superuser: true,
        number: None,
        locale: meta.locale.map(|locale| locale.as_str().to_owned()),
        attributes: serde_json::Map::new(),
    };
    let user_id = create(sereno, &tx, new).await?;
    // two links used at once: creating queues on the counter of users, so that whoever comes second sees the first
    if administrators().count(tx.db()).await? > 1 {
        return Err(Code::SetupDone.into());
    }
    let proof = Proof {
        user_id,
        credential_epoch: 1,
        amr: vec!["pwd"],
        at: tx.now(),
    };
    let session = session::start(sereno, &tx, &proof, session::Place::default()).await?;
    tx.act_as(session.actor);
    tx.record(
        Event::new(EventKind::AdministratorSetUp)
            .about(user_id)
            .within(session.id),
    );
    tx.commit().await?;
    Ok(session)
}
