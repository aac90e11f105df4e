//! What was recorded of the package, replayed; and what the facade answers otherwise on purpose.

use super::fixture::NetsCore;
use crate::replay::{Deviation, recordings};

/// Exchanges that are answered otherwise. The README says more of each.
pub const DEVIATIONS: &[Deviation] = &[
    ("login.key_python_keyword", "malformed input gets 400"),
    ("login.key_with_dash", "malformed input gets 400"),
    ("login.json_list", "malformed input gets 400"),
    ("authenticate.unknown_user", "an unknown account is not told apart"),
    (
        "authenticate.user_never_requested_code",
        "who is just signing in is nobody's business",
    ),
    ("authenticate.hashed_app_plain_secret", "secrets are kept as digests"),
    ("authenticate.hashed_app_pass_the_hash", "what is stored is no secret"),
    ("update.email_taken", "an address counts when its mail was answered"),
    ("update.method_name", "what is no field is passed over"),
    ("update.property", "what is no field is passed over"),
    ("update.file_with_field", "malformed input gets 400"),
    ("logout.malformed_device_uuid", "malformed input gets 400"),
    (
        "getProfile.after_logout_session_of_authenticate",
        "signing out ends all of a sign-in",
    ),
    ("params.float_nan", "it is no JSON"),
    ("png.wrong_type", "malformed input gets 400"),
    ("publicperm.anonymous", "nobody holds nothing"),
    ("delete.valid_code_still_fails", "what never worked works"),
    ("customtemplate.login", "what never worked works"),
    ("requestDelete.missing_template", "it is a text, and no template"),
    ("permupper.second_crashes", "nobody holds what nobody declared"),
    (
        "memberfk.role.disabled_role_still_matches",
        "roles that are off give nothing",
    ),
    ("ip.Client-Ip", "anybody could write it"),
    ("ip.X-Cluster-Client-Ip", "anybody could write it"),
    ("ip.Forwarded-For", "anybody could write it"),
    ("ip.Forwarded", "anybody could write it"),
    ("ip.precedence", "anybody could write it"),
    ("google_social.ok.new_user", "what the provider confirmed is confirmed"),
    ("google_social.no_email", "who has no address has none"),
    (
        "google_social.email_not_verified_accepted",
        "an address counts where it is confirmed",
    ),
    ("google_social.user_to_json_without_mode", "it does not crash"),
    ("google_legacy.ok.new_user", "names stand where they belong"),
    ("google_legacy.ok.existing", "names stand where they belong"),
    ("google_legacy.only_name", "names stand where they belong"),
    ("apple.unknown_kid", "one refusal for a key and a signature"),
    ("apple.no_email_uses_sub", "who has no address has none"),
    ("facebook.ok.form", "an address counts where it is confirmed"),
    ("microsoft.ok.new_user", "an address counts where it is confirmed"),
    ("microsoft.upn_fallback", "an address counts where it is confirmed"),
    ("github.unverified_fallback", "an address counts where it is confirmed"),
    ("github.public_email", "an address counts where it is confirmed"),
];

recordings! {
    NetsCore, "../../../src/compat/nets_core/README.md";
    production = "production";
    sign_in = "sign_in";
    social = "social";
    debug = "debug";
    testers = "testers";
    demo = "demo";
    params = "params";
    permissions = "permissions";
    providers = "providers";
}
