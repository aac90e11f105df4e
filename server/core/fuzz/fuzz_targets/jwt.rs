//! The JWT parser: never panics, and takes nothing that our keys did not sign, in exactly the text that they signed.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use sereno_core::crypto::jwt::{self, Form};
use sereno_core::crypto::signing::{KeyState, SigningAlgorithm, SigningKey, SigningKeys, generate};
use sereno_core::entropy::SystemEntropy;
use uuid::Uuid;

/// Keys of every algorithm: everybody's, and one shared with an application, which a header need not name.
static KEYS: LazyLock<SigningKeys> = LazyLock::new(|| {
    let keys = [
        (SigningAlgorithm::EdDsa, None),
        (SigningAlgorithm::Es256, None),
        (SigningAlgorithm::Hs256, Some(Uuid::from_u128(9))),
    ];
    let open = |(at, (algorithm, application)): (u128, (SigningAlgorithm, Option<Uuid>))| {
        let secret = generate(algorithm, &SystemEntropy).expect("a key");
        SigningKey::open(Uuid::from_u128(at), algorithm, application, KeyState::Active, &secret).expect("a key")
    };
    SigningKeys::new((1..).zip(keys).map(open).collect())
});

/// One good token of each key.
static GOOD: LazyLock<Vec<String>> = LazyLock::new(|| {
    let claims = std::collections::BTreeMap::from([("sub", "ana"), ("iss", "sereno")]);
    let key = |algorithm, application| KEYS.active(algorithm, application).expect("an active key");
    [
        key(SigningAlgorithm::EdDsa, None),
        key(SigningAlgorithm::Es256, None),
        key(SigningAlgorithm::Hs256, Some(Uuid::from_u128(9))),
    ]
    .map(|key| jwt::sign(key, Form { typ: "at+jwt", kid: true }, &claims).expect("a token"))
    .to_vec()
});

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some((which, data)) = data.split_first() else {
        return Corpus::Reject;
    };
    // as it came, or as a change to a good token: so many bytes of it stay, at its beginning and at its end
    let text = String::from_utf8_lossy(data).into_owned();
    let text = match (which % 4, data) {
        (3, _) => text,
        (which, [head, tail, middle @ ..]) => {
            let good = &GOOD[usize::from(which)];
            let head = usize::from(*head).min(good.len());
            let tail = usize::from(*tail).min(good.len() - head);
            format!("{}{}{}", &good[..head], String::from_utf8_lossy(middle), &good[good.len() - tail..])
        }
        _ => text,
    };
    if jwt::open(&KEYS, &text).is_ok() {
        assert!(GOOD.contains(&text), "taken, and never signed: {text}");
    }
    Corpus::Keep
});
