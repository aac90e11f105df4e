//! Templates as one file, or as a folder of files, `<name>/<language>.{subject.txt,txt,html}` as the shipped ones lie in
//! the sources, and for staff's own `<name>/template.json`: so that they can be kept under version control and carried from
//! one server to another. What reads and writes files is the door.

use std::collections::BTreeMap;

use sereno_types::{
    Code, CreateEmailTemplate, EmailImportOutcome, EmailSource, EmailTemplateDefinition, EmailTemplateFile,
    EmailTemplateImported, EmailTemplateQuery, ImportEmailTemplates, Locale, Permission, PortableEmailTemplate,
    UpdateEmailTemplate,
};

use super::show::{show, version};
use super::versions::said;
use super::{Place, custom, draft, list, publish, with_common};
use crate::context::{RequestMeta, Sereno, Staff};
use crate::error::{Error, Result};
use crate::notify::template::{COMMON, Template};

/// A file, by its path below the folder, and what it holds.
pub type Files = BTreeMap<String, String>;

/// What staff declared of a template of its own, beside its texts.
const DEFINITION: &str = "template.json";
/// What the note of a draft says that came from a file.
const NOTE: &str = "Imported";

/// These templates, or all, as they are in use, in every language that they have.
///
/// # Errors
/// `permission_denied`; `validation_failed` with `invalid_choice` on `names` where there is no such template.
pub async fn export(sereno: &Sereno, staff: &Staff, names: Option<&[&str]>) -> Result<EmailTemplateFile> {
    staff.require(Permission::EmailTemplatesView)?;
    let db = sereno.db.read();
    let mut templates = Vec::new();
    let mut query = EmailTemplateQuery::default();
    loop {
        let page = list::list(sereno, staff, query.clone()).await?;
        for row in page.items {
            if names.is_some_and(|names| !names.contains(&row.name.as_str())) {
                continue;
            }
            let mut languages = BTreeMap::new();
            for coverage in row.languages {
                if coverage.is_shipped || coverage.live.is_some() {
                    let place = Place::find(db, &row.name, &coverage.language).await?;
                    languages.insert(coverage.language, said(db, &place, "of", "live").await?);
                }
            }
            let place = Place::find(db, &row.name, Locale::default().as_str()).await?;
            templates.push(PortableEmailTemplate {
                definition: row.is_custom.then(|| definition_of(place)),
                name: row.name,
                languages,
            });
        }
        if page.next_cursor.is_none() {
            break;
        }
        query.cursor = page.next_cursor;
    }
    let is_there = |name: &&str| templates.iter().any(|template| template.name == *name);
    if names.is_some_and(|names| !names.iter().all(is_there)) {
        return Err(Error::field("names", Code::InvalidChoice));
    }
    Ok(EmailTemplateFile { templates })
}

fn definition_of(place: Place) -> EmailTemplateDefinition {
    let is_common = |name: &str| COMMON.iter().any(|common| common.name == name);
    let declared = place.variables.into_iter();
    EmailTemplateDefinition {
        title: place.title,
        description: place.description,
        variables: declared.filter(|variable| !is_common(&variable.name)).collect(),
    }
}

/// Templates as a folder of files.
///
/// # Errors
/// Never, unless a definition cannot be written as JSON.
pub fn to_files(file: EmailTemplateFile) -> Result<Files> {
    let mut files = Files::new();
    for template in file.templates {
        let has_subject = Template::from_name(&template.name).is_none_or(|template| template.has_subject());
        if let Some(definition) = &template.definition {
            let json = serde_json::to_string_pretty(definition).map_err(Error::internal)?;
            files.insert(format!("{}/{DEFINITION}", template.name), json + "\n");
        }
        for (language, source) in template.languages {
            let path = |end: &str| format!("{}/{language}.{end}", template.name);
            if has_subject {
                files.insert(path("subject.txt"), source.subject + "\n");
            }
            files.insert(path("txt"), source.text + "\n");
            files.insert(path("html"), source.html + "\n");
        }
    }
    Ok(files)
}

/// The templates of a folder. A part that is missing is empty, and so refused when it is read in.
///
/// # Errors
/// What is wrong with a definition, in words.
pub fn from_files(files: &Files) -> std::result::Result<Vec<PortableEmailTemplate>, String> {
    let mut found: BTreeMap<&str, PortableEmailTemplate> = BTreeMap::new();
    for (path, text) in files {
        let Some((name, file)) = path.split_once('/') else {
            continue;
        };
        let template = found.entry(name).or_insert_with(|| PortableEmailTemplate {
            name: name.to_owned(),
            ..PortableEmailTemplate::default()
        });
        if file == DEFINITION {
            let read = serde_json::from_str(text).map_err(|error| format!("{path}: {error}"))?;
            template.definition = Some(read);
            continue;
        }
        let Some((language, end)) = file.split_once('.') else {
            continue;
        };
        let source = template.languages.entry(language.to_owned()).or_default();
        let text = text.replace("\r\n", "\n").trim_end_matches('\n').to_owned();
        match end {
            "subject.txt" => source.subject = text,
            "txt" => source.text = text,
            "html" => source.html = text,
            _ => {}
        }
    }
    Ok(found.into_values().collect())
}

/// Reads templates in: templates of staff's own are made where there are none, and what differs from what is in use becomes
/// the draft and, where wanted, is published. A draft that says something else is kept, unless `force` says otherwise. Each
/// stands for itself: one that is refused keeps none of the others away.
///
/// # Errors
/// `permission_denied`. What is wrong with one template is told in its place.
pub async fn import(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    command: ImportEmailTemplates,
) -> Result<Vec<EmailTemplateImported>> {
    staff.require(Permission::EmailTemplatesView)?;
    staff.require(Permission::EmailTemplatesManage)?;
    let wish = Wish {
        publish: command.publish,
        dry_run: command.dry_run,
        force: command.force,
    };
    let by = (sereno, meta, staff);
    let mut told = Vec::new();
    for template in command.templates {
        if let Some(definition) = &template.definition {
            let (outcome, reason) = told_of(define(by, &template.name, definition, wish).await)?;
            told.push(EmailTemplateImported {
                name: template.name.clone(),
                language: None,
                outcome,
                reason,
            });
            if outcome == EmailImportOutcome::Refused {
                continue;
            }
        }
        for (language, source) in template.languages {
            let place = (template.name.as_str(), language.as_str());
            let done = one(by, place, template.definition.as_ref(), source, wish).await;
            let (outcome, reason) = told_of(done)?;
            told.push(EmailTemplateImported {
                name: template.name.clone(),
                language: Some(language),
                outcome,
                reason,
            });
        }
    }
    Ok(told)
}

/// How far to go.
#[derive(Clone, Copy)]
struct Wish {
    publish: bool,
    dry_run: bool,
    force: bool,
}

/// Who does it: the context, the request, and the staff.
type By<'a> = (&'a Sereno, &'a RequestMeta, &'a Staff);

/// What became of one, or why it was refused; what is away or broken ends the whole.
fn told_of(done: Result<EmailImportOutcome>) -> Result<(EmailImportOutcome, Option<String>)> {
    match done {
        Ok(outcome) => Ok((outcome, None)),
        Err(error @ (Error::Unavailable(_) | Error::Internal(_))) => Err(error),
        Err(error) => Ok((EmailImportOutcome::Refused, Some(words(&error)))),
    }
}

/// Makes a template of staff's own, or changes what it is called and may name.
async fn define(
    (sereno, meta, staff): By<'_>,
    name: &str,
    definition: &EmailTemplateDefinition,
    wish: Wish,
) -> Result<EmailImportOutcome> {
    let Some(Template::Custom(slug)) = Template::from_name(name) else {
        return Err(Error::NotFound);
    };
    let definition = definition.clone();
    let now = Place::find(sereno.db.read(), name, Locale::default().as_str()).await;
    match now.map(definition_of) {
        Ok(now) if now == definition => Ok(EmailImportOutcome::Unchanged),
        Ok(_) if wish.dry_run => Ok(EmailImportOutcome::Changed),
        Ok(_) => {
            let command = UpdateEmailTemplate {
                title: Some(definition.title),
                description: Some(definition.description),
                variables: Some(definition.variables),
            };
            custom::update(sereno, meta, staff, name, command).await?;
            Ok(EmailImportOutcome::Changed)
        }
        Err(Error::NotFound) => {
            let command = CreateEmailTemplate {
                slug: slug.clone(),
                title: definition.title,
                description: definition.description,
                variables: definition.variables,
            };
            let faults = custom::faults(&slug, &command);
            if !faults.is_empty() {
                return Err(Error::fields(faults));
            }
            if !wish.dry_run {
                custom::create(sereno, meta, staff, command).await?;
            }
            Ok(EmailImportOutcome::Made)
        }
        Err(error) => Err(error),
    }
}

/// The place of a text, as it will be once the definition beside it is read in.
async fn place_of(
    sereno: &Sereno,
    (name, language): (&str, &str),
    definition: Option<&EmailTemplateDefinition>,
) -> Result<Place> {
    let Some(definition) = definition else {
        return Place::find(sereno.db.read(), name, language).await;
    };
    let locale = Locale::from_name(language);
    Ok(Place {
        template: Template::from_name(name).ok_or(Error::NotFound)?,
        locale: locale.ok_or(Error::NotFound)?,
        title: definition.title.clone(),
        description: definition.description.clone(),
        variables: with_common(definition.variables.clone()),
    })
}

async fn one(
    by: By<'_>,
    at: (&str, &str),
    definition: Option<&EmailTemplateDefinition>,
    source: EmailSource,
    wish: Wish,
) -> Result<EmailImportOutcome> {
    let (sereno, meta, staff) = by;
    let place = place_of(sereno, at, definition).await?;
    let mut faults = place.judge(&source);
    if faults.is_empty() && (wish.publish || wish.dry_run) {
        faults = place.lacking(&source);
    }
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let seen = match Place::find(sereno.db.read(), at.0, at.1).await {
        Ok(place) => show(sereno.db.read(), place).await?,
        // it will be made, in earnest
        Err(Error::NotFound) if wish.dry_run => return Ok(wish.outcome()),
        Err(error) => return Err(error),
    };
    let in_use = seen.live.as_ref().map(|live| &live.source).or(seen.shipped.as_ref());
    let draft = seen.draft.as_ref().map(|draft| &draft.source);
    if in_use == Some(&source) || (draft == Some(&source) && !wish.publish) {
        return Ok(EmailImportOutcome::Unchanged);
    }
    if draft.is_some_and(|draft| *draft != source) && !wish.force {
        return Ok(EmailImportOutcome::Kept);
    }
    if wish.dry_run {
        return Ok(wish.outcome());
    }
    // what somebody saves in this moment is not overwritten either
    let meta = RequestMeta {
        if_match: Some(format!("\"{}\"", version(sereno, &seen)?)),
        ..meta.clone()
    };
    let mut tx = sereno.begin(&meta, staff.actor()).await?;
    draft::write((sereno, &meta, staff), &mut tx, at, source, NOTE.to_owned()).await?;
    if wish.publish {
        let meta = RequestMeta { if_match: None, ..meta };
        publish::draft((sereno, &meta, staff), &mut tx, &place, None).await?;
    }
    tx.commit().await?;
    Ok(wish.outcome())
}

impl Wish {
    /// What becomes of a text that differs.
    const fn outcome(self) -> EmailImportOutcome {
        if self.publish {
            EmailImportOutcome::Published
        } else {
            EmailImportOutcome::Drafted
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
