//! The WebSocket, which finds its user by the bearer token of a sign-in here.

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::fixture::NetsCore;

/// What a connection that brings this header hears first, or the status that refuses it.
async fn heard(facade: &NetsCore, authorization: &str) -> Result<Value, u16> {
    let address = facade.place.listen().await;
    let mut request = format!("ws://{address}/api/v1/ws").into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert("authorization", authorization.parse().unwrap());
    match tokio_tungstenite::connect_async(request).await {
        Ok((mut socket, _)) => {
            let first = socket.next().await.unwrap().unwrap();
            Ok(serde_json::from_str(first.to_text().unwrap()).unwrap())
        }
        Err(Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_websocket_finds_its_user_by_the_bearer_token() {
    let facade = NetsCore::with(|_| ()).await;
    let (access, _) = facade.sign_in("otp@example.com").await;
    let bearer = format!("Bearer {access}");
    let first = heard(&facade, &bearer).await.unwrap();
    assert_eq!(first["type"], "authenticated", "{first}");
    assert_eq!(heard(&facade, "Bearer made-up").await, Err(401));
    assert_eq!(heard(&facade, &access).await, Err(401), "a raw token");
    assert_eq!(facade.json("/logout/", &json!({}), Some(&access)).await.status, 200);
    assert_eq!(heard(&facade, &bearer).await, Err(401), "signed out");
}
