//! Staff and mails, as a browser without JavaScript goes about it.

use axum::body::Body;
use sereno_core::jobs;
use sereno_core::port::mail::MailError;

use crate::door::{Answer, Door, request};

/// What a browser posts of the form of a mail.
async fn write(door: &Door, fields: &[(&str, &str)], files: &[(&str, &[u8])], cookies: &str) -> Answer {
    let mut body = Vec::new();
    for (name, text) in fields {
        let part = format!("--limit\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    for (name, bytes) in files {
        let head = format!(
            "--limit\r\nContent-Disposition: form-data; name=\"attachments\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend([head.as_bytes(), bytes, b"\r\n"].concat());
    }
    body.extend_from_slice(b"--limit--\r\n");
    let headers = [
        ("content-type", "multipart/form-data; boundary=limit"),
        ("accept", "text/html,application/xhtml+xml"),
        ("origin", "http://127.0.0.1:3000"),
        ("sec-fetch-site", "same-origin"),
        ("referer", "http://127.0.0.1:3000/console/messages/new"),
        ("cookie", cookies),
    ];
    door.send(request("POST", "/console/messages/upload", &headers, Body::from(body)))
        .await
}

#[tokio::test]
async fn a_form_with_files_is_refused_by_field_and_keeps_what_was_typed() {
    let door = Door::with(|config| config.mail.attachments_max_bytes = 1_000).await;
    let cookies = door.administrator().await;
    door.test.mails().await;
    let fields = [
        ("recipients", "ana@example.org"),
        ("subject", "Hello"),
        ("text", "Dear you"),
    ];
    let shown = async || door.page("/console/messages/new", &cookies).await.text;
    // a field for files that stays empty posts one without a name
    for files in [
        &[("a/b.txt", b"x".as_slice())][..],
        &[("one.txt", [b'x'; 600].as_slice()), ("two.txt", [b'y'; 600].as_slice())][..],
    ] {
        let refused = write(&door, &fields, files, &cookies).await;
        assert_eq!(refused.header("location"), "/console/messages/new", "{}", refused.text);
        let page = shown().await;
        assert!(
            page.contains("id=\"attachments-error\"") && page.contains("Dear you"),
            "{page}"
        );
    }
    // larger than anything that is read: told all the same
    let refused = write(&door, &fields, &[("big.bin", &vec![0; 900_000])], &cookies).await;
    assert_eq!(refused.header("location"), "/console/messages/new", "{}", refused.text);
    assert!(shown().await.contains("id=\"attachments-error\""));
    assert_eq!(door.test.count("email_message WHERE mail = 'custom'").await, 0);
    let both = [("one.txt", b"x".as_slice()), ("zwei & drei.pdf", b"%PDF"), ("", b"")];
    let sent = write(&door, &fields, &both, &cookies).await;
    assert_eq!(
        sent.header("location"),
        "/console/messages?kind=custom&done=sent",
        "{}",
        sent.text
    );
    let mail = door.test.mails().await.pop().expect("a mail");
    let names: Vec<_> = mail.attachments.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["one.txt", "zwei & drei.pdf"]);
    // from another site nothing is sent
    let headers = [
        ("content-type", "multipart/form-data; boundary=limit"),
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("cookie", cookies.as_str()),
    ];
    let crossed = door
        .send(request(
            "POST",
            "/console/messages/upload",
            &headers,
            Body::from("--limit--\r\n"),
        ))
        .await;
    assert_eq!(crossed.code(), "cross_site_request");
}

#[tokio::test]
async fn a_mail_is_written_found_cancelled_and_retried() {
    let door = Door::new().await;
    let cookies = door.administrator().await;
    door.test.mails().await;
    let fields = [
        ("recipients", "ana@example.org\nbea@example.org"),
        ("subject", "Hello"),
        ("html", "<p>Dear <i>you</i></p>"),
    ];
    let written = write(&door, &fields, &[("invoice.pdf", b"%PDF")], &cookies).await;
    assert_eq!(
        written.header("location"),
        "/console/messages?kind=custom&done=sent",
        "{}",
        written.text
    );
    let list = door.page(written.header("location"), &cookies).await.text;
    assert!(
        list.contains("The mails are written.") && list.contains("2 mails match"),
        "{list}"
    );
    let one = door.page("/console/messages?q=ana%40&kind=custom", &cookies).await.text;
    assert!(one.contains("ana@example.org") && !one.contains("bea@example.org"));
    let (_, rest) = one.split_once("href=\"/console/messages/0").unwrap();
    let path = format!("/console/messages/0{}", rest.split('"').next().unwrap());
    let id = path.rsplit('/').next().unwrap();
    let page = door.page(&path, &cookies).await.text;
    for part in [
        "What became of it",
        "No mail server was asked so far.",
        "sandbox",
        "Dear you",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let frame = door.get(&format!("{path}/preview"), &[("cookie", &cookies)]).await;
    assert_eq!(frame.text, "<p>Dear <i>you</i></p>");
    let policy = frame.header("content-security-policy");
    assert!(
        policy.contains("sandbox") && policy.contains("default-src 'none'"),
        "{policy}"
    );
    let question = door.page(&format!("{path}?confirm=cancel"), &cookies).await.text;
    assert!(question.contains("Take the mail out of the queue?"));
    let cancelled = door
        .form("/console/fn/cancel_message", &[("id", id)], &path, &cookies)
        .await;
    assert_eq!(cancelled.header("location"), format!("{path}?done=cancelled"));
    let page = door.page(cancelled.header("location"), &cookies).await.text;
    assert!(page.contains("The mail does not leave.") && page.contains("cancelled_by_staff"));
    let refused = door
        .form("/console/fn/cancel_message", &[("id", id)], &path, &cookies)
        .await;
    assert_eq!(refused.header("location"), path);
    let retried = door
        .form("/console/fn/retry_message", &[("id", id)], &path, &cookies)
        .await;
    assert_eq!(retried.header("location"), format!("{path}?done=retried"));
    assert_eq!(door.test.mails().await.len(), 2);
    let page = door.page(&path, &cookies).await.text;
    assert!(
        page.contains("250 kept in memory") && !page.contains("Dear you"),
        "nothing of it is kept"
    );
    let gone = door.get(&format!("{path}/preview"), &[("cookie", &cookies)]).await;
    assert_eq!(gone.status, 404);
}

#[tokio::test]
async fn a_mail_is_written_by_a_template_and_sent_at_once() {
    let door = Door::new().await;
    let cookies = door.administrator().await;
    door.test.mails().await;
    let page = door.page("/console/messages/new", &cookies).await.text;
    for field in ["locale", "template", "context", "immediate", "force"] {
        assert!(page.contains(&format!("name=\"{field}\"")), "{field}: {page}");
    }
    let fields = [
        ("recipients", "ana@example.org"),
        ("subject", "Hello {{ name }}"),
        ("text", "Dear {{ name }}"),
        ("locale", "de"),
        ("context", r#"{"name": "Ana"}"#),
        ("immediate", "yes"),
    ];
    let sent = write(&door, &fields, &[], &cookies).await;
    assert_eq!(
        sent.header("location"),
        "/console/messages?kind=custom&done=sent",
        "{}",
        sent.text
    );
    // no job had to run for it
    let list = door.page(sent.header("location"), &cookies).await.text;
    assert!(list.contains("Hello Ana") && list.contains(">Sent<"), "{list}");
    assert_eq!(
        door.test
            .column("SELECT locale FROM email_message WHERE mail = 'custom'")
            .await,
        ["de"]
    );
    for (field, wrong) in [
        ("context", "name=Ana"),
        ("locale", "xx"),
        ("template", "custom.nowhere"),
    ] {
        let fields = [("recipients", "ana@example.org"), ("subject", "Hello"), (field, wrong)];
        let refused = write(&door, &fields, &[], &cookies).await;
        assert_eq!(refused.header("location"), "/console/messages/new", "{field}");
        let page = door.page("/console/messages/new", &cookies).await.text;
        assert!(page.contains(&format!("id=\"{field}-error\"")), "{field}: {page}");
    }
}

#[tokio::test]
async fn all_that_the_list_shows_is_retried_after_a_question_with_its_number() {
    let door = Door::new().await;
    let cookies = door.administrator().await;
    door.test.mails().await;
    door.test.mail.refuse_with(Some(MailError::Never("550 no".to_owned())));
    let fields = [
        ("recipients", "ana@example.org\nbea@example.org"),
        ("subject", "Hello"),
        ("text", "Hello"),
    ];
    write(&door, &fields, &[], &cookies).await;
    jobs::run_due(&door.test.sereno).await.unwrap();
    door.test.mail.refuse_with(None);
    let list = "/console/messages?q=ana%40";
    let page = door.page(list, &cookies).await.text;
    assert!(page.contains("/console/messages?q=ana%40&amp;confirm=retry"), "{page}");
    let question = door.page(&format!("{list}&confirm=retry"), &cookies).await.text;
    for part in [
        "Retry 1 mail that failed, of those that the list shows?",
        "name=\"query[q]\" value=\"ana@\"",
    ] {
        assert!(question.contains(part), "{part}: {question}");
    }
    let held = door.page(&format!("{list}&confirm=release"), &cookies).await.text;
    assert!(held.contains("There is nothing to do."), "{held}");
    let filter = [("query[q]", "ana@")];
    let done = door
        .form("/console/fn/retry_failed_messages", &filter, list, &cookies)
        .await;
    assert_eq!(
        done.header("location"),
        "/console/messages?q=ana%40&done=retried&count=1",
        "{}",
        done.text
    );
    let page = door.page(done.header("location"), &cookies).await.text;
    assert!(page.contains("1 mail is in the queue again."), "{page}");
    let left: Vec<_> = door.test.mails().await.into_iter().map(|mail| mail.recipient).collect();
    assert_eq!(left, ["ana@example.org"]);
    // without a filter: the rest
    let all = door
        .form("/console/fn/retry_failed_messages", &[], "/console/messages", &cookies)
        .await;
    assert_eq!(all.header("location"), "/console/messages?done=retried&count=1");
}

#[tokio::test]
async fn a_built_in_mail_shows_no_secret_and_goes_to_its_own_address() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let cookies = door.administrator().await;
    let list = door
        .page("/console/messages?kind=activation&q=ana%40", &cookies)
        .await
        .text;
    let (_, rest) = list.split_once("href=\"/console/messages/0").unwrap();
    let path = format!("/console/messages/0{}", rest.split('"').next().unwrap());
    let page = door.page(&path, &cookies).await.text;
    assert!(
        page.contains("links and codes are masked") && page.contains("••••"),
        "{page}"
    );
    let question = door.page(&format!("{path}?confirm=resend"), &cookies).await.text;
    assert!(question.contains("and nowhere else"));
    let theirs = door.page("/console/users?q=ana", &cookies).await.text;
    let (_, rest) = theirs.split_once("href=\"/console/users/0").unwrap();
    let user = format!("/console/users/0{}", rest.split('"').next().unwrap());
    let tab = door.page(&format!("{user}/messages"), &cookies).await.text;
    assert!(tab.contains("ana@example.org") && tab.contains(">activation<"), "{tab}");
}

#[tokio::test]
async fn an_address_is_put_on_the_list_and_taken_off() {
    let door = Door::new().await;
    let cookies = door.administrator().await;
    let at = "/console/suppressions";
    let wrong = door
        .form("/console/fn/suppress_address", &[("address", "ana")], at, &cookies)
        .await;
    assert_eq!(wrong.header("location"), at);
    let fields = [("address", "ana@example.org"), ("note", "asked by letter")];
    let added = door.form("/console/fn/suppress_address", &fields, at, &cookies).await;
    assert_eq!(added.header("location"), format!("{at}?done=added"));
    let page = door.page(added.header("location"), &cookies).await.text;
    assert!(page.contains("asked by letter") && page.contains("1 address"));
    let (_, rest) = page.split_once("confirm=").unwrap();
    let id = rest.split('"').next().unwrap().replace("%2D", "-");
    let question = door.page(&format!("{at}?confirm={id}"), &cookies).await.text;
    assert!(question.contains("Write to ana@example.org again?"));
    let removed = door
        .form("/console/fn/unsuppress_address", &[("id", &id)], at, &cookies)
        .await;
    assert_eq!(removed.header("location"), format!("{at}?done=removed"));
    let page = door.page(removed.header("location"), &cookies).await.text;
    assert!(page.contains("Every address is written to"));
}
