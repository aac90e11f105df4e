//! Sentences for people: the only place that holds them. One file per language, each a plain struct and one exhaustive
//! `match`, so that a missing text or a [`Code`] without a sentence does not compile. The end-user pages speak every
//! [`Locale`]; the console speaks English.

mod de;
mod en;
mod es;

use leptos::prelude::*;
pub use sereno_types::Locale;
use sereno_types::{AttributeKind, Code, FieldError, Problem};

use crate::visit;

/// The texts of the end-user pages.
pub(crate) const fn texts(locale: Locale) -> &'static Texts {
    match locale {
        Locale::En => &en::TEXTS,
        Locale::De => &de::TEXTS,
        Locale::Es => &es::TEXTS,
    }
}

/// What a sentence may mention.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// The least that is allowed.
    pub min: Option<u64>,
    /// The most that is allowed.
    pub max: Option<u64>,
    /// Seconds until another attempt makes sense.
    pub wait: Option<u64>,
}

/// The sentence for a code.
#[must_use]
pub fn sentence(locale: Locale, code: Code, figures: Figures) -> String {
    match locale {
        Locale::En => en::code(code, figures),
        Locale::De => de::code(code, figures),
        Locale::Es => es::code(code, figures),
    }
}

/// The sentence for a refused field.
#[must_use]
pub fn of_field(locale: Locale, error: &FieldError) -> String {
    let figure = |name| error.params.get(name).and_then(serde_json::Value::as_u64);
    let figures = Figures {
        min: figure("min"),
        max: figure("max"),
        wait: None,
    };
    let param = |name| error.params.get(name).and_then(serde_json::Value::as_str);
    if let (Code::InvalidType, Some(kind)) = (error.code, param("type").and_then(AttributeKind::from_name)) {
        return of_kind(locale, kind).to_owned();
    }
    let said = sentence(locale, error.code, figures);
    // what only the console's fields have, and the console speaks English
    match (param("reason"), param("names")) {
        _ if locale != Locale::En => said,
        (Some(reason), _) => match (figure("line"), figure("column")) {
            (Some(line), Some(column)) => format!("{said} Line {line}, column {column}: {reason}"),
            _ => format!("{said} ({reason})"),
        },
        (None, Some(names)) => format!("{said} Name one of: {names}."),
        (None, None) => said,
    }
}

/// How a value of this type is written.
const fn of_kind(locale: Locale, kind: AttributeKind) -> &'static str {
    match locale {
        Locale::En => en::kind(kind),
        Locale::De => de::kind(kind),
        Locale::Es => es::kind(kind),
    }
}

/// The sentence for a problem as a whole.
#[must_use]
pub fn of_problem(locale: Locale, problem: &Problem) -> String {
    let figures = Figures {
        wait: problem.retry_after,
        ..Figures::default()
    };
    sentence(locale, problem.code, figures)
}

/// What a new password needs on this server.
pub(crate) fn password_hint() -> String {
    let min = visit::about().password_min;
    match use_locale() {
        Locale::En => en::password_hint(min),
        Locale::De => de::password_hint(min),
        Locale::Es => es::password_hint(min),
    }
}

/// What happens to an account that is to be deleted, and when.
pub(crate) fn deletion_grace(locale: Locale, days: u64) -> String {
    match locale {
        Locale::En => en::deletion_grace(days),
        Locale::De => de::deletion_grace(days),
        Locale::Es => es::deletion_grace(days),
    }
}

/// Which files can be a picture here.
pub(crate) fn picture_hint(max_bytes: u64) -> String {
    match use_locale() {
        Locale::En => en::picture_hint(&size(max_bytes, '.')),
        Locale::De => de::picture_hint(&size(max_bytes, ',')),
        Locale::Es => es::picture_hint(&size(max_bytes, ',')),
    }
}

/// A limit in bytes as people say it, with at most one decimal; rounded down, so that what it allows does fit.
fn size(bytes: u64, point: char) -> String {
    const KILO: u64 = 1 << 10;
    const MEGA: u64 = 1 << 20;
    let (unit, name) = if bytes < MEGA { (KILO, "kB") } else { (MEGA, "MB") };
    match (bytes / unit, bytes % unit * 10 / unit) {
        (whole, 0) => format!("{whole}\u{a0}{name}"),
        (whole, tenth) => format!("{whole}{point}{tenth}\u{a0}{name}"),
    }
}

/// A day, with the name of its month; none if there is no such month.
#[must_use]
pub fn date(locale: Locale, year: i64, month: i64, day: i64) -> Option<String> {
    let at = usize::try_from(month.checked_sub(1)?).ok()?;
    Some(match locale {
        Locale::En => format!("{day} {} {year}", en::MONTHS.get(at)?),
        Locale::De => format!("{day}. {} {year}", de::MONTHS.get(at)?),
        Locale::Es => format!("{day} de {} de {year}", es::MONTHS.get(at)?),
    })
}

/// The language of this page, as the root of the page decided it.
pub(crate) fn use_locale() -> Locale {
    use_context().unwrap_or_default()
}

/// What the button of a provider says, in the words that providers ask for.
pub(crate) fn sign_in_with(provider: &str) -> String {
    let texts = use_texts();
    format!("{} {provider} {}", texts.social_with_prefix, texts.social_with_suffix)
        .trim()
        .to_owned()
}

/// The words that Facebook asks for.
pub(crate) fn continue_with(provider: &str) -> String {
    format!("{} {provider}", use_texts().social_continue_with)
}

/// The texts of this page.
pub(crate) fn use_texts() -> &'static Texts {
    texts(use_locale())
}

/// The texts of the end-user pages.
pub(crate) struct Texts {
    // the frame
    pub skip: &'static str,
    pub languages: &'static str,
    pub help: &'static str,
    pub privacy: &'static str,
    pub terms: &'static str,
    pub brand_links: &'static str,
    pub theme: &'static str,
    pub theme_system: &'static str,
    pub theme_light: &'static str,
    pub theme_dark: &'static str,
    pub loading: &'static str,
    pub error_prefix: &'static str,
    pub reference: &'static str,
    pub home: &'static str,
    pub optional: &'static str,
    pub show_password: &'static str,
    pub hide_password: &'static str,
    // pages that say no
    pub missing_title: &'static str,
    pub forbidden_title: &'static str,
    pub away_title: &'static str,
    pub broken_title: &'static str,
    pub refused_title: &'static str,
    // fields
    pub email: &'static str,
    pub username: &'static str,
    pub username_hint: &'static str,
    pub password: &'static str,
    pub identifier: &'static str,
    pub code: &'static str,
    pub code_hint: &'static str,
    pub setup_token: &'static str,
    pub setup_token_hint: &'static str,
    // sign-in
    pub sign_in_title: &'static str,
    pub sign_in: &'static str,
    pub sign_in_activated: &'static str,
    pub sign_in_welcome: &'static str,
    pub sign_in_welcome_mail: &'static str,
    pub code_link: &'static str,
    pub code_title: &'static str,
    pub code_lead: &'static str,
    pub code_send: &'static str,
    pub code_sent: &'static str,
    pub code_again: &'static str,
    pub code_password: &'static str,
    pub link_lead: &'static str,
    pub no_account: &'static str,
    pub sign_up_link: &'static str,
    // sign-up
    pub sign_up_title: &'static str,
    pub sign_up: &'static str,
    pub has_account: &'static str,
    pub sign_in_link: &'static str,
    // activation
    pub sent_title: &'static str,
    pub sent: &'static str,
    pub sent_where: &'static str,
    pub activate_title: &'static str,
    pub activate_link: &'static str,
    pub activate_code: &'static str,
    pub activate: &'static str,
    pub activate_with_code: &'static str,
    pub resend_link: &'static str,
    pub resend_title: &'static str,
    pub resend_lead: &'static str,
    pub resend: &'static str,
    // the account
    pub account_title: &'static str,
    pub account_lead: &'static str,
    pub account_number: &'static str,
    pub account_id: &'static str,
    pub account_since: &'static str,
    pub confirmed: &'static str,
    pub unconfirmed: &'static str,
    pub confirm_ask: &'static str,
    pub open_console: &'static str,
    pub sign_out: &'static str,
    pub signed_out_title: &'static str,
    pub signed_out: &'static str,
    pub sign_in_again: &'static str,
    // the password, forgotten and changed
    pub forgot_link: &'static str,
    pub forgot_title: &'static str,
    pub forgot_lead: &'static str,
    pub forgot: &'static str,
    pub forgot_sent: &'static str,
    pub forgot_again: &'static str,
    pub reset_title: &'static str,
    pub reset_lead: &'static str,
    pub reset: &'static str,
    pub sign_in_reset: &'static str,
    pub old_password: &'static str,
    pub new_password: &'static str,
    pub password_title: &'static str,
    pub change_password: &'static str,
    pub password_changed: &'static str,
    pub fresh_hint: &'static str,
    // the address, changed
    pub new_email: &'static str,
    pub email_title: &'static str,
    pub email_lead: &'static str,
    pub change_email: &'static str,
    pub email_sent: &'static str,
    pub confirm_title: &'static str,
    pub email_changed: &'static str,
    pub to_account: &'static str,
    pub delete_title: &'static str,
    pub delete_lead: &'static str,
    pub delete_unmailed_lead: &'static str,
    pub delete_unmailed_done: &'static str,
    pub delete_request: &'static str,
    pub delete_sent: &'static str,
    pub delete_confirm_lead: &'static str,
    pub delete_confirm: &'static str,
    pub delete_scheduled: &'static str,
    pub deleted: &'static str,
    pub delete_link: &'static str,
    pub export_lead: &'static str,
    pub export_data: &'static str,
    pub unsubscribe_title: &'static str,
    pub unsubscribe_lead: &'static str,
    pub unsubscribe: &'static str,
    pub unsubscribed: &'static str,
    pub resubscribe_lead: &'static str,
    pub resubscribe: &'static str,
    pub resubscribed: &'static str,
    pub announcements_title: &'static str,
    pub announcements_wanted: &'static str,
    pub announcements_declined: &'static str,
    pub preferences_saved: &'static str,
    pub keep_title: &'static str,
    pub keep_lead: &'static str,
    pub keep: &'static str,
    pub kept: &'static str,
    // the pages of the account
    pub previous: &'static str,
    pub next: &'static str,
    pub pages: &'static str,
    pub account_overview: &'static str,
    pub profile: &'static str,
    pub sign_ins: &'static str,
    // the profile
    pub profile_title: &'static str,
    pub profile_lead: &'static str,
    pub first_name: &'static str,
    pub last_name: &'static str,
    pub locale: &'static str,
    pub locale_unset: &'static str,
    pub list_hint: &'static str,
    pub object_hint: &'static str,
    pub yes: &'static str,
    pub no: &'static str,
    pub save: &'static str,
    pub profile_saved: &'static str,
    pub profile_kept: &'static str,
    // the picture
    pub picture: &'static str,
    pub picture_own: &'static str,
    pub picture_file: &'static str,
    pub picture_save: &'static str,
    pub picture_remove: &'static str,
    pub picture_saved: &'static str,
    pub picture_removed: &'static str,
    // sign-ins
    pub sessions_title: &'static str,
    pub sessions_lead: &'static str,
    pub session_current: &'static str,
    pub session_browser: &'static str,
    pub session_unknown: &'static str,
    pub session_through: &'static str,
    pub session_address: &'static str,
    pub session_began: &'static str,
    pub session_seen: &'static str,
    pub session_ends: &'static str,
    pub end_session: &'static str,
    pub end_others: &'static str,
    pub end_all: &'static str,
    pub session_ended: &'static str,
    pub others_ended: &'static str,
    pub devices: &'static str,
    pub devices_title: &'static str,
    pub devices_lead: &'static str,
    pub devices_none: &'static str,
    pub device_name: &'static str,
    pub device_rename: &'static str,
    pub device_renamed: &'static str,
    pub device_remove: &'static str,
    pub device_removed: &'static str,
    pub device_system: &'static str,
    pub device_app: &'static str,
    pub device_since: &'static str,
    // signing in through others
    pub social_with_prefix: &'static str,
    pub social_continue_with: &'static str,
    pub social_with_suffix: &'static str,
    pub social_or: &'static str,
    pub social_or_sign_up: &'static str,
    pub connections: &'static str,
    pub connections_title: &'static str,
    pub connections_lead: &'static str,
    pub connections_none: &'static str,
    pub connected: &'static str,
    pub disconnected: &'static str,
    pub disconnect: &'static str,
    pub connect: &'static str,
    pub connect_title: &'static str,
    pub connect_lead: &'static str,
    pub connection_since: &'static str,
    pub connection_used: &'static str,
    // the first administrator
    pub setup_title: &'static str,
    pub setup_lead: &'static str,
    pub setup: &'static str,
    pub setup_new_link: &'static str,
    pub setup_spent_title: &'static str,
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_said_in_words() {
        assert_eq!(size(4_194_304, '.'), "4\u{a0}MB");
        assert_eq!(size(2_700_000, ','), "2,5\u{a0}MB");
        assert_eq!(size(100_000, '.'), "97.6\u{a0}kB");
    }
}
