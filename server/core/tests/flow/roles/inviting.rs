//! Who is invited gets an account that waits for them, or keeps theirs; and what a stranger prepared is worth nothing.

use sereno_core::account::activate::activate;
use sereno_core::login;
use sereno_core::roles::invite::invite;
use sereno_core::testing::{by_link, token_of};
use sereno_core::{account, account::admin};
use sereno_types::{Invite, Invited, Login, Register};

use super::*;

const CHOSEN: &str = "a boat at the far shore";

impl Desk<'_> {
    async fn invite(&self, email: &str, change: impl FnOnce(&mut Invite)) -> Result<Invited> {
        let mut command = Invite {
            email: email.to_owned(),
            ..Invite::default()
        };
        change(&mut command);
        invite(self.sereno, &self.meta, &self.staff, command).await
    }
}

async fn sign_in(test: &TestSereno, identifier: &str, password: &str) -> Result<()> {
    let command = Login {
        identifier: identifier.to_owned(),
        password: password.into(),
        ..Login::default()
    };
    login::with_session(&test.sereno, &test.meta(), command)
        .await
        .map(|_| ())
}

#[tokio::test]
async fn an_account_waits_with_its_role_and_its_owner_chooses_the_password() {
    let test = TestSereno::new().await;
    let desk = Desk::of(&test, None).await;
    desk.permission("shop.sell").await.unwrap();
    let seller = desk.role("seller", &["shop.sell"], &[]).await.unwrap().row.role.id;
    desk.project("shop", None).await.unwrap();
    let invited = desk
        .invite("Ana@example.org", |invite| {
            invite.first_name = Some("Ana".to_owned());
            invite.username = Some("ana".to_owned());
            invite.locale = Some("de".to_owned());
            invite.role = Some(seller.clone());
            invite.project = Some("shop".to_owned());
        })
        .await
        .unwrap();
    assert!(invited.is_new);
    assert_eq!(
        test.events.kinds().last(),
        Some(&sereno_core::event::EventKind::UserInvited)
    );
    let user: Uuid = invited.id.0.parse().unwrap();
    assert!(
        !desk.may(user, "shop.sell", Some("shop")).await,
        "who waits may nothing"
    );

    let mails = test.mails().await;
    let [mail] = mails.as_slice() else {
        panic!("one mail, not {}", mails.len())
    };
    assert_eq!(
        (mail.recipient.as_str(), mail.subject.as_str()),
        ("Ana@example.org", "Sie sind eingeladen: shop")
    );
    assert!(
        mail.text.contains("die Rolle „seller“ erhalten, und zwar in shop"),
        "{}",
        mail.text
    );
    assert!(mail.text.contains("&password=none"), "the page asks for a password");

    // what the policy refuses uses nothing up
    let mut command = by_link(mail);
    command.password = Some("ana".into());
    assert!(!refused_fields(activate(&test.sereno, &test.meta(), command).await).is_empty());
    let mut command = by_link(mail);
    command.password = Some(CHOSEN.into());
    activate(&test.sereno, &test.meta(), command).await.unwrap();
    sign_in(&test, "ana", CHOSEN).await.unwrap();
    assert!(desk.may(user, "shop.sell", Some("shop")).await);
    assert!(!desk.may(user, "shop.sell", None).await);
    let detail = admin::detail(&test.sereno, &desk.staff, &invited.id).await.unwrap();
    assert_eq!(
        (detail.first_name.as_str(), detail.locale.as_deref()),
        ("Ana", Some("de"))
    );
}

#[tokio::test]
async fn who_has_an_account_keeps_it_and_is_told() {
    let test = TestSereno::new().await;
    let desk = Desk::of(&test, None).await;
    desk.project("shop", None).await.unwrap();
    let ana = test.user("ana").await;
    let nothing = desk.invite("ana@example.org", |_| ()).await;
    assert_eq!(refused_fields(nothing), [("email".to_owned(), Code::EmailUnique)]);
    let invited = desk
        .invite("ana@example.org", |invite| {
            invite.project = Some("shop".to_owned());
            invite.username = Some("somebody-else".to_owned());
        })
        .await
        .unwrap();
    assert_eq!((invited.id.0, invited.is_new), (ana.to_string(), false));
    let mail = test.mails().await.pop().unwrap();
    assert_eq!(mail.subject, "You are invited to shop");
    assert!(
        mail.text.contains("/account/sign-in") && token_of(&mail).is_empty(),
        "{}",
        mail.text
    );
    sign_in(&test, "ana", sereno_core::testing::PASSWORD).await.unwrap();

    // nobody who may not sign in is given anything
    admin::lock(&test.sereno, &desk.meta, &desk.staff, &Id(ana.to_string()))
        .await
        .unwrap();
    let locked = desk.invite("ana@example.org", |invite| invite.project = Some("shop".to_owned()));
    assert_eq!(refused(locked.await), Code::StateConflict);
}

#[tokio::test]
async fn what_a_stranger_signed_up_with_is_worth_nothing_after_an_invitation() {
    let test = TestSereno::new().await;
    let desk = Desk::of(&test, None).await;
    desk.project("shop", None).await.unwrap();
    let stranger = Register {
        email: "ana@example.org".to_owned(),
        username: Some("ana".to_owned()),
        password: "the stranger knows this".into(),
        ..Register::default()
    };
    account::register::register(&test.sereno, &test.meta(), stranger)
        .await
        .unwrap();
    let before = test.mails().await.pop().unwrap();
    let invited = desk.invite("ana@example.org", |invite| invite.project = Some("shop".to_owned()));
    assert!(!invited.await.unwrap().is_new);
    let stale = activate(&test.sereno, &test.meta(), by_link(&before)).await;
    assert_eq!(refused(stale), Code::ActivationLinkInvalid);
    let mail = test.mails().await.pop().unwrap();
    let mut command = by_link(&mail);
    command.password = Some(CHOSEN.into());
    activate(&test.sereno, &test.meta(), command).await.unwrap();
    let known = sign_in(&test, "ana@example.org", "the stranger knows this").await;
    assert_eq!(refused(known), Code::InvalidCredentials);
    sign_in(&test, "ana@example.org", CHOSEN).await.unwrap();
}

#[tokio::test]
async fn an_invitation_that_was_taken_back_does_not_leave() {
    let test = TestSereno::new().await;
    let desk = Desk::of(&test, None).await;
    desk.project("shop", None).await.unwrap();
    let invited = desk.invite("ana@example.org", |invite| invite.project = Some("shop".to_owned()));
    let id = invited.await.unwrap().id.0;
    let seat = members::Seat {
        project: "shop",
        user: &id,
    };
    members::remove(&test.sereno, &desk.meta, &desk.staff, seat)
        .await
        .unwrap();
    assert!(test.mails().await.is_empty());
}

#[tokio::test]
async fn nobody_invites_to_more_than_they_hold() {
    let test = TestSereno::new().await;
    let (clerk, strong) = rita(&test).await;
    let admin = Desk::of(&test, None).await;
    let desk = Desk::of(&test, Some("rita")).await;
    assert_eq!(
        refused(desk.invite("ana@example.org", |_| ()).await),
        Code::PermissionDenied
    );
    let more = UpdateRole {
        permissions: Some(
            ["a.see", "roles.view", "roles.manage", "users.view", "users.manage"]
                .map(str::to_owned)
                .into(),
        ),
        ..UpdateRole::default()
    };
    admin.change(&clerk, more).await.unwrap();
    let desk = Desk {
        staff: test.staff(&test.actor("rita").await).await,
        ..desk
    };
    let before = test.count("\"user\"").await;
    let strong = desk.invite("ana@example.org", |invite| invite.role = Some(strong.clone()));
    assert_eq!(refused(strong.await), Code::ExceedsOwnPermissions);
    // nor into a project, which is not theirs to manage
    let project = desk.invite("ana@example.org", |invite| invite.project = Some("shop".to_owned()));
    assert_eq!(refused(project.await), Code::PermissionDenied);
    assert_eq!(test.count("\"user\"").await, before, "nothing is half-done");
    assert!(test.mails().await.is_empty());
    desk.invite("ana@example.org", |invite| invite.role = Some(clerk.clone()))
        .await
        .unwrap();
}

#[tokio::test]
async fn what_is_wrong_with_an_invitation_is_said_at_its_fields() {
    let test = TestSereno::new().await;
    let desk = Desk::of(&test, None).await;
    let wrong = desk.invite("nobody", |invite| {
        invite.username = Some("a b".to_owned());
        invite.locale = Some("de!".to_owned());
        invite.expires_at = Some(Timestamp("2020-01-01T00:00:00Z".to_owned()));
    });
    let fields: Vec<String> = refused_fields(wrong.await)
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    assert_eq!(fields, ["email", "username", "locale", "expires_at"]);
    let wrong = desk.invite("ana@example.org", |invite| invite.project = Some("nowhere".to_owned()));
    assert_eq!(
        refused_fields(wrong.await),
        [("project".to_owned(), Code::InvalidChoice)]
    );
    let wrong = desk.invite("ana@example.org", |invite| invite.role = Some(Id("x".to_owned())));
    assert_eq!(refused_fields(wrong.await), [("role".to_owned(), Code::InvalidChoice)]);
    assert_eq!(test.count("\"user\"").await, 0);
}
