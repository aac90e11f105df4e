//! Sign-up, activation, password policy.

use serde_json::json;
use sereno_core::config::Verification;

use crate::door::{Door, PASSWORD, code_of, token_of};

#[tokio::test]
async fn a_new_and_a_taken_address_get_one_answer() {
    let door = Door::new().await;
    let body = json!({"email": "ana@example.org", "password": PASSWORD});
    let new = door.post("/api/v1/registrations", &body, &[]).await;
    assert_eq!((new.status.as_u16(), new.json()), (202, json!({"state": "pending"})));
    let mail = door.test.mails().await.remove(0);
    door.post(
        "/api/v1/registrations/activate",
        &json!({"token": token_of(&mail.text)}),
        &[],
    )
    .await;
    let taken = door.post("/api/v1/registrations", &body, &[]).await;
    assert_eq!((taken.status, taken.text), (new.status, new.text));
    let mail = door.test.mails().await.remove(0);
    assert!(mail.subject.contains("already"), "{}", mail.subject);
}

/// What a sign-up answers says what a new account is, and nothing about the address.
#[tokio::test]
async fn where_no_confirmation_is_asked_for_the_password_signs_in_at_once() {
    for (verification, mails) in [(Verification::Optional, 1), (Verification::None, 0)] {
        let door = Door::with(|config| config.registration.verification = verification).await;
        let body = json!({"email": "ana@example.org", "password": PASSWORD});
        let new = door.post("/api/v1/registrations", &body, &[]).await;
        assert_eq!((new.status.as_u16(), new.json()), (202, json!({"state": "active"})));
        assert_eq!(new.header("set-cookie"), "", "a sign-up signs nobody in");
        assert_eq!(door.test.mails().await.len(), mails);
        let tokens = door.login("ana@example.org").await;
        assert_eq!(tokens["user"]["email_verified"], false, "{tokens}");
        let of_taken = door.post("/api/v1/registrations", &body, &[]).await;
        assert_eq!((of_taken.status, &of_taken.text), (new.status, &new.text));
        assert_eq!(door.test.mails().await.len(), mails);
        // the address can be confirmed at any time
        let resend = json!({"email": "ana@example.org"});
        let answer = door.post("/api/v1/registrations/resend", &resend, &[]).await;
        assert_eq!(answer.status, 202);
        let mail = door.test.mails().await.remove(0);
        let token = json!({"token": token_of(&mail.text)});
        let answer = door.post("/api/v1/registrations/activate", &token, &[]).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["state"]),
            (200, &json!("active"))
        );
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        let me = door.get("/api/v1/me", &[("authorization", &bearer)]).await;
        assert_eq!(me.json()["email_verified"], true, "{}", me.text);
    }
}

#[tokio::test]
async fn every_fault_is_named_at_once() {
    let door = Door::new().await;
    let body = json!({"email": "ana", "password": "1234", "username": "a b"});
    let answer = door.post("/api/v1/registrations", &body, &[]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (422, "validation_failed")
    );
    let expected = [
        ("email", "invalid_email"),
        ("username", "username_invalid"),
        ("password", "password_too_short"),
        ("password", "password_too_common"),
        ("password", "password_entirely_numeric"),
    ];
    assert_eq!(
        answer.faults(),
        expected.map(|(field, code)| (field.to_owned(), code.to_owned()))
    );
    assert_eq!(answer.json()["errors"][2]["params"]["min"], 8);
    let answer = door.post("/api/v1/registrations", &json!({}), &[]).await;
    assert_eq!(
        answer.faults(),
        [("email".into(), "blank".into()), ("password".into(), "blank".into())]
    );
}

#[tokio::test]
async fn a_taken_user_name_is_told() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let body = json!({"email": "bob@example.org", "password": PASSWORD, "username": "ANA"});
    let answer = door.post("/api/v1/registrations", &body, &[]).await;
    assert_eq!(answer.faults(), [("username".into(), "username_unique".into())]);
}

#[tokio::test]
async fn the_code_of_the_mail_does_what_the_link_does() {
    let door = Door::new().await;
    let body = json!({"email": "ana@example.org", "password": PASSWORD});
    door.post("/api/v1/registrations", &body, &[]).await;
    let mail = door.test.mails().await.remove(0);
    let wrong = json!({"email": "ana@example.org", "code": "0000-0000"});
    let answer = door.post("/api/v1/registrations/activate", &wrong, &[]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (400, "activation_link_invalid")
    );
    let right = json!({"email": " ANA@example.org", "code": code_of(&mail.text).replace('-', " ")});
    let answer = door.post("/api/v1/registrations/activate", &right, &[]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()["state"].as_str()),
        (200, Some("active"))
    );
    let answer = door
        .post(
            "/api/v1/registrations/activate",
            &json!({"token": token_of(&mail.text)}),
            &[],
        )
        .await;
    assert_eq!(
        answer.code(),
        "activation_link_invalid",
        "the link of a used mail still works"
    );
    assert_eq!(
        door.post("/api/v1/registrations/activate", &json!({}), &[])
            .await
            .status,
        422
    );
}

#[tokio::test]
async fn resending_answers_alike_for_everybody() {
    let door = Door::new().await;
    let body = json!({"email": "ana@example.org", "password": PASSWORD});
    door.post("/api/v1/registrations", &body, &[]).await;
    door.test.mails().await;
    for (address, mails) in [("ana@example.org", 1), ("nobody@example.org", 0)] {
        let answer = door
            .post("/api/v1/registrations/resend", &json!({"email": address}), &[])
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()),
            (202, json!({"state": "pending"})),
            "{address}"
        );
        assert_eq!(door.test.mails().await.len(), mails, "{address}");
    }
}

#[tokio::test]
async fn mails_to_one_address_are_limited() {
    let door = Door::with(|config| config.limit.mails_per_recipient = 2).await;
    for expected in [202, 202, 429] {
        let answer = door
            .post(
                "/api/v1/registrations/resend",
                &json!({"email": "ana@example.org"}),
                &[],
            )
            .await;
        assert_eq!(answer.status, expected);
        if expected == 429 {
            assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0);
            assert_eq!(answer.json()["retry_after"].to_string(), answer.header("retry-after"));
        }
    }
}

#[tokio::test]
async fn the_policy_can_be_asked() {
    let door = Door::new().await;
    let path = "/api/v1/password-policy/check";
    assert_eq!(door.post(path, &json!({"password": PASSWORD}), &[]).await.status, 204);
    let similar = json!({"password": "anamaria99", "email": "anamaria@example.org"});
    assert_eq!(
        door.post(path, &similar, &[]).await.faults(),
        [("password".into(), "password_too_similar".into())]
    );
}

/// As the contract says of resending.
#[tokio::test]
async fn of_several_mails_the_newest_code_and_every_link_are_heard() {
    let door = Door::new().await;
    let body = json!({"email": "ana@example.org", "password": PASSWORD});
    door.post("/api/v1/registrations", &body, &[]).await;
    let first = door.test.mails().await.remove(0).text;
    door.test.advance(std::time::Duration::from_secs(5));
    let again = json!({"email": "ana@example.org"});
    door.post("/api/v1/registrations/resend", &again, &[]).await;
    let second = door.test.mails().await.pop().unwrap().text;
    assert_ne!(code_of(&first), code_of(&second));
    let activate = async |body| door.post("/api/v1/registrations/activate", &body, &[]).await;
    let old = activate(json!({"email": "ana@example.org", "code": code_of(&first)})).await;
    assert_eq!(
        (old.status.as_u16(), old.code().as_str()),
        (400, "activation_link_invalid")
    );
    assert_eq!(activate(json!({"token": token_of(&first)})).await.status, 200);
    let late = activate(json!({"email": "ana@example.org", "code": code_of(&second)})).await;
    assert_eq!(late.code(), "activation_link_invalid", "one was used");
}

/// What staff demands of a sign-up can be known before, and the page asks for it.
#[tokio::test]
async fn the_fields_of_a_sign_up_are_told_and_asked_for() {
    let door = Door::new().await;
    let cookies = door.administrator().await;
    for (name, kind, required, protected) in [
        ("tier", "integer", "yes", ""),
        ("newsletter", "boolean", "yes", ""),
        ("secret_rank", "string", "yes", "yes"),
    ] {
        let fields = [
            ("name", name),
            ("kind", kind),
            ("required", required),
            ("protected", protected),
        ];
        let fields: Vec<_> = fields.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let answer = door
            .form(
                "/console/fn/declare_attribute",
                &fields,
                "/console/attributes",
                &cookies,
            )
            .await;
        assert_eq!(answer.header("location"), "/console/attributes?done=declared");
    }
    let fields = door.get("/api/v1/registrations/fields", &[]).await;
    let named: Vec<_> = fields
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|field| {
            (
                field["field"].as_str().unwrap().to_owned(),
                field["is_required"] == true,
            )
        })
        .collect();
    let expected = [
        ("username", false),
        ("attributes.newsletter", true),
        ("attributes.tier", true),
    ];
    assert_eq!(named, expected.map(|(name, required)| (name.to_owned(), required)));
    let page = door.page("/account/sign-up", "").await;
    assert!(page.text.contains("name=\"attributes.tier\"") && !page.text.contains("secret_rank"));
    let mut typed = vec![
        ("email", "ana@example.org"),
        ("password", PASSWORD),
        ("box.attributes.newsletter", ""),
    ];
    let refused = door.form("/account/fn/register", &typed, "/account/sign-up", "").await;
    assert_eq!(refused.header("location"), "/account/sign-up");
    let page = door.page("/account/sign-up", &refused.cookies()).await.text;
    assert!(
        page.contains("href=\"#attributes.tier\"") && page.contains("value=\"ana@example.org\""),
        "{page}"
    );
    typed.push(("attributes.tier", "3"));
    let done = door.form("/account/fn/register", &typed, "/account/sign-up", "").await;
    assert_eq!(done.header("location"), "/account/activate?done=sent");
    assert_eq!(door.test.mails().await.len(), 1);
    let kept = door.test.dump("sign_up").await.concat() + &door.test.dump("user").await.concat();
    assert!(kept.contains("newsletter"), "{kept}");
}
