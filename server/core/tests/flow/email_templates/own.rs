//! Templates of staff's own.

use sereno_core::context::RequestMeta;
use sereno_core::messages;
use sereno_core::notify::template::render_custom;
use sereno_core::templates::{custom, show};
use sereno_core::testing::{refused, refused_fields};
use sereno_types::{Code, EmailSource, EmailTemplateDetail, Locale, SendMessage, UpdateEmailTemplate};

use super::{House, welcome};

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
