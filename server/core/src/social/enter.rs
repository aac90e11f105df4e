//! Signing in with what a provider said of a person: the account that the identity belongs to; else the account that the
//! address belongs to, as far as the provider's settings go; else a new one. Everything is written in one transaction,
//! together with what the sign-in brings.

use std::sync::Arc;

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::{Map, json};
use sereno_types::{Code, Delivery, SocialLinking, UserState};
use uuid::Uuid;

use super::link;
use super::person::ProviderUser;
use super::provider::Provider;
use crate::access::{address, subject};
use crate::account::identifier::Username;
use crate::account::{self, NewUser, Origin, claim, email, register, sign_up, username};
use crate::context::{Actor, Application, RequestMeta, Sereno, Tx};
use crate::device::{self, Described};
use crate::entity::{device as device_row, identity, user, user_email};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::intent::{Intent, IntentKind};
use crate::login::{self, Brought, LoggedIn};
use crate::session::{self, Proof};
use crate::token::{self, Grantee};

/// How a user was proven (`amr`): by somebody else. RFC 8176 has no value for it, and OpenID Connect Core §2 leaves others to
/// agreement.
const AMR: &str = "fed";
/// How often a decision is made again that somebody else's change has overtaken.
const ATTEMPTS: usize = 3;

/// What somebody signs in to.
pub(super) enum To {
    /// Our own pages.
    Pages,
    /// An application, on a device if the client named one.
    Application(Arc<Application>, Option<Box<Described>>),
}

/// Which account a person gets to.
enum Way {
    /// The identity is this user's.
    Known(Box<identity::Model>, Box<user::Model>),
    /// The address is this user's, who has confirmed it.
    Link(Box<user::Model>),
    /// The address is that of an account that nobody has confirmed, whether it waits for that or works without.
    Claim(Box<user::Model>, Box<user_email::Model>),
    /// A new account, in the place of a sign-up that nobody has confirmed.
    SignUp(Option<Uuid>),
}

impl Way {
    fn user(&self) -> Option<&user::Model> {
        match self {
            Self::Known(_, user) | Self::Link(user) | Self::Claim(user, _) => Some(user),
            Self::SignUp(_) => None,
        }
    }

    /// Whether somebody was asked about this way when they were asked about the other.
    fn is_like(&self, other: &Self) -> bool {
        self.user().map(|user| user.id) == other.user().map(|user| user.id)
    }
}

/// Signs in.
///
/// # Errors
/// `social_account_exists`, `social_sign_up_closed`, `registration_closed`; `invalid_credentials` and
/// `activation_required` as at the password; `refused_by_hook`.
pub(super) async fn enter(
    sereno: &Sereno,
    meta: &RequestMeta,
    provider: &Provider,
    person: &ProviderUser,
    to: &To,
) -> Result<LoggedIn> {
    for _ in 0..ATTEMPTS {
        let way = decide(sereno, sereno.db.read(), provider, person).await?;
        ask(sereno, meta, person, &way, to).await?;
        let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
        let now = decide(sereno, tx.db(), provider, person).await?;
        if !now.is_like(&way) {
            continue;
        }
        match complete(sereno, &mut tx, provider, person, (now, to)).await {
            Ok(Some(logged_in)) => {
                tx.commit().await?;
                return Ok(logged_in);
            }
            // somebody else wrote the same identity, address or account in between
            Ok(None) => {}
            Err(Error::Refused { fields, .. })
                if fields
                    .iter()
                    .any(|field| matches!(field.code, Code::EmailUnique | Code::UsernameUnique)) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::Unavailable("others kept changing the same account".to_owned()))
}

async fn decide<C: ConnectionTrait>(
    sereno: &Sereno,
    db: &C,
    provider: &Provider,
    person: &ProviderUser,
) -> Result<Way> {
    if let Some(identity) = link::find(db, provider, person).await? {
        let user = user::Entity::find_by_id(identity.user_id).one(db).await?;
        let user = active(user.ok_or(Error::NotFound)?)?;
        return Ok(Way::Known(Box::new(identity), Box::new(user)));
    }
    let said = person.email.as_ref().filter(|_| person.email_verified);
    let holder = match said {
        Some(said) => {
            user_email::Entity::find()
                .find_also_related(user::Entity)
                .filter(user_email::Column::Canonical.eq(said.canonical.as_str()))
                .one(db)
                .await?
        }
        // an address that nobody has verified is nobody's proof, and occupies nothing
        None => None,
    };
    let Some((email, Some(user))) = holder else {
        return sign_up_allowed(sereno, provider).map(|()| Way::SignUp(None));
    };
    let confirmed = email.verified_at.is_some();
    match provider.linking {
        // whoever has rights here is not linked by what a provider says of an address: they connect it themselves
        SocialLinking::Verified if address::has_rights(sereno, db, &user).await? => {
            Err(Code::SocialAccountExists.into())
        }
        SocialLinking::Verified if confirmed => Ok(Way::Link(Box::new(active(user)?))),
        SocialLinking::Verified if user.state() == UserState::Pending || address::is_unproven(&user, &email) => {
            Ok(Way::Claim(Box::new(user), Box::new(email)))
        }
        SocialLinking::Never if register::is_unclaimed(&user, &email) => {
            sign_up_allowed(sereno, provider).map(|()| Way::SignUp(Some(user.id)))
        }
        _ => Err(Code::SocialAccountExists.into()),
    }
}

/// The account, if it may sign in; what is said of others is what the password's door says.
fn active(user: user::Model) -> Result<user::Model> {
    match user.state() {
        UserState::Active => Ok(user),
        UserState::Pending => Err(Code::ActivationRequired.into()),
        _ => Err(Code::InvalidCredentials.into()),
    }
}

fn sign_up_allowed(sereno: &Sereno, provider: &Provider) -> Result<()> {
    if !provider.sign_up {
        return Err(Code::SocialSignUpClosed.into());
    }
    if !sereno.config.registration.enabled {
        return Err(Code::RegistrationClosed.into());
    }
    Ok(())
}

/// Asks everybody who wants to be asked, as the other ways in do.
async fn ask(sereno: &Sereno, meta: &RequestMeta, person: &ProviderUser, way: &Way, to: &To) -> Result<()> {
    let typed = person.email.as_ref().map_or("", |email| email.address.as_str());
    if matches!(way, Way::SignUp(_)) {
        sereno
            .intend(meta, Intent::new(IntentKind::Registration).typed(typed))
            .await?;
    }
    let user = way.user().map(|user| user.id);
    if matches!(way, Way::Claim(user, _) if user.state() == UserState::Pending) {
        let intent = Intent::new(IntentKind::Activation).about(user);
        sereno.intend(meta, intent).await?;
    }
    let application = match to {
        To::Pages => None,
        To::Application(application, _) => Some(application),
    };
    let login = Intent::new(IntentKind::Login).typed(typed).about(user).by(AMR);
    sereno
        .intend(meta, login.through(application.map(|application| application.id)))
        .await?;
    if let Some(application) = application.filter(|application| application.delivery != Delivery::Session) {
        let intent = Intent::new(IntentKind::TokenIssue).about(user);
        sereno.intend(meta, intent.through(application.id)).await?;
    }
    Ok(())
}

/// Writes everything; nothing comes back where somebody else was faster.
async fn complete(
    sereno: &Sereno,
    tx: &mut Tx,
    provider: &Provider,
    person: &ProviderUser,
    (way, to): (Way, &To),
) -> Result<Option<LoggedIn>> {
    // whoever was decided on signs in as they were then: another epoch is somebody else's account by now
    let seen = match &way {
        Way::Known(_, user) | Way::Link(user) => Some(user.credential_epoch),
        Way::Claim(..) | Way::SignUp(_) => None,
    };
    let user_id = match way {
        Way::Known(identity, user) => {
            if !link::used(sereno, tx, identity.id, person).await? {
                return Ok(None);
            }
            user.id
        }
        Way::Link(user) => {
            if !linked(sereno, tx, provider, person, user.id).await? {
                return Ok(None);
            }
            link::tell(sereno, tx, &user, EventKind::IdentityLinked).await?;
            user.id
        }
        Way::Claim(user, email) => {
            let claimed = if user.state() == UserState::Pending {
                claim_waiting(sereno, tx, &user, provider, person).await?
            } else {
                let taken = claim::take_over(sereno, tx, &user, &email, &provider.slug).await?;
                taken.is_some()
            };
            if !claimed || !linked(sereno, tx, provider, person, user.id).await? {
                return Ok(None);
            }
            user.id
        }
        Way::SignUp(displaced) => {
            if let Some(displaced) = displaced {
                email::expire(tx, displaced).await?;
            }
            let id = sign_up(sereno, tx, provider, person).await?;
            if !linked(sereno, tx, provider, person, id).await? {
                return Ok(None);
            }
            id
        }
    };
    let (user, email) = subject::find(tx.db(), user_id).await?.ok_or(Error::NotFound)?;
    // stamped only while the account may sign in
    let stamped = user::Entity::update_many()
        .col_expr(user::Column::LastLoginAt, Expr::value(tx.now().0))
        .filter(user::Column::Id.eq(user_id))
        .filter(user::Column::State.eq(UserState::Active.as_str()))
        .filter(user::Column::CredentialEpoch.eq(seen.unwrap_or(user.credential_epoch)))
        .exec(tx.db())
        .await?;
    if stamped.rows_affected == 0 {
        return Err(Code::InvalidCredentials.into());
    }
    let proof = Proof {
        user_id,
        credential_epoch: user.credential_epoch,
        amr: vec![AMR],
        at: tx.now(),
    };
    let event = login::logged_in(&proof).with("method", provider.slug.as_str());
    let (brought, device) = bring(sereno, tx, (&proof, &user), to, event).await?;
    let user = subject::me(sereno, &user, email.as_ref());
    Ok(Some(LoggedIn { user, brought, device }))
}

async fn bring(
    sereno: &Sereno,
    tx: &mut Tx,
    (proof, user): (&Proof, &user::Model),
    to: &To,
    event: Event,
) -> Result<(Brought, Option<device_row::Model>)> {
    let To::Application(application, described) = to else {
        let session = login::in_browser(sereno, tx, proof, event).await?;
        return Ok((Brought::Session(session), None));
    };
    let device = match described {
        Some(described) => Some(device::remember(sereno, tx, user, (**described).clone()).await?),
        None => None,
    };
    let grantee = Grantee {
        application: Arc::clone(application),
        device_id: device.as_ref().map(|device| device.id),
    };
    let brought = login::complete_with(sereno, tx, proof, &grantee, event).await?;
    Ok((brought, device))
}

/// Links the identity, and asks for its picture; `false` where somebody else has linked it meanwhile.
async fn linked(sereno: &Sereno, tx: &mut Tx, provider: &Provider, person: &ProviderUser, to: Uuid) -> Result<bool> {
    match link::insert(sereno, tx, provider, person, to).await {
        Ok(()) => Ok(true),
        Err(link::Failed::Taken) => Ok(false),
        Err(link::Failed::Other(error)) => Err(error),
    }
}

/// A user name, where one is required: nobody can be asked here, and it can be changed afterwards.
async fn made_up(sereno: &Sereno, tx: &Tx, person: &ProviderUser) -> Result<Option<Username>> {
    if !sereno.config.registration.username_required {
        return Ok(None);
    }
    let (first, last) = person.names();
    let address = person.email.as_ref().map_or("", |email| email.address.as_str());
    let local = address.split('@').next().unwrap_or_default();
    let made = username::free(sereno, tx.db(), &[&format!("{first} {last}"), local]).await?;
    Ok(Some(made))
}

/// A new account. An address that the provider has not verified is not written: it would occupy what may be another's.
async fn sign_up(sereno: &Sereno, tx: &mut Tx, provider: &Provider, person: &ProviderUser) -> Result<Uuid> {
    let new = NewUser {
        email: person.email.clone().filter(|_| person.email_verified),
        username: made_up(sereno, tx, person).await?,
        password_hash: None,
        state: UserState::Active,
        is_confirmed: true,
        origin: Origin::SignUp,
        is_superuser: false,
        number: None,
        locale: tx.meta().locale.map(|locale| locale.as_str().to_owned()),
        attributes: Map::new(),
    };
    let id = account::create(sereno, tx, new).await?;
    let (first, last) = person.names();
    user::Entity::update_many()
        .col_expr(user::Column::FirstName, Expr::value(first))
        .col_expr(user::Column::LastName, Expr::value(last))
        .filter(user::Column::Id.eq(id))
        .exec(tx.db())
        .await?;
    for kind in [EventKind::UserRegistered, EventKind::UserActivated] {
        tx.record(Event::new(kind).about(id).with("method", provider.slug.as_str()));
    }
    Ok(id)
}

/// Takes over an account that waits for its address to be confirmed: whoever signed up may have been a stranger, so that nothing of what was
/// typed stays, and nothing that was issued works on. What staff wrote of whom it invited stays, but for a password.
async fn claim_waiting(
    sereno: &Sereno,
    tx: &mut Tx,
    user: &user::Model,
    provider: &Provider,
    person: &ProviderUser,
) -> Result<bool> {
    let now = tx.now();
    let mut claimed = user::Entity::update_many()
        .col_expr(user::Column::PasswordHash, Expr::value(None::<String>))
        .col_expr(user::Column::State, Expr::value(UserState::Active.as_str()))
        .col_expr(
            user::Column::CredentialEpoch,
            Expr::col(user::Column::CredentialEpoch).add(1),
        )
        .col_expr(user::Column::UpdatedAt, Expr::value(now.0))
        .filter(user::Column::Id.eq(user.id))
        .filter(user::Column::State.eq(UserState::Pending.as_str()))
        .filter(user::Column::CredentialEpoch.eq(user.credential_epoch));
    if user.origin == Origin::SignUp.as_str() {
        let (name, canonical) = made_up(sereno, tx, person)
            .await?
            .map(|made| (made.name, made.canonical))
            .unzip();
        claimed = claimed
            .col_expr(user::Column::Username, Expr::value(name))
            .col_expr(user::Column::UsernameCanonical, Expr::value(canonical))
            .col_expr(user::Column::FirstName, Expr::value(""))
            .col_expr(user::Column::LastName, Expr::value(""))
            .col_expr(user::Column::Attributes, Expr::value(json!({})));
    }
    if claimed.exec(tx.db()).await?.rows_affected == 0 {
        return Ok(false);
    }
    user_email::Entity::update_many()
        .col_expr(user_email::Column::VerifiedAt, Expr::value(now.0))
        .filter(user_email::Column::UserId.eq(user.id))
        .filter(user_email::Column::Canonical.eq(person.email.as_ref().map(|email| email.canonical.as_str())))
        .exec(tx.db())
        .await?;
    identity::Entity::delete_many()
        .filter(identity::Column::UserId.eq(user.id))
        .exec(tx.db())
        .await?;
    session::end_all(tx, user.id, "claimed").await?;
    token::revoke_all(tx, user.id, "claimed").await?;
    sign_up::forget(tx, user.id).await?;
    tx.touch(user.id);
    for kind in [EventKind::UserClaimed, EventKind::UserActivated] {
        tx.record(Event::new(kind).about(user.id).with("method", provider.slug.as_str()));
    }
    Ok(true)
}
