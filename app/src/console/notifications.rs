//! The timeline: mails and notifications to devices together, newest first. Search, filters and page are in the address.

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use sereno_types::{Channel, MessageState, Page, Problem, TimelineQuery, TimelineRow};

use crate::{
    console::{
        Breadcrumb,
        address::{address, counted, said},
        events::is_day,
        holders::UserLink,
        messages::{MessageBadge, state_name},
    },
    ui::{
        alert::Tone,
        badge::Badge,
        field::{Choice, DayField, SearchField},
        heading::Heading,
        icon::Icon,
        list::{Filters, Listing, Nothing},
        loaded::loaded,
        time::Ago,
    },
};

const PATH: &str = "/console/notifications";

#[server(name = ListNotifications, prefix = "/console/fn", endpoint = "list_notifications")]
pub(crate) async fn list_notifications(query: Option<TimelineQuery>) -> Result<Page<TimelineRow>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::messages::timeline(&member.sereno, &member.staff, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

/// `/console/notifications`.
#[component]
pub fn NotificationsPage() -> impl IntoView {
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(read));
    let page = Resource::new(
        move || query.get(),
        |query| async move { list_notifications(Some(query.clone())).await.map(|page| (page, query)) },
    );
    loaded(page, |(page, query)| view! { <NotificationsView page query /> })
}

/// The query that an address means. What it says wrong is as if it were not there.
pub(super) fn read(params: &ParamsMap) -> TimelineQuery {
    TimelineQuery {
        q: said(params, "q"),
        user: said(params, "user"),
        channel: said(params, "channel").as_deref().and_then(Channel::from_name),
        kind: said(params, "kind"),
        state: said(params, "state").as_deref().and_then(MessageState::from_name),
        since: said(params, "since").filter(|day| is_day(day)),
        until: said(params, "until").filter(|day| is_day(day)),
        limit: said(params, "limit").and_then(|limit| limit.parse().ok()),
        cursor: said(params, "cursor"),
    }
}

/// The address below `path` that means a query.
pub(super) fn list_address(path: &str, query: &TimelineQuery) -> String {
    let says = vec![
        ("q", query.q.clone()),
        ("user", query.user.clone()),
        ("channel", query.channel.map(|channel| channel.as_str().to_owned())),
        ("kind", query.kind.clone()),
        ("state", query.state.map(|state| state.as_str().to_owned())),
        ("since", query.since.clone()),
        ("until", query.until.clone()),
        ("limit", query.limit.map(|limit| limit.to_string())),
        ("cursor", query.cursor.clone()),
    ];
    address(path, says)
}

/// The timeline, once it is known.
#[component]
pub fn NotificationsView(
    /// What was found.
    page: Page<TimelineRow>,
    /// What was asked.
    query: TimelineQuery,
) -> impl IntoView {
    let at = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        let there = TimelineQuery {
            cursor,
            ..query.clone()
        };
        Some(list_address(PATH, &there))
    };
    let around = (at(&page.prev_cursor), at(&page.next_cursor));
    let place = TimelineQuery {
        limit: query.limit,
        cursor: query.cursor.clone(),
        ..TimelineQuery::default()
    };
    let filtered = query != place;
    let total = counted(page.total, "message", "messages", filtered);
    let is_empty = page.items.is_empty();
    let channels = vec![("", "Any way"), ("email", "E-mail"), ("push", "Push")];
    let mut states = vec![("", "Any state")];
    states.extend(
        MessageState::ALL
            .iter()
            .map(|state| (state.as_str(), state_name(*state))),
    );
    let kept = vec![("limit", query.limit.map(|limit| limit.to_string()))];
    view! {
        <Breadcrumb above=vec![("/console", "Overview")] here="Timeline" />
        <div class="grid gap-1">
            <Heading title="Timeline" />
            <p class="text-soft">"Mails and notifications to devices, and what became of each."</p>
        </div>
        <Filters path=PATH kept>
            <SearchField name="q" label="Search" placeholder="Recipient, kind, title or device" value=query.q />
            <SearchField name="user" label="User" placeholder="Address, name or number" value=query.user />
            <SearchField name="kind" label="Kind" placeholder="activation" value=query.kind />
            <Choice name="channel" label="Way" options=channels value=query.channel.map_or("", Channel::as_str) />
            <Choice name="state" label="State" options=states value=query.state.map_or("", MessageState::as_str) />
            <DayField name="since" label="From (UTC)" value=query.since />
            <DayField name="until" label="Until (UTC)" value=query.until />
        </Filters>
        <Listing total around>
            {if is_empty {
                view! { <NoMessages filtered /> }.into_any()
            } else {
                view! { <TimelineTable rows=page.items /> }.into_any()
            }}
        </Listing>
    }
}

#[component]
fn NoMessages(filtered: bool) -> impl IntoView {
    let (title, all) = if filtered {
        ("No message matches", Some((PATH, "Show all messages")))
    } else {
        ("No messages yet", None)
    };
    view! {
        <Nothing title all>
            <p>
                "Messages stand here for as long as the settings say (" <code class="font-mono">"mail.history_days"</code>
                ")."
            </p>
        </Nothing>
    }
}

/// Messages as rows.
#[component]
pub(super) fn TimelineTable(
    /// The messages.
    rows: Vec<TimelineRow>,
) -> impl IntoView {
    let rows = rows.into_iter().map(|row| view! { <Row row /> }).collect_view();
    view! {
        <div class="card scroller" role="region" aria-label="Messages" tabindex="0">
            <table class="grid-table">
                <caption class="sr-only">"Messages, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Message"</th>
                        <th scope="col">"To"</th>
                        <th scope="col" class="max-md:hidden">
                            "User"
                        </th>
                        <th scope="col">"State"</th>
                        <th scope="col">"When"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: TimelineRow) -> impl IntoView {
    let (path, icon, way) = match row.channel {
        Channel::Email => ("/console/messages", Icon::Mail, "E-mail"),
        Channel::Push => ("/console/push", Icon::Smartphone, "Push"),
    };
    let called = row.title.filter(|title| !title.is_empty()).unwrap_or(row.kind);
    let why = row.reason.map(|reason| {
        view! {
            <span class="block text-soft">
                <code class="font-mono">{reason}</code>
            </span>
        }
    });
    view! {
        <tr>
            <th scope="row" class="wrap-anywhere">
                <a class="link" href=format!("{path}/{}", row.id)>
                    {called}
                </a>
                <span class="block">
                    <Badge tone=Tone::Plain icon text=way />
                </span>
            </th>
            <td class="wrap-anywhere">{row.to}</td>
            <td class="wrap-anywhere max-md:hidden">{row.user.map(|user| view! { <UserLink user /> })}</td>
            <td>
                <MessageBadge state=row.state />
                {why}
            </td>
            <td>
                <Ago at=row.created_at />
            </td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_says_wrong_is_ignored() {
        let mut params = ParamsMap::new();
        for (name, value) in [
            ("channel", "pigeon"),
            ("state", "flying"),
            ("since", "soon"),
            ("limit", "x"),
        ] {
            params.insert(name, value.to_owned());
        }
        assert_eq!(read(&params), TimelineQuery::default());
    }
}
