//! One mail in the history: kind, recipient, outcome. The body is not kept, because it holds secrets.

use sea_orm::entity::prelude::*;

use super::Hidden;
use crate::clock::Moment;

/// One mail in the history: kind, recipient, outcome.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "email_message")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The project it belongs to.
    pub project_id: Option<Uuid>,
    /// To whom.
    pub user_id: Option<Uuid>,
    /// The kind of mail.
    pub mail: String,
    /// The address, as it was written.
    pub recipient: String,
    /// The language.
    pub locale: String,
    /// A `MessageState`.
    pub status: String,
    /// A `MessageReason`.
    pub reason: Option<String>,
    /// What the mail server said.
    pub transport_answer: Option<String>,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was asked for.
    pub created_at: Moment,
    /// When the mail server took it.
    pub sent_at: Option<Moment>,
    /// The recipient's credential epoch when it was asked for. Nothing of a mail that cannot be written any more: it is older
    /// than this column, or the project that it was sent for is gone.
    pub credential_epoch: Option<i64>,
    /// The row of another table that it is about.
    pub about: Option<Uuid>,
    /// When what it tells of happened, where that is not when it was asked for: a mail that was sent anew.
    pub told_at: Option<Moment>,
    /// The mail that this one repeats to another address.
    pub resent_of: Option<Uuid>,
    /// What it says, where that is not made anew when it leaves.
    pub content_id: Option<Uuid>,
    /// Whether it leaves in spite of excluded addresses and of `mail.hold`.
    pub is_forced: bool,
    /// How many hand-overs in a row were cut off without an answer.
    pub interrupted: i64,
    /// The version of staff's template that it was rendered from last; nothing where that was what is shipped.
    pub template_version: Option<i64>,
    /// The announcement that it belongs to.
    pub announcement_id: Option<Uuid>,
    /// The recipient in the form in which addresses are compared, of the one mail that an announcement sends there; unique
    /// for the announcement. Nothing of other mails, and of those that repeat one or try it.
    pub canonical: Option<String>,
    /// The subject of what another service wrote, with everything hidden that may be a secret; sealed.
    pub subject: Option<Hidden>,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
