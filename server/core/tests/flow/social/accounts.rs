//! Which account a person gets to: a new one, their own, or the one that has the address.

use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;
use sereno_core::context::Actor;
use sereno_core::entity::file;
use sereno_core::event::EventKind;
use sereno_core::roles::{members, projects};
use sereno_core::social;
use sereno_core::testing::{FakeProvider, PASSWORD, Says, TestSereno, refused};
use sereno_core::token;
use sereno_types::{
    Code, CreateProject, DeviceHint, PutMember, SocialKind, SocialLinking, SocialLogin, UpdateSocialProvider, UserState,
};
use uuid::Uuid;

use super::{PHONE, TABLET, browser::there_and_back, claims, id_token, identities_of, pair, post, users, with_issuer};

#[tokio::test]
async fn somebody_new_gets_an_account_and_the_same_one_the_next_time() {
    let (test, provider) = with_issuer(|_| ()).await;
    let first = claims(&test, &provider, json!({})).await.unwrap();
    let me = first.user.clone();
    assert_eq!(
        (me.email.as_deref(), me.email_verified),
        (Some("ana@example.org"), true)
    );
    assert_eq!((me.first_name.as_str(), me.last_name.as_str()), ("Ana", "García"));
    let verified = token::authenticate(&test.sereno, &pair(first).access_token)
        .await
        .unwrap();
    assert!(matches!(verified, Actor::User(_)));
    assert_eq!(test.events.count(EventKind::UserActivated), 1);
    assert_eq!(test.events.count(EventKind::IdentityLinked), 1);
    // another address, another name: the same person
    provider.claim("email", json!("elsewhere@example.org"));
    let again = claims(&test, &provider, json!({})).await.unwrap();
    assert_eq!(again.user.id, me.id);
    assert_eq!(again.user.email.as_deref(), Some("ana@example.org"));
    assert_eq!(users(&test).await, 1);
    assert_eq!(test.events.count(EventKind::LoggedIn), 2);
    let linked = identities_of(&test, me.id.0.parse().unwrap()).await;
    assert_eq!(linked[0].email.as_deref(), Some("elsewhere@example.org"));
    // another subject with the same address as before is somebody else
    let other = claims(&test, &provider, json!({"sub": "eve"})).await;
    assert_eq!(other.unwrap().user.email.as_deref(), Some("elsewhere@example.org"));
}

#[tokio::test]
async fn an_address_is_nobodys_proof_unless_the_provider_verified_it() {
    let (test, provider) = with_issuer(|command| command.linking = SocialLinking::Verified).await;
    let ana = test.user("ana").await;
    for unverified in [json!(false), json!("false"), json!("(absent)")] {
        let me = claims(&test, &provider, json!({"email_verified": unverified})).await;
        let me = me.unwrap().user;
        assert_ne!(me.id.0, ana.to_string());
        // and it does not occupy the address
        assert_eq!(me.email, None);
    }
    assert_eq!(users(&test).await, 2);
}

#[tokio::test]
async fn a_verified_address_leads_to_its_account_only_if_the_settings_say_so() {
    let (test, provider) = with_issuer(|_| ()).await;
    let ana = test.user("ana").await;
    let refusal = claims(&test, &provider, json!({})).await;
    assert_eq!(refused(refusal), Code::SocialAccountExists);
    let (staff, meta) = (test.system().await, test.meta());
    let row = social::admin::list(&test.sereno, &staff, sereno_types::SocialProviderQuery::default())
        .await
        .unwrap();
    let change = UpdateSocialProvider {
        linking: Some(SocialLinking::Verified),
        ..UpdateSocialProvider::default()
    };
    social::admin::update(&test.sereno, &meta, &staff, &row.items[0].id, change)
        .await
        .unwrap();
    let me = claims(&test, &provider, json!({})).await.unwrap().user;
    assert_eq!(me.id.0, ana.to_string());
    let mails = test.mails().await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("OpenID Connect"), "{}", mails[0].text);
    // the password still works
    test.log_in("ana").await;
}

#[tokio::test]
async fn whoever_has_rights_is_never_linked_by_an_address() {
    let (test, provider) = with_issuer(|command| command.linking = SocialLinking::Verified).await;
    test.superuser("ana").await;
    assert_eq!(
        refused(claims(&test, &provider, json!({})).await),
        Code::SocialAccountExists
    );
    let bea = test.viewer("bea").await;
    let changed = json!({"email": "bea@example.org", "sub": "bea"});
    assert_eq!(
        refused(claims(&test, &provider, changed).await),
        Code::SocialAccountExists
    );
    assert!(identities_of(&test, bea).await.is_empty());
    // whatever holds in a project alone is a right, too
    let (staff, meta) = (test.system().await, test.meta());
    test.user("cleo").await;
    test.user("dora").await;
    let project = CreateProject {
        slug: "acme".to_owned(),
        owner: Some("cleo".to_owned()),
        ..CreateProject::default()
    };
    projects::create(&test.sereno, &meta, &staff, project).await.unwrap();
    let seat = members::Seat {
        project: "acme",
        user: "dora",
    };
    let command = PutMember {
        is_superuser: Some(true),
        ..PutMember::default()
    };
    members::put(&test.sereno, &meta, &staff, seat, command).await.unwrap();
    for who in ["cleo", "dora"] {
        let changed = json!({"email": format!("{who}@example.org"), "sub": who});
        assert_eq!(
            refused(claims(&test, &provider, changed).await),
            Code::SocialAccountExists,
            "{who}"
        );
    }
    // a member without rights is linked like everybody
    let command = PutMember {
        is_superuser: Some(false),
        ..PutMember::default()
    };
    members::put(&test.sereno, &meta, &staff, seat, command).await.unwrap();
    let changed = json!({"email": "dora@example.org", "sub": "dora"});
    claims(&test, &provider, changed).await.unwrap();
}

/// Whoever signs up with another's address waits for them to come, password in hand.
#[tokio::test]
async fn an_account_that_nobody_confirmed_loses_everything_that_was_typed() {
    let (test, provider) = with_issuer(|command| command.linking = SocialLinking::Verified).await;
    let mail = test.sign_up("ana@example.org").await;
    let id = test.holder_of("ana@example.org").await;
    let me = claims(&test, &provider, json!({})).await.unwrap().user;
    assert_eq!(me.id.0, id.to_string());
    let row = test.row(id).await;
    assert_eq!(
        (row.state(), row.password_hash, row.credential_epoch),
        (UserState::Active, None, 2)
    );
    assert_eq!((me.username, me.email_verified), (None, true));
    assert_eq!(test.events.count(EventKind::UserClaimed), 1);
    // neither the stranger's password nor the mail of their sign-up opens anything
    let command = test.credentials("ana@example.org", PASSWORD);
    let guess = sereno_core::login::for_application(&test.sereno, &test.meta(), command).await;
    assert_eq!(refused(guess), Code::InvalidCredentials);
    let late =
        sereno_core::account::activate::activate(&test.sereno, &test.meta(), sereno_core::testing::by_link(&mail))
            .await;
    assert_eq!(refused(late), Code::ActivationLinkInvalid);
}

#[tokio::test]
async fn without_linking_an_unconfirmed_sign_up_gives_way() {
    let (test, provider) = with_issuer(|_| ()).await;
    test.sign_up("ana@example.org").await;
    let squatter = test.holder_of("ana@example.org").await;
    let me = claims(&test, &provider, json!({})).await.unwrap().user;
    assert_ne!(me.id.0, squatter.to_string());
    assert_eq!(users(&test).await, 1);
}

/// The very first sign-in is noticed by nobody; a later one with another device is.
#[tokio::test]
async fn devices_are_remembered_and_new_ones_noticed() {
    let (test, provider) = with_issuer(|_| ()).await;
    for (name, mails) in [("phone", 0), ("phone", 0), ("tablet", 1)] {
        let command = SocialLogin {
            device: Some(DeviceHint {
                uuid: Some(if name == "phone" { PHONE } else { TABLET }.to_owned()),
                name: Some(name.to_owned()),
                ..DeviceHint::default()
            }),
            ..id_token(provider.id_token(&json!({})))
        };
        let logged_in = post(&test, "oidc", command).await.unwrap();
        assert_eq!(logged_in.device.unwrap().name.as_deref(), Some(name));
        assert_eq!(test.mails().await.len(), mails, "{name}");
    }
}

#[tokio::test]
async fn closed_is_closed() {
    let (test, provider) = with_issuer(|command| command.sign_up = false).await;
    assert_eq!(
        refused(claims(&test, &provider, json!({})).await),
        Code::SocialSignUpClosed
    );
    assert_eq!(users(&test).await, 0);
}

#[tokio::test]
async fn who_may_not_sign_in_is_told_no_more_than_at_the_password() {
    let (test, provider) = with_issuer(|_| ()).await;
    let id: Uuid = claims(&test, &provider, json!({}))
        .await
        .unwrap()
        .user
        .id
        .0
        .parse()
        .unwrap();
    for state in [UserState::Locked, UserState::Disabled, UserState::Deleting] {
        test.put_into(id, state).await;
        assert_eq!(
            refused(claims(&test, &provider, json!({})).await),
            Code::InvalidCredentials
        );
        let finished = there_and_back(&test, &provider).await;
        assert_eq!(refused(finished.outcome.map(drop)), Code::InvalidCredentials);
    }
}

#[tokio::test]
async fn a_picture_is_fetched_in_the_background_for_who_has_none() {
    let (test, provider) = with_issuer(|_| ()).await;
    provider.say(
        "/picture",
        Says::Picture(include_bytes!("../fixtures/dot.png").to_vec()),
    );
    provider.claim("picture", json!(format!("{}/picture", provider.url)));
    let id: Uuid = claims(&test, &provider, json!({}))
        .await
        .unwrap()
        .user
        .id
        .0
        .parse()
        .unwrap();
    assert_eq!(provider.asked("/picture"), 0);
    test.mails().await;
    assert!(test.row(id).await.avatar.is_some());
    assert_eq!(file::Entity::find().count(test.sereno.db.write()).await.unwrap(), 1);
    // no picture, no harm
    provider.say("/picture", Says::Huge);
    claims(&test, &provider, json!({"sub": "bea", "email": "bea@example.org"}))
        .await
        .unwrap();
    test.mails().await;
    assert_eq!(file::Entity::find().count(test.sereno.db.write()).await.unwrap(), 1);
}

/// Nobody can be asked for a user name on the way back from a provider, so that one is made.
#[tokio::test]
async fn where_user_names_are_required_one_is_made() {
    let test = TestSereno::with(|config| {
        config.social.timeout.0 = 1;
        config.registration.username_required = true;
    })
    .await;
    let provider = FakeProvider::start(&test).await;
    provider.set_up(&test, provider.settings(SocialKind::Oidc)).await;
    let sign_in = async |changed| claims(&test, &provider, changed).await.unwrap().user.username.unwrap();
    assert_eq!(sign_in(json!({})).await, "ana.garcía");
    assert_eq!(sign_in(json!({})).await, "ana.garcía", "it is made once");
    let namesake = sign_in(json!({"sub": "2", "email": "other@example.org"})).await;
    assert!(
        namesake.starts_with("ana.garcía") && namesake.len() > "ana.garcía".len(),
        "{namesake}"
    );
    let nameless = json!({
        "sub": "3", "email": "bea+news@example.org", "name": null, "given_name": null, "family_name": null
    });
    assert_eq!(sign_in(nameless).await, "bea.news");
    let nobody = json!({"sub": "4", "email": null, "name": "🦉", "given_name": null, "family_name": null});
    assert_eq!(sign_in(nobody).await, "user");
}

/// The name that a stranger typed does not stay, and one is required.
#[tokio::test]
async fn whoever_takes_over_a_sign_up_gets_a_name_of_their_own() {
    let test = TestSereno::with(|config| config.registration.username_required = true).await;
    let provider = FakeProvider::start(&test).await;
    let mut command = provider.settings(SocialKind::Oidc);
    command.linking = SocialLinking::Verified;
    provider.set_up(&test, command).await;
    let command = sereno_types::Register {
        email: "ana@example.org".to_owned(),
        username: Some("mallory".to_owned()),
        password: PASSWORD.into(),
        ..sereno_types::Register::default()
    };
    sereno_core::account::register::register(&test.sereno, &test.meta(), command)
        .await
        .unwrap();
    let me = claims(&test, &provider, json!({})).await.unwrap().user;
    assert_eq!(me.username.as_deref(), Some("ana.garcía"));
}
