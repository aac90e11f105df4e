//! The timeline: mails and notifications to devices together, newest first. Search, filters and page are in the address.

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use sereno_types::{
    Channel, MessageReason, MessageState, Page, Permission, Problem, PushReason, TimelineQuery, TimelineRow,
};

use crate::{
    console::{
        Breadcrumb,
        address::{address, counted, said},
        events::is_day,
        holders::UserLink,
        may,
        messages::{MessageBadge, state_name},
        pushes::reason_words,
    },
    ui::{
        alert::{Done, Tone},
        badge::Badge,
        field::{Choice, DayField, Hidden, SearchField},
        form::{Attempt, ErrorSummary, Form},
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

/// Tries a mail or a notification again. `list` is the address of the list to go back to.
#[server(prefix = "/console/fn", endpoint = "retry_notification")]
pub(crate) async fn retry_notification(
    #[server(default)] id: String,
    #[server(default)] channel: String,
    #[server(default)] list: String,
) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, sereno_types::Id(id));
    let (sereno, meta, staff) = (&member.sereno, &member.meta, &member.staff);
    if channel == Channel::Push.as_str() {
        sereno_core::messages::push::retry(sereno, meta, staff, &id)
            .await
            .map(drop)
    } else {
        sereno_core::messages::retry(sereno, meta, staff, &id).await.map(drop)
    }
    .map_err(gate::refuse)?;
    let list = gate::local(&list);
    let list = if list.starts_with("/console/") { list } else { PATH };
    gate::go_to(&crate::console::address::and(list, "done=retried"));
    Ok(())
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
    let notice = notice(asked);
    loaded(
        page,
        move |(page, query)| view! { <NotificationsView page query notice /> },
    )
}

/// What has just been done.
pub(super) fn notice(asked: Memo<ParamsMap>) -> Signal<Option<&'static str>> {
    Signal::derive(move || {
        let is_retried = asked.with(|asked| said(asked, "done")).as_deref() == Some("retried");
        is_retried.then_some("It is in the queue again.")
    })
}

/// The query that an address means. What it says wrong is as if it were not there.
pub(super) fn read(params: &ParamsMap) -> TimelineQuery {
    TimelineQuery {
        q: said(params, "q"),
        user: said(params, "user"),
        channel: said(params, "channel").as_deref().and_then(Channel::from_name),
        kind: said(params, "kind"),
        state: said(params, "state").as_deref().and_then(MessageState::from_name),
        reason: said(params, "reason").filter(|reason| reason_title(reason).is_some()),
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
        ("reason", query.reason.clone()),
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
    /// What has just been done.
    notice: Signal<Option<&'static str>>,
) -> impl IntoView {
    let list = list_address(PATH, &query);
    let around = around(PATH, &page, &query);
    let place = TimelineQuery {
        limit: query.limit,
        cursor: query.cursor.clone(),
        ..TimelineQuery::default()
    };
    let filtered = query != place;
    let total = counted(page.total, "message", "messages", filtered);
    let is_empty = page.items.is_empty();
    view! {
        <Breadcrumb above=vec![("/console", "Overview")] here="Timeline" />
        {move || notice.get().map(|notice| view! { <Done>{notice}</Done> })}
        <div class="grid gap-1">
            <Heading title="Timeline" />
            <p class="text-soft">"Mails and notifications to devices, and what became of each."</p>
        </div>
        <Chosen path=PATH.to_owned() query of_one_user=false />
        <Listing total around>
            {if is_empty {
                view! { <NoMessages filtered /> }.into_any()
            } else {
                view! { <TimelineTable rows=page.items list /> }.into_any()
            }}
        </Listing>
    }
}

/// The addresses below `path` of the pages before and after.
pub(super) fn around(path: &str, page: &Page<TimelineRow>, query: &TimelineQuery) -> (Option<String>, Option<String>) {
    let at = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        let there = TimelineQuery {
            cursor,
            ..query.clone()
        };
        Some(list_address(path, &there))
    };
    (at(&page.prev_cursor), at(&page.next_cursor))
}

/// A plain GET form. The page size stays, the page does not: another search begins at its first page.
#[component]
pub(super) fn Chosen(
    /// The list's address.
    path: String,
    /// What was asked.
    query: TimelineQuery,
    /// Whether it is the list of one user, whom the address names by itself.
    of_one_user: bool,
) -> impl IntoView {
    let channels = vec![("", "Any way"), ("email", "E-mail"), ("push", "Push")];
    let mut states = vec![("", "Any state")];
    states.extend(
        MessageState::ALL
            .iter()
            .map(|state| (state.as_str(), state_name(*state))),
    );
    let mut reasons = vec![("", "Any reason")];
    reasons.extend(reason_names().map(|name| (name, name)));
    let kept = vec![("limit", query.limit.map(|limit| limit.to_string()))];
    let user = (!of_one_user).then(|| {
        view! { <SearchField name="user" label="User" placeholder="Address, name or number" value=query.user /> }
    });
    view! {
        <Filters path kept>
            <SearchField name="q" label="Search" placeholder="Recipient, kind, words or device" value=query.q />
            {user}
            <SearchField name="kind" label="Kind" placeholder="activation" value=query.kind />
            <Choice name="channel" label="Way" options=channels value=query.channel.map_or("", Channel::as_str) />
            <Choice name="state" label="State" options=states value=query.state.map_or("", MessageState::as_str) />
            <Choice name="reason" label="Reason" options=reasons value=query.reason.unwrap_or_default() />
            <DayField name="since" label="From (UTC)" value=query.since />
            <DayField name="until" label="Until (UTC)" value=query.until />
        </Filters>
    }
}

/// The reasons of mails, and those that only notifications to devices have.
fn reason_names() -> impl Iterator<Item = &'static str> {
    let of_mails = MessageReason::ALL.iter().map(|reason| reason.as_str());
    let of_pushes = PushReason::ALL.iter().map(|reason| reason.as_str());
    of_mails.chain(of_pushes.filter(|name| MessageReason::from_name(name).is_none()))
}

/// A reason in words, of mails or of notifications to devices.
fn reason_title(name: &str) -> Option<&'static str> {
    let of_mails = MessageReason::from_name(name).map(MessageReason::title);
    of_mails.or_else(|| PushReason::from_name(name).map(reason_words))
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
    /// The address of the list.
    list: String,
) -> impl IntoView {
    let action = ServerAction::<RetryNotification>::new();
    let attempt = Attempt::of(action);
    let may_retry = may(Permission::MessagesManage);
    let rows = rows
        .into_iter()
        .map(|row| view! { <Row row list=list.clone() may_retry action attempt /> })
        .collect_view();
    view! {
        <ErrorSummary attempt />
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
                        {may_retry.then(|| view! { <th scope="col">"Actions"</th> })}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(
    row: TimelineRow,
    list: String,
    may_retry: bool,
    action: ServerAction<RetryNotification>,
    attempt: Attempt,
) -> impl IntoView {
    let (path, icon, way) = match row.channel {
        Channel::Email => ("/console/messages", Icon::Mail, "E-mail"),
        Channel::Push => ("/console/push", Icon::Smartphone, "Push"),
    };
    let title = row.title.filter(|title| !title.is_empty());
    let kind = (title.is_some() && row.channel == Channel::Email).then(|| {
        let kind = row.kind.clone();
        view! { <code class="block font-mono text-sm font-normal wrap-anywhere text-muted">{kind}</code> }
    });
    let called = title.unwrap_or(row.kind);
    // the code that the request to send it was answered with, where the reason does not say more
    let code = row.code.map(|code| code.as_str().to_owned());
    let reason = row.reason.map(|reason| reason.as_str().to_owned());
    let why = reason.or(code).map(|reason| {
        let words = reason_title(&reason);
        view! {
            <span class="block text-soft">
                {words} " " <code class="font-mono text-sm wrap-anywhere">{reason}</code>
            </span>
        }
    });
    let retry = may_retry.then(|| {
        let what = format!(" {called}");
        let (id, channel) = (row.id.0.clone(), row.channel.as_str());
        let form = row.can_retry.then(|| {
            view! {
                <Form action attempt class="contents" tells=false>
                    <Hidden name="id" value=id />
                    <Hidden name="channel" value=channel />
                    <Hidden name="list" value=list />
                    <button type="submit" class="button">
                        "Retry"
                        <span class="sr-only">{what}</span>
                    </button>
                </Form>
            }
        });
        view! { <td>{form}</td> }
    });
    view! {
        <tr>
            <th scope="row" class="wrap-anywhere">
                <a class="link" href=format!("{path}/{}", row.id)>
                    {called}
                </a>
                {kind}
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
            {retry}
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_words_and_stands_once() {
        let names: Vec<_> = reason_names().collect();
        let once: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(names.len(), once.len());
        for name in names {
            assert!(reason_title(name).is_some_and(|words| words != name), "{name}");
        }
        let query = TimelineQuery {
            reason: Some("sender_mismatch".to_owned()),
            ..TimelineQuery::default()
        };
        assert_eq!(
            list_address(PATH, &query),
            "/console/notifications?reason=sender%5Fmismatch"
        );
    }

    #[test]
    fn what_an_address_says_wrong_is_ignored() {
        let mut params = ParamsMap::new();
        for (name, value) in [
            ("channel", "pigeon"),
            ("state", "flying"),
            ("reason", "shoe"),
            ("since", "soon"),
            ("limit", "x"),
        ] {
            params.insert(name, value.to_owned());
        }
        assert_eq!(read(&params), TimelineQuery::default());
    }
}
