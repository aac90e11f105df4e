//! How the mails of a project leave: who sends them, where answers go, and by which mail server. What a project does not say
//! is as for all mails. Staff names that server, so it is called like everything that is called on somebody's word: at an
//! address that was looked up here and is public.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use sereno_types::AnnouncementState;
use url::Url;
use uuid::Uuid;

use super::announcement::OPEN;
use super::{outbox, transport};
use crate::context::{ProjectTransport, Sereno, Tx};
use crate::entity::Hidden;
use crate::entity::project_mail::{Column, Entity, Model};
use crate::error::{Error, Result};
use crate::port::mail::{MailError, MailTransport, OutgoingMail};

/// How long a mail server is called at the address that was found for it.
const FOUND_FOR: Duration = Duration::from_mins(5);

/// How a mail leaves.
pub(super) struct Sender {
    from: Option<String>,
    reply_to: Option<String>,
    /// By which mail server.
    pub transport: Arc<dyn MailTransport>,
}

impl Sender {
    /// The mail as this sender sends it.
    pub(super) fn sends(&self, mail: OutgoingMail) -> OutgoingMail {
        OutgoingMail {
            from: self.from.clone(),
            reply_to: mail.reply_to.or_else(|| self.reply_to.clone()),
            ..mail
        }
    }
}

/// Who sends the mails of a project, or those that belong to none.
pub(super) async fn sender(sereno: &Sereno, project_id: Option<Uuid>) -> Result<Sender> {
    let row = match project_id {
        Some(id) => {
            Entity::find()
                .filter(Column::ProjectId.eq(id))
                .one(sereno.db.read())
                .await?
        }
        None => None,
    };
    let Some(row) = row else {
        return Ok(Sender {
            from: None,
            reply_to: None,
            transport: Arc::clone(&sereno.mail),
        });
    };
    let transport = match &row.transport {
        Some(sealed) => own(sereno, &row, sealed).await?,
        None => Arc::clone(&sereno.mail),
    };
    Ok(Sender {
        from: row.mail_from,
        reply_to: row.reply_to,
        transport,
    })
}

/// The project's own mail server, with the connections that are open to it.
async fn own(sereno: &Sereno, row: &Model, sealed: &Hidden) -> Result<Arc<dyn MailTransport>> {
    let now = sereno.now();
    {
        let known = sereno.project_transports.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = known
            .get(&row.project_id)
            .filter(|one| one.of == row.updated_at && now.since(one.found_at) < FOUND_FOR);
        if let Some(one) = fresh {
            return Ok(Arc::clone(&one.transport));
        }
    }
    let url = open(sereno, row.project_id, sealed)?;
    let (host, port) = place(&url);
    let address = match sereno.outbound.look_up(&host, port).await {
        Ok(address) => address,
        Err(why) => {
            let name = format!("{host}:{port}");
            return Ok(Arc::new(Unreachable {
                why: format!("{name}: {why}"),
                name,
            }));
        }
    };
    let transport = transport::at(&url, &sereno.config, address)?;
    let one = ProjectTransport {
        of: row.updated_at,
        found_at: now,
        transport: Arc::clone(&transport),
    };
    let mut known = sereno.project_transports.lock().unwrap_or_else(PoisonError::into_inner);
    known.insert(row.project_id, one);
    Ok(transport)
}

/// The project goes: its announcements end, what waits of its mails is taken out of the queue, and none of them is sent anew.
/// Nobody else may send for it.
///
/// # Errors
/// When the database is away.
pub async fn end(tx: &mut Tx, project_id: Uuid) -> Result<()> {
    use crate::entity::{announcement, email_message};
    let open = announcement::Entity::find()
        .filter(announcement::Column::ProjectId.eq(project_id))
        .filter(announcement::Column::State.is_in(OPEN.map(AnnouncementState::as_str)))
        .order_by_asc(announcement::Column::Id)
        .lock(LockType::Update)
        .all(tx.db())
        .await?;
    for row in open {
        super::announcement::end(tx, &row).await?;
    }
    let theirs = Condition::all().add(email_message::Column::ProjectId.eq(project_id));
    outbox::take_out(tx, theirs.clone()).await?;
    // with the project the database forgets whose they were; without this nobody can write them any more
    email_message::Entity::update_many()
        .col_expr(email_message::Column::CredentialEpoch, Expr::value(None::<i64>))
        .filter(theirs)
        .exec(tx.db())
        .await?;
    Ok(())
}

/// A mail server that cannot be called: its mails wait, as if it did not answer.
struct Unreachable {
    name: String,
    why: String,
}

#[async_trait::async_trait]
impl MailTransport for Unreachable {
    fn name(&self) -> String {
        self.name.clone()
    }

    async fn send(&self, _: &OutgoingMail) -> Result<String, MailError> {
        Err(MailError::Away(self.why.clone()))
    }

    async fn check(&self) -> Result<(), MailError> {
        Err(MailError::Away(self.why.clone()))
    }
}

/// The URL of a mail server as it is kept.
pub fn seal(sereno: &Sereno, project_id: Uuid, url: &Url) -> Result<Hidden> {
    let sealed = sereno
        .keys
        .seal
        .seal(url.as_str().as_bytes(), &bound_to(project_id), &*sereno.entropy)?;
    Ok(Hidden(sealed))
}

/// What was kept.
pub fn open(sereno: &Sereno, project_id: Uuid, sealed: &Hidden) -> Result<Url> {
    let plain = sereno.keys.seal.open(&sealed.0, &bound_to(project_id))?;
    let text = std::str::from_utf8(&plain).map_err(Error::internal)?;
    Url::parse(text).map_err(Error::internal)
}

fn bound_to(project_id: Uuid) -> String {
    format!("project_mail:{project_id}")
}

/// Host and port of a mail server, by what its URL says or leaves out.
#[must_use]
pub fn place(url: &Url) -> (String, u16) {
    let tls = url.query_pairs().find(|(name, _)| name == "tls");
    let usual = match tls.as_ref().map(|(_, how)| how.as_ref()) {
        Some("none") => 25,
        Some("wrapper") => 465,
        _ => 587,
    };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    (host.to_owned(), url.port().unwrap_or(usual))
}
