//! Notifications: who is told of what, from which node, and who is let go.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::time::Duration;

use sereno_core::account::profile;
use sereno_core::context::Actor;
use sereno_core::event::{Event, EventKind};
use sereno_core::live::{self, Hub, Listening};
use sereno_core::testing::{TestSereno, refused};
use sereno_core::token;
use sereno_types::{Code, Id, Notification, UpdateProfile};

fn first_name(name: &str) -> UpdateProfile {
    UpdateProfile {
        first_name: Some(Some(name.to_owned())),
        ..UpdateProfile::default()
    }
}

async fn told(listening: &mut Listening) -> Notification {
    let patience = Duration::from_secs(30);
    tokio::time::timeout(patience, listening.next()).await.unwrap().unwrap()
}

/// Until the table of events was read so many times more.
async fn looked(test: &TestSereno, times: usize) {
    let patience = tokio::time::timeout(Duration::from_secs(30), async {
        let mut seen = 0;
        while seen < times {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let statements = test.statements.take();
            seen += statements.iter().filter(|sql| sql.contains("FROM \"event\"")).count();
        }
    });
    patience.await.unwrap();
}

#[tokio::test]
async fn everybody_hears_of_themselves_and_of_nobody_else() {
    let (here, hub) = (TestSereno::new().await, Hub::default());
    let there = here.another().await;
    let (ana, bob) = (here.user("ana").await, here.user("bob").await);
    let pair = here.log_in("ana").await;
    here.advance(Duration::from_secs(1));
    let mut listening = hub.listen(&here.sereno, ana).unwrap();
    let staff = there.system().await;
    for (user, name) in [(bob, "Bob"), (ana, "Anna")] {
        let (id, command) = (Id(user.to_string()), first_name(name));
        profile::update_theirs(&there.sereno, &there.meta(), &staff, &id, command)
            .await
            .unwrap();
    }
    let actor = token::authenticate(&here.sereno, &pair.access_token).await.unwrap();
    here.advance(Duration::from_secs(1));
    profile::update(&here.sereno, &here.meta(), &actor, first_name("Ana"))
        .await
        .unwrap();
    let (by_staff, by_herself) = (told(&mut listening).await, told(&mut listening).await);
    assert_eq!(by_staff.kind, "profile_changed");
    assert_eq!(by_staff.detail["by"], "system");
    assert!(!by_staff.detail.contains_key("address"), "where staff was is told");
    assert_eq!(by_herself.detail["by"], "user");
    assert_eq!(by_herself.detail["address"], "192.0.2.1");
    assert_eq!(by_herself.detail["fields"], serde_json::json!(["first_name"]));
    assert!(by_staff.occurred_at < by_herself.occurred_at);
    // and nothing twice, and nothing of Bob
    looked(&here, 2).await;
    let nothing = tokio::time::timeout(Duration::ZERO, listening.next()).await;
    assert!(nothing.is_err(), "{nothing:?}");
}

#[tokio::test]
async fn staff_is_never_named() {
    let (test, hub) = (TestSereno::new().await, Hub::default());
    let ana = test.user("ana").await;
    let root = test.superuser("root").await;
    let pair = test.log_in("root").await;
    let actor = token::authenticate(&test.sereno, &pair.access_token).await.unwrap();
    let staff = test.staff(&actor).await;
    let mut listening = hub.listen(&test.sereno, ana).unwrap();
    let id = Id(ana.to_string());
    profile::update_theirs(&test.sereno, &test.meta(), &staff, &id, first_name("Anna"))
        .await
        .unwrap();
    let said = serde_json::to_string(&told(&mut listening).await).unwrap();
    assert!(said.contains("\"by\":\"staff\""), "{said}");
    assert!(
        !said.contains(&root.to_string()) && !said.contains("192.0.2.1"),
        "{said}"
    );
}

/// An event bears the moment at which its transaction began, and is seen when that is committed.
#[tokio::test]
async fn what_is_committed_late_is_told_too() {
    let (test, hub) = (TestSereno::new().await, Hub::default());
    let ana = test.user("ana").await;
    let mut listening = hub.listen(&test.sereno, ana).unwrap();
    looked(&test, 1).await;
    let mut tx = test.sereno.begin(&test.meta(), &Actor::System).await.unwrap();
    tx.record(Event::new(EventKind::ProfileChanged).about(ana));
    test.advance(Duration::from_secs(10));
    looked(&test, 2).await;
    tx.commit().await.unwrap();
    assert_eq!(told(&mut listening).await.kind, "profile_changed");
}

#[tokio::test]
async fn what_happened_before_is_not_told() {
    let (test, hub) = (TestSereno::new().await, Hub::default());
    let ana = test.user("ana").await;
    test.log_in("ana").await;
    test.advance(Duration::from_secs(1));
    let mut listening = hub.listen(&test.sereno, ana).unwrap();
    test.log_in("ana").await;
    assert_eq!(told(&mut listening).await.kind, "logged_in");
    looked(&test, 2).await;
    let nothing = tokio::time::timeout(Duration::ZERO, listening.next()).await;
    assert!(nothing.is_err(), "{nothing:?}");
}

#[tokio::test]
async fn nobody_reads_the_events_while_nobody_listens() {
    let (test, hub) = (TestSereno::new().await, Hub::default());
    let ana = test.user("ana").await;
    let (one, two) = (hub.listen(&test.sereno, ana), hub.listen(&test.sereno, ana));
    looked(&test, 2).await;
    drop((one, two));
    // the feeder finds out at its next look
    tokio::time::sleep(2 * live::DELAY).await;
    test.statements.take();
    tokio::time::sleep(2 * live::DELAY).await;
    assert_eq!(test.statements.take(), Vec::<String>::new());
    // whoever comes next is fed again
    let mut listening = hub.listen(&test.sereno, ana).unwrap();
    test.log_in("ana").await;
    assert_eq!(told(&mut listening).await.kind, "logged_in");
}

#[tokio::test]
async fn whoever_does_not_keep_up_is_let_go() {
    let (test, hub) = (TestSereno::new().await, Hub::default());
    let ana = test.user("ana").await;
    let (mut slow, mut quick) = (
        hub.listen(&test.sereno, ana).unwrap(),
        hub.listen(&test.sereno, ana).unwrap(),
    );
    let mut heard = 0;
    while heard < 80 {
        let mut tx = test.sereno.begin(&test.meta(), &Actor::System).await.unwrap();
        for _ in 0..40 {
            tx.record(Event::new(EventKind::ProfileChanged).about(ana));
        }
        tx.commit().await.unwrap();
        for _ in 0..40 {
            told(&mut quick).await;
            heard += 1;
        }
    }
    let mut left = 0;
    while tokio::time::timeout(Duration::from_secs(30), slow.next())
        .await
        .unwrap()
        .is_some()
    {
        left += 1;
    }
    assert!(left < heard, "{left} were kept");
}

#[tokio::test]
async fn there_is_room_for_so_many() {
    let test = TestSereno::with(|config| {
        config.live.connections = 2;
        config.live.connections_per_user = 1;
    })
    .await;
    let hub = Hub::default();
    let (ana, bob) = (test.user("ana").await, test.user("bob").await);
    let one = hub.place(&test.sereno).unwrap();
    let _two = hub.place(&test.sereno).unwrap();
    assert_eq!(refused(hub.place(&test.sereno)), Code::Overloaded);
    drop(one);
    assert_eq!(hub.open(), 1);
    hub.place(&test.sereno).unwrap();
    let hers = hub.listen(&test.sereno, ana).unwrap();
    assert_eq!(refused(hub.listen(&test.sereno, ana)), Code::TooManyConnections);
    let _his = hub.listen(&test.sereno, bob).unwrap();
    drop(hers);
    hub.listen(&test.sereno, ana).unwrap();
}

/// Requests keep at least half of the listener's places.
#[tokio::test]
async fn connections_leave_room_for_requests() {
    let test = TestSereno::with(|config| config.server.max_connections = 4).await;
    let hub = Hub::default();
    let _two = (hub.place(&test.sereno).unwrap(), hub.place(&test.sereno).unwrap());
    assert_eq!(refused(hub.place(&test.sereno)), Code::Overloaded);
}

#[tokio::test]
async fn a_token_lets_in_until_it_ends() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let pair = test.log_in("ana").await;
    let admitted = live::admit(&test.sereno, &pair.access_token).await.unwrap();
    assert_eq!(admitted.user_id, pair.user_id);
    let left = admitted.ends_at.unwrap().since(test.sereno.now());
    assert_eq!(left, Duration::from_mins(5));
    test.advance(left);
    // without the leeway that requests have
    token::authenticate(&test.sereno, &pair.access_token).await.unwrap();
    assert_eq!(
        refused(live::admit(&test.sereno, &pair.access_token).await),
        Code::TokenExpired
    );
    assert_eq!(refused(live::admit(&test.sereno, "at").await), Code::InvalidToken);
}
