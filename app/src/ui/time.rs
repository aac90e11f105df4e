//! Moments for people. The console shows how long ago something was and keeps the exact time in `<time>`; "now" is the
//! server's, given to the browser with the page, so both render the same words.

use leptos::prelude::*;
use sereno_types::Timestamp;

use crate::text::{self, Locale};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// A moment, told relative to now.
#[component]
pub fn Ago(
    /// The moment.
    at: Timestamp,
) -> impl IntoView {
    let exact = absolute(text::use_locale(), &at);
    let text = seconds(&at)
        .zip(crate::visit::now())
        .map_or_else(|| exact.clone(), |(then, now)| relative(then, now));
    view! {
        <time datetime=at.0 title=exact class="whitespace-nowrap">
            {text}
        </time>
    }
}

/// A moment, told exactly.
#[component]
pub fn At(
    /// The moment.
    at: Timestamp,
) -> impl IntoView {
    let exact = absolute(text::use_locale(), &at);
    view! { <time datetime=at.0>{exact}</time> }
}

/// The same moment by the reader's own clock. Only the browser knows it, so without scripts there is nothing.
#[component]
pub fn Here(
    /// The moment.
    at: Timestamp,
) -> impl IntoView {
    let text = RwSignal::new(String::new());
    Effect::new(move |_| {
        let moment = js_sys::Date::new(&at.0.as_str().into());
        let said = String::from(moment.to_locale_string("en-GB", &leptos::wasm_bindgen::JsValue::UNDEFINED));
        text.set(format!("({said} by your clock)"));
    });
    view! { <span class="text-soft">{move || text.get()}</span> }
}

/// `20 Nov 2026, 09:59 UTC`, in the words of the language; what is no timestamp stays as it is.
#[must_use]
pub fn absolute(locale: Locale, at: &Timestamp) -> String {
    let told = || {
        let [year, month, day, hour, minute, _] = parts(&at.0)?;
        let date = text::date(locale, year, month, day)?;
        Some(format!("{date}, {hour:02}:{minute:02} UTC"))
    };
    told().unwrap_or_else(|| at.0.clone())
}

/// How long ago `then` was. Beyond a month, weeks and days no longer help: it says the number of months or years.
#[must_use]
pub fn relative(then: i64, now: i64) -> String {
    let (count, unit) = match now - then {
        ..MINUTE => return "just now".to_owned(),
        age @ ..HOUR => (age / MINUTE, "minute"),
        age @ ..DAY => (age / HOUR, "hour"),
        age if age < 30 * DAY => (age / DAY, "day"),
        age if age < 365 * DAY => (age / (30 * DAY), "month"),
        age => (age / (365 * DAY), "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

/// Seconds since 1970.
#[must_use]
pub fn seconds(at: &Timestamp) -> Option<i64> {
    let [year, month, day, hour, minute, second] = parts(&at.0)?;
    Some(days(year, month, day) * DAY + hour * HOUR + minute * MINUTE + second)
}

/// Days since 1970 of a date in the Gregorian calendar, counted in years that begin with March, so that the leap day is
/// the last one.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468
}

/// Year, month, day, hour, minute and second of `2026-11-20T09:59:16Z`. The server writes UTC and nothing else.
fn parts(text: &str) -> Option<[i64; 6]> {
    let text = text.strip_suffix('Z')?;
    let mut numbers = text
        .split(['-', 'T', ':', '.'])
        .map(|number| number.parse::<i64>().ok());
    let mut parts = [0; 6];
    for part in &mut parts {
        *part = numbers.next()??;
    }
    Some(parts)
}

/// The browser's clock, in seconds since 1970.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a browser's time fits for some 290 million years"
)]
pub(crate) fn browser_seconds() -> i64 {
    (js_sys::Date::now() / 1000.0) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.to_owned())
    }

    #[test]
    fn moments_are_counted_from_1970() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("2025-11-20T09:59:16Z", 1_763_632_756),
            ("2100-03-01T00:00:00.25Z", 4_107_542_400),
        ] {
            assert_eq!(seconds(&at(text)), Some(expected), "{text}");
        }
        for text in ["", "Z", "yesterday", "2025-11-20", "2025-11-20T09:59:16+01:00"] {
            assert_eq!(seconds(&at(text)), None, "{text}");
        }
    }

    #[test]
    fn moments_are_told_exactly() {
        for (locale, expected) in [
            (Locale::En, "1 Mar 2026, 09:05 UTC"),
            (Locale::De, "1. März 2026, 09:05 UTC"),
            (Locale::Es, "1 de marzo de 2026, 09:05 UTC"),
        ] {
            assert_eq!(absolute(locale, &at("2026-03-01T09:05:16Z")), expected);
        }
        for text in ["2026-13-20T09:05:16Z", "2026-00-20T09:05:16Z", "soon"] {
            assert_eq!(absolute(Locale::En, &at(text)), text);
        }
    }

    #[test]
    fn moments_are_told_relative_to_now() {
        for (age, expected) in [
            (-5, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (2 * HOUR, "2 hours ago"),
            (DAY, "1 day ago"),
            (29 * DAY, "29 days ago"),
            (30 * DAY, "1 month ago"),
            (364 * DAY, "12 months ago"),
            (800 * DAY, "2 years ago"),
        ] {
            assert_eq!(relative(1_000_000_000 - age, 1_000_000_000), expected);
        }
    }
}
