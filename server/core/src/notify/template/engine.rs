//! The language that staff writes mails in: minijinja with next to nothing in it. A template sees its declared variables
//! and no more, spends so many steps and so many bytes, and is escaped as the shipped mails are.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use askama::filters::{Escaper, Html};
use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, ErrorKind, Output, State, UndefinedBehavior, filters};
use sereno_types::{Code, EmailSource, FieldError};

use super::super::mails::Rendered;
use super::scan::{self, Place};

/// Most characters of one part as it is written.
pub const PART_MAX: usize = 64 * 1_024;
/// Most bytes of one part as it leaves.
pub const RENDERED_MAX: usize = 256 * 1_024;
/// Most characters of a subject as it leaves.
const SUBJECT_MAX: usize = 250;
/// Most steps that one part takes.
const FUEL: u64 = 10_000;
/// Most bytes that the filters of one part read.
const FILTERED_MAX: usize = 1_048_576;
/// How deep loops and conditions nest.
const DEPTH: usize = 20;

/// A part of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The subject line.
    Subject,
    /// The plain text.
    Text,
    /// The HTML.
    Html,
}

impl Part {
    /// The name of its field.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Text => "text",
            Self::Html => "html",
        }
    }

    /// Every part, with its source.
    #[must_use]
    pub fn of(source: &EmailSource) -> [(Self, &str); 3] {
        [
            (Self::Subject, &source.subject),
            (Self::Text, &source.text),
            (Self::Html, &source.html),
        ]
    }
}

/// Why a part cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which part.
    pub part: Part,
    /// The reason: `template_syntax_error`, or what is wrong with the text as such.
    pub code: Code,
    /// Where, if it has a place: line and column from 1, in characters.
    pub place: Option<Place>,
    /// What is wrong, in English, for whoever wrote it.
    pub words: String,
}

impl Fault {
    pub(super) fn at(part: Part, place: Place, words: impl Into<String>) -> Self {
        Self {
            part,
            code: Code::TemplateSyntaxError,
            place: Some(place),
            words: words.into(),
        }
    }

    fn of(part: Part, code: Code, words: &str) -> Self {
        Self {
            part,
            code,
            place: None,
            words: words.to_owned(),
        }
    }

    /// The same as a refused field.
    #[must_use]
    pub fn field(&self) -> FieldError {
        let error = FieldError::new(self.part.as_str(), self.code);
        match (self.code, self.place) {
            (Code::TemplateSyntaxError, Some(place)) => error
                .with("line", place.line)
                .with("column", place.column)
                .with("reason", self.words.as_str()),
            (Code::TooLong, _) => error.with("max", PART_MAX as u64),
            _ => error,
        }
    }

    /// The same as one line, for the log and whoever looks at a template that broke.
    #[must_use]
    pub fn line(&self) -> String {
        let part = self.part.as_str();
        match self.place {
            Some(Place { line, column }) => format!("{part}, line {line}, column {column}: {}", self.words),
            None => format!("{part}: {}", self.words),
        }
    }
}

/// Variables as the engine takes them.
#[must_use]
pub fn context(values: &[(&str, &str)]) -> Value {
    Value::from_pairs(values.iter().map(|(name, value)| (*name, Value::from(*value))))
}

/// Reads and tries a mail before it is kept: what it says of these values.
///
/// # Errors
/// The first fault of each part.
pub fn check(source: &EmailSource, declared: &[&str], sample: &Value) -> Result<Rendered, Vec<Fault>> {
    let faults: Vec<Fault> = Part::of(source)
        .into_iter()
        .filter_map(|(part, text)| read(part, text, declared).err())
        .collect();
    if faults.is_empty() {
        render(source, sample)
    } else {
        Err(faults)
    }
}

/// What is wrong with a part before it says anything.
fn read(part: Part, source: &str, declared: &[&str]) -> Result<(), Fault> {
    if source.chars().count() > PART_MAX {
        return Err(Fault::of(part, Code::TooLong, "longer than is kept"));
    }
    if source.trim().is_empty() {
        return Err(Fault::of(part, Code::Blank, "empty"));
    }
    let stray = |c: char| c.is_control() && (part == Part::Subject || !matches!(c, '\n' | '\r' | '\t'));
    if source.contains(stray) {
        return Err(Fault::of(part, Code::InvalidCharacters, "control characters"));
    }
    let names = scan::scan(source).map_err(|(place, words)| Fault::at(part, place, words))?;
    let environment = environment();
    let template = environment
        .template_from_named_str(part.as_str(), source)
        .map_err(|error| fault(part, source, &error))?;
    let unknown = template
        .undeclared_variables(false)
        .into_iter()
        .filter(|name| !declared.contains(&name.as_str()))
        .min_by_key(|name| names.get(name.as_str()).copied());
    match unknown {
        Some(name) => {
            let place = names.get(name.as_str()).copied().unwrap_or(Place::FIRST);
            Err(Fault::at(part, place, format!("there is no variable {name}")))
        }
        None => Ok(()),
    }
}

/// The variables that a mail that can be read names.
#[must_use]
pub fn names(source: &EmailSource) -> BTreeSet<String> {
    let environment = environment();
    let read = |text| environment.template_from_str(text).ok();
    Part::of(source)
        .into_iter()
        .filter_map(|(_, text)| Some(read(text)?.undeclared_variables(false)))
        .flatten()
        .collect()
}

/// What a mail says of these values, without the layout.
///
/// # Errors
/// The first fault of each part.
pub fn render(source: &EmailSource, values: &Value) -> Result<Rendered, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut said = Part::of(source).map(|(part, text)| {
        rendered(part, text, values).unwrap_or_else(|fault| {
            faults.push(fault);
            String::new()
        })
    });
    if !faults.is_empty() {
        return Err(faults);
    }
    let [subject, text, html] = &mut said;
    Ok(Rendered {
        subject: one_line(subject),
        text: std::mem::take(text),
        html: std::mem::take(html),
    })
}

/// What one part of a mail that is nowhere kept says of these values: held to the same rules, limits included.
///
/// # Errors
/// Its first fault.
pub fn say(part: Part, source: &str, declared: &[&str], values: &Value) -> Result<String, Fault> {
    read(part, source, declared)?;
    let said = rendered(part, source, values)?;
    Ok(if part == Part::Subject { one_line(&said) } else { said })
}

fn rendered(part: Part, source: &str, values: &Value) -> Result<String, Fault> {
    // what was kept by an earlier release is held to the rules of this one
    scan::scan(source).map_err(|(place, words)| Fault::at(part, place, words))?;
    let environment = environment();
    let template = environment
        .template_from_named_str(part.as_str(), source)
        .map_err(|error| fault(part, source, &error))?;
    let mut room = Room::default();
    let outcome = template.render_captured_to(values.clone(), &mut room);
    if room.overflowed {
        return Err(Fault::at(part, Place::FIRST, "says more than a mail may hold"));
    }
    outcome.map_err(|error| fault(part, source, &error))?;
    let said = String::from_utf8(room.bytes).unwrap_or_default();
    if said.trim().is_empty() {
        return Err(Fault::at(part, Place::FIRST, "says nothing"));
    }
    Ok(said)
}

/// A subject is one line (RFC 5322 §2.2): whatever a value brings along becomes a space.
fn one_line(subject: &str) -> String {
    let line: String = subject
        .chars()
        .map(|c| {
            if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
                ' '
            } else {
                c
            }
        })
        .collect();
    let words: Vec<&str> = line.split_whitespace().collect();
    words.join(" ").chars().take(SUBJECT_MAX).collect()
}

fn fault(part: Part, source: &str, error: &minijinja::Error) -> Fault {
    let line = error.line().unwrap_or(1);
    let place = match error.range() {
        Some(range) if range.start > 0 || line == 1 => scan::place(source, range.start),
        _ => scan::tag_of_line(source, line),
    };
    let words = match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => "takes too many steps".to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    Fault::at(part, place, words)
}

/// What is said, as long as there is room.
#[derive(Default)]
struct Room {
    bytes: Vec<u8>,
    overflowed: bool,
}

impl io::Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > RENDERED_MAX {
            self.overflowed = true;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_debug(true);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(DEPTH);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|part| {
        if part == Part::Html.as_str() {
            AutoEscape::Html
        } else {
            AutoEscape::None
        }
    });
    environment.set_formatter(escaped);
    let budget = Arc::new(AtomicUsize::new(FILTERED_MAX));
    let spends = |filter: fn(&str) -> String| {
        let budget = Arc::clone(&budget);
        move |text: &str| spend(&budget, text).map(|()| filter(text))
    };
    environment.add_filter("upper", spends(str::to_uppercase));
    environment.add_filter("lower", spends(str::to_lowercase));
    environment.add_filter("title", spends(|text| filters::title(text.into())));
    environment.add_filter("capitalize", spends(capitalized));
    environment.add_filter("trim", spends(|text| text.trim().to_owned()));
    environment.add_filter("default", filters::default);
    let counted = Arc::clone(&budget);
    environment.add_filter("length", move |value: &Value| {
        spend(&counted, value.as_str().unwrap_or_default())?;
        filters::length(value)
    });
    environment.add_filter("first", filters::first);
    let counted = Arc::clone(&budget);
    environment.add_filter("last", move |value: Value| {
        spend(&counted, value.as_str().unwrap_or_default())?;
        filters::last(value)
    });
    environment
}

/// The first letter large, the others small.
fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    first + &letters.as_str().to_lowercase()
}

/// A filter is one step, however much it is given: what all of them read is counted beside.
fn spend(budget: &AtomicUsize, text: &str) -> Result<(), minijinja::Error> {
    let spent = budget.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
        left.checked_sub(text.len())
    });
    spent
        .map(drop)
        .map_err(|_| minijinja::Error::new(ErrorKind::OutOfFuel, "filters read too much"))
}

/// The escaper of the shipped mails (decision 35). What other services tell may be more than a text: nothing says nothing,
/// and of a list or an object the template must say what of it is meant.
fn escaped(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), minijinja::Error> {
    let text = match value.kind() {
        ValueKind::None => return Ok(()),
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable => {
            let words = "this is a list or an object: name what of it is to be said";
            return Err(minijinja::Error::new(ErrorKind::InvalidOperation, words));
        }
        _ => value.to_string(),
    };
    let written = if matches!(state.auto_escape(), AutoEscape::Html) {
        Html.write_escaped_str(&mut *out, &text)
    } else {
        out.write_str(&text)
    };
    written.map_err(|_| minijinja::Error::new(ErrorKind::WriteFailure, "there is no more room"))
}

#[cfg(test)]
mod tests;
