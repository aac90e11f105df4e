//! The list of breached passwords: a sorted text of SHA-1 hashes, `HASH:COUNT`, one a line, as the public lists come. They
//! hold a billion lines, so nothing is loaded: a binary search reads some forty places of the file, on a thread that may
//! wait. SHA-1 protects nothing here; it is what those lists are keyed by.

use std::fs::File;
use std::io::{Error as IoError, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::context::Sereno;
use crate::crypto::digest;
use crate::error::{Error, Result};

/// Hexadecimal digits of a hash.
const HASH: usize = 40;
/// Longest line: the hash, a colon, a count, and the end of the line.
const LINE_MAX: u64 = 64;

/// Whether the password is in the configured list; no password is when none is configured.
///
/// # Errors
/// `unavailable` when the list cannot be read: a password that could not be judged is not accepted.
pub(super) async fn contains(sereno: &Sereno, password: &str) -> Result<bool> {
    let file = &sereno.config.password.breached_file;
    if file.is_empty() {
        return Ok(false);
    }
    let (file, hash) = (PathBuf::from(file), digest::sha1_hex(password));
    let found = tokio::task::spawn_blocking(move || holds(&file, hash.as_bytes())).await;
    found
        .map_err(Error::internal)?
        .map_err(|error| Error::Unavailable(format!("the list of breached passwords cannot be read: {error}")))
}

/// Whether the file can be searched: it is there, and begins and ends with hashes.
///
/// # Errors
/// What is wrong with it.
pub fn check(file: &Path) -> std::io::Result<()> {
    if std::fs::metadata(file)?.len() == 0 {
        return Err(IoError::new(ErrorKind::InvalidData, "it is empty"));
    }
    // one search ends at the first line, the other at the last
    holds(file, &[b'0'; HASH])?;
    holds(file, &[b'F'; HASH])?;
    Ok(())
}

/// Binary search by place in the file. `hash` is in upper case.
fn holds(path: &Path, hash: &[u8]) -> std::io::Result<bool> {
    let mut file = File::open(path)?;
    // the line that is looked for begins in low..high; at low begins a line
    let (mut low, mut high) = (0, file.metadata()?.len());
    let mut bytes = Vec::new();
    while low < high {
        let middle = u64::midpoint(low, high);
        let from = middle.saturating_sub(LINE_MAX).max(low);
        file.seek(SeekFrom::Start(from))?;
        bytes.clear();
        file.by_ref().take(2 * LINE_MAX).read_to_end(&mut bytes)?;
        let (before, behind) = usize::try_from(middle - from)
            .ok()
            .and_then(|at| bytes.split_at_checked(at))
            .ok_or_else(malformed)?;
        let start = match before.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => at + 1,
            None if from == low => 0,
            None => return Err(malformed()),
        };
        let end = behind.iter().position(|byte| *byte == b'\n');
        let end = end.map_or(bytes.len(), |at| before.len() + at);
        let mut found = [0; HASH];
        found.copy_from_slice(bytes.get(start..start + HASH).ok_or_else(malformed)?);
        if end < start + HASH || !found.iter().all(u8::is_ascii_hexdigit) {
            return Err(malformed());
        }
        found.make_ascii_uppercase();
        match found.as_slice().cmp(hash) {
            std::cmp::Ordering::Equal => return Ok(true),
            std::cmp::Ordering::Less => low = from + end as u64 + 1,
            std::cmp::Ordering::Greater => high = from + start as u64,
        }
    }
    Ok(false)
}

fn malformed() -> IoError {
    IoError::new(
        ErrorKind::InvalidData,
        "it must hold SHA-1 hashes in hexadecimal, sorted, one a line",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("sereno_breached_{}_{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn every_line_is_found_and_nothing_else() {
        let mut hashes: Vec<String> = (0..500).map(|n| digest::sha1_hex(&format!("password {n}"))).collect();
        hashes.sort();
        for (name, end) in [("lf", "\n"), ("crlf", "\r\n")] {
            let lines: Vec<String> = hashes
                .iter()
                .enumerate()
                .map(|(at, hash)| format!("{hash}:{}", at * at * at + 1))
                .collect();
            // with and without an end of the last line
            for last in ["", end] {
                let path = file(name, &(lines.join(end) + last));
                check(&path).unwrap();
                for hash in &hashes {
                    assert!(holds(&path, hash.as_bytes()).unwrap(), "{hash}");
                }
                for n in 500..900 {
                    assert!(!holds(&path, digest::sha1_hex(&format!("password {n}")).as_bytes()).unwrap());
                }
                std::fs::remove_file(path).unwrap();
            }
        }
        let path = file("one", &digest::sha1_hex("password").to_lowercase());
        assert!(
            holds(&path, digest::sha1_hex("password").as_bytes()).unwrap(),
            "counts and case do not matter"
        );
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn what_is_no_list_is_told() {
        let long = format!("{}\n", "A".repeat(300));
        for (name, text) in [
            ("empty", ""),
            ("prose", "these are no hashes\n"),
            ("long", long.as_str()),
        ] {
            let path = file(name, text);
            assert_eq!(check(&path).unwrap_err().kind(), ErrorKind::InvalidData, "{name}");
            std::fs::remove_file(path).unwrap();
        }
        assert_eq!(
            check(Path::new("/nowhere/at/all")).unwrap_err().kind(),
            ErrorKind::NotFound
        );
    }
}
