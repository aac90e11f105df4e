//! An open WebSocket: its first message, its notifications, the looks at its token, and how it ends. Whatever ends the
//! token ends the connection: it is looked at on a beat, at the moment of its end, and before anything is told.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use sereno_core::Error;
use sereno_core::live::{self, Admitted, Listening, Place};
use sereno_types::{Code, LiveMessage, LiveRequest, Secret};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::router::App;

/// Most bytes of a message: a token in its braces.
pub const MESSAGE_MAX: usize = 16 * 1_024;
/// How long a connection may stay without saying who listens.
const FIRST_MESSAGE: Duration = Duration::from_secs(10);
/// How long a message may take to leave, and the other end to say good-bye.
const PATIENCE: Duration = Duration::from_secs(5);
/// Messages, pings among them, that are heard between two beats.
const PER_BEAT: u32 = 60;
/// Beats after which a silent connection is taken for dead: it has left as many pings unanswered.
const SILENT_BEATS: u32 = 2;

/// Who listens: the token, and the way to be told.
pub struct Listener {
    token: Secret,
    admitted: Admitted,
    listening: Listening,
}

impl Listener {
    /// Begins to listen.
    ///
    /// # Errors
    /// `too_many_connections`.
    pub fn new(app: &App, admitted: Admitted, token: Secret) -> Result<Self, Error> {
        Ok(Self {
            token,
            admitted,
            listening: app.live.listen(&app.sereno, admitted.user_id)?,
        })
    }
}

/// Why a connection ends (RFC 6455 §7.4; 4000 and above are ours).
#[derive(Clone, Copy, Debug)]
enum End {
    /// The other end is gone, or said so.
    Gone,
    /// The server stops.
    Stopping,
    /// Something else than text came.
    NotText,
    /// The other end says too much.
    Flooded,
    /// The other end does not keep up with what it is told.
    Slow,
    /// A message was too large.
    TooLarge,
    /// The token cannot be looked at.
    Unavailable,
    /// A message makes no sense.
    Malformed,
    /// The token is not good, or not any more.
    Token(Code),
    /// Nothing came in time.
    Silent,
    /// The user has too many connections.
    TooMany,
}

impl End {
    const fn frame(self) -> Option<(u16, &'static str)> {
        Some(match self {
            Self::Gone => return None,
            Self::Stopping => (1001, "stopping"),
            Self::NotText => (1003, "text_expected"),
            Self::Flooded => (1008, "too_many_requests"),
            Self::TooLarge => (1009, "body_too_large"),
            // try again later: nothing is wrong with the token
            Self::Slow => (1013, "too_slow"),
            Self::Unavailable => (1013, "unavailable"),
            Self::TooMany => (1013, "too_many_connections"),
            Self::Malformed => (4400, "malformed_body"),
            Self::Token(code) => (4401, code.as_str()),
            Self::Silent => (4408, "request_timeout"),
        })
    }
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        match error.code() {
            code @ (Code::InvalidToken | Code::TokenExpired | Code::TokenRevoked) => Self::Token(code),
            Code::TooManyConnections => Self::TooMany,
            code => {
                tracing::warn!(%code, "the token of an open connection cannot be looked at");
                Self::Unavailable
            }
        }
    }
}

/// Serves one connection until it ends. It holds its place until then.
pub async fn serve(
    app: App,
    socket: WebSocket,
    place: Place,
    listener: Option<Listener>,
    stopping: Option<watch::Receiver<bool>>,
) {
    let mut open = Open { app, socket, heard: 0 };
    let end = tokio::select! {
        () = stopped(stopping) => End::Stopping,
        Err(end) = open.run(listener) => end,
    };
    open.say_good_bye(end).await;
    drop(place);
}

async fn stopped(stopping: Option<watch::Receiver<bool>>) {
    match stopping {
        Some(mut stop) => {
            // a server that is gone has stopped, too
            let _ = stop.wait_for(|stop| *stop).await;
        }
        None => std::future::pending().await,
    }
}

struct Open {
    app: App,
    socket: WebSocket,
    /// Messages since the last beat.
    heard: u32,
}

impl Open {
    /// Never ends well: every way out is the end of the connection.
    async fn run(&mut self, listener: Option<Listener>) -> Result<std::convert::Infallible, End> {
        let mut listener = match listener {
            Some(listener) => listener,
            None => self.first().await?,
        };
        self.welcome(&listener).await?;
        let beat = self.app.sereno.config.live.recheck.span();
        let mut next_beat = Instant::now() + beat;
        let mut silent = 0;
        loop {
            let look_at = next_beat.min(Instant::now() + self.left(&listener));
            tokio::select! {
                message = self.socket.recv() => {
                    silent = 0;
                    if let Some(token) = self.read(message)? {
                        self.renew(&mut listener, token).await?;
                    }
                }
                told = listener.listening.next() => {
                    // whoever does not keep up would miss something without knowing
                    let notification = told.ok_or(End::Slow)?;
                    // what was revoked a moment ago hears nothing of what revoked it
                    live::admit(&self.app.sereno, listener.token.expose()).await?;
                    self.say(&LiveMessage::Notification(notification)).await?;
                }
                () = tokio::time::sleep_until(look_at) => {
                    listener.admitted = live::admit(&self.app.sereno, listener.token.expose()).await?;
                    if Instant::now() >= next_beat {
                        if silent >= SILENT_BEATS {
                            return Err(End::Silent);
                        }
                        silent += 1;
                        self.heard = 0;
                        next_beat = Instant::now() + beat;
                        self.send(Message::Ping(bytes::Bytes::new())).await?;
                    }
                }
            }
        }
    }

    /// Waits for the message that says who listens.
    async fn first(&mut self) -> Result<Listener, End> {
        let token = timeout(FIRST_MESSAGE, self.token()).await.map_err(|_| End::Silent)??;
        let admitted = live::admit(&self.app.sereno, token.expose()).await?;
        Ok(Listener::new(&self.app, admitted, token)?)
    }

    async fn token(&mut self) -> Result<Secret, End> {
        loop {
            let message = self.socket.recv().await;
            if let Some(token) = self.read(message)? {
                return Ok(token);
            }
        }
    }

    /// Goes on with a fresh token of the same user.
    async fn renew(&mut self, listener: &mut Listener, token: Secret) -> Result<(), End> {
        let admitted = live::admit(&self.app.sereno, token.expose()).await?;
        if admitted.user_id != listener.admitted.user_id {
            return Err(End::Token(Code::InvalidToken));
        }
        (listener.token, listener.admitted) = (token, admitted);
        self.welcome(listener).await
    }

    async fn welcome(&mut self, listener: &Listener) -> Result<(), End> {
        let expires_at = listener.admitted.ends_at.map(sereno_core::clock::Moment::timestamp);
        self.say(&LiveMessage::Authenticated { expires_at }).await
    }

    /// How long the token is good.
    fn left(&self, listener: &Listener) -> Duration {
        // longer than any beat
        let for_ever = Duration::from_hours(1);
        let end = listener.admitted.ends_at;
        end.map_or(for_ever, |end| end.since(self.app.sereno.now()).min(for_ever))
    }

    /// What came: a token, or nothing to act upon.
    fn read(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<Option<Secret>, End> {
        self.heard += 1;
        if self.heard > PER_BEAT {
            return Err(End::Flooded);
        }
        match message {
            Some(Ok(Message::Text(text))) => {
                let LiveRequest::Authenticate { token } = serde_json::from_str(&text).map_err(|_| End::Malformed)?;
                Ok(Some(token))
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
            Some(Ok(Message::Binary(_))) => Err(End::NotText),
            Some(Ok(Message::Close(_))) | None => Err(End::Gone),
            Some(Err(error)) => Err(if is_too_large(&error) { End::TooLarge } else { End::Gone }),
        }
    }

    async fn say(&mut self, message: &LiveMessage) -> Result<(), End> {
        let text = serde_json::to_string(message).map_err(|_| End::Unavailable)?;
        self.send(Message::Text(text.into())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        match timeout(PATIENCE, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::Slow),
        }
    }

    /// Says why, and hears what is still under way, so that the reason arrives and is not cut off. Whoever said good-bye first
    /// is answered by hearing on (RFC 6455 §5.5.1).
    async fn say_good_bye(mut self, end: End) {
        if let Some((code, reason)) = end.frame() {
            let frame = CloseFrame {
                code,
                reason: reason.into(),
            };
            if self.send(Message::Close(Some(frame))).await.is_err() {
                return;
            }
        }
        let hearing = async { while let Some(Ok(_)) = self.socket.recv().await {} };
        let _ = timeout(PATIENCE, hearing).await;
    }
}

fn is_too_large(error: &axum::Error) -> bool {
    use std::error::Error as _;
    // axum hides the type; the text is tungstenite's own (`Error::Capacity`)
    let text = error.source().map(ToString::to_string).unwrap_or_default();
    text.starts_with("Space limit exceeded")
}
