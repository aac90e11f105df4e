//! What a mail of another service says. It cannot be made anew when it leaves, so it is kept until then: sealed, once for
//! all its recipients.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, QueryTrait};
use serde::{Deserialize, Serialize};
use sereno_types::MessageState;
use uuid::Uuid;

use crate::context::{Sereno, Tx};
use crate::entity::email_content::{ActiveModel, Column, Entity};
use crate::entity::{Hidden, email_message};
use crate::error::{Error, Result};
use crate::port::mail::{Attachment, OutgoingMail};

/// Subject, texts and files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The subject line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML; none if it is empty.
    pub html: String,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// Files that hang on it.
    pub files: Vec<File>,
    /// The language of the layout that it leaves in; nothing where it brought HTML of its own.
    #[serde(default)]
    pub layout: Option<String>,
}

/// A file that hangs on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// What it is called.
    pub name: String,
    /// What it is.
    pub content_type: String,
    /// Its content, in base64.
    pub content: String,
}

impl Content {
    /// The mail to one of its recipients.
    pub(super) fn mail(self, message: &email_message::Model) -> Result<OutgoingMail> {
        let files = self.files.into_iter().map(|file| {
            Ok(Attachment {
                bytes: STANDARD.decode(&file.content).map_err(Error::internal)?,
                name: file.name,
                content_type: file.content_type,
            })
        });
        Ok(OutgoingMail {
            recipient: message.recipient.clone(),
            subject: self.subject,
            text: self.text,
            html: self.html,
            reply_to: self.reply_to,
            attachments: files.collect::<Result<_>>()?,
            ..OutgoingMail::default()
        })
    }
}

/// Keeps it; its id.
pub async fn keep(sereno: &Sereno, tx: &Tx, content: &Content) -> Result<Uuid> {
    let id = sereno.new_id()?;
    let plain = serde_json::to_vec(content).map_err(Error::internal)?;
    let sealed = sereno.keys.seal.seal(&plain, &place(id), &*sereno.entropy)?;
    let row = ActiveModel {
        id: Set(id),
        sealed: Set(Hidden(sealed)),
        created_at: Set(tx.now()),
    };
    Entity::insert(row).exec_without_returning(tx.db()).await?;
    Ok(id)
}

/// What a mail says, while it is kept.
pub async fn open(sereno: &Sereno, id: Uuid) -> Result<Option<Content>> {
    let Some(row) = Entity::find_by_id(id).one(sereno.db.read()).await? else {
        return Ok(None);
    };
    let plain = sereno.keys.seal.open(&row.sealed.0, &place(id))?;
    serde_json::from_slice(&plain).map(Some).map_err(Error::internal)
}

/// Forgets it, unless a recipient's mail may still leave.
pub(super) async fn forget(tx: &Tx, id: Uuid) -> Result<()> {
    let may_leave = email_message::Entity::find()
        .filter(email_message::Column::ContentId.eq(id))
        .filter(email_message::Column::Status.is_not_in([MessageState::Sent.as_str(), MessageState::Skipped.as_str()]));
    if may_leave.count(tx.db()).await? == 0 {
        Entity::delete_by_id(id).exec(tx.db()).await?;
    }
    Ok(())
}

/// Forgets what no mail of the history names any more.
pub(super) async fn sweep(sereno: &Sereno) -> Result<()> {
    let named = email_message::Entity::find()
        .select_only()
        .column(email_message::Column::ContentId)
        .filter(email_message::Column::ContentId.is_not_null());
    Entity::delete_many()
        .filter(Column::Id.not_in_subquery(named.into_query()))
        .exec(sereno.db.write())
        .await?;
    Ok(())
}

fn place(id: Uuid) -> String {
    format!("email_content:{id}")
}
