//! Mails as staff writes them: what can be written anew, drafts, versions, previews.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{SessionUser, Timestamp};

/// A mail as it is written: each part a template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EmailSource {
    /// The subject line; empty for the footer, which has none.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 65536))]
    pub subject: String,
    /// The plain text.
    #[cfg_attr(feature = "openapi", schema(max_length = 65536))]
    pub text: String,
    /// The HTML, without the layout around it.
    #[cfg_attr(feature = "openapi", schema(max_length = 65536))]
    pub html: String,
}

/// What a template may name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TemplateVariable {
    /// Its name: lower-case letters, digits and `_`, a letter first.
    #[cfg_attr(feature = "openapi", schema(max_length = 40))]
    pub name: String,
    /// What it holds.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub description: String,
    /// An example, which previews and test mails show. An object or a list is written in JSON, a text as it is.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub sample: String,
}

/// Which templates to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct EmailTemplateQuery {
    /// Rows per page, 1 to 200; 50 when absent.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u64>,
    /// Where to continue, from an earlier answer.
    #[cfg_attr(feature = "openapi", param(max_length = 1000))]
    pub cursor: Option<String>,
    /// Part of the name or of what it is for.
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub q: Option<String>,
    /// Only staff's own, or only those of Sereno.
    pub custom: Option<bool>,
}

/// A template in a list, with each of its languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmailTemplateRow {
    /// Its name: a kind of mail, `footer`, or `custom.` and the name that staff gave it.
    pub name: String,
    /// What it is called, for people; the name again where nobody called it otherwise.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Whether it is staff's own.
    pub is_custom: bool,
    /// What there is in each language.
    pub languages: Vec<EmailCoverage>,
}

/// What there is of a template in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmailCoverage {
    /// The language: `en`, `de`, `es`.
    pub language: String,
    /// Whether Sereno brings one.
    pub is_shipped: bool,
    /// The version of staff's own that is in use.
    pub live: Option<i64>,
    /// Whether one is being written.
    pub has_draft: bool,
    /// Since when the version in use fails, so that what is shipped leaves instead.
    pub broken_since: Option<Timestamp>,
    /// Whether a later release ships something else than what the version in use was begun from.
    pub is_outdated: bool,
}

/// A template in one language, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmailTemplateDetail {
    /// Its name.
    pub name: String,
    /// What it is called, for people.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Whether it is staff's own.
    pub is_custom: bool,
    /// The language.
    pub language: String,
    /// What it may name.
    pub variables: Vec<TemplateVariable>,
    /// Variables of which text and HTML must each name one.
    pub needs: Vec<String>,
    /// Whether it has a subject.
    pub has_subject: bool,
    /// What Sereno brings.
    pub shipped: Option<EmailSource>,
    /// What is in use instead.
    pub live: Option<EmailVersion>,
    /// What is being written.
    pub draft: Option<EmailVersion>,
    /// Since when the version in use fails, so that what is shipped leaves instead.
    pub broken_since: Option<Timestamp>,
    /// How it fails.
    pub broken_reason: Option<String>,
    /// Whether a later release ships something else than what the version in use was begun from.
    pub is_outdated: bool,
}

/// A version in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmailVersionRow {
    /// Its number, from 1; 0 for a draft.
    pub version: i64,
    /// Who published it, or wrote the draft last; nobody at the command line, or who is gone.
    pub author: Option<SessionUser>,
    /// Why, in the author's words.
    pub note: String,
    /// When it was published, or written last.
    pub created_at: Timestamp,
    /// Whether it is in use.
    pub is_live: bool,
}

/// A version, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmailVersion {
    /// As in a list.
    #[serde(flatten)]
    pub row: EmailVersionRow,
    /// What it says.
    pub source: EmailSource,
}

/// Which versions to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct EmailVersionQuery {
    /// Rows per page, 1 to 200; 50 when absent.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u64>,
    /// Where to continue, from an earlier answer.
    #[cfg_attr(feature = "openapi", param(max_length = 1000))]
    pub cursor: Option<String>,
}

/// Writes the draft.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveEmailDraft {
    /// The subject line.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 65536))]
    pub subject: String,
    /// The plain text.
    #[cfg_attr(feature = "openapi", schema(max_length = 65536))]
    pub text: String,
    /// The HTML.
    #[cfg_attr(feature = "openapi", schema(max_length = 65536))]
    pub html: String,
    /// What was changed, and why.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub note: Option<String>,
}

/// Publishes the draft.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct PublishEmailTemplate {
    /// What was changed, and why; what the draft says when absent.
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub note: Option<String>,
}

/// Publishes again what an earlier version says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RollBackEmailTemplate {
    /// The version.
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub version: i64,
    /// Why.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub note: Option<String>,
}

/// Which two texts to compare.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct EmailDiffQuery {
    /// The earlier one: `shipped`, `live`, `draft` or the number of a version.
    #[cfg_attr(feature = "openapi", param(max_length = 20))]
    pub from: String,
    /// The later one.
    #[cfg_attr(feature = "openapi", param(max_length = 20))]
    pub to: String,
}

/// What differs between two texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmailDiff {
    /// The earlier one, as it was asked for.
    pub from: String,
    /// The later one.
    pub to: String,
    /// Subject, text and HTML, line by line.
    pub parts: Vec<EmailPartDiff>,
}

/// What differs in one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmailPartDiff {
    /// `subject`, `text` or `html`.
    pub part: String,
    /// Whether both say the same.
    pub is_same: bool,
    /// Every line of both, in order.
    pub lines: Vec<DiffLine>,
}

/// A line of two texts side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiffLine {
    /// The earlier one's; absent where the line is new.
    pub before: Option<DiffSide>,
    /// The later one's; absent where the line is gone.
    pub after: Option<DiffSide>,
    /// Whether both are the same.
    pub is_same: bool,
}

/// One side of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiffSide {
    /// Its number, from 1.
    pub number: u64,
    /// What it says.
    pub text: String,
}

/// Tries a template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct PreviewEmailTemplate {
    /// A text that is not saved.
    pub source: Option<EmailSource>,
    /// Without one: `shipped`, `live`, `draft` or the number of a version; when absent the draft, else what is in use.
    #[cfg_attr(feature = "openapi", schema(max_length = 20))]
    pub of: Option<String>,
    /// Whose name and address it says, where it says them: an id, a number, an address or a user name. Links and codes are
    /// samples in any case.
    #[cfg_attr(feature = "openapi", schema(max_length = 254))]
    pub user: Option<String>,
    /// Only the dark or only the light of the two looks; as the reader's program chooses when absent.
    pub look: Option<EmailLook>,
}

/// How a mail looks where there is a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EmailLook {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// A mail as it would leave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmailPreview {
    /// The subject line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML, inside the layout.
    pub html: String,
}

/// Sends a template to be looked at, with samples.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct TestEmailTemplate {
    /// To whom; one's own confirmed address when absent.
    #[cfg_attr(feature = "openapi", schema(max_length = 254))]
    pub to: Option<String>,
}

/// A test mail was queued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmailTestQueued {
    /// To whom.
    pub to: String,
}

/// Makes a template of staff's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateEmailTemplate {
    /// Its name in addresses: up to 60 lower-case letters, digits and `-`. `custom.` is put in front of it.
    #[cfg_attr(feature = "openapi", schema(max_length = 60))]
    pub slug: String,
    /// Its name for people; the name in addresses when empty.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 150))]
    pub title: String,
    /// What it is for.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub description: String,
    /// What it may name.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 50))]
    pub variables: Vec<TemplateVariable>,
}

/// Changes a template of staff's own. What is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct UpdateEmailTemplate {
    /// Its name for people.
    #[cfg_attr(feature = "openapi", schema(max_length = 150))]
    pub title: Option<String>,
    /// What it is for.
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub description: Option<String>,
    /// What it may name. Nothing that is in use may name anything else.
    #[cfg_attr(feature = "openapi", schema(max_items = 50))]
    pub variables: Option<Vec<TemplateVariable>>,
}

/// Templates as one file, to be kept or carried to another server: each as it is in use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EmailTemplateFile {
    /// Each template, by name.
    pub templates: Vec<PortableEmailTemplate>,
}

/// A template in such a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PortableEmailTemplate {
    /// Its name.
    #[cfg_attr(feature = "openapi", schema(max_length = 100))]
    pub name: String,
    /// What staff declared of a template of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<EmailTemplateDefinition>,
    /// What it says, by language.
    #[serde(default)]
    pub languages: BTreeMap<String, EmailSource>,
}

/// What staff declares of a template of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EmailTemplateDefinition {
    /// Its name for people.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 150))]
    pub title: String,
    /// What it is for.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub description: String,
    /// What it may name.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 50))]
    pub variables: Vec<TemplateVariable>,
}

/// Which templates to write into a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct EmailTemplateExportQuery {
    /// Their names, with commas between; all of them when absent.
    #[cfg_attr(feature = "openapi", param(max_length = 2000))]
    pub names: Option<String>,
}

/// Reads templates in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ImportEmailTemplates {
    /// The templates, as they were written into a file.
    #[cfg_attr(feature = "openapi", schema(max_items = 600))]
    pub templates: Vec<PortableEmailTemplate>,
    /// Whether they are published; else they become drafts.
    #[serde(default)]
    pub publish: bool,
    /// Whether nothing is done, and only told what would be.
    #[serde(default)]
    pub dry_run: bool,
    /// Whether drafts that are not published are written over.
    #[serde(default)]
    pub force: bool,
}

/// What became of templates that were read in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmailTemplatesImported {
    /// Each template of staff's own, and each text.
    pub results: Vec<EmailTemplateImported>,
}

/// What became of one of them. Each stands for itself: one that is refused keeps none of the others away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmailTemplateImported {
    /// The template's name.
    pub name: String,
    /// The language; absent where it is about the template itself.
    pub language: Option<String>,
    /// What was, or would be, done.
    pub outcome: EmailImportOutcome,
    /// Why it was refused, in English.
    pub reason: Option<String>,
}

/// What is done with a template that is read in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EmailImportOutcome {
    /// It is as it is already.
    Unchanged,
    /// A template of staff's own was made.
    Made,
    /// What a template of staff's own is called, or may name, was changed.
    Changed,
    /// It is a draft now.
    Drafted,
    /// It is in use now.
    Published,
    /// There is another draft, which is not written over unless that is said.
    Kept,
    /// It was refused.
    Refused,
}
