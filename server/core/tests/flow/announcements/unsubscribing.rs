//! The way out, and who takes it.

use sereno_core::account::preferences;
use sereno_core::context::Actor;
use sereno_core::event::EventKind;
use sereno_core::testing::{TestSereno, refused};
use sereno_types::{Code, Preferences, Unsubscribe};

use super::{finish, list, start, written};

fn way_out(text: &str) -> Unsubscribe {
    let at = text.find("token=").unwrap() + "token=".len();
    let token: String = text[at..]
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '~' | '_' | '-'))
        .collect();
    Unsubscribe { token: token.into() }
}

#[tokio::test]
async fn each_mail_says_the_way_out_and_who_takes_it_gets_no_more_until_they_come_back() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let (staff, made) = written(&test, list(&["ana@example.org", "bea@example.org"])).await;
    let id = made.announcement.id;
    start(&test, &staff, &id).await;
    finish(&test, &staff, &id).await;
    let mails = test.mail.sent();
    let mail = mails.iter().find(|mail| mail.recipient == "ana@example.org").unwrap();
    let link = mail.unsubscribe.clone().unwrap();
    assert!(mail.text.contains(&link), "{}", mail.text);
    assert!(!link.contains("ana") && !link.contains('@'), "{link}");
    let command = way_out(&link);
    // looking changes nothing
    let token = command.token.expose().to_owned();
    assert!(preferences::of_link(&test.sereno, &token).await.unwrap().announcements);
    for _ in 0..2 {
        preferences::unsubscribe(&test.sereno, &test.meta(), command.clone())
            .await
            .unwrap();
    }
    assert_eq!(test.events.count(EventKind::AnnouncementsDeclined), 1);
    let ana = test.actor("ana@example.org").await;
    assert!(!preferences::own(&test.sereno, &ana).await.unwrap().announcements);
    // no address is kept for it
    assert!(!test.dump("announcement_optout").await.concat().contains("ana@"));
    let again = async || {
        let (staff, made) = written(&test, list(&["ana@example.org", "bea@example.org"])).await;
        start(&test, &staff, &made.announcement.id).await;
        let done = finish(&test, &staff, &made.announcement.id).await;
        (done.announcement.counts.sent, done.announcement.counts.skipped)
    };
    assert_eq!(again().await, (1, 1));
    assert_eq!(test.count("email_message WHERE reason = 'unsubscribed'").await, 1);
    // mails about the account are no matter of taste
    let (_, code) = test.ask_code("ana@example.org").await;
    assert!(code.is_some());
    preferences::resubscribe(&test.sereno, &test.meta(), command)
        .await
        .unwrap();
    assert_eq!(again().await, (2, 0));
    assert_eq!(test.events.count(EventKind::AnnouncementsAccepted), 1);
}

#[tokio::test]
async fn the_way_out_opens_nothing_for_whom_it_is_not() {
    let test = TestSereno::new().await;
    let (staff, made) = written(&test, list(&["ana@example.org"])).await;
    start(&test, &staff, &made.announcement.id).await;
    finish(&test, &staff, &made.announcement.id).await;
    let good = way_out(&test.mail.sent()[0].unsubscribe.clone().unwrap());
    let good = good.token.expose().to_owned();
    let (head, mac) = good.rsplit_once('~').unwrap();
    for bad in [
        String::new(),
        "~~".to_owned(),
        format!("{head}~"),
        format!("x{good}"),
        format!("{head}0~{mac}"),
        format!("{good}A"),
    ] {
        let command = Unsubscribe {
            token: bad.as_str().into(),
        };
        let outcome = preferences::unsubscribe(&test.sereno, &test.meta(), command).await;
        assert_eq!(refused(outcome), Code::UnsubscribeLinkInvalid, "{bad}");
    }
    assert_eq!(test.count("announcement_optout").await, 0);
}

#[tokio::test]
async fn a_user_declines_in_the_account_whatever_the_address_is_later() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    let ana = test.actor("ana@example.org").await;
    let no = Preferences { announcements: false };
    let now = preferences::set(&test.sereno, &test.meta(), &ana, no).await.unwrap();
    assert_eq!(now, no);
    test.execute(
        "UPDATE user_email SET address = 'new@example.org', canonical = 'new@example.org' \
         WHERE canonical = 'ana@example.org'",
    )
    .await;
    let (staff, made) = written(&test, list(&["new@example.org", "ana@example.org"])).await;
    start(&test, &staff, &made.announcement.id).await;
    let done = finish(&test, &staff, &made.announcement.id).await;
    assert_eq!(done.announcement.counts.skipped, 2);
    // and it outlives the account
    test.execute(&format!(
        "DELETE FROM \"user\" WHERE number = {}",
        test.row(id).await.number
    ))
    .await;
    let (staff, made) = written(&test, list(&["ana@example.org"])).await;
    start(&test, &staff, &made.announcement.id).await;
    let done = finish(&test, &staff, &made.announcement.id).await;
    assert_eq!(done.announcement.counts.skipped, 1);
    assert_eq!(
        refused(preferences::own(&test.sereno, &Actor::Anonymous).await),
        Code::AuthenticationRequired
    );
}
