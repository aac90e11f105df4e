//! Addresses that are not written to: those that bounced, and those that staff put there.

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use sereno_types::{Id, Page, Permission, Problem, SuppressionCause, SuppressionQuery, SuppressionRow};

use crate::{
    console::{Breadcrumb, holders::UserLink, may, overview::grouped},
    ui::{
        alert::Done,
        confirm::Confirm,
        field::{Choice, Field, Hidden, SearchField},
        form::{Attempt, Form, Submit},
        get_form::GetForm,
        heading::Heading,
        icon::Icon,
        loaded::loaded,
        pager::Pager,
        time::Ago,
    },
};

const PATH: &str = "/console/suppressions";

#[server(name = ListSuppressions, prefix = "/console/fn", endpoint = "list_suppressions")]
pub(crate) async fn list_suppressions(query: Option<SuppressionQuery>) -> Result<Page<SuppressionRow>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    // a query without a word leaves no trace in the encoded arguments
    sereno_core::messages::suppressions(&member.sereno, &member.staff, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

#[server(prefix = "/console/fn", endpoint = "suppress_address")]
pub(crate) async fn suppress_address(
    #[server(default)] address: String,
    #[server(default)] note: String,
) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let command = sereno_types::AddSuppression {
        address,
        note: Some(note),
    };
    sereno_core::messages::suppress(&member.sereno, &member.meta, &member.staff, command)
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/console/suppressions?done=added");
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "unsuppress_address")]
pub(crate) async fn unsuppress_address(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::messages::unsuppress(&member.sereno, &member.meta, &member.staff, &Id(id))
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/console/suppressions?done=removed");
    Ok(())
}

/// `/console/suppressions`.
#[component]
pub fn SuppressionsPage() -> impl IntoView {
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(read));
    let page = Resource::new(
        move || query.get(),
        |query| async move { list_suppressions(Some(query.clone())).await.map(|page| (page, query)) },
    );
    let says = move |name: &'static str| asked.with(|params| params.get(name).unwrap_or_default());
    let notice = Signal::derive(move || match says("done").as_str() {
        "added" => Some("The address is not written to any more."),
        "removed" => Some("The address is written to again."),
        _ => None,
    });
    let confirm = Signal::derive(move || says("confirm"));
    loaded(page, move |(page, query)| {
        view! { <SuppressionsView page query notice confirm /> }
    })
}

/// The query that an address means. What it says wrong is as if it were not there.
fn read(params: &ParamsMap) -> SuppressionQuery {
    let text = |name| params.get(name).filter(|value| !value.trim().is_empty());
    SuppressionQuery {
        q: text("q"),
        cause: text("cause").as_deref().and_then(SuppressionCause::from_name),
        limit: text("limit").and_then(|value| value.parse().ok()),
        cursor: text("cursor"),
    }
}

/// The address that means a query, and something more that it asks for.
fn address(query: &SuppressionQuery, confirm: Option<&str>) -> String {
    let mut params = ParamsMap::new();
    let values = [
        ("q", query.q.clone()),
        ("cause", query.cause.map(|cause| cause.as_str().to_owned())),
        ("limit", query.limit.map(|limit| limit.to_string())),
        ("cursor", query.cursor.clone()),
        ("confirm", confirm.map(str::to_owned)),
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
pub fn SuppressionsView(
    /// What was found.
    page: Page<SuppressionRow>,
    /// What was asked.
    query: SuppressionQuery,
    /// What has just been done.
    notice: Signal<Option<&'static str>>,
    /// The id of the entry whose removal the address asks to be confirmed.
    confirm: Signal<String>,
) -> impl IntoView {
    let may_manage = may(Permission::MessagesManage);
    let add = ServerAction::<SuppressAddress>::new();
    let attempt = Attempt::of(add);
    let at = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        let there = SuppressionQuery {
            cursor,
            ..query.clone()
        };
        Some(address(&there, None))
    };
    let pager = view! { <Pager previous=at(&page.prev_cursor) next=at(&page.next_cursor) /> };
    let filtered = query.q.is_some() || query.cause.is_some();
    let total = total(page.total);
    let here = address(&query, None);
    let list = if page.items.is_empty() {
        view! { <Nothing filtered /> }.into_any()
    } else {
        view! { <Table rows=page.items.clone() query=query.clone() may_manage /> }.into_any()
    };
    let all = StoredValue::new(page.items);
    let question = move || {
        let named = all.with_value(|all| all.iter().find(|row| row.id.0 == confirm.get()).cloned());
        let named = named.filter(|_| may_manage);
        named.map(|row| view! { <RemoveQuestion id=row.id address=row.address cancel=here.clone() /> })
    };
    view! {
        <Breadcrumb above=vec![("/console", "Overview")] here="Not written to" />
        {move || notice.get().map(|notice| view! { <Done>{notice}</Done> })}
        <div class="grid gap-1">
            <Heading title="Addresses that are not written to" attempt />
            <p class="max-w-prose text-soft">
                "No mail goes to them. Where an address is here because it bounced, mails that its owner asks for are tried
                again after a day, and one that arrives takes the address from the list."
            </p>
        </div>
        {question}
        <Filters query />
        <p class="text-soft" role="status">
            {total}
        </p>
        {list}
        {pager}
        {may_manage
            .then(|| {
                view! {
                    <section class="card grid grid-cols-1 gap-4 p-5">
                        <h2 class="text-base font-semibold">"Put an address here"</h2>
                        <Form action=add attempt class="grid gap-4">
                            <Field name="address" label="Address" inputmode="email" />
                            <Field name="note" label="Why" hint="For your colleagues." optional=true />
                            <Submit label="Do not write to it" class="button justify-self-start" />
                        </Form>
                    </section>
                }
            })}
    }
}

fn total(total: u64) -> String {
    let addresses = if total == 1 { "address" } else { "addresses" };
    format!("{} {addresses}", grouped(total))
}

const fn cause_name(cause: SuppressionCause) -> &'static str {
    match cause {
        SuppressionCause::HardBounce => "Bounced",
        SuppressionCause::Staff => "By staff",
    }
}

/// A plain GET form. The page size stays, the page does not: another search begins at its first page.
#[component]
fn Filters(query: SuppressionQuery) -> impl IntoView {
    let mut causes = vec![("", "Any cause")];
    causes.extend(
        SuppressionCause::ALL
            .iter()
            .map(|cause| (cause.as_str(), cause_name(*cause))),
    );
    let kept = query
        .limit
        .map(|limit| view! { <input type="hidden" name="limit" value=limit.to_string() /> });
    view! {
        <GetForm action={PATH} {..} role="search" class="flex flex-wrap items-end gap-3">
            <SearchField name="q" label="Search" placeholder="Address" value=query.q />
            <Choice name="cause" label="Cause" options=causes value=query.cause.map_or("", SuppressionCause::as_str) />
            {kept}
            <button type="submit" class="button">
                {Icon::Search.draw()}
                "Search"
            </button>
        </GetForm>
    }
}

#[component]
fn Table(rows: Vec<SuppressionRow>, query: SuppressionQuery, may_manage: bool) -> impl IntoView {
    let rows = rows
        .into_iter()
        .map(|row| {
            let href = address(&query, Some(&row.id.0));
            view! {
                <tr>
                    <th scope="row" class="wrap-anywhere">
                        {row.address}
                        // narrow screens have no columns for them
                        <span class="mt-1 block font-normal text-soft sm:hidden">
                            {cause_name(row.cause)} ", " <Ago at=row.created_at.clone() />
                        </span>
                    </th>
                    <td class="max-sm:hidden">{cause_name(row.cause)}</td>
                    <td class="min-w-40 wrap-anywhere max-md:hidden">{row.note}</td>
                    <td class="max-md:hidden">{row.created_by.map(|user| view! { <UserLink user /> })}</td>
                    <td class="max-sm:hidden">
                        <Ago at=row.created_at />
                    </td>
                    {may_manage
                        .then(|| {
                            view! {
                                <td>
                                    <a class="link whitespace-nowrap" href=href data-noscroll>
                                        "Take off"
                                    </a>
                                </td>
                            }
                        })}
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="card scroller" role="region" aria-label="Addresses" tabindex="0">
            <table class="grid-table">
                <caption class="sr-only">"Addresses that are not written to, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Address"</th>
                        <th scope="col" class="max-sm:hidden">
                            "Cause"
                        </th>
                        <th scope="col" class="max-md:hidden">
                            "Note"
                        </th>
                        <th scope="col" class="max-md:hidden">
                            "By"
                        </th>
                        <th scope="col" class="max-sm:hidden">
                            "Since"
                        </th>
                        {may_manage.then(|| view! { <th scope="col">"Actions"</th> })}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn RemoveQuestion(id: Id, address: String, cancel: String) -> impl IntoView {
    let action = ServerAction::<UnsuppressAddress>::new();
    let attempt = Attempt::of(action);
    view! {
        <Confirm
            id="remove"
            title=format!("Write to {address} again?")
            open=Signal::stored(true)
            cancel
        >
            <p>"Mails to it leave from now on. Those that were skipped stay skipped."</p>
            <Form action attempt>
                <Hidden name="id" value=id.0 />
                <Submit label="Take off the list" class="button button-primary justify-self-start" />
            </Form>
        </Confirm>
    }
}

#[component]
fn Nothing(filtered: bool) -> impl IntoView {
    let title = if filtered {
        "No address matches"
    } else {
        "Every address is written to"
    };
    let all = filtered.then(|| {
        view! {
            <a class="link justify-self-start" href=PATH>
                "Show all addresses"
            </a>
        }
    });
    view! {
        <div class="card grid gap-3 p-6">
            <h2 class="text-base font-semibold">{title}</h2>
            <p>
                "An address comes here when its mail server says that there is no such mailbox (5.1.1), or when somebody of the
                staff puts it here."
            </p>
            {all}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_means_what_it_was_made_from() {
        let query = SuppressionQuery {
            q: Some("ana".to_owned()),
            cause: Some(SuppressionCause::HardBounce),
            limit: Some(20),
            cursor: None,
        };
        assert_eq!(
            address(&query, Some("7")),
            "/console/suppressions?q=ana&cause=hard%5Fbounce&limit=20&confirm=7"
        );
    }
}
