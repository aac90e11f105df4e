//! Staff and announcements, and who wants none, as a browser without JavaScript goes about it.

use std::time::Duration;

use crate::door::Door;

#[tokio::test]
async fn an_announcement_is_written_corrected_looked_at_and_sent() {
    let door = Door::new().await;
    let cookies = door.administrator().await;
    door.test.mails().await;
    let mut fields = vec![
        ("id", ""),
        ("name", "Winter"),
        ("subject", "News"),
        ("language", "de"),
        ("kind", "addresses"),
        ("audience.addresses", "ana@example.org\r\nnobody\r\n"),
        ("html", "<p>Dear <i>all</i></p>"),
    ];
    let refused = door
        .form(
            "/console/fn/save_announcement",
            &fields,
            "/console/announcements/new",
            &cookies,
        )
        .await;
    assert_eq!(
        refused.header("location"),
        "/console/announcements/new",
        "{}",
        refused.text
    );
    let form = door.page("/console/announcements/new", &cookies).await.text;
    assert!(
        form.contains("line 2: nobody") && form.contains("Dear &lt;i&gt;all"),
        "{form}"
    );
    fields[5].1 = "ana@example.org\r\n\r\nbea@example.org";
    let saved = door
        .form(
            "/console/fn/save_announcement",
            &fields,
            "/console/announcements/new",
            &cookies,
        )
        .await;
    let (path, _) = saved.header("location").split_once('?').expect("a page of its own");
    let (path, id) = (path.to_owned(), path.rsplit('/').next().unwrap().to_owned());
    let page = door.page(&path, &cookies).await.text;
    for part in ["2 recipients right now", "Send it to me first", "sandbox", "Dear all"] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let frame = door.get(&format!("{path}/preview"), &[("cookie", &cookies)]).await;
    assert!(frame.text.contains("<p>Dear <i>all</i></p>") && frame.text.contains("Nachrichten dieser Art"));
    assert!(frame.header("content-security-policy").contains("sandbox"));
    let edit = door.page(&format!("{path}/edit"), &cookies).await.text;
    assert!(edit.contains("ana@example.org\nbea@example.org"), "{edit}");
    let question = door.page(&format!("{path}?confirm=schedule"), &cookies).await.text;
    assert!(question.contains("It begins to leave at once, to at most 2 recipients."));
    let dark = door
        .get(&format!("{path}/preview?look=dark"), &[("cookie", &cookies)])
        .await;
    assert!(dark.status == 200 && dark.text != frame.text, "{}", dark.text);
    let (_, seen) = question.split_once("name=\"seen\" value=\"").unwrap();
    let seen = seen.split('"').next().unwrap().to_owned();
    let act = async |function: &str, fields: &[(&str, &str)]| {
        let done = door
            .form(&format!("/console/fn/{function}"), fields, &path, &cookies)
            .await;
        done.header("location").to_owned()
    };
    let mail = act("test_announcement", &[("id", &id)]).await;
    assert_eq!(mail, format!("{path}?done=tested"));
    let later = act(
        "schedule_announcement",
        &[("id", &id), ("seen", &seen), ("send_at", "2026-01-02T10:00")],
    )
    .await;
    assert_eq!(later, format!("{path}?done=scheduled"));
    let page = door.page(&later, &cookies).await.text;
    assert!(page.contains("2 Jan 2026, 10:00 UTC"), "{page}");
    let back = act("move_announcement", &[("id", &id), ("what", "unschedule")]).await;
    assert_eq!(back, format!("{path}?done=unscheduled"));
    // a moment that was left out is not now
    let left_out = act("schedule_announcement", &[("id", &id), ("seen", ""), ("send_at", "")]).await;
    assert_eq!(left_out, path);
    let page = door.page(&path, &cookies).await.text;
    assert!(page.contains("id=\"send_at-error\""), "{page}");
    let now = act("schedule_announcement", &[("id", &id), ("seen", ""), ("now", "yes")]).await;
    assert_eq!(now, format!("{path}?done=started"));
    for _ in 0..4 {
        door.test.mails().await;
        door.test.advance(Duration::from_secs(1));
    }
    let page = door.page(&path, &cookies).await.text;
    assert!(page.contains("2 of 2") && page.contains("Sent: 2"), "{page}");
    let mails = format!("/console/messages?announcement={id}&kind=announcement");
    let mails = door.page(&mails, &cookies).await.text;
    assert!(mails.contains("2 mails match"), "{mails}");
    let timeline = door
        .page("/console/notifications?kind=announcement", &cookies)
        .await
        .text;
    assert!(timeline.contains("2 messages match"), "{timeline}");
    let list = door.page("/console/announcements", &cookies).await.text;
    assert!(list.contains("Winter") && list.contains("2 of 2"));
}

#[tokio::test]
async fn whoever_holds_the_link_declines_and_comes_back() {
    let door = Door::new().await;
    let cookies = door.administrator().await;
    let fields = [
        ("id", ""),
        ("name", "Winter"),
        ("subject", "News"),
        ("kind", "addresses"),
        ("audience.addresses", "ana@example.org"),
        ("text", "Dear all"),
    ];
    let saved = door
        .form(
            "/console/fn/save_announcement",
            &fields,
            "/console/announcements/new",
            &cookies,
        )
        .await;
    let (path, _) = saved.header("location").split_once('?').unwrap();
    let id = path.rsplit('/').next().unwrap();
    let now = [("id", id), ("now", "yes")];
    door.form("/console/fn/schedule_announcement", &now, path, &cookies)
        .await;
    for _ in 0..4 {
        door.test.mails().await;
        door.test.advance(Duration::from_secs(1));
    }
    let mails = door.test.mail.sent();
    let link = mails.last().unwrap().unsubscribe.clone().unwrap();
    let link = link.strip_prefix("http://127.0.0.1:3000").unwrap();
    let token = link.split_once("token=").unwrap().1;
    let page = door.page(link, "").await.text;
    assert!(
        page.contains("No more announcements") && !page.contains("ana@"),
        "{page}"
    );
    let done = door
        .form("/account/fn/unsubscribe", &[("token", token)], link, "")
        .await;
    let page = door.page(done.header("location"), "").await.text;
    assert!(page.contains("You will get no more announcements."), "{page}");
    let back = door
        .form("/account/fn/resubscribe", &[("token", token)], link, "")
        .await;
    let page = door.page(back.header("location"), "").await.text;
    assert!(page.contains("You will get announcements again."), "{page}");
    let none = door.page("/account/unsubscribe", "").await.text;
    assert!(none.contains("This link is not whole"), "{none}");
    let wrong = door.page("/account/unsubscribe?token=abc", "").await;
    assert_eq!(wrong.status, 400);
}

#[tokio::test]
async fn a_projects_page_says_how_its_mails_leave_and_shows_no_password() {
    let door = Door::new().await;
    let cookies = door.administrator().await;
    let made = [("slug", "shop")];
    door.form("/console/fn/create_project", &made, "/console/projects/new", &cookies)
        .await;
    let path = "/console/projects/shop";
    let save = async |fields: &[(&str, &str)]| {
        let all = [&[("id", "shop")], fields].concat();
        let done = door.form("/console/fn/update_project_mail", &all, path, &cookies).await;
        done.header("location").to_owned()
    };
    let wrong = save(&[
        ("mail_from", "nobody"),
        ("secret_url", "smtp://u:wheel-barrow@mail.example.net"),
    ])
    .await;
    assert_eq!(wrong, path);
    let page = door.page(path, &cookies).await.text;
    assert!(
        page.contains("id=\"mail_from-error\"") && !page.contains("wheel-barrow"),
        "{page}"
    );
    let fields = [
        ("mail_from", "Shop <shop@example.net>"),
        ("secret_url", "smtp://u:wheel-barrow@mail.example.net"),
    ];
    let saved = save(&fields).await;
    assert_eq!(saved, format!("{path}?done=mail"));
    let page = door.page(&saved, &cookies).await.text;
    assert!(
        page.contains("Its mails leave by mail.example.net:587.") && !page.contains("wheel-barrow"),
        "{page}"
    );
    // what is not said again stays, until it is taken away
    save(&[("mail_from", "")]).await;
    assert!(door.page(path, &cookies).await.text.contains("mail.example.net:587"));
    save(&[("forget", "yes")]).await;
    assert!(door.page(path, &cookies).await.text.contains("as all mails do"));
}

#[tokio::test]
async fn saving_a_draft_without_typing_writes_to_nobody_else() {
    let door = Door::new().await;
    let cookies = door.administrator().await;
    let mut fields = vec![
        ("id", ""),
        ("name", "For us"),
        ("subject", "News"),
        ("kind", "users"),
        ("audience.superuser", "yes"),
        ("text", "Dear all"),
    ];
    let new = "/console/announcements/new";
    let save = async |fields: &[(&str, &str)], from: &str| {
        let done = door.form("/console/fn/save_announcement", fields, from, &cookies).await;
        done.header("location").to_owned()
    };
    let saved = save(&fields, new).await;
    let path = saved.split_once('?').expect("a page of its own").0.to_owned();
    let page = door.page(&path, &cookies).await.text;
    assert!(page.contains("only administrators"), "{page}");
    let edit = door.page(&format!("{path}/edit"), &cookies).await.text;
    assert!(edit.contains("<option value=\"yes\" selected"), "{edit}");
    // a list beside the filters is not thrown away
    fields.push(("audience.addresses", "ana@example.org"));
    assert_eq!(save(&fields, new).await, new);
    let page = door.page(new, &cookies).await.text;
    assert!(
        page.contains("id=\"kind-error\"") && page.contains("ana@example.org"),
        "{page}"
    );
}

#[tokio::test]
async fn a_projects_mail_server_is_tried_and_its_answer_shown() {
    let door = Door::new().await;
    let cookies = door.administrator().await;
    door.form(
        "/console/fn/create_project",
        &[("slug", "shop")],
        "/console/projects/new",
        &cookies,
    )
    .await;
    let path = "/console/projects/shop";
    let try_it = async |recipient: &str| {
        let fields = [("id", "shop"), ("recipient", recipient)];
        let done = door
            .form("/console/fn/test_project_mail", &fields, path, &cookies)
            .await;
        done.header("location").to_owned()
    };
    assert_eq!(try_it("nobody").await, path);
    assert!(door.page(path, &cookies).await.text.contains("id=\"recipient-error\""));
    let taken = try_it("ana@example.org").await;
    assert!(taken.ends_with("?done=tried"), "{taken}");
    let page = door.page(&taken, &cookies).await.text;
    assert!(
        page.contains("The mail server took the mail.") && page.contains("shop"),
        "{page}"
    );
    let mails = door.page("/console/messages?project=shop", &cookies).await.text;
    assert!(mails.contains("1 mail matches"), "{mails}");
}

#[tokio::test]
async fn what_failed_is_tried_again_from_the_timeline_of_all_and_of_one_user() {
    let door = Door::new().await;
    let cookies = door.administrator().await;
    door.test.mails().await;
    let refuse = sereno_core::port::mail::MailError::Never("550 no".to_owned());
    door.test.mail.refuse_with(Some(refuse));
    door.test.user("ana").await;
    let ana = door.test.holder_of("ana@example.org").await;
    let staff = door.test.system().await;
    let command = sereno_types::SendMessage {
        recipients: vec!["ana@example.org".to_owned()],
        subject: Some("Hello".to_owned()),
        text: Some("Hello".to_owned()),
        ..sereno_types::SendMessage::default()
    };
    sereno_core::messages::send(&door.test.sereno, &door.test.meta(), &staff, command)
        .await
        .unwrap();
    door.test.mails().await;
    let query = "reason=email_not_sent";
    for list in [
        format!("/console/notifications?{query}"),
        format!("/console/users/{ana}/messages?{query}"),
    ] {
        let page = door.page(&list, &cookies).await.text;
        assert!(page.contains("1 message matches"), "{page}");
        let (_, id) = page.split_once("name=\"id\" value=\"").unwrap();
        let id = id.split('"').next().unwrap();
        let fields = [("id", id), ("channel", "email"), ("list", &list)];
        let done = door
            .form("/console/fn/retry_notification", &fields, &list, &cookies)
            .await;
        let told = done.header("location").to_owned();
        assert!(
            told.starts_with(list.split('?').next().unwrap()) && told.ends_with("done=retried"),
            "{told}"
        );
        let page = door.page(&told, &cookies).await.text;
        assert!(page.contains("It is in the queue again."), "{page}");
        door.test.mails().await;
        // nobody is led elsewhere
        let fields = [("id", id), ("channel", "email"), ("list", "//evil.example")];
        let done = door
            .form("/console/fn/retry_notification", &fields, &list, &cookies)
            .await;
        assert_eq!(done.header("location"), "/console/notifications?done=retried");
        door.test.mails().await;
    }
}
