//! All sign-ins that work right now, for staff: whose they are, through what, from where, and ending one. Search, filters
//! and page are all in the address.

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use sereno_types::{Page, Permission, Problem, SessionKind, SessionQuery, SessionRow};

use crate::{
    account::sessions::{device_name, through},
    console::{Breadcrumb, address::counted, holders::UserLink, may},
    ui::{
        alert::{Done, Tone},
        badge::Badge,
        field::{Choice, Hidden, SearchField},
        form::{Attempt, ErrorSummary, Form},
        heading::Heading,
        icon::Icon,
        list::{Filters, Listing, Nothing},
        loaded::loaded,
        time::Ago,
    },
    visit,
};

const PATH: &str = "/console/sessions";

#[server(name = ListSessions, prefix = "/console/fn", endpoint = "list_sessions")]
pub(crate) async fn list_sessions(query: Option<SessionQuery>) -> Result<Page<SessionRow>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    // a query without a word leaves no trace in the encoded arguments
    sereno_core::account::sessions::list(&member.sereno, &member.staff, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

/// Ends one sign-in. `list` is the address of the list to go back to.
#[server(prefix = "/console/fn", endpoint = "end_session")]
pub(crate) async fn end_any_session(
    #[server(default)] id: String,
    #[server(default)] list: String,
) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::account::sessions::end_theirs(&member.sereno, &member.meta, &member.staff, &sereno_types::Id(id))
        .await
        .map_err(gate::refuse)?;
    let query = gate::local(&list)
        .strip_prefix(PATH)
        .and_then(|rest| rest.strip_prefix('?'));
    let query = query.map_or_else(String::new, |query| format!("{query}&"));
    gate::go_to(&format!("{PATH}?{query}done=one"));
    Ok(())
}

/// `/console/sessions`.
#[component]
pub fn SessionsPage() -> impl IntoView {
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(read));
    let page = Resource::new(
        move || query.get(),
        |query| async move { list_sessions(Some(query.clone())).await.map(|page| (page, query)) },
    );
    loaded(page, move |(page, query)| {
        let done = asked.with_untracked(|asked| asked.get("done")).as_deref() == Some("one");
        view! { <SessionsView page query done /> }
    })
}

/// The query that an address means. What it says wrong is as if it were not there.
fn read(params: &ParamsMap) -> SessionQuery {
    let text = |name| params.get(name).filter(|value| !value.trim().is_empty());
    SessionQuery {
        user: text("user"),
        client_id: text("client_id"),
        address: text("address"),
        device: None,
        kind: text("kind").as_deref().and_then(SessionKind::from_name),
        limit: text("limit").and_then(|value| value.parse().ok()),
        cursor: text("cursor"),
    }
}

/// The address that means a query.
fn address(query: &SessionQuery) -> String {
    let mut params = ParamsMap::new();
    let values = [
        ("user", query.user.clone()),
        ("client_id", query.client_id.clone()),
        ("address", query.address.clone()),
        ("kind", query.kind.map(|kind| kind.as_str().to_owned())),
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
pub fn SessionsView(
    /// What was found.
    page: Page<SessionRow>,
    /// What was asked.
    query: SessionQuery,
    /// Whether one was just ended.
    #[prop(default = false)]
    done: bool,
) -> impl IntoView {
    let action = ServerAction::<EndAnySession>::new();
    let attempt = Attempt::of(action);
    let at = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        Some(address(&SessionQuery {
            cursor,
            ..query.clone()
        }))
    };
    let around = (at(&page.prev_cursor), at(&page.next_cursor));
    let filtered = query.user.is_some() || query.client_id.is_some() || query.address.is_some() || query.kind.is_some();
    let total = counted(page.total, "sign-in", "sign-ins", filtered);
    let list = if page.items.is_empty() {
        view! { <NothingFound filtered /> }.into_any()
    } else {
        view! { <Table rows=page.items list=address(&query) action attempt /> }.into_any()
    };
    view! {
        <Breadcrumb above=vec![("/console", "Overview")] here="Sessions" />
        <div class="grid gap-1">
            <Heading title="Sessions" attempt />
            <p class="text-soft">"Every browser and application that has access to an account right now."</p>
        </div>
        {done.then(|| view! { <Done>"The sign-in has ended."</Done> })}
        <Chosen query />
        <ErrorSummary attempt />
        <Listing total around>
            {list}
        </Listing>
    }
}

/// A plain GET form. The page size stays, the page does not: another search begins at its first page.
#[component]
fn Chosen(query: SessionQuery) -> impl IntoView {
    let kinds = vec![("", "Any kind"), ("browser", "Browsers"), ("tokens", "Applications")];
    let kept = vec![("limit", query.limit.map(|limit| limit.to_string()))];
    view! {
        <Filters path=PATH kept>
            <SearchField name="user" label="User" placeholder="Address, name or number" value=query.user />
            <SearchField name="client_id" label="Application" placeholder="Client id" value=query.client_id />
            <SearchField name="address" label="Network address" placeholder="192.0.2.7" value=query.address />
            <Choice name="kind" label="Kind" options=kinds value=query.kind.map_or("", SessionKind::as_str) />
        </Filters>
    }
}

#[component]
fn Table(rows: Vec<SessionRow>, list: String, action: ServerAction<EndAnySession>, attempt: Attempt) -> impl IntoView {
    let may_end = may(Permission::SessionsManage);
    let rows = rows
        .into_iter()
        .map(|row| view! { <Row row list=list.clone() may_end action attempt /> })
        .collect_view();
    view! {
        <div class="card scroller" role="region" aria-label="Sign-ins" tabindex="0">
            <table class="grid-table">
                <caption class="sr-only">"Sign-ins, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"User"</th>
                        <th scope="col" class="max-sm:hidden">
                            "Device"
                        </th>
                        <th scope="col" class="max-md:hidden">
                            "Through"
                        </th>
                        <th scope="col" class="max-lg:hidden">
                            "Address"
                        </th>
                        <th scope="col" class="max-lg:hidden">
                            "Signed in"
                        </th>
                        <th scope="col" class="max-md:hidden">
                            "Last seen"
                        </th>
                        {may_end.then(|| view! { <th scope="col">"Actions"</th> })}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(
    row: SessionRow,
    list: String,
    may_end: bool,
    action: ServerAction<EndAnySession>,
    attempt: Attempt,
) -> impl IntoView {
    let device = device_name(&row).unwrap_or_else(|| "Unknown device".to_owned());
    let through = through(&row, "Browser");
    let name = row.user.as_ref().map(|user| user.name.clone()).unwrap_or_default();
    let user = row.user.map(|user| view! { <UserLink user /> });
    let end = {
        let what = format!(" {device} of {name}");
        let id = row.id.0;
        move || {
            view! {
                <td>
                    <Form action attempt class="contents" tells=false>
                        <Hidden name="id" value=id />
                        <Hidden name="list" value=list />
                        <button type="submit" class="button">
                            "End"
                            <span class="sr-only">{what}</span>
                        </button>
                    </Form>
                </td>
            }
        }
    };
    view! {
        <tr>
            <th scope="row">
                {user} // narrow screens have no columns for it
                <span class="mt-1 block font-normal text-muted md:hidden">
                    <span class="wrap-anywhere sm:hidden">{device.clone()} ", "</span>
                    {through.clone()}
                    ", "
                    <Ago at=row.last_seen_at.clone() />
                </span>
                {row
                    .is_current
                    .then(|| {
                        view! {
                            <span class="mt-1.5 flex">
                                <Badge tone=Tone::Info icon=Icon::Info text="You, right now" />
                            </span>
                        }
                    })}
            </th>
            <td class="max-sm:hidden">
                <span class="wrap-anywhere" title=row.user_agent>
                    {device}
                </span>
            </td>
            <td class="max-md:hidden">{through}</td>
            <td class="font-mono max-lg:hidden">{row.address}</td>
            <td class="max-lg:hidden">
                <Ago at=row.created_at />
            </td>
            <td class="max-md:hidden">
                <Ago at=row.last_seen_at />
            </td>
            {may_end.then(end)}
        </tr>
    }
}

/// What a sign-in is, how the first one comes, and the same without a browser.
#[component]
fn NothingFound(filtered: bool) -> impl IntoView {
    let url = visit::about().public_url;
    let curl = format!("curl -H \"Authorization: Bearer $ACCESS\" \\\n  '{url}/api/v1/admin/sessions?kind=tokens'");
    let (title, all) = if filtered {
        ("Nothing matches", Some((PATH, "Show all sign-ins")))
    } else {
        ("Nobody is signed in", None)
    };
    view! {
        <Nothing title all>
            <p>
                "A sign-in begins when somebody signs in on a page, or through an application, and is listed here until it
                ends or is ended. The search takes whole words: a user, the client id of an application, the address that
                the sign-in began from. Programs ask the same:"
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
        let query = SessionQuery {
            user: Some("ann & bob".to_owned()),
            client_id: Some("shop".to_owned()),
            address: Some("2001:db8::7".to_owned()),
            device: None,
            kind: Some(SessionKind::Tokens),
            limit: Some(20),
            cursor: Some("abc".to_owned()),
        };
        assert_eq!(
            address(&query),
            "/console/sessions?user=ann%20%26%20bob&client%5Fid=shop&address=2001%3Adb8%3A%3A7&kind=tokens&limit=20&cursor=abc"
        );
        assert_eq!(address(&SessionQuery::default()), "/console/sessions");
    }

    #[test]
    fn what_an_address_says_wrong_is_ignored() {
        let mut params = ParamsMap::new();
        for (name, value) in [("user", " "), ("kind", "shoe"), ("limit", "-1")] {
            params.insert(name, value.to_owned());
        }
        assert_eq!(read(&params), SessionQuery::default());
    }
}
