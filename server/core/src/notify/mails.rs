//! Every kind of mail: its variables, its templates (`templates/email/<mail>/<lang>.{subject.txt,txt,html}`, checked by
//! the compiler) and a sample. The variables are texts, nothing else. What templates say is kept to what askama and the
//! engine of overrides both read, so that an override can begin as a copy of what is shipped.

use sea_orm::EntityTrait;
use sereno_types::{EmailSource, Locale};

use super::template::Variable;
use crate::context::Sereno;
use crate::entity::{email_message, user};
use crate::error::Result;

/// A mail's three parts.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The subject line.
    pub subject: String,
    /// The plain-text body.
    pub text: String,
    /// The HTML body.
    pub html: String,
}

/// The variables of a mail or of the footer, with a sample of each.
macro_rules! variables {
    ($(#[doc = $doc:literal])+ $kind:ident { $( $(#[doc = $field_doc:literal])+ $field:ident = $sample:literal ),+ $(,)? }) => {
        $(#[doc = $doc])+
        #[derive(Clone)]
        pub(super) struct $kind { $( $(#[doc = $field_doc])+ pub $field: String, )+ }

        impl $kind {
            const VARIABLES: &'static [Variable] = &[$( Variable {
                name: stringify!($field),
                description: concat!($($field_doc),+).trim_ascii(),
                sample: $sample,
            } ),+];

            fn values(&self) -> Vec<(&'static str, &str)> {
                vec![$( (stringify!($field), self.$field.as_str()) ),+]
            }
        }
    };
}
pub(super) use variables;

/// A mail with a sample of each variable.
macro_rules! sample {
    ($kind:ident { $( $(#[doc = $field_doc:literal])+ $field:ident = $sample:literal ),+ $(,)? }) => {
        impl $kind {
            fn sample() -> Self {
                Self { $( $field: $sample.to_owned(), )+ }
            }
        }
    };
}

/// Renders one template over the variables of a mail or of the footer, which it sees as its own.
macro_rules! part {
    ($mail:ident: $kind:ident, $path:literal) => {{
        #[derive(askama::Template)]
        #[template(path = $path)]
        struct Part<'a>(&'a $kind);
        impl std::ops::Deref for Part<'_> {
            type Target = $kind;
            fn deref(&self) -> &$kind {
                self.0
            }
        }
        askama::Template::render(&Part($mail)).map_err(crate::error::Error::internal)?
    }};
}
pub(super) use part;

/// The source of a shipped template. Like both engines, without the end of its last line.
macro_rules! source {
    ($path:literal) => {
        include_str!(concat!("../../templates/", $path))
            .trim_end_matches('\n')
            .to_owned()
    };
}
pub(super) use source;

macro_rules! mails {
    ($(
        $(#[doc = $doc:literal])+
        $kind:ident = $name:literal $variables:tt
        { $( $locale:ident: $subject:literal, $text:literal, $html:literal );+ $(;)? }
    )+) => {
        /// The kinds of mail.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum MailKind { $( $(#[doc = $doc])+ $kind, )+ }

        impl MailKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The name that is stored, and the folder of the templates.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$kind => $name),+ }
            }

            /// What it is for, in a sentence.
            #[must_use]
            pub const fn doc(self) -> &'static str {
                match self { $(Self::$kind => concat!($($doc),+).trim_ascii()),+ }
            }

            /// The variables that its templates may name.
            #[must_use]
            pub const fn variables(self) -> &'static [Variable] {
                match self { $(Self::$kind => $kind::VARIABLES),+ }
            }

            /// The templates that are shipped, as they are written.
            #[must_use]
            pub fn source(self, locale: Locale) -> EmailSource {
                match (self, locale) { $( $(
                    (Self::$kind, Locale::$locale) => EmailSource {
                        subject: source!($subject),
                        text: source!($text),
                        html: source!($html),
                    },
                )+ )+ }
            }

            /// The mail with a sample of each variable.
            pub(super) fn sample(self) -> Mail {
                match self { $(Self::$kind => Mail::$kind($kind::sample())),+ }
            }
        }

        /// A mail with what its variables hold.
        #[derive(Clone)]
        pub(super) enum Mail { $( $(#[doc = $doc])+ $kind($kind), )+ }

        impl Mail {
            /// What each variable holds.
            pub(super) fn values(&self) -> Vec<(&'static str, &str)> {
                match self { $(Self::$kind(mail) => mail.values()),+ }
            }

            /// Its kind.
            pub(super) const fn kind(&self) -> MailKind {
                match self { $(Self::$kind(_) => MailKind::$kind),+ }
            }

            /// What proves its reader: link and code.
            pub(super) fn secrets(&self) -> Vec<&str> {
                let names = self.kind().secrets();
                let values = self.values().into_iter();
                values.filter(|(name, _)| names.contains(name)).map(|(_, value)| value).collect()
            }

            /// The mail as its shipped templates say it, without the layout.
            pub(super) fn shipped(&self, locale: Locale) -> Result<Rendered> {
                match self { $(Self::$kind(mail) => mail.shipped(locale)),+ }
            }
        }

        $(
            variables! { $(#[doc = $doc])+ $kind $variables }
            sample! { $kind $variables }

            impl From<$kind> for Mail {
                fn from(mail: $kind) -> Self {
                    Self::$kind(mail)
                }
            }

            impl $kind {
                fn shipped(&self, locale: Locale) -> Result<Rendered> {
                    Ok(match locale { $(
                        Locale::$locale => Rendered {
                            subject: part!(self: $kind, $subject).trim().to_owned(),
                            text: part!(self: $kind, $text),
                            html: part!(self: $kind, $html),
                        },
                    )+ })
                }
            }
        )+
    };
}

mails! {
    /// Confirms the address given at sign-up.
    Activation = "activation" {
        /// Where the link leads: a page with a button.
        link = "https://id.example.org/account/activate?token=sample",
        /// The code that does the same on another device.
        code = "1234-5678",
        /// How many minutes the code works.
        code_minutes = "10",
        /// How many hours the link works.
        link_hours = "24",
        /// When and from which address somebody signed up.
        signed_up = "2026-01-01 12:00:00 UTC, 203.0.113.7"
    } {
        En: "email/activation/en.subject.txt", "email/activation/en.txt", "email/activation/en.html";
        De: "email/activation/de.subject.txt", "email/activation/de.txt", "email/activation/de.html";
        Es: "email/activation/es.subject.txt", "email/activation/es.txt", "email/activation/es.html";
    }

    /// Invites somebody for whom staff has made an account.
    AccountCreated = "account_created" {
        /// Where the link leads: a page with a button.
        link = "https://id.example.org/account/activate?token=sample",
        /// The code that does the same on another device.
        code = "1234-5678",
        /// How many minutes the code works.
        code_minutes = "10",
        /// How many hours the link works.
        link_hours = "24"
    } {
        En: "email/account_created/en.subject.txt", "email/account_created/en.txt",
            "email/account_created/en.html";
        De: "email/account_created/de.subject.txt", "email/account_created/de.txt",
            "email/account_created/de.html";
        Es: "email/account_created/es.subject.txt", "email/account_created/es.txt",
            "email/account_created/es.html";
    }

    /// Tells somebody that staff has given them a role or made them a member of a project, and opens the account where it
    /// waits for them.
    Invitation = "invitation" {
        /// Where the link leads: a page to confirm the address, or to sign in where there is an account.
        link = "https://id.example.org/account/activate?token=sample",
        /// The code that does the same on another device; empty where there is an account.
        code = "1234-5678",
        /// How many minutes the code works.
        code_minutes = "10",
        /// How many hours the link works.
        link_hours = "24",
        /// The name of the role; empty for a mere member of a project.
        role = "Editor",
        /// The name of the project; empty for a role that holds everywhere.
        project = "Lighthouse"
    } {
        En: "email/invitation/en.subject.txt", "email/invitation/en.txt", "email/invitation/en.html";
        De: "email/invitation/de.subject.txt", "email/invitation/de.txt", "email/invitation/de.html";
        Es: "email/invitation/es.subject.txt", "email/invitation/es.txt", "email/invitation/es.html";
    }

    /// Tells the owner of an address that somebody tried to sign up with it.
    RegistrationRepeated = "registration_repeated" {
        /// Where to sign in.
        link = "https://id.example.org/account/sign-in"
    } {
        En: "email/registration_repeated/en.subject.txt", "email/registration_repeated/en.txt",
            "email/registration_repeated/en.html";
        De: "email/registration_repeated/de.subject.txt", "email/registration_repeated/de.txt",
            "email/registration_repeated/de.html";
        Es: "email/registration_repeated/es.subject.txt", "email/registration_repeated/es.txt",
            "email/registration_repeated/es.html";
    }

    /// Brings the link to set a new password.
    PasswordReset = "password_reset" {
        /// Where the link leads: a page with a form.
        link = "https://id.example.org/account/reset-password?token=sample",
        /// How many minutes the link works.
        minutes = "60",
        /// What does the same when it is typed.
        code = "1234-5678",
        /// How many minutes the code works.
        code_minutes = "15"
    } {
        En: "email/password_reset/en.subject.txt", "email/password_reset/en.txt",
            "email/password_reset/en.html";
        De: "email/password_reset/de.subject.txt", "email/password_reset/de.txt",
            "email/password_reset/de.html";
        Es: "email/password_reset/es.subject.txt", "email/password_reset/es.txt",
            "email/password_reset/es.html";
    }

    /// Brings the code and the link to sign in with.
    LoginCode = "login_code" {
        /// Where the link leads: a page with a button.
        link = "https://id.example.org/account/sign-in/link?token=sample",
        /// The code.
        code = "123456",
        /// How many minutes both work.
        minutes = "10",
        /// When it was asked for.
        asked = "2026-01-01 12:00:00 UTC"
    } {
        En: "email/login_code/en.subject.txt", "email/login_code/en.txt", "email/login_code/en.html";
        De: "email/login_code/de.subject.txt", "email/login_code/de.txt", "email/login_code/de.html";
        Es: "email/login_code/es.subject.txt", "email/login_code/es.txt", "email/login_code/es.html";
    }

    /// Tells a user that their password was set or changed.
    PasswordChanged = "password_changed" {
        /// Where to set another, if it was somebody else.
        link = "https://id.example.org/account/forgot-password",
        /// When it was.
        when = "2026-01-01 12:00:00 UTC"
    } {
        En: "email/password_changed/en.subject.txt", "email/password_changed/en.txt",
            "email/password_changed/en.html";
        De: "email/password_changed/de.subject.txt", "email/password_changed/de.txt",
            "email/password_changed/de.html";
        Es: "email/password_changed/es.subject.txt", "email/password_changed/es.txt",
            "email/password_changed/es.html";
    }

    /// Tells a user of a sign-in with a device that is new to them.
    NewDevice = "new_device" {
        /// Where to set another password, if it was somebody else.
        link = "https://id.example.org/account/forgot-password",
        /// When it was.
        when = "2026-01-01 12:00:00 UTC",
        /// The device, and the address it has; empty when it is gone already.
        device = "Ana's phone (Android 16), 203.0.113.7"
    } {
        En: "email/new_device/en.subject.txt", "email/new_device/en.txt", "email/new_device/en.html";
        De: "email/new_device/de.subject.txt", "email/new_device/de.txt", "email/new_device/de.html";
        Es: "email/new_device/es.subject.txt", "email/new_device/es.txt", "email/new_device/es.html";
    }

    /// Tells a user that an account at a provider signs in to theirs from now on.
    IdentityLinked = "identity_linked" {
        /// Where to look at one's account.
        link = "https://id.example.org/account/connections",
        /// When it was.
        when = "2026-01-01 12:00:00 UTC",
        /// What people call the provider.
        provider = "Google"
    } {
        En: "email/identity_linked/en.subject.txt", "email/identity_linked/en.txt", "email/identity_linked/en.html";
        De: "email/identity_linked/de.subject.txt", "email/identity_linked/de.txt", "email/identity_linked/de.html";
        Es: "email/identity_linked/es.subject.txt", "email/identity_linked/es.txt", "email/identity_linked/es.html";
    }

    /// Tells a user that an account at a provider no longer signs in to theirs.
    IdentityUnlinked = "identity_unlinked" {
        /// Where to set another password, if it was somebody else.
        link = "https://id.example.org/account/forgot-password",
        /// When it was.
        when = "2026-01-01 12:00:00 UTC",
        /// What people call the provider.
        provider = "Google"
    } {
        En: "email/identity_unlinked/en.subject.txt", "email/identity_unlinked/en.txt",
            "email/identity_unlinked/en.html";
        De: "email/identity_unlinked/de.subject.txt", "email/identity_unlinked/de.txt",
            "email/identity_unlinked/de.html";
        Es: "email/identity_unlinked/es.subject.txt", "email/identity_unlinked/es.txt",
            "email/identity_unlinked/es.html";
    }

    /// Tells an address that it has no account, where somebody asked for a new password.
    UnknownAccount = "unknown_account" {
        /// Where to sign up.
        link = "https://id.example.org/account/sign-up"
    } {
        En: "email/unknown_account/en.subject.txt", "email/unknown_account/en.txt",
            "email/unknown_account/en.html";
        De: "email/unknown_account/de.subject.txt", "email/unknown_account/de.txt",
            "email/unknown_account/de.html";
        Es: "email/unknown_account/es.subject.txt", "email/unknown_account/es.txt",
            "email/unknown_account/es.html";
    }

    /// Confirms the address that is to replace another.
    EmailChangeConfirm = "email_change_confirm" {
        /// Where the link leads: a page with a button.
        link = "https://id.example.org/account/confirm-email?token=sample",
        /// How many hours the link works.
        hours = "24",
        /// What does the same when it is typed.
        code = "1234-5678",
        /// How many minutes the code works.
        code_minutes = "15"
    } {
        En: "email/email_change_confirm/en.subject.txt", "email/email_change_confirm/en.txt",
            "email/email_change_confirm/en.html";
        De: "email/email_change_confirm/de.subject.txt", "email/email_change_confirm/de.txt",
            "email/email_change_confirm/de.html";
        Es: "email/email_change_confirm/es.subject.txt", "email/email_change_confirm/es.txt",
            "email/email_change_confirm/es.html";
    }

    /// Tells the present address that another is to replace it.
    EmailChangeNotice = "email_change_notice" {
        /// Where to set a new password, if it was somebody else: that ends the request, too.
        link = "https://id.example.org/account/forgot-password",
        /// When it was.
        when = "2026-01-01 12:00:00 UTC"
    } {
        En: "email/email_change_notice/en.subject.txt", "email/email_change_notice/en.txt",
            "email/email_change_notice/en.html";
        De: "email/email_change_notice/de.subject.txt", "email/email_change_notice/de.txt",
            "email/email_change_notice/de.html";
        Es: "email/email_change_notice/es.subject.txt", "email/email_change_notice/es.txt",
            "email/email_change_notice/es.html";
    }

    /// Proves who wants an account deleted.
    DeletionConfirm = "deletion_confirm" {
        /// Where the link leads: a page with a button.
        link = "https://id.example.org/account/delete?token=sample",
        /// The code that does the same in an app.
        code = "1234-5678",
        /// How many minutes the code works.
        code_minutes = "10",
        /// How many hours the link works.
        link_hours = "24",
        /// How many days lie between the wish and the end.
        grace_days = "14"
    } {
        En: "email/deletion_confirm/en.subject.txt", "email/deletion_confirm/en.txt",
            "email/deletion_confirm/en.html";
        De: "email/deletion_confirm/de.subject.txt", "email/deletion_confirm/de.txt",
            "email/deletion_confirm/de.html";
        Es: "email/deletion_confirm/es.subject.txt", "email/deletion_confirm/es.txt",
            "email/deletion_confirm/es.html";
    }

    /// Tells that an account is closed and will be deleted.
    DeletionScheduled = "deletion_scheduled" {
        /// Where the account can be kept: a page with a button.
        link = "https://id.example.org/account/keep?token=sample",
        /// When it is deleted.
        when = "2026-01-15 12:00:00 UTC"
    } {
        En: "email/deletion_scheduled/en.subject.txt", "email/deletion_scheduled/en.txt",
            "email/deletion_scheduled/en.html";
        De: "email/deletion_scheduled/de.subject.txt", "email/deletion_scheduled/de.txt",
            "email/deletion_scheduled/de.html";
        Es: "email/deletion_scheduled/es.subject.txt", "email/deletion_scheduled/es.txt",
            "email/deletion_scheduled/es.html";
    }

    /// Tells the owner of an address that the account is deleted.
    DeletionDone = "deletion_done" {
        /// Where it was.
        link = "https://id.example.org/",
        /// When it was deleted.
        when = "2026-01-15 12:00:00 UTC",
        /// What the record of it is called.
        receipt = "01a1f8a9-b288-7e62-a9fc-e95066f5ffb0"
    } {
        En: "email/deletion_done/en.subject.txt", "email/deletion_done/en.txt",
            "email/deletion_done/en.html";
        De: "email/deletion_done/de.subject.txt", "email/deletion_done/de.txt",
            "email/deletion_done/de.html";
        Es: "email/deletion_done/es.subject.txt", "email/deletion_done/es.txt",
            "email/deletion_done/es.html";
    }

    /// Shows that mails arrive.
    Test = "test" {
        /// Where this server is.
        link = "https://id.example.org/",
        /// When it was asked for.
        when = "2026-01-01 12:00:00 UTC"
    } {
        En: "email/test/en.subject.txt", "email/test/en.txt",
            "email/test/en.html";
        De: "email/test/de.subject.txt", "email/test/de.txt",
            "email/test/de.html";
        Es: "email/test/es.subject.txt", "email/test/es.txt",
            "email/test/es.html";
    }
}

impl MailKind {
    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }

    /// Variables that prove its reader: nobody else may see them.
    #[must_use]
    pub const fn secrets(self) -> &'static [&'static str] {
        match self {
            Self::Invitation => &["link", "code"],
            _ => self.needs(),
        }
    }

    /// Variables of which the mail must name one, in text and HTML: without its link or code it would be of no use. None
    /// where the mail only tells something.
    #[must_use]
    pub const fn needs(self) -> &'static [&'static str] {
        match self {
            Self::Activation
            | Self::AccountCreated
            | Self::PasswordReset
            | Self::LoginCode
            | Self::EmailChangeConfirm
            | Self::DeletionConfirm => &["link", "code"],
            Self::DeletionScheduled | Self::Invitation => &["link"],
            Self::RegistrationRepeated
            | Self::PasswordChanged
            | Self::NewDevice
            | Self::IdentityLinked
            | Self::IdentityUnlinked
            | Self::UnknownAccount
            | Self::EmailChangeNotice
            | Self::DeletionDone
            | Self::Test => &[],
        }
    }

    /// What it may name of whom it goes to.
    #[must_use]
    pub(super) const fn recipient(self) -> &'static [Variable] {
        match self {
            Self::UnknownAccount => ADDRESS,
            _ => Addressee::VARIABLES,
        }
    }
}

/// What a mail to an address without an account may name of it.
const ADDRESS: &[Variable] = Addressee::VARIABLES.split_at(1).0;

variables! {
    /// Whom a mail goes to, so that templates of staff's can greet.
    Addressee {
        /// The address that the mail goes to.
        address = "ana@example.org",
        /// The user name; empty where there is none, or no account.
        username = "ana",
        /// The first name, as its owner wrote it; empty where nobody did.
        first_name = "Ana",
        /// The last name, as its owner wrote it; empty where nobody did.
        last_name = "Pérez"
    }
}

impl Addressee {
    /// The recipient of a mail, as they are now.
    pub(super) async fn of(sereno: &Sereno, message: &email_message::Model) -> Result<Self> {
        let found = match message.user_id {
            Some(id) => user::Entity::find_by_id(id).one(sereno.db.read()).await?,
            None => None,
        };
        let (username, first_name, last_name) = found.map_or_else(Default::default, |user| {
            (user.username.unwrap_or_default(), user.first_name, user.last_name)
        });
        Ok(Self {
            address: message.recipient.clone(),
            username,
            first_name,
            last_name,
        })
    }

    /// What its variables hold.
    pub(super) fn held(&self) -> Vec<(&'static str, &str)> {
        self.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::template::engine;

    #[test]
    fn every_mail_renders_in_every_language_with_its_variables() {
        for &locale in Locale::ALL {
            for kind in MailKind::ALL {
                let (name, mail) = (kind.as_str(), kind.sample().shipped(locale).unwrap());
                assert!(
                    !mail.subject.is_empty() && !mail.subject.contains('\n'),
                    "{name} {locale:?}"
                );
                assert!(mail.text.contains("https://id.example.org/"), "{name} {locale:?}");
                assert!(mail.html.contains("https://id.example.org/"), "{name} {locale:?}");
            }
        }
    }

    /// The house speaks of "usted" (and "Sie").
    #[test]
    fn people_are_addressed_formally() {
        let familiar = [
            (
                Locale::Es,
                " tu tus te ti tú eres hagas abre pulsa elige copia escribe puedes tienes ",
            ),
            (Locale::De, " du dein deine deinen deiner dir dich "),
        ];
        for (locale, words) in familiar {
            for kind in MailKind::ALL {
                let source = kind.source(locale);
                let said = format!("{} {} {}", source.subject, source.text, source.html).to_lowercase();
                let wrong = said
                    .split(|c: char| !c.is_alphabetic())
                    .find(|word| !word.is_empty() && words.contains(&format!(" {word} ")));
                assert_eq!(wrong, None, "{kind:?} {locale:?}");
            }
        }
    }

    #[test]
    fn variables_are_escaped_in_html() {
        let mut mail = RegistrationRepeated::sample();
        mail.link = "\"><script>".to_owned();
        assert!(!mail.shipped(Locale::En).unwrap().html.contains("<script>"));
    }

    /// An override begins as a copy of what is shipped, and a value is escaped alike in both (decision 35).
    #[test]
    fn both_engines_make_the_same_of_what_is_shipped() {
        for &locale in Locale::ALL {
            for kind in MailKind::ALL {
                let mail = kind.sample();
                let (source, context) = (kind.source(locale), engine::context(&mail.values()));
                let names: Vec<&str> = kind.variables().iter().map(|variable| variable.name).collect();
                let other = engine::check(&source, &names, &context).unwrap_or_else(|_| panic!("{kind:?} {locale:?}"));
                let shipped = mail.shipped(locale).unwrap();
                assert_eq!(other.subject, shipped.subject, "{kind:?} {locale:?}");
                assert_eq!(other.text, shipped.text, "{kind:?} {locale:?}");
                assert_eq!(other.html, shipped.html, "{kind:?} {locale:?}");
            }
        }
        let mut mail = NewDevice::sample();
        mail.device = "<b>&\"'/`\u{e9}\u{0}".to_owned();
        let (source, mail) = (MailKind::NewDevice.source(Locale::En), Mail::from(mail));
        let other =
            engine::render(&source, &engine::context(&mail.values())).unwrap_or_else(|_| panic!("hostile value"));
        assert_eq!(other.html, mail.shipped(Locale::En).unwrap().html);
    }
}
