//! Setting providers up.

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use sereno_core::entity::{identity, user_email};
use sereno_core::social;
use sereno_core::testing::{Says, refused, refused_fields};
use sereno_types::{
    Code, CreateSocialProvider, Id, LinkIdentity, SocialCheckName, SocialKind, SocialSettings, UpdateSocialProvider,
};
use std::time::Duration;
use uuid::Uuid;

use super::{claims, identities_of, with_issuer};

/// Whoever decides whose word counts decides who somebody is: for superusers that is for superusers to say.
#[tokio::test]
async fn staff_does_not_come_by_a_superuser_through_a_provider() {
    let (test, provider) = with_issuer(|_| ()).await;
    let meta = test.meta();
    test.with_role("rita", "administrator").await;
    let rita = test.staff(&test.sign_in("rita").await.actor).await;
    let row = sereno_core::entity::social_provider::Entity::find()
        .one(test.sereno.db.write())
        .await
        .unwrap()
        .unwrap();
    let id = Id(row.id.to_string());
    let change = |audiences: &[&str]| UpdateSocialProvider {
        audiences: Some(audiences.iter().map(|text| (*text).to_owned()).collect()),
        ..UpdateSocialProvider::default()
    };
    social::admin::update(&test.sereno, &meta, &rita, &id, change(&["mobile"]))
        .await
        .unwrap();
    test.superuser("root").await;
    let root = test.sign_in("root").await.actor;
    let own = LinkIdentity {
        id_token: Some(provider.id_token(&json!({"sub": "root-elsewhere"})).into()),
        ..LinkIdentity::default()
    };
    social::link_posted(&test.sereno, &meta, &root, "oidc", own)
        .await
        .unwrap();
    let refusal = social::admin::update(&test.sereno, &meta, &rita, &id, change(&["mobile", "evil-shop"])).await;
    assert_eq!(refused(refusal), Code::PermissionDenied);
    let renamed = UpdateSocialProvider {
        name: Some("Our place".to_owned()),
        ..UpdateSocialProvider::default()
    };
    social::admin::update(&test.sereno, &meta, &rita, &id, renamed)
        .await
        .unwrap();
    let staff = test.staff(&root).await;
    social::admin::update(&test.sereno, &meta, &staff, &id, change(&["mobile", "tablet"]))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_test_says_what_is_wrong() {
    let (test, provider) = with_issuer(|_| ()).await;
    let staff = test.system().await;
    let sereno = &test.sereno;
    let all = social::admin::list(sereno, &staff, sereno_types::SocialProviderQuery::default())
        .await
        .unwrap();
    let id = all.items[0].id.clone();
    let look = || social::admin::test(sereno, &staff, &id);
    assert!(look().await.unwrap().passed);
    for (path, says, name, code) in [
        (
            "/.well-known/openid-configuration",
            Says::Json(500, json!({})),
            SocialCheckName::Discovery,
            Code::SocialUnavailable,
        ),
        (
            "/keys",
            Says::Json(200, json!({"keys": []})),
            SocialCheckName::Keys,
            Code::SocialAnswerInvalid,
        ),
        (
            "/token",
            Says::Json(401, json!({"error": "invalid_client"})),
            SocialCheckName::Credentials,
            Code::SocialMisconfigured,
        ),
    ] {
        // a document is good in its own moment
        test.advance(Duration::from_secs(1));
        provider.say(path, says);
        let found = look().await.unwrap();
        let last = found.checks.last().unwrap();
        assert!(!found.passed);
        assert_eq!((last.name, last.code), (name, Some(code)));
        provider.recover(path);
    }
}

#[tokio::test]
async fn secrets_are_sealed_and_must_come_again_when_they_would_go_elsewhere() {
    let (test, provider) = with_issuer(|_| ()).await;
    let (staff, meta) = (test.system().await, test.meta());
    let row = sereno_core::entity::social_provider::Entity::find()
        .one(test.sereno.db.write())
        .await
        .unwrap()
        .unwrap();
    assert!(!row.secret.as_ref().unwrap().0.contains("sereno-secret"));
    let id = Id(row.id.to_string());
    let elsewhere = UpdateSocialProvider {
        settings: Some(SocialSettings {
            issuer: Some("https://evil.example".to_owned()),
            ..SocialSettings::default()
        }),
        ..UpdateSocialProvider::default()
    };
    let refusal = social::admin::update(&test.sereno, &meta, &staff, &id, elsewhere.clone()).await;
    assert_eq!(
        refused_fields(refusal),
        [("client_secret".to_owned(), Code::SecretRequired)]
    );
    let with_secret = UpdateSocialProvider {
        client_secret: Some("another".into()),
        ..elsewhere
    };
    social::admin::update(&test.sereno, &meta, &staff, &id, with_secret)
        .await
        .unwrap();
    let mut again = provider.settings(SocialKind::Oidc);
    let refusal = social::admin::create(&test.sereno, &meta, &staff, again.clone()).await;
    assert_eq!(refused_fields(refusal), [("slug".to_owned(), Code::SlugUnique)]);
    again.slug = "other".to_owned();
    for (change, field) in [
        (
            Box::new(|c: &mut CreateSocialProvider| c.settings.issuer = None) as Box<dyn Fn(&mut CreateSocialProvider)>,
            "settings.issuer",
        ),
        (
            Box::new(|c| c.settings.issuer = Some("ftp://x".to_owned())),
            "settings.issuer",
        ),
        (
            Box::new(|c| c.settings.issuer = Some("https://u:p@x".to_owned())),
            "settings.issuer",
        ),
        (
            Box::new(|c| c.settings.tenant = Some("common".to_owned())),
            "settings.tenant",
        ),
        (Box::new(|c| c.client_id = String::new()), "client_id"),
        (Box::new(|c| c.slug = "No Slug".to_owned()), "slug"),
        (
            Box::new(|c| c.redirect_uris = vec!["not a url".to_owned()]),
            "redirect_uris",
        ),
        (Box::new(|c| c.audiences = vec![String::new()]), "audiences"),
    ] {
        let mut command = again.clone();
        change(&mut command);
        let faults = refused_fields(social::admin::create(&test.sereno, &meta, &staff, command).await);
        assert_eq!(faults[0].0, field);
    }
    let mut apple = provider.settings(SocialKind::Apple);
    apple.settings.team_id = Some("T".to_owned());
    apple.settings.key_id = Some("K".to_owned());
    let faults = refused_fields(social::admin::create(&test.sereno, &meta, &staff, apple).await);
    assert_eq!(faults, [("client_secret".to_owned(), Code::PrivateKeyInvalid)]);
}

#[tokio::test]
async fn a_provider_that_is_switched_off_or_gone_lets_nobody_in() {
    let (test, provider) = with_issuer(|_| ()).await;
    let (staff, meta) = (test.system().await, test.meta());
    let id: Uuid = claims(&test, &provider, json!({}))
        .await
        .unwrap()
        .user
        .id
        .0
        .parse()
        .unwrap();
    let row = social::admin::list(&test.sereno, &staff, sereno_types::SocialProviderQuery::default())
        .await
        .unwrap();
    let off = UpdateSocialProvider {
        is_enabled: Some(false),
        ..UpdateSocialProvider::default()
    };
    social::admin::update(&test.sereno, &meta, &staff, &row.items[0].id, off)
        .await
        .unwrap();
    assert_eq!(refused(claims(&test, &provider, json!({})).await), Code::NotFound);
    assert!(social::buttons(&test.sereno).await.unwrap().is_empty());
    social::admin::delete(&test.sereno, &meta, &staff, &row.items[0].id)
        .await
        .unwrap();
    assert!(identities_of(&test, id).await.is_empty());
    let left = identity::Entity::find()
        .filter(identity::Column::UserId.eq(id))
        .count(test.sereno.db.write())
        .await
        .unwrap();
    assert_eq!(left, 0);
    assert_eq!(
        user_email::Entity::find().count(test.sereno.db.write()).await.unwrap(),
        1
    );
}
