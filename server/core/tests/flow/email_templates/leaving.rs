//! What leaves, in which words, and what happens when a template fails.

use sereno_core::account::admin::{self, CreateUser};
use sereno_core::event::EventKind;
use sereno_core::templates::{draft, preview};
use sereno_core::testing::{by_link, refused, refused_fields};
use sereno_types::{Code, EmailSource, Locale, PreviewEmailTemplate, TestEmailTemplate};

use super::{ACTIVATION, House, says};

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
