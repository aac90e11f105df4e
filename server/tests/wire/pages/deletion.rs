//! Deleting and keeping an account on the pages, as a browser without JavaScript does it.

use crate::door::{Door, PASSWORD, token_of};

#[tokio::test]
async fn a_stranger_to_the_app_deletes_their_account_and_changes_their_mind() {
    let door = Door::with(|config| config.deletion.page_text = "Invoices stay for ten years.".to_owned()).await;
    door.user("ana@example.org", Some("ana")).await;
    let page = door.page("/account/delete", "").await;
    for part in [
        "name=\"identifier\"",
        "14 days",
        "Invoices stay for ten years.",
        "/account/fn/request_deletion",
    ] {
        assert!(page.text.contains(part), "{part}");
    }
    for identifier in ["ana", "nobody"] {
        let answer = door
            .form(
                "/account/fn/request_deletion",
                &[("identifier", identifier)],
                "/account/delete",
                "",
            )
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, "/account/delete?done=sent")
        );
    }
    assert!(
        door.page("/account/delete?done=sent", "")
            .await
            .text
            .contains("name=\"code\"")
    );
    let token = token_of(&door.test.mails().await.remove(0).text);
    let link = format!("/account/delete?token={token}");
    for _ in 0..2 {
        let page = door.page(&link, "").await;
        assert!(
            page.text.contains("/account/fn/confirm_deletion"),
            "a GET consumed the link"
        );
    }
    let confirm = [("token", token.as_str())];
    let closed = door.form("/account/fn/confirm_deletion", &confirm, &link, "").await;
    assert_eq!(closed.header("location"), "/account/delete?done=closed");
    assert!(
        door.page("/account/delete?done=closed", "")
            .await
            .text
            .contains("Your account is closed")
    );
    let again = door.form("/account/fn/confirm_deletion", &confirm, &link, "").await;
    assert_eq!(again.header("location"), link, "back to the link, with the reason");
    assert!(door.page(&link, &again.cookies()).await.text.contains("<title>Error:"));
    let token = token_of(&door.test.mails().await.remove(0).text);
    let link = format!("/account/keep?token={token}");
    assert!(door.page(&link, "").await.text.contains("Keep my account"));
    let kept = door
        .form("/account/fn/cancel_deletion", &[("token", token.as_str())], &link, "")
        .await;
    assert_eq!(kept.header("location"), "/account/keep?done=kept");
    door.login("ana").await;
}

#[tokio::test]
async fn who_is_signed_in_is_not_asked_who_they_are() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let fields = [("identifier", "ana"), ("password", PASSWORD), ("next", "/account")];
    let cookies = door
        .form("/account/fn/sign_in", &fields, "/account/sign-in", "")
        .await
        .cookies();
    assert!(
        door.page("/account", &cookies)
            .await
            .text
            .contains("href=\"/account/delete\"")
    );
    let page = door.page("/account/delete", &cookies).await;
    assert!(!page.text.contains("name=\"identifier\"") && page.text.contains("/api/v1/me/export"));
    let answer = door
        .form("/account/fn/request_deletion", &[], "/account/delete", &cookies)
        .await;
    assert_eq!(answer.header("location"), "/account/delete?done=sent");
    assert_eq!(door.test.mails().await.len(), 1);
    let copy = door.get("/api/v1/me/export", &[("cookie", &cookies)]).await;
    assert_eq!(copy.json()["account"]["username"], "ana");
}

#[tokio::test]
async fn where_it_is_closed_the_page_says_so() {
    let door = Door::with(|config| config.deletion.enabled = false).await;
    let page = door.page("/account/delete", "").await;
    assert!(page.text.contains("cannot be deleted here") && !page.text.contains("request_deletion"));
}

#[tokio::test]
async fn without_a_confirmed_address_the_page_asks_for_the_password() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    door.test.execute("UPDATE user_email SET verified_at = NULL").await;
    // what was remembered of the user is forgotten by the sign-in
    let fields = [("identifier", "ana"), ("password", PASSWORD), ("next", "/account")];
    let cookies = door
        .form("/account/fn/sign_in", &fields, "/account/sign-in", "")
        .await
        .cookies();
    let page = door.page("/account/delete", &cookies).await;
    assert!(page.text.contains("name=\"password\"") && page.text.contains("no confirmed address"));
    door.test.advance(std::time::Duration::from_mins(6));
    let answer = door
        .form(
            "/account/fn/request_deletion",
            &[("password", "")],
            "/account/delete",
            &cookies,
        )
        .await;
    assert_eq!(answer.header("location"), "/account/delete", "back, with the reason");
    let answer = door
        .form(
            "/account/fn/request_deletion",
            &[("password", PASSWORD)],
            "/account/delete",
            &cookies,
        )
        .await;
    assert_eq!(answer.header("location"), "/account/delete?done=closed_unmailed");
    let page = door.page("/account/delete?done=closed_unmailed", "").await;
    assert!(page.text.contains("No mail comes"));
    assert_eq!(door.test.mails().await.len(), 0);
}
