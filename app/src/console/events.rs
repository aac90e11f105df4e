//! What happened, newest first: who did what to whom, from where. Search, filters and page are all in the address.

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use sereno_types::{EventOutcome, EventQuery, EventRow, Page, Problem};

use crate::{
    console::{
        Breadcrumb,
        address::counted,
        event::{by, person},
    },
    ui::{
        field::{Choice, DayField, SearchField},
        heading::Heading,
        list::{Filters, Listing, Nothing},
        loaded::loaded,
        time::Ago,
    },
    visit,
};

const PATH: &str = "/console/events";

#[server(name = ListEvents, prefix = "/console/fn", endpoint = "list_events")]
pub(crate) async fn list_events(query: Option<EventQuery>) -> Result<Page<EventRow>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    // a query without a word leaves no trace in the encoded arguments
    sereno_core::account::admin::events(&member.sereno, &member.staff, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

#[server(name = ListEventKinds, prefix = "/console/fn", endpoint = "event_kinds")]
pub(crate) async fn event_kinds() -> Result<Vec<String>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::account::admin::event_kinds(&member.staff).map_err(gate::refuse)
}

/// `/console/events`.
#[component]
pub fn EventsPage() -> impl IntoView {
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(read));
    let page = Resource::new(
        move || query.get(),
        |mut query| async move {
            let kinds = event_kinds().await?;
            query.kind = query.kind.filter(|kind| kinds.contains(kind));
            let page = list_events(Some(query.clone())).await?;
            Ok((page, kinds, query))
        },
    );
    loaded(page, |(page, kinds, query)| view! { <EventsView page kinds query /> })
}

/// The query that an address means. What it says wrong is as if it were not there.
fn read(params: &ParamsMap) -> EventQuery {
    let text = |name| params.get(name).filter(|value| !value.trim().is_empty());
    EventQuery {
        q: text("q"),
        kind: text("kind"),
        outcome: text("outcome").as_deref().and_then(EventOutcome::from_name),
        user: text("user"),
        actor: text("actor"),
        client_id: text("client_id"),
        session: text("session"),
        since: text("since").filter(|day| is_day(day)),
        until: text("until").filter(|day| is_day(day)),
        limit: text("limit").and_then(|value| value.parse().ok()),
        cursor: text("cursor"),
    }
}

/// Whether it is a day of the calendar, as a field for days posts it.
pub(super) fn is_day(text: &str) -> bool {
    let numbers: Vec<u32> = text.split('-').filter_map(|part| part.parse().ok()).collect();
    let [year, month, day] = numbers[..] else {
        return false;
    };
    let days = match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    text.len() == 10 && (1..=12).contains(&month) && (1..=days).contains(&day)
}

/// The address that means a query.
fn address(query: &EventQuery) -> String {
    let mut params = ParamsMap::new();
    let values = [
        ("q", query.q.clone()),
        ("kind", query.kind.clone()),
        ("outcome", query.outcome.map(|outcome| outcome.as_str().to_owned())),
        ("user", query.user.clone()),
        ("actor", query.actor.clone()),
        ("client_id", query.client_id.clone()),
        ("session", query.session.clone()),
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
    format!("{PATH}{}", params.to_query_string())
}

/// The list, once it is known.
#[component]
pub fn EventsView(
    /// What was found.
    page: Page<EventRow>,
    /// The kinds of event that there are.
    kinds: Vec<String>,
    /// What was asked.
    query: EventQuery,
) -> impl IntoView {
    let at = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        Some(address(&EventQuery {
            cursor,
            ..query.clone()
        }))
    };
    let around = (at(&page.prev_cursor), at(&page.next_cursor));
    let place = EventQuery {
        limit: query.limit,
        cursor: query.cursor.clone(),
        ..EventQuery::default()
    };
    let filtered = query != place;
    let list = if page.items.is_empty() {
        view! { <NothingFound filtered /> }.into_any()
    } else {
        view! { <Table rows=page.items /> }.into_any()
    };
    view! {
        <Breadcrumb above=vec![("/console", "Overview")] here="Events" />
        <div class="grid gap-1">
            <Heading title="Events" />
            <p class="text-soft">"What happened, who did it, and from where. Nothing here can be changed."</p>
        </div>
        <Chosen query kinds />
        <Listing total=counted(page.total, "event", "events", filtered) around>
            {list}
        </Listing>
    }
}

/// A plain GET form. The page size stays, the page does not: another search begins at its first page.
#[component]
fn Chosen(query: EventQuery, kinds: Vec<String>) -> impl IntoView {
    let mut options = vec![(String::new(), "Any event".to_owned())];
    options.extend(kinds.into_iter().map(|kind| (kind.clone(), kind)));
    let outcomes = vec![("", "Any outcome"), ("success", "Happened"), ("failure", "Refused")];
    let outcome = query.outcome.map_or("", EventOutcome::as_str);
    let kept = vec![
        ("session", query.session),
        ("limit", query.limit.map(|limit| limit.to_string())),
    ];
    view! {
        <Filters path=PATH kept>
            <SearchField name="q" label="Search" placeholder="Address, client or request" value=query.q />
            <SearchField name="user" label="About" placeholder="Address, name or number" value=query.user />
            <SearchField name="actor" label="Done by" placeholder="Address, name or number" value=query.actor />
            <SearchField name="client_id" label="Application" placeholder="Client id" value=query.client_id />
            <Choice name="kind" label="Event" options value=query.kind.unwrap_or_default() />
            <Choice name="outcome" label="Outcome" options=outcomes value=outcome />
            <DayField name="since" label="From (UTC)" value=query.since />
            <DayField name="until" label="Until (UTC)" value=query.until />
        </Filters>
    }
}

#[component]
fn Table(rows: Vec<EventRow>) -> impl IntoView {
    let rows = rows.into_iter().map(|row| view! { <Row row /> }).collect_view();
    view! {
        <div class="card scroller" role="region" aria-label="Events" tabindex="0">
            <table class="grid-table">
                <caption class="sr-only">"Events, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Event"</th>
                        <th scope="col">"About"</th>
                        <th scope="col" class="max-sm:hidden">
                            "Done by"
                        </th>
                        <th scope="col" class="max-lg:hidden">
                            "Through"
                        </th>
                        <th scope="col" class="max-md:hidden">
                            "Address"
                        </th>
                        <th scope="col">"When"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: EventRow) -> impl IntoView {
    let why = row.code.map(|code| {
        view! {
            <span class="block font-normal text-soft">
                <code class="font-mono">{code.as_str()}</code>
            </span>
        }
    });
    let through = row
        .application
        .map(|application| application.name.unwrap_or(application.id.0));
    let href = format!("{PATH}/{}", row.id);
    let by = by(row.actor, &row.actor_kind);
    view! {
        <tr>
            <th scope="row">
                <a class="link" href=href>
                    <code class="font-mono">{row.name}</code>
                </a>
                {why}
            </th>
            <td class="wrap-anywhere">{row.user.map(person)}</td>
            <td class="wrap-anywhere max-sm:hidden">{by}</td>
            <td class="wrap-anywhere max-lg:hidden">{through}</td>
            <td class="font-mono max-md:hidden">{row.address}</td>
            <td>
                <Ago at=row.at />
            </td>
        </tr>
    }
}

/// What stands here, and the same without a browser.
#[component]
fn NothingFound(filtered: bool) -> impl IntoView {
    let url = visit::about().public_url;
    let curl = format!(
        "curl -H \"Authorization: Bearer $ACCESS\" \\\n  '{url}/api/v1/admin/events?kind=login_failed&since=2026-11-20'"
    );
    let (title, all) = if filtered {
        ("Nothing matches", Some((PATH, "Show all events")))
    } else {
        ("Nothing has happened yet", None)
    };
    view! {
        <Nothing title all>
            <p>
                "Every sign-in, refusal and change is written here in the moment in which it happens, and kept for as long as
                the settings say. Programs ask the same:"
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
        let query = EventQuery {
            q: Some("192.0.2".to_owned()),
            kind: Some("login_failed".to_owned()),
            outcome: Some(EventOutcome::Failure),
            user: Some("ann & bob".to_owned()),
            actor: Some("root".to_owned()),
            client_id: Some("shop".to_owned()),
            session: Some("7".to_owned()),
            since: Some("2026-02-28".to_owned()),
            until: Some("2028-02-29".to_owned()),
            limit: Some(20),
            cursor: Some("abc".to_owned()),
        };
        let mut params = ParamsMap::new();
        let address = address(&query);
        let (_, said) = address.split_once('?').unwrap_or_default();
        for pair in said.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or_default();
            let plain = |text: &str| text.replace("%5F", "_").replace("%20", " ").replace("%26", "&");
            params.insert(plain(name), plain(value).replace("%2D", "-").replace("%2E", "."));
        }
        assert_eq!(read(&params), query, "{address}");
    }

    #[test]
    fn what_an_address_says_wrong_is_ignored() {
        let mut params = ParamsMap::new();
        let wrong = [
            ("q", " "),
            ("outcome", "shoe"),
            ("since", "yesterday"),
            ("until", "2026-02-29"),
            ("limit", "-1"),
        ];
        for (name, value) in wrong {
            params.insert(name, value.to_owned());
        }
        assert_eq!(read(&params), EventQuery::default());
    }
}
