//! The command line, as a script calls it: the binary in an empty folder.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what a fixture cannot do, its test cannot prove"
)]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A folder that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sereno-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Runs `sereno`; whether it worked, and the lines it printed: to standard output, and to standard error.
    fn sereno(&self, args: &[&str], input: &str) -> (bool, Vec<String>, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sereno"))
            .args(args)
            .current_dir(&self.0)
            .env("SERENO__LOG__LEVEL", "error")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        // one that refuses its arguments does not read
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        (
            output.status.success(),
            said.lines().map(str::to_owned).collect(),
            complaint,
        )
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn applications_are_registered_and_what_is_wrong_is_said_by_field() {
    let folder = Folder::new("application-add");
    std::fs::write(
        folder.0.join("profile.json"),
        r#"{"algorithm": "ES256", "access_lifetime": 60}"#,
    )
    .unwrap();
    std::fs::write(
        folder.0.join("cookies.json"),
        r#"{"refresh": "shop_refresh", "refresh_path": "/api/v1/token", "same_site": "Strict"}"#,
    )
    .unwrap();
    std::fs::write(
        folder.0.join("same.json"),
        r#"{"refresh": "one", "csrf": "one", "access": "one", "payload": "one"}"#,
    )
    .unwrap();
    std::fs::write(folder.0.join("broken.json"), r#"{"algorythm": "ES256"}"#).unwrap();
    let add = |more: &[&str], input: &str| {
        let mut args = vec!["application", "add", "--name", "Shop"];
        args.extend_from_slice(more);
        folder.sereno(&args, input)
    };
    let (worked, said, complaint) = add(
        &[
            "--client-id",
            "shop",
            "--kind",
            "confidential",
            "--grants",
            "password,refresh_token",
            "--redirect-uri",
            "https://shop.example.org/back",
            "--origin",
            "https://shop.example.org",
            "--scope",
            "introspect",
            "--delivery",
            "refresh_cookie",
            "--profile",
            "profile.json",
            "--cookies",
            "cookies.json",
        ],
        "",
    );
    assert!(worked, "{complaint}");
    assert_eq!(said[0], "shop");
    assert!(said[1].starts_with("cs_") && said.len() == 2, "{said:?}");

    let brought = "0123456789abcdef0123456789abcdef";
    let (worked, said, complaint) = add(
        &["--client-id", "old", "--kind", "confidential", "--secret-stdin"],
        &format!("{brought}\n"),
    );
    assert!(worked, "{complaint}");
    assert_eq!(said, ["old"], "who brings a secret knows it");

    let (worked, said, complaint) = add(&[], "");
    assert!(worked, "{complaint}");
    assert_eq!((said.len(), said[0].len()), (1, 22), "a public one has no secret");

    for (more, input, why) in [
        (vec!["--client-id", "shop"], "", "client_id"),
        (vec!["--kind", "secret"], "", "one of public, confidential"),
        (vec!["--delivery", "pigeon"], "", "refresh_cookie"),
        (vec!["--grants", "password,magic"], "", "client_credentials"),
        (vec!["--origin", "shop.example.org"], "", "origins.0"),
        (vec!["--redirect-uri", "http://shop.example.org"], "", "redirect_uris.0"),
        (vec!["--profile", "missing.json"], "", "missing.json"),
        (vec!["--profile", "broken.json"], "", "algorythm"),
        (vec!["--cookies", "missing.json"], "", "missing.json"),
        (vec!["--cookies", "broken.json"], "", "algorythm"),
        (
            vec!["--delivery", "refresh_cookie", "--cookies", "same.json"],
            "",
            "cookies",
        ),
        (vec!["--secret-stdin"], brought, "client_secret"),
        (
            vec!["--secret-stdin", "--kind", "confidential"],
            "short",
            "client_secret",
        ),
    ] {
        let (worked, said, complaint) = add(&more, input);
        assert!(!worked && said.is_empty(), "{more:?}: {said:?}");
        assert!(complaint.contains(why), "{more:?}: {complaint}");
        assert!(!complaint.contains(brought), "a secret in a complaint: {complaint}");
    }
}
