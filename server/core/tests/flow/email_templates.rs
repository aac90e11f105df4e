//! Mails in staff's words: drafts, versions, publishing and going back; what leaves, and what happens when it fails.

#![expect(clippy::unwrap_used, reason = "what a fixture cannot do, its test cannot prove")]

use std::time::Duration;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use sereno_core::account::admin::{self, CreateUser};
use sereno_core::context::{RequestMeta, Staff};
use sereno_core::entity::{email_message, event};
use sereno_core::event::EventKind;
use sereno_core::messages;
use sereno_core::notify::template::render_custom;
use sereno_core::port::mail::OutgoingMail;
use sereno_core::templates::{custom, diff, draft, files, list, preview, publish, show, versions};
use sereno_core::testing::{TestSereno, by_link, refused, refused_fields};
use sereno_types::{
    Code, CreateEmailTemplate, EmailDiffQuery, EmailImportOutcome, EmailLook, EmailSource, EmailTemplateDetail,
    EmailTemplateQuery, EmailVersionQuery, ImportEmailTemplates, Locale, PreviewEmailTemplate, PublishEmailTemplate,
    Register, RollBackEmailTemplate, SaveEmailDraft, SendMessage, TemplateVariable, TestEmailTemplate,
    UpdateEmailTemplate,
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

#[tokio::test]
async fn a_mail_leaves_in_the_words_that_were_published() {
    let house = House::new().await;
    let shipped = house.sign_up(Locale::En, "ana").await;
    assert_eq!(shipped.subject, "Confirm your e-mail address");
    assert_eq!(house.version_for("ana").await, None);
    house.save(ACTIVATION, says("Hello")).await.unwrap();
    let mail = house.sign_up(Locale::En, "bea").await;
    assert_eq!(mail.subject, shipped.subject, "a draft is not in use");
    let live = house.publish(ACTIVATION).await.unwrap();
    assert_eq!((live.live.unwrap().row.version, live.draft), (1, None));
    let mail = house.sign_up(Locale::En, "cai").await;
    assert_eq!(mail.subject, "Hello at Sereno");
    assert!(mail.text.starts_with("Hello\nhttp"), "{}", mail.text);
    assert!(mail.html.contains("<p>Hello</p>") && mail.html.contains("role=\"presentation\""));
    assert_eq!(house.version_for("cai").await, Some(1));
    // its link works like any other
    let activated =
        sereno_core::account::activate::activate(&house.test.sereno, &house.test.meta(), by_link(&mail)).await;
    assert!(activated.is_ok());
    let mail = house.sign_up(Locale::De, "dan").await;
    assert_eq!(
        mail.subject, "Bestätigen Sie Ihre E-Mail-Adresse",
        "another language is another text"
    );
    let told = house.told(EventKind::EmailTemplatePublished).await;
    assert_eq!((told["before"].as_i64(), told["after"].as_i64()), (None, Some(1)));
}

#[tokio::test]
async fn versions_count_up_and_going_back_is_another_version() {
    let house = House::new().await;
    house.put(ACTIVATION, says("One")).await;
    house.put(ACTIVATION, says("Two")).await;
    let (test, staff) = (&house.test, &house.staff);
    let back = RollBackEmailTemplate {
        version: 1,
        note: Some("Two was wrong".to_owned()),
    };
    test.advance(Duration::from_secs(1));
    let now = publish::roll_back(&test.sereno, &test.meta(), staff, ACTIVATION, back.clone())
        .await
        .unwrap();
    let live = now.live.unwrap();
    assert_eq!((live.row.version, live.source), (3, says("One")));
    assert_eq!(house.told(EventKind::EmailTemplatePublished).await["restored"], 1);
    assert_eq!(house.sign_up(Locale::En, "ana").await.subject, "One at Sereno");
    let list = |query| versions::list(&test.sereno, staff, ACTIVATION, query);
    let page = list(EmailVersionQuery {
        limit: Some(2),
        cursor: None,
    });
    let page = page.await.unwrap();
    let seen: Vec<(i64, bool)> = page.items.iter().map(|row| (row.version, row.is_live)).collect();
    assert_eq!((seen.as_slice(), page.total), ([(3, true), (2, false)].as_slice(), 3));
    assert_eq!(page.items[0].note, "Two was wrong");
    let rest = list(EmailVersionQuery {
        limit: Some(2),
        cursor: page.next_cursor,
    });
    let rest = rest.await.unwrap();
    assert_eq!((rest.items.len(), rest.items[0].version), (1, 1));
    let two = versions::detail(&test.sereno, staff, ACTIVATION, "2").await.unwrap();
    assert_eq!(two.source, says("Two"));
    for number in ["0", "4", "-1", "x"] {
        let found = versions::detail(&test.sereno, staff, ACTIVATION, number).await;
        assert_eq!(refused(found), Code::NotFound, "{number}");
    }
    for version in [0, 9, -1] {
        let back = RollBackEmailTemplate {
            version,
            ..back.clone()
        };
        let done = publish::roll_back(&test.sereno, &test.meta(), staff, ACTIVATION, back).await;
        assert_eq!(refused_fields(done), [("version".to_owned(), Code::InvalidChoice)]);
    }
    publish::retire(&test.sereno, &test.meta(), staff, ACTIVATION)
        .await
        .unwrap();
    assert_eq!(
        house.sign_up(Locale::En, "bea").await.subject,
        "Confirm your e-mail address"
    );
    assert_eq!(house.detail(ACTIVATION).await.live, None);
    assert_eq!(
        list(EmailVersionQuery::default()).await.unwrap().total,
        3,
        "versions stay"
    );
    let again = publish::retire(&test.sereno, &test.meta(), staff, ACTIVATION).await;
    assert_eq!(refused(again), Code::StateConflict);
    house.put(ACTIVATION, says("Four")).await;
    assert_eq!(house.detail(ACTIVATION).await.live.unwrap().row.version, 4);
}

#[tokio::test]
async fn two_editors_do_not_overwrite_each_other() {
    let house = House::new().await;
    let sereno = &house.test.sereno;
    let seen = show::version(sereno, &house.detail(ACTIVATION).await).unwrap();
    let means = |version: &str| RequestMeta {
        if_match: Some(format!("\"{version}\"")),
        ..house.test.meta()
    };
    let mine = house.save_as(&means(&seen), ACTIVATION, says("Mine")).await.unwrap();
    let theirs = house.save_as(&means(&seen), ACTIVATION, says("Theirs")).await;
    assert_eq!(refused(theirs), Code::PreconditionFailed);
    assert_eq!(house.detail(ACTIVATION).await.draft.unwrap().source, says("Mine"));
    for outcome in [
        publish::publish(
            sereno,
            &means(&seen),
            &house.staff,
            ACTIVATION,
            PublishEmailTemplate::default(),
        )
        .await
        .map(|_| ()),
        draft::discard(sereno, &means(&seen), &house.staff, ACTIVATION).await,
    ] {
        assert_eq!(refused(outcome), Code::PreconditionFailed);
    }
    let now = show::version(sereno, &mine).unwrap();
    house.test.advance(Duration::from_secs(1));
    draft::discard(sereno, &means(&now), &house.staff, ACTIVATION)
        .await
        .unwrap();
    assert_eq!(house.detail(ACTIVATION).await.draft, None);
    let again = draft::discard(sereno, &house.test.meta(), &house.staff, ACTIVATION).await;
    assert_eq!(refused(again), Code::StateConflict);
    assert_eq!(
        refused(house.publish(ACTIVATION).await),
        Code::StateConflict,
        "nothing to publish"
    );
    assert_eq!(house.told(EventKind::EmailTemplateDrafted).await["draft"], "discarded");
}

#[tokio::test]
async fn what_cannot_leave_is_refused_when_it_is_saved_or_published() {
    let house = House::new().await;
    let broken = EmailSource {
        subject: "a\nb".to_owned(),
        text: "{{ unknown }}".to_owned(),
        html: "{% include 'x' %}".to_owned(),
    };
    let refused_by = refused_fields(house.save(ACTIVATION, broken).await);
    let expected = [
        ("subject", Code::InvalidCharacters),
        ("text", Code::TemplateSyntaxError),
        ("html", Code::TemplateSyntaxError),
    ];
    assert_eq!(refused_by, expected.map(|(field, code)| (field.to_owned(), code)));
    assert_eq!(house.detail(ACTIVATION).await.draft, None, "nothing half-done");
    // a draft may lack the link, what is published may not
    let useless = EmailSource {
        text: "Hello".to_owned(),
        html: "<p>{# {{ link }} #}</p>".to_owned(),
        ..says("x")
    };
    house.save(ACTIVATION, useless.clone()).await.unwrap();
    let lacking = refused_fields(house.publish(ACTIVATION).await);
    let both = ["text", "html"].map(|part| (part.to_owned(), Code::TemplateVariableMissing));
    assert_eq!(lacking, both);
    // naming it is not showing it
    for (text, html, parts) in [
        ("{% if false %}{{ link }}{% endif %}x", "{{ link }}", &["text"][..]),
        (
            "{{ link }}",
            "<p>x</p>{% if not link %}{{ link }}{% endif %}",
            &["html"],
        ),
        (
            "{% if link %}x{% endif %}",
            "{% if not code %}{{ code }}{% endif %}x",
            &["text", "html"],
        ),
        ("{{ code }}", "<!-- x --><a href=\"{{ link }}\">y</a>", &[]),
    ] {
        let source = EmailSource {
            subject: "x".to_owned(),
            text: text.to_owned(),
            html: html.to_owned(),
        };
        house.save(ACTIVATION, source).await.unwrap();
        let lacking = match house.publish(ACTIVATION).await {
            Ok(_) => Vec::new(),
            refused => refused_fields(refused),
        };
        let expected: Vec<_> = parts
            .iter()
            .map(|part| ((*part).to_owned(), Code::TemplateVariableMissing))
            .collect();
        assert_eq!(lacking, expected, "{text} | {html}");
    }
    // what stands where others could read it is not even saved
    for html in [
        "<p>x</p><!-- {{ link }} -->",
        "<p>x</p><!-- <!-- {{ link }}",
        "{{ link | length }}",
    ] {
        let hidden = EmailSource {
            html: html.to_owned(),
            ..says("x")
        };
        let refused_by = refused_fields(house.save(ACTIVATION, hidden).await);
        assert_eq!(refused_by, [("html".to_owned(), Code::TemplateSyntaxError)], "{html}");
    }
    // one that only tells something needs none
    let notice = ("password_changed", "en");
    house.put(notice, useless).await;
    assert_eq!(house.detail(notice).await.live.unwrap().row.version, 1);
    for place in [
        ("nothing", "en"),
        ("activation", "fr"),
        ("activation", ""),
        ("custom.x", "en"),
        ("", "en"),
    ] {
        assert_eq!(refused(house.save(place, says("x")).await), Code::NotFound, "{place:?}");
    }
    let long = SaveEmailDraft {
        note: Some("ü".repeat(501)),
        text: "x".to_owned(),
        html: "x".to_owned(),
        subject: "x".to_owned(),
    };
    let saved = draft::save(&house.test.sereno, &house.test.meta(), &house.staff, ACTIVATION, long).await;
    assert_eq!(refused_fields(saved), [("note".to_owned(), Code::TooLong)]);
    // characters are counted, and not bytes
    let most = SaveEmailDraft {
        note: Some("ü".repeat(500)),
        text: "ü".repeat(65_536),
        html: "x".to_owned(),
        subject: "x".to_owned(),
    };
    let saved = draft::save(&house.test.sereno, &house.test.meta(), &house.staff, ACTIVATION, most).await;
    assert_eq!(saved.unwrap().draft.unwrap().row.note.chars().count(), 500);
    let searched = |q: &str| EmailTemplateQuery {
        q: Some(q.to_owned()),
        ..EmailTemplateQuery::default()
    };
    let list = |query| list::list(&house.test.sereno, &house.staff, query);
    list(searched(&"ü".repeat(200))).await.unwrap();
    assert_eq!(
        refused_fields(list(searched(&"ü".repeat(201))).await),
        [("q".to_owned(), Code::TooLong)]
    );
}

#[tokio::test]
async fn a_template_that_fails_never_stops_a_mail() {
    let house = House::new().await;
    house.put(ACTIVATION, says("Hello")).await;
    house
        .put(
            ("footer", "en"),
            EmailSource {
                subject: String::new(),
                ..says("Foot")
            }
            .footer(),
        )
        .await;
    // as an engine of another release may have taken it
    house
        .execute("UPDATE email_template_version SET html = '{% for a in link %}{% for b in link %}{% for c in link %}x{% endfor %}{% endfor %}{% endfor %}'")
        .await;
    for name in ["ana", "bea"] {
        let mail = house.sign_up(Locale::En, name).await;
        assert_eq!(mail.subject, "Confirm your e-mail address");
        assert!(mail.html.contains("This message was sent to"), "the shipped footer");
        assert_eq!(house.version_for(name).await, None);
    }
    let seen = house.detail(ACTIVATION).await;
    assert!(
        seen.broken_since.is_some() && seen.broken_reason.unwrap().contains("html"),
        "it is marked"
    );
    let told = house.test.events.count(EventKind::EmailTemplateBroken);
    assert_eq!(told, 2, "mail and footer, each once");
    assert_eq!(house.told(EventKind::EmailTemplateBroken).await["version"], 1);
    house.put(ACTIVATION, says("Mended")).await;
    assert_eq!(house.detail(ACTIVATION).await.broken_since, None);
    assert_eq!(house.sign_up(Locale::En, "cai").await.subject, "Mended at Sereno");
}

trait Footer {
    fn footer(self) -> Self;
}

impl Footer for EmailSource {
    /// Names only what a footer knows.
    fn footer(mut self) -> Self {
        for part in [&mut self.text, &mut self.html] {
            *part = part
                .replace("{{ link }}", "{{ url }}")
                .replace("{{ code }}", "{{ address }}");
        }
        self
    }
}

#[tokio::test]
async fn the_footer_is_written_anew_or_switched_off() {
    let house = House::new().await;
    let footer = ("footer", "en");
    let with_subject = refused_fields(house.save(footer, says("Foot").footer()).await);
    assert_eq!(with_subject, [("subject".to_owned(), Code::InvalidChoice)]);
    let foot = EmailSource {
        subject: String::new(),
        ..says("Foot")
    };
    house.put(footer, foot.footer()).await;
    let mail = house.sign_up(Locale::En, "ana").await;
    assert!(
        mail.text
            .ends_with("\n\n-- \nFoot\nhttp://127.0.0.1:3000\nana@example.org"),
        "{}",
        mail.text
    );
    assert!(mail.html.contains("<p>Foot</p>"));
    let shown = preview::preview(
        &house.test.sereno,
        &house.staff,
        footer,
        PreviewEmailTemplate::default(),
    )
    .await
    .unwrap();
    assert!(
        shown.html.contains("<p>Foot</p>") && shown.html.contains("test message"),
        "below a sample"
    );
    let off = house
        .test
        .try_another(|config| config.brand.footer = false, None)
        .await
        .unwrap();
    off.sign_up("bea@example.org").await;
    let mail = off.mail.sent().pop().unwrap();
    assert!(
        !mail.text.contains("-- ") && !mail.html.contains("class=\"foot\""),
        "{}",
        mail.text
    );
    let branded = house
        .test
        .try_another(
            |config| {
                config.brand.name = "<Acme>".to_owned();
                config.brand.logo = "/logo.png".to_owned();
            },
            None,
        )
        .await
        .unwrap();
    let mail = branded.sign_up("cai@example.org").await;
    let logo = "<img src=\"http://127.0.0.1:3000/logo.png\" alt=\"&#60;Acme&#62;\"";
    assert!(mail.html.contains(logo), "{}", mail.html);
}

#[tokio::test]
async fn a_preview_shows_samples_and_never_a_secret() {
    let house = House::new().await;
    let (sereno, staff) = (&house.test.sereno, &house.staff);
    let show = |command| preview::preview(sereno, staff, ACTIVATION, command);
    let shipped = show(PreviewEmailTemplate::default()).await.unwrap();
    assert!(shipped.text.contains("token=sample"), "{}", shipped.text);
    house.put(ACTIVATION, says("Live")).await;
    house.save(ACTIVATION, says("Draft")).await.unwrap();
    let of = |of: &str| PreviewEmailTemplate {
        of: Some(of.to_owned()),
        ..PreviewEmailTemplate::default()
    };
    for (which, subject) in [
        ("shipped", "Confirm your e-mail address"),
        ("live", "Live at Sereno"),
        ("draft", "Draft at Sereno"),
        ("1", "Live at Sereno"),
        ("", "Draft at Sereno"),
    ] {
        assert_eq!(show(of(which)).await.unwrap().subject, subject, "{which}");
    }
    for which in ["0", "2", "x"] {
        assert_eq!(
            refused_fields(show(of(which)).await),
            [("of".to_owned(), Code::InvalidChoice)]
        );
    }
    let unsaved = PreviewEmailTemplate {
        source: Some(says("Unsaved")),
        look: Some(EmailLook::Dark),
        ..PreviewEmailTemplate::default()
    };
    let shown = show(unsaved).await.unwrap();
    assert!(
        shown.subject == "Unsaved at Sereno" && shown.html.contains("@media all"),
        "{}",
        shown.html
    );
    // links have the colours of the scheme
    for (look, scheme) in [
        (Some(EmailLook::Dark), "dark"),
        (Some(EmailLook::Light), "light"),
        (None, "light dark"),
    ] {
        let wanted = PreviewEmailTemplate {
            look,
            ..PreviewEmailTemplate::default()
        };
        let shown = show(wanted).await.unwrap();
        assert!(
            shown.html.contains(&format!(":root{{color-scheme:{scheme};")),
            "{scheme}"
        );
    }
    let broken = PreviewEmailTemplate {
        source: Some(EmailSource {
            html: "{{".to_owned(),
            ..says("x")
        }),
        ..PreviewEmailTemplate::default()
    };
    assert_eq!(
        refused_fields(show(broken).await),
        [("source.html".to_owned(), Code::TemplateSyntaxError)]
    );
    house.test.user("ana").await;
    let theirs = PreviewEmailTemplate {
        user: Some("ana@example.org".to_owned()),
        ..PreviewEmailTemplate::default()
    };
    let shown = show(theirs.clone()).await.unwrap();
    assert!(
        shown.text.contains("ana@example.org") && shown.text.contains("token=sample"),
        "{}",
        shown.text
    );
    let unknown = PreviewEmailTemplate {
        user: Some("nobody".to_owned()),
        ..theirs.clone()
    };
    assert_eq!(
        refused_fields(show(unknown).await),
        [("user".to_owned(), Code::InvalidChoice)]
    );
}

#[tokio::test]
async fn a_test_mail_goes_the_way_of_all_mails() {
    let house = House::new().await;
    let (test, staff, meta) = (&house.test, &house.staff, house.test.meta());
    let send = |to: Option<&str>| {
        let command = TestEmailTemplate {
            to: to.map(str::to_owned),
        };
        preview::send(&test.sereno, &meta, staff, ACTIVATION, command)
    };
    assert_eq!(
        refused_fields(send(None).await),
        [("to".to_owned(), Code::Blank)],
        "the operator has no address"
    );
    assert_eq!(
        refused_fields(send(Some("x")).await),
        [("to".to_owned(), Code::InvalidEmail)]
    );
    send(Some("eve@example.org")).await.unwrap();
    let mail = test.mails().await.remove(0);
    assert_eq!(mail.subject, "[Test] Confirm your e-mail address");
    assert!(
        mail.recipient == "eve@example.org" && mail.text.contains("token=sample"),
        "{}",
        mail.text
    );
    house.save(ACTIVATION, says("Draft")).await.unwrap();
    test.superuser("root").await;
    let root = test.staff(&test.actor("root").await).await;
    let queued = preview::send(&test.sereno, &meta, &root, ACTIVATION, TestEmailTemplate::default());
    assert_eq!(queued.await.unwrap().to, "root@example.org");
    let mail = test.mails().await.remove(0);
    assert_eq!(mail.subject, "[Test] Draft at Sereno");
    assert_eq!(test.events.count(EventKind::EmailTemplateTested), 2);
    // what was thrown away meanwhile is not sent
    send(Some("eve@example.org")).await.unwrap();
    draft::discard(&test.sereno, &test.meta(), staff, ACTIVATION)
        .await
        .unwrap();
    assert!(test.mails().await.is_empty());
    for _ in 2..20 {
        send(Some("eve@example.org")).await.unwrap();
    }
    assert_eq!(refused(send(Some("eve@example.org")).await), Code::TooManyRequests);
}

#[tokio::test]
async fn two_texts_are_compared_line_by_line() {
    let house = House::new().await;
    house.put(ACTIVATION, says("One")).await;
    let mut changed = says("One");
    changed.html.push_str("\n<p>More</p>");
    house.put(ACTIVATION, changed).await;
    let compare = |from: &str, to: &str| {
        let query = EmailDiffQuery {
            from: from.to_owned(),
            to: to.to_owned(),
        };
        diff::compare(&house.test.sereno, &house.staff, ACTIVATION, query)
    };
    let found = compare("1", "live").await.unwrap();
    let same: Vec<(&str, bool)> = found
        .parts
        .iter()
        .map(|part| (part.part.as_str(), part.is_same))
        .collect();
    assert_eq!(same, [("subject", true), ("text", true), ("html", false)]);
    let added: Vec<_> = found.parts[2]
        .lines
        .iter()
        .filter(|line| line.before.is_none())
        .collect();
    assert_eq!(added.len(), 1);
    assert_eq!(added[0].after.as_ref().unwrap().text, "<p>More</p>");
    assert!(!compare("shipped", "1").await.unwrap().parts[0].is_same);
    assert_eq!(
        refused_fields(compare("draft", "1").await),
        [("from".to_owned(), Code::InvalidChoice)]
    );
    assert_eq!(
        refused_fields(compare("1", "7").await),
        [("to".to_owned(), Code::InvalidChoice)]
    );
}

#[tokio::test]
async fn another_shipped_default_is_told_of() {
    let house = House::new().await;
    assert!(!house.put(ACTIVATION, says("One")).await.is_outdated);
    house
        .execute("UPDATE email_template_version SET based_on = 'an earlier release'")
        .await;
    assert!(house.detail(ACTIVATION).await.is_outdated);
    let listed = list::list(&house.test.sereno, &house.staff, EmailTemplateQuery::default())
        .await
        .unwrap();
    let row = listed.items.iter().find(|row| row.name == "activation").unwrap();
    assert!(row.languages[0].is_outdated && row.languages[0].live == Some(1) && row.languages[0].is_shipped);
    assert!(!row.languages[1].is_outdated && row.languages[1].live.is_none());
    // whoever begins anew has seen the new default
    assert!(!house.put(ACTIVATION, says("Two")).await.is_outdated);
}

#[tokio::test]
async fn templates_are_listed_searched_and_paged() {
    let house = House::new().await;
    let list = |query| list::list(&house.test.sereno, &house.staff, query);
    let all = list(EmailTemplateQuery::default()).await.unwrap();
    assert!(all.total >= 17 && all.items.len() as u64 == all.total, "{}", all.total);
    let names: Vec<&str> = all.items.iter().map(|row| row.name.as_str()).collect();
    assert!(
        names.is_sorted() && names.contains(&"footer") && names.contains(&"account_created"),
        "{names:?}"
    );
    let mut query = EmailTemplateQuery {
        limit: Some(5),
        ..EmailTemplateQuery::default()
    };
    let mut walked = Vec::new();
    loop {
        let page = list(query.clone()).await.unwrap();
        walked.extend(page.items.into_iter().map(|row| row.name));
        if page.next_cursor.is_none() {
            break;
        }
        query.cursor = page.next_cursor;
    }
    assert_eq!(walked, names);
    let searched = EmailTemplateQuery {
        q: Some("PASSWORD".to_owned()),
        ..EmailTemplateQuery::default()
    };
    let found = list(searched).await.unwrap();
    assert!(found.items.iter().any(|row| row.name == "password_reset") && found.total < all.total);
    let own = EmailTemplateQuery {
        custom: Some(true),
        ..EmailTemplateQuery::default()
    };
    assert_eq!(list(own).await.unwrap().total, 0);
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

#[tokio::test]
async fn staff_makes_templates_of_its_own() {
    let house = House::new().await;
    let (sereno, meta, staff) = (&house.test.sereno, house.test.meta(), &house.staff);
    let place = ("custom.welcome", "en");
    let made = custom::create(sereno, &meta, staff, welcome()).await.unwrap();
    assert_eq!(
        (made.name.as_str(), made.is_custom, made.shipped),
        ("custom.welcome", true, None)
    );
    let twice = custom::create(sereno, &meta, staff, welcome()).await;
    assert_eq!(refused_fields(twice), [("slug".to_owned(), Code::SlugUnique)]);
    let hello = EmailSource {
        subject: "Hello {{ name }}".to_owned(),
        text: "{{ name }} at {{ brand }}".to_owned(),
        html: "<b>{{ name }}</b>".to_owned(),
    };
    let values = serde_json::json!({"name": "<Bea>"});
    let values = values.as_object().unwrap();
    let render = |locale, values| render_custom(sereno, "welcome", locale, values);
    let early = render(Locale::En, values).await.map(|_| ());
    assert_eq!(refused_fields(early), [("template".to_owned(), Code::TemplateNotFound)]);
    house.put(place, hello.clone()).await;
    // what there is in no other language is there in English
    let mail = render(Locale::De, values).await.unwrap();
    assert_eq!((mail.locale, mail.version), (Locale::En, 1));
    assert_eq!(mail.rendered.subject, "Hello <Bea>");
    assert_eq!(mail.rendered.text, "<Bea> at Sereno");
    assert_eq!(mail.rendered.html, "<b>&#60;Bea&#62;</b>");
    let nothing = serde_json::Map::new();
    let missing = render(Locale::En, &nothing).await.map(|_| ());
    assert_eq!(refused_fields(missing), [("context.name".to_owned(), Code::Blank)]);
    // what is no text is told of, and nothing says nothing
    for (value, outcome) in [
        (serde_json::json!({"first": "Bea"}), None),
        (serde_json::json!(["Bea"]), None),
        (serde_json::json!(null), Some(" at Sereno")),
        (serde_json::json!(7), Some("7 at Sereno")),
        (serde_json::json!(true), Some("True at Sereno")),
    ] {
        let values = [("name".to_owned(), value.clone())].into_iter().collect();
        let said = render_custom(sereno, "welcome", Locale::En, &values).await;
        let said = said.map(|custom| custom.rendered.text);
        match outcome {
            Some(words) => assert_eq!(said.ok().as_deref(), Some(words), "{value}"),
            None => assert!(
                refused_fields(said.map(|_| ()))
                    .iter()
                    .all(|(field, code)| field == "template" && *code == Code::TemplateSyntaxError),
                "{value}"
            ),
        }
    }
    let unknown = render_custom(sereno, "nothing", Locale::En, values).await.map(|_| ());
    assert_eq!(
        refused_fields(unknown),
        [("template".to_owned(), Code::TemplateNotFound)]
    );
    // what is in use must still be readable
    let without = UpdateEmailTemplate {
        variables: Some(Vec::new()),
        ..UpdateEmailTemplate::default()
    };
    let done = custom::update(sereno, &meta, staff, place.0, without).await;
    assert_eq!(refused_fields(done), [("variables".to_owned(), Code::TemplateInvalid)]);
    let renamed = UpdateEmailTemplate {
        title: Some("Hello".to_owned()),
        ..UpdateEmailTemplate::default()
    };
    assert_eq!(
        custom::update(sereno, &meta, staff, place.0, renamed)
            .await
            .unwrap()
            .title,
        "Hello"
    );
    custom::delete(sereno, &meta, staff, place.0).await.unwrap();
    assert_eq!(
        refused(show::detail(sereno, staff, place.0, "en").await),
        Code::NotFound
    );
    // the name is free again, and nothing of before comes back
    custom::create(sereno, &meta, staff, welcome()).await.unwrap();
    assert_eq!(house.detail(place).await.live, None);
    assert_eq!(
        refused(custom::delete(sereno, &meta, staff, "activation").await),
        Code::NotFound
    );
    for (change, field, code) in [
        ("slug", "slug", Code::InvalidCharacters),
        ("variable", "variables.0.name", Code::InvalidCharacters),
        ("brand", "variables.0.name", Code::InvalidChoice),
        ("if", "variables.0.name", Code::InvalidChoice),
        ("none", "variables.0.name", Code::InvalidChoice),
        ("recursive", "variables.0.name", Code::InvalidChoice),
    ] {
        let mut command = welcome();
        match change {
            "slug" => command.slug = "A b".to_owned(),
            "variable" => command.variables[0].name = "a b".to_owned(),
            word => command.variables[0].name = word.to_owned(),
        }
        let done = custom::create(sereno, &meta, staff, command).await;
        assert_eq!(refused_fields(done), [(field.to_owned(), code)], "{change}");
    }
}

/// What became of what was read in, but for what is as it was.
async fn read_in(house: &House, files: &files::Files, change: impl FnOnce(&mut ImportEmailTemplates)) -> Vec<String> {
    let mut command = ImportEmailTemplates {
        templates: files::from_files(files).unwrap(),
        ..ImportEmailTemplates::default()
    };
    change(&mut command);
    house.test.advance(Duration::from_secs(1));
    let (sereno, meta) = (&house.test.sereno, house.test.meta());
    let told = files::import(sereno, &meta, &house.staff, command).await.unwrap();
    told.into_iter()
        .filter(|one| one.outcome != EmailImportOutcome::Unchanged)
        .map(|one| {
            let place = [Some(one.name), one.language].into_iter().flatten().collect::<Vec<_>>();
            let reason = one.reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
            format!("{} {:?}{reason}", place.join("/"), one.outcome)
        })
        .collect()
}

async fn folder_of(house: &House) -> files::Files {
    let file = files::export(&house.test.sereno, &house.staff, None).await.unwrap();
    files::to_files(file).unwrap()
}

#[tokio::test]
async fn templates_travel_as_files() {
    let house = House::new().await;
    house.put(ACTIVATION, says("Mine")).await;
    let mut folder = folder_of(&house).await;
    assert_eq!(folder["activation/en.subject.txt"], "Mine at {{ brand }}\n");
    assert!(folder.contains_key("footer/es.html") && !folder.contains_key("footer/en.subject.txt"));
    let other = House::new().await;
    let told = read_in(&other, &folder, |command| command.dry_run = true).await;
    assert_eq!(told, ["activation/en Drafted"], "only what differs");
    assert_eq!(other.detail(ACTIVATION).await.draft, None, "nothing was done");
    read_in(&other, &folder, |_| {}).await;
    assert_eq!(other.detail(ACTIVATION).await.draft.unwrap().source, says("Mine"));
    assert!(
        read_in(&other, &folder, |_| {}).await.is_empty(),
        "it is the draft already"
    );
    let told = read_in(&other, &folder, |command| command.publish = true).await;
    assert_eq!(told, ["activation/en Published"]);
    assert_eq!(other.detail(ACTIVATION).await.draft, None);
    assert!(
        read_in(&other, &folder, |command| command.publish = true)
            .await
            .is_empty(),
        "once more changes nothing"
    );
    folder.insert("activation/de.html".to_owned(), "{{ x }}".to_owned());
    folder.remove("login_code/en.txt");
    folder.insert("nothing/en.txt".to_owned(), "x".to_owned());
    let told = read_in(&other, &folder, |command| command.publish = true).await;
    let expected = [
        "activation/de Refused (html, line 1, column 4: \"there is no variable x\")",
        "login_code/en Refused (text: blank)",
        "nothing/en Refused (there is no such template or language)",
    ];
    assert_eq!(told, expected);
    let some = files::export(&house.test.sereno, &house.staff, Some(&["activation"])).await;
    assert_eq!(some.unwrap().templates.len(), 1);
    let unknown = files::export(&house.test.sereno, &house.staff, Some(&["activation", "x"])).await;
    assert_eq!(refused_fields(unknown), [("names".to_owned(), Code::InvalidChoice)]);
}

#[tokio::test]
async fn what_is_read_in_writes_over_no_draft_of_a_colleague() {
    let house = House::new().await;
    house.put(ACTIVATION, says("Mine")).await;
    let folder = folder_of(&house).await;
    let other = House::new().await;
    other.save(ACTIVATION, says("Theirs")).await.unwrap();
    for publish in [false, true] {
        for dry_run in [true, false] {
            let told = read_in(&other, &folder, |command| {
                (command.publish, command.dry_run) = (publish, dry_run);
            })
            .await;
            assert_eq!(told, ["activation/en Kept"]);
        }
    }
    let now = other.detail(ACTIVATION).await;
    assert_eq!((now.draft.unwrap().source, now.live), (says("Theirs"), None));
    let told = read_in(&other, &folder, |command| {
        (command.publish, command.force) = (true, true);
    })
    .await;
    assert_eq!(told, ["activation/en Published"]);
    assert_eq!(other.detail(ACTIVATION).await.live.unwrap().source, says("Mine"));
}

#[tokio::test]
async fn templates_of_staffs_own_travel_with_what_they_may_name() {
    let house = House::new().await;
    let (sereno, meta, staff) = (&house.test.sereno, house.test.meta(), &house.staff);
    custom::create(sereno, &meta, staff, welcome()).await.unwrap();
    let hello = EmailSource {
        subject: "Hello {{ name }}".to_owned(),
        text: "{{ name }}".to_owned(),
        html: "{{ name }}".to_owned(),
    };
    house.put(("custom.welcome", "en"), hello.clone()).await;
    let mut folder = folder_of(&house).await;
    assert!(folder["custom.welcome/template.json"].contains("\"title\": \"Welcome\""));
    folder.retain(|path, _| path.starts_with("custom."));
    let other = House::new().await;
    let both = ["custom.welcome Made", "custom.welcome/en Published"];
    let told = read_in(&other, &folder, |command| {
        (command.publish, command.dry_run) = (true, true);
    })
    .await;
    assert_eq!(told, both);
    let none = show::detail(&other.test.sereno, &other.staff, "custom.welcome", "en").await;
    assert_eq!(refused(none), Code::NotFound, "nothing was done");
    let told = read_in(&other, &folder, |command| command.publish = true).await;
    assert_eq!(told, both);
    let there = other.detail(("custom.welcome", "en")).await;
    assert_eq!(
        (
            there.title.as_str(),
            there.description.as_str(),
            there.live.unwrap().source
        ),
        ("Welcome", "For new customers", hello)
    );
    assert!(read_in(&other, &folder, |_| {}).await.is_empty());
    // a definition of what is ours, or one that is wrong, is told of
    let json = folder["custom.welcome/template.json"].replace("\"name\": \"name\"", "\"name\": \"if\"");
    let wrong = files::Files::from([
        ("activation/template.json".to_owned(), "{}".to_owned()),
        ("custom.other/template.json".to_owned(), json),
    ]);
    let told = read_in(&other, &wrong, |_| {}).await;
    assert_eq!(
        told,
        [
            "activation Refused (there is no such template or language)",
            "custom.other Refused (variables.0.name: invalid_choice)"
        ]
    );
    let broken = files::Files::from([("custom.other/template.json".to_owned(), "{".to_owned())]);
    assert!(files::from_files(&broken).is_err());
}

#[tokio::test]
async fn only_whose_permissions_allow_it_look_and_change() {
    let house = House::new().await;
    let test = &house.test;
    test.viewer("vic").await;
    let viewer = test.staff(&test.actor("vic").await).await;
    assert!(
        list::list(&test.sereno, &viewer, EmailTemplateQuery::default())
            .await
            .is_ok()
    );
    let (meta, sereno) = (test.meta(), &test.sereno);
    let save = SaveEmailDraft {
        subject: "x".to_owned(),
        text: "x".to_owned(),
        html: "x".to_owned(),
        note: None,
    };
    let back = RollBackEmailTemplate::default();
    for outcome in [
        draft::save(sereno, &meta, &viewer, ACTIVATION, save).await.map(|_| ()),
        draft::discard(sereno, &meta, &viewer, ACTIVATION).await,
        publish::publish(sereno, &meta, &viewer, ACTIVATION, PublishEmailTemplate::default())
            .await
            .map(|_| ()),
        publish::roll_back(sereno, &meta, &viewer, ACTIVATION, back)
            .await
            .map(|_| ()),
        publish::retire(sereno, &meta, &viewer, ACTIVATION).await,
        preview::send(sereno, &meta, &viewer, ACTIVATION, TestEmailTemplate::default())
            .await
            .map(|_| ()),
        custom::create(sereno, &meta, &viewer, welcome()).await.map(|_| ()),
        custom::delete(sereno, &meta, &viewer, "custom.x").await,
        files::import(sereno, &meta, &viewer, ImportEmailTemplates::default())
            .await
            .map(|_| ()),
    ] {
        assert_eq!(refused(outcome), Code::PermissionDenied);
    }
}

#[tokio::test]
async fn whom_staff_invites_is_told_so() {
    let house = House::new().await;
    let test = &house.test;
    let command = CreateUser {
        email: "ana@example.org".to_owned(),
        inactive: true,
        ..CreateUser::default()
    };
    admin::create_user(&test.sereno, &test.meta(), &house.staff, command)
        .await
        .unwrap();
    let mail = test.mails().await.remove(0);
    assert_eq!(mail.subject, "An account was made for you");
    let activated = sereno_core::account::activate::activate(&test.sereno, &test.meta(), by_link(&mail)).await;
    assert!(activated.is_ok());
}

#[tokio::test]
async fn another_service_names_a_template_of_staffs_own() {
    let house = House::new().await;
    let (sereno, meta, staff) = (&house.test.sereno, house.test.meta(), &house.staff);
    custom::create(sereno, &meta, staff, welcome()).await.unwrap();
    let letter = |template: &str| SendMessage {
        recipients: vec!["bea@example.org".to_owned(), "carla@example.org".to_owned()],
        template: Some(template.to_owned()),
        context: [("name".to_owned(), serde_json::json!("<Bea>\r\nBcc: all@example.org"))].into(),
        ..SendMessage::default()
    };
    let early = messages::send(sereno, &meta, staff, letter("welcome"))
        .await
        .map(|_| ());
    assert_eq!(refused_fields(early), [("template".to_owned(), Code::TemplateNotFound)]);
    let hello = EmailSource {
        subject: "Hello {{ name }}".to_owned(),
        text: "Dear {{ name }}".to_owned(),
        html: "<b>{{ name }}</b>".to_owned(),
    };
    house.put(("custom.welcome", "en"), hello).await;
    let missing = SendMessage {
        context: std::collections::BTreeMap::new(),
        ..letter("welcome")
    };
    let missing = messages::send(sereno, &meta, staff, missing).await.map(|_| ());
    assert_eq!(refused_fields(missing), [("context.name".to_owned(), Code::Blank)]);
    for name in ["welcome", "custom.welcome"] {
        let sent = messages::send(sereno, &meta, staff, letter(name)).await.unwrap();
        assert!(sent.results.iter().all(|result| result.ok), "{sent:?}");
        let mails = house.test.mails().await;
        assert_eq!(mails.len(), 2);
        for mail in mails {
            // in the layout, with a footer of its own for each recipient, and in one line
            assert!(
                mail.subject.starts_with("Hello <Bea>") && !mail.subject.contains(['\r', '\n']),
                "{}",
                mail.subject
            );
            assert!(
                mail.html.contains("<b>&#60;Bea&#62;") && mail.html.contains("<table"),
                "{}",
                mail.html
            );
            assert!(
                mail.text.contains(&format!("sent to {}", mail.recipient)),
                "{}",
                mail.text
            );
        }
    }
}

/// A user whose names try to be HTML.
async fn named(house: &House) {
    house.test.user("ana").await;
    house
        .execute("UPDATE \"user\" SET first_name = '<b>Ana</b>', last_name = 'O''Hara & Co', username = 'ana_o'")
        .await;
}

fn greeting() -> EmailSource {
    EmailSource {
        subject: "Hello {{ first_name }}".to_owned(),
        text: "{{ first_name }}|{{ last_name }}|{{ username }}|{{ address }}\n{{ link }}".to_owned(),
        html: "<p>{{ first_name }} {{ last_name }} {{ username }} {{ address }}</p>{{ link }}".to_owned(),
    }
}

#[tokio::test]
async fn a_mail_can_greet_whom_it_goes_to() {
    let house = House::new().await;
    named(&house).await;
    let (sereno, meta) = (&house.test.sereno, house.test.meta());
    house.put(("password_reset", "en"), greeting()).await;
    let theirs = PreviewEmailTemplate {
        user: Some("ana@example.org".to_owned()),
        ..PreviewEmailTemplate::default()
    };
    let shown = preview::preview(sereno, &house.staff, ("password_reset", "en"), theirs)
        .await
        .unwrap();
    assert!(
        shown.text.starts_with("<b>Ana</b>|O'Hara & Co|ana_o|ana@example.org\n"),
        "{}",
        shown.text
    );
    let command = sereno_types::ForgotPassword {
        identifier: "ana@example.org".to_owned(),
    };
    sereno_core::account::password::forgot(sereno, &meta, command)
        .await
        .unwrap();
    let mail = house.test.mails().await.remove(0);
    assert_eq!(mail.subject, "Hello <b>Ana</b>");
    assert!(
        mail.text.starts_with("<b>Ana</b>|O'Hara & Co|ana_o|ana@example.org\n"),
        "{}",
        mail.text
    );
    let said = "<p>&#60;b&#62;Ana&#60;/b&#62; O&#39;Hara &#38; Co ana_o ana@example.org</p>";
    assert!(mail.html.contains(said), "{}", mail.html);
    // who has no account has an address and nothing else
    let lacks = refused_fields(house.save(("unknown_account", "en"), greeting()).await);
    assert_eq!(lacks.len(), 3, "{lacks:?}");
    let plain = EmailSource {
        subject: "x".to_owned(),
        text: "To {{ address }}".to_owned(),
        html: "<p>x</p>".to_owned(),
    };
    house.put(("unknown_account", "en"), plain).await;
    let footer = refused_fields(house.save(("footer", "en"), greeting()).await);
    assert!(!footer.is_empty());
}

#[tokio::test]
async fn a_sample_may_be_an_object_or_a_list() {
    let house = House::new().await;
    let (sereno, meta, staff) = (&house.test.sereno, house.test.meta(), &house.staff);
    let variable = |name: &str, sample: &str| TemplateVariable {
        name: name.to_owned(),
        sample: sample.to_owned(),
        ..TemplateVariable::default()
    };
    let command = CreateEmailTemplate {
        variables: vec![
            variable("total", r#"{"net": "10.00", "tax": 2}"#),
            variable("lines", r#"[{"name": "Tea"}, {"name": "Milk"}]"#),
            variable("plain", "[not JSON"),
        ],
        ..welcome()
    };
    custom::create(sereno, &meta, staff, command).await.unwrap();
    let place = ("custom.welcome", "en");
    let source = |text: &str| EmailSource {
        subject: "{{ total.net }}".to_owned(),
        text: text.to_owned(),
        html: "{{ plain }}".to_owned(),
    };
    let text = "{% for line in lines %}{{ line.name }} {% endfor %}{{ total.tax }}";
    house.put(place, source(text)).await;
    let shown = preview::preview(sereno, staff, place, PreviewEmailTemplate::default())
        .await
        .unwrap();
    assert!(
        shown.subject == "10.00" && shown.text.starts_with("Tea Milk 2"),
        "{shown:?}"
    );
    let values = serde_json::json!({"total": {"net": "1", "tax": 0}, "lines": [{"name": "<Sugar>"}], "plain": "x"});
    let said = render_custom(sereno, "welcome", Locale::En, values.as_object().unwrap())
        .await
        .unwrap();
    assert_eq!(said.rendered.text, "<Sugar> 0");
    // the whole of it is nothing to read
    let whole = refused_fields(house.save(place, source("{{ total }}")).await);
    assert_eq!(whole, [("text".to_owned(), Code::TemplateSyntaxError)]);
    let absent = refused_fields(house.save(place, source("{{ total.gross }}")).await);
    assert_eq!(absent, [("text".to_owned(), Code::TemplateSyntaxError)]);
}

#[tokio::test]
async fn a_template_of_staffs_own_is_changed_and_deleted_as_it_was_seen() {
    let house = House::new().await;
    let (sereno, meta, staff) = (&house.test.sereno, house.test.meta(), &house.staff);
    let made = custom::create(sereno, &meta, staff, welcome()).await.unwrap();
    let seen = |detail: &EmailTemplateDetail| RequestMeta {
        if_match: Some(format!("\"{}\"", show::version(sereno, detail).unwrap())),
        ..meta.clone()
    };
    let rename = |title: &str| UpdateEmailTemplate {
        title: Some(title.to_owned()),
        ..UpdateEmailTemplate::default()
    };
    let german = house.detail(("custom.welcome", "de")).await;
    let first = custom::update(sereno, &seen(&made), staff, "custom.welcome", rename("One")).await;
    let first = first.unwrap();
    for stale in [&made, &german] {
        let late = custom::update(sereno, &seen(stale), staff, "custom.welcome", rename("Two")).await;
        assert_eq!(refused(late), Code::PreconditionFailed);
        let late = custom::delete(sereno, &seen(stale), staff, "custom.welcome").await;
        assert_eq!(refused(late), Code::PreconditionFailed);
    }
    // the title is seen in each language
    let german = house.detail(("custom.welcome", "de")).await;
    let second = custom::update(sereno, &seen(&german), staff, "custom.welcome", rename("Two")).await;
    assert_eq!(second.unwrap().title, "Two");
    assert_eq!(
        refused(custom::delete(sereno, &seen(&first), staff, "custom.welcome").await),
        Code::PreconditionFailed
    );
    let german = house.detail(("custom.welcome", "de")).await;
    custom::delete(sereno, &seen(&german), staff, "custom.welcome")
        .await
        .unwrap();
}
