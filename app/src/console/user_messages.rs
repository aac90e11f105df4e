//! The mails of one user and the notifications to their devices, newest first. Search, filters and page are in the address.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use sereno_types::{Page, TimelineQuery, TimelineRow, UserDetail};

use crate::{
    console::{
        address::counted,
        notifications::{Chosen, TimelineTable, around, list_address, list_notifications, notice, read},
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
    let query = Memo::new(move |_| TimelineQuery {
        user: None,
        ..asked.with(read)
    });
    let loads = move || (id.get(), query.get());
    let page = Resource::new(loads, |(id, query)| async move {
        let user = user(id).await?;
        let theirs = TimelineQuery {
            user: Some(user.id.0.clone()),
            ..query.clone()
        };
        let page = list_notifications(Some(theirs)).await?;
        Ok((user, page, query))
    });
    let notice = notice(asked);
    loaded(
        page,
        move |(user, page, query)| view! { <UserMessagesView user page query notice /> },
    )
}

/// The messages, once known.
#[component]
pub fn UserMessagesView(
    /// Whose they are.
    user: UserDetail,
    /// What was found.
    page: Page<TimelineRow>,
    /// What was asked, of this user.
    query: TimelineQuery,
    /// What has just been done.
    notice: Signal<Option<&'static str>>,
) -> impl IntoView {
    let path = format!("/console/users/{}/messages", user.id);
    let list = list_address(&path, &query);
    let around = around(&path, &page, &query);
    let place = TimelineQuery {
        limit: query.limit,
        cursor: query.cursor.clone(),
        ..TimelineQuery::default()
    };
    let filtered = query != place;
    let total = counted(page.total, "message", "messages", filtered);
    let is_empty = page.items.is_empty();
    let (title, words) = if filtered {
        (
            "No message matches",
            "Among the mails to this user and the notifications to their devices is none like this.",
        )
    } else {
        (
            "No messages",
            "No mail to this user and no notification to their devices is kept in the history.",
        )
    };
    view! {
        <UserHead who=Who::of(&user) notice />
        <Chosen path query of_one_user=true />
        <Listing total around>
            {if is_empty {
                view! {
                    <Nothing title>
                        <p>{words}</p>
                    </Nothing>
                }
                .into_any()
            } else {
                view! { <TimelineTable rows=page.items list /> }.into_any()
            }}
        </Listing>
    }
}
