//! The site (wasm, JavaScript, styles, fonts, icons), embedded into the binary at compile time.
//!
//! Every file has two addresses. `/<name>` is revalidated on each use. `/pkg/<hash>/<name>` carries the hash of the
//! whole site, so browsers keep it for ever; [`pkg_dir`] is what pages write in front of a name. Public files are below
//! the hash too (`/pkg/<hash>/fonts/…`), hence a style sheet reaches a font by the relative `url("fonts/…")`.
//!
//! Under `cargo leptos watch` a debug build reads the files from disk instead, for the site changes under it.

use std::{
    collections::HashMap,
    path::{Component, Path},
    sync::LazyLock,
};

use aws_lc_rs::digest;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use rust_embed::{EmbeddedFile, RustEmbed};

const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");
/// Where cargo-leptos puts what it makes, and the first part of every immutable address.
const PKG: &str = "pkg";
/// Content codings and the ends of the file names that hold them, best first.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

#[derive(RustEmbed)]
#[folder = "../target/site"]
#[allow_missing = true]
#[exclude = "*.d.ts*"]
// fonts are compressed already
#[exclude = "*.woff2.*"]
struct Embedded;

static SITE: LazyLock<Site> = LazyLock::new(Site::of_this_process);

/// What pages put before the name of a file, and `LeptosOptions::site_pkg_dir`: `pkg/<hash of the embedded site>`.
#[must_use]
pub fn pkg_dir() -> &'static str {
    &SITE.pkg_dir
}

/// Answers a request for a file of the site; `None` when there is no such file.
#[must_use]
pub fn respond(method: &Method, path: &str, headers: &HeaderMap) -> Option<Response> {
    SITE.respond(method, path, headers)
}

/// Whether files of the site stand below a path.
#[must_use]
pub fn is_folder(path: &str) -> bool {
    SITE.is_folder(path.trim_matches('/'))
}

struct Site {
    pkg_dir: String,
    files: Files,
}

enum Files {
    Memory(HashMap<String, File>),
    /// The folder of a running `cargo leptos watch`.
    Disk(&'static Path),
}

#[derive(Clone)]
struct File {
    content_type: HeaderValue,
    plain: Representation,
    /// In the order of [`CODINGS`].
    coded: [Option<Representation>; CODINGS.len()],
}

#[derive(Clone)]
struct Representation {
    body: Bytes,
    etag: HeaderValue,
}

impl Site {
    fn of_this_process() -> Self {
        if cfg!(debug_assertions) && std::env::var_os("LEPTOS_WATCH").is_some() {
            let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/site"));
            return Self {
                pkg_dir: PKG.to_owned(),
                files: Files::Disk(folder),
            };
        }
        Self::new(Embedded::iter().filter_map(|name| Some((name.clone().into_owned(), Embedded::get(&name)?))))
    }

    /// The hash is made from the hashes of the files, which are known since compile time.
    fn new(embedded: impl Iterator<Item = (String, EmbeddedFile)>) -> Self {
        let mut found: Vec<_> = embedded
            .map(|(name, file)| (name, file.metadata.sha256_hash(), file.data))
            .collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        let mut all = digest::Context::new(&digest::SHA256);
        let mut made = HashMap::with_capacity(found.len());
        for (name, hash, data) in found {
            all.update(name.as_bytes());
            all.update(&hash);
            let body = match data {
                std::borrow::Cow::Borrowed(data) => Bytes::from_static(data),
                std::borrow::Cow::Owned(data) => Bytes::from(data),
            };
            made.insert(name, (body, hex(&hash)));
        }
        let files = made
            .keys()
            .filter(|name| !is_coded(name))
            .filter_map(|name| Some((name.clone(), File::new(name, |n| made.get(n).cloned())?)));
        Self {
            files: Files::Memory(files.collect()),
            pkg_dir: format!("{PKG}/{}", hex(all.finish().as_ref())),
        }
    }

    fn get(&self, name: &str) -> Option<File> {
        match &self.files {
            Files::Memory(files) => files.get(name).cloned(),
            Files::Disk(folder) => File::new(name, |name| {
                let inside = Path::new(name)
                    .components()
                    .all(|part| matches!(part, Component::Normal(_)));
                let body = inside.then(|| std::fs::read(folder.join(name)).ok())??;
                let hash = digest::digest(&digest::SHA256, &body);
                Some((Bytes::from(body), hex(hash.as_ref())))
            }),
        }
    }

    fn is_folder(&self, path: &str) -> bool {
        if path == PKG || path.starts_with(&format!("{PKG}/")) {
            return true;
        }
        match &self.files {
            Files::Memory(files) => files.keys().any(|name| name.starts_with(&format!("{path}/"))),
            Files::Disk(folder) => folder.join(path).is_dir(),
        }
    }

    /// The file at an address, and whether the address names its content.
    fn find(&self, path: &str) -> Option<(File, bool)> {
        let path = path.strip_prefix('/')?;
        let below = |dir: &str| path.strip_prefix(dir)?.strip_prefix('/');
        if self.pkg_dir != PKG
            && let Some(name) = below(&self.pkg_dir)
        {
            return Some((self.get(&format!("{PKG}/{name}")).or_else(|| self.get(name))?, true));
        }
        // The second way is for fonts in watch mode, where the style sheet lies at `/pkg/sereno.css`.
        let file = self.get(path).or_else(|| self.get(below(PKG)?))?;
        Some((file, false))
    }

    fn respond(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<Response> {
        let (file, immutable) = self.find(path)?;
        if method != Method::GET && method != Method::HEAD {
            return Some((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response());
        }
        let (coding, chosen) = file.choose(headers);
        let mut response = Response::new(Body::empty());
        let answer = response.headers_mut();
        answer.insert(header::CACHE_CONTROL, if immutable { IMMUTABLE } else { REVALIDATE });
        answer.insert(header::ETAG, chosen.etag.clone());
        answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        answer.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if has(headers, &chosen.etag) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return Some(response);
        }
        answer.insert(header::CONTENT_TYPE, file.content_type.clone());
        answer.insert(header::CONTENT_LENGTH, HeaderValue::from(chosen.body.len()));
        if let Some(coding) = coding {
            answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        if method == Method::GET {
            *response.body_mut() = Body::from(chosen.body.clone());
        }
        Some(response)
    }
}

impl File {
    /// Puts a file together with its compressed forms; `get` answers body and hash of a name.
    fn new(name: &str, get: impl Fn(&str) -> Option<(Bytes, String)>) -> Option<Self> {
        let (body, hash) = get(name)?;
        let coded = CODINGS.map(|(coding, end)| {
            let (coded, _) = get(&format!("{name}{end}"))?;
            let etag = etag(&format!("{hash}-{coding}"))?;
            (coded.len() < body.len()).then_some(Representation { body: coded, etag })
        });
        let content_type = content_type(name);
        Some(Self {
            content_type,
            plain: Representation {
                body,
                etag: etag(&hash)?,
            },
            coded,
        })
    }

    /// The form of the file that the client weighs highest; among equals the smallest.
    fn choose(&self, headers: &HeaderMap) -> (Option<&'static str>, &Representation) {
        let accepted = Accepted::new(headers);
        let mut best = (None, &self.plain, accepted.weight("identity").unwrap_or(0));
        for ((coding, _), form) in CODINGS.iter().zip(&self.coded).rev() {
            if let Some(form) = form
                && let Some(weight) = accepted.weight(coding).or(accepted.weight("*"))
                && weight > 0
                && weight >= best.2
            {
                best = (Some(*coding), form, weight);
            }
        }
        (best.0, best.1)
    }
}

/// Is this the compressed form of a file and no file of its own?
fn is_coded(name: &str) -> bool {
    CODINGS.iter().any(|(_, end)| name.ends_with(end))
}

/// An `Accept-Encoding` header: codings with their weight in thousandths.
struct Accepted<'a>(Vec<(&'a str, u16)>);

impl<'a> Accepted<'a> {
    fn new(headers: &'a HeaderMap) -> Self {
        let one = |item: &'a str| {
            let (coding, rest) = item.split_once(';').unwrap_or((item, ""));
            let weight = rest
                .split(';')
                .find_map(|p| p.trim().strip_prefix("q=").or(p.trim().strip_prefix("Q=")));
            (coding.trim(), weight.map_or(1000, thousandths))
        };
        Self(items(headers, &header::ACCEPT_ENCODING).map(one).collect())
    }

    fn weight(&self, coding: &str) -> Option<u16> {
        self.0
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(coding))
            .map(|(_, weight)| *weight)
    }
}

/// A weight of RFC 9110 (`0`, `0.5`, `1.000`); what is not one counts as zero.
fn thousandths(weight: &str) -> u16 {
    let (whole, fraction) = weight.trim().split_once('.').unwrap_or((weight.trim(), ""));
    let fraction = format!("{fraction:0<3}");
    match (whole, fraction.len(), fraction.parse()) {
        ("1", 3, Ok(0)) => 1000,
        ("0", 3, Ok(fraction)) => fraction,
        _ => 0,
    }
}

/// Does the client hold this form already? The comparison is the weak one, as RFC 9110 asks.
fn has(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    items(headers, &header::IF_NONE_MATCH)
        .any(|held| held == "*" || held.strip_prefix("W/").unwrap_or(held).as_bytes() == etag.as_bytes())
}

/// The items of a header that is a list.
fn items<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|v| v.split(','))
        .map(str::trim)
}

fn content_type(name: &str) -> HeaderValue {
    let mime = mime_guess::from_path(name).first_or_octet_stream();
    let text = mime.type_() == mime_guess::mime::TEXT
        || matches!(
            mime.subtype().as_str(),
            "javascript" | "json" | "manifest+json" | "svg" | "xml"
        );
    let value = if text {
        format!("{mime}; charset=utf-8")
    } else {
        mime.to_string()
    };
    HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

fn etag(tag: &str) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("\"{tag}\"")).ok()
}

/// The beginning of a hash: enough to tell files apart.
fn hex(hash: &[u8]) -> String {
    let begin = hash
        .iter()
        .take(8)
        .fold(0_u64, |begin, byte| begin << 8 | u64::from(*byte));
    format!("{begin:016x}")
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    const SCRIPT: &str = "export default 1";

    fn site() -> Site {
        site_of(&[
            ("pkg/sereno.js", SCRIPT),
            ("pkg/sereno.js.br", "brotli"),
            ("pkg/sereno.js.gz", "gzip"),
            ("pkg/sereno.wasm", "wasm"),
            ("favicon.svg", "<svg/>"),
            ("favicon.svg.br", "no smaller"),
            ("fonts/inter.woff2", "font"),
        ])
    }

    fn site_of(files: &[(&str, &'static str)]) -> Site {
        Site::new(files.iter().map(|(name, data)| {
            let mut hash = [0; 32];
            hash.copy_from_slice(digest::digest(&digest::SHA256, data.as_bytes()).as_ref());
            let metadata = rust_embed::Metadata::__rust_embed_new(hash, None, None);
            (
                (*name).to_owned(),
                EmbeddedFile {
                    data: data.as_bytes().into(),
                    metadata,
                },
            )
        }))
    }

    fn request(headers: &[(&'static str, &str)]) -> HeaderMap {
        headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    fn get(path: &str, headers: &[(&'static str, &str)]) -> Response {
        site().respond(&Method::GET, path, &request(headers)).unwrap()
    }

    fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
        response.headers().get(name).map(|value| value.to_str().unwrap())
    }

    async fn body(response: Response) -> Bytes {
        to_bytes(response.into_body(), usize::MAX).await.unwrap()
    }

    #[tokio::test]
    async fn a_plain_address_is_revalidated() {
        let response = get("/pkg/sereno.js", &[]);
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, "cache-control"), Some("no-cache"));
        assert_eq!(
            header(&response, "content-type"),
            Some("text/javascript; charset=utf-8")
        );
        assert_eq!(header(&response, "content-length"), Some("16"));
        assert_eq!(header(&response, "content-encoding"), None);
        assert_eq!(header(&response, "vary"), Some("accept-encoding"));
        assert_eq!(header(&response, "x-content-type-options"), Some("nosniff"));
        assert_eq!(body(response).await, SCRIPT);
    }

    #[tokio::test]
    async fn below_the_hash_everything_is_immutable() {
        let dir = site().pkg_dir;
        for (name, content) in [
            ("sereno.js", SCRIPT),
            ("favicon.svg", "<svg/>"),
            ("fonts/inter.woff2", "font"),
        ] {
            let response = get(&format!("/{dir}/{name}"), &[]);
            assert_eq!(
                header(&response, "cache-control"),
                Some("public, max-age=31536000, immutable"),
                "{name}"
            );
            assert_eq!(body(response).await, content, "{name}");
        }
    }

    #[test]
    fn types_are_right() {
        for (path, expected) in [
            ("/pkg/sereno.wasm", "application/wasm"),
            ("/favicon.svg", "image/svg+xml; charset=utf-8"),
            ("/fonts/inter.woff2", "font/woff2"),
        ] {
            assert_eq!(header(&get(path, &[]), "content-type"), Some(expected));
        }
    }

    #[test]
    fn the_hash_follows_names_and_content() {
        let hash = |files: &[(&str, &'static str)]| site_of(files).pkg_dir;
        let dir = hash(&[("a", "1"), ("b", "2")]);
        assert_eq!(dir, hash(&[("b", "2"), ("a", "1")]));
        assert_ne!(dir, hash(&[("a", "1"), ("b", "3")]));
        assert_ne!(dir, hash(&[("a", "1"), ("c", "2")]));
        assert_eq!(dir.len(), "pkg/".len() + 16);
    }

    #[test]
    fn what_is_not_there_is_left_to_the_router() {
        for path in [
            "/",
            "",
            "//favicon.svg",
            "/nothing.js",
            "/pkg/",
            "/pkg/0123456789abcdef/sereno.js",
            "/../Cargo.toml",
            "/pkg/sereno.js.br",
        ] {
            assert!(
                site().respond(&Method::GET, path, &HeaderMap::new()).is_none(),
                "{path}"
            );
            assert!(
                site().respond(&Method::POST, path, &HeaderMap::new()).is_none(),
                "{path}"
            );
        }
    }

    #[test]
    fn watching_reads_inside_the_folder_only() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let site = Site {
            pkg_dir: PKG.to_owned(),
            files: Files::Disk(folder),
        };
        let status = |path| {
            site.respond(&Method::GET, path, &HeaderMap::new())
                .map(|response| response.status())
        };
        assert_eq!(status("/Cargo.toml"), Some(StatusCode::OK));
        assert_eq!(status("/pkg/Cargo.toml"), Some(StatusCode::OK));
        for outside in [
            "/../Cargo.toml",
            "/src/../Cargo.toml",
            "/./Cargo.toml/..",
            "//etc/passwd",
            "/src",
            "/",
        ] {
            assert_eq!(status(outside), None, "{outside}");
        }
    }

    #[tokio::test]
    async fn the_best_accepted_coding_wins() {
        for (accept, coding, content) in [
            ("gzip, deflate, br, zstd", Some("br"), "brotli"),
            ("BR", Some("br"), "brotli"),
            ("gzip", Some("gzip"), "gzip"),
            ("br;q=0, gzip", Some("gzip"), "gzip"),
            ("br;q=0.5, gzip;q=0.8", Some("gzip"), "gzip"),
            ("br;q=0, *", Some("gzip"), "gzip"),
            ("*", Some("br"), "brotli"),
            ("br ; Q=0.001", Some("br"), "brotli"),
            ("identity, br;q=0.9", None, SCRIPT),
            ("br;q=0, gzip;q=0.0", None, SCRIPT),
            ("*;q=0", None, SCRIPT),
            ("br;q=nonsense", None, SCRIPT),
            ("deflate", None, SCRIPT),
            ("", None, SCRIPT),
        ] {
            let response = get("/pkg/sereno.js", &[("accept-encoding", accept)]);
            assert_eq!(header(&response, "content-encoding"), coding, "{accept}");
            assert_eq!(
                header(&response, "content-type"),
                Some("text/javascript; charset=utf-8"),
                "{accept}"
            );
            assert_eq!(body(response).await, content, "{accept}");
        }
    }

    #[test]
    fn what_compression_does_not_shrink_goes_out_plain() {
        assert_eq!(
            header(
                &get("/favicon.svg", &[("accept-encoding", "br, gzip")]),
                "content-encoding"
            ),
            None
        );
    }

    #[tokio::test]
    async fn a_known_form_is_not_sent_again() {
        let first = get("/pkg/sereno.js", &[("accept-encoding", "br")]);
        let etag = header(&first, "etag").unwrap();
        for held in [
            etag.to_owned(),
            format!("\"x\", {etag}"),
            format!("W/{etag}"),
            "*".to_owned(),
        ] {
            let again = get("/pkg/sereno.js", &[("accept-encoding", "br"), ("if-none-match", &held)]);
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{held}");
            assert_eq!(header(&again, "etag"), Some(etag));
            assert_eq!(header(&again, "cache-control"), Some("no-cache"));
            assert!(body(again).await.is_empty());
        }
        let other_coding = get(
            "/pkg/sereno.js",
            &[("accept-encoding", "gzip"), ("if-none-match", etag)],
        );
        assert_eq!(other_coding.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn head_answers_without_body() {
        let response = site()
            .respond(&Method::HEAD, "/pkg/sereno.js", &HeaderMap::new())
            .unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, "content-length"), Some("16"));
        assert!(body(response).await.is_empty());
    }

    #[test]
    fn other_methods_are_refused() {
        let response = site()
            .respond(&Method::POST, "/favicon.svg", &HeaderMap::new())
            .unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(header(&response, "allow"), Some("GET, HEAD"));
    }
}
