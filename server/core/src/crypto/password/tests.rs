use std::sync::mpsc;
use std::time::Duration;

use argon2_rust::Algorithm as Kind;
use sereno_types::Code;

use super::*;
use crate::clock::Moment;
use crate::crypto::keys::{KeyMaker, KeyRing, Purpose, RootKey, StoredKey};
use crate::entropy::{SeededEntropy, SystemEntropy};

const PASSWORD: &str = "wheelbarrow at dawn ✓";

const TINY: PasswordParams = PasswordParams {
    memory_kib: 64,
    iterations: 1,
    parallelism: 1,
};

fn hasher() -> Hasher {
    Hasher::new(TINY, 1, 8).unwrap()
}

/// A job that occupies the only worker until the sender is dropped, and a way to know that it has begun.
async fn occupy(hasher: &Hasher) -> mpsc::Sender<()> {
    let (release, released) = mpsc::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let job = hasher.pool.run(move |_| {
        begun.send(()).unwrap();
        // until the sender is dropped
        assert!(released.recv().is_err());
    });
    // one poll is enough to put the job into the queue; its answer is of no interest, but it must not be abandoned yet
    let mut job = Box::pin(job);
    tokio::select! {
        _ = &mut job => unreachable!("the job waits for us"),
        begun = has_begun => begun.unwrap(),
    }
    release
}

#[tokio::test]
async fn a_password_is_right_and_another_wrong() {
    let hasher = hasher();
    let encoded = hasher.hash(PASSWORD, &SystemEntropy).await.unwrap();
    assert!(encoded.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{encoded}");
    assert_eq!(hasher.verify(PASSWORD, Some(&encoded)).await.unwrap(), Verdict::Right);
    assert_eq!(
        hasher.verify("wheelbarrow", Some(&encoded)).await.unwrap(),
        Verdict::Wrong
    );
    assert_eq!(hasher.verify("", Some(&encoded)).await.unwrap(), Verdict::Wrong);
    let again = hasher.hash(PASSWORD, &SystemEntropy).await.unwrap();
    assert_ne!(encoded, again, "every hash has its own salt");
}

#[tokio::test]
async fn every_call_computes_exactly_one_hash() {
    let hasher = hasher();
    let encoded = hasher.hash(PASSWORD, &SystemEntropy).await.unwrap();
    assert_eq!(hasher.runs(), 1);
    let stored = [
        Some(encoded.as_str()),
        Some("$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        // nobody, no password, Django's unusable one, garbage, formats we do not know or do not afford
        None,
        Some(""),
        Some("!Ze0bGjtwmRM2a6kqwz84YBXB1vLaUDYb5rAs9gir"),
        Some("plain"),
        Some("md5$salt$5f4dcc3b5aa765d61d8327deb882cf99"),
        Some("$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        Some("pbkdf2_sha256$4000000000$salt$XbftGELDJ8Md5w1kQSRS91QHzfbuQmRmu/GSU+H4bDg="),
    ];
    for (done, encoded) in stored.into_iter().enumerate() {
        let right = done == 0;
        let verdict = hasher.verify(PASSWORD, encoded).await.unwrap();
        assert_eq!(verdict == Verdict::Right, right, "{encoded:?}");
        assert_eq!(verdict == Verdict::Wrong, !right, "{encoded:?}");
        assert_eq!(hasher.runs(), done as u64 + 2, "{encoded:?}");
    }
}

#[tokio::test]
async fn other_parameters_are_outdated() {
    let encoded = hasher().hash(PASSWORD, &SystemEntropy).await.unwrap();
    for params in [
        PasswordParams { memory_kib: 72, ..TINY },
        PasswordParams { iterations: 2, ..TINY },
        PasswordParams { parallelism: 2, ..TINY },
    ] {
        let stronger = Hasher::new(params, 1, 8).unwrap();
        assert_eq!(
            stronger.verify(PASSWORD, Some(&encoded)).await.unwrap(),
            Verdict::RightButOutdated
        );
        assert_eq!(stronger.verify("wrong", Some(&encoded)).await.unwrap(), Verdict::Wrong);
    }
}

/// Written by Django 5.2 with argon2-cffi 25.1 and bcrypt 5.0: the first seven at small costs, the next six as
/// `make_password` does by default, the last one by argon2-cffi in the older version of Argon2.
const FOREIGN: [&str; 14] = [
    "pbkdf2_sha256$1200$GGSXOnqnztJOiEPf47JNIM$GjjmQfJoPgla4gMB+z6ILW+qgENiDQMiSneLTNLbDAQ=",
    "pbkdf2_sha1$1200$mAuV2AIjau47NyvJcFY9Z3$fGf6PO/wN0wO6lRQMq7cgcsgNVs=",
    "argon2$argon2id$v=19$m=64,t=1,p=8$eGhwanpsT3pvbDFFZFRvNURwcHQzbA$9SSAeQgxAweT9WoEom7BsFZrnHSSKfC7F81OFUOE65Q",
    "argon2$argon2i$v=19$m=64,t=2,p=2$c29tZXNhbHRzb21lc2FsdA$DHUGfwMh3Qa/XNyQ6x3jNoTjVVlfHuWxZul8LfFBpIw",
    "bcrypt_sha256$$2b$04$CNNpyWS4eOIDMkaCqEgapuviuAAan5.bafBby0fygHGu8Zw4gs6Zm",
    "bcrypt$$2b$04$h6cXvvtthes5DlDtR2FCgOMrWDQJ7WEutyhbRExqKSU1QKZH3PBAa",
    "scrypt$16$dXWCyNzA4qUmfkYMjwH1SN$8$5$jwYASU4kTZRBCSAWFSi0cdnBPgNrskjy2+6mghg/lZ9BPTur7mfpzu2JYFb5ZNM4jkkLXz/JYm7mEwMvU3i4eQ==",
    "pbkdf2_sha256$1000000$ccPGEmU07yOfwocYSzQx8F$XbftGELDJ8Md5w1kQSRS91QHzfbuQmRmu/GSU+H4bDg=",
    "pbkdf2_sha1$1000000$HNGJqET97U1ZDqyJUoknEc$M+5K0Y/Aju1KnwLCnoyGfG/vX/E=",
    "argon2$argon2id$v=19$m=102400,t=2,p=8$T1kza1o4UVV6ZUdTRUJHR0hQbU9VSQ$037vbVsE6/ar9LXeG1lg6Mi4cm8wvrvbLZkwSn4T37A",
    "bcrypt_sha256$$2b$12$BS0ewPb/l823TQwi7vDZQuW7axsZNfiS216wMN8zJ2cgxj183hdbS",
    "bcrypt$$2b$12$mGqUChmesDpgYL2j1Smkh.NEGpK42sMkbfkSMqr4n42An0gbN4ExC",
    "scrypt$16384$PbtZsbE4HHvwkf5mrOZGCT$8$5$BFL6wkUGn3snRs5e6V+OORAsR4ZoBDCy8MneBOR/VKaVvMmbwu26FyX2vKqVuWzmbJduWJPgMuEh4Ow6iiXARg==",
    "$argon2id$v=16$m=64,t=2,p=2$c29tZXNhbHRzb21lc2FsdA$zcCy7AvtAjOwkjzrrFf1YVbp5S91McDS04R6kTcDLRU",
];

#[tokio::test]
async fn djangos_hashes_are_recognised_and_outdated() {
    let hasher = hasher();
    for encoded in FOREIGN {
        assert_eq!(
            hasher.verify(PASSWORD, Some(encoded)).await.unwrap(),
            Verdict::RightButOutdated,
            "{encoded}"
        );
    }
    for encoded in &FOREIGN[..7] {
        assert_eq!(
            hasher.verify("wrong", Some(encoded)).await.unwrap(),
            Verdict::Wrong,
            "{encoded}"
        );
    }
}

#[test]
fn a_hash_that_would_eat_the_machine_is_not_read() {
    let cheap = |text: &str| Encoded::parse(text).is_some();
    let argon2 = |cost: &str| {
        format!("$argon2id$v=19${cost}$c29tZXNhbHRzb21lc2FsdA$DHUGfwMh3Qa/XNyQ6x3jNoTjVVlfHuWxZul8LfFBpIw")
    };
    assert!(cheap(&argon2("m=262144,t=8,p=16")));
    for cost in [
        "m=262145,t=1,p=1",
        "m=262144,t=9,p=1",
        "m=64,t=4294967295,p=1",
        "m=262144,t=1,p=17",
    ] {
        assert!(!cheap(&argon2(cost)), "{cost}");
    }
    let bcrypt = |cost: &str| format!("bcrypt$$2b${cost}$h6cXvvtthes5DlDtR2FCgOMrWDQJ7WEutyhbRExqKSU1QKZH3PBAa");
    assert!(cheap(&bcrypt("14")));
    for cost in ["15", "31", "03", "4294967296", "-4"] {
        assert!(!cheap(&bcrypt(cost)), "{cost}");
    }
    let scrypt = |n: &str, r: &str, p: &str| {
        let hash = FOREIGN[6].rsplit('$').next().unwrap();
        format!("scrypt${n}$salt${r}${p}${hash}")
    };
    assert!(cheap(&scrypt("131072", "8", "1")));
    for (n, r, p) in [
        ("262144", "8", "1"),
        ("16384", "8", "4000"),
        ("15", "8", "1"),
        ("0", "8", "1"),
        ("1", "8", "1"),
        ("16", "0", "1"),
        ("16", "8", "0"),
        ("18446744073709551615", "8", "1"),
        ("9223372036854775808", "4294967295", "4294967295"),
    ] {
        assert!(!cheap(&scrypt(n, r, p)), "{n} {r} {p}");
    }
    assert!(!cheap(
        "pbkdf2_sha256$5000001$salt$XbftGELDJ8Md5w1kQSRS91QHzfbuQmRmu/GSU+H4bDg="
    ));
    assert!(!cheap(
        "pbkdf2_sha256$0$salt$XbftGELDJ8Md5w1kQSRS91QHzfbuQmRmu/GSU+H4bDg="
    ));
    assert!(!cheap(&format!("pbkdf2_sha256$1$salt${}", "A".repeat(1_000))));
}

#[tokio::test]
async fn a_garbled_hash_is_wrong_and_never_a_fault() {
    let hasher = hasher();
    let ours = hasher.hash(PASSWORD, &SystemEntropy).await.unwrap();
    let entropy: &dyn Entropy = &SystemEntropy;
    for encoded in FOREIGN[..7].iter().copied().chain([ours.as_str()]) {
        for _ in 0..100 {
            let mut bytes = encoded.to_owned().into_bytes();
            let [at, how, byte] = entropy.bytes::<3>().unwrap();
            let at = usize::from(at) % bytes.len();
            match how % 3 {
                0 => bytes[at] = b' ' + byte % 95,
                1 => drop(bytes.remove(at)),
                _ => bytes.truncate(at),
            }
            let garbled = String::from_utf8(bytes).unwrap();
            let verdict = hasher.verify("not the password", Some(&garbled)).await.unwrap();
            assert_eq!(verdict, Verdict::Wrong, "{garbled}");
        }
    }
}

#[tokio::test]
async fn a_full_queue_refuses_and_a_free_one_serves() {
    let hasher = Hasher::new(TINY, 1, 2).unwrap();
    let release = occupy(&hasher).await;
    let mut first = Box::pin(hasher.hash(PASSWORD, &SystemEntropy));
    let mut second = Box::pin(hasher.verify(PASSWORD, None));
    tokio::select! {
        biased;
        _ = &mut first => unreachable!("the worker is busy"),
        _ = &mut second => unreachable!("the worker is busy"),
        () = std::future::ready(()) => {}
    }
    assert_eq!(hasher.queued(), 2);
    let refused = hasher.verify(PASSWORD, None).await.unwrap_err();
    assert_eq!(refused.code(), Code::Overloaded);
    assert_eq!(refused.problem().retry_after, Some(1));
    drop(release);
    assert!(first.await.is_ok());
    assert_eq!(second.await.unwrap(), Verdict::Wrong);
    assert_eq!(hasher.queued(), 0);
}

#[tokio::test]
async fn a_caller_who_left_costs_nothing() {
    let hasher = hasher();
    let release = occupy(&hasher).await;
    let before = hasher.runs();
    let abandoned = tokio::time::timeout(Duration::ZERO, hasher.hash(PASSWORD, &SystemEntropy));
    assert!(abandoned.await.is_err());
    assert_eq!(hasher.queued(), 1);
    drop(release);
    hasher.verify(PASSWORD, None).await.unwrap();
    assert_eq!(hasher.runs(), before + 1);
}

#[tokio::test]
async fn a_panic_ends_one_job_and_not_the_worker() {
    let hasher = hasher();
    let failed = hasher.pool.run(|_| panic!("a job that fails")).await;
    assert!(matches!(failed, Err::<(), _>(Error::Internal(_))));
    assert!(hasher.hash(PASSWORD, &SystemEntropy).await.is_ok());
}

#[tokio::test]
async fn memory_is_kept_between_hashes_and_not_grown_by_foreign_ones() {
    let hasher = hasher();
    let reserved = || hasher.pool.run(|arena| arena.reserved_blocks());
    assert_eq!(reserved().await.unwrap(), 0);
    hasher.verify(PASSWORD, None).await.unwrap();
    assert_eq!(reserved().await.unwrap(), 64);
    hasher.verify(PASSWORD, Some(FOREIGN[9])).await.unwrap();
    assert_eq!(reserved().await.unwrap(), 64);
}

fn pepper(stored: &[StoredKey]) -> Pepper {
    KeyRing::open(&root(), stored).unwrap().pepper
}

fn made(stored: &[StoredKey], purpose: Purpose) -> Result<StoredKey> {
    let maker = KeyMaker {
        root: &root(),
        stored,
        now: Moment(0),
        entropy: &SystemEntropy,
    };
    maker.next(purpose)
}

fn root() -> RootKey {
    RootKey::generate(&SeededEntropy::new(1)).unwrap()
}

#[tokio::test]
async fn a_code_is_hashed_with_the_pepper() {
    let mut stored = Vec::new();
    for purpose in Purpose::ALL {
        stored.push(made(&[], *purpose).unwrap());
    }
    let before = pepper(&stored);
    let hasher = hasher();
    let encoded = hasher.hash_code("123456", &before, &SystemEntropy).await.unwrap();
    assert!(encoded.starts_with("1$argon2id$"), "{encoded}");
    assert!(hasher.verify_code("123456", Some(&encoded), &before).await.unwrap());
    assert!(!hasher.verify_code("123457", Some(&encoded), &before).await.unwrap());
    assert_eq!(
        hasher.verify("123456", Some(&encoded[1..])).await.unwrap(),
        Verdict::Wrong,
        "without the pepper the code does not match"
    );

    let next = made(&stored, Purpose::Pepper).unwrap();
    let after = pepper(&[stored.clone(), vec![next]].concat());
    assert!(hasher.verify_code("123456", Some(&encoded), &after).await.unwrap());
    let fresh = hasher.hash_code("123456", &after, &SystemEntropy).await.unwrap();
    assert!(fresh.starts_with("2$argon2id$"), "{fresh}");

    let runs = hasher.runs();
    assert!(!hasher.verify_code("123456", Some(&fresh), &before).await.unwrap());
    for garbled in [
        None,
        Some(""),
        Some("1"),
        Some("$"),
        Some("x$argon2id$"),
        Some(&encoded[1..]),
    ] {
        assert!(
            !hasher.verify_code("123456", garbled, &before).await.unwrap(),
            "{garbled:?}"
        );
    }
    assert_eq!(hasher.runs(), runs + 7);
}

#[test]
fn parameters_are_checked() {
    assert!(PasswordParams::default().validate().is_ok());
    assert!(PasswordParams::default().meets_owasp());
    assert!(TINY.validate().is_ok());
    assert!(!TINY.meets_owasp());
    for params in [
        PasswordParams { memory_kib: 7, ..TINY },
        PasswordParams { iterations: 0, ..TINY },
        PasswordParams { parallelism: 0, ..TINY },
        PasswordParams { parallelism: 9, ..TINY },
        PasswordParams {
            memory_kib: u32::MAX,
            ..TINY
        },
        PasswordParams {
            iterations: u32::MAX,
            ..TINY
        },
    ] {
        assert!(params.validate().is_err(), "{params:?}");
        assert!(Hasher::new(params, 1, 1).is_err(), "{params:?}");
    }
    assert!(Hasher::new(TINY, 1, 0).is_err());
    for (memory_kib, iterations, enough) in [
        (47_104, 1, true),
        (47_103, 1, false),
        (19_456, 2, true),
        (12_288, 3, true),
        (9_216, 4, true),
        (7_168, 5, true),
        (7_167, 50, false),
        (7_168, 4, false),
    ] {
        let params = PasswordParams {
            memory_kib,
            iterations,
            parallelism: 1,
        };
        assert_eq!(params.meets_owasp(), enough, "{params:?}");
    }
}

#[test]
fn argon2id_is_that_of_rfc_9106() {
    // RFC 9106 §5.3
    let params = Params::builder()
        .memory(Memory::kib(32))
        .passes(3)
        .lanes(4)
        .build()
        .unwrap();
    let mut arena = Argon2::new(Kind::Argon2id, Version::V0x13, params).hasher();
    let mut hash = [0; 32];
    arena
        .hash_into_with_ad(&[1; 32], &[2; 16], &[3; 8], &[4; 12], &mut hash)
        .unwrap();
    assert_eq!(
        hash,
        [
            0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c, 0x08, 0xc0, 0x37, 0xa3, 0x4a, 0x8b, 0x53, 0xc9, 0xd0, 0x1e,
            0xf0, 0x45, 0x2d, 0x75, 0xb6, 0x5e, 0xb5, 0x25, 0x20, 0xe9, 0x6b, 0x01, 0xe6, 0x59
        ]
    );
}

#[test]
fn argon2id_agrees_with_another_implementation() {
    let entropy: &dyn Entropy = &SeededEntropy::new(9106);
    let mut arena = Argon2::new(Kind::Argon2id, Version::V0x13, TINY.argon2().unwrap()).hasher();
    for _ in 0..400 {
        let [memory, passes, lanes, length] = entropy.bytes::<4>().unwrap();
        let (passes, lanes) = (u32::from(passes % 3) + 1, u32::from(lanes % 4) + 1);
        let memory_kib = lanes * 8 + u32::from(memory);
        let salt = entropy.bytes::<SALT_LENGTH>().unwrap();
        let mut password = vec![0; length.into()];
        entropy.fill(&mut password).unwrap();

        let params = PasswordParams {
            memory_kib,
            iterations: passes,
            parallelism: lanes,
        };
        arena.set_argon2(Argon2::new(Kind::Argon2id, Version::V0x13, params.argon2().unwrap()));
        let mut ours = [0; HASH_LENGTH];
        arena.hash_into(&password, &salt, &mut ours).unwrap();

        let params = argon2::Params::new(memory_kib, passes, lanes, Some(HASH_LENGTH)).unwrap();
        let mut theirs = [0; HASH_LENGTH];
        argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
            .hash_password_into(&password, &salt, &mut theirs)
            .unwrap();
        assert_eq!(ours, theirs, "m={memory_kib} t={passes} p={lanes}");
    }
}
