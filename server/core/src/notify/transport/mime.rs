//! A mail as the bytes that travel (RFC 5322, RFC 2045): text and HTML as alternatives, files beside them.

use std::time::Duration;

use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use crate::config::Config;
use crate::error::{Error, Result};
use crate::port::mail::{MailError, OutgoingMail};

/// How a mail's parts are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Parts {
    /// As every mail server takes them.
    Encoded,
    /// As they are, for whoever reads the file and copies a link out of it.
    Plain,
}

/// What all mails of this server have in common.
#[derive(Clone)]
pub(super) struct Letterhead {
    from: Mailbox,
    /// Where mail servers send what could not be delivered.
    bounce: Option<Address>,
    /// The right half of `Message-ID`.
    id_domain: String,
}

impl Letterhead {
    pub(super) fn new(config: &Config, id_domain: String) -> Result<Self> {
        let bounce = Some(config.mail.bounce_address.as_str()).filter(|address| !address.is_empty());
        Ok(Self {
            from: config.mail.from.parse().map_err(Error::internal)?,
            bounce: bounce.map(str::parse).transpose().map_err(Error::internal)?,
            id_domain,
        })
    }

    /// Who sends a mail.
    pub(super) fn sender(&self, mail: &OutgoingMail) -> std::result::Result<Mailbox, MailError> {
        match &mail.from {
            Some(from) => from
                .parse()
                .map_err(|_| MailError::Never("the sender cannot be written".to_owned())),
            None => Ok(self.from.clone()),
        }
    }

    /// The MIME message.
    pub(super) fn message(&self, mail: &OutgoingMail, parts: Parts) -> std::result::Result<Message, MailError> {
        let never = |error: String| MailError::Never(error);
        // the library folds what it does not expect; a header that holds a line's end is refused before it gets there
        let names = mail.attachments.iter().map(|file| file.name.as_str());
        let headers = [
            mail.subject.as_str(),
            mail.from.as_deref().unwrap_or(""),
            mail.reply_to.as_deref().unwrap_or(""),
            mail.unsubscribe.as_deref().unwrap_or(""),
        ];
        if headers
            .into_iter()
            .chain(names)
            .any(|text| text.chars().any(char::is_control))
        {
            return Err(never("a header would hold a control character".to_owned()));
        }
        let to: Address = mail
            .recipient
            .parse()
            .map_err(|_| never("the address cannot be written to".to_owned()))?;
        let from = self.sender(mail)?;
        let sender = self.bounce.clone().unwrap_or_else(|| from.email.clone());
        let envelope = Envelope::new(Some(sender), vec![to.clone()]).map_err(|error| never(error.to_string()))?;
        let mut builder = Message::builder()
            .envelope(envelope)
            .from(from)
            .to(Mailbox::new(None, to))
            .subject(mail.subject.clone())
            .message_id(Some(format!("<{}@{}>", mail.message_id, self.id_domain)))
            .date(std::time::UNIX_EPOCH + Duration::from_micros(u64::try_from(mail.date.0).unwrap_or(0)));
        if let Some(reply_to) = &mail.reply_to {
            let reply_to = reply_to
                .parse()
                .map_err(|_| never("the address for answers cannot be written to".to_owned()))?;
            builder = builder.reply_to(reply_to);
        }
        let words = words(mail, parts);
        let message = match (words, mail.attachments.is_empty()) {
            (Words::One(part), true) => builder.singlepart(part),
            (Words::Both(part), true) => builder.multipart(part),
            (words, false) => {
                let mixed = match words {
                    Words::One(part) => MultiPart::mixed().singlepart(part),
                    Words::Both(part) => MultiPart::mixed().multipart(part),
                };
                let files = mail.attachments.iter().map(|file| {
                    let kind = ContentType::parse(&file.content_type)
                        .or_else(|_| ContentType::parse("application/octet-stream"))
                        .map_err(|error| never(error.to_string()))?;
                    // as they are they could hold a line's end that another server takes for the end of the mail
                    let body = Body::new_with_encoding(file.bytes.clone(), ContentTransferEncoding::Base64)
                        .map_err(|_| never("an attachment cannot be encoded".to_owned()))?;
                    Ok(Attachment::new(file.name.clone()).body(body, kind))
                });
                let files = files.collect::<std::result::Result<Vec<_>, MailError>>()?;
                builder.multipart(files.into_iter().fold(mixed, MultiPart::singlepart))
            }
        };
        let mut message = message.map_err(|error| never(error.to_string()))?;
        if let Some(link) = &mail.unsubscribe {
            for (name, value) in unsubscribe(link) {
                message.headers_mut().insert_raw(HeaderValue::dangerous_new_pre_encoded(
                    HeaderName::new_from_ascii_str(name),
                    value.clone(),
                    value,
                ));
            }
        }
        Ok(message)
    }
}

/// The way out, for the button of mail programs: by a page (RFC 2369) and by one post (RFC 8058 §3.1). A link is one word,
/// which no folding may break.
fn unsubscribe(link: &str) -> [(&'static str, String); 2] {
    [
        ("List-Unsubscribe", format!("<{link}>")),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()),
    ]
}

enum Words {
    One(SinglePart),
    Both(MultiPart),
}

fn words(mail: &OutgoingMail, parts: Parts) -> Words {
    let (text, html) = (lines(&mail.text), lines(&mail.html));
    match (parts, html.is_empty()) {
        (Parts::Encoded, true) => Words::One(SinglePart::plain(text)),
        (Parts::Plain, true) => Words::One(plain(ContentType::TEXT_PLAIN, &text)),
        (Parts::Encoded, false) => Words::Both(MultiPart::alternative_plain_html(text, html)),
        (Parts::Plain, false) => Words::Both(
            MultiPart::alternative()
                .singlepart(plain(ContentType::TEXT_PLAIN, &text))
                .singlepart(plain(ContentType::TEXT_HTML, &html)),
        ),
    }
}

/// A carriage return by itself is the end of a line for some mail servers and none for others (RFC 5321 §2.3.8): none
/// leaves. The library makes the right ends of lone line feeds.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn plain(kind: ContentType, text: &str) -> SinglePart {
    // in whichever encoding the library finds needed, where it finds this one impossible
    let body = Body::new_with_encoding(text.to_owned(), ContentTransferEncoding::Binary).unwrap_or_else(Body::new);
    SinglePart::builder().header(kind).body(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::mail::Attachment;

    fn letterhead(bounce: &str) -> Letterhead {
        let mut config = Config::default();
        config.mail.from = "Müller & Söhne <no-reply@example.org>".to_owned();
        config.mail.bounce_address = bounce.to_owned();
        Letterhead::new(&config, "id.example.org".to_owned()).unwrap()
    }

    fn mail() -> OutgoingMail {
        OutgoingMail {
            recipient: "ana@example.org".to_owned(),
            subject: "Grüße".to_owned(),
            text: "hello".to_owned(),
            message_id: "one".to_owned(),
            ..OutgoingMail::default()
        }
    }

    fn written(mail: &OutgoingMail) -> String {
        let message = letterhead("").message(mail, Parts::Encoded).unwrap();
        String::from_utf8(message.formatted()).unwrap()
    }

    #[test]
    fn names_and_subjects_are_encoded() {
        let mut mail = mail();
        mail.attachments.push(Attachment {
            name: "Übersicht \"2026\".pdf".to_owned(),
            content_type: "application/pdf".to_owned(),
            bytes: b"%PDF".to_vec(),
        });
        let text = written(&mail);
        assert!(text.is_ascii(), "{text}");
        assert!(
            text.contains("multipart/mixed") && text.contains("application/pdf"),
            "{text}"
        );
        assert!(text.contains("Message-ID: <one@id.example.org>"), "{text}");
    }

    #[test]
    fn no_header_can_hold_another() {
        let evil = "x\r\nBcc: eve@example.org";
        let file = Attachment {
            name: evil.to_owned(),
            content_type: "text/plain".to_owned(),
            bytes: Vec::new(),
        };
        let hostile = [
            OutgoingMail {
                subject: evil.to_owned(),
                ..mail()
            },
            OutgoingMail {
                reply_to: Some(format!("ana@example.org{evil}")),
                ..mail()
            },
            OutgoingMail {
                recipient: format!("ana@example.org{evil}"),
                ..mail()
            },
            OutgoingMail {
                attachments: vec![file],
                ..mail()
            },
        ];
        for mail in hostile {
            let refused = letterhead("").message(&mail, Parts::Encoded);
            assert!(matches!(refused, Err(MailError::Never(_))));
        }
        let mut odd = mail();
        odd.attachments.push(Attachment {
            name: "a".to_owned(),
            content_type: "text/plain\r\nBcc: eve@example.org".to_owned(),
            bytes: Vec::new(),
        });
        assert!(!written(&odd).contains("eve@"));
    }

    #[test]
    fn no_line_ends_where_only_some_servers_see_its_end() {
        let smuggled = "one\n.\nMAIL FROM:<eve@example.org>\r.\r\nRCPT\n.\r\n.\r\n";
        let mail = OutgoingMail {
            text: smuggled.to_owned(),
            html: smuggled.to_owned(),
            attachments: vec![Attachment {
                name: "a.csv".to_owned(),
                content_type: "text/csv".to_owned(),
                bytes: smuggled.as_bytes().to_vec(),
            }],
            ..mail()
        };
        for parts in [Parts::Encoded, Parts::Plain] {
            let bytes = letterhead("").message(&mail, parts).unwrap().formatted();
            for (at, byte) in bytes.iter().enumerate() {
                let alone = match byte {
                    b'\n' => at == 0 || bytes[at - 1] != b'\r',
                    b'\r' => bytes.get(at + 1) != Some(&b'\n'),
                    _ => false,
                };
                assert!(!alone, "at {at}: {}", String::from_utf8_lossy(&bytes));
            }
        }
    }

    #[test]
    fn what_cannot_be_delivered_goes_to_the_bounce_address() {
        let sender = |bounce: &str| {
            let message = letterhead(bounce).message(&mail(), Parts::Encoded).unwrap();
            message.envelope().from().map(ToString::to_string)
        };
        assert_eq!(sender("").as_deref(), Some("no-reply@example.org"));
        assert_eq!(sender("bounces@example.org").as_deref(), Some("bounces@example.org"));
    }

    #[test]
    fn the_way_out_stands_in_the_header_whole() {
        let link = format!("https://id.example.org/account/unsubscribe?token={}", "a".repeat(200));
        let with = OutgoingMail {
            unsubscribe: Some(link.clone()),
            ..mail()
        };
        let text = written(&with);
        assert!(text.contains(&format!("\r\nList-Unsubscribe: <{link}>\r\n")), "{text}");
        assert!(
            text.contains("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"),
            "{text}"
        );
        assert!(!written(&mail()).contains("List-Unsubscribe"));
    }

    #[test]
    fn a_mail_without_html_has_one_part() {
        let text = written(&mail());
        assert!(!text.contains("multipart") && text.contains("text/plain"), "{text}");
    }
}
