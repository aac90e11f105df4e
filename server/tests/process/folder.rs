//! An empty folder, and the binary in it.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what a fixture cannot do, its test cannot prove"
)]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A folder that goes when the test ends.
pub struct Folder(pub PathBuf);

impl Folder {
    /// A fresh one.
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sereno-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Starts `sereno` and lets it run.
    pub fn start(&self, args: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_sereno"))
            .args(args)
            .current_dir(&self.0)
            .env("SERENO__LOG__LEVEL", "info")
            .env("SERENO__SERVER__METRICS_LISTEN", "off")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs")
    }

    /// How many mails were written to files.
    pub fn mails(&self) -> usize {
        std::fs::read_dir(self.0.join("data/mail")).map_or(0, Iterator::count)
    }

    /// Runs `sereno`; whether it worked, and the lines it printed: to standard output, and to standard error.
    pub fn sereno(&self, args: &[&str], input: &str) -> (bool, Vec<String>, String) {
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
