//! Templates as files, `<name>/<language>.{subject.txt,txt,html}` as the shipped ones lie in the sources, so that they can
//! be kept under version control and carried from one server to another. What reads and writes files is the door.

use std::collections::{BTreeMap, BTreeSet};

use sereno_types::{Code, EmailSource, EmailTemplateQuery, Permission, PublishEmailTemplate, SaveEmailDraft};

use super::versions::said;
use super::{Place, draft, list, publish};
use crate::context::{RequestMeta, Sereno, Staff};
use crate::error::{Error, Result};

/// A file, by its path below the folder, and what it holds.
pub type Files = BTreeMap<String, String>;

/// What became of one template in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The template's name.
    pub name: String,
    /// The language.
    pub language: String,
    /// What was, or would be, done.
    pub outcome: Outcome,
}

/// What is done with a template that is read in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is in use as it is.
    Unchanged,
    /// It is a draft now.
    Drafted,
    /// It is in use now.
    Published,
    /// It was refused, and why; the others are not concerned.
    Refused(String),
}

/// Every template as it is in use, in every language that it has.
///
/// # Errors
/// `permission_denied`.
pub async fn export(sereno: &Sereno, staff: &Staff) -> Result<Files> {
    staff.require(Permission::EmailTemplatesView)?;
    let db = sereno.db.read();
    let mut files = Files::new();
    let mut query = EmailTemplateQuery::default();
    loop {
        let page = list::list(sereno, staff, query.clone()).await?;
        for row in page.items {
            for coverage in row.languages {
                if !coverage.is_shipped && coverage.live.is_none() {
                    continue;
                }
                let place = Place::find(db, &row.name, &coverage.language).await?;
                let source = said(db, &place, "of", "live").await?;
                let path = |end: &str| format!("{}/{}.{end}", row.name, coverage.language);
                if place.template.has_subject() {
                    files.insert(path("subject.txt"), source.subject + "\n");
                }
                files.insert(path("txt"), source.text + "\n");
                files.insert(path("html"), source.html + "\n");
            }
        }
        if page.next_cursor.is_none() {
            return Ok(files);
        }
        query.cursor = page.next_cursor;
    }
}

/// Reads templates in: what differs from what is in use becomes the draft and, where wanted, is published. Each stands for
/// itself: one that is refused keeps none of the others away.
///
/// # Errors
/// `permission_denied`. What is wrong with one template is told in its place.
pub async fn import(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    files: &Files,
    wish: Wish,
) -> Result<Vec<Imported>> {
    staff.require(Permission::EmailTemplatesView)?;
    staff.require(Permission::EmailTemplatesManage)?;
    let mut told = Vec::new();
    for (name, language) in places(files) {
        let outcome = match one((sereno, meta, staff), (&name, &language), files, wish).await {
            Ok(outcome) => outcome,
            Err(error @ (Error::Unavailable(_) | Error::Internal(_))) => return Err(error),
            Err(error) => Outcome::Refused(words(&error)),
        };
        told.push(Imported {
            name,
            language,
            outcome,
        });
    }
    Ok(told)
}

/// How far to go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wish {
    /// Only say what would be done.
    DryRun,
    /// Write drafts.
    #[default]
    Draft,
    /// Publish them.
    Publish,
}

/// Templates and languages that the files are of.
fn places(files: &Files) -> BTreeSet<(String, String)> {
    files
        .keys()
        .filter_map(|path| {
            let (name, file) = path.split_once('/')?;
            let language = file.split('.').next()?;
            Some((name.to_owned(), language.to_owned()))
        })
        .collect()
}

async fn one(
    (sereno, meta, staff): (&Sereno, &RequestMeta, &Staff),
    (name, language): (&str, &str),
    files: &Files,
    wish: Wish,
) -> Result<Outcome> {
    let db = sereno.db.read();
    let place = Place::find(db, name, language).await?;
    let held = |end: &str| {
        let file = files.get(&format!("{name}/{language}.{end}"));
        file.map(|text| text.replace("\r\n", "\n").trim_end_matches('\n').to_owned())
    };
    let missing = |part: &str| Error::field(part, Code::Blank);
    let source = EmailSource {
        subject: if place.template.has_subject() {
            held("subject.txt").ok_or_else(|| missing("subject"))?
        } else {
            String::new()
        },
        text: held("txt").ok_or_else(|| missing("text"))?,
        html: held("html").ok_or_else(|| missing("html"))?,
    };
    match said(db, &place, "of", "live").await {
        Ok(now) if now == source => return Ok(Outcome::Unchanged),
        Ok(_) | Err(Error::Refused { .. }) => {}
        Err(error) => return Err(error),
    }
    let mut faults = place.judge(&source);
    if faults.is_empty() && wish != Wish::Draft {
        faults = place.lacking(&source);
    }
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let draft = SaveEmailDraft {
        subject: source.subject,
        text: source.text,
        html: source.html,
        note: Some("Imported".to_owned()),
    };
    match wish {
        Wish::DryRun => Ok(Outcome::Drafted),
        Wish::Draft => {
            draft::save(sereno, meta, staff, (name, language), draft).await?;
            Ok(Outcome::Drafted)
        }
        Wish::Publish => {
            draft::save(sereno, meta, staff, (name, language), draft).await?;
            publish::publish(sereno, meta, staff, (name, language), PublishEmailTemplate::default()).await?;
            Ok(Outcome::Published)
        }
    }
}

/// What is wrong, for whoever reads a terminal.
fn words(error: &Error) -> String {
    match error {
        Error::NotFound => "there is no such template or language".to_owned(),
        Error::Refused { fields, .. } if !fields.is_empty() => {
            let fields: Vec<String> = fields
                .iter()
                .map(|fault| {
                    let param = |name: &str| fault.params.get(name).map(ToString::to_string).unwrap_or_default();
                    match fault.code {
                        Code::TemplateSyntaxError => format!(
                            "{}, line {}, column {}: {}",
                            fault.field,
                            param("line"),
                            param("column"),
                            param("reason")
                        ),
                        code => format!("{}: {code}", fault.field),
                    }
                })
                .collect();
            fields.join("; ")
        }
        other => other.code().title().to_owned(),
    }
}
