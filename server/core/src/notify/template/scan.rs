//! What of minijinja's language templates may use: values, conditions, loops over what there is, and a few filters.
//! Whatever could make more text than went in (sums, products, variables of one's own) is no part of it, so that neither
//! memory nor time depends on how cleverly something is nested.

use std::collections::HashMap;

/// Where something stands, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The character of the line.
    pub column: u64,
}

impl Place {
    /// The beginning.
    pub const FIRST: Self = Self { line: 1, column: 1 };
}

const STATEMENTS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];
const FILTERS: [&str; 9] = [
    "upper",
    "lower",
    "title",
    "capitalize",
    "trim",
    "default",
    "length",
    "first",
    "last",
];
/// Words after which a bracket groups.
const OPERATORS: [&str; 7] = ["and", "or", "not", "in", "if", "elif", "else"];
const SIGNS: &str = "|()[],.:<>=!-";

/// Most words and signs of one expression or statement, and how deep they nest: the engine reads both by functions that call
/// themselves, and what it reads must not exhaust the stack.
const TOKENS_MAX: usize = 100;
const DEPTH_MAX: usize = 20;

/// The place of a byte.
#[must_use]
pub fn place(source: &str, at: usize) -> Place {
    let before = source.get(..at).unwrap_or(source);
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    Place {
        line: before.matches('\n').count() as u64 + 1,
        column: before[line..].chars().count() as u64 + 1,
    }
}

/// The first expression or statement of a line, which is where a fault of it most likely is.
#[must_use]
pub fn tag_of_line(source: &str, line: usize) -> Place {
    let text = source.split('\n').nth(line.saturating_sub(1)).unwrap_or("");
    let tag = ["{{", "{%"].iter().filter_map(|tag| text.find(tag)).min().unwrap_or(0);
    Place {
        line: line as u64,
        column: text[..tag].chars().count() as u64 + 1,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Sign(char),
    Literal,
    Nothing,
}

/// Where each word stands for the first time, or the first thing that is no part of the language.
pub fn scan(source: &str) -> Result<HashMap<&str, Place>, (Place, String)> {
    let mut words = HashMap::new();
    // conditions and loops that are open, each with its branches
    let mut open_statements: Vec<usize> = Vec::new();
    let mut at = 0;
    while let Some(found) = source[at..].find('{') {
        let open = at + found;
        let rest = &source[open..];
        at = if rest.starts_with("{#") {
            open + rest.find("#}").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("{{") {
            code(source, open, "}}", &mut words)?
        } else if rest.starts_with("{%") {
            let end = code(source, open, "%}", &mut words)?;
            nest(&mut open_statements, &source[open + 2..end]).map_err(|why| (place(source, open), why))?;
            end
        } else {
            open + 1
        };
    }
    Ok(words)
}

/// Counts how deep statements nest. An `elif` is a condition within the one before.
fn nest(open: &mut Vec<usize>, statement: &str) -> Result<(), String> {
    let statement = statement.trim_start_matches(['-', '+']).trim_start();
    let word = statement.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
    match word {
        "if" | "for" => open.push(1),
        "elif" => open
            .iter_mut()
            .next_back()
            .into_iter()
            .for_each(|branches| *branches += 1),
        "endif" | "endfor" => _ = open.pop(),
        _ => {}
    }
    if open.iter().sum::<usize>() > DEPTH_MAX {
        return Err("conditions and loops nest too deep".to_owned());
    }
    Ok(())
}

/// One expression or statement; gives where the text goes on.
fn code<'a>(
    source: &'a str,
    open: usize,
    close: &str,
    words: &mut HashMap<&'a str, Place>,
) -> Result<usize, (Place, String)> {
    let refuse = |at: usize, why: String| (place(source, at), why);
    let mut before = [Token::Nothing; 2];
    let mut first = close == "%}";
    let mut tokens = 0;
    let mut at = open + 2;
    // a mark for white space
    if source[at..].starts_with(['-', '+']) {
        at += 1;
    }
    loop {
        let rest = &source[at..];
        let Some(c) = rest.chars().next() else {
            return Err(refuse(open, format!("{close} is missing")));
        };
        let marked = rest
            .strip_prefix(['-', '+'])
            .is_some_and(|rest| rest.starts_with(close));
        if rest.starts_with(close) || marked {
            return Ok(at + close.len() + usize::from(marked));
        }
        let (token, length) = if c.is_ascii_alphabetic() || c == '_' {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let word = &rest[..end.unwrap_or(rest.len())];
            words.entry(word).or_insert_with(|| place(source, at));
            let is_statement = std::mem::take(&mut first);
            allowed(word, is_statement, before[1]).map_err(|why| refuse(at, why))?;
            (Token::Word(word), word.len())
        } else if c == '"' || c == '\'' {
            let length = quoted(rest, c).ok_or_else(|| refuse(at, "the quotation has no end".to_owned()))?;
            (Token::Literal, length)
        } else if c.is_ascii_digit() {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.');
            (Token::Literal, end.unwrap_or(rest.len()))
        } else if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        } else if SIGNS.contains(c) {
            if c == '(' {
                no_call(before).map_err(|why| refuse(at, why))?;
            }
            (Token::Sign(c), 1)
        } else {
            return Err(refuse(at, format!("{c} is no part of this language")));
        };
        tokens += 1;
        if tokens > TOKENS_MAX {
            return Err(refuse(open, "is too long for one expression".to_owned()));
        }
        before = [before[1], token];
        at += length;
    }
}

fn allowed(word: &str, is_statement: bool, before: Token<'_>) -> Result<(), String> {
    if is_statement {
        return if STATEMENTS.contains(&word) {
            Ok(())
        } else {
            Err(format!("{word} is no part of this language"))
        };
    }
    match before {
        Token::Sign('|') if FILTERS.contains(&word) => Ok(()),
        Token::Sign('|') => Err(format!("there is no filter {word}")),
        _ if matches!(word, "is" | "recursive") => Err(format!("{word} is no part of this language")),
        _ => Ok(()),
    }
}

/// Nothing can be called but a filter.
fn no_call([earlier, before]: [Token<'_>; 2]) -> Result<(), String> {
    match before {
        Token::Word(word) if earlier == Token::Sign('|') || OPERATORS.contains(&word) => Ok(()),
        Token::Word(word) => Err(format!("there is no function {word}")),
        Token::Sign(')' | ']') | Token::Literal => Err("( is no part of this language here".to_owned()),
        Token::Sign(_) | Token::Nothing => Ok(()),
    }
}

/// How long the quotation is that the text begins with.
pub(super) fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}
