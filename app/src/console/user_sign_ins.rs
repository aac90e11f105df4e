//! A user's sign-ins for staff: what has access to the account right now, and ending it.

use leptos::prelude::*;
use leptos_router::{
    hooks::{use_params_map, use_query_map},
    params::ParamsMap,
};
use sereno_types::{EndedSessions, Id, Page, Permission, Problem, SessionQuery, SessionRow, UserDetail};

use crate::{
    account::sessions::{device_name, through},
    console::{
        may,
        overview::grouped,
        user::{UserHead, Who, user},
    },
    ui::{
        alert::Tone,
        badge::Badge,
        confirm::Confirm,
        field::Hidden,
        form::{Attempt, ErrorSummary, Form, Submit},
        icon::Icon,
        loaded::loaded,
        pager::Pager,
        time::Ago,
    },
};

#[server(name = ListUserSessions, prefix = "/console/fn", endpoint = "user_sessions")]
pub(crate) async fn user_sessions(query: Option<SessionQuery>) -> Result<Page<SessionRow>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::account::sessions::list(&member.sereno, &member.staff, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

/// Ends one sign-in. The user's id only says where to go back to.
#[server(prefix = "/console/fn", endpoint = "end_user_session")]
pub(crate) async fn end_user_session(
    #[server(default)] id: String,
    #[server(default)] session: String,
) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::account::sessions::end_theirs(&member.sereno, &member.meta, &member.staff, &Id(session))
        .await
        .map_err(gate::refuse)?;
    if id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        gate::go_to(&format!("/console/users/{id}/sign-ins?done=one"));
    }
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "end_user_sessions")]
pub(crate) async fn end_user_sessions(#[server(default)] id: String) -> Result<EndedSessions, Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, Id(id));
    let ended = sereno_core::account::sessions::end_all_of(&member.sereno, &member.meta, &member.staff, &id)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("/console/users/{id}/sign-ins?done=all"));
    Ok(ended)
}

/// `/console/users/{id}/sign-ins`.
#[component]
pub fn UserSignInsPage() -> impl IntoView {
    let (params, asked) = (use_params_map(), use_query_map());
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let query = Memo::new(move |_| asked.with(|asked| read(id.get(), asked)));
    let page = Resource::new(
        move || query.get(),
        |query| async move {
            let user = user(query.user.clone().unwrap_or_default()).await?;
            let page = user_sessions(Some(query.clone())).await?;
            Ok((user, page, query))
        },
    );
    let says = move |name: &'static str| asked.with(|asked| asked.get(name));
    let notice = Signal::derive(move || match says("done").as_deref() {
        Some("one") => Some("The sign-in has ended."),
        Some("all") => Some("Every sign-in of this user has ended."),
        _ => None,
    });
    let asks = Signal::derive(move || says("confirm").as_deref() == Some("all"));
    loaded(
        page,
        move |(user, page, query)| view! { <UserSignInsView user page query notice asks /> },
    )
}

fn read(id: String, params: &ParamsMap) -> SessionQuery {
    let text = |name| params.get(name).filter(|value| !value.is_empty());
    SessionQuery {
        user: Some(id),
        limit: text("limit").and_then(|value| value.parse().ok()),
        cursor: text("cursor"),
        ..SessionQuery::default()
    }
}

fn address(query: &SessionQuery) -> String {
    let mut params = ParamsMap::new();
    if let Some(limit) = query.limit {
        params.insert("limit", limit.to_string());
    }
    if let Some(cursor) = &query.cursor {
        params.insert("cursor", cursor.clone());
    }
    let id = query.user.as_deref().unwrap_or_default();
    format!("/console/users/{id}/sign-ins{}", params.to_query_string())
}

/// The list, once known.
#[component]
pub fn UserSignInsView(
    /// Whose they are.
    user: UserDetail,
    /// What was found.
    page: Page<SessionRow>,
    /// What was asked.
    query: SessionQuery,
    /// What has just been done.
    notice: Signal<Option<&'static str>>,
    /// Whether the address asks for the end of all to be confirmed.
    asks: Signal<bool>,
) -> impl IntoView {
    let may_end = may(Permission::SessionsManage) && page.total > 0;
    let action = ServerAction::<EndUserSession>::new();
    let attempt = Attempt::of(action);
    let id = user.id.clone();
    let at = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        Some(address(&SessionQuery {
            cursor,
            ..query.clone()
        }))
    };
    let pager = view! { <Pager previous=at(&page.prev_cursor) next=at(&page.next_cursor) /> };
    let end_all = may_end.then(|| {
        view! {
            <a class="button button-danger" href=format!("/console/users/{id}/sign-ins?confirm=all") data-noscroll>
                {Icon::LogOut.draw()}
                "End all sign-ins"
            </a>
        }
    });
    let noun = if page.total == 1 {
        "sign-in works"
    } else {
        "sign-ins work"
    };
    let total = format!("{} {noun} right now", grouped(page.total));
    let rows = page
        .items
        .into_iter()
        .map(|row| view! { <Row row id=id.clone() may_end action attempt /> })
        .collect_view();
    let list = (page.total > 0).then(|| {
        view! {
            <div class="card scroller" role="region" aria-label="Sign-ins" tabindex="0">
                <table class="grid-table">
                    <caption class="sr-only">"Sign-ins, newest first"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Device"</th>
                            <th scope="col" class="max-md:hidden">
                                "Through"
                            </th>
                            <th scope="col" class="max-sm:hidden">
                                "Address"
                            </th>
                            <th scope="col" class="max-md:hidden">
                                "Signed in"
                            </th>
                            <th scope="col" class="max-sm:hidden">
                                "Last seen"
                            </th>
                            {may_end.then(|| view! { <th scope="col">"Actions"</th> })}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
    });
    view! {
        <UserHead who=Who::of(&user) notice attempt>
            {end_all}
        </UserHead>
        {may_end.then(|| view! { <EndAllQuestion id=id.clone() total=page.total open=asks /> })}
        <ErrorSummary attempt />
        <p class="text-soft" role="status">
            {total}
        </p>
        {list}
        {pager}
    }
}

#[component]
fn EndAllQuestion(id: Id, total: u64, open: Signal<bool>) -> impl IntoView {
    let action = ServerAction::<EndUserSessions>::new();
    let attempt = Attempt::of(action);
    let plural = if total == 1 { "" } else { "s" };
    let loss = format!(
        "{} sign-in{plural} will stop working at once, in browsers and in applications. The user can sign in again.",
        grouped(total)
    );
    view! {
        <Confirm
            id="end-all"
            title="End every sign-in of this user?"
            open
            cancel=format!("/console/users/{id}/sign-ins")
        >
            <p>{loss}</p>
            <Form action attempt>
                <Hidden name="id" value=id.0 />
                <Submit label="End all sign-ins" class="button button-danger justify-self-start" icon=Icon::LogOut />
            </Form>
        </Confirm>
    }
}

#[component]
fn Row(
    row: SessionRow,
    id: Id,
    may_end: bool,
    action: ServerAction<EndUserSession>,
    attempt: Attempt,
) -> impl IntoView {
    let name = device_name(&row).unwrap_or_else(|| "Unknown device".to_owned());
    let through = through(&row, "Browser");
    let end = {
        let name = name.clone();
        let session = row.id.0.clone();
        move || {
            view! {
                <td>
                    <Form action attempt class="contents" tells=false>
                        <Hidden name="id" value=id.0 />
                        <Hidden name="session" value=session />
                        <button type="submit" class="button">
                            "End"
                            <span class="sr-only">" " {name}</span>
                        </button>
                    </Form>
                </td>
            }
        }
    };
    view! {
        <tr>
            <th scope="row">
                <span class="wrap-anywhere" title=row.user_agent.clone()>
                    {name}
                </span>
                <span class="mt-1 block font-normal text-muted md:hidden">
                    {through.clone()} ", " <Ago at=row.last_seen_at.clone() />
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
            <td class="max-md:hidden">{through}</td>
            <td class="font-mono max-sm:hidden">{row.address}</td>
            <td class="max-md:hidden">
                <Ago at=row.created_at />
            </td>
            <td class="max-sm:hidden">
                <Ago at=row.last_seen_at />
            </td>
            {may_end.then(end)}
        </tr>
    }
}
