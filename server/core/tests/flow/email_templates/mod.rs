//! Mails in staff's words: drafts, versions, publishing and going back; what leaves, and what happens when it fails.

#![expect(clippy::unwrap_used, reason = "what a fixture cannot do, its test cannot prove")]

mod editing;
mod files;
mod leaving;
mod looking;
mod own;

use std::time::Duration;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use sereno_core::context::{RequestMeta, Staff};
use sereno_core::entity::{email_message, event};
use sereno_core::event::EventKind;
use sereno_core::port::mail::OutgoingMail;
use sereno_core::templates::{draft, publish, show};
use sereno_core::testing::TestSereno;
use sereno_types::{
    CreateEmailTemplate, EmailSource, EmailTemplateDetail, Locale, PublishEmailTemplate, Register, SaveEmailDraft,
    TemplateVariable,
};

const ACTIVATION: (&str, &str) = ("activation", "en");

/// Sereno, and the operator at the command line, who may do everything.
struct House {
    test: TestSereno,
    staff: Staff,
}

impl House {
    async fn new() -> Self {
        let test = TestSereno::new().await;
        let staff = test.system().await;
        Self { test, staff }
    }

    async fn save(&self, place: (&str, &str), source: EmailSource) -> sereno_core::Result<EmailTemplateDetail> {
        self.save_as(&self.test.meta(), place, source).await
    }

    async fn save_as(
        &self,
        meta: &RequestMeta,
        place: (&str, &str),
        source: EmailSource,
    ) -> sereno_core::Result<EmailTemplateDetail> {
        // so that what happened has an order
        self.test.advance(Duration::from_secs(1));
        let command = SaveEmailDraft {
            subject: source.subject,
            text: source.text,
            html: source.html,
            note: Some("why".to_owned()),
        };
        draft::save(&self.test.sereno, meta, &self.staff, place, command).await
    }

    async fn publish(&self, place: (&str, &str)) -> sereno_core::Result<EmailTemplateDetail> {
        self.test.advance(Duration::from_secs(1));
        let command = PublishEmailTemplate::default();
        publish::publish(&self.test.sereno, &self.test.meta(), &self.staff, place, command).await
    }

    /// Saves and publishes.
    async fn put(&self, place: (&str, &str), source: EmailSource) -> EmailTemplateDetail {
        self.save(place, source).await.unwrap();
        self.publish(place).await.unwrap()
    }

    async fn detail(&self, (name, language): (&str, &str)) -> EmailTemplateDetail {
        show::detail(&self.test.sereno, &self.staff, name, language)
            .await
            .unwrap()
    }

    async fn execute(&self, sql: &str) {
        self.test.sereno.db.write().execute_unprepared(sql).await.unwrap();
    }

    /// Signs up in a language, and gives the mail that came.
    async fn sign_up(&self, locale: Locale, name: &str) -> OutgoingMail {
        let meta = RequestMeta {
            locale: Some(locale),
            ..self.test.meta()
        };
        let command = Register {
            email: format!("{name}@example.org"),
            password: "wheelbarrow at dawn".into(),
            ..Register::default()
        };
        sereno_core::account::register::register(&self.test.sereno, &meta, command)
            .await
            .unwrap();
        self.test.mails().await.remove(0)
    }

    /// The version that the mail to somebody was rendered from.
    async fn version_for(&self, name: &str) -> Option<i64> {
        let rows =
            email_message::Entity::find().filter(email_message::Column::Recipient.eq(format!("{name}@example.org")));
        let row = rows.one(self.test.sereno.db.read()).await.unwrap();
        row.unwrap().template_version
    }

    /// What the latest event of a kind tells.
    async fn told(&self, kind: EventKind) -> serde_json::Value {
        let rows = event::Entity::find().order_by_desc(event::Column::At);
        let rows = rows.all(self.test.sereno.db.read()).await.unwrap();
        rows.into_iter().find(|row| row.name == kind.as_str()).unwrap().detail
    }
}

fn says(words: &str) -> EmailSource {
    EmailSource {
        subject: format!("{words} at {{{{ brand }}}}"),
        text: format!("{words}\n{{{{ link }}}}\n{{{{ code }}}}"),
        html: format!("<p>{words}</p>\n<a href=\"{{{{ link }}}}\">{{{{ code }}}}</a>"),
    }
}

fn welcome() -> CreateEmailTemplate {
    CreateEmailTemplate {
        slug: "welcome".to_owned(),
        title: "Welcome".to_owned(),
        description: "For new customers".to_owned(),
        variables: vec![TemplateVariable {
            name: "name".to_owned(),
            description: "Whom it greets".to_owned(),
            sample: "Ana".to_owned(),
        }],
    }
}
