//! What changed in a user's profile: each field with what it held and what it holds, who changed it, and when.

use leptos::prelude::*;
use leptos_router::{
    hooks::{use_params_map, use_query_map},
    params::ParamsMap,
};
use sereno_types::{ChangeQuery, Id, Page, Problem, ProfileChange, UserDetail};

use crate::{
    console::{
        overview::grouped,
        user::{UserHead, Who, user},
    },
    profile_form::told,
    text::{Locale, texts},
    ui::{loaded::loaded, pager::Pager, time::Ago},
};

#[server(name = ListUserChanges, prefix = "/console/fn", endpoint = "user_changes")]
pub(crate) async fn user_changes(
    #[server(default)] id: String,
    query: Option<ChangeQuery>,
) -> Result<Page<ProfileChange>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let query = query.unwrap_or_default();
    sereno_core::account::profile::changes(&member.sereno, &member.staff, &Id(id), query)
        .await
        .map_err(gate::refuse)
}

/// `/console/users/{id}/changes`.
#[component]
pub fn UserChangesPage() -> impl IntoView {
    let (params, asked) = (use_params_map(), use_query_map());
    let query = Memo::new(move |_| asked.with(read));
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let loads = move || (id.get(), query.get());
    let page = Resource::new(loads, |(id, query)| async move {
        let user = user(id.clone()).await?;
        let page = user_changes(id, Some(query.clone())).await?;
        Ok((user, page, query))
    });
    loaded(
        page,
        |(user, page, query)| view! { <UserChangesView user page query /> },
    )
}

/// The query that an address means. What it says wrong is as if it were not there.
fn read(params: &ParamsMap) -> ChangeQuery {
    let text = |name| params.get(name).filter(|value| !value.is_empty());
    ChangeQuery {
        field: text("field"),
        limit: text("limit").and_then(|value| value.parse().ok()),
        cursor: text("cursor"),
    }
}

fn address(id: &Id, query: &ChangeQuery) -> String {
    let mut params = ParamsMap::new();
    let mut set = |name, value: Option<String>| {
        if let Some(value) = value {
            params.insert(name, value);
        }
    };
    set("field", query.field.clone());
    set("limit", query.limit.map(|limit| limit.to_string()));
    set("cursor", query.cursor.clone());
    format!("/console/users/{id}/changes{}", params.to_query_string())
}

/// The history, once known.
#[component]
pub fn UserChangesView(
    /// Whose it is.
    user: UserDetail,
    /// What was found.
    page: Page<ProfileChange>,
    /// What was asked.
    query: ChangeQuery,
) -> impl IntoView {
    let id = user.id.clone();
    let at = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        Some(address(
            &id,
            &ChangeQuery {
                cursor,
                ..query.clone()
            },
        ))
    };
    let pager = view! { <Pager previous=at(&page.prev_cursor) next=at(&page.next_cursor) /> };
    let only = query.field.clone().map(|field| {
        view! {
            " of "
            <code class="font-mono">{field}</code>
            ". "
            <a class="link" href=address(&id, &ChangeQuery::default())>
                "Show all fields"
            </a>
        }
    });
    let changes = if page.total == 1 { "change" } else { "changes" };
    let list = if page.items.is_empty() {
        view! {
            <div class="card grid gap-2 p-6">
                <h2 class="text-base font-semibold">"Nothing has changed yet"</h2>
                <p>"Whenever a field of the profile changes, it stands here with what it held before."</p>
            </div>
        }
        .into_any()
    } else {
        view! { <Table id=id.clone() rows=page.items query /> }.into_any()
    };
    view! {
        <UserHead who=Who::of(&user) notice=Signal::stored(None) />
        <p class="text-soft" role="status">
            {format!("{} {changes}", grouped(page.total))}
            {only}
        </p>
        {list}
        {pager}
    }
}

#[component]
fn Table(id: Id, rows: Vec<ProfileChange>, query: ChangeQuery) -> impl IntoView {
    let rows = rows
        .into_iter()
        .map(|change| {
            let href = address(
                &id,
                &ChangeQuery {
                    field: Some(change.field.clone()),
                    cursor: None,
                    ..query.clone()
                },
            );
            view! { <Row change href /> }
        })
        .collect_view();
    view! {
        <div class="card scroller" role="region" aria-label="Changes" tabindex="0">
            <table class="grid-table">
                <caption class="sr-only">"Changes, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Field"</th>
                        <th scope="col">"Before"</th>
                        <th scope="col">"After"</th>
                        <th scope="col">"Who"</th>
                        <th scope="col">"When"</th>
                        <th scope="col" class="max-md:hidden">
                            "Request"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(change: ProfileChange, href: String) -> impl IntoView {
    let shown = |value: &serde_json::Value| {
        if value.is_null() || value.as_str() == Some("") {
            view! { <span class="text-muted">"Nothing"</span> }.into_any()
        } else {
            let text = told(texts(Locale::En), value);
            view! { <span class="block max-w-72 min-w-24 wrap-anywhere whitespace-pre-wrap">{text}</span> }.into_any()
        }
    };
    let who = match (change.actor_id, change.actor_name) {
        (Some(id), name) => {
            let name = name.unwrap_or_else(|| id.0.clone());
            view! {
                <a class="link block max-w-60 min-w-36 wrap-anywhere" href=format!("/console/users/{id}")>
                    {name}
                </a>
            }
            .into_any()
        }
        (None, _) if change.actor_kind == "system" => "Sereno".into_any(),
        (None, _) => "Nobody who was signed in".into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                <a class="link block max-w-72 min-w-36 font-mono wrap-anywhere" href=href>
                    {change.field}
                </a>
            </th>
            <td>{shown(&change.before)}</td>
            <td>{shown(&change.after)}</td>
            <td>{who}</td>
            <td>
                <Ago at=change.at />
            </td>
            <td class="max-md:hidden">{change.request_id.map(|id| view! { <code class="id">{id}</code> })}</td>
        </tr>
    }
}
