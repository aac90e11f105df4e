//! Notifications to devices: what became of each, and sending one. Search, filters and page are all in the address.

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use sereno_types::{Page, Permission, Problem, PushQuery, PushReason, PushRow, PushState};

use crate::{
    console::{
        Breadcrumb,
        address::{address, counted, said},
        event::person,
        events::is_day,
        may,
    },
    ui::{
        alert::{Done, Tone},
        badge::Badge,
        field::{Area, Choice, DayField, Field, SearchField},
        form::{Attempt, Form, Submit},
        heading::Heading,
        icon::Icon,
        list::{Filters, Listing, Nothing},
        loaded::loaded,
        time::Ago,
    },
    visit,
};

pub(super) const PATH: &str = "/console/push";

#[server(name = ListPushes, prefix = "/console/fn", endpoint = "list_pushes")]
pub(crate) async fn list_pushes(query: Option<PushQuery>) -> Result<Page<PushRow>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::messages::push::list(&member.sereno, &member.staff, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

/// Sends one. `to` is a user or, where it is the id of one, a device; `data` has a name and a value on each line.
#[server(prefix = "/console/fn", endpoint = "send_push")]
pub(crate) async fn send_push(
    #[server(default)] to: String,
    #[server(default)] title: String,
    #[server(default)] body: String,
    #[server(default)] data: String,
    #[server(default)] channel: String,
) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let data = pairs(&data).ok_or_else(|| {
        let fault = sereno_types::FieldError::new("data", sereno_types::Code::InvalidCharacters);
        Problem::fields(vec![fault])
    })?;
    let device = to.trim().strip_prefix("device:").map(|id| id.trim().to_owned());
    let command = sereno_types::SendPush {
        user: device.is_none().then_some(to),
        device,
        title,
        body,
        data,
        channel: Some(channel).filter(|channel| !channel.trim().is_empty()),
    };
    let queued = sereno_core::messages::push::send(&member.sereno, &member.meta, &member.staff, command)
        .await
        .map_err(|error| {
            let mut problem = gate::refuse(error);
            for error in &mut problem.errors {
                if error.field == "user" || error.field == "device" {
                    error.field = "to".into();
                }
            }
            problem
        })?;
    gate::go_to(&format!("{PATH}?batch={}&done=queued", queued.batch));
    Ok(())
}

/// What `name=value` on each line means; nothing where a line is none.
#[cfg(any(feature = "ssr", test))]
fn pairs(text: &str) -> Option<std::collections::BTreeMap<String, String>> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let (name, value) = line.split_once('=')?;
            Some((name.trim().to_owned(), value.trim().to_owned()))
        })
        .collect()
}

/// `/console/push`.
#[component]
pub fn PushesPage() -> impl IntoView {
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(read));
    let page = Resource::new(
        move || query.get(),
        |query| async move { list_pushes(Some(query.clone())).await.map(|page| (page, query)) },
    );
    let to = Signal::derive(move || asked.with(|asked| said(asked, "to")));
    loaded(page, move |(page, query)| {
        let done = asked.with_untracked(|asked| asked.get("done")).as_deref() == Some("queued");
        view! { <PushesView page query done to=to.get_untracked() /> }
    })
}

/// The query that an address means. What it says wrong is as if it were not there.
fn read(params: &ParamsMap) -> PushQuery {
    PushQuery {
        q: said(params, "q"),
        user: said(params, "user"),
        device: said(params, "device"),
        batch: said(params, "batch"),
        state: said(params, "state").as_deref().and_then(PushState::from_name),
        reason: said(params, "reason").as_deref().and_then(PushReason::from_name),
        since: said(params, "since").filter(|day| is_day(day)),
        until: said(params, "until").filter(|day| is_day(day)),
        limit: said(params, "limit").and_then(|limit| limit.parse().ok()),
        cursor: said(params, "cursor"),
    }
}

/// The address that means a query.
fn list_address(query: &PushQuery) -> String {
    let says = vec![
        ("q", query.q.clone()),
        ("user", query.user.clone()),
        ("device", query.device.clone()),
        ("batch", query.batch.clone()),
        ("state", query.state.map(|state| state.as_str().to_owned())),
        ("reason", query.reason.map(|reason| reason.as_str().to_owned())),
        ("since", query.since.clone()),
        ("until", query.until.clone()),
        ("limit", query.limit.map(|limit| limit.to_string())),
        ("cursor", query.cursor.clone()),
    ];
    address(PATH, says)
}

/// The list, once it is known.
#[component]
pub fn PushesView(
    /// What was found.
    page: Page<PushRow>,
    /// What was asked.
    query: PushQuery,
    /// Whether one was just queued.
    #[prop(default = false)]
    done: bool,
    /// To whom the next one goes.
    #[prop(default = None)]
    to: Option<String>,
) -> impl IntoView {
    let action = ServerAction::<SendPush>::new();
    let attempt = Attempt::of(action).starting_with(to.map(|to| ("to".to_owned(), to)).into_iter().collect());
    let at = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        Some(list_address(&PushQuery {
            cursor,
            ..query.clone()
        }))
    };
    let around = (at(&page.prev_cursor), at(&page.next_cursor));
    let place = PushQuery {
        limit: query.limit,
        cursor: query.cursor.clone(),
        ..PushQuery::default()
    };
    let filtered = query != place;
    let total = counted(page.total, "notification", "notifications", filtered);
    let list = if page.items.is_empty() {
        view! { <NothingFound filtered /> }.into_any()
    } else {
        view! { <Table rows=page.items /> }.into_any()
    };
    let form = may(Permission::MessagesManage).then(|| view! { <SendForm action attempt /> });
    view! {
        <Breadcrumb above=vec![("/console", "Overview")] here="Push" />
        <div class="grid gap-1">
            <Heading title="Push" attempt />
            <p class="text-soft">"Notifications to the devices of users, and what became of each."</p>
        </div>
        {done.then(|| view! { <Done>"The notification is queued. Load the page again to see what becomes of it."</Done> })}
        <Chosen query />
        <Listing total around>
            {list}
        </Listing>
        {form}
    }
}

/// A plain GET form. The page size stays, the page does not: another search begins at its first page.
#[component]
fn Chosen(query: PushQuery) -> impl IntoView {
    let states = std::iter::once(("", "Any state"))
        .chain(PushState::ALL.iter().map(|&state| (state.as_str(), state_name(state))))
        .collect::<Vec<_>>();
    let reasons = std::iter::once(("", "Any reason"))
        .chain(
            PushReason::ALL
                .iter()
                .map(|&reason| (reason.as_str(), reason_words(reason))),
        )
        .collect::<Vec<_>>();
    let kept = vec![
        ("device", query.device),
        ("batch", query.batch),
        ("limit", query.limit.map(|limit| limit.to_string())),
    ];
    view! {
        <Filters path=PATH kept>
            <SearchField name="q" label="Search" placeholder="Title, words or device" value=query.q />
            <SearchField name="user" label="User" placeholder="Address, name or number" value=query.user />
            <Choice name="state" label="State" options=states value=query.state.map_or("", PushState::as_str) />
            <Choice name="reason" label="Reason" options=reasons value=query.reason.map_or("", PushReason::as_str) />
            <DayField name="since" label="From (UTC)" value=query.since />
            <DayField name="until" label="Until (UTC)" value=query.until />
        </Filters>
    }
}

/// What the console calls a state.
pub(super) const fn state_name(state: PushState) -> &'static str {
    match state {
        PushState::Queued => "Queued",
        PushState::Sent => "Sent",
        PushState::Failed => "Failed",
        PushState::Skipped => "Skipped",
        PushState::Cancelled => "Cancelled",
    }
}

/// A reason, in a few words.
pub(super) const fn reason_words(reason: PushReason) -> &'static str {
    match reason {
        PushReason::NotConfigured => "No service set up",
        PushReason::TransportAway => "Not taken this time",
        PushReason::TransportRefused => "Refused",
        PushReason::TokenUnregistered => "No longer on the device",
        PushReason::SenderMismatch => "Another sender's token",
        PushReason::AttemptsExhausted => "Tried too often",
        PushReason::NoLongerWanted => "Nobody waits for it",
        PushReason::CancelledByStaff => "Cancelled by staff",
    }
}

/// The state of a notification.
#[component]
pub(super) fn PushBadge(state: PushState) -> impl IntoView {
    let (tone, icon) = match state {
        PushState::Queued => (Tone::Warn, Icon::Clock),
        PushState::Sent => (Tone::Good, Icon::CircleCheck),
        PushState::Failed => (Tone::Bad, Icon::CircleAlert),
        PushState::Skipped | PushState::Cancelled => (Tone::Plain, Icon::Ban),
    };
    view! { <Badge tone icon text=state_name(state) /> }
}

#[component]
fn Table(rows: Vec<PushRow>) -> impl IntoView {
    let rows = rows.into_iter().map(|row| view! { <Row row /> }).collect_view();
    view! {
        <div class="card scroller" role="region" aria-label="Notifications" tabindex="0">
            <table class="grid-table">
                <caption class="sr-only">"Notifications, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Notification"</th>
                        <th scope="col">"User"</th>
                        <th scope="col" class="max-md:hidden">
                            "Device"
                        </th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="max-sm:hidden">
                            "Asked for"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: PushRow) -> impl IntoView {
    let title = if row.title.is_empty() {
        "Without a title".to_owned()
    } else {
        row.title
    };
    let why = row
        .reason
        .map(|reason| view! { <span class="block text-soft">{reason_words(reason)}</span> });
    view! {
        <tr>
            <th scope="row" class="wrap-anywhere">
                <a class="link" href=format!("{PATH}/{}", row.id)>
                    {title}
                </a>
            </th>
            <td class="min-w-28 wrap-anywhere">{person(row.user)}</td>
            <td class="wrap-anywhere max-md:hidden">{device_name(row.device.name)}</td>
            <td>
                <PushBadge state=row.state />
                {why}
            </td>
            <td class="max-sm:hidden">
                <Ago at=row.created_at />
            </td>
        </tr>
    }
}

/// What a device is called.
pub(super) fn device_name(name: Option<String>) -> String {
    name.unwrap_or_else(|| "Unnamed device".to_owned())
}

#[component]
fn SendForm(action: ServerAction<SendPush>, attempt: Attempt) -> impl IntoView {
    view! {
        <section class="card grid grid-cols-1 gap-4 p-5">
            <h2 class="text-base font-semibold">"Send a notification"</h2>
            <Form action attempt class="grid gap-4">
                <Field
                    name="to"
                    label="To"
                    hint="A user by address, name, number or id: all their devices that have a push token and that they are signed in on. Or device:<id> for that device alone."
                />
                <Field name="title" label="Title" hint="Title, words or data: one of them is needed." optional=true />
                <Area name="body" label="Words" />
                <Area
                    name="data"
                    label="Data"
                    hint="For the application on the device: name=value, one a line. May be empty."
                    rows=2
                />
                <Field name="channel" label="Channel on Android" optional=true />
                <Submit label="Send notification" class="button button-primary justify-self-start" />
            </Form>
        </section>
    }
}

/// What stands here, and the same without a browser.
#[component]
fn NothingFound(filtered: bool) -> impl IntoView {
    let url = visit::about().public_url;
    let curl = format!(
        "curl -H \"Authorization: Bearer $ACCESS\" -H 'Content-Type: application/json' \\\n  {url}/api/v1/admin/push-notifications \\\n  -d '{{\"user\":\"ana\",\"title\":\"Hello\",\"body\":\"How are you?\"}}'"
    );
    let (title, all) = if filtered {
        ("Nothing matches", Some((PATH, "Show all notifications")))
    } else {
        ("No notification yet", None)
    };
    view! {
        <Nothing title all>
            <p>
                "Devices that gave a Firebase token at sign-in can be notified, once the settings name the key file of a
                service account (push.service_account_file). Programs send the same:"
            </p>
            <pre class="shell" tabindex="0">
                <code>{curl}</code>
            </pre>
        </Nothing>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_means_what_it_was_made_from() {
        let query = PushQuery {
            q: Some("a-b".to_owned()),
            user: Some("ana".to_owned()),
            device: Some("1".to_owned()),
            batch: Some("2".to_owned()),
            state: Some(PushState::Failed),
            reason: Some(PushReason::NotConfigured),
            since: Some("2026-01-01".to_owned()),
            until: Some("2026-01-31".to_owned()),
            limit: Some(20),
            cursor: Some("abc".to_owned()),
        };
        let mut params = ParamsMap::new();
        let address = list_address(&query);
        for pair in address.split_once('?').unwrap_or_default().1.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or_default();
            params.insert(name.to_owned(), value.replace("%2D", "-").replace("%5F", "_"));
        }
        assert_eq!(read(&params), query, "{address}");
    }

    #[test]
    fn data_are_names_and_values() {
        let read = pairs("type = login\n\n id=a=b \n").unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!((read["type"].as_str(), read["id"].as_str()), ("login", "a=b"));
        assert_eq!(pairs("nonsense"), None);
        assert_eq!(pairs("").unwrap().len(), 0);
    }
}
