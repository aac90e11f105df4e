//! The plain text of an HTML mail, for programs that show no HTML. It reads tags and the few entities that mails hold; it
//! is no browser, and what it cannot read it leaves out.

/// The words of an HTML document, with line breaks where blocks end and addresses behind their links.
#[must_use]
pub fn of_html(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    let mut links = Vec::new();
    while let Some(at) = rest.find('<') {
        push_words(&mut text, &rest[..at]);
        rest = &rest[at..];
        let end = if rest.starts_with("<!--") {
            rest.find("-->").map(|end| end + 2)
        } else {
            rest.find('>')
        };
        let Some(end) = end else {
            rest = "";
            break;
        };
        let tag = rest[1..end].trim();
        rest = &rest[end + 1..];
        let name = tag
            .trim_start_matches('/')
            .split([' ', '\n', '\t', '/'])
            .next()
            .unwrap_or("");
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "script" | "style" | "title" if !tag.starts_with('/') => rest = beyond(rest, &name),
            "a" if tag.starts_with('/') => {
                if let Some(href) = links.pop().flatten() {
                    text.push_str(&format!(" ({href})"));
                }
            }
            "a" => links.push(href(tag)),
            "br" => text.push('\n'),
            "li" if !tag.starts_with('/') => text.push_str("\n- "),
            "p" | "div" | "tr" | "table" | "ul" | "ol" | "h1" | "h2" | "h3" | "h4" | "blockquote" | "hr" => {
                text.push_str("\n\n");
            }
            _ => {}
        }
    }
    push_words(&mut text, rest);
    tidy(&text)
}

/// What stands behind the end of an element whose content is no text.
fn beyond<'a>(rest: &'a str, name: &str) -> &'a str {
    let closes = |at: &usize| {
        let after = rest.as_bytes().get(at + 2..at + 2 + name.len());
        after.is_some_and(|after| after.eq_ignore_ascii_case(name.as_bytes()))
    };
    let end = rest.match_indices("</").map(|(at, _)| at).find(closes);
    end.map_or("", |end| &rest[end..])
}

fn href(tag: &str) -> Option<String> {
    let at = tag.to_ascii_lowercase().find("href=")?;
    let value = &tag[at + "href=".len()..];
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let value = match quote {
        Some(quote) => value[1..].split(quote).next()?,
        None => value.split_whitespace().next()?,
    };
    let shown = ["https://", "http://", "mailto:"]
        .iter()
        .any(|scheme| value.starts_with(scheme));
    shown.then(|| decoded(value))
}

/// Words in one line: blanks and line breaks of the source are all one blank.
fn push_words(text: &mut String, words: &str) {
    let mut blank = words.starts_with(char::is_whitespace);
    for word in words.split_whitespace() {
        if blank && !text.is_empty() && !text.ends_with(char::is_whitespace) {
            text.push(' ');
        }
        text.push_str(&decoded(word));
        blank = true;
    }
    if words.ends_with(char::is_whitespace) && !text.is_empty() && !text.ends_with(char::is_whitespace) {
        text.push(' ');
    }
}

fn decoded(text: &str) -> String {
    let entities = [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&apos;", "'"),
        // last, so that nothing is decoded twice
        ("&amp;", "&"),
    ];
    entities
        .iter()
        .fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
}

/// No blanks at the ends of lines, and no more than one empty line.
fn tidy(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim) {
        if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(line);
        }
    }
    let mut text = lines.join("\n").trim().to_owned();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::of_html;

    #[test]
    fn words_lines_and_links_stay() {
        let html = "<html><head><title>x</title><style>p { color: red }</style></head><body>\n<!-- > no -->\
            <h1>Hello  Ana</h1><p>Read <a class=\"b\" href='https://example.org/?a=1&amp;b=2'>this</a>\n now &amp; then,\
            <b>5 &lt; 6</b>.<br>Bye</p><ul><li>one</li><li>two</li></ul><script>alert('<p>')</script></body></html>";
        assert_eq!(
            of_html(html),
            "Hello Ana\n\nRead this (https://example.org/?a=1&b=2) now & then,5 < 6.\nBye\n\n- one\n- two\n"
        );
    }

    #[test]
    fn what_has_no_words_is_read_once() {
        // each of them once more over the rest would be ten thousand million steps
        let html = "<STYLE></Style>".repeat(100_000) + "end";
        assert_eq!(of_html(&html), "end\n");
    }

    #[test]
    fn what_is_broken_ends_nothing() {
        for html in [
            "<",
            "<p",
            "a<!-- b",
            "<a href=>x</a>",
            "<style>",
            "<a href='https://x",
            "ä<ö>ü",
            "<A HREF=\"javascript:x\">y</A>",
        ] {
            let text = of_html(html);
            assert!(!text.contains("javascript"), "{html}: {text}");
        }
    }
}
