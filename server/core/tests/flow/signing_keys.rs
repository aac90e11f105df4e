//! The ring of signing keys.

use std::time::Duration;

use serde_json::{Value, json};
use sereno_core::jobs;
use sereno_core::oauth::{admin, signing_keys};
use sereno_core::testing::{Client, TestSereno, claims_of, part_of, profile_of, refused, refused_fields};
use sereno_core::token;
use sereno_types::{Code, CreateSigningKey, SigningAlgorithm, SigningKeyQuery, SigningKeyState, UpdateApplication};

#[tokio::test]
async fn keys_rotate_on_schedule_with_an_overlap() {
    use SigningKeyState::{Active, Retired, Waiting};
    let test = TestSereno::with_ana().await;
    let staff = test.system().await;
    let states = async || {
        let keys = signing_keys::list(&test.sereno, &staff, SigningKeyQuery::default())
            .await
            .unwrap();
        keys.items.iter().map(|key| key.state).collect::<Vec<_>>()
    };
    let day = Duration::from_hours(24);
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(states().await, [Active]);
    test.advance(88 * day);
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(states().await, [Waiting, Active]);
    assert_eq!(
        test.sereno.signing().await.unwrap().jwks()["keys"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let before = test.log_in("ana").await;
    test.advance(2 * day);
    let old = test.refresh(&before.refresh_token).await.unwrap().access_token;
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(states().await, [Active, Retired]);
    assert!(test.is_good(&old).await, "what the old key signed stays good");
    let new = test.log_in("ana").await.access_token;
    assert_ne!(part_of(&new, 0)["kid"], part_of(&old, 0)["kid"]);
    test.advance(2 * day);
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(states().await, [Active]);
}

/// Who turns the ring by hand still gets rid of what was retired.
#[tokio::test]
async fn without_a_schedule_retired_keys_are_forgotten_after_their_time() {
    let test = TestSereno::with(|config| config.keys.rotate_days = 0).await;
    let (sereno, meta, staff) = (&test.sereno, test.meta(), test.system().await);
    let total = async || {
        jobs::sweep(sereno).await.unwrap();
        let keys = signing_keys::list(sereno, &staff, SigningKeyQuery::default()).await;
        keys.unwrap().total
    };
    let day = Duration::from_hours(24);
    test.advance(1_000 * day);
    assert_eq!(total().await, 1, "nothing turns by itself");
    let made = signing_keys::create(sereno, &meta, &staff, CreateSigningKey::default())
        .await
        .unwrap();
    signing_keys::activate(sereno, &meta, &staff, &made.key.id)
        .await
        .unwrap();
    assert_eq!(total().await, 2);
    test.advance(2 * day);
    assert_eq!(total().await, 1);
}

#[tokio::test]
async fn keys_are_searched_and_paged() {
    let test = TestSereno::with_ana().await;
    let (sereno, meta, staff) = (&test.sereno, test.meta(), test.system().await);
    Client::of(&test, sereno_core::testing::called("shop")).await;
    for (algorithm, client_id) in [
        (SigningAlgorithm::Es256, None),
        (SigningAlgorithm::Hs256, Some("shop".to_owned())),
    ] {
        let command = CreateSigningKey {
            algorithm,
            client_id,
            secret: None,
        };
        signing_keys::create(sereno, &meta, &staff, command).await.unwrap();
    }
    let found = async |query: SigningKeyQuery| {
        let page = signing_keys::list(sereno, &staff, query).await.unwrap();
        let names: Vec<_> = page.items.iter().map(|key| key.algorithm.as_str()).collect();
        (names, page.total, page.next_cursor, page.prev_cursor)
    };
    let (all, total, ..) = found(SigningKeyQuery::default()).await;
    assert_eq!((all.clone(), total), (vec!["HS256", "ES256", "EdDSA"], 3));
    let mut query = SigningKeyQuery {
        limit: Some(2),
        ..SigningKeyQuery::default()
    };
    let (first, total, next, previous) = found(query.clone()).await;
    assert_eq!((first.as_slice(), total, previous), (&all[..2], 3, None));
    query.cursor = next;
    let (second, _, next, previous) = found(query.clone()).await;
    assert_eq!((second.as_slice(), next), (&all[2..], None));
    query.cursor = previous;
    let (back, _, next, _) = found(query).await;
    assert_eq!(back, first);
    assert!(next.is_some());
    let whole = signing_keys::list(sereno, &staff, SigningKeyQuery::default())
        .await
        .unwrap();
    let kid = whole.items[1].kid.clone();
    for (q, expected) in [
        (kid.as_str(), vec!["ES256"]),
        ("SHOP", vec!["HS256"]),
        ("nothing", vec![]),
    ] {
        let query = SigningKeyQuery {
            q: Some(q.to_owned()),
            ..SigningKeyQuery::default()
        };
        assert_eq!(found(query).await.0, expected, "{q}");
    }
    let query = SigningKeyQuery {
        state: Some(SigningKeyState::Active),
        algorithm: Some(SigningAlgorithm::EdDsa),
        ..SigningKeyQuery::default()
    };
    assert_eq!(found(query).await.1, 1);
    let long = SigningKeyQuery {
        q: Some("x".repeat(201)),
        ..SigningKeyQuery::default()
    };
    let outcome = signing_keys::list(sereno, &staff, long).await;
    assert_eq!(refused_fields(outcome), [("q".to_owned(), Code::TooLong)]);
}

#[tokio::test]
async fn staff_turns_the_ring_by_hand() {
    let test = TestSereno::with_ana().await;
    let (sereno, meta, staff) = (&test.sereno, test.meta(), test.system().await);
    let made = signing_keys::create(sereno, &meta, &staff, CreateSigningKey::default())
        .await
        .unwrap();
    assert_eq!((made.key.state, made.secret), (SigningKeyState::Waiting, None));
    let old = test.log_in("ana").await.access_token;
    let active = signing_keys::activate(sereno, &meta, &staff, &made.key.id)
        .await
        .unwrap();
    assert_eq!(active.state, SigningKeyState::Active);
    let new = test.log_in("ana").await.access_token;
    assert_eq!(part_of(&new, 0)["kid"], active.kid.as_str());
    let again = signing_keys::activate(sereno, &meta, &staff, &made.key.id).await;
    assert_eq!(refused(again), Code::StateConflict);
    let in_use = signing_keys::delete(sereno, &meta, &staff, &made.key.id).await;
    assert_eq!(refused(in_use), Code::StateConflict);
    let retired = signing_keys::list(sereno, &staff, SigningKeyQuery::default())
        .await
        .unwrap()
        .items
        .remove(1);
    assert!(test.is_good(&old).await);
    signing_keys::delete(sereno, &meta, &staff, &retired.id).await.unwrap();
    assert!(!test.is_good(&old).await, "an emergency: what it signed is unknown");
    // a shared key, brought along
    let shop = Client::with(&test, "shop", json!({"algorithm": "HS256"})).await;
    let shared = "0123456789abcdef0123456789abcdef";
    let command = CreateSigningKey {
        algorithm: SigningAlgorithm::Hs256,
        client_id: Some("shop".to_owned()),
        secret: Some(shared.into()),
    };
    let brought = signing_keys::create(sereno, &meta, &staff, command.clone())
        .await
        .unwrap();
    assert_eq!(brought.secret, None, "who brought it knows it");
    signing_keys::activate(sereno, &meta, &staff, &brought.key.id)
        .await
        .unwrap();
    let (access, _) = shop.pair(&test).await;
    let key = jsonwebtoken::DecodingKey::from_secret(shared.as_bytes());
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    jsonwebtoken::decode::<Value>(&access, &key, &validation).unwrap();
    let short = CreateSigningKey {
        secret: Some("short".into()),
        ..command
    };
    let outcome = signing_keys::create(sereno, &meta, &staff, short).await;
    assert_eq!(refused_fields(outcome), [("secret".to_owned(), Code::TooShort)]);
}

/// Whoever holds a shared key can sign what it wants; only what Sereno issued itself counts, so nobody gets more than they
/// were given.
#[tokio::test]
async fn a_shared_key_forges_nothing() {
    let test = TestSereno::with_ana().await;
    let (sereno, meta, staff) = (&test.sereno, test.meta(), test.system().await);
    let client = Client::with(&test, "shop", json!({"algorithm": "HS256", "audience": ["my-api"]})).await;
    let shared = "0123456789abcdef0123456789abcdef";
    let command = CreateSigningKey {
        algorithm: SigningAlgorithm::Hs256,
        client_id: Some("shop".to_owned()),
        secret: Some(shared.into()),
    };
    let key = signing_keys::create(sereno, &meta, &staff, command).await.unwrap().key;
    signing_keys::activate(sereno, &meta, &staff, &key.id).await.unwrap();
    let (genuine, _) = client.pair(&test).await;
    assert!(test.is_good(&genuine).await);
    let forge = |change: fn(&mut Value)| {
        let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
        header.typ = Some("at+jwt".to_owned());
        header.kid = part_of(&genuine, 0)["kid"].as_str().map(str::to_owned);
        let mut said = claims_of(&genuine);
        change(&mut said);
        jsonwebtoken::encode(
            &header,
            &said,
            &jsonwebtoken::EncodingKey::from_secret(shared.as_bytes()),
        )
        .unwrap()
    };
    let forgeries = [
        forge(|said| said["aud"] = json!(["my-api", "http://127.0.0.1:3000"])),
        forge(|said| said["exp"] = json!(said["exp"].as_i64().unwrap() + 1)),
        forge(|said| said["sub"] = json!("somebody-else")),
        forge(|said| said["jti"] = json!("another")),
        forge(|said| said["client_id"] = json!("sereno")),
    ];
    for forged in &forgeries {
        assert!(!test.is_good(forged).await, "{}", claims_of(forged));
        assert_eq!(refused(token::authenticate(sereno, forged).await), Code::InvalidToken);
    }
    // an application that turned away from its key is not spoken for by it
    let command = UpdateApplication {
        profile: Some(profile_of(json!({}))),
        ..UpdateApplication::default()
    };
    admin::update(sereno, &meta, &staff, &client.id, command).await.unwrap();
    assert!(!test.is_good(&genuine).await);
    signing_keys::delete(sereno, &meta, &staff, &key.id).await.unwrap();
    let everybodys = CreateSigningKey {
        algorithm: SigningAlgorithm::Hs256,
        client_id: Some(String::new()),
        secret: Some(shared.into()),
    };
    let outcome = signing_keys::create(sereno, &meta, &staff, everybodys).await;
    assert_eq!(refused_fields(outcome), [("client_id".to_owned(), Code::Blank)]);
}
