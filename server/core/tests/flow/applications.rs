//! Applications: registering them, their secrets and the form of their tokens.

use std::time::Duration;

use serde_json::{Value, json};
use sereno_core::account::sessions;
use sereno_core::context::Actor;
use sereno_core::event::EventKind;
use sereno_core::login::{self, Brought};
use sereno_core::oauth::admin;
use sereno_core::session;
use sereno_core::testing::{
    Client, PASSWORD, TestSereno, called, claims_of, profile_of, refused, refused_fields, register,
};
use sereno_types::{
    ApplicationKind, ApplicationQuery, ApplicationSort, Code, CreateApplication, Delivery, Grant, PageQuery, Secret,
    SessionKind, SessionQuery, UpdateApplication,
};

#[tokio::test]
async fn a_confidential_application_proves_itself() {
    let test = TestSereno::with_ana().await;
    let created = register(&test, called("shop")).await.unwrap();
    let secret = created.secret.unwrap().client_secret;
    assert!(secret.starts_with("cs_") && secret.len() == 46);
    assert_eq!(created.application.secrets.len(), 1);
    let stored = test.column("SELECT digest FROM application_secret").await;
    assert!(!stored[0].contains(&secret));
    for (client_secret, expected) in [
        (Some(secret.as_str()), None),
        (Some("wrong"), Some(Code::InvalidClient)),
        (Some(""), Some(Code::InvalidClient)),
        (None, Some(Code::InvalidClient)),
    ] {
        let mut command = test.credentials("ana", PASSWORD);
        command.client_id = Some("shop".to_owned());
        command.client_secret = client_secret.map(Secret::new);
        let outcome = login::for_application(&test.sereno, &test.meta(), command).await;
        assert_eq!(outcome.err().map(|error| error.code()), expected, "{client_secret:?}");
    }
    assert_eq!(test.count("application_secret WHERE last_used_at IS NOT NULL").await, 1);
    // a public one has nothing to prove, and nothing to pretend
    let mut command = test.credentials("ana", PASSWORD);
    command.client_secret = Some(secret.as_str().into());
    let outcome = login::for_application(&test.sereno, &test.meta(), command).await;
    assert_eq!(refused(outcome), Code::InvalidClient);
}

#[tokio::test]
async fn two_secrets_work_while_one_takes_the_others_place() {
    let test = TestSereno::with_ana().await;
    let (sereno, meta, staff) = (&test.sereno, test.meta(), test.system().await);
    let mut shop = Client::of(&test, called("shop")).await;
    let second = admin::create_secret(sereno, &meta, &staff, &shop.id).await.unwrap();
    shop.log_in(&test).await.unwrap();
    let third = admin::create_secret(sereno, &meta, &staff, &shop.id).await;
    assert_eq!(refused(third), Code::StateConflict, "two at a time");
    let detail = admin::detail(sereno, &staff, &shop.id).await.unwrap();
    let first = detail.secrets.iter().find(|secret| secret.id != second.id).unwrap();
    admin::delete_secret(sereno, &meta, &staff, &shop.id, &first.id)
        .await
        .unwrap();
    assert_eq!(refused(shop.log_in(&test).await), Code::InvalidClient);
    shop.credentials.client_secret = Some(second.client_secret.into());
    shop.log_in(&test).await.unwrap();
    let again = admin::delete_secret(sereno, &meta, &staff, &shop.id, &first.id).await;
    assert_eq!(refused(again), Code::NotFound);
    assert_eq!(test.events.count(EventKind::ClientSecretDeleted), 1);
}

#[tokio::test]
async fn what_cannot_work_or_is_not_safe_is_refused_by_field() {
    let test = TestSereno::new().await;
    let with = |change: fn(&mut CreateApplication)| {
        let mut command = called("shop");
        change(&mut command);
        command
    };
    for (command, field, code) in [
        (with(|app| app.name = "  ".to_owned()), "name", Code::Blank),
        (with(|app| app.name = "x".repeat(151)), "name", Code::TooLong),
        (
            with(|app| app.client_id = Some("a b".to_owned())),
            "client_id",
            Code::InvalidCharacters,
        ),
        (
            with(|app| app.client_id = Some("sereno".to_owned())),
            "client_id",
            Code::ClientIdUnique,
        ),
        (
            with(|app| {
                app.kind = ApplicationKind::Public;
                app.grants = Some(vec![Grant::ClientCredentials]);
            }),
            "grants",
            Code::InvalidChoice,
        ),
        (
            with(|app| {
                app.kind = ApplicationKind::Public;
                app.profile = profile_of(json!({"algorithm": "HS256"}));
            }),
            "profile.algorithm",
            Code::InvalidChoice,
        ),
        (
            with(|app| app.profile = profile_of(json!({"header_kid": false}))),
            "profile.header_kid",
            Code::InvalidChoice,
        ),
        (
            with(|app| app.profile = profile_of(json!({"leave_out": ["client_id"]}))),
            "profile.leave_out",
            Code::InvalidChoice,
        ),
        (
            with(|app| app.profile = profile_of(json!({"access_lifetime": 315_360_001}))),
            "profile.access_lifetime",
            Code::InvalidChoice,
        ),
        (
            with(|app| app.profile = profile_of(json!({"refresh_format": "jwt", "header_typ": "JWT"}))),
            "profile.type_claim",
            Code::Blank,
        ),
        (
            with(|app| app.profile = profile_of(json!({"claims": [{"name": "sub", "source": "roles"}]}))),
            "profile.claims.0.name",
            Code::InvalidChoice,
        ),
        (
            with(|app| app.profile = profile_of(json!({"claims": [{"name": "exp.deep", "source": "roles"}]}))),
            "profile.claims.0.name",
            Code::InvalidChoice,
        ),
        (
            with(|app| {
                app.profile = profile_of(json!({"claims": [{"name": "x", "source": {"template": "{{ user. }}"}}]}));
            }),
            "profile.claims.0.source",
            Code::TemplateInvalid,
        ),
        (
            with(|app| {
                app.profile = profile_of(json!({"claims": [{"name": "x", "source": {"user": "password_hash"}}]}));
            }),
            "profile.claims.0.source",
            Code::InvalidChoice,
        ),
        (
            with(|app| {
                app.delivery = Delivery::Cookie;
                app.cookies.access = "sid".to_owned();
            }),
            "cookies.access",
            Code::InvalidChoice,
        ),
        (
            with(|app| {
                app.profile =
                    profile_of(json!({"claims": [{"name": "x", "source": {"template": "{{ user.fist_name }}"}}]}));
            }),
            "profile.claims.0.source",
            Code::TemplateInvalid,
        ),
        (
            with(|app| {
                app.delivery = Delivery::Cookie;
                app.cookies.access = "__Secure-access".to_owned();
            }),
            "cookies.access",
            Code::InvalidChoice,
        ),
        (
            with(|app| {
                app.delivery = Delivery::Cookie;
                app.cookies.refresh = "__host-refresh".to_owned();
                app.cookies.refresh_path = "/api".to_owned();
                app.cookies.secure = Some(true);
            }),
            "cookies.refresh",
            Code::InvalidChoice,
        ),
        (
            with(|app| {
                app.delivery = Delivery::Cookie;
                app.cookies.path = "/; Domain=evil".to_owned();
            }),
            "cookies.path",
            Code::InvalidCharacters,
        ),
        (
            with(|app| {
                app.delivery = Delivery::Cookie;
                app.cookies.refresh = app.cookies.access.clone();
            }),
            "cookies",
            Code::InvalidChoice,
        ),
        (
            with(|app| {
                app.delivery = Delivery::SplitCookie;
                app.profile = profile_of(json!({"access_format": "opaque"}));
            }),
            "delivery",
            Code::InvalidChoice,
        ),
    ] {
        assert_eq!(
            refused_fields(register(&test, command).await),
            [(field.to_owned(), code)]
        );
    }
    for uri in [
        "http://example.org/cb",
        "https://example.org/cb#x",
        "javascript:alert(1)",
        "data:text/html,x",
        "/relative",
        "https://*.example.org/",
        "https://user@example.org/",
        "myapp:/cb",
        "",
    ] {
        let command = with(|_| ());
        let command = CreateApplication {
            redirect_uris: vec![uri.to_owned()],
            ..command
        };
        let expected = [("redirect_uris.0".to_owned(), Code::InvalidUrl)];
        assert_eq!(refused_fields(register(&test, command).await), expected, "{uri}");
    }
    for origin in ["https://example.org/", "example.org", "*", "null", "ftp://example.org"] {
        let command = CreateApplication {
            origins: vec![origin.to_owned()],
            ..called("shop")
        };
        let expected = [("origins.0".to_owned(), Code::InvalidUrl)];
        assert_eq!(refused_fields(register(&test, command).await), expected, "{origin}");
    }
    assert_eq!(test.count("application").await, 1);
    let fine = CreateApplication {
        redirect_uris: [
            "https://example.org/cb",
            "http://127.0.0.1:7000/cb",
            "org.example.app:/cb",
        ]
        .map(str::to_owned)
        .to_vec(),
        origins: vec!["https://app.example.org:8443".to_owned()],
        scopes: vec!["introspect".to_owned()],
        ..called("shop")
    };
    register(&test, fine).await.unwrap();
}

#[tokio::test]
async fn an_application_gets_only_what_it_was_granted() {
    let test = TestSereno::with_ana().await;
    let only_password = Client::of(
        &test,
        CreateApplication {
            grants: Some(vec![Grant::Password]),
            ..called("one")
        },
    )
    .await;
    let (_, refresh) = only_password.pair(&test).await;
    assert_eq!(refresh, "", "no refresh token");
    let only_refresh = Client::of(
        &test,
        CreateApplication {
            grants: Some(vec![Grant::RefreshToken]),
            ..called("two")
        },
    )
    .await;
    assert_eq!(refused(only_refresh.log_in(&test).await), Code::UnauthorizedClient);
    // a refresh token belongs to its application
    let mine = test.log_in("ana").await.refresh_token;
    assert_eq!(
        refused(only_refresh.refresh(&test, &mine).await),
        Code::RefreshTokenInvalid
    );
    assert_eq!(
        refused(only_password.refresh(&test, &mine).await),
        Code::UnauthorizedClient
    );
}

#[tokio::test]
async fn switching_off_and_deleting_end_every_sign_in() {
    let test = TestSereno::with_ana().await;
    let (sereno, meta, staff) = (&test.sereno, test.meta(), test.system().await);
    let client = Client::of(&test, called("shop")).await;
    let (access, refresh) = client.pair(&test).await;
    let switch = |is_enabled| UpdateApplication {
        is_enabled: Some(is_enabled),
        ..UpdateApplication::default()
    };
    let off = admin::update(sereno, &meta, &staff, &client.id, switch(false))
        .await
        .unwrap();
    assert!(!off.application.is_enabled && off.application.open_grants == 1);
    assert!(!test.is_good(&access).await);
    assert_eq!(refused(client.refresh(&test, &refresh).await), Code::InvalidClient);
    assert_eq!(refused(client.log_in(&test).await), Code::InvalidClient);
    admin::update(sereno, &meta, &staff, &client.id, switch(true))
        .await
        .unwrap();
    assert!(test.is_good(&access).await);
    client.refresh(&test, &refresh).await.unwrap();
    admin::delete(sereno, &meta, &staff, &client.id).await.unwrap();
    assert!(!test.is_good(&access).await);
    assert_eq!(test.count("application_secret").await, 0);
    let left = admin::list(sereno, &staff, ApplicationQuery::default()).await.unwrap();
    let builtin = left.items[0].id.clone();
    let outcome = admin::delete(sereno, &meta, &staff, &builtin).await;
    assert_eq!(refused(outcome), Code::StateConflict);
    let outcome = admin::update(sereno, &meta, &staff, &builtin, switch(false)).await;
    assert_eq!(
        refused_fields(outcome),
        [("is_enabled".to_owned(), Code::InvalidChoice)]
    );
}

/// A session that is an application's delivery belongs to it as tokens do: listed, found, counted, ended with it.
#[tokio::test]
async fn a_session_belongs_to_its_application() {
    let test = TestSereno::with_ana().await;
    let (sereno, meta, staff) = (&test.sereno, test.meta(), test.system().await);
    let client = Client::of(
        &test,
        CreateApplication {
            delivery: Delivery::Session,
            ..called("shop")
        },
    )
    .await;
    let mut command = test.credentials("ana", PASSWORD);
    command.client_id.clone_from(&client.credentials.client_id);
    command.client_secret.clone_from(&client.credentials.client_secret);
    let Brought::Session(browser) = login::for_application(sereno, &meta, command).await.unwrap().brought else {
        panic!("tokens, not a session");
    };
    // of our own pages, and of nobody else
    test.sign_in("ana").await;
    test.log_in("ana").await;
    let through = async |client_id: &str| {
        let query = SessionQuery {
            client_id: Some(client_id.to_owned()),
            ..SessionQuery::default()
        };
        let found = sessions::list(sereno, &staff, query).await.unwrap();
        found
            .items
            .into_iter()
            .map(|row| (row.id.0, row.kind, row.application))
            .collect::<Vec<_>>()
    };
    let name = Some(called("shop").name);
    let its = (browser.id.to_string(), SessionKind::Browser, name);
    assert_eq!(through("shop").await, [its]);
    let own = through("sereno").await;
    assert_eq!(
        (own.len(), own[0].1),
        (1, SessionKind::Tokens),
        "our own pages belong to no application"
    );
    let mine = sessions::mine(sereno, &browser.actor, PageQuery::default())
        .await
        .unwrap();
    let named: Vec<_> = mine.items.iter().map(|row| row.application.as_deref()).collect();
    assert_eq!(named.len(), 3);
    assert!(named.contains(&Some(called("shop").name.as_str())) && named.contains(&None));
    let switch = |is_enabled| UpdateApplication {
        is_enabled: Some(is_enabled),
        ..UpdateApplication::default()
    };
    let off = admin::update(sereno, &meta, &staff, &client.id, switch(false))
        .await
        .unwrap();
    assert_eq!(off.application.open_grants, 1);
    let resolved = async || session::resolve(sereno, &browser.secret).await.unwrap();
    assert_eq!(resolved().await, Actor::Anonymous);
    admin::update(sereno, &meta, &staff, &client.id, switch(true))
        .await
        .unwrap();
    assert_eq!(resolved().await, browser.actor);
    admin::delete(sereno, &meta, &staff, &client.id).await.unwrap();
    assert_eq!(resolved().await, Actor::Anonymous);
    assert_eq!(
        test.column("SELECT end_reason FROM session WHERE ended_at IS NOT NULL")
            .await,
        ["application_deleted"]
    );
    let left = sessions::list(sereno, &staff, SessionQuery::default()).await.unwrap();
    assert_eq!(left.total, 2);
}

/// Asked for in the same moment, through the right application and another: the other gets nothing and takes nothing.
#[tokio::test]
async fn another_application_gets_nothing_beside_the_right_one() {
    let test = TestSereno::with_ana().await;
    let shop = Client::of(&test, called("shop")).await;
    let other = Client::of(&test, called("other")).await;
    for _ in 0..4 {
        let (_, refresh) = shop.pair(&test).await;
        let (stolen, own, stolen_too) = tokio::join!(
            other.refresh(&test, &refresh),
            shop.refresh(&test, &refresh),
            other.refresh(&test, &refresh)
        );
        let (access, _) = own.unwrap();
        assert_eq!(claims_of(&access)["client_id"], "shop");
        for outcome in [stolen, stolen_too] {
            assert_eq!(refused(outcome), Code::RefreshTokenInvalid);
        }
    }
}

#[tokio::test]
async fn the_list_is_searched_ordered_and_paged() {
    let test = TestSereno::new().await;
    let staff = test.system().await;
    for name in ["beta", "alpha", "delta", "gamma"] {
        register(&test, called(name)).await.unwrap();
        test.advance(Duration::from_secs(1));
    }
    let page = async |query: ApplicationQuery| admin::list(&test.sereno, &staff, query).await.unwrap();
    let names = |page: &sereno_types::Page<sereno_types::ApplicationRow>| {
        page.items.iter().map(|row| row.client_id.clone()).collect::<Vec<_>>()
    };
    let first = page(ApplicationQuery {
        limit: Some(2),
        ..ApplicationQuery::default()
    })
    .await;
    assert_eq!(
        (names(&first), first.total),
        (vec!["alpha".to_owned(), "beta".to_owned()], 5)
    );
    let second = page(ApplicationQuery {
        limit: Some(2),
        cursor: first.next_cursor,
        ..ApplicationQuery::default()
    })
    .await;
    assert_eq!(names(&second), ["delta", "gamma"]);
    let back = page(ApplicationQuery {
        limit: Some(2),
        cursor: second.prev_cursor,
        ..ApplicationQuery::default()
    })
    .await;
    assert_eq!(names(&back), ["alpha", "beta"]);
    let newest = page(ApplicationQuery {
        sort: Some(ApplicationSort::Newest),
        q: Some("TA".to_owned()),
        ..ApplicationQuery::default()
    })
    .await;
    assert_eq!(names(&newest), ["delta", "beta"]);
}

/// Staff signs in over the API by Sereno's own application, which must go on opening this server.
#[tokio::test]
async fn the_first_party_application_keeps_its_form() {
    let test = TestSereno::new().await;
    let (sereno, meta, staff) = (&test.sereno, test.meta(), test.system().await);
    let own = admin::list(sereno, &staff, ApplicationQuery::default())
        .await
        .unwrap()
        .items[0]
        .id
        .clone();
    let change = async |said: Value| {
        let command = UpdateApplication {
            profile: Some(profile_of(said)),
            ..UpdateApplication::default()
        };
        admin::update(sereno, &meta, &staff, &own, command).await.map(drop)
    };
    for said in [
        json!({"audience": ["https://elsewhere.example.org"]}),
        json!({"issuer": "https://elsewhere.example.org"}),
        json!({"access_lifetime": 315_360_000}),
        json!({"leave_out": ["sid"]}),
        json!({"header_typ": "JWT"}),
    ] {
        let expected = [("profile".to_owned(), Code::InvalidChoice)];
        assert_eq!(refused_fields(change(said.clone()).await), expected, "{said}");
    }
    change(json!({"access_lifetime": 600, "claims": [{"name": "roles", "source": "roles"}]}))
        .await
        .unwrap();
}

/// An application that was switched off takes its sessions along.
#[tokio::test]
async fn a_session_of_an_application_ends_with_it() {
    let test = TestSereno::with_ana().await;
    let (sereno, meta, staff) = (&test.sereno, test.meta(), test.system().await);
    let command = CreateApplication {
        delivery: Delivery::Session,
        origins: vec!["https://shop.example.org".to_owned()],
        ..called("shop")
    };
    let client = Client::of(&test, command).await;
    let mut command = test.credentials("ana", PASSWORD);
    command.client_id.clone_from(&client.credentials.client_id);
    command.client_secret.clone_from(&client.credentials.client_secret);
    let brought = login::for_application(sereno, &meta, command).await.unwrap().brought;
    let Brought::Session(new) = brought else {
        panic!("tokens")
    };
    let works = async || session::resolve(sereno, &new.secret).await.unwrap() != Actor::Anonymous;
    assert!(works().await);
    let from = async |origin| session::resolve_for(sereno, &new.secret, origin).await.unwrap() != Actor::Anonymous;
    assert!(from("https://shop.example.org").await);
    assert!(!from("https://other.example.org").await);
    let pages = test.sign_in("ana").await;
    let borrowed = session::resolve_for(sereno, &pages.secret, "https://shop.example.org")
        .await
        .unwrap();
    assert_eq!(borrowed, Actor::Anonymous, "the console's session is for the console");
    admin::delete(sereno, &meta, &staff, &client.id).await.unwrap();
    assert!(!works().await);
}
