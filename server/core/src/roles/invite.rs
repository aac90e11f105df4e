//! Inviting somebody by their address: an account that waits for them, with the role and the project that they are to have,
//! or both for the account they have; and the mail that tells them.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::Map;
use sereno_types::{Code, FieldError, Id, Invite, Invited, Permission, UpdateProfile, UserState};
use std::collections::BTreeSet;
use uuid::Uuid;

use super::assignments::{self, Gift};
use super::give::Giver;
use super::{members, refs};
use crate::access::known::{changed, changed_for, graph};
use crate::account::attributes::By;
use crate::account::{self, NewUser, Origin, identifier, profile, register, sign_up};
use crate::clock::Moment;
use crate::context::{RequestMeta, Sereno, Staff, Tx};
use crate::entity::{user, user_email};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::notify::{self, MailKind, Recipient};

/// Invites somebody. Who has an account already keeps it as it is and gets what is given; what a stranger signed up with
/// under an address that nobody confirmed is good for nothing from then on.
///
/// # Errors
/// `permission_denied`, `exceeds_own_permissions`, `too_many_requests`; `validation_failed`: `email_unique` where there is an
/// account and nothing is given to it, `invalid_choice` for roles, projects and ends that there are not, what a profile is
/// refused for; `state_conflict` where the account may not sign in, or has not confirmed this address.
pub async fn invite(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, command: Invite) -> Result<Invited> {
    staff.require(Permission::UsersView)?;
    staff.require(Permission::UsersManage)?;
    let said = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let role = command.role.filter(|role| !role.0.is_empty());
    let project = said(command.project);
    if role.is_some() {
        staff.require(Permission::RolesManage)?;
    }
    if project.is_some() {
        staff.require(Permission::ProjectsView)?;
        staff.require(Permission::ProjectsManage)?;
    }
    let mut faults = Vec::new();
    let email = identifier::email_field(&command.email, &mut faults);
    let known_as = UpdateProfile {
        username: said(command.username).map(Some),
        first_name: said(command.first_name).map(Some),
        last_name: said(command.last_name).map(Some),
        locale: said(command.locale).map(Some),
        attributes: Map::new(),
    };
    faults.extend(profile::judge(sereno, &known_as, By::Staff).await?);
    let ends = command.expires_at.as_ref().map(Moment::parse);
    let expires_at = match ends {
        None => None,
        Some(Some(end)) if end > sereno.now() && role.is_some() => Some(end),
        Some(_) => {
            faults.push(FieldError::new("expires_at", Code::InvalidChoice));
            None
        }
    };
    let (Some(email), true) = (email, faults.is_empty()) else {
        return Err(Error::fields(faults));
    };
    notify::limit(sereno, MailKind::Invitation, &email.canonical).await?;
    let project = refs::project_of(sereno.db.read(), "project", project.as_deref()).await?;
    let giver = Giver::of(sereno, meta, staff, project.as_ref()).await?;
    let giver = giver.until(expires_at.unwrap_or(Moment::NEVER));

    let mut tx = sereno.begin(meta, staff.actor()).await?;
    changed(&tx).await?;
    let project = refs::still_there(tx.db(), "project", project).await?;
    let role = match role {
        Some(role) => Some(assignments::fitting(&tx, &role, project.as_ref()).await?),
        None => None,
    };
    if let Some(role) = &role
        && !giver.may_hand_out(&graph(tx.db(), 0).await?, role.id)
    {
        return giver.refuse(tx, &role.codename).await;
    }
    let held = user_email::Entity::find()
        .find_also_related(user::Entity)
        .filter(user_email::Column::Canonical.eq(email.canonical.as_str()))
        .one(tx.db())
        .await?;
    let is_new = held.is_none();
    let guest = match held {
        None => {
            let new = NewUser {
                email: Some(email),
                username: None,
                password_hash: None,
                state: UserState::Pending,
                is_confirmed: false,
                origin: Origin::Staff,
                is_superuser: false,
                number: None,
                locale: None,
                attributes: Map::new(),
            };
            let id = account::create(sereno, &tx, new).await?;
            tx.record(Event::new(EventKind::UserCreated).about(id));
            profile::apply(sereno, &mut tx, id, known_as).await?;
            id
        }
        Some(_) if role.is_none() && project.is_none() => return Err(Error::field("email", Code::EmailUnique)),
        Some((address, Some(user))) => known(sereno, &tx, &user, &address).await?,
        Some((_, None)) => return Err(Error::NotFound),
    };
    let mut about = None;
    if let Some(role) = &role {
        let gift = Gift {
            role,
            project: project.as_ref(),
            expires_at,
        };
        assignments::give(sereno, &mut tx, &BTreeSet::from([guest]), gift).await?;
        about = assignments::held(&tx, guest, role.id, project.as_ref()).await?;
    } else if let Some(project) = &project {
        members::ensure(sereno, &mut tx, project, &[guest]).await?;
        changed_for(&tx, &[guest]).await?;
        about = members::seat_of(&tx, guest, project.id).await?;
    }
    let message = tell(sereno, &mut tx, guest, about).await?;
    tx.record(
        Event::new(EventKind::UserInvited)
            .about(guest)
            .with("role", role.map(|role| role.codename))
            .with("project", project.map(|project| project.slug))
            .with("message_id", message.to_string()),
    );
    tx.commit().await?;
    Ok(Invited {
        id: Id(guest.to_string()),
        is_new,
        message_id: Id(message.to_string()),
    })
}

/// The account of an address, for something to be given to it.
async fn known(sereno: &Sereno, tx: &Tx, user: &user::Model, address: &user_email::Model) -> Result<Uuid> {
    match user.state() {
        UserState::Active if address.verified_at.is_some() => {}
        UserState::Pending if register::is_unclaimed(user, address) => sign_up::void(sereno, tx, user.id).await?,
        UserState::Pending => {}
        _ => return Err(Code::StateConflict.into()),
    }
    Ok(user.id)
}

/// Queues the mail, in the guest's language where it is known, else in that of whoever invites.
async fn tell(sereno: &Sereno, tx: &mut Tx, guest: Uuid, about: Option<Uuid>) -> Result<Uuid> {
    let found = crate::access::subject::find(tx.db(), guest).await?;
    let Some((user, Some(email))) = found else {
        return Err(Error::NotFound);
    };
    let recipient = Recipient {
        user_id: Some(user.id),
        credential_epoch: user.credential_epoch,
        locale: user.language().or(tx.meta().locale),
        address: email.address,
    };
    // nothing was given: all there is to tell is the account
    let kind = if about.is_some() {
        MailKind::Invitation
    } else {
        MailKind::AccountCreated
    };
    notify::queue_about(sereno, tx, kind, recipient, about).await
}
