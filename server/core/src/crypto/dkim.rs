//! DKIM signatures (RFC 6376) over whole messages: relaxed canonicalization of header and body, by RSA or Ed25519
//! (RFC 8463). What receives a mail can tell by them that it comes from the domain and was not changed.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Fields that are signed where they are there. `from` stands twice: a second one that is added later breaks the signature
/// (RFC 6376 §8.15).
const SIGNED: [&str; 12] = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "cc",
    // RFC 8058 §4
    "list-unsubscribe",
    "list-unsubscribe-post",
];

/// Who signs.
pub struct DkimKey {
    domain: String,
    selector: String,
    key: Key,
}

enum Key {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl DkimKey {
    /// Reads a private key in PEM (PKCS #8). The public half stands in the DNS at `<selector>._domainkey.<domain>`.
    ///
    /// # Errors
    /// What is wrong with it, to be told to the operator.
    pub fn new(pem: &str, domain: &str, selector: &str) -> Result<Self, &'static str> {
        const WRONG: &str = "must hold a private key in PEM (PKCS #8): RSA of 2048 bits or more, or Ed25519";
        let inside = pem
            .split_once("-----BEGIN PRIVATE KEY-----")
            .and_then(|(_, rest)| rest.split_once("-----END PRIVATE KEY-----"))
            .ok_or(WRONG)?;
        let base64: String = inside.0.split_whitespace().collect();
        let der = STANDARD.decode(base64).map_err(|_| WRONG)?;
        let key = match RsaKeyPair::from_pkcs8(&der) {
            Ok(pair) if pair.public_modulus_len() >= 256 => Key::Rsa(pair),
            Ok(_) => return Err(WRONG),
            Err(_) => Key::Ed25519(Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(|_| WRONG)?),
        };
        Ok(Self {
            domain: domain.to_owned(),
            selector: selector.to_owned(),
            key,
        })
    }

    /// Whether it may sign for a sender of this domain: another one's mail would be signed by somebody who does not answer for
    /// it, and the signature would say nothing of the sender (RFC 7489 §3.1.1).
    #[must_use]
    pub fn signs_for(&self, domain: &str) -> bool {
        self.domain.eq_ignore_ascii_case(domain)
    }

    /// The message with its signature in front.
    ///
    /// # Errors
    /// A message without a header, or a key that does not sign.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, &'static str> {
        let text = std::str::from_utf8(message).map_err(|_| "the message is no text")?;
        let (header, body) = text.split_once("\r\n\r\n").ok_or("the message has no header")?;
        let fields = fields(header);
        let mut names = Vec::new();
        let mut signed = String::new();
        for name in SIGNED {
            if let Some(field) = fields.iter().find(|field| field.0 == name) {
                names.push(name);
                signed.push_str(&format!("{name}:{}\r\n", field.1));
            }
        }
        // each once more than it stands there, so that nobody puts another one in front (RFC 6376 §8.15)
        names.extend(SIGNED);
        let algorithm = match self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let body_hash = STANDARD.encode(digest(&SHA256, relaxed_body(body).as_bytes()));
        let unsigned = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed; d={}; s={}; h={}; bh={body_hash}; b=",
            self.domain,
            self.selector,
            names.join(":")
        );
        signed.push_str(&format!("dkim-signature:{unsigned}"));
        let signature = STANDARD.encode(self.signature(signed.as_bytes())?);
        Ok(format!("DKIM-Signature: {}{}\r\n{text}", folded(&unsigned), wrapped(&signature)).into_bytes())
    }

    fn signature(&self, text: &[u8]) -> Result<Vec<u8>, &'static str> {
        match &self.key {
            Key::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature)
                    .map_err(|_| "the key does not sign")?;
                Ok(signature)
            }
            // RFC 8463 §3: the hash is what is signed
            Key::Ed25519(pair) => Ok(pair.sign(digest(&SHA256, text).as_ref()).as_ref().to_vec()),
        }
    }
}

/// Between two tags a line may end: the blank that is there already begins the next line.
fn folded(tags: &str) -> String {
    tags.replace("; h=", ";\r\n h=")
        .replace("; bh=", ";\r\n bh=")
        .replace("; b=", ";\r\n b=")
}

/// Blanks inside of a signature count for nothing (RFC 6376 §3.5).
fn wrapped(signature: &str) -> String {
    let mut text = String::new();
    for (at, c) in signature.chars().enumerate() {
        if at > 0 && at % 70 == 0 {
            text.push_str("\r\n ");
        }
        text.push(c);
    }
    text
}

/// Names in lower case with their relaxed values (RFC 6376 §3.4.2).
fn fields(header: &str) -> Vec<(String, String)> {
    let unfolded = header.replace("\r\n ", " ").replace("\r\n\t", " ");
    let fields = unfolded.split("\r\n").filter_map(|line| line.split_once(':'));
    fields
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), blanks(value).trim().to_owned()))
        .collect()
}

/// Every run of blanks is one.
fn blanks(text: &str) -> String {
    let mut one = String::with_capacity(text.len());
    for c in text.chars() {
        let c = if c == '\t' { ' ' } else { c };
        if c != ' ' || !one.ends_with(' ') {
            one.push(c);
        }
    }
    one
}

/// RFC 6376 §3.4.4: no blanks at the ends of lines, runs of them are one, and no empty lines at the end.
fn relaxed_body(body: &str) -> String {
    let mut text = String::with_capacity(body.len());
    for line in body.split("\r\n") {
        text.push_str(blanks(line).trim_end_matches(' '));
        text.push_str("\r\n");
    }
    while text.ends_with("\r\n\r\n") {
        text.truncate(text.len() - 2);
    }
    if text == "\r\n" { String::new() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::encoding::AsDer;
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{ED25519, KeyPair, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    /// RFC 8463, appendix A.
    const MESSAGE: &str = "From: Joe SixPack <joe@football.example.com>\r\nTo: Suzie Q <suzie@shopping.example.net>\r\n\
        Subject: Is dinner ready?\r\nDate: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n\
        Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\r\nHi.\r\n\r\n\
        We lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";

    fn pem(der: &[u8]) -> String {
        format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD.encode(der)
        )
    }

    /// The tag of a signed message, without blanks.
    fn tag(message: &str, name: &str) -> String {
        let (header, _) = message.split_once("\r\nFrom:").unwrap();
        let value = header.trim_start_matches("DKIM-Signature:");
        let found = value
            .split(';')
            .find_map(|tag| tag.trim().strip_prefix(&format!("{name}=")));
        found.unwrap().split_whitespace().collect()
    }

    /// What a receiver puts together from the message and the signature's field without its `b`, written out by hand.
    fn expected(message: &str) -> String {
        format!(
            "from:Joe SixPack <joe@football.example.com>\r\nto:Suzie Q <suzie@shopping.example.net>\r\n\
             subject:Is dinner ready?\r\ndate:Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n\
             message-id:<20030712040037.46341.5F8J@football.example.com>\r\n\
             dkim-signature:v=1; a={}; c=relaxed/relaxed; d=football.example.com; s=brisbane; \
             h=from:to:subject:date:message-id:{}; bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=",
            tag(message, "a"),
            SIGNED.join(":")
        )
    }

    fn signed(key: &DkimKey) -> String {
        String::from_utf8(key.sign(MESSAGE.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn a_signature_by_ed25519_verifies() {
        let pair = Ed25519KeyPair::generate().unwrap();
        let der = pair.to_pkcs8v1().unwrap();
        let key = DkimKey::new(&pem(der.as_ref()), "football.example.com", "brisbane").unwrap();
        let message = signed(&key);
        assert_eq!(tag(&message, "a"), "ed25519-sha256");
        assert!(
            message.ends_with(MESSAGE) && message.lines().all(|line| line.len() < 998),
            "{message}"
        );
        let hashed = digest(&SHA256, expected(&message).as_bytes());
        let signature = STANDARD.decode(tag(&message, "b")).unwrap();
        let public = UnparsedPublicKey::new(&ED25519, pair.public_key().as_ref());
        public.verify(hashed.as_ref(), &signature).unwrap();
        assert!(public.verify(b"something else", &signature).is_err());
    }

    #[test]
    fn a_signature_by_rsa_verifies() {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let der = pair.as_der().unwrap();
        let key = DkimKey::new(&pem(der.as_ref()), "football.example.com", "brisbane").unwrap();
        let message = signed(&key);
        assert_eq!(tag(&message, "a"), "rsa-sha256");
        let signature = STANDARD.decode(tag(&message, "b")).unwrap();
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref())
            .verify(expected(&message).as_bytes(), &signature)
            .unwrap();
    }

    #[test]
    fn blanks_and_empty_lines_count_as_the_standard_says() {
        // RFC 6376 §3.4.5
        assert_eq!(relaxed_body(" C \r\nD \t E\r\n\r\n\r\n"), " C\r\nD E\r\n");
        assert_eq!(relaxed_body("\r\n\r\n"), "");
        assert_eq!(relaxed_body("no end"), "no end\r\n");
        let fields = fields("A: X\r\nB : Y\t\r\n\tZ  ");
        assert_eq!(
            fields,
            [("a".to_owned(), "X".to_owned()), ("b".to_owned(), "Y Z".to_owned())]
        );
    }

    #[test]
    fn what_is_no_key_is_told() {
        for wrong in [
            "",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----",
        ] {
            assert!(DkimKey::new(wrong, "example.org", "s").is_err());
        }
    }
}
