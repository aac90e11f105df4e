//! Sign-up. The answer is the same for a new and for a taken address: whoever owns a taken one gets a mail instead. A
//! taken user name is told, because user names are public. Where the address need not be confirmed
//! (`registration.verification`), the account works at once, and its address says nothing yet (`access::address`).

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, ExprTrait, QueryFilter};
use serde_json::{Map, Value};
use sereno_types::{Code, FieldError, Register, UserState};
use uuid::Uuid;

use super::attributes::{self, By};
use super::create::taken;
use super::identifier::{self, Email, Username};
use super::{NewUser, Origin, create, password, sign_up};
use crate::access::address;
use crate::config::Verification;
use crate::context::{Actor, RequestMeta, Sereno, Tx, without_nul};
use crate::entity::{Hidden, counter, user, user_email};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::intent::{Intent, IntentKind};
use crate::notify::{self, MailKind, Recipient};

/// Most bytes of `attributes` as JSON.
const ATTRIBUTES_MAX: usize = 8_192;
/// Deepest nesting of `attributes`.
const ATTRIBUTES_DEPTH: usize = 8;

/// A sign-up whose fields were accepted and whose password is hashed.
pub(super) struct Accepted {
    pub email: Email,
    pub username: Option<Username>,
    pub password_hash: Hidden,
    pub attributes: Map<String, Value>,
}

/// Signs up: a pending user and an activation mail. An address whose account was never confirmed starts anew with what
/// was sent last; each sign-up's mail activates what that sign-up sent, and the first that is used ends the others. Where
/// addresses need not be confirmed the user is active, and whoever signs up with the address again changes nothing.
///
/// # Errors
/// `registration_closed`, `validation_failed`, `too_many_requests`, `overloaded`, `refused_by_hook`.
pub async fn register(sereno: &Sereno, meta: &RequestMeta, command: Register) -> Result<()> {
    if !sereno.config.registration.enabled {
        return Err(Code::RegistrationClosed.into());
    }
    sereno.limit_address("register", meta)?;
    let accepted = accept(sereno, command).await?;
    let intent = Intent::new(IntentKind::Registration).typed(&accepted.email.address);
    sereno.intend(meta, intent).await?;
    notify::limit(sereno, MailKind::Activation, &accepted.email.canonical).await?;
    match write(sereno, meta, &accepted).await {
        // the address was taken, or its account activated, between our look and our writing: look again
        Err(Error::Refused { fields, .. }) if fields.iter().any(|field| field.code == Code::EmailUnique) => {
            write(sereno, meta, &accepted).await
        }
        outcome => outcome,
    }
}

async fn accept(sereno: &Sereno, command: Register) -> Result<Accepted> {
    let mut faults = Vec::new();
    let email = identifier::email_field(&command.email, &mut faults);
    let username = match command.username.as_deref() {
        None | Some("") if !sereno.config.registration.username_required => None,
        name => identifier::username_field(name.unwrap_or(""), &mut faults),
    };
    if let Some(name) = &username
        && username_is_taken(sereno, name, email.as_ref()).await?
    {
        faults.push(FieldError::new("username", Code::UsernameUnique));
    }
    let names = [command.email.as_str(), command.username.as_deref().unwrap_or("")];
    let relatives: Vec<&str> = names.into_iter().chain(password::texts(&command.attributes)).collect();
    faults.extend(password::judge(sereno, "password", command.password.expose(), &relatives).await?);
    faults.extend(too_large(&command.attributes));
    faults.extend(attributes::judge(sereno, &command.attributes, By::SignUp).await?);
    if let Some(email) = &email
        && let Some(code) = notify::rules::refusal(sereno, &email.canonical).await?
    {
        faults.push(FieldError::new("email", code));
    }
    let (Some(email), true) = (email, faults.is_empty()) else {
        return Err(Error::fields(faults));
    };
    let password_hash = Hidden(sereno.hasher.hash(command.password.expose(), &*sereno.entropy).await?);
    Ok(Accepted {
        email,
        username,
        password_hash,
        attributes: command.attributes,
    })
}

/// Whether there is more than a user's attributes may hold, or something that PostgreSQL cannot store.
pub(super) fn too_large(attributes: &Map<String, Value>) -> Option<FieldError> {
    let attributes = Value::Object(attributes.clone());
    if attributes.to_string().len() > ATTRIBUTES_MAX || depth(&attributes) > ATTRIBUTES_DEPTH {
        return Some(FieldError::new("attributes", Code::TooLong).with("max", ATTRIBUTES_MAX as u64));
    }
    let same = without_nul(attributes.clone()) == attributes;
    (!same).then(|| FieldError::new("attributes", Code::InvalidCharacters))
}

async fn username_is_taken(sereno: &Sereno, name: &Username, email: Option<&Email>) -> Result<bool> {
    let holder = user::Entity::find()
        .find_also_related(user_email::Entity)
        .filter(user::Column::UsernameCanonical.eq(name.canonical.as_str()))
        .one(sereno.db.read())
        .await?;
    // a pending account starts anew with its own name
    Ok(holder.is_some_and(|(user, holder)| {
        let own = holder
            .zip(email)
            .is_some_and(|(holder, email)| holder.canonical == email.canonical);
        !(own && user.state() == UserState::Pending)
    }))
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(items) => 1 + items.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Writes what the address asks for: a new account, one that starts anew, or a mail to the owner. Each takes as many
/// statements on the same tables, so that the duration does not tell which.
async fn write(sereno: &Sereno, meta: &RequestMeta, accepted: &Accepted) -> Result<()> {
    let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
    let holder = user_email::Entity::find()
        .find_also_related(user::Entity)
        .filter(user_email::Column::Canonical.eq(accepted.email.canonical.as_str()))
        .one(tx.db())
        .await?;
    let (user_id, credential_epoch, address, mail) = match holder {
        Some((email, Some(user))) if is_unclaimed(&user, &email) => {
            hold_counter(&tx).await?;
            let epoch = start_anew(sereno, &mut tx, &user, accepted).await?;
            sign_up::keep(sereno, &tx, user.id, epoch, accepted).await?;
            tx.record(Event::new(EventKind::UserRegistered).about(user.id).with("again", true));
            (user.id, epoch, accepted.email.address.clone(), MailKind::Activation)
        }
        Some((email, user)) => {
            hold_counter(&tx).await?;
            leave_as_is(&tx, email.user_id).await?;
            sign_up::leave_as_is(&tx, email.user_id).await?;
            tx.record(Event::new(EventKind::RegistrationRepeated).about(email.user_id));
            let epoch = user.map_or(0, |user| user.credential_epoch);
            (email.user_id, epoch, email.address, MailKind::RegistrationRepeated)
        }
        None => {
            let id = create(sereno, &tx, new_user(sereno, meta, accepted)).await?;
            sign_up::keep(sereno, &tx, id, 1, accepted).await?;
            tx.record(Event::new(EventKind::UserRegistered).about(id));
            (id, 1, accepted.email.address.clone(), MailKind::Activation)
        }
    };
    // else the owner of a taken address would get one and nobody else, which takes longer
    if sereno.config.registration.verification != Verification::None {
        let recipient = Recipient {
            user_id: Some(user_id),
            credential_epoch,
            address,
            locale: meta.locale,
        };
        notify::queue(sereno, &mut tx, mail, recipient).await?;
    }
    tx.commit().await
}

/// What whoever signs up is from then on.
#[must_use]
pub fn first_state(sereno: &Sereno) -> UserState {
    match sereno.config.registration.verification {
        Verification::Required => UserState::Pending,
        Verification::Optional | Verification::None => UserState::Active,
    }
}

/// Whether nobody has proven to own the account yet and nobody but a stranger made it: what staff made, perhaps with
/// rights, no sign-up may touch.
pub(crate) fn is_unclaimed(user: &user::Model, email: &user_email::Model) -> bool {
    user.state() == UserState::Pending
        && email.verified_at.is_none()
        && user.origin == Origin::SignUp.as_str()
        && !user.is_superuser
}

fn new_user(sereno: &Sereno, meta: &RequestMeta, accepted: &Accepted) -> NewUser {
    NewUser {
        email: Some(accepted.email.clone()),
        username: accepted.username.clone(),
        password_hash: Some(accepted.password_hash.clone()),
        state: first_state(sereno),
        is_confirmed: false,
        origin: Origin::SignUp,
        is_superuser: false,
        number: None,
        locale: meta.locale.map(|locale| locale.as_str().to_owned()),
        attributes: accepted.attributes.clone(),
    }
}

/// What a pending account shows gives way to what was sent now. An account activated meanwhile is left alone. Gives the
/// epoch that the mail of this sign-up belongs to.
async fn start_anew(sereno: &Sereno, tx: &mut Tx, user: &user::Model, accepted: &Accepted) -> Result<i64> {
    let (name, canonical) = accepted
        .username
        .clone()
        .map(|name| (name.name, name.canonical))
        .unzip();
    let row = user::ActiveModel {
        username: Set(name),
        username_canonical: Set(canonical),
        password_hash: Set(Some(accepted.password_hash.clone())),
        attributes: Set(Value::Object(accepted.attributes.clone())),
        // it may wait since the settings asked for a confirmation
        state: Set(first_state(sereno).as_str().to_owned()),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    // the epoch is raised by the statement itself: two sign-ups at once must not get the same one, or the mail of one
    // would activate the password of the other
    let changed = user::Entity::update_many()
        .set(row)
        .col_expr(
            user::Column::CredentialEpoch,
            Expr::col(user::Column::CredentialEpoch).add(1),
        )
        .filter(user::Column::Id.eq(user.id))
        .filter(user::Column::State.eq(UserState::Pending.as_str()))
        // staff may have made it theirs to give in between
        .filter(user::Column::Origin.eq(Origin::SignUp.as_str()))
        .exec_with_returning(tx.db())
        .await
        .map_err(taken)?;
    let Some(mut changed) = changed.into_iter().next() else {
        return Err(Error::field("email", Code::EmailUnique));
    };
    // what was given to whoever confirms the address is nobody's who only typed it
    if changed.state() == UserState::Active && address::has_rights(sereno, tx.db(), &changed).await? {
        let waiting = user::Entity::update_many()
            .col_expr(user::Column::State, Expr::value(UserState::Pending.as_str()))
            .filter(user::Column::Id.eq(user.id))
            .exec_with_returning(tx.db())
            .await?;
        changed = waiting.into_iter().next().unwrap_or(changed);
    }
    // mail goes to the spelling that was typed now, not to one that somebody typed before
    user_email::Entity::update_many()
        .col_expr(
            user_email::Column::Address,
            Expr::value(accepted.email.address.as_str()),
        )
        .filter(user_email::Column::UserId.eq(user.id))
        .filter(user_email::Column::Canonical.eq(accepted.email.canonical.as_str()))
        .exec(tx.db())
        .await?;
    // whatever is remembered of a pending user lets nobody in, and the activation forgets it
    if changed.state() == UserState::Active {
        tx.touch(user.id);
    }
    Ok(changed.credential_epoch)
}

/// Takes the counter's row as a new account does.
async fn hold_counter(tx: &Tx) -> Result<()> {
    counter::Entity::update_many()
        .col_expr(counter::Column::Value, Expr::col(counter::Column::Value))
        .filter(counter::Column::Name.eq("user"))
        .exec(tx.db())
        .await?;
    Ok(())
}

/// Writes the rows of a user and its addresses as they are.
async fn leave_as_is(tx: &Tx, user_id: Uuid) -> Result<()> {
    user::Entity::update_many()
        .col_expr(user::Column::UpdatedAt, Expr::col(user::Column::UpdatedAt))
        .filter(user::Column::Id.eq(user_id))
        .exec(tx.db())
        .await?;
    user_email::Entity::update_many()
        .col_expr(user_email::Column::Address, Expr::col(user_email::Column::Address))
        .filter(user_email::Column::UserId.eq(user_id))
        .exec(tx.db())
        .await?;
    Ok(())
}
