//! Notifications to devices, over the API and as a browser without JavaScript goes about them.

use serde_json::json;
use sereno_core::jobs;
use sereno_core::testing::FakeFcm;

use crate::door::{Answer, Door, PASSWORD};

const PATH: &str = "/console/push";

struct House {
    door: Door,
    fcm: FakeFcm,
}

async fn house() -> House {
    let fcm = FakeFcm::start().await;
    let door = Door::with(|config| {
        config.push.service_account_file = fcm.account_file.to_string_lossy().into_owned();
        config.push.url.clone_from(&fcm.url);
    })
    .await;
    door.user("ana@example.org", Some("ana")).await;
    let device =
        json!({"uuid": "6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e5f", "name": "Ana's phone", "firebase_token": "phone"});
    let login = json!({"identifier": "ana", "password": PASSWORD, "device": device});
    let answer = door.post("/api/v1/login", &login, &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    jobs::run_due(&door.test.sereno).await.unwrap();
    House { door, fcm }
}

fn says(page: &Answer, parts: &[&str]) {
    assert_eq!(page.status, 200, "{}", page.text);
    for part in parts {
        assert!(page.text.contains(part), "no {part}: {}", page.text);
    }
}

#[tokio::test]
async fn a_program_sends_and_reads_what_became_of_it() {
    let House { door, fcm } = house().await;
    let headers = door.superuser().await;
    let staff: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let path = "/api/v1/admin/push-notifications";
    let command = json!({"user": "ana", "title": "Hello", "body": "How are you?", "data": {"type": "greeting"}});
    let mut named = staff.clone();
    named.push(("idempotency-key", "\"8e03978e-40d5-43dd-bc93-6894a57f9324\""));
    let queued = door.post(path, &command, &named).await;
    assert_eq!(queued.status, 202, "{}", queued.text);
    let row = queued.json()["notifications"][0].clone();
    assert_eq!(
        (row["state"].as_str(), row["device"]["name"].as_str()),
        (Some("queued"), Some("Ana's phone"))
    );
    // the same request again is not another notification
    assert_eq!(door.post(path, &command, &named).await.json(), queued.json());
    jobs::run_due(&door.test.sereno).await.unwrap();
    assert_eq!(fcm.taken().len(), 1);
    let one = format!("{path}/{}", row["id"].as_str().unwrap());
    let seen = door.get(&one, &staff).await.json();
    assert_eq!(
        (seen["state"].as_str(), seen["data"]["type"].as_str()),
        (Some("sent"), Some("greeting"))
    );
    assert_eq!(seen["answer"], "projects/demo-project/messages/0:1");
    assert_eq!(
        (
            seen["tried"][0]["number"].as_u64(),
            seen["tried"][0]["outcome"].as_str()
        ),
        (Some(1), Some("sent"))
    );
    assert_eq!(seen["actions"], json!(["resend"]));
    for act in ["retry", "cancel"] {
        let refused = door.post(&format!("{one}/{act}"), &json!({}), &staff).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (409, "state_conflict"),
            "{act}"
        );
    }
    let again = door.post(&format!("{one}/resend"), &json!({}), &staff).await;
    assert_eq!(again.status, 202, "{}", again.text);
    assert_eq!(again.json()["resent_of"], row["id"]);
    let other = format!("{path}/{}", again.json()["id"].as_str().unwrap());
    let cancelled = door.post(&format!("{other}/cancel"), &json!({}), &staff).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.text);
    assert_eq!(
        (cancelled.json()["state"].as_str(), cancelled.json()["reason"].as_str()),
        (Some("cancelled"), Some("cancelled_by_staff"))
    );
    assert_eq!(
        door.get(&format!("{path}?state=sent&user=ana"), &staff).await.json()["total"],
        1
    );
    assert_eq!(door.get(&format!("{path}?state=shoe"), &staff).await.status, 422);
    let unknown = door.post(path, &json!({"user": "nobody", "title": "x"}), &staff).await;
    assert_eq!(unknown.faults(), [("user".to_owned(), "invalid_choice".to_owned())]);
    for (path, status) in [(format!("{path}/x"), 404), (one.replace("push", "push-x"), 404)] {
        assert_eq!(door.get(&path, &staff).await.status.as_u16(), status, "{path}");
    }
}

#[tokio::test]
async fn staff_sends_one_and_tries_again_without_scripts() {
    let House { door, fcm } = house().await;
    let admin = door.administrator().await;
    says(
        &door.page(PATH, &admin).await,
        &["No notification yet", "Send notification", "curl"],
    );
    fcm.refuse("phone", 403, "SENDER_ID_MISMATCH");
    let fields = [
        ("to", "ana"),
        ("title", "Hello <b>"),
        ("body", "How are you?"),
        ("data", "type=greeting"),
    ];
    let sent = door.form("/console/fn/send_push", &fields, PATH, &admin).await;
    let to = sent.header("location").to_owned();
    assert!(
        to.starts_with("/console/push?batch=") && to.ends_with("&done=queued"),
        "{to}"
    );
    jobs::run_due(&door.test.sereno).await.unwrap();
    let list = door.page(&to, &admin).await;
    says(
        &list,
        &[
            "The notification is queued.",
            "1 notification matches",
            "Hello &lt;b&gt;",
            "Failed",
            "Another sender",
        ],
    );
    let id: String = {
        let (_, rest) = list.text.split_once("href=\"/console/push/").unwrap();
        rest.chars().take_while(|c| *c != '"').collect()
    };
    let one = format!("{PATH}/{id}");
    let words = [
        "How are you?",
        "greeting",
        "SENDER_ID_MISMATCH",
        "Try again",
        "All of the same request",
    ];
    says(&door.page(&one, &admin).await, &words);
    fcm.take("phone");
    let again = door.form("/console/fn/retry_push", &[("id", &id)], &one, &admin).await;
    assert_eq!(again.header("location"), format!("{one}?done=queued"));
    jobs::run_due(&door.test.sereno).await.unwrap();
    let page = door.page(&one, &admin).await;
    says(&page, &["Sent", "Taken by the service"]);
    assert!(!page.text.contains("Try again"));
    // anew, and out of the queue again
    let anew = door.form("/console/fn/resend_push", &[("id", &id)], &one, &admin).await;
    let other = anew.header("location").to_owned();
    assert!(other.ends_with("?done=resent"), "{other}");
    says(
        &door.page(&other, &admin).await,
        &["another one like it", "Another notification"],
    );
    let other_id = other
        .trim_start_matches("/console/push/")
        .trim_end_matches("?done=resent");
    let other = format!("{PATH}/{other_id}");
    let out = door
        .form("/console/fn/cancel_push", &[("id", other_id)], &other, &admin)
        .await;
    assert_eq!(out.header("location"), format!("{other}?done=cancelled"));
    says(&door.page(&other, &admin).await, &["Cancelled by staff", "Try again"]);
    assert_eq!(fcm.taken()[0]["notification"]["title"], "Hello <b>");
    // what is refused stands beside its field
    let refused = door
        .form(
            "/console/fn/send_push",
            &[("to", "nobody"), ("title", "x")],
            PATH,
            &admin,
        )
        .await;
    assert_eq!(refused.header("location"), PATH);
    let cookies = format!("{admin}; {}", refused.cookies());
    says(&door.page(PATH, &cookies).await, &["href=\"#to\""]);
}
