//! The list of users. Search, filters, order and page are all in the address, so a shared link and the back button
//! restore the view.

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use sereno_types::{Page, Permission, Problem, UserQuery, UserRow, UserSort, UserState};

use crate::{
    console::{Breadcrumb, address::counted, may},
    ui::{
        badge::{AdministratorBadge, StateBadge, state_name},
        field::{Choice, SearchField},
        heading::Heading,
        icon::Icon,
        list::{Filters, Listing, Nothing},
        loaded::loaded,
        sort::{Direction, SortHeader},
        time::Ago,
    },
    visit,
};

const PATH: &str = "/console/users";

#[server(name = ListUsers, prefix = "/console/fn", endpoint = "list_users")]
pub(crate) async fn list_users(query: Option<UserQuery>) -> Result<Page<UserRow>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    // a query without a word leaves no trace in the encoded arguments
    sereno_core::account::admin::list(&member.sereno, &member.staff, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

/// `/console/users`.
#[component]
pub fn UsersPage() -> impl IntoView {
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(read));
    let page = Resource::new(
        move || query.get(),
        |query| async move { list_users(Some(query.clone())).await.map(|page| (page, query)) },
    );
    loaded(page, |(page, query)| view! { <UsersView page query /> })
}

/// The query that an address means. What it says wrong is as if it were not there.
fn read(params: &ParamsMap) -> UserQuery {
    let text = |name| params.get(name).filter(|value| !value.is_empty());
    UserQuery {
        q: text("q"),
        state: text("state").as_deref().and_then(UserState::from_name),
        superuser: text("superuser").and_then(|value| value.parse().ok()),
        sort: text("sort").as_deref().and_then(UserSort::from_name),
        limit: text("limit").and_then(|value| value.parse().ok()),
        cursor: text("cursor"),
    }
}

/// The address that means a query.
fn address(query: &UserQuery) -> String {
    let mut params = ParamsMap::new();
    let mut set = |name, value: Option<String>| {
        if let Some(value) = value {
            params.insert(name, value);
        }
    };
    set("q", query.q.clone());
    set("state", query.state.map(|state| state.as_str().to_owned()));
    set("superuser", query.superuser.map(|superuser| superuser.to_string()));
    set("sort", query.sort.map(|sort| sort.as_str().to_owned()));
    set("limit", query.limit.map(|limit| limit.to_string()));
    set("cursor", query.cursor.clone());
    format!("{PATH}{}", params.to_query_string())
}

/// The list, once it is known.
#[component]
pub fn UsersView(
    /// What was found.
    page: Page<UserRow>,
    /// What was asked.
    query: UserQuery,
) -> impl IntoView {
    let at = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        Some(address(&UserQuery {
            cursor,
            ..query.clone()
        }))
    };
    let around = (at(&page.prev_cursor), at(&page.next_cursor));
    let filtered = query.q.is_some() || query.state.is_some() || query.superuser.is_some();
    let list = match (page.items.is_empty(), filtered) {
        (true, true) => view! { <NothingFound /> }.into_any(),
        (true, false) => view! { <NobodyYet /> }.into_any(),
        (false, _) => view! { <Table rows=page.items query=query.clone() /> }.into_any(),
    };
    view! {
        <Breadcrumb above=vec![("/console", "Overview")] here="Users" />
        <div class="flex flex-wrap items-start justify-between gap-4">
            <Heading title="Users" />
            {may(Permission::UsersManage)
                .then(|| {
                    view! {
                        <a class="button button-primary" href=super::user_invite::PATH>
                            {Icon::Plus.draw()}
                            "Invite"
                        </a>
                    }
                })}
        </div>
        <Chosen query />
        <Listing total=counted(page.total, "account", "accounts", filtered) around>
            {list}
        </Listing>
    }
}

/// A plain GET form. Order and page size stay, the page does not: another search begins at its first page.
#[component]
fn Chosen(query: UserQuery) -> impl IntoView {
    let states = std::iter::once(("", "Any state"))
        .chain(UserState::ALL.iter().map(|&state| (state.as_str(), state_name(state))))
        .collect();
    let who = vec![("", "Everybody"), ("true", "Administrators"), ("false", "Others")];
    let kept = vec![
        ("sort", query.sort.map(|sort| sort.as_str().to_owned())),
        ("limit", query.limit.map(|limit| limit.to_string())),
    ];
    view! {
        <Filters path=PATH kept>
            <SearchField name="q" label="Search" placeholder="Address, name or number" value=query.q />
            <Choice name="state" label="State" options=states value=query.state.map_or("", UserState::as_str) />
            <Choice name="superuser" label="Who" options=who value=chosen(query.superuser) />
        </Filters>
    }
}

const fn chosen(superuser: Option<bool>) -> &'static str {
    match superuser {
        None => "",
        Some(true) => "true",
        Some(false) => "false",
    }
}

#[component]
fn Table(rows: Vec<UserRow>, query: UserQuery) -> impl IntoView {
    let rows = rows.into_iter().map(|row| view! { <Row row /> }).collect_view();
    view! {
        <div class="card scroller" role="region" aria-label="Users" tabindex="0">
            <table class="grid-table">
                <caption class="sr-only">"Users"</caption>
                <thead>
                    <tr>
                        {header(&query, "User", UserSort::Email, UserSort::EmailDescending, "")}
                        <th scope="col" class="max-sm:hidden">
                            "State"
                        </th>
                        <th scope="col" class="max-md:hidden">
                            "Number"
                        </th>
                        {header(&query, "Created", UserSort::Oldest, UserSort::Newest, "max-md:hidden")}
                        {header(
                            &query,
                            "Last sign-in",
                            UserSort::LastLoginAscending,
                            UserSort::LastLogin,
                            "max-sm:hidden",
                        )}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

/// The header of a column with its two orders. Another order begins at its first page.
fn header(
    query: &UserQuery,
    label: &'static str,
    ascending: UserSort,
    descending: UserSort,
    class: &'static str,
) -> impl IntoView + use<> {
    let now = query.sort.unwrap_or_default();
    let (direction, other) = match now {
        sort if sort == ascending => (Some(Direction::Ascending), descending),
        sort if sort == descending => (Some(Direction::Descending), ascending),
        // names are looked up from A on, dates from the latest on
        _ if ascending == UserSort::Email => (None, ascending),
        _ => (None, descending),
    };
    let href = address(&UserQuery {
        sort: Some(other),
        cursor: None,
        ..query.clone()
    });
    view! { <SortHeader label href direction class /> }
}

#[component]
fn Row(row: UserRow) -> impl IntoView {
    let name = row
        .email
        .clone()
        .or_else(|| row.username.clone())
        .unwrap_or_else(|| format!("User {}", row.number));
    let second = row.email.and(row.username);
    // narrow screens have no column for it
    let state = || {
        view! {
            <StateBadge state=row.state />
            {row.is_superuser.then(|| view! { <AdministratorBadge /> })}
        }
    };
    view! {
        <tr>
            <th scope="row">
                <a class="link wrap-anywhere" href=format!("{PATH}/{}", row.id)>
                    {name}
                </a>
                {second.map(|second| view! { <span class="block text-muted">{second}</span> })}
                <span class="mt-1.5 flex flex-wrap gap-1.5 sm:hidden">{state()}</span>
            </th>
            <td class="max-sm:hidden">
                <span class="flex flex-wrap gap-1.5">{state()}</span>
            </td>
            <td class="max-md:hidden">{row.number}</td>
            <td class="max-md:hidden">
                <Ago at=row.created_at />
            </td>
            <td class="max-sm:hidden">
                {match row.last_login_at {
                    Some(at) => view! { <Ago at /> }.into_any(),
                    None => view! { <span class="text-muted">"Never"</span> }.into_any(),
                }}
            </td>
        </tr>
    }
}

#[component]
fn NothingFound() -> impl IntoView {
    view! {
        <Nothing title="Nobody matches" all=Some((PATH, "Show all users"))>
            <p>"The search looks for parts of addresses and names, and for whole numbers."</p>
        </Nothing>
    }
}

/// What users are, how the first ones come, and the same without a browser.
#[component]
fn NobodyYet() -> impl IntoView {
    view! {
        <div class="card grid gap-3 p-6">
            <h2 class="text-base font-semibold">"No users yet"</h2>
            <p>
                "A user is a person with an account: an address or a user name, and a way to sign in. Most create their
                account themselves on the " <a class="link" href="/account/sign-up">
                    "sign-up page"
                </a> ", or your application does it for them:"
            </p>
            <pre class="shell" tabindex="0">
                <code>{sign_up_by_curl(&visit::about().public_url)}</code>
            </pre>
        </div>
    }
}

fn sign_up_by_curl(url: &str) -> String {
    let body = r#"{"email": "ana@example.org", "password": "wheelbarrow at dawn"}"#;
    format!("curl --json '{body}' \\\n  {url}/api/v1/registrations")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_means_what_it_was_made_from() {
        let query = UserQuery {
            q: Some("ann & bob".to_owned()),
            state: Some(UserState::Locked),
            superuser: Some(false),
            sort: Some(UserSort::EmailDescending),
            limit: Some(20),
            cursor: Some("abc_-".to_owned()),
        };
        let address = address(&query);
        assert_eq!(
            address,
            "/console/users?q=ann%20%26%20bob&state=locked&superuser=false&sort=%2Demail&limit=20&cursor=abc%5F%2D"
        );
    }

    #[test]
    fn what_an_address_says_wrong_is_ignored() {
        let mut params = ParamsMap::new();
        for (name, value) in [
            ("q", ""),
            ("state", "asleep"),
            ("superuser", "yes"),
            ("limit", "-1"),
            ("sort", "shoe"),
        ] {
            params.insert(name, value.to_owned());
        }
        assert_eq!(read(&params), UserQuery::default());
    }
}
