//! Who is mailed what when a code was asked for.

use sea_orm::EntityTrait;
use serde::{Deserialize, Serialize};
use sereno_types::Locale;
use uuid::Uuid;

use crate::access::subject;
use crate::account::activate::SendActivation;
use crate::account::{mailbox, register};
use crate::context::{Actor, Failure, Job, RequestMeta, Sereno};
use crate::entity::login_code::Entity;
use crate::notify::{self, MailKind, Recipient};

/// Sends what a request for a code asks for: code and link to an active user whose address leads to the account, and to
/// whoever may become one by it, the activation mail to whoever must confirm what they signed up with, nothing to anybody else.
#[derive(Debug, Serialize, Deserialize)]
pub struct SendLoginCode {
    /// The request.
    pub asked: Uuid,
}

impl Job for SendLoginCode {
    const NAME: &'static str = "send_login_code";

    async fn run(self, sereno: &Sereno) -> Result<(), Failure> {
        let mut tx = sereno.begin(&RequestMeta::default(), &Actor::System).await?;
        let asked = Entity::find_by_id(self.asked).one(tx.db()).await?;
        let Some(asked) = asked.filter(|asked| asked.ended_at.is_none()) else {
            return Ok(());
        };
        let address = match asked.user_id {
            None => asked.address.filter(|_| mailbox::may_sign_up(sereno)),
            Some(user_id) => match subject::find(tx.db(), user_id).await? {
                Some((user, Some(email))) if register::is_unclaimed(&user, &email) && !mailbox::may_sign_up(sereno) => {
                    drop(tx);
                    let (user_id, locale) = (Some(user_id), Locale::from_tag(&asked.locale));
                    return SendActivation { user_id, locale }.run(sereno).await;
                }
                Some((user, Some(email)))
                    if notify::login_code::is_for(sereno, tx.db(), &asked, (&user, &email)).await? =>
                {
                    Some(email.address)
                }
                _ => None,
            },
        };
        let Some(address) = address else { return Ok(()) };
        let recipient = Recipient {
            user_id: asked.user_id,
            credential_epoch: asked.credential_epoch.unwrap_or_default(),
            address,
            locale: Locale::from_tag(&asked.locale),
        };
        notify::queue_about(sereno, &mut tx, MailKind::LoginCode, recipient, Some(asked.id)).await?;
        Ok(tx.commit().await?)
    }
}
