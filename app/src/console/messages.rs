//! The history of mails, newest first: to whom, what, and what became of it. Search, filters and page are in the address.

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use sereno_types::{MessageQuery, MessageReason, MessageRow, MessageState, Page, Permission, Problem};

use crate::{
    console::{
        Breadcrumb,
        address::{and, counted},
        events::is_day,
        holders::UserLink,
        may,
        overview::grouped,
    },
    ui::{
        alert::{Done, Tone},
        badge::Badge,
        confirm::Confirm,
        field::{Choice, DayField, Hidden, SearchField},
        form::{Attempt, Form, Submit},
        heading::Heading,
        icon::Icon,
        list::{Filters, Listing, Nothing},
        loaded::loaded,
        time::Ago,
    },
};

const PATH: &str = "/console/messages";

#[server(name = ListMessages, prefix = "/console/fn", endpoint = "list_messages")]
pub(crate) async fn list_messages(query: Option<MessageQuery>) -> Result<Page<MessageRow>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    // a query without a word leaves no trace in the encoded arguments
    sereno_core::messages::list(&member.sereno, &member.staff, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

#[server(name = ListMessageKinds, prefix = "/console/fn", endpoint = "message_kinds")]
pub(crate) async fn message_kinds() -> Result<Vec<String>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::messages::kinds(&member.staff).map_err(gate::refuse)
}

#[server(prefix = "/console/fn", endpoint = "release_messages")]
pub(crate) async fn release_messages(#[server(default)] query: Option<MessageQuery>) -> Result<(), Problem> {
    use crate::gate;
    let (member, query) = (gate::staff().await?, query.unwrap_or_default());
    let done = sereno_core::messages::release_all(&member.sereno, &member.meta, &member.staff, query.clone())
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&done_address(&query, "released", done.released));
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "retry_failed_messages")]
pub(crate) async fn retry_failed_messages(#[server(default)] query: Option<MessageQuery>) -> Result<(), Problem> {
    use crate::gate;
    let (member, query) = (gate::staff().await?, query.unwrap_or_default());
    let done = sereno_core::messages::retry_failed(&member.sereno, &member.meta, &member.staff, query.clone())
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&done_address(&query, "retried", done.released));
    Ok(())
}

/// How many mails a retry of all that failed would mean, or a release of all that are held back.
#[server(name = CountMessages, prefix = "/console/fn", endpoint = "count_messages")]
pub(crate) async fn count_messages(query: Option<MessageQuery>, #[server(default)] held: bool) -> Result<u64, Problem> {
    use crate::gate;
    let (member, query) = (gate::staff().await?, query.unwrap_or_default());
    let count = sereno_core::messages::count_stopped(&member.sereno, &member.staff, query, held)
        .await
        .map_err(gate::refuse)?;
    Ok(count.released)
}

/// The list from its first page on, with what was done to how many of it.
#[cfg(feature = "ssr")]
fn done_address(query: &MessageQuery, done: &str, count: u64) -> String {
    and(&address(PATH, query), &format!("done={done}&count={count}"))
}

/// The same list, from its first page on.
fn whole(query: &MessageQuery) -> MessageQuery {
    MessageQuery {
        cursor: None,
        ..query.clone()
    }
}

/// `/console/messages`.
#[component]
pub fn MessagesPage() -> impl IntoView {
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(read));
    let says = move |name: &'static str| asked.with(|params| params.get(name).unwrap_or_default());
    let confirm = Memo::new(move |_| says("confirm"));
    let page = Resource::new(
        move || (query.get(), confirm.get()),
        |(query, confirm)| async move {
            let kinds = message_kinds().await?;
            let page = list_messages(Some(query.clone())).await?;
            let stopped = match confirm.as_str() {
                "retry" | "release" => {
                    let held = confirm == "release";
                    // who may not do it is not asked either
                    count_messages(Some(whole(&query)), held).await.ok()
                }
                _ => None,
            };
            Ok((page, kinds, query, stopped))
        },
    );
    let notice = Signal::derive(move || {
        let count = says("count").parse().ok().map(|count: u64| match count {
            1 => "1 mail is".to_owned(),
            count => format!("{} mails are", grouped(count)),
        });
        match (says("done").as_str(), count) {
            ("released", Some(count)) => Some(format!("{count} on the way.")),
            ("retried", Some(count)) => Some(format!("{count} in the queue again.")),
            ("sent", _) => Some("The mails are written. The list says what became of each.".to_owned()),
            _ => None,
        }
    });
    loaded(page, move |(page, kinds, query, stopped)| {
        view! { <MessagesView page kinds query stopped notice confirm /> }
    })
}

/// The query that an address means. What it says wrong is as if it were not there.
pub(super) fn read(params: &ParamsMap) -> MessageQuery {
    let text = |name| params.get(name).filter(|value| !value.trim().is_empty());
    MessageQuery {
        q: text("q"),
        user: text("user"),
        kind: text("kind"),
        state: text("state").as_deref().and_then(MessageState::from_name),
        reason: text("reason").as_deref().and_then(MessageReason::from_name),
        project: text("project"),
        announcement: text("announcement"),
        since: text("since").filter(|day| is_day(day)),
        until: text("until").filter(|day| is_day(day)),
        limit: text("limit").and_then(|value| value.parse().ok()),
        cursor: text("cursor"),
    }
}

/// The address below `path` that means a query.
pub(super) fn address(path: &str, query: &MessageQuery) -> String {
    let mut params = ParamsMap::new();
    let values = [
        ("q", query.q.clone()),
        ("user", query.user.clone()),
        ("kind", query.kind.clone()),
        ("state", query.state.map(|state| state.as_str().to_owned())),
        ("reason", query.reason.map(|reason| reason.as_str().to_owned())),
        ("project", query.project.clone()),
        ("announcement", query.announcement.clone()),
        ("since", query.since.clone()),
        ("until", query.until.clone()),
        ("limit", query.limit.map(|limit| limit.to_string())),
        ("cursor", query.cursor.clone()),
    ];
    for (name, value) in values {
        if let Some(value) = value {
            params.insert(name, value);
        }
    }
    format!("{path}{}", params.to_query_string())
}

/// The list, once it is known.
#[component]
pub fn MessagesView(
    /// What was found.
    page: Page<MessageRow>,
    /// The kinds of mail that there are.
    kinds: Vec<String>,
    /// What was asked.
    query: MessageQuery,
    /// How many mails what is to be confirmed would mean.
    #[prop(default = None)]
    stopped: Option<u64>,
    /// What has just been done.
    notice: Signal<Option<String>>,
    /// What the address asks to be confirmed: `release` or `retry`.
    #[prop(into)]
    confirm: Signal<String>,
) -> impl IntoView {
    let may_manage = may(Permission::MessagesManage);
    let at = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        let there = MessageQuery {
            cursor,
            ..query.clone()
        };
        Some(address(PATH, &there))
    };
    let around = (at(&page.prev_cursor), at(&page.next_cursor));
    let place = MessageQuery {
        limit: query.limit,
        cursor: query.cursor.clone(),
        ..MessageQuery::default()
    };
    let filtered = query != place;
    let list = if page.items.is_empty() {
        view! { <NothingFound filtered /> }.into_any()
    } else {
        view! { <MessageTable rows=page.items /> }.into_any()
    };
    let asks = move |what: &'static str| Signal::derive(move || confirm.get() == what);
    view! {
        <Breadcrumb above=vec![("/console", "Overview")] here="Mails" />
        {move || notice.get().map(|notice| view! { <Done>{notice}</Done> })}
        <div class="flex flex-wrap items-start justify-between gap-4">
            <div class="grid gap-1">
                <Heading title="Mails" />
                <p class="text-soft">"Every mail: to whom, what became of it, and what the mail server said."</p>
            </div>
            {may_manage.then(|| view! { <Actions query=query.clone() /> })}
        </div>
        {may_manage
            .then(|| {
                view! {
                    <ReleaseQuestion query=query.clone() stopped filtered open=asks("release") />
                    <RetryQuestion query=query.clone() stopped filtered open=asks("retry") />
                }
            })}
        <Chosen query kinds />
        <Listing total=counted(page.total, "mail", "mails", filtered) around>
            {list}
        </Listing>
    }
}

/// What can be done about all that the list shows; asked about first, with how many they are, and the links work without
/// scripts.
#[component]
fn Actions(query: MessageQuery) -> impl IntoView {
    let list = address(PATH, &query);
    view! {
        <div class="flex flex-wrap gap-3">
            <a class="button" href=and(&list, "confirm=retry") data-noscroll>
                "Retry all that failed"
            </a>
            <a class="button" href=and(&list, "confirm=release") data-noscroll>
                "Release all that are held"
            </a>
            <a class="button button-primary" href="/console/messages/new">
                {Icon::Mail.draw()}
                "Write a mail"
            </a>
        </div>
    }
}

#[component]
fn ReleaseQuestion(query: MessageQuery, stopped: Option<u64>, filtered: bool, open: Signal<bool>) -> impl IntoView {
    let action = ServerAction::<ReleaseMessages>::new();
    let attempt = Attempt::of(action);
    let list = address(PATH, &query);
    let title = question(
        "Release",
        ("that is held back", "that are held back"),
        stopped,
        filtered,
    );
    let form = if stopped == Some(0) {
        view! { <p>"There is nothing to do."</p> }.into_any()
    } else {
        view! {
            <p>"They leave at once, however old they are. Those that nobody waits for any more are skipped."</p>
            <Form action attempt>
                <Meant query=query.clone() />
                <Submit label="Release all" class="button button-primary justify-self-start" />
            </Form>
        }
        .into_any()
    };
    view! {
        <Confirm id="release" title open cancel=list>
            {form}
        </Confirm>
    }
}

#[component]
fn RetryQuestion(query: MessageQuery, stopped: Option<u64>, filtered: bool, open: Signal<bool>) -> impl IntoView {
    let action = ServerAction::<RetryFailedMessages>::new();
    let attempt = Attempt::of(action);
    let list = address(PATH, &query);
    let title = question("Retry", ("that failed", "that failed"), stopped, filtered);
    let form = if stopped == Some(0) {
        view! { <p>"There is nothing to do."</p> }.into_any()
    } else {
        view! {
            <p>"They go into the queue again with fresh attempts. Those that nobody waits for any more are skipped."</p>
            <Form action attempt>
                <Meant query=query.clone() />
                <Submit label="Retry all" class="button button-primary justify-self-start" />
            </Form>
        }
        .into_any()
    };
    view! {
        <Confirm id="retry" title open cancel=list>
            {form}
        </Confirm>
    }
}

/// What is asked before something is done to many: with their number, and whether filters choose them.
fn question(verb: &str, (one, many): (&str, &str), stopped: Option<u64>, filtered: bool) -> String {
    let what = match stopped {
        None => format!("every mail {one}"),
        Some(1) => format!("1 mail {one}"),
        Some(count) => format!("{} mails {many}", grouped(count)),
    };
    let among = if filtered { ", of those that the list shows" } else { "" };
    format!("{verb} {what}{among}?")
}

/// The filters of the list, for the form that acts on what it shows.
#[component]
fn Meant(query: MessageQuery) -> impl IntoView {
    let says = [
        ("query[q]", query.q),
        ("query[user]", query.user),
        ("query[kind]", query.kind),
        ("query[state]", query.state.map(|state| state.as_str().to_owned())),
        ("query[reason]", query.reason.map(|reason| reason.as_str().to_owned())),
        ("query[project]", query.project),
        ("query[announcement]", query.announcement),
        ("query[since]", query.since),
        ("query[until]", query.until),
        ("query[limit]", query.limit.map(|limit| limit.to_string())),
    ];
    says.into_iter()
        .filter_map(|(name, value)| Some(view! { <Hidden name value=value? /> }))
        .collect_view()
}

/// A plain GET form. The page size stays, the page does not: another search begins at its first page.
#[component]
fn Chosen(query: MessageQuery, kinds: Vec<String>) -> impl IntoView {
    let mut options = vec![(String::new(), "Any kind".to_owned())];
    options.extend(kinds.into_iter().map(|kind| (kind.clone(), kind)));
    let mut states = vec![("", "Any state")];
    states.extend(
        MessageState::ALL
            .iter()
            .map(|state| (state.as_str(), state_name(*state))),
    );
    let mut reasons = vec![("", "Any reason")];
    reasons.extend(
        MessageReason::ALL
            .iter()
            .map(|reason| (reason.as_str(), reason.as_str())),
    );
    let kept = vec![
        ("announcement", query.announcement),
        ("limit", query.limit.map(|limit| limit.to_string())),
    ];
    view! {
        <Filters path=PATH kept>
            <SearchField name="q" label="Search" placeholder="Recipient, kind or id" value=query.q />
            <SearchField name="user" label="User" placeholder="Address, name or number" value=query.user />
            <Choice name="kind" label="Kind" options value=query.kind.unwrap_or_default() />
            <Choice
                name="state"
                label="State"
                options=states
                value=query.state.map_or("", MessageState::as_str)
            />
            <Choice
                name="reason"
                label="Reason"
                options=reasons
                value=query.reason.map_or("", MessageReason::as_str)
            />
            <SearchField name="project" label="Project" placeholder="Its name in addresses" value=query.project />
            <DayField name="since" label="From (UTC)" value=query.since />
            <DayField name="until" label="Until (UTC)" value=query.until />
        </Filters>
    }
}

/// Mails as rows.
#[component]
pub(super) fn MessageTable(
    /// The mails.
    rows: Vec<MessageRow>,
) -> impl IntoView {
    let rows = rows.into_iter().map(|row| view! { <Row row /> }).collect_view();
    view! {
        <div class="card scroller" role="region" aria-label="Mails" tabindex="0">
            <table class="grid-table">
                <caption class="sr-only">"Mails, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Mail"</th>
                        <th scope="col" class="max-sm:hidden">
                            "To"
                        </th>
                        <th scope="col" class="max-md:hidden">
                            "User"
                        </th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="max-lg:hidden">
                            "Attempts"
                        </th>
                        <th scope="col" class="max-sm:hidden">
                            "When"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: MessageRow) -> impl IntoView {
    let project = row
        .project
        .map(|project| view! { <span class="block font-normal wrap-anywhere text-soft">"Project " {project}</span> });
    let about = row.announcement.or(row.subject);
    let about = about.map(|about| view! { <span class="block font-normal wrap-anywhere">{about}</span> });
    let why = row.reason.map(|reason| {
        view! {
            <span class="block text-soft">
                <code class="font-mono text-sm wrap-anywhere">{reason.as_str()}</code>
            </span>
        }
    });
    view! {
        <tr>
            <th scope="row">
                <a class="link" href=format!("{PATH}/{}", row.id)>
                    {kind_title(&row.kind)}
                </a>
                {about}
                <code class="block font-mono text-sm font-normal wrap-anywhere text-muted">{row.kind}</code>
                {project}
                // narrow screens have no columns for them
                <span class="mt-1 grid gap-0.5 font-normal sm:hidden">
                    <span class="wrap-anywhere">{row.recipient.clone()}</span>
                    <span class="text-soft">
                        <Ago at=row.created_at.clone() />
                    </span>
                </span>
            </th>
            <td class="wrap-anywhere max-sm:hidden">{row.recipient}</td>
            <td class="wrap-anywhere max-md:hidden">{row.user.map(|user| view! { <UserLink user /> })}</td>
            <td>
                <MessageBadge state=row.state />
                {why}
            </td>
            <td class="max-lg:hidden">{row.attempts}</td>
            <td class="max-sm:hidden">
                <Ago at=row.created_at />
            </td>
        </tr>
    }
}

/// What people call a kind of mail: `password_reset` is a password reset, `test.activation` somebody's look at one.
pub(super) fn kind_title(kind: &str) -> String {
    if let Some(tried) = kind.strip_prefix("test.") {
        return format!("{} (test)", kind_title(tried));
    }
    let words = kind.strip_prefix("custom.").unwrap_or(kind).replace(['_', '-'], " ");
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// Where a mail stands.
#[component]
pub(super) fn MessageBadge(
    /// The state.
    state: MessageState,
) -> impl IntoView {
    let (tone, icon) = match state {
        MessageState::Queued | MessageState::Sending => (Tone::Info, Icon::Clock),
        MessageState::Sent => (Tone::Good, Icon::CircleCheck),
        MessageState::Failed => (Tone::Bad, Icon::CircleAlert),
        MessageState::Skipped | MessageState::Cancelled => (Tone::Plain, Icon::Ban),
        MessageState::Held => (Tone::Warn, Icon::Lock),
    };
    view! { <Badge tone icon text=state_name(state) /> }
}

/// What the console calls a state.
pub(super) const fn state_name(state: MessageState) -> &'static str {
    match state {
        MessageState::Queued => "Queued",
        MessageState::Sending => "Being sent",
        MessageState::Sent => "Sent",
        MessageState::Failed => "Failed",
        MessageState::Skipped => "Skipped",
        MessageState::Held => "Held back",
        MessageState::Cancelled => "Cancelled",
    }
}

#[component]
fn NothingFound(filtered: bool) -> impl IntoView {
    let (title, all) = if filtered {
        ("No mail matches", Some((PATH, "Show all mails")))
    } else {
        ("No mails yet", None)
    };
    view! {
        <Nothing title all>
            <p>
                "Every mail stands here from the moment it is asked for, and for as long as the settings say ("
                <code class="font-mono">"mail.history_days"</code> ")."
            </p>
        </Nothing>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_titles() {
        for (kind, title) in [
            ("password_reset", "Password reset"),
            ("custom.new-invoice", "New invoice"),
            ("test.login_code", "Login code (test)"),
            ("", ""),
        ] {
            assert_eq!(kind_title(kind), title);
        }
    }

    #[test]
    fn a_question_says_how_many() {
        let failed = ("that failed", "that failed");
        for (stopped, filtered, asked) in [
            (None, false, "Retry every mail that failed?"),
            (Some(1), false, "Retry 1 mail that failed?"),
            (
                Some(1_200),
                true,
                "Retry 1,200 mails that failed, of those that the list shows?",
            ),
        ] {
            assert_eq!(question("Retry", failed, stopped, filtered), asked);
        }
    }

    #[test]
    fn what_an_address_says_wrong_is_ignored() {
        let mut params = ParamsMap::new();
        let wrong = [
            ("q", " "),
            ("state", "shoe"),
            ("reason", "shoe"),
            ("since", "yesterday"),
            ("limit", "-1"),
        ];
        for (name, value) in wrong {
            params.insert(name, value.to_owned());
        }
        assert_eq!(read(&params), MessageQuery::default());
    }

    #[test]
    fn an_address_means_what_it_was_made_from() {
        let query = MessageQuery {
            q: Some("ana & co".to_owned()),
            state: Some(MessageState::Held),
            reason: Some(MessageReason::EmailDisabled),
            project: Some("shop".to_owned()),
            limit: Some(20),
            ..MessageQuery::default()
        };
        assert_eq!(
            address(PATH, &query),
            "/console/messages?q=ana%20%26%20co&state=held&reason=email%5Fdisabled&project=shop&limit=20"
        );
    }
}
