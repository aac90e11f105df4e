//! The mails of one user and the notifications to their devices, newest first.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use sereno_types::{Page, TimelineQuery, TimelineRow, UserDetail};

use crate::{
    console::{
        address::counted,
        notifications::{TimelineTable, list_address, list_notifications, read},
        user::{UserHead, Who, user},
    },
    ui::{
        list::{Listing, Nothing},
        loaded::loaded,
    },
};

/// `/console/users/{id}/messages`.
#[component]
pub fn UserMessagesPage() -> impl IntoView {
    let (params, asked) = (use_params_map(), use_query_map());
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let place = Memo::new(move |_| {
        let TimelineQuery { limit, cursor, .. } = asked.with(read);
        TimelineQuery {
            limit,
            cursor,
            ..TimelineQuery::default()
        }
    });
    let loads = move || (id.get(), place.get());
    let page = Resource::new(loads, |(id, place)| async move {
        let user = user(id).await?;
        let query = TimelineQuery {
            user: Some(user.id.0.clone()),
            ..place.clone()
        };
        let page = list_notifications(Some(query)).await?;
        Ok((user, page, place))
    });
    loaded(
        page,
        |(user, page, place)| view! { <UserMessagesView user page place /> },
    )
}

/// The messages, once known.
#[component]
pub fn UserMessagesView(
    /// Whose they are.
    user: UserDetail,
    /// What was found.
    page: Page<TimelineRow>,
    /// Which page was asked for.
    place: TimelineQuery,
) -> impl IntoView {
    let path = format!("/console/users/{}/messages", user.id);
    let at = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        let there = TimelineQuery {
            cursor,
            ..place.clone()
        };
        Some(list_address(&path, &there))
    };
    let around = (at(&page.prev_cursor), at(&page.next_cursor));
    let total = counted(page.total, "message", "messages", false);
    let is_empty = page.items.is_empty();
    view! {
        <UserHead who=Who::of(&user) notice=Signal::stored(None) />
        <Listing total around>
            {if is_empty {
                view! {
                    <Nothing title="No messages">
                        <p>"No mail to this user and no notification to their devices is kept in the history."</p>
                    </Nothing>
                }
                .into_any()
            } else {
                view! { <TimelineTable rows=page.items /> }.into_any()
            }}
        </Listing>
    }
}
