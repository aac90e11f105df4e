//! What every mail leaves in: the brand on top, the footer below, HTML that mail programs understand (tables, styles at
//! their elements, a dark look as an extra), and the line that inboxes show beside the subject.

use askama::Template;
use sereno_types::{EmailLook, EmailSource, Locale};

use super::mails::{Rendered, part, source, variables};
use super::template::Variable;
use crate::context::Sereno;
use crate::error::{Error, Result};

/// The footer's name among the templates.
pub const FOOTER: &str = "footer";
/// Between a text and its footer: mail programs take what follows for no part of the message.
const SEPARATOR: &str = "\n\n-- \n";
/// Most characters of the line beside the subject.
const PREHEADER_MAX: usize = 140;

variables! {
    /// What stands below every mail.
    Footer {
        /// What this server calls itself in mails.
        brand = "Sereno",
        /// Where this server is.
        url = "https://id.example.org",
        /// The address that the mail goes to.
        address = "ana@example.org"
    }
}

impl Footer {
    /// The footer of a mail to this address.
    pub(super) fn to(sereno: &Sereno, address: &str) -> Self {
        Self {
            brand: sereno.config.brand_name(),
            url: sereno.config.public_url(),
            address: address.to_owned(),
        }
    }

    /// What its variables hold.
    pub(super) fn held(&self) -> Vec<(&'static str, &str)> {
        self.values()
    }

    /// As its shipped templates say it.
    pub(super) fn shipped(&self, locale: Locale) -> Result<Foot> {
        let (text, html) = match locale {
            Locale::En => (
                part!(self: Footer, "email/footer/en.txt"),
                part!(self: Footer, "email/footer/en.html"),
            ),
            Locale::De => (
                part!(self: Footer, "email/footer/de.txt"),
                part!(self: Footer, "email/footer/de.html"),
            ),
            Locale::Es => (
                part!(self: Footer, "email/footer/es.txt"),
                part!(self: Footer, "email/footer/es.html"),
            ),
        };
        Ok(Foot { text, html })
    }
}

/// A footer, rendered; empty where it is switched off.
#[derive(Default)]
pub(super) struct Foot {
    /// Below the plain text.
    pub text: String,
    /// Below the HTML.
    pub html: String,
}

/// The shipped footer, as it is written.
#[must_use]
pub fn source(locale: Locale) -> EmailSource {
    let (text, html) = match locale {
        Locale::En => (source!("email/footer/en.txt"), source!("email/footer/en.html")),
        Locale::De => (source!("email/footer/de.txt"), source!("email/footer/de.html")),
        Locale::Es => (source!("email/footer/es.txt"), source!("email/footer/es.html")),
    };
    EmailSource {
        subject: String::new(),
        text,
        html,
    }
}

/// What a footer may name.
#[must_use]
pub const fn variables() -> &'static [Variable] {
    Footer::VARIABLES
}

/// The frame of every HTML body.
#[derive(Template)]
#[template(path = "email/layout.html")]
struct Layout<'a> {
    lang: &'a str,
    subject: &'a str,
    brand: &'a str,
    logo: &'a str,
    preheader: &'a str,
    scheme: &'a str,
    dark: &'a str,
    body: &'a str,
    footer: &'a str,
}

/// A mail inside its frame. `look` is for previews: readers have what their own program chooses.
pub(super) fn frame(
    sereno: &Sereno,
    locale: Locale,
    mail: Rendered,
    foot: &Foot,
    look: Option<EmailLook>,
) -> Result<Rendered> {
    let logo = sereno.config.brand_logo().unwrap_or_default();
    // what nothing here colours, such as links, goes by the scheme
    let (scheme, dark) = match look {
        None => ("light dark", "@media (prefers-color-scheme:dark)"),
        Some(EmailLook::Dark) => ("dark", "@media all"),
        Some(EmailLook::Light) => ("light", "@media not all"),
    };
    let layout = Layout {
        lang: locale.as_str(),
        subject: &mail.subject,
        brand: &sereno.config.brand_name(),
        logo: &logo,
        preheader: &preheader(&mail),
        scheme,
        dark,
        body: &mail.html,
        footer: &foot.html,
    };
    let html = layout.render().map_err(Error::internal)?;
    let mut text = mail.text;
    if !foot.text.is_empty() {
        text.truncate(text.trim_end().len());
        text.push_str(SEPARATOR);
        text.push_str(&foot.text);
    }
    Ok(Rendered {
        subject: mail.subject,
        text,
        html,
    })
}

/// The first lines that are sentences: what stands there is seen on locked screens, so neither a link nor a code.
fn preheader(mail: &Rendered) -> String {
    let sentences = mail
        .text
        .lines()
        .map(str::trim)
        .filter(|line| line.contains(' ') && !line.contains("://") && !line.contains(|c: char| c.is_ascii_digit()));
    let said: Vec<&str> = sentences.take(2).collect();
    said.join(" ").chars().take(PREHEADER_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::template::engine;

    #[test]
    fn both_engines_make_the_same_of_the_footer() {
        for &locale in Locale::ALL {
            let footer = Footer {
                brand: "<Brand>".to_owned(),
                url: "https://id.example.org".to_owned(),
                address: "ana@example.org".to_owned(),
            };
            let source = EmailSource {
                subject: "x".to_owned(),
                ..source(locale)
            };
            let names: Vec<&str> = variables().iter().map(|variable| variable.name).collect();
            let other = engine::check(&source, &names, &engine::context(&footer.held()));
            let (other, shipped) = (
                other.unwrap_or_else(|_| panic!("{locale:?}")),
                footer.shipped(locale).unwrap(),
            );
            assert_eq!((other.text, other.html), (shipped.text, shipped.html));
        }
    }

    #[test]
    fn what_a_locked_screen_shows_is_neither_link_nor_code() {
        let mail = Rendered {
            subject: "x".to_owned(),
            text: "Welcome!\n\nPlease confirm.\n\nhttps://x.example/ here\n\n1234 5678\n\nSecond one.\nThird one."
                .to_owned(),
            html: String::new(),
        };
        assert_eq!(preheader(&mail), "Please confirm. Second one.");
    }
}
