//! Previews and the list.

use sereno_core::notify::template::render_custom;
use sereno_core::templates::{custom, list, preview};
use sereno_core::testing::refused_fields;
use sereno_types::{
    Code, CreateEmailTemplate, EmailLook, EmailSource, EmailTemplateQuery, Locale, PreviewEmailTemplate,
    TemplateVariable,
};

use super::{ACTIVATION, House, says, welcome};

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
