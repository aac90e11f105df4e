//! A mail to many: what it says, to whom, and how far it has come.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// A mail to many.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "announcement")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The project it belongs to.
    pub project_id: Option<Uuid>,
    /// What staff calls it.
    pub name: String,
    /// The subject line; empty where its template says it.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML.
    pub html: String,
    /// The name of a template of staff's own, in the place of texts.
    pub template: Option<String>,
    /// What the template may use: an object.
    pub context: Json,
    /// The language of layout, footer and template.
    pub language: String,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// Whom it goes to: an `Audience` without its addresses.
    pub audience: Json,
    /// An `AnnouncementState`.
    pub state: String,
    /// When it begins to leave.
    pub send_at: Option<Moment>,
    /// Raised whenever it is set going: jobs of earlier runs do nothing.
    pub run: i64,
    /// How many pages of recipients were written; of two workers at one page one wins.
    pub page: i64,
    /// The last recipient that was written: a user's id, or an address.
    pub cursor: Option<String>,
    /// When the last recipient was written.
    pub walked_at: Option<Moment>,
    /// How many recipients there were when it began.
    pub recipients: Option<i64>,
    /// Who wrote it.
    pub created_by: Option<Uuid>,
    /// When it was begun.
    pub created_at: Moment,
    /// When it was last changed.
    pub updated_at: Moment,
    /// When the first mail was queued.
    pub started_at: Option<Moment>,
    /// When the last mail had left, or it was cancelled.
    pub finished_at: Option<Moment>,
    /// How many of its own mails were sent that the history has forgotten.
    pub swept_sent: i64,
    /// How many of those had been given up.
    pub swept_failed: i64,
    /// How many of those nobody was to be sent.
    pub swept_skipped: i64,
    /// How many of those had been taken out of the queue.
    pub swept_cancelled: i64,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
