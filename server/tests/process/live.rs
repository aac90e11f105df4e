//! The WebSocket, over real sockets: the three ways in, and everything that ends a connection.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a fixture cannot do, its test cannot prove"
)]

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use sereno_core::account::{admin, profile};
use sereno_core::config::Config;
use sereno_core::context::{Actor, freshness};
use sereno_core::event::{Event, EventKind};
use sereno_core::oauth;
use sereno_core::testing::{PASSWORD, Pair, TestSereno};
use sereno_core::{login, token};
use sereno_server::http::listener;
use sereno_server::router::{self, App};
use sereno_types::{Id, Logout, UpdateProfile};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

const PATIENCE: Duration = Duration::from_secs(30);

/// A server on a real listener.
pub struct Serving {
    pub test: TestSereno,
    app: App,
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Serving {
    async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), change).await
    }

    async fn on(socket: TcpListener, change: impl FnOnce(&mut Config)) -> Self {
        let test = TestSereno::with(|config| {
            config.live.recheck = sereno_core::config::Seconds(1);
            change(config);
        })
        .await;
        tokio::spawn(freshness::watch(test.sereno.clone()));
        let app = App::new(test.sereno.clone(), std::sync::Arc::default());
        let address = socket.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let (router, settings) = (router::router(&app), test.sereno.config.server.clone());
        let task = tokio::spawn(async move { listener::serve(socket, router, &settings, stopped).await });
        Self {
            test,
            app,
            address,
            stop,
            task,
        }
    }

    /// Opens a connection, or gives the answer that refuses it.
    async fn try_open(&self, headers: &[(&str, &str)]) -> Result<Open, (u16, Value)> {
        let mut request = format!("ws://{}/api/v1/ws", self.address)
            .into_client_request()
            .unwrap();
        for (name, value) in headers {
            let name = axum::http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((socket, answer)) => {
                let protocol = answer.headers().get("sec-websocket-protocol");
                let protocol = protocol.map(|value| value.to_str().unwrap().to_owned());
                Ok(Open { socket, protocol })
            }
            Err(tungstenite::Error::Http(answer)) => {
                let body = answer.body().as_deref().unwrap_or_default();
                Err((
                    answer.status().as_u16(),
                    serde_json::from_slice(body).unwrap_or(Value::Null),
                ))
            }
            Err(error) => panic!("{error}"),
        }
    }

    async fn open(&self, headers: &[(&str, &str)]) -> Open {
        self.try_open(headers).await.expect("a connection")
    }

    /// Opens a connection with this token, and hears that it is good.
    async fn listen(&self, pair: &Pair) -> Open {
        let bearer = format!("Bearer {}", pair.access_token);
        let mut open = self.open(&[("authorization", &bearer)]).await;
        assert_eq!(open.hear().await["type"], "authenticated");
        open
    }

    async fn refused(&self, headers: &[(&str, &str)]) -> (u16, String) {
        let (status, problem) = self.try_open(headers).await.map(|_| ()).expect_err("a refusal");
        (status, problem["code"].as_str().unwrap_or_default().to_owned())
    }

    /// A user, signed in.
    async fn user(&self, name: &str) -> Pair {
        self.test.user(name).await;
        self.test.log_in(name).await
    }

    /// Something that a user is notified of.
    async fn renamed(&self, pair: &Pair, name: &str) {
        let actor = token::authenticate(&self.test.sereno, &pair.access_token)
            .await
            .unwrap();
        let command = UpdateProfile {
            first_name: Some(Some(name.to_owned())),
            ..UpdateProfile::default()
        };
        profile::update(&self.test.sereno, &self.test.meta(), &actor, command)
            .await
            .unwrap();
    }

    async fn emptied(&self) {
        let emptying = async {
            while self.app.live.open() > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, emptying)
            .await
            .expect("no place was given back");
    }
}

/// The client's end.
struct Open {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    protocol: Option<String>,
}

impl Open {
    async fn say(&mut self, message: &Value) {
        self.socket.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn next(&mut self) -> Option<Message> {
        let next = tokio::time::timeout(PATIENCE, self.socket.next()).await;
        next.expect("nothing came").and_then(Result::ok)
    }

    /// The next message that is no ping.
    async fn hear(&mut self) -> Value {
        loop {
            match self.next().await {
                Some(Message::Text(text)) => return serde_json::from_str(&text).unwrap(),
                Some(Message::Ping(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Hears what kind of thing happened; signing in happened before.
    async fn hear_of(&mut self) -> String {
        loop {
            let message = self.hear().await;
            assert_eq!(message["type"], "notification", "{message}");
            let kind = message["kind"].as_str().unwrap().to_owned();
            if kind != "logged_in" {
                return kind;
            }
        }
    }

    /// How the connection ended: code and reason.
    async fn ended(&mut self) -> (u16, String) {
        loop {
            match self.next().await {
                Some(Message::Close(Some(frame))) => return (frame.code.into(), frame.reason.to_string()),
                Some(_) => {}
                None => panic!("it was cut without a reason"),
            }
        }
    }
}

fn because(code: u16, reason: &str) -> (u16, String) {
    (code, reason.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_are_three_ways_in() {
    let serving = Serving::new().await;
    let pair = serving.user("ana").await;
    let mut by_header = serving.listen(&pair).await;
    assert_eq!(by_header.protocol, None);

    let offered = format!("bearer, {}", pair.access_token);
    let mut by_protocol = serving.open(&[("sec-websocket-protocol", &offered)]).await;
    assert_eq!(by_protocol.protocol.as_deref(), Some("bearer"), "and never the token");
    let welcome = by_protocol.hear().await;
    assert_eq!(welcome["expires_at"], "2026-01-01T00:05:00Z");

    let mut by_message = serving.open(&[]).await;
    by_message
        .say(&json!({"type": "authenticate", "token": pair.access_token}))
        .await;
    assert_eq!(by_message.hear().await["type"], "authenticated");

    serving.test.advance(Duration::from_secs(1));
    serving.renamed(&pair, "Ana").await;
    for open in [&mut by_header, &mut by_protocol, &mut by_message] {
        assert_eq!(open.hear_of().await, "profile_changed");
    }
    drop((by_header, by_protocol, by_message));
    serving.emptied().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_not_good_opens_nothing() {
    let serving = Serving::new().await;
    for headers in [
        [("authorization", "Bearer nonsense")],
        [("authorization", "Basic YTpi")],
        [("sec-websocket-protocol", "bearer, nonsense")],
    ] {
        assert_eq!(
            serving.refused(&headers).await,
            because(401, "invalid_token"),
            "{headers:?}"
        );
    }
    let mut open = serving.open(&[]).await;
    open.say(&json!({"type": "authenticate", "token": "nonsense"})).await;
    assert_eq!(open.ended().await, because(4401, "invalid_token"));
    // expired, which is told to whoever holds it only over the connection
    let pair = serving.user("ana").await;
    serving.test.advance(Duration::from_secs(301));
    let bearer = format!("Bearer {}", pair.access_token);
    assert_eq!(
        serving.refused(&[("authorization", &bearer)]).await,
        because(401, "invalid_token")
    );
    let mut open = serving.open(&[("sec-websocket-protocol", "bearer")]).await;
    assert_eq!(open.protocol.as_deref(), Some("bearer"));
    open.say(&json!({"type": "authenticate", "token": pair.access_token}))
        .await;
    assert_eq!(open.ended().await, because(4401, "token_expired"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_ends_a_connection() {
    let serving = Serving::new().await;
    let pair = serving.user("ana").await;
    for message in [
        json!({"type": "subscribe"}),
        json!({"type": "authenticate"}),
        json!({"type": "authenticate", "token": "x", "more": 1}),
        json!([]),
    ] {
        let mut open = serving.open(&[]).await;
        open.say(&message).await;
        assert_eq!(open.ended().await, because(4400, "malformed_body"), "{message}");
    }
    let mut open = serving.listen(&pair).await;
    open.socket.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(open.ended().await, because(1003, "text_expected"));
    let mut open = serving.listen(&pair).await;
    let _ = open.socket.send(Message::text("x".repeat(20_000))).await;
    assert_eq!(open.ended().await, because(1009, "body_too_large"));
    let mut open = serving.listen(&pair).await;
    for _ in 0..200 {
        let _ = open.socket.send(Message::Ping(axum::body::Bytes::new())).await;
    }
    assert_eq!(open.ended().await, because(1008, "too_many_requests"));
    serving.emptied().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_says_good_bye_is_answered() {
    let serving = Serving::new().await;
    let pair = serving.user("ana").await;
    let mut open = serving.listen(&pair).await;
    open.socket.close(None).await.unwrap();
    let mut answered = false;
    while let Some(message) = open.next().await {
        answered |= matches!(message, Message::Close(_));
    }
    assert!(answered, "it was cut");
    serving.emptied().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_says_nothing_is_let_go() {
    let serving = Serving::new().await;
    let mut open = serving.open(&[]).await;
    assert_eq!(open.ended().await, because(4408, "request_timeout"));
}

/// A client that answers no ping: its machine is asleep, or its network gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_answers_no_ping_is_let_go() {
    let serving = Serving::new().await;
    let pair = serving.user("ana").await;
    let mut stream = TcpStream::connect(serving.address).await.unwrap();
    let request = format!(
        "GET /api/v1/ws HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nauthorization: Bearer {}\r\n\r\n",
        pair.access_token
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut heard))
        .await
        .expect("it was kept")
        .unwrap();
    let text = String::from_utf8_lossy(&heard);
    assert!(text.starts_with("HTTP/1.1 101"), "{text}");
    assert!(text.ends_with("request_timeout"), "{text}");
}

/// As little as the system lets wait between the two ends.
fn narrow() -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(1).unwrap();
    socket.set_recv_buffer_size(1).unwrap();
    socket
}

/// A client that is told more than it reads misses something: it hears that it is to come back, and why.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_does_not_keep_up_is_told_to_come_back() {
    let ours = narrow();
    ours.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let serving = Serving::on(ours.listen(16).unwrap(), |_| ()).await;
    let pair = serving.user("ana").await;
    let stream = narrow().connect(serving.address).await.unwrap();
    let mut request = format!("ws://{}/api/v1/ws", serving.address)
        .into_client_request()
        .unwrap();
    let bearer = format!("Bearer {}", pair.access_token);
    request.headers_mut().append("authorization", bearer.parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    // more than may wait for one connection, all at once; nothing of it is read before it happened
    serving.test.advance(Duration::from_secs(1));
    let mut tx = serving
        .test
        .sereno
        .begin(&serving.test.meta(), &Actor::System)
        .await
        .unwrap();
    for _ in 0..300 {
        tx.record(Event::new(EventKind::ProfileChanged).about(pair.user_id));
    }
    tx.commit().await.unwrap();
    let mut heard = 0;
    let end = loop {
        match tokio::time::timeout(PATIENCE, socket.next())
            .await
            .expect("nothing came")
        {
            Some(Ok(Message::Text(_))) => heard += 1,
            Some(Ok(Message::Close(Some(frame)))) => break (frame.code.into(), frame.reason.to_string()),
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(end, because(1013, "too_slow"));
    assert!(heard < 300, "nothing was missed");
    drop(socket);
    serving.emptied().await;
}

/// A client that reads nothing at all cannot even be told; it keeps no place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_reads_nothing_keeps_no_place() {
    let ours = narrow();
    ours.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let serving = Serving::on(ours.listen(16).unwrap(), |_| ()).await;
    let pair = serving.user("ana").await;
    let mut stream = narrow().connect(serving.address).await.unwrap();
    let request = format!(
        "GET /api/v1/ws HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nauthorization: Bearer {}\r\n\r\n",
        pair.access_token
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let opening = async {
        while serving.app.live.open() == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, opening)
        .await
        .expect("it was not opened");
    serving.test.advance(Duration::from_secs(1));
    let long = "x".repeat(2_000);
    let mut tx = serving
        .test
        .sereno
        .begin(&serving.test.meta(), &Actor::System)
        .await
        .unwrap();
    for _ in 0..60 {
        let event = Event::new(EventKind::ProfileChanged).about(pair.user_id);
        tx.record(event.with("fields", long.as_str()));
    }
    tx.commit().await.unwrap();
    serving.emptied().await;
    drop(stream);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_ends_with_its_token() {
    let serving = Serving::new().await;
    let pair = serving.user("ana").await;
    let mut open = serving.listen(&pair).await;
    serving.test.advance(Duration::from_mins(5));
    assert_eq!(open.ended().await, because(4401, "token_expired"));
    serving.emptied().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fresh_token_keeps_it_open() {
    let serving = Serving::new().await;
    let pair = serving.user("ana").await;
    let mut open = serving.listen(&pair).await;
    serving.test.advance(Duration::from_secs(200));
    let fresh = serving.test.refresh(&pair.refresh_token).await.unwrap();
    open.say(&json!({"type": "authenticate", "token": fresh.access_token}))
        .await;
    let mut welcome = open.hear().await;
    while welcome["type"] == "notification" {
        welcome = open.hear().await;
    }
    assert_eq!(welcome["expires_at"], "2026-01-01T00:08:20Z");
    serving.test.advance(Duration::from_secs(200));
    serving.renamed(&fresh, "Ana").await;
    assert_eq!(open.hear_of().await, "profile_changed");
    // but nobody else's
    let other = serving.user("bob").await;
    open.say(&json!({"type": "authenticate", "token": other.access_token}))
        .await;
    assert_eq!(open.ended().await, because(4401, "invalid_token"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_a_sign_in_elsewhere_ends_its_connection() {
    let serving = Serving::new().await;
    let there = serving.test.another().await;
    let (ana, bob) = (serving.user("ana").await, serving.user("bob").await);
    let (mut hers, mut his) = (serving.listen(&ana).await, serving.listen(&bob).await);
    let command = Logout {
        refresh_token: Some(ana.refresh_token.as_str().into()),
        ..Logout::default()
    };
    login::logout(&there.sereno, &there.meta(), &Actor::Anonymous, command)
        .await
        .unwrap();
    let (staff, id) = (there.system().await, Id(bob.user_id.to_string()));
    admin::lock(&there.sereno, &there.meta(), &staff, &id).await.unwrap();
    assert_eq!(hers.ended().await, because(4401, "token_revoked"));
    assert_eq!(his.ended().await, because(4401, "token_revoked"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_on_another_node_is_heard_and_nothing_of_others() {
    let serving = Serving::new().await;
    let there = serving.test.another().await;
    let (ana, bob) = (serving.user("ana").await, serving.user("bob").await);
    serving.test.advance(Duration::from_secs(1));
    let (mut hers, mut his) = (serving.listen(&ana).await, serving.listen(&bob).await);
    for (pair, name) in [(&bob, "Robert"), (&ana, "Anna")] {
        let actor = token::authenticate(&there.sereno, &pair.access_token).await.unwrap();
        let command = UpdateProfile {
            first_name: Some(Some(name.to_owned())),
            ..UpdateProfile::default()
        };
        profile::update(&there.sereno, &there.meta(), &actor, command)
            .await
            .unwrap();
    }
    // what happens at one moment has no order
    serving.test.advance(Duration::from_secs(1));
    let command = there.credentials("ana", PASSWORD);
    login::for_application(&there.sereno, &there.meta(), command)
        .await
        .unwrap();
    // each hears of the one change that is theirs, and then of what is theirs again
    assert_eq!(hers.hear().await["kind"], "profile_changed");
    assert_eq!(hers.hear().await["kind"], "logged_in");
    assert_eq!(his.hear().await["kind"], "profile_changed");
    serving.renamed(&bob, "Bob").await;
    assert_eq!(his.hear().await["kind"], "profile_changed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_sites_and_cookies_open_nothing() {
    let serving = Serving::new().await;
    serving.test.user("ana").await;
    let session = serving.test.sign_in("ana").await;
    let cookie = format!("sid={}", session.secret);
    assert_eq!(
        serving
            .refused(&[("origin", "https://evil.example"), ("cookie", &cookie)])
            .await,
        because(403, "cross_site_request")
    );
    assert_eq!(
        serving.refused(&[("origin", "null")]).await,
        because(403, "cross_site_request")
    );
    // ours and an application's may come, and the cookie proves nothing
    let command =
        json!({"name": "Shop", "client_id": "shop", "kind": "public", "origins": ["https://shop.example.org"]});
    let staff = serving.test.system().await;
    oauth::admin::create(
        &serving.test.sereno,
        &serving.test.meta(),
        &staff,
        serde_json::from_value(command).unwrap(),
        None,
    )
    .await
    .unwrap();
    for origin in ["http://127.0.0.1:3000", "https://shop.example.org"] {
        let mut open = serving.open(&[("origin", origin), ("cookie", &cookie)]).await;
        open.say(&json!({"type": "authenticate", "token": session.secret}))
            .await;
        assert_eq!(open.ended().await, because(4401, "invalid_token"), "{origin}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_are_so_many_connections_and_no_more() {
    let serving = Serving::with(|config| {
        config.live.connections = 2;
        config.live.connections_per_user = 1;
        // an open connection is no request under way
        config.server.max_requests = 1;
    })
    .await;
    let pair = serving.user("ana").await;
    let bearer = format!("Bearer {}", pair.access_token);
    let hers = serving.listen(&pair).await;
    assert_eq!(
        serving.refused(&[("authorization", &bearer)]).await,
        because(429, "too_many_connections")
    );
    let mut late = serving.open(&[]).await;
    assert_eq!(serving.refused(&[]).await, because(503, "overloaded"));
    late.say(&json!({"type": "authenticate", "token": pair.access_token}))
        .await;
    assert_eq!(late.ended().await, because(1013, "too_many_connections"));
    drop((hers, late));
    serving.emptied().await;
    serving.listen(&pair).await;
}

/// The listener's time-outs are for connections that speak HTTP.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_connection_is_kept_as_long_as_it_answers() {
    let serving = Serving::with(|config| {
        config.server.idle_timeout = sereno_core::config::Seconds(1);
        config.server.header_timeout = sereno_core::config::Seconds(1);
    })
    .await;
    let pair = serving.user("ana").await;
    let mut open = serving.listen(&pair).await;
    let mut pings = 0;
    while pings < 4 {
        if let Some(Message::Ping(_)) = open.next().await {
            pings += 1;
        }
    }
    serving.renamed(&pair, "Ana").await;
    assert_eq!(open.hear_of().await, "profile_changed");
}

/// An open connection is one of its address's, and one of all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_connection_holds_its_place_at_the_listener() {
    let serving = Serving::with(|config| config.server.max_connections_per_address = 1).await;
    let pair = serving.user("ana").await;
    let open = serving.listen(&pair).await;
    let answers = async || {
        let mut stream = TcpStream::connect(serving.address).await.unwrap();
        let asked = stream
            .write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            .await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        asked.is_ok() && !answer.is_empty()
    };
    assert!(!answers().await, "a second one was served");
    drop(open);
    serving.emptied().await;
    let freed = async { while !answers().await {} };
    tokio::time::timeout(PATIENCE, freed).await.expect("the place was kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_says_so() {
    let serving = Serving::new().await;
    let pair = serving.user("ana").await;
    let (mut hers, mut nobodys) = (serving.listen(&pair).await, serving.open(&[]).await);
    serving.stop.send(true).unwrap();
    assert_eq!(hers.ended().await, because(1001, "stopping"));
    assert_eq!(nobodys.ended().await, because(1001, "stopping"));
    drop((hers, nobodys));
    tokio::time::timeout(PATIENCE, serving.task)
        .await
        .expect("it waits")
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_request_is_told_to_upgrade() {
    let serving = Serving::new().await;
    let mut stream = TcpStream::connect(serving.address).await.unwrap();
    stream
        .write_all(b"GET /api/v1/ws HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 426"), "{answer}");
    assert!(
        answer.contains("upgrade: websocket") && answer.contains("upgrade_required"),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_counted() {
    let serving = Serving::new().await;
    let pair = serving.user("ana").await;
    let figure = |app: &App| {
        let text = app.metrics.text(&app.sereno, &app.live);
        text.lines()
            .find(|line| line.starts_with("sereno_live_connections "))
            .unwrap()
            .to_owned()
    };
    assert_eq!(figure(&serving.app), "sereno_live_connections 0");
    let _open = serving.listen(&pair).await;
    assert_eq!(figure(&serving.app), "sereno_live_connections 1");
}
