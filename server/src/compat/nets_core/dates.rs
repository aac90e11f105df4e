//! Days and moments as clients write them.

pub use time::{Date, OffsetDateTime as DateTime};

use time::format_description::well_known::Iso8601;
use time::{Month, PrimitiveDateTime, Time, UtcOffset};

/// A day: ISO 8601, with or without a time behind it, or free text with the month before the day (`03/04/2024` is the fourth
/// of March) unless only the other way round makes a day. Of a moment with a zone it is the day there.
#[must_use]
pub fn date(text: &str) -> Option<Date> {
    let text = text.trim();
    if let Some(moment) = moment(text) {
        return Some(moment.date());
    }
    let day = |text: &str| Date::parse(text, &Iso8601::DATE).ok();
    if let Some((before, _)) = text.split_once('T')
        && day(before).is_some()
    {
        // what stands behind it is no time
        return None;
    }
    if let Some(date) = text.split(' ').next().and_then(day) {
        return Some(date);
    }
    let parts: Vec<&str> = text
        .split(|c: char| c == '/' || c == '-' || c == '.' || c == ',' || c.is_whitespace())
        .filter(|part| !part.is_empty() && !is_weekday(part))
        .collect();
    let [one, two, three] = parts.first_chunk::<3>()?;
    if let (Some(month), Some(day)) = (named_month(one), number(two)) {
        return day_of(year(three)?, month, day);
    }
    if let (Some(first), Some(month)) = (number(one), named_month(two)) {
        return match one.len() {
            4 => day_of(i32::from(first), month, number(three)?),
            _ => day_of(year(three)?, month, first),
        };
    }
    let (one_number, two_number, three_number) = (number(one)?, number(two)?, number(three)?);
    if one.len() == 4 {
        return day_of(i32::from(one_number), month(two_number)?, three_number);
    }
    let year = year(three)?;
    let month_first = month(one_number).and_then(|month| day_of(year, month, two_number));
    month_first.or_else(|| day_of(year, month(two_number)?, one_number))
}

/// A moment in ISO 8601, in UTC; one without a zone is in UTC already.
#[must_use]
pub fn date_time(text: &str) -> Option<DateTime> {
    moment(text.trim())?.checked_to_offset(UtcOffset::UTC)
}

/// The same in its own zone.
fn moment(text: &str) -> Option<DateTime> {
    let text = text.replacen(' ', "T", 1);
    if let Ok(moment) = DateTime::parse(&text, &Iso8601::DEFAULT) {
        return Some(moment);
    }
    if let Ok(naive) = PrimitiveDateTime::parse(&text, &Iso8601::DEFAULT) {
        return Some(naive.assume_utc());
    }
    // a day alone: with anything behind it, it would be the wrong moment
    let day = Date::parse(&text, &Iso8601::DATE)
        .ok()
        .filter(|_| !text.contains('T'))?;
    Some(day.with_time(Time::MIDNIGHT).assume_utc())
}

fn is_weekday(text: &str) -> bool {
    const NAMES: [&str; 7] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let text = text.to_lowercase();
    text.len() >= 3 && NAMES.iter().any(|name| name.starts_with(&text))
}

fn number(text: &str) -> Option<u16> {
    text.parse().ok()
}

/// Of two digits: between 1969 and 2068.
fn year(text: &str) -> Option<i32> {
    let year = i32::from(number(text)?);
    Some(match text.len() {
        2 if year < 69 => year.saturating_add(2000),
        2 => year.saturating_add(1900),
        4 => year,
        _ => return None,
    })
}

fn month(number: u16) -> Option<Month> {
    Month::try_from(u8::try_from(number).ok()?).ok()
}

fn named_month(text: &str) -> Option<Month> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let text = text.to_lowercase();
    let is = |name: &&str| **name == text || (text.len() == 3 && name.starts_with(&text));
    let at = NAMES.iter().position(is)?;
    Month::try_from(u8::try_from(at.checked_add(1)?).ok()?).ok()
}

fn day_of(year: i32, month: Month, day: u16) -> Option<Date> {
    Date::from_calendar_date(year, month, u8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_however_they_are_written() {
        for (text, expected) in [
            ("2024-02-29", Some("2024-02-29")),
            ("2024-02-29T10:11:12Z", Some("2024-02-29")),
            ("2024-02-29 10:11", Some("2024-02-29")),
            ("2024-02-30", None),
            ("03/04/2024", Some("2024-03-04")),
            ("13/04/2024", Some("2024-04-13")),
            ("2024/3/4", Some("2024-03-04")),
            ("4 March 2024", Some("2024-03-04")),
            ("Mar 4, 2024", Some("2024-03-04")),
            ("3/4/24", Some("2024-03-04")),
            ("2024-02-29T23:30:00-05:00", Some("2024-02-29")),
            ("2024-02-29T25:00", None),
            ("2024-02-29 10:11 PM", Some("2024-02-29")),
            ("Sunday 4 March 2024", Some("2024-03-04")),
            ("Mon, 04 Mar 2024 10:11:12 GMT", Some("2024-03-04")),
            ("2024 Mar 4", Some("2024-03-04")),
            ("Mar 2024", None),
            ("10:11", None),
            ("4th of March 2024", None),
            ("2024-Mar-04", Some("2024-03-04")),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(date(text).map(|date| date.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn moments_without_a_zone_are_in_utc() {
        for (text, expected) in [
            ("2024-02-29T10:11:12Z", Some(1_709_201_472)),
            ("2024-02-29T12:11:12+02:00", Some(1_709_201_472)),
            ("2024-02-29T10:11:12", Some(1_709_201_472)),
            ("2024-02-29 10:11:12", Some(1_709_201_472)),
            ("2024-02-29", Some(1_709_164_800)),
            ("tomorrow", None),
            ("2024-02-30T10:11:12Z", None),
            ("2024-02-29T10:11:60", None),
        ] {
            let moment = date_time(text);
            assert_eq!(moment.map(DateTime::unix_timestamp), expected, "{text}");
            assert!(moment.is_none_or(|moment| moment.offset().is_utc()), "{text}");
        }
        let beyond = "9999-12-31T23:59:59-02:00";
        assert_eq!(date_time(beyond), None, "it has no place in UTC");
    }
}
