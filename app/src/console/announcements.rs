//! Announcements: mails to many, newest first, with how far each has come. Search, filters and page are in the address.

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use sereno_types::{AnnouncementQuery, AnnouncementRow, AnnouncementState, Page, Permission, Problem};

use crate::{
    console::{
        Breadcrumb,
        address::{address, counted, said},
        may,
        overview::grouped,
    },
    ui::{
        alert::{Done, Tone},
        badge::Badge,
        field::{Choice, SearchField},
        heading::Heading,
        icon::Icon,
        list::{Filters, Listing, Nothing},
        loaded::loaded,
        time::{Ago, At},
    },
};

pub(super) const PATH: &str = "/console/announcements";

#[server(name = ListAnnouncements, prefix = "/console/fn", endpoint = "list_announcements")]
pub(crate) async fn list_announcements(query: Option<AnnouncementQuery>) -> Result<Page<AnnouncementRow>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::announcements::list(&member.sereno, &member.staff, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

/// `/console/announcements`.
#[component]
pub fn AnnouncementsPage() -> impl IntoView {
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(read));
    let page = Resource::new(
        move || query.get(),
        |query| async move { list_announcements(Some(query.clone())).await.map(|page| (page, query)) },
    );
    let deleted = Signal::derive(move || asked.with(|asked| said(asked, "done")).as_deref() == Some("deleted"));
    loaded(
        page,
        move |(page, query)| view! { <AnnouncementsView page query deleted /> },
    )
}

/// The query that an address means. What it says wrong is as if it were not there.
fn read(params: &ParamsMap) -> AnnouncementQuery {
    AnnouncementQuery {
        q: said(params, "q"),
        state: said(params, "state").as_deref().and_then(AnnouncementState::from_name),
        project: said(params, "project"),
        limit: said(params, "limit").and_then(|limit| limit.parse().ok()),
        cursor: said(params, "cursor"),
    }
}

/// The address that means a query.
fn list_address(query: &AnnouncementQuery) -> String {
    let says = vec![
        ("q", query.q.clone()),
        ("state", query.state.map(|state| state.as_str().to_owned())),
        ("project", query.project.clone()),
        ("limit", query.limit.map(|limit| limit.to_string())),
        ("cursor", query.cursor.clone()),
    ];
    address(PATH, says)
}

/// The list, once it is known.
#[component]
pub fn AnnouncementsView(
    /// What was found.
    page: Page<AnnouncementRow>,
    /// What was asked.
    query: AnnouncementQuery,
    /// Whether one was just deleted.
    #[prop(into)]
    deleted: Signal<bool>,
) -> impl IntoView {
    let at = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        Some(list_address(&AnnouncementQuery {
            cursor,
            ..query.clone()
        }))
    };
    let around = (at(&page.prev_cursor), at(&page.next_cursor));
    let place = AnnouncementQuery {
        limit: query.limit,
        cursor: query.cursor.clone(),
        ..AnnouncementQuery::default()
    };
    let filtered = query != place;
    let total = counted(page.total, "announcement", "announcements", filtered);
    let is_empty = page.items.is_empty();
    let mut states = vec![("", "Any state")];
    states.extend(
        AnnouncementState::ALL
            .iter()
            .map(|state| (state.as_str(), state_name(*state))),
    );
    let kept = vec![("limit", query.limit.map(|limit| limit.to_string()))];
    view! {
        <Breadcrumb above=vec![("/console", "Overview")] here="Announcements" />
        {move || deleted.get().then(|| view! { <Done>"The draft is deleted."</Done> })}
        <div class="flex flex-wrap items-start justify-between gap-4">
            <div class="grid gap-1">
                <Heading title="Announcements" />
                <p class="text-soft">"Mails to many: written, tried, sent in the background, and what became of each."</p>
            </div>
            {may(Permission::MessagesManage)
                .then(|| {
                    view! {
                        <a class="button button-primary" href="/console/announcements/new">
                            {Icon::Plus.draw()}
                            "Write an announcement"
                        </a>
                    }
                })}
        </div>
        <Filters path=PATH kept>
            <SearchField name="q" label="Search" placeholder="Name or subject" value=query.q />
            <SearchField name="project" label="Project" placeholder="Its name in addresses" value=query.project />
            <Choice
                name="state"
                label="State"
                options=states
                value=query.state.map_or("", AnnouncementState::as_str)
            />
        </Filters>
        <Listing total around>
            {if is_empty {
                view! { <NoAnnouncements filtered /> }.into_any()
            } else {
                view! { <Table rows=page.items /> }.into_any()
            }}
        </Listing>
    }
}

#[component]
fn NoAnnouncements(filtered: bool) -> impl IntoView {
    let (title, all) = if filtered {
        ("No announcement matches", Some((PATH, "Show all announcements")))
    } else {
        ("No announcements yet", None)
    };
    view! {
        <Nothing title all>
            <p>"An announcement is a mail to all users, to some of them, or to a list of addresses."</p>
        </Nothing>
    }
}

#[component]
fn Table(rows: Vec<AnnouncementRow>) -> impl IntoView {
    let rows = rows.into_iter().map(|row| view! { <Row row /> }).collect_view();
    view! {
        <div class="card scroller" role="region" aria-label="Announcements" tabindex="0">
            <table class="grid-table">
                <caption class="sr-only">"Announcements, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Announcement"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Progress"</th>
                        <th scope="col" class="max-md:hidden">
                            "Project"
                        </th>
                        <th scope="col" class="max-sm:hidden">
                            "Written"
                        </th>
                        <th scope="col" class="max-lg:hidden">
                            "Moment"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: AnnouncementRow) -> impl IntoView {
    let progress = progress(&row);
    view! {
        <tr>
            <th scope="row" class="wrap-anywhere">
                <a class="link" href=format!("{PATH}/{}", row.id)>
                    {row.name}
                </a>
                <span class="block font-normal text-soft">{row.subject}</span>
            </th>
            <td>
                <AnnouncementBadge state=row.state />
            </td>
            <td>{progress}</td>
            <td class="wrap-anywhere max-md:hidden">{row.project}</td>
            <td class="max-sm:hidden">
                <Ago at=row.created_at />
            </td>
            <td class="max-lg:hidden">{row.send_at.map(|at| view! { <At at /> })}</td>
        </tr>
    }
}

/// `120 of 1,000`, once there is something to say.
pub(super) fn progress(row: &AnnouncementRow) -> Option<String> {
    let recipients = row.recipients?;
    Some(format!("{} of {}", grouped(row.counts.done()), grouped(recipients)))
}

/// Where an announcement stands.
#[component]
pub(super) fn AnnouncementBadge(
    /// The state.
    state: AnnouncementState,
) -> impl IntoView {
    let (tone, icon) = match state {
        AnnouncementState::Draft => (Tone::Plain, Icon::Mail),
        AnnouncementState::Scheduled => (Tone::Info, Icon::Clock),
        AnnouncementState::Sending => (Tone::Info, Icon::Activity),
        AnnouncementState::Paused => (Tone::Warn, Icon::Lock),
        AnnouncementState::Sent => (Tone::Good, Icon::CircleCheck),
        AnnouncementState::Cancelled => (Tone::Plain, Icon::Ban),
    };
    view! { <Badge tone icon text=state_name(state) /> }
}

/// What the console calls a state.
const fn state_name(state: AnnouncementState) -> &'static str {
    match state {
        AnnouncementState::Draft => "Draft",
        AnnouncementState::Scheduled => "Scheduled",
        AnnouncementState::Sending => "Sending",
        AnnouncementState::Paused => "Paused",
        AnnouncementState::Sent => "Sent",
        AnnouncementState::Cancelled => "Ended",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_says_wrong_is_ignored() {
        let mut params = ParamsMap::new();
        for (name, value) in [("q", " "), ("state", "flying"), ("limit", "many")] {
            params.insert(name, value.to_owned());
        }
        assert_eq!(read(&params), AnnouncementQuery::default());
        let query = AnnouncementQuery {
            q: Some("a & b".to_owned()),
            state: Some(AnnouncementState::Paused),
            ..AnnouncementQuery::default()
        };
        assert_eq!(
            list_address(&query),
            "/console/announcements?q=a%20%26%20b&state=paused"
        );
    }
}
