//! What is saved, published and taken back, by whom, and how two versions differ.

use std::time::Duration;

use sereno_core::context::RequestMeta;
use sereno_core::event::EventKind;
use sereno_core::templates::{custom, diff, draft, files, list, preview, publish, show, versions};
use sereno_core::testing::{refused, refused_fields};
use sereno_types::{
    Code, EmailDiffQuery, EmailSource, EmailTemplateQuery, EmailVersionQuery, ImportEmailTemplates, Locale,
    PublishEmailTemplate, RollBackEmailTemplate, SaveEmailDraft, TestEmailTemplate,
};

use super::{ACTIVATION, House, says, welcome};

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
