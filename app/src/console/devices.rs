//! The list of devices. Search and page are in the address.

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use sereno_types::{DeviceQuery, DeviceRow, Page, Problem};

use crate::{
    console::{Breadcrumb, overview::grouped},
    ui::{
        alert::Done, device, field::SearchField, get_form::GetForm, heading::Heading, icon::Icon, loaded::loaded,
        pager::Pager, time::Ago,
    },
};

const PATH: &str = "/console/devices";

#[server(name = ListDevices, prefix = "/console/fn", endpoint = "list_devices")]
pub(crate) async fn list_devices(query: Option<DeviceQuery>) -> Result<Page<DeviceRow>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    // a query without a word leaves no trace in the encoded arguments
    sereno_core::account::devices::list(&member.sereno, &member.staff, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

/// `/console/devices`.
#[component]
pub fn DevicesPage() -> impl IntoView {
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(read));
    let removed = Signal::derive(move || asked.with(|params| params.get("done").as_deref() == Some("removed")));
    let page = Resource::new(
        move || query.get(),
        |query| async move { list_devices(Some(query.clone())).await.map(|page| (page, query)) },
    );
    loaded(page, move |(page, query)| view! { <DevicesView page query removed /> })
}

/// The query that an address means. What it says wrong is as if it were not there.
fn read(params: &ParamsMap) -> DeviceQuery {
    let text = |name| params.get(name).filter(|value| !value.is_empty());
    DeviceQuery {
        q: text("q"),
        user: text("user"),
        limit: text("limit").and_then(|value| value.parse().ok()),
        cursor: text("cursor"),
    }
}

/// The address that means a query.
fn address(query: &DeviceQuery) -> String {
    let mut params = ParamsMap::new();
    let mut set = |name, value: Option<String>| {
        if let Some(value) = value {
            params.insert(name, value);
        }
    };
    set("q", query.q.clone());
    set("user", query.user.clone());
    set("limit", query.limit.map(|limit| limit.to_string()));
    set("cursor", query.cursor.clone());
    format!("{PATH}{}", params.to_query_string())
}

/// The list, once it is known.
#[component]
pub fn DevicesView(
    /// What was found.
    page: Page<DeviceRow>,
    /// What was asked.
    query: DeviceQuery,
    /// Whether one has just been removed.
    removed: Signal<bool>,
) -> impl IntoView {
    let at = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        Some(address(&DeviceQuery {
            cursor,
            ..query.clone()
        }))
    };
    let pager = view! { <Pager previous=at(&page.prev_cursor) next=at(&page.next_cursor) /> };
    let filtered = query.q.is_some() || query.user.is_some();
    let list = match (page.items.is_empty(), filtered) {
        (true, true) => view! { <NothingFound /> }.into_any(),
        (true, false) => view! { <NoneYet /> }.into_any(),
        (false, _) => view! { <Table rows=page.items /> }.into_any(),
    };
    view! {
        <Breadcrumb above=vec![("/console", "Overview")] here="Devices" />
        {move || {
            removed.get().then(|| view! { <Done>"The device is removed, and its sign-ins have ended."</Done> })
        }}
        <Heading title="Devices" />
        <Filters query />
        <p class="text-soft" role="status">
            {total(page.total, filtered)}
        </p>
        {list}
        {pager}
    }
}

fn total(total: u64, filtered: bool) -> String {
    let devices = if total == 1 { "device" } else { "devices" };
    let verb = if total == 1 { "matches" } else { "match" };
    let rest = if filtered { format!(" {verb}") } else { String::new() };
    format!("{} {devices}{rest}", grouped(total))
}

/// A plain GET form. The page size stays, the page does not: another search begins at its first page.
#[component]
fn Filters(query: DeviceQuery) -> impl IntoView {
    let limit = query
        .limit
        .map(|limit| view! { <input type="hidden" name="limit" value=limit.to_string() /> });
    view! {
        <GetForm action={PATH} {..} role="search" class="flex flex-wrap items-end gap-3">
            <SearchField name="q" label="Search" placeholder="Device, system or address" value=query.q />
            <SearchField name="user" label="User" placeholder="Address, name or number" value=query.user />
            {limit}
            <button type="submit" class="button">
                {Icon::Search.draw()}
                "Search"
            </button>
        </GetForm>
    }
}

#[component]
fn Table(rows: Vec<DeviceRow>) -> impl IntoView {
    let rows = rows.into_iter().map(|row| view! { <Row row /> }).collect_view();
    view! {
        <div class="card scroller" role="region" aria-label="Devices" tabindex="0">
            <table class="grid-table">
                <caption class="sr-only">"Devices, last seen first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Device"</th>
                        <th scope="col" class="max-sm:hidden">
                            "User"
                        </th>
                        <th scope="col" class="max-md:hidden">
                            "System"
                        </th>
                        <th scope="col" class="max-md:hidden">
                            "Address"
                        </th>
                        <th scope="col">"Last seen"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: DeviceRow) -> impl IntoView {
    let owner = row.user.clone().map(|user| user.name).unwrap_or_default();
    view! {
        <tr>
            <th scope="row">
                <a class="link wrap-anywhere" href=format!("{PATH}/{}", row.id)>
                    {called(&row)}
                </a>
                <span class="block font-normal wrap-anywhere text-muted sm:hidden">{owner.clone()}</span>
            </th>
            <td class="wrap-anywhere max-sm:hidden">{owner}</td>
            <td class="wrap-anywhere max-md:hidden">{device::system(&row)}</td>
            <td class="font-mono max-md:hidden">{row.address.clone()}</td>
            <td>
                <Ago at=row.last_seen_at />
            </td>
        </tr>
    }
}

/// How a device is called: by its name, else by what it is.
pub(super) fn called(row: &DeviceRow) -> String {
    let system = device::system(row);
    let words = row.name.clone().or_else(|| row.device_type.clone()).or(system);
    words.unwrap_or_else(|| "A device without a name".to_owned())
}

#[component]
fn NothingFound() -> impl IntoView {
    view! {
        <div class="card grid gap-3 p-6">
            <h2 class="text-base font-semibold">"No device matches"</h2>
            <p>
                "The search looks for parts of the device's name, of its system and of its user's address or user name, and
                for whole ids. A user must be named whole."
            </p>
            <a class="link justify-self-start" href=PATH>
                "Show all devices"
            </a>
        </div>
    }
}

/// What devices are, and how they come.
#[component]
fn NoneYet() -> impl IntoView {
    view! {
        <div class="card grid gap-3 p-6">
            <h2 class="text-base font-semibold">"No devices yet"</h2>
            <p>
                "A device is a phone, a tablet or a computer on which somebody uses an application of yours. It shows here as
                soon as the application names it at a sign-in, in the field "
                <code class="font-mono">"device"</code> " of " <code class="font-mono">"POST /api/v1/login"</code> "."
            </p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_means_what_it_was_made_from() {
        let query = DeviceQuery {
            q: Some("ann's & co".to_owned()),
            user: Some("ana@example.org".to_owned()),
            limit: Some(20),
            cursor: Some("abc".to_owned()),
        };
        assert_eq!(
            address(&query),
            "/console/devices?q=ann%27s%20%26%20co&user=ana%40example%2Eorg&limit=20&cursor=abc"
        );
        let mut params = ParamsMap::new();
        for (name, value) in [("q", ""), ("user", ""), ("limit", "-1"), ("sort", "shoe")] {
            params.insert(name, value.to_owned());
        }
        assert_eq!(read(&params), DeviceQuery::default());
    }

    #[test]
    fn the_total_is_a_sentence() {
        assert_eq!(total(1, true), "1 device matches");
        assert_eq!(total(1234, false), "1,234 devices");
    }
}
