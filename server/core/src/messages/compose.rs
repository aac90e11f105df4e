//! What another service wants to be mailed, judged as a whole: texts, files, headers. Nothing is written while anything is
//! wrong.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::{Serde, Value};
use serde_json::Value as Json;
use sereno_types::{Code, FieldError, Locale, SendMessage};

use crate::context::Sereno;
use crate::identifier;
use crate::notify::content::{Content, File};
use crate::notify::template::engine::{self, Part};
use crate::notify::{plain_text, template};

/// Longest subject, in characters: what fits into one header by RFC 5322 with room for encoding.
const SUBJECT_MAX: usize = 255;
/// Most bytes of each of the texts.
pub(super) const TEXT_MAX: usize = 262_144;
/// Most files of one mail.
const FILES_MAX: usize = 20;
/// Longest name of a file, in characters.
const NAME_MAX: usize = 200;

/// What a mail says, and by which template.
pub(super) struct Composed {
    /// What it says.
    pub(super) content: Content,
    /// The template of staff's own, and its version.
    pub(super) template: Option<(String, i64)>,
}

/// What the mail says, or everything that is wrong with it.
pub(super) async fn compose(
    sereno: &Sereno,
    command: &mut SendMessage,
    locale: Locale,
) -> Result<Composed, Vec<FieldError>> {
    let mut faults = Vec::new();
    let said = |text: &mut Option<String>| text.take().filter(|text| !text.trim().is_empty());
    let (html, text, template) = (
        said(&mut command.html),
        said(&mut command.text),
        said(&mut command.template),
    );
    if template.is_some() {
        for (field, said) in [("html", html.is_some()), ("text", text.is_some())] {
            if said {
                faults.push(FieldError::new(field, Code::InvalidChoice));
            }
        }
    }
    let context_bytes: usize = command.context.values().map(|value| value.to_string().len()).sum();
    if context_bytes > TEXT_MAX {
        faults.push(FieldError::new("context", Code::TooLong).with("max", TEXT_MAX as u64));
    }
    let written = match &template {
        Some(name) if faults.is_empty() => {
            let context = std::mem::take(&mut command.context).into_iter().collect();
            match template::render_custom(sereno, name, locale, &context).await {
                Ok(custom) => Some(custom),
                Err(error) => {
                    faults.extend(error.problem().errors);
                    None
                }
            }
        }
        Some(_) | None => None,
    };
    if template.is_none() && html.is_none() && text.is_none() {
        faults.push(FieldError::new("html", Code::TemplateOrHtmlRequired));
    }
    for (field, text) in [("html", &html), ("text", &text)] {
        if text.as_ref().is_some_and(|text| text.len() > TEXT_MAX) {
            faults.push(FieldError::new(field, Code::TooLong).with("max", TEXT_MAX as u64));
        }
    }
    let (mut html, mut text) = (html, text);
    let mut subject = said(&mut command.subject).unwrap_or_default();
    if template.is_none() && !command.context.is_empty() && faults.is_empty() {
        let mut say = Saying::of(sereno, std::mem::take(&mut command.context));
        subject = say.part(Part::Subject, subject);
        html = html.map(|html| say.part(Part::Html, html));
        text = text.map(|text| say.part(Part::Text, text));
        faults.extend(say.faults);
    }
    let subject = subject.trim();
    if subject.is_empty() && template.is_none() {
        faults.push(FieldError::new("subject", Code::Blank));
    }
    if subject.chars().any(char::is_control) {
        faults.push(FieldError::new("subject", Code::InvalidCharacters));
    }
    if subject.chars().count() > SUBJECT_MAX {
        faults.push(FieldError::new("subject", Code::TooLong).with("max", SUBJECT_MAX as u64));
    }
    let reply_to = said(&mut command.reply_to).and_then(|address| match identifier::email(&address) {
        Ok(email) => Some(email.address),
        Err(code) => {
            faults.push(identifier::fault("reply_to", code));
            None
        }
    });
    let files = files(sereno, command, &mut faults);
    if !faults.is_empty() {
        return Err(faults);
    }
    if let Some(written) = written {
        let said = written.rendered;
        let content = Content {
            subject: if subject.is_empty() {
                said.subject
            } else {
                subject.to_owned()
            },
            text: said.text,
            html: said.html,
            reply_to,
            files,
            layout: Some(written.locale.as_str().to_owned()),
        };
        return Ok(Composed {
            content,
            template: Some((written.name, written.version)),
        });
    }
    let html = html.unwrap_or_default();
    let content = Content {
        layout: None,
        subject: subject.to_owned(),
        text: text.unwrap_or_else(|| plain_text::of_html(&html)),
        html,
        reply_to,
        files,
    };
    Ok(Composed {
        content,
        template: None,
    })
}

/// Texts of a mail's own that use values: written in the language of staff's templates, and held to the same limits. Without
/// values texts are taken as they are.
struct Saying {
    names: Vec<String>,
    values: Value,
    faults: Vec<FieldError>,
}

impl Saying {
    fn of(sereno: &Sereno, mut context: BTreeMap<String, Json>) -> Self {
        let brand = || Json::String(sereno.config.brand_name());
        context.entry("brand".to_owned()).or_insert_with(brand);
        Self {
            names: context.keys().cloned().collect(),
            values: Value::from(Serde(context)),
            faults: Vec::new(),
        }
    }

    fn part(&mut self, part: Part, source: String) -> String {
        // that it is missing is told apart
        if source.trim().is_empty() {
            return source;
        }
        let declared: Vec<&str> = self.names.iter().map(String::as_str).collect();
        engine::say(part, &source, &declared, &self.values).unwrap_or_else(|fault| {
            self.faults.push(fault.field());
            source
        })
    }
}

fn files(sereno: &Sereno, command: &mut SendMessage, faults: &mut Vec<FieldError>) -> Vec<File> {
    let attachments = std::mem::take(&mut command.attachments);
    if attachments.len() > FILES_MAX {
        faults.push(FieldError::new("attachments", Code::InvalidAttachment).with("max", FILES_MAX as u64));
        return Vec::new();
    }
    let most = sereno.config.mail.attachments_max_bytes;
    let mut total = 0_u64;
    let mut files = Vec::new();
    for (at, file) in attachments.into_iter().enumerate() {
        let kind = file.content_type.filter(|kind| !kind.is_empty());
        let kind = kind.unwrap_or_else(|| guess(&file.name).to_owned());
        let name_is_sound = !file.name.trim().is_empty()
            && file.name.chars().count() <= NAME_MAX
            && !file.name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\'));
        let content = STANDARD.decode(&file.content);
        total = total.saturating_add(content.as_ref().map_or(0, |bytes| bytes.len() as u64));
        let wrong = [
            ("name", name_is_sound),
            ("content_type", is_media_type(&kind)),
            ("content", content.is_ok()),
        ];
        if let Some((field, _)) = wrong.into_iter().find(|(_, is_sound)| !is_sound) {
            let field = format!("attachments.{at}.{field}");
            faults.push(FieldError::new(field, Code::InvalidAttachment));
            continue;
        }
        files.push(File {
            name: file.name,
            content_type: kind,
            content: file.content,
        });
    }
    if total > most {
        faults.push(FieldError::new("attachments", Code::InvalidAttachment).with("max", most));
    }
    files
}

/// `type/subtype` with perhaps parameters, and nothing that could end a header; a file is one part of the mail, and no mail.
fn is_media_type(text: &str) -> bool {
    let kind = text.trim_start().to_ascii_lowercase();
    text.len() <= 200
        && !kind.starts_with("multipart/")
        && !kind.starts_with("message/")
        && text.chars().all(|c| c.is_ascii_graphic() || c == ' ')
        && text.parse::<lettre::message::header::ContentType>().is_ok()
}

fn guess(name: &str) -> &'static str {
    let end = name.rsplit_once('.').map_or("", |(_, end)| end).to_ascii_lowercase();
    match end.as_str() {
        "pdf" => "application/pdf",
        "txt" | "log" => "text/plain; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "html" | "htm" => "text/html; charset=utf-8",
        "json" => "application/json",
        "xml" => "application/xml",
        "zip" => "application/zip",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "ics" => "text/calendar; charset=utf-8",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/octet-stream",
    }
}
