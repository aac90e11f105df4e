//! The mails of one user, newest first.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use sereno_types::{MessageQuery, MessageRow, Page, UserDetail};

use crate::{
    console::{
        messages::{MessageTable, address, list_messages, read, total},
        user::{UserHead, Who, user},
    },
    ui::{loaded::loaded, pager::Pager},
};

/// `/console/users/{id}/messages`.
#[component]
pub fn UserMessagesPage() -> impl IntoView {
    let (params, asked) = (use_params_map(), use_query_map());
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let place = Memo::new(move |_| {
        let MessageQuery { limit, cursor, .. } = asked.with(read);
        MessageQuery {
            limit,
            cursor,
            ..MessageQuery::default()
        }
    });
    let loads = move || (id.get(), place.get());
    let page = Resource::new(loads, |(id, place)| async move {
        let user = user(id).await?;
        let query = MessageQuery {
            user: Some(user.id.0.clone()),
            ..place.clone()
        };
        let page = list_messages(Some(query)).await?;
        Ok((user, page, place))
    });
    loaded(
        page,
        |(user, page, place)| view! { <UserMessagesView user page place /> },
    )
}

/// The mails, once known.
#[component]
pub fn UserMessagesView(
    /// Whose they are.
    user: UserDetail,
    /// What was found.
    page: Page<MessageRow>,
    /// Which page was asked for.
    place: MessageQuery,
) -> impl IntoView {
    let path = format!("/console/users/{}/messages", user.id);
    let at = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        let there = MessageQuery {
            cursor,
            ..place.clone()
        };
        Some(address(&path, &there))
    };
    let pager = view! { <Pager previous=at(&page.prev_cursor) next=at(&page.next_cursor) /> };
    let list = if page.items.is_empty() {
        view! {
            <div class="card grid gap-2 p-6">
                <h2 class="text-base font-semibold">"No mails"</h2>
                <p>"No mail to this user is kept in the history."</p>
            </div>
        }
        .into_any()
    } else {
        view! { <MessageTable rows=page.items /> }.into_any()
    };
    view! {
        <UserHead who=Who::of(&user) notice=Signal::stored(None) />
        <p class="text-soft" role="status">
            {total(page.total, false)}
        </p>
        {list}
        {pager}
    }
}
