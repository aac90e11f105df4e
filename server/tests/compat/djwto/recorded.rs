//! What was recorded of the package, replayed; and what the facade answers otherwise on purpose.

use sereno_core::config::Config;

use super::fixture::Djwto;
use crate::replay::{Deviation, names, recordings};

/// Exchanges that are answered otherwise. The README says more of each.
pub const DEVIATIONS: &[Deviation] = &[
    (
        "json.validate_refresh.access_token_also_accepted",
        "the type of a token is checked",
    ),
    (
        "one.refresh_access.access_token_in_refresh_cookie",
        "the type of a token is checked",
    ),
    (
        "two.refresh_access.access_token_in_refresh_cookie",
        "the type of a token is checked",
    ),
    (
        "one_nocsrf.refresh_access.access_token_in_refresh_cookie",
        "the type of a token is checked",
    ),
    (
        "one.login.already_authenticated_garbage",
        "a token that is not good keeps nobody from signing in",
    ),
    (
        "two.login.already_authenticated_garbage",
        "a token that is not good keeps nobody from signing in",
    ),
    ("json.refresh_access.inactive_user_still_works", "the user is looked at"),
    ("json.refresh_access.deleted_user_still_works", "the user is looked at"),
    (
        "json.validate_access.after_logout_still_valid",
        "signing out ends the access token, too",
    ),
    (
        "json.validate_access.missing_exp",
        "only tokens that Sereno issued are good",
    ),
    (
        "claims.validate.one_matching_audience",
        "only tokens that Sereno issued are good",
    ),
    ("json.protect.ok", "a view of the recorded project, not of the package"),
    (
        "json.protect.none",
        "a view of the recorded project, not of the package",
    ),
    (
        "json.perms.none_in_token",
        "a view of the recorded project, not of the package",
    ),
    ("one.perms.none", "a view of the recorded project, not of the package"),
    ("two.protect.none", "a view of the recorded project, not of the package"),
    ("two.perms.none", "a view of the recorded project, not of the package"),
    (
        "one_nocsrf.protect.ok",
        "a view of the recorded project, not of the package",
    ),
    (
        "one_nocsrf.perms.none",
        "a view of the recorded project, not of the package",
    ),
    (
        "two_nocsrf.protect.none",
        "a view of the recorded project, not of the package",
    ),
    (
        "two_nocsrf.perms.none",
        "a view of the recorded project, not of the package",
    ),
];

recordings! {
    Djwto, "../../../src/compat/djwto/README.md";
    json = "json-default";
    one_cookie = "one-cookie";
    one_cookie_without_csrf = "one-cookie-nocsrf";
    two_cookies = "two-cookies";
    two_cookies_without_csrf = "two-cookies-nocsrf";
    two_cookies_over_https = "two-cookies-debug-https";
    every_claim = "claims-all";
    neither_iat_nor_jti = "no-iat-no-jti";
    domain_and_path = "domain-samesite-path";
    what_clients_get_wrong = "measured";
}

/// The package started with a mode that it did not know, and then answered 500 and 403.
#[test]
fn what_was_recorded_of_a_mode_that_cannot_work_is_no_start() {
    let text = "[compat.djwto]\nenabled = true\nmode = \"BOGUS\"\n";
    let (_, faults) = Config::read(Some(("sereno.toml", text)), [], Vec::new());
    let settings: Vec<&str> = faults.0.iter().map(|fault| fault.setting.as_str()).collect();
    assert_eq!(settings, ["compat.djwto.mode"]);
    let readme = include_str!("../../../src/compat/djwto/README.md");
    for name in names(include_str!("exchanges/invalid-mode.json")) {
        assert!(readme.contains(&format!("`{name}`")), "{name} has no row in the README");
    }
}
