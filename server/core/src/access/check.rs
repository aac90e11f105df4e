//! "May they?": one question or many, asked by users about themselves, by staff about anybody, and by applications that are
//! allowed to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect};
use sereno_types::{
    ApplicationKind, Check, Checked, ClientCredentials, Code, Decision, Decisions, FieldError, ForwardAuthQuery,
    Permission, Question,
};

use super::application;
use super::known::{Known, know};
use crate::context::{Actor, Application, RequestMeta, Sereno};
use crate::entity::permission_ask::{ActiveModel, Column, Entity};
use crate::error::{Error, Result};
use crate::rights::{Ask, Policy, Rules, Where, Who};

/// Most codenames that are kept of what one application asked for and nobody has declared.
pub const ASKED_MAX: usize = 1_000;
/// Most questions of one call.
pub const MOST: usize = 1_000;
/// The scope of applications that may ask about any user.
pub const SCOPE: &str = "access:check";
/// The scope of applications that may declare permissions; what they ask for and nobody declared is noted.
pub const DECLARE: &str = "access:declare";

/// Answers questions.
///
/// # Errors
/// `authentication_required` when nobody asks; `permission_denied` when a user asks about another one without being staff
/// with `roles.view`, and `projects.view` where a project is named; `invalid_client`, `unauthorized_client` for an application without the scope `access:check`;
/// `validation_failed` with `blank`, `invalid_choice` or `too_long`.
pub async fn check(
    sereno: &Sereno,
    meta: &RequestMeta,
    actor: &Actor,
    credentials: Option<&ClientCredentials>,
    command: Check,
) -> Result<Checked> {
    let asker = match credentials {
        Some(credentials) => Some(service(sereno, meta, credentials, SCOPE).await?),
        None => None,
    };
    let (questions, many) = questions(command)?;
    let own = match &asker {
        Some(_) => None,
        None => Some(actor.caller()?.user_id),
    };
    let mut whom = Vec::with_capacity(questions.len());
    for (index, question) in questions.iter().enumerate() {
        whom.push(match (&question.user, own) {
            (Some(user), _) => Who::parse(user),
            (None, Some(own)) => Some(Who::Id(own)),
            (None, None) => {
                let field = if many {
                    format!("checks.{index}.user")
                } else {
                    "user".to_owned()
                };
                return Err(Error::field(&field, Code::Blank));
            }
        });
    }
    let known = known(sereno, &questions, &whom).await?;
    if let Some(own) = own {
        let is_own = |who: &Option<Who>| {
            who.and_then(|who| known.holder(who))
                .is_some_and(|holder| holder.id == own)
        };
        // who does not exist is somebody else, too
        if !whom.iter().all(is_own) {
            let staff = super::staff(sereno, actor).await?;
            staff.require(Permission::RolesView)?;
            // what holds everywhere holds in every project that there is, and would tell which there are
            if questions.iter().any(|question| question.project.is_some()) {
                staff.require(Permission::ProjectsView)?;
            }
        }
    }
    if let Some(asker) = asker.filter(|asker| asker.scopes.iter().any(|scope| scope == DECLARE)) {
        note(sereno, &asker, &known, &questions).await?;
    }
    let rules = rules(sereno, &known);
    let mut decisions = questions.iter().zip(&whom).map(|(question, who)| {
        let place = match &question.project {
            Some(project) => Where::In(known.project(project)),
            None => Where::Everywhere,
        };
        rules.decide(
            who.and_then(|who| known.holder(who)),
            place,
            &Ask::parse(&question.permission),
        )
    });
    Ok(if many {
        Checked::Many(Decisions {
            results: decisions.collect(),
        })
    } else {
        Checked::One(decisions.next().unwrap_or_default())
    })
}

/// The application that proves itself and has this scope.
///
/// # Errors
/// `invalid_client`, `unauthorized_client`, `too_many_requests`.
pub async fn service(
    sereno: &Sereno,
    meta: &RequestMeta,
    credentials: &ClientCredentials,
    scope: &str,
) -> Result<Arc<Application>> {
    let application = application::authenticate(sereno, meta, credentials).await?;
    // a name alone proves nothing
    if application.kind != ApplicationKind::Confidential {
        return Err(Code::InvalidClient.into());
    }
    if !application.scopes.iter().any(|held| held == scope) {
        return Err(Code::UnauthorizedClient.into());
    }
    Ok(application)
}

/// One user's answer, for our own doors.
pub async fn decide(sereno: &Sereno, who: Who, permission: &str, project: Option<&str>) -> Result<Decision> {
    let question = Question {
        permission: permission.to_owned(),
        user: None,
        project: project.map(str::to_owned),
    };
    let known = known(sereno, std::slice::from_ref(&question), &[Some(who)]).await?;
    let place = match project {
        Some(project) => Where::In(known.project(project)),
        None => Where::Everywhere,
    };
    Ok(rules(sereno, &known).decide(known.holder(who), place, &Ask::parse(permission)))
}

/// Whether there is a project of this id, or of this name in addresses.
///
/// # Errors
/// When the database is away.
pub async fn is_project(sereno: &Sereno, name: &str) -> Result<bool> {
    let question = Question {
        permission: String::new(),
        user: None,
        project: Some(name.to_owned()),
    };
    let known = known(sereno, &[question], &[None]).await?;
    Ok(known.project(name).is_some())
}

/// Who may pass a reverse proxy, as it tells the service behind it.
#[derive(Debug)]
pub struct Admitted {
    /// The user's id.
    pub id: String,
    /// The user name.
    pub name: Option<String>,
    /// The confirmed address.
    pub email: Option<String>,
    /// Codenames of the roles that hold there, with what they include, in order.
    pub roles: Vec<String>,
}

/// Lets the caller through who holds what is asked for, or anybody who is signed in where nothing is.
///
/// # Errors
/// `authentication_required`, `permission_denied`.
pub async fn admit(sereno: &Sereno, actor: &Actor, query: &ForwardAuthQuery) -> Result<Admitted> {
    let user_id = actor.caller()?.user_id;
    let who = Who::Id(user_id);
    let question = Question {
        permission: query.permission.clone().unwrap_or_default(),
        user: None,
        project: query.project.clone().filter(|project| !project.is_empty()),
    };
    let known = known(sereno, std::slice::from_ref(&question), &[Some(who)]).await?;
    let (rules, holder) = (rules(sereno, &known), known.holder(who));
    let place = match &question.project {
        Some(project) => Where::In(known.project(project)),
        None => Where::Everywhere,
    };
    let nothing = question.permission.trim().is_empty();
    // a project alone asks for who has to do with it
    let allowed = if nothing {
        rules.belongs(holder, place)
    } else {
        rules.decide(holder, place, &Ask::parse(&question.permission)).allowed
    };
    let subject = super::subject::subject(sereno, user_id).await?;
    let (Some(subject), Some(holder), true) = (subject, holder, allowed) else {
        return Err(Code::PermissionDenied.into());
    };
    let me = &subject.me;
    Ok(Admitted {
        id: me.id.0.clone(),
        name: me.username.clone(),
        email: me.email.clone().filter(|_| me.email_verified),
        roles: rules.roles(holder, place),
    })
}

/// The rule, with what the operator settled.
#[must_use]
pub fn rules<'a>(sereno: &'a Sereno, known: &'a Known) -> Rules<'a> {
    let access = &sereno.config.access;
    Rules {
        graph: &known.graph,
        policy: Policy {
            owner: &access.owner_permissions,
            global_in_projects: access.global_roles_in_projects,
        },
        now: sereno.now(),
    }
}

fn questions(command: Check) -> Result<(Vec<Question>, bool)> {
    let one = command.permission.is_some() || command.user.is_some() || command.project.is_some();
    let (questions, many) = match command.checks {
        Some(_) if one => return Err(Error::field("checks", Code::InvalidChoice)),
        Some(questions) => (questions, true),
        None => {
            let question = Question {
                permission: command.permission.unwrap_or_default(),
                user: command.user,
                project: command.project,
            };
            (vec![question], false)
        }
    };
    if questions.len() > MOST {
        return Err(Error::fields(vec![
            FieldError::new("checks", Code::TooLong).with("max", MOST as u64),
        ]));
    }
    let blank = questions
        .iter()
        .position(|question| question.permission.trim().is_empty());
    if let Some(index) = blank {
        let field = if many {
            format!("checks.{index}.permission")
        } else {
            "permission".to_owned()
        };
        return Err(Error::field(&field, Code::Blank));
    }
    Ok((questions, many))
}

async fn known(sereno: &Sereno, questions: &[Question], whom: &[Option<Who>]) -> Result<Known> {
    let (mut users, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    for who in whom.iter().flatten() {
        match who {
            Who::Id(id) => {
                users.insert(*id);
            }
            Who::Number(number) => {
                numbers.insert(*number);
            }
        }
    }
    let projects = questions
        .iter()
        .filter_map(|question| question.project.clone())
        .collect();
    know(sereno, sereno.db.read(), &users, &numbers, &projects).await
}

/// Counts what was asked for and nobody has declared. It is never granted, and takes no codename from anybody: whoever declares
/// it first has it. Of an application so many are kept; what is kept goes on being counted, further ones are passed over.
async fn note(sereno: &Sereno, asker: &Application, known: &Known, questions: &[Question]) -> Result<()> {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for question in questions {
        if let Ask::Permission(codename) = Ask::parse(&question.permission)
            && known.graph.permission(&codename).is_none()
            && super::codename::is_permission(&codename)
        {
            *counts.entry(codename).or_default() += 1;
        }
    }
    if counts.is_empty() {
        return Ok(());
    }
    let kept: BTreeSet<String> = Entity::find()
        .select_only()
        .column(Column::Codename)
        .filter(Column::ApplicationId.eq(asker.id))
        .into_tuple()
        .all(sereno.db.read())
        .await?
        .into_iter()
        .collect();
    let mut room = ASKED_MAX.saturating_sub(kept.len());
    counts.retain(|codename, _| {
        let is_kept = kept.contains(codename);
        let fits = is_kept || room > 0;
        room -= usize::from(fits && !is_kept);
        fits
    });
    if counts.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::with_capacity(counts.len());
    for (codename, count) in counts {
        rows.push(ActiveModel {
            id: Set(sereno.new_id()?),
            codename: Set(codename),
            application_id: Set(asker.id),
            asked: Set(count),
            first_asked_at: Set(sereno.now()),
            last_asked_at: Set(sereno.now()),
        });
    }
    let again = OnConflict::columns([Column::Codename, Column::ApplicationId])
        .update_column(Column::LastAskedAt)
        .value(
            Column::Asked,
            Expr::col((Entity, Column::Asked)).add(Expr::col(("excluded", Column::Asked))),
        )
        .to_owned();
    Entity::insert_many(rows)
        .on_conflict(again)
        .exec_without_returning(sereno.db.write())
        .await?;
    Ok(())
}

/// Forgets what nobody has asked for any more in `access.keep_asked_days`.
///
/// # Errors
/// When the database is away.
pub async fn sweep(sereno: &Sereno) -> Result<()> {
    let old = Duration::from_hours(24 * sereno.config.access.keep_asked_days);
    Entity::delete_many()
        .filter(Column::LastAskedAt.lt(sereno.now().minus(old)))
        .exec(sereno.db.write())
        .await?;
    Ok(())
}
