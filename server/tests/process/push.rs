//! `sereno push test`: the binary, and a push service on loopback.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what a fixture cannot do, its test cannot prove"
)]

use std::io::Write;
use std::process::{Command, Stdio};

use sereno_core::clock::{Clock, SystemClock};
use sereno_core::login;
use sereno_core::testing::{FakeFcm, PASSWORD, TestSereno};
use sereno_types::DeviceHint;

struct World {
    test: TestSereno,
    fcm: FakeFcm,
}

impl World {
    /// With ana, who is signed in on a phone.
    async fn new() -> Self {
        let test = TestSereno::new().await;
        // the command goes by the machine's clock
        test.advance(SystemClock.now().since(test.sereno.now()));
        test.user("ana").await;
        let mut command = test.credentials("ana", PASSWORD);
        command.device = Some(DeviceHint {
            name: Some("Phone".to_owned()),
            firebase_token: Some("token-of-the-phone".into()),
            ..DeviceHint::default()
        });
        login::for_application(&test.sereno, &test.meta(), command)
            .await
            .unwrap();
        Self {
            test,
            fcm: FakeFcm::start().await,
        }
    }

    /// Runs `sereno push test`; whether it worked, and what it said to standard output and to standard error.
    fn push(&self, args: &[&str], input: &str, account: &str) -> (bool, String, String) {
        let config = self.test.database.config();
        let mut child = Command::new(env!("CARGO_BIN_EXE_sereno"))
            .args(["push", "test"])
            .args(args)
            .current_dir(self.test.database.folder())
            .env("SERENO__DATA", &config.general.data)
            .env("SERENO__DATABASE__URL", config.database.url.expose())
            .env("SERENO__PUSH__SERVICE_ACCOUNT_FILE", account)
            .env("SERENO__PUSH__URL", &self.fcm.url)
            .env("SERENO__LOG__LEVEL", "error")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        // one that refuses its arguments does not read
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.success(), text(output.stdout), text(output.stderr))
    }

    fn asked(&self, args: &[&str], input: &str) -> (bool, String, String) {
        let account = self.fcm.account_file.to_string_lossy().into_owned();
        self.push(args, input, &account)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_goes_to_a_users_devices_or_to_a_token() {
    let world = World::new().await;
    let words = ["--user", "ana", "--title", "Hello", "--message", "From the shell"];
    let (worked, said, _) = world.asked(&words, "");
    assert!(worked && said.starts_with("sent  Phone: projects/"), "{said}");
    let (worked, said, _) = world.asked(&["--token-stdin"], "token-of-nobody\n");
    assert!(worked && said.starts_with("sent  token: projects/"), "{said}");
    let taken = world.fcm.taken();
    let told = |number: usize| {
        let message = &taken[number];
        (
            message["token"].as_str().unwrap(),
            message["notification"]["title"].as_str().unwrap(),
            message["notification"]["body"].as_str().unwrap(),
        )
    };
    assert_eq!(told(0), ("token-of-the-phone", "Hello", "From the shell"));
    assert_eq!(told(1), ("token-of-nobody", "Sereno", "This is a test."));
    assert_eq!(taken.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_that_was_not_taken_is_a_failure() {
    let world = World::new().await;
    world.fcm.refuse("token-of-the-phone", 404, "UNREGISTERED");
    let (worked, said, complaint) = world.asked(&["--user", "ana"], "");
    assert!(!worked && said.starts_with("DEAD  Phone: "), "{said}");
    assert!(complaint.contains("1 of 1 were not taken"), "{complaint}");
    // a test changes no row
    world.fcm.take("token-of-the-phone");
    assert!(world.asked(&["--user", "ana"], "").0);
    world.fcm.refuse("token-of-the-phone", 503, "UNAVAILABLE");
    let (worked, said, _) = world.asked(&["--token-stdin"], "token-of-the-phone\n");
    assert!(!worked && said.starts_with("LATER token: "), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_for_nobody_says_why() {
    let world = World::new().await;
    world.test.user("bea").await;
    let (worked, _, complaint) = world.asked(&["--user", "bea"], "");
    assert!(
        !worked && complaint.contains("no device that the user is signed in on"),
        "{complaint}"
    );
    assert!(!world.asked(&["--user", "nobody"], "").0);
    assert!(!world.asked(&[], "").0);
    assert!(!world.asked(&["--user", "ana", "--token-stdin"], "token").0);
    let (worked, _, complaint) = world.push(&["--user", "ana"], "", "");
    assert!(!worked && complaint.contains("push"), "{complaint}");
    assert_eq!(world.fcm.taken().len(), 0);
}
