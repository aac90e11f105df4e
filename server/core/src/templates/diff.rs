//! What differs between two texts, line by line and side by side.

use sereno_types::{
    DiffLine, DiffSide, EmailDiff, EmailDiffQuery, EmailPartDiff, EmailSource, EmailTemplateDetail, Permission,
};
use similar::{ChangeTag, TextDiff};

use super::Place;
use super::versions::said;
use crate::context::{Sereno, Staff};
use crate::error::Result;
use crate::notify::template::engine::Part;

/// Most lines that are compared; longer texts are shown as wholly other ones, because comparing takes the square of them.
const LINES_MAX: usize = 2_000;

/// Compares two of: what is shipped, what is in use, the draft, a version.
///
/// # Errors
/// `permission_denied`, `not_found`; `validation_failed` with `invalid_choice` on `from` or `to`.
pub async fn compare(
    sereno: &Sereno,
    staff: &Staff,
    (name, language): (&str, &str),
    query: EmailDiffQuery,
) -> Result<EmailDiff> {
    staff.require(Permission::EmailTemplatesView)?;
    let db = sereno.db.read();
    let place = Place::find(db, name, language).await?;
    let before = said(db, &place, "from", &query.from).await?;
    let after = said(db, &place, "to", &query.to).await?;
    Ok(EmailDiff {
        parts: parts(place.template.has_subject(), &before, &after),
        from: query.from,
        to: query.to,
    })
}

/// What was typed beside what stands: the draft, else what is in use, else what is shipped. For whoever was too late to save.
#[must_use]
pub fn beside(now: &EmailTemplateDetail, typed: &EmailSource) -> Vec<EmailPartDiff> {
    let written = now.draft.as_ref().or(now.live.as_ref()).map(|version| &version.source);
    let nothing = EmailSource::default();
    let theirs = written.or(now.shipped.as_ref()).unwrap_or(&nothing);
    // browsers end the lines of a form with both
    let typed = EmailSource {
        subject: typed.subject.trim().to_owned(),
        text: typed.text.replace("\r\n", "\n"),
        html: typed.html.replace("\r\n", "\n"),
    };
    parts(now.has_subject, theirs, &typed)
}

fn parts(has_subject: bool, before: &EmailSource, after: &EmailSource) -> Vec<EmailPartDiff> {
    let parts = Part::of(before).into_iter().zip(Part::of(after));
    parts
        .filter(|((part, _), _)| *part != Part::Subject || has_subject)
        .map(|((part, before), (_, after))| EmailPartDiff {
            part: part.as_str().to_owned(),
            is_same: before == after,
            lines: lines(before, after),
        })
        .collect()
}

/// Both texts in rows: what was changed stands beside what it was.
fn lines(before: &str, after: &str) -> Vec<DiffLine> {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let mut rows = Rows::default();
    if before.len().max(after.len()) > LINES_MAX {
        for line in before {
            rows.left(line);
        }
        for line in after {
            rows.came(line);
        }
    } else {
        for change in TextDiff::from_slices(&before, &after).iter_all_changes() {
            match change.tag() {
                ChangeTag::Equal => rows.same(change.value()),
                ChangeTag::Delete => rows.left(change.value()),
                ChangeTag::Insert => rows.came(change.value()),
            }
        }
    }
    rows.flush();
    rows.done
}

#[derive(Default)]
struct Rows {
    done: Vec<DiffLine>,
    gone: Vec<DiffSide>,
    new: Vec<DiffSide>,
    before: u64,
    after: u64,
}

impl Rows {
    fn left(&mut self, text: &str) {
        self.before += 1;
        self.gone.push(side(self.before, text));
    }

    fn came(&mut self, text: &str) {
        self.after += 1;
        self.new.push(side(self.after, text));
    }

    fn same(&mut self, text: &str) {
        self.flush();
        self.before += 1;
        self.after += 1;
        self.done.push(DiffLine {
            before: Some(side(self.before, text)),
            after: Some(side(self.after, text)),
            is_same: true,
        });
    }

    /// Puts what is gone beside what came.
    fn flush(&mut self) {
        let (mut gone, mut new) = (
            std::mem::take(&mut self.gone).into_iter(),
            std::mem::take(&mut self.new).into_iter(),
        );
        loop {
            match (gone.next(), new.next()) {
                (None, None) => return,
                (before, after) => self.done.push(DiffLine {
                    before,
                    after,
                    is_same: false,
                }),
            }
        }
    }
}

fn side(number: u64, text: &str) -> DiffSide {
    DiffSide {
        number,
        text: text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(before: &str, after: &str) -> String {
        let side = |side: &Option<DiffSide>| {
            side.as_ref()
                .map_or_else(|| "-".to_owned(), |side| format!("{}:{}", side.number, side.text))
        };
        let rows = lines(before, after);
        let rows: Vec<String> = rows
            .iter()
            .map(|row| {
                format!(
                    "{} {} {}",
                    side(&row.before),
                    if row.is_same { "=" } else { "/" },
                    side(&row.after)
                )
            })
            .collect();
        rows.join(", ")
    }

    #[test]
    fn what_was_changed_stands_beside_what_it_was() {
        assert_eq!(shown("a\nb\nc", "a\nB\nc"), "1:a = 1:a, 2:b / 2:B, 3:c = 3:c");
        assert_eq!(shown("a", "a\nb"), "1:a = 1:a, - / 2:b");
        assert_eq!(shown("a\nb", "a\nb"), "1:a = 1:a, 2:b = 2:b");
        assert_eq!(shown("", "a"), "- / 1:a");
        assert_eq!(shown("", ""), "");
    }

    #[test]
    fn long_texts_are_not_compared() {
        let (before, after) = ("a\n".repeat(LINES_MAX + 1), "b\n".repeat(LINES_MAX + 1));
        let rows = lines(&before, &after);
        assert!(rows.len() == LINES_MAX + 1 && rows.iter().all(|row| !row.is_same));
    }
}
