//! The figures of the overview, in a fixed number of statements.

use std::time::Duration;

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};
use sereno_types::{Overview, UserState};

use crate::context::{Sereno, Staff};
use crate::entity::{email_message, event, session, user};
use crate::error::Result;
use crate::event::EventKind;

/// The figures. Every member of staff may see them: they name nobody.
pub async fn overview(sereno: &Sereno, _staff: &Staff) -> Result<Overview> {
    let (db, now) = (sereno.db.read(), sereno.now());
    let by_state: Vec<(String, i64)> = user::Entity::find()
        .select_only()
        .column(user::Column::State)
        .column_as(user::Column::Id.count(), "count")
        .group_by(user::Column::State)
        .into_tuple()
        .all(db)
        .await?;
    let yesterday = now.minus(Duration::from_hours(24));
    let logins: Vec<(String, i64)> = event::Entity::find()
        .select_only()
        .column(event::Column::Name)
        .column_as(event::Column::Id.count(), "count")
        .filter(event::Column::At.gt(yesterday))
        .filter(event::Column::Name.is_in([EventKind::LoggedIn.as_str(), EventKind::LoginFailed.as_str()]))
        .group_by(event::Column::Name)
        .into_tuple()
        .all(db)
        .await?;
    let mails: Vec<(String, i64)> = email_message::Entity::find()
        .select_only()
        .column(email_message::Column::Status)
        .column_as(email_message::Column::Id.count(), "count")
        .filter(email_message::Column::Status.is_in(["queued", "sending", "failed"]))
        .group_by(email_message::Column::Status)
        .into_tuple()
        .all(db)
        .await?;
    let open_sessions = session::Entity::find()
        .filter(session::Column::EndedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(now))
        .filter(session::Column::LastSeenAt.gt(now.minus(sereno.config.session.idle_lifetime.span())))
        .count(db)
        .await?;
    Ok(Overview {
        users: by_state.iter().map(|(_, count)| whole(*count)).sum(),
        active_users: named(&by_state, UserState::Active.as_str()),
        pending_users: named(&by_state, UserState::Pending.as_str()),
        locked_users: named(&by_state, UserState::Locked.as_str()),
        open_sessions,
        logins_24h: named(&logins, EventKind::LoggedIn.as_str()),
        failed_logins_24h: named(&logins, EventKind::LoginFailed.as_str()),
        queued_mails: named(&mails, "queued") + named(&mails, "sending"),
        failed_mails: named(&mails, "failed"),
    })
}

fn named(counts: &[(String, i64)], name: &str) -> u64 {
    counts
        .iter()
        .find(|(found, _)| found == name)
        .map_or(0, |(_, count)| whole(*count))
}

fn whole(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
