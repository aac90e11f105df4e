//! From a row of the history to a mail: with fresh secrets, in staff's words where there are any and they work, else in
//! those that are shipped; inside the layout.

use std::collections::BTreeMap;

use minijinja::Value;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sereno_types::{EmailLook, EmailSource, Locale, TemplateVariable};
use uuid::Uuid;

use super::layout::{self, Foot, Footer};
use super::mails::{Addressee, Mail, MailKind, Rendered};
use super::mint::mint;
use super::template::live::{self, Live};
use super::template::{Sampled, Template, engine, secrets};
use crate::context::Sereno;
use crate::entity::{custom_email_template, email_message, email_template_version};
use crate::error::Result;

/// What the kind of a mail begins with that staff sends to look at a template.
pub(crate) const TRIED: &str = "test.";

/// The mail with fresh secrets, or nothing when nobody waits for it any more.
pub(super) async fn render(
    sereno: &Sereno,
    message: &email_message::Model,
    epoch: i64,
    about: Option<Uuid>,
) -> Result<Option<Rendered>> {
    let locale = Locale::from_tag(&message.locale).unwrap_or_default();
    if let Some(name) = message.mail.strip_prefix(TRIED) {
        return tried(sereno, message, name, about).await;
    }
    let Some(kind) = MailKind::from_name(&message.mail) else {
        return Ok(None);
    };
    let Some(mail) = mint(sereno, message, kind, epoch, about).await? else {
        return Ok(None);
    };
    let mut live = live::find(sereno.db.read(), &[kind.as_str(), layout::FOOTER], locale).await?;
    let written = written(sereno, message, locale, live.remove(kind.as_str()), &mail).await?;
    let (said, version) = match written {
        Some((said, version)) => (said, Some(version)),
        None => (mail.shipped(locale)?, None),
    };
    // a retry may have another version than the attempt before
    if version != message.template_version {
        email_message::Entity::update_many()
            .col_expr(email_message::Column::TemplateVersion, Expr::value(version))
            .filter(email_message::Column::Id.eq(message.id))
            .exec(sereno.db.write())
            .await?;
    }
    let foot = foot(sereno, locale, live.remove(layout::FOOTER), &message.recipient).await?;
    Ok(Some(layout::frame(sereno, locale, said, &foot, None)?))
}

/// The mail in staff's words; nothing where there are none, or they fail.
async fn written(
    sereno: &Sereno,
    message: &email_message::Model,
    locale: Locale,
    live: Option<Live>,
    mail: &Mail,
) -> Result<Option<(Rendered, i64)>> {
    let Some(live) = live else { return Ok(None) };
    let (brand, to) = (sereno.config.brand_name(), Addressee::of(sereno, message).await?);
    let mut values = mail.values();
    values.extend(to.held());
    values.push(("brand", &brand));
    let rendered = match secrets::used(&live.source, mail.kind().secrets()) {
        faults if faults.is_empty() => engine::render(&live.source, &engine::context(&values)),
        faults => Err(faults),
    };
    // what leads a secret elsewhere only with certain values is seen here, whatever was checked when it was saved
    let rendered = rendered.and_then(|said| match secrets::placed(&said, &mail.secrets()) {
        faults if faults.is_empty() => Ok(said),
        faults => Err(faults),
    });
    match rendered {
        Ok(said) => Ok(Some((said, live.version))),
        Err(faults) => {
            live::mark_broken(sereno, &message.mail, locale, &live, &faults).await?;
            Ok(None)
        }
    }
}

/// The footer of a mail to this address; empty where it is switched off.
async fn foot(sereno: &Sereno, locale: Locale, live: Option<Live>, address: &str) -> Result<Foot> {
    if !sereno.config.brand.footer {
        return Ok(Foot::default());
    }
    let footer = Footer::to(sereno, address);
    let Some(live) = live else {
        return footer.shipped(locale);
    };
    let rendered = engine::render(&with_subject(&live.source), &engine::context(&footer.held()));
    let rendered = rendered.and_then(|said| match secrets::watching(&said.html) {
        faults if faults.is_empty() => Ok(said),
        faults => Err(faults),
    });
    match rendered {
        Ok(said) => Ok(Foot {
            text: said.text,
            html: said.html,
        }),
        Err(faults) => {
            live::mark_broken(sereno, layout::FOOTER, locale, &live, &faults).await?;
            footer.shipped(locale)
        }
    }
}

/// A body that was rendered elsewhere, inside layout and footer.
pub(super) async fn framed(
    sereno: &Sereno,
    locale: Locale,
    said: Rendered,
    address: &str,
    look: Option<EmailLook>,
) -> Result<Rendered> {
    framed_with(sereno, locale, said, (address, &Foot::default()), look).await
}

/// The same, with more below the footer.
pub(super) async fn framed_with(
    sereno: &Sereno,
    locale: Locale,
    said: Rendered,
    (address, more): (&str, &Foot),
    look: Option<EmailLook>,
) -> Result<Rendered> {
    let mut live = live::find(sereno.db.read(), &[layout::FOOTER], locale).await?;
    let mut foot = foot(sereno, locale, live.remove(layout::FOOTER), address).await?;
    if !foot.text.is_empty() && !more.text.is_empty() {
        foot.text.push('\n');
    }
    foot.text.push_str(&more.text);
    foot.html.push_str(&more.html);
    layout::frame(sereno, locale, said, &foot, look)
}

/// A template with samples, inside the layout: what previews and test mails show. Of the footer it is the footer below a
/// sample of a mail. `known` are values that take the place of samples.
///
/// # Errors
/// The faults of the template as refused fields.
pub(crate) async fn sampled(sereno: &Sereno, tried: Tried<'_>) -> Result<Rendered> {
    let refused =
        |faults: Vec<engine::Fault>| crate::error::Error::fields(faults.iter().map(engine::Fault::field).collect());
    let locale = tried.locale;
    let mut values = tried.values.clone();
    values.insert("brand", sereno.config.brand_name().into());
    // the footer below says the same
    values
        .entry("address")
        .and_modify(|address| *address = tried.address.into());
    let names: Vec<&str> = values.keys().copied().collect();
    let context = Value::from_pairs(values.iter().map(|(name, value)| (*name, value.clone())));
    if *tried.template == Template::Footer {
        let said = engine::check(&with_subject(tried.source), &names, &context).map_err(refused)?;
        let foot = Foot {
            text: said.text,
            html: said.html,
        };
        let mail = MailKind::Test.sample().shipped(locale)?;
        return layout::frame(sereno, locale, mail, &foot, tried.look);
    }
    let said = engine::check(tried.source, &names, &context).map_err(refused)?;
    framed(sereno, locale, said, tried.address, tried.look).await
}

/// A mail of a kind with samples, inside the layout: as it was written in a version of staff's, while that is there and can
/// still be rendered, else as it is shipped.
pub(super) async fn of_version(
    sereno: &Sereno,
    kind: MailKind,
    locale: Locale,
    version: Option<i64>,
    address: &str,
) -> Result<Rendered> {
    let template = Template::Mail(kind);
    if let Some(source) = live::of(sereno.db.read(), kind.as_str(), locale, version).await? {
        let declared = declared(sereno, &template).await?;
        let tried = Tried {
            template: &template,
            locale,
            source: &source,
            values: samples(&declared),
            address,
            look: None,
        };
        match sampled(sereno, tried).await {
            Err(crate::error::Error::Refused { .. }) => {}
            done => return done,
        }
    }
    framed(sereno, locale, kind.sample().shipped(locale)?, address, None).await
}

/// A template to try.
pub(crate) struct Tried<'a> {
    /// Which.
    pub template: &'a Template,
    /// In which language.
    pub locale: Locale,
    /// What it says.
    pub source: &'a EmailSource,
    /// A value of each variable that it may name.
    pub values: BTreeMap<&'a str, Value>,
    /// Whose address the footer tells.
    pub address: &'a str,
    /// Which of the two looks; as the reader's program chooses when nothing is said.
    pub look: Option<EmailLook>,
}

/// A sample of each of these variables.
pub(crate) fn samples(declared: &[TemplateVariable]) -> BTreeMap<&str, Value> {
    let held = declared.iter();
    held.map(|variable| (variable.name.as_str(), variable.sample_value()))
        .collect()
}

/// The engine wants a subject, and the footer has none.
pub(crate) fn with_subject(source: &EmailSource) -> EmailSource {
    EmailSource {
        subject: layout::FOOTER.to_owned(),
        ..source.clone()
    }
}

/// A template that staff sends to look at: the version that the mail is about, else what is shipped.
async fn tried(
    sereno: &Sereno,
    message: &email_message::Model,
    name: &str,
    about: Option<Uuid>,
) -> Result<Option<Rendered>> {
    let locale = Locale::from_tag(&message.locale).unwrap_or_default();
    let Some(template) = Template::from_name(name) else {
        return Ok(None);
    };
    let source = match about {
        Some(id) => {
            let row = email_template_version::Entity::find_by_id(id)
                .one(sereno.db.read())
                .await?;
            row.map(live::source_of)
        }
        None => template.shipped(locale),
    };
    let Some(source) = source else { return Ok(None) };
    let declared = declared(sereno, &template).await?;
    let tried = Tried {
        template: &template,
        locale,
        source: &source,
        values: samples(&declared),
        address: &message.recipient,
        look: None,
    };
    match sampled(sereno, tried).await {
        Ok(mail) => Ok(Some(Rendered {
            subject: format!("[Test] {}", mail.subject),
            ..mail
        })),
        // it was changed since
        Err(crate::error::Error::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a template may name; nothing where there is no such template.
///
/// # Errors
/// When the database is away.
pub(super) async fn declared(sereno: &Sereno, template: &Template) -> Result<Vec<TemplateVariable>> {
    let Template::Custom(slug) = template else {
        let variables = template.variables().unwrap_or_default();
        return Ok(variables.into_iter().map(super::template::Variable::shown).collect());
    };
    let row = custom_email_template::Entity::find()
        .filter(custom_email_template::Column::Slug.eq(slug))
        .one(sereno.db.read())
        .await?;
    let variables = row.map(|row| row.variables).unwrap_or_default();
    Ok(serde_json::from_value(variables).unwrap_or_default())
}
