//! Builders: accounts and sign-ins, made through the flows themselves.

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use sereno_types::{Activate, AskLoginCode, Code, Id, Login, Refresh, Register, Secret, UserState};
use uuid::Uuid;

use super::{TestSereno, fail};
use crate::account::admin::{self, CreateUser};
use crate::context::{Actor, Staff};
use crate::entity::{role, role_assignment, user, user_email};
use crate::error::Error;
use crate::login::Brought;
use crate::port::mail::OutgoingMail;
use crate::session::NewSession;
use crate::token::{Issued, Tokens};
use crate::{access, account, login, token};

/// The password of everybody.
pub const PASSWORD: &str = "wheelbarrow at dawn";

/// The token of a mail's link.
#[must_use]
pub fn token_of(mail: &OutgoingMail) -> String {
    let after = mail.text.split("token=").nth(1).unwrap_or_default();
    let token = after.split(|c: char| c.is_whitespace() || c == '&').next();
    token.unwrap_or_default().to_owned()
}

/// The code of a mail, as it is written there.
#[must_use]
pub fn code_of(mail: &OutgoingMail) -> String {
    let is_code = |word: &&str| word.len() == 9 && word.chars().all(|c| c.is_ascii_digit() || c == '-');
    mail.text
        .split_whitespace()
        .find(is_code)
        .unwrap_or_default()
        .to_owned()
}

/// The code of a mail to sign in with, as it is written there: it stands on a line of its own.
#[must_use]
pub fn login_code_of(mail: &OutgoingMail) -> String {
    let is_code = |line: &&str| {
        line.len() >= 6
            && line
                .chars()
                .all(|c| c.is_ascii_digit() || c.is_ascii_uppercase() || c == '-')
    };
    mail.text.lines().find(is_code).unwrap_or_default().to_owned()
}

/// Why it was refused.
#[track_caller]
pub fn refused<T>(outcome: crate::Result<T>) -> Code {
    match outcome {
        Err(error) => error.code(),
        Ok(_) => fail(&"nothing was refused"),
    }
}

/// Which fields were refused, and why.
#[track_caller]
pub fn refused_fields<T>(outcome: crate::Result<T>) -> Vec<(String, Code)> {
    match outcome {
        Err(Error::Refused { fields, .. }) => fields.into_iter().map(|field| (field.field, field.code)).collect(),
        Err(error) => fail(&error),
        Ok(_) => fail(&"nothing was refused"),
    }
}

/// What somebody sends to activate by link.
#[must_use]
pub fn by_link(mail: &OutgoingMail) -> Activate {
    Activate {
        token: Some(Secret::new(token_of(mail))),
        ..Activate::default()
    }
}

/// What somebody sends to activate by code.
#[must_use]
pub fn by_code(email: &str, code: &str) -> Activate {
    Activate {
        email: Some(email.to_owned()),
        code: Some(code.into()),
        ..Activate::default()
    }
}

/// The two tokens of a pair, for tests that want both.
#[derive(Clone, PartialEq, Eq)]
pub struct Pair {
    /// The access token.
    pub access_token: String,
    /// The refresh token.
    pub refresh_token: String,
    /// Seconds the access token is good; nothing: without end.
    pub expires_in: Option<u64>,
    /// Whose they are.
    pub user_id: Uuid,
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pair")
            .field("user_id", &self.user_id)
            .finish_non_exhaustive()
    }
}

impl Pair {
    /// The pair that was issued.
    #[must_use]
    pub fn of(issued: Issued) -> Self {
        match issued.tokens {
            Tokens::Pair {
                access,
                access_lifetime,
                refresh,
                ..
            } => Self {
                access_token: access,
                refresh_token: refresh.unwrap_or_default(),
                expires_in: access_lifetime,
                user_id: issued.user_id,
            },
            Tokens::Key(_) => fail(&"a key, not a pair"),
        }
    }
}

impl TestSereno {
    /// Signs up, and gives the mail that came.
    pub async fn sign_up(&self, email: &str) -> OutgoingMail {
        let command = Register {
            email: email.to_owned(),
            password: PASSWORD.into(),
            ..Register::default()
        };
        let done = account::register::register(&self.sereno, &self.meta(), command).await;
        done.unwrap_or_else(|error| fail(&error));
        let mail = self.mails().await.pop();
        mail.unwrap_or_else(|| fail(&"no mail came"))
    }

    /// Signs up and activates; `name@example.org`.
    pub async fn signed_up(&self, name: &str) -> Uuid {
        let mail = self.sign_up(&format!("{name}@example.org")).await;
        let done = account::activate::activate(&self.sereno, &self.meta(), by_link(&mail)).await;
        let id = done.unwrap_or_else(|error| fail(&error)).id;
        id.0.parse().unwrap_or_else(|error| fail(&error))
    }

    /// An active user `name` with the address `name@example.org`.
    pub async fn user(&self, name: &str) -> Uuid {
        self.made(name, false).await
    }

    /// An active user who may do everything.
    pub async fn superuser(&self, name: &str) -> Uuid {
        self.made(name, true).await
    }

    /// An active user with the built-in role `viewer`: sees everything in the console and changes nothing.
    pub async fn viewer(&self, name: &str) -> Uuid {
        self.with_role(name, "viewer").await
    }

    /// An active user with this built-in role.
    pub async fn with_role(&self, name: &str, role: &str) -> Uuid {
        let user_id = self.user(name).await;
        let role = role::Entity::find()
            .filter(role::Column::Codename.eq(role))
            .one(self.sereno.db.write())
            .await;
        let role = role.unwrap_or_else(|error| fail(&error));
        let row = role_assignment::ActiveModel {
            id: Set(self.sereno.new_id().unwrap_or_else(|error| fail(&error))),
            user_id: Set(user_id),
            role_id: Set(role.unwrap_or_else(|| fail(&"no such role")).id),
            project_id: Set(None),
            created_at: Set(self.sereno.now()),
            expires_at: Set(None),
            granted_by: Set(None),
        };
        let done = role_assignment::Entity::insert(row)
            .exec_without_returning(self.sereno.db.write())
            .await;
        done.unwrap_or_else(|error| fail(&error));
        user_id
    }

    async fn made(&self, name: &str, is_superuser: bool) -> Uuid {
        let command = CreateUser {
            email: format!("{name}@example.org"),
            username: Some(name.to_owned()),
            password: Some(PASSWORD.into()),
            is_superuser,
            ..CreateUser::default()
        };
        let made = admin::create_user(&self.sereno, &self.meta(), &self.system().await, command).await;
        let id = made.unwrap_or_else(|error| fail(&error));
        id.0.parse().unwrap_or_else(|error| fail(&error))
    }

    /// The proof that the system itself acts.
    pub async fn system(&self) -> Staff {
        self.staff(&Actor::System).await
    }

    /// The proof that this actor may enter the console.
    pub async fn staff(&self, actor: &Actor) -> Staff {
        let proof = access::staff(&self.sereno, actor).await;
        proof.unwrap_or_else(|error| fail(&error))
    }

    /// What somebody sends to sign in.
    #[must_use]
    pub fn credentials(&self, identifier: &str, password: &str) -> Login {
        Login {
            identifier: identifier.to_owned(),
            password: password.into(),
            ..Login::default()
        }
    }

    /// Signs in for tokens, and acts by them.
    pub async fn actor(&self, identifier: &str) -> Actor {
        let pair = self.log_in(identifier).await;
        let actor = token::authenticate(&self.sereno, &pair.access_token).await;
        actor.unwrap_or_else(|error| fail(&error))
    }

    /// Signs in for tokens.
    pub async fn log_in(&self, identifier: &str) -> Pair {
        let command = self.credentials(identifier, PASSWORD);
        let answer = login::for_application(&self.sereno, &self.meta(), command).await;
        match answer.unwrap_or_else(|error| fail(&error)).brought {
            Brought::Tokens(issued) => Pair::of(issued),
            Brought::Session(_) => fail(&"a session, not tokens"),
        }
    }

    /// Signs a browser in.
    pub async fn sign_in(&self, identifier: &str) -> NewSession {
        let command = self.credentials(identifier, PASSWORD);
        let session = login::with_session(&self.sereno, &self.meta(), command).await;
        session.unwrap_or_else(|error| fail(&error))
    }

    /// Asks for a code to sign in with, and gives the handle and the mail, if one came.
    pub async fn ask_code(&self, identifier: &str) -> (Id, Option<OutgoingMail>) {
        let command = AskLoginCode {
            identifier: identifier.to_owned(),
            ..AskLoginCode::default()
        };
        let asked = login::ask_code(&self.sereno, &self.meta(), command).await;
        let asked = asked.unwrap_or_else(|error| fail(&error));
        (asked.device_id, self.mails().await.pop())
    }

    /// Exchanges a refresh token.
    ///
    /// # Errors
    /// Those of [`token::refresh`].
    pub async fn refresh(&self, refresh_token: &str) -> crate::Result<Pair> {
        let command = Refresh {
            refresh_token: refresh_token.into(),
            ..Refresh::default()
        };
        token::refresh(&self.sereno, &self.meta(), command).await.map(Pair::of)
    }

    /// Puts an account into a state past every rule.
    pub async fn put_into(&self, id: Uuid, state: UserState) {
        let done = user::Entity::update_many()
            .col_expr(user::Column::State, Expr::value(state.as_str()))
            .filter(user::Column::Id.eq(id))
            .exec(self.sereno.db.write())
            .await;
        done.unwrap_or_else(|error| fail(&error));
    }

    /// The account with this address.
    pub async fn holder_of(&self, canonical: &str) -> Uuid {
        let found = user_email::Entity::find()
            .filter(user_email::Column::Canonical.eq(canonical))
            .one(self.sereno.db.write())
            .await;
        let found = found.unwrap_or_else(|error| fail(&error));
        found.unwrap_or_else(|| fail(&"no such address")).user_id
    }

    /// The row of an account.
    pub async fn row(&self, id: Uuid) -> user::Model {
        let found = user::Entity::find_by_id(id).one(self.sereno.db.write()).await;
        let found = found.unwrap_or_else(|error| fail(&error));
        found.unwrap_or_else(|| fail(&"no such user"))
    }
}
