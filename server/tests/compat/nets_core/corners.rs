//! Corners of the wire that the recorded exchanges do not reach. What is expected here is what the package itself answered when it
//! was asked; where it crashed, a refusal in its words.

use std::time::Duration;

use serde_json::{Value, json};

use super::fixture::{CLIENT, NetsCore, png};

const HOUR: Duration = Duration::from_hours(1);
const UNKNOWN: &str = "6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e5f";

#[tokio::test]
async fn null_and_nothing_ask_for_the_whole_profile() {
    let facade = NetsCore::with(|_| ()).await;
    let (access, _) = facade.sign_in("otp@example.com").await;
    let shown = async |body: Value| {
        let answer = facade.json("/getProfile/", &body, Some(&access)).await;
        assert_eq!(answer.status, 200, "{body} {}", answer.text);
        answer.json()["data"].clone()
    };
    let whole = shown(json!({})).await;
    assert_eq!(whole["email"], "otp@example.com");
    for fields in [
        json!(null),
        json!([]),
        json!(""),
        json!("null"),
        json!(0),
        json!(false),
        json!({"value": null}),
        json!({"label": 1}),
        json!([null]),
    ] {
        assert_eq!(shown(json!({"fields": fields})).await, whole, "{fields}");
    }
    assert_eq!(shown(json!({"fields": {"value": ["id"]}})).await, json!({"id": 6}));
    // names that there are, of which nobody is shown one
    assert_eq!(
        shown(json!({"fields": ["password", "is_superuser"]})).await,
        Value::Null
    );
}

#[tokio::test]
async fn moments_have_a_fraction() {
    let facade = NetsCore::with(|_| ()).await;
    let (code, device) = facade.ask("otp@example.com").await;
    let body = facade.credentials("otp@example.com", &code, &device);
    let answer = facade.json("/authenticate/", &body, None).await.json();
    let pattern = |text: &Value| -> String {
        let text = text.as_str().unwrap().chars();
        text.map(|c| if c.is_ascii_digit() { '9' } else { c }).collect()
    };
    let data = &answer["data"];
    assert_eq!(pattern(&data["token_expire"]), "9999-99-99T99:99:99.999Z");
    assert_eq!(
        pattern(&data["user"]["date_joined"]),
        "9999-99-99T99:99:99.999999+99:99"
    );
    let joined = data["user"]["date_joined"].as_str().unwrap();
    assert!(joined.ends_with(".000000+00:00"), "{joined}");
}

#[tokio::test]
async fn zero_is_no_address() {
    let facade = NetsCore::with(|_| ()).await;
    for email in [json!(0), json!("0"), json!(false), json!(0.0)] {
        let asked = facade
            .json("/login/", &json!({"email": email, "device": {"name": "x"}}), None)
            .await;
        let said = json!({"res": 0, "message": "'int' object has no attribute 'startswith'", "data": null});
        assert_eq!((asked.status, asked.json()), (400, said), "{email}");
        let mut body = facade.credentials("", "123456", "");
        body["email"] = email.clone();
        let entered = facade.json("/authenticate/", &body, None).await;
        let said = json!({"res": 0, "message": "index_field doesn't sent a valid value"});
        assert_eq!((entered.status, entered.json()), (200, said), "{email}");
    }
    let chosen = json!({"email": {"value": null}, "device": {"name": "x"}});
    let answer = facade.json("/login/", &chosen, None).await;
    assert_eq!(answer.json()["message"], "RP01: El parámetro email es obligatorio");
}

#[tokio::test]
async fn a_secret_is_refused_in_the_words_of_what_compares_it() {
    let facade = NetsCore::with(|_| ()).await;
    let (code, device) = facade.ask("otp@example.com").await;
    let mut body = facade.credentials("otp@example.com", &code, &device);
    let numbers = "unsupported operand types(s) or combination of types: 'str' and 'int'";
    for (secret, said) in [
        (
            json!("é"),
            "comparing strings with non-ASCII characters is not supported",
        ),
        (json!("nope"), "Invalid client_secret"),
        (json!(5), "Invalid client_secret"),
        (json!(0), numbers),
        (json!("0"), numbers),
    ] {
        body["client_secret"] = secret.clone();
        let answer = facade.json("/authenticate/", &body, None).await;
        let said = json!({"res": 0, "message": said, "data": null});
        assert_eq!((answer.status, answer.json()), (400, said), "{secret}");
    }
    body["client_secret"] = json!("é");
    body["client_id"] = json!("nope");
    let answer = facade.json("/authenticate/", &body, None).await;
    assert_eq!(answer.json()["message"], "Invalid client_id");
}

/// A session comes before a bearer token, and signing out ends both.
#[tokio::test]
async fn beside_a_cookie_a_bearer_token_is_not_asked() {
    let facade = NetsCore::with(|_| ()).await;
    let (cookies, _) = facade.sign_in("otp@example.com").await;
    let (other, _) = facade.sign_in("u2@example.com").await;
    let cookie = format!("sessionid={cookies}");
    let send = async |path: &str, cookie: &str, bearer: &str| {
        let bearer = format!("Bearer {bearer}");
        let headers = [("cookie", cookie), ("authorization", bearer.as_str())];
        facade.place.send("POST", path, &headers, "").await
    };
    for bearer in [other.as_str(), "zzz", ""] {
        let answer = send("/getProfile/", &cookie, bearer).await;
        assert_eq!(answer.json()["data"]["email"], "otp@example.com", "{bearer}");
        assert_eq!(answer.set_cookies(), Vec::<String>::new());
    }
    // a cookie of nobody's is taken away
    let answer = send("/getProfile/", "sessionid=nonsense", &other).await;
    assert_eq!(answer.json()["data"]["email"], "u2@example.com");
    assert_eq!(answer.cookie("sessionid").as_deref(), Some("\"\""));
    let left = send("/logout/", &cookie, &other).await;
    assert_eq!(left.status, 200, "{}", left.text);
    assert_eq!(left.set_cookies().len(), 1);
    for token in [&cookies, &other] {
        assert_eq!(facade.json("/getProfile/", &json!({}), Some(token)).await.status, 403);
    }
}

#[tokio::test]
async fn a_devices_uuid_is_read_as_django_does() {
    let facade = NetsCore::with(|_| ()).await;
    let (_, device) = facade.ask("otp@example.com").await;
    for uuid in [
        device.to_uppercase(),
        device.replace('-', ""),
        format!("{{{device}}}"),
        format!("urn:uuid:{device}"),
    ] {
        let body = json!({"email": "otp@example.com", "device": {"uuid": uuid}});
        let answer = facade.json("/login/", &body, None).await;
        assert_eq!(answer.json()["extra"]["device_uuid"], json!(device), "{}", answer.text);
        // as many mails as there may be
        facade.place.test.advance(HOUR);
    }
    let malformed = |text: &str| format!("['“{text}” is not a valid UUID.']");
    for (uuid, said) in [
        (json!(5), "Invalid device uuid".to_owned()),
        (json!(true), "Invalid device uuid".to_owned()),
        (json!(UNKNOWN), "Invalid device uuid".to_owned()),
        (json!("0"), malformed("0")),
        (json!(format!(" {device}")), malformed(&format!(" {device}"))),
        (json!([1]), malformed("[1]")),
        (json!({"a": 1}), "[\"“{'a': 1}” is not a valid UUID.\"]".to_owned()),
    ] {
        let asked = json!({"email": "otp@example.com", "device": {"uuid": uuid}});
        let mut entered = facade.credentials("otp@example.com", "123456", "");
        entered["device_uuid"] = uuid.clone();
        for (door, body) in [("/login/", &asked), ("/authenticate/", &entered)] {
            let answer = facade.json(door, body, None).await;
            let expected = json!({"res": 0, "message": said, "data": null});
            assert_eq!((answer.status, answer.json()), (400, expected), "{door} {uuid}");
        }
    }
}

/// What is no device of the caller's is passed over; what cannot be one is refused, where the package crashed.
#[tokio::test]
async fn signing_out_names_a_device_however_it_likes() {
    let facade = NetsCore::with(|_| ()).await;
    for (uuid, status) in [
        (json!(5), 200),
        (json!(true), 200),
        (json!(0), 200),
        (json!(null), 200),
        (json!(""), 200),
        (json!(UNKNOWN), 200),
        (json!("zzz"), 400),
        (json!(5.5), 400),
        (json!(-1), 400),
        (json!([1]), 400),
        (json!({"a": 1}), 400),
        (json!("x\u{0}y"), 400),
    ] {
        let (access, _) = facade.sign_in("otp@example.com").await;
        let answer = facade
            .json("/logout/", &json!({"device_uuid": uuid}), Some(&access))
            .await;
        assert_eq!(answer.status, status, "{uuid} {}", answer.text);
        assert_eq!(answer.json()["res"], json!(u8::from(status == 200)));
        facade.place.test.advance(HOUR);
    }
}

/// What no database of ours keeps is refused wherever it stands, after the sentences that repeat what came.
#[tokio::test]
async fn a_nul_is_refused_in_djangos_words() {
    let facade = NetsCore::with(|_| ()).await;
    let (access, _) = facade.sign_in("otp@example.com").await;
    let refused = (400, json!({"res": 0, "message": "Null characters are not allowed."}));
    for (door, body) in [
        ("/login/", json!({"email": "a\u{0}b", "device": {"name": "x"}})),
        (
            "/login/",
            json!({"email": "a@example.com", "device": {"name": "a\u{0}b"}}),
        ),
        ("/login/", json!({"email": "a@example.com", "extra": [{"a\u{0}": 1}]})),
        ("/update/", json!({"first_name": "a\u{0}b"})),
        ("/getProfile/", json!({"fields": ["a\u{0}b"]})),
    ] {
        let answer = facade.json(door, &body, Some(&access)).await;
        assert_eq!((answer.status, answer.json()), refused, "{door} {body}");
    }
    let form = facade.form("/login/", &[("email", "a\u{0}b")]).await;
    assert_eq!((form.status, form.json()), refused);
    let bearer = format!("Bearer {access}");
    let headers = [("authorization", bearer.as_str())];
    let asked = facade.place.send("GET", "/getProfile/?a=%00", &headers, "").await;
    assert_eq!((asked.status, asked.json()), refused);
    let mut body = facade.credentials("otp@example.com", "", "");
    body["code"] = json!("1\u{0}2");
    let answer = facade.json("/authenticate/", &body, None).await;
    let said = "RP02: El valor del parámetro code no es válido:  1\u{0}2 no es <class 'int'>";
    assert_eq!((answer.status, answer.json()["message"].as_str()), (400, Some(said)));
}

/// A name is a line of text; the package kept whatever came.
#[tokio::test]
async fn names_hold_no_control_characters() {
    let facade = NetsCore::with(|_| ()).await;
    let (access, _) = facade.sign_in("otp@example.com").await;
    for name in ["a\nb", "a\u{7}b"] {
        let answer = facade
            .json("/update/", &json!({"first_name": name}), Some(&access))
            .await;
        assert_eq!(answer.status, 400, "{}", answer.text);
        assert!(answer.json()["message"].as_str().unwrap().starts_with("first_name: "));
        assert_eq!(answer.json()["data"], Value::Null);
        // what a telephone calls itself does not keep anybody out
        let body = json!({"email": "u1@example.com", "device": {"name": name}});
        assert_eq!(facade.json("/login/", &body, None).await.status, 200);
    }
}

/// What is no project is nobody's, also what cannot be one (the package crashed): else it would tell which projects there are.
#[tokio::test]
async fn a_project_that_is_none_is_nobodys() {
    let facade = NetsCore::with(|_| ()).await;
    let (access, _) = facade.sign_in("otp@example.com").await;
    for project in [
        json!(5),
        json!("5"),
        json!("0"),
        json!(true),
        json!(UNKNOWN),
        json!("abc"),
        json!([1]),
        json!({"a": 1}),
    ] {
        let body = json!({"project_id": project});
        let answer = facade.json("/getProfile/", &body, Some(&access)).await;
        assert_eq!(answer.status, 200, "{project} {}", answer.text);
        // nor without a sign-in
        let answer = facade.json("/login/", &body, None).await;
        assert_eq!(answer.json()["message"], "Missing params: email", "{project}");
    }
}

/// A new address is taken as long as the sign-in is fresh, and later nothing of what came with it is.
#[tokio::test]
async fn a_new_address_wants_a_fresh_sign_in() {
    let facade = NetsCore::with(|_| ()).await;
    let (access, _) = facade.sign_in("otp@example.com").await;
    facade.place.test.advance(Duration::from_mins(6));
    let body = json!({"first_name": "Otto", "email": "other@example.com"});
    let answer = facade.json("/update/", &body, Some(&access)).await;
    assert_eq!(
        (answer.status, &answer.json()["res"]),
        (403, &json!(0)),
        "{}",
        answer.text
    );
    // the same address is none that is new
    let body = json!({"last_name": "Ott", "email": "otp@example.com"});
    let answer = facade.json("/update/", &body, Some(&access)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let names = json!({"fields": ["first_name", "last_name"]});
    let shown = facade.json("/getProfile/", &names, Some(&access)).await;
    assert_eq!(shown.json()["data"], json!({"first_name": "", "last_name": "Ott"}));
}

/// What Sereno keeps of a secret opens nothing.
#[tokio::test]
async fn what_is_kept_of_a_secret_is_none() {
    let facade = NetsCore::with(|_| ()).await;
    let code = facade.ask("otp@example.com").await;
    let test = &facade.place.test;
    let kept = test.column("SELECT digest FROM application_secret").await;
    assert!(!kept.is_empty());
    for digest in kept {
        let mut body = facade.credentials("otp@example.com", &code.0, &code.1);
        body["client_secret"] = json!(digest);
        let answer = facade.json("/authenticate/", &body, None).await;
        assert_eq!(answer.json()["message"], "Invalid client_secret", "{}", answer.text);
    }
}

/// Neither that somebody has just asked for a code, nor that there is an account, is told to who has none.
#[tokio::test]
async fn who_asked_for_a_code_is_told_to_nobody() {
    let facade = NetsCore::with(|_| ()).await;
    facade.ask("otp@example.com").await;
    let mut said = Vec::new();
    for email in ["otp@example.com", "u2@example.com", "ghost@example.com"] {
        let body = json!({"email": email, "code": "000000", "client_id": CLIENT, "client_secret": facade.secret()});
        let answer = facade.json("/authenticate/", &body, None).await;
        said.push((answer.status, answer.text));
    }
    let expected = json!({"res": 0, "message": "Invalid code for this user and device", "data": null});
    for (status, text) in said {
        assert_eq!(
            (status, serde_json::from_str::<Value>(&text).unwrap()),
            (400, expected.clone())
        );
    }
}

/// A picture has its own room, whatever else a request may have; and nothing else has.
#[tokio::test]
async fn a_picture_may_be_larger_than_a_request() {
    let facade = NetsCore::with(|config| {
        config.compat.nets_core.prefix = "/old".into();
        config.compat.nets_core.fields.push("avatar".into());
    })
    .await;
    let (access, _) = facade.sign_in("otp@example.com").await;
    let bearer = format!("Bearer {access}");
    let send = async |path: &str, kind: &str, size: usize| {
        let mut body =
            b"--parts\r\nContent-Disposition: form-data; name=\"avatar\"; filename=\"me.png\"\r\n\r\n".to_vec();
        body.extend(png(size));
        body.extend_from_slice(b"\r\n--parts--\r\n");
        let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
        facade.place.send("POST", path, &headers, body).await
    };
    let (form, most) = ("multipart/form-data; boundary=parts", 4_194_304);
    let large = send("/old/update/", form, 1_000_000).await;
    assert_eq!(large.status, 200, "{}", large.text);
    assert!(
        large.json()["data"]["avatar"]
            .as_str()
            .unwrap()
            .contains("/media/user/")
    );
    let said = |answer: &crate::place::Answer| (answer.status, answer.json()["res"].clone());
    assert_eq!(send("/old/update/", form, most + 1).await.status, 400);
    for (path, kind, size) in [
        ("/old/update/", form, most + 100_000),
        ("/old/update/", "application/json", 1_000_000),
        ("/old/login/", form, 1_000_000),
    ] {
        assert_eq!(said(&send(path, kind, size).await), (413, json!(0)), "{path} {kind}");
    }
}

/// An app that comes from another server keeps its uuid, and whoever else has a device of that uuid keeps theirs.
#[tokio::test]
async fn a_moved_app_keeps_its_uuid() {
    let facade = NetsCore::with(|config| config.compat.nets_core.adopt_devices = true).await;
    let enter = async |email: &str| {
        let body = json!({"email": email, "device": {"uuid": UNKNOWN, "name": "Moved"}});
        let asked = facade.json("/login/", &body, None).await;
        assert_eq!(asked.json()["extra"]["device_uuid"], UNKNOWN, "{}", asked.text);
        let code = sereno_core::testing::login_code_of(&facade.place.test.mails().await.pop().unwrap());
        facade.enter(email, &code, UNKNOWN).await.0
    };
    // nobody asked on it yet
    let body = facade.credentials("otp@example.com", "123456", UNKNOWN);
    let early = facade.json("/authenticate/", &body, None).await;
    assert_eq!(early.json()["message"], "Invalid code for this user and device");

    let first = enter("otp@example.com").await;
    let second = enter("u1@example.com").await;
    let devices = async |access: &str| {
        let test = &facade.place.test;
        let me = sereno_core::token::authenticate(&test.sereno, access).await.unwrap();
        let page = sereno_types::PageQuery::default();
        let mine = sereno_core::account::devices::mine(&test.sereno, &me, page)
            .await
            .unwrap();
        mine.items.into_iter().map(|device| device.id).collect::<Vec<_>>()
    };
    let (theirs, ours) = (devices(&first).await, devices(&second).await);
    assert_eq!((theirs.len(), ours.len()), (1, 1));
    assert_ne!(theirs, ours, "each has a device of their own");
    // and signing out on the one leaves the other
    let body = json!({"device_uuid": UNKNOWN});
    assert_eq!(facade.json("/logout/", &body, Some(&second)).await.status, 200);
    assert_eq!(facade.json("/getProfile/", &json!({}), Some(&first)).await.status, 200);
}

#[tokio::test]
async fn texts_have_limits() {
    let facade = NetsCore::with(|_| ()).await;
    for (device, status) in [
        (json!({"name": null}), 200),
        (json!({"name": "x".repeat(100)}), 200),
        (json!({"name": "x".repeat(101)}), 400),
        (json!({"os": "x".repeat(51)}), 400),
        (json!({"device_id": "x".repeat(201)}), 400),
    ] {
        let body = json!({"email": "u1@example.com", "device": device});
        let answer = facade.json("/login/", &body, None).await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
    for email in [" ".to_owned(), "x".repeat(255)] {
        let body = json!({"email": email, "device": {"name": "x"}});
        let answer = facade.json("/login/", &body, None).await;
        assert_eq!(
            (answer.status, answer.json()["data"].clone()),
            (400, Value::Null),
            "{email:?}"
        );
    }
}

/// What hangs on an account, and when it was last signed in to, are names like any other that there is not.
#[tokio::test]
async fn tables_are_no_fields() {
    let facade = NetsCore::with(|_| ()).await;
    let (access, _) = facade.sign_in("otp@example.com").await;
    let whole = facade.json("/getProfile/", &json!({}), Some(&access)).await.json();
    for name in ["last_login", "groups", "userdevice", "updated_fields", "ID"] {
        let shown = facade
            .json("/getProfile/", &json!({"fields": [name]}), Some(&access))
            .await;
        assert_eq!(shown.json(), whole, "{name}");
    }
}

#[tokio::test]
async fn exceptions_are_not_shown() {
    let facade = NetsCore::with(|_| ()).await;
    let (access, _) = facade.sign_in("otp@example.com").await;
    for (body, status) in [
        (json!({"first_name": "Otto"}), 200),
        (json!({"first_name": null}), 200),
        (json!({"id": "abc", "date_joined": "x", "groups": [1]}), 200),
        (json!({"email": "no address"}), 400),
        (json!({"username": "no name"}), 400),
    ] {
        let answer = facade.json("/update/", &body, Some(&access)).await;
        assert_eq!(answer.status, status, "{body} {}", answer.text);
        assert!(!answer.text.contains("constraint"), "{}", answer.text);
    }
    for device in ["[1]", "\"x\"", "null", "{}", "true", "5"] {
        let body = json!({"email": "u1@example.com", "device": device});
        let answer = facade.json("/login/", &body, None).await;
        assert_eq!(
            answer.json()["message"],
            "Request must have a device object",
            "{device}"
        );
    }
}

/// Addresses are one however they are written, as everywhere in Sereno; to the package they were different people.
#[tokio::test]
async fn an_address_is_one_however_it_is_written() {
    let facade = NetsCore::with(|_| ()).await;
    let (code, device) = facade.ask("OTP@Example.com").await;
    let body = facade.credentials(" otp@example.com", &code, &device);
    let entered = facade.json("/authenticate/", &body, None).await;
    assert_eq!(entered.json()["data"]["user"]["id"], 6, "{}", entered.text);
}

/// A code is a number, whatever stands around it.
#[tokio::test]
async fn a_code_is_read_as_a_number() {
    let facade = NetsCore::with(|_| ()).await;
    for write in [
        |code: &str| json!(format!(" {code}\n")),
        |code: &str| json!(format!("+0{code}")),
        |code: &str| json!(format!("{}_{}", &code[..3], &code[3..])),
        |code: &str| json!({"value": code.parse::<f64>().unwrap()}),
    ] {
        let (code, device) = facade.ask("otp@example.com").await;
        let mut body = facade.credentials("otp@example.com", "", &device);
        body["code"] = write(&code);
        let entered = facade.json("/authenticate/", &body, None).await;
        assert_eq!(entered.status, 200, "{} {}", body["code"], entered.text);
        facade.place.test.advance(HOUR);
    }
}

/// What Django reads of a body, and where it refuses one by itself.
#[tokio::test]
async fn bodies_are_read_as_django_reads_them() {
    let facade = NetsCore::with(|_| ()).await;
    let send = async |kind: &str, body: String| {
        let headers = [("content-type", kind)];
        facade.place.send("POST", "/login/", &headers, body).await
    };
    let json = r#"{"email": "u1@example.com", "device": {"name": "x"}}"#;
    let form = "email=u1%40example.com&device=%7B%22name%22%3A%22x%22%7D";
    let part = |name: &str, text: &str| format!("--x\r\nContent-Disposition: form-data; {name}\r\n\r\n{text}\r\n");
    let email = part("name=\"email\"", "u1@example.com");
    let device = part("name=\"device\"; filename=\"\"", r#"{"name": "x"}"#);
    let parts = format!("{email}{device}--x--\r\n");
    let (urlencoded, multipart) = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x");
    for (kind, body) in [
        ("application/json", json.to_owned()),
        ("application/json; charset=latin-1", json.to_owned()),
        ("application/json", format!("\u{feff}{json}")),
        (urlencoded, form.to_owned()),
        ("application/x-www-form-urlencoded; charset=UTF-8", form.to_owned()),
        // without a name it is no file, but a text
        (multipart, parts.clone()),
    ] {
        let answer = send(kind, body).await;
        assert_eq!(answer.status, 200, "{kind} {}", answer.text);
        facade.place.test.advance(HOUR);
    }
    // no form, and so an empty one
    for (kind, body) in [
        ("text/json", json),
        ("Application/JSON", json),
        ("application/x-www-form-urlencodedx", form),
        (multipart, ""),
        (multipart, "hello"),
        ("multipart/mixed; boundary=x", &parts),
        ("", form),
        // refused after what is missing
        ("application/json", r#"{"x-y": 1}"#),
    ] {
        let answer = send(kind, body.to_owned()).await;
        let said = json!({"res": 0, "message": "Missing params: email"});
        assert_eq!((answer.status, answer.json()), (400, said), "{kind} {body}");
    }
    // where a part breaks off, what came before it counts
    let answer = send(multipart, format!("{email}--x\r\nCont")).await;
    assert_eq!(answer.json()["message"], "Request must have a device object");
    // of a part that breaks off nothing does
    let half = device.split("\r\n\r\n").next().unwrap();
    let answer = send(multipart, format!("{email}{half}\r\n\r\n{{\"name\"")).await;
    assert_eq!(answer.json()["message"], "Request must have a device object");
    for (kind, body) in [
        ("application/x-www-form-urlencoded; charset=latin-1", form.to_owned()),
        ("application/x-www-form-urlencoded; charset=nonsense", form.to_owned()),
        ("multipart/form-data; boundary=x; charset=latin-1", parts.clone()),
        (urlencoded, "a=1&".repeat(1_001)),
        ("multipart/form-data", parts),
    ] {
        let answer = send(kind, body).await;
        assert_eq!(answer.status, 400, "{kind}");
        assert!(
            answer.text.contains("<title>Bad Request (400)</title>"),
            "{}",
            answer.text
        );
    }
}

/// JSON that is none to most languages, though Python reads it.
#[tokio::test]
async fn json_is_what_the_standard_says() {
    let facade = NetsCore::with(|_| ()).await;
    for more in [
        "NaN",
        "1e400",
        "\"\\ud800\"",
        &format!("{}{}", "[".repeat(150), "]".repeat(150)),
    ] {
        let body = format!(r#"{{"email": "u1@example.com", "device": {{"name": "x"}}, "z": {more}}}"#);
        let answer = facade
            .place
            .send("POST", "/login/", &[("content-type", "application/json")], body)
            .await;
        let said = json!({"res": 0, "message": "The body must be a JSON object"});
        assert_eq!((answer.status, answer.json()), (400, said), "{more}");
    }
}
