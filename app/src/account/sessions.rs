//! The visitor's own sign-ins: browsers and applications that have access to the account, and ending them.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use sereno_types::{Page, PageQuery, Problem, SessionKind, SessionRow};

use crate::{
    account::AccountNav,
    text,
    ui::{
        alert::{Done, Tone},
        badge::Badge,
        device,
        field::Hidden,
        form::{Attempt, ErrorSummary, Form, Submit},
        heading::Heading,
        icon::Icon,
        loaded::loaded,
        pager::{self, Pager},
        time::At,
    },
};

const PATH: &str = "/account/sessions";

#[server(name = ListMySessions, prefix = "/account/fn", endpoint = "my_sessions")]
pub(crate) async fn my_sessions(query: Option<PageQuery>) -> Result<Page<SessionRow>, Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    // a query without a word leaves no trace in the encoded arguments
    sereno_core::account::sessions::mine(&visitor.sereno, &visitor.actor, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

#[server(prefix = "/account/fn", endpoint = "end_session")]
pub(crate) async fn end_session(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let id = sereno_types::Id(id);
    sereno_core::account::sessions::end_mine(&visitor.sereno, &visitor.meta, &visitor.actor, &id)
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/account/sessions?done=one");
    Ok(())
}

/// All but this one or, where `which` says so, all.
#[server(prefix = "/account/fn", endpoint = "end_sessions")]
pub(crate) async fn end_sessions(#[server(default)] which: String) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let all = which == "all";
    let which = if all {
        sereno_types::EndWhich::All
    } else {
        sereno_types::EndWhich::Others
    };
    let command = sereno_types::EndSessions { which };
    sereno_core::account::sessions::end_several(&visitor.sereno, &visitor.meta, &visitor.actor, command)
        .await
        .map_err(gate::refuse)?;
    if all {
        gate::end_session().await?;
        gate::go_to("/account/signed-out");
    } else {
        gate::go_to("/account/sessions?done=others");
    }
    Ok(())
}

/// `/account/sessions`.
#[component]
pub fn SessionsPage() -> impl IntoView {
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(pager::place));
    let page = Resource::new(
        move || query.get(),
        |query| async move { my_sessions(Some(query.clone())).await.map(|page| (page, query)) },
    );
    let texts = text::use_texts();
    loaded(page, move |(page, query)| {
        let done = match asked.with_untracked(|asked| asked.get("done")).as_deref() {
            Some("one") => Some(texts.session_ended),
            Some("others") => Some(texts.others_ended),
            _ => None,
        };
        view! { <SessionsView page query done /> }
    })
}

/// The list, once it is known.
#[component]
pub fn SessionsView(
    /// What was found.
    page: Page<SessionRow>,
    /// What was asked.
    query: PageQuery,
    /// What has just been done.
    #[prop(default = None)]
    done: Option<&'static str>,
) -> impl IntoView {
    let texts = text::use_texts();
    let (one, several) = (ServerAction::<EndSession>::new(), ServerAction::<EndSessions>::new());
    let one_attempt = Attempt::of(one);
    let several_attempt = Attempt::of(several);
    let attempt = Attempt::either(one_attempt, several_attempt);
    let (previous, next) = pager::around(PATH, &query, &page);
    let pager = view! { <Pager previous next /> };
    let has_others = page.total > 1;
    let rows = page
        .items
        .into_iter()
        .map(|row| view! { <Row row action=one attempt=one_attempt /> })
        .collect_view();
    view! {
        <div class="grid grid-cols-1 gap-6">
            <AccountNav />
            <div class="grid gap-1">
                <Heading title=texts.sessions_title attempt />
                <p class="text-soft">{texts.sessions_lead}</p>
            </div>
            {done.map(|done| view! { <Done>{done}</Done> })}
            <ErrorSummary attempt />
            <ul class="grid grid-cols-1 gap-4">{rows}</ul>
            {pager}
            <div class="flex flex-wrap gap-3">
                {has_others
                    .then(|| {
                        view! {
                            <EndSeveral action=several attempt=several_attempt which="others" label=texts.end_others />
                        }
                    })}
                <EndSeveral action=several attempt=several_attempt which="all" label=texts.end_all />
            </div>
        </div>
    }
}

#[component]
fn EndSeveral(
    action: ServerAction<EndSessions>,
    attempt: Attempt,
    which: &'static str,
    label: &'static str,
) -> impl IntoView {
    view! {
        <Form action attempt class="contents" tells=false>
            <Hidden name="which" value=which />
            <Submit label class="button button-danger" icon=Icon::LogOut />
        </Form>
    }
}

#[component]
fn Row(row: SessionRow, action: ServerAction<EndSession>, attempt: Attempt) -> impl IntoView {
    let texts = text::use_texts();
    let name = device_name(&row).unwrap_or_else(|| texts.session_unknown.to_owned());
    let through = through(&row, texts.session_browser);
    let end = {
        let name = name.clone();
        move || {
            view! {
                <Form action attempt class="contents" tells=false>
                    <Hidden name="id" value=row.id.0 />
                    <button type="submit" class="button justify-self-start">
                        {texts.end_session}
                        <span class="sr-only">" " {name}</span>
                    </button>
                </Form>
            }
        }
    };
    view! {
        <li class="card grid grid-cols-1 gap-2 p-4">
            <h2 class="flex flex-wrap items-center gap-2 font-semibold">
                <span class="wrap-anywhere">{name}</span>
                {row
                    .is_current
                    .then(|| view! { <Badge tone=Tone::Good icon=Icon::CircleCheck text=texts.session_current /> })}
            </h2>
            <dl class="facts text-sm">
                <div>
                    <dt>{texts.session_through}</dt>
                    <dd>{through}</dd>
                </div>
                {row
                    .address
                    .map(|address| {
                        view! {
                            <div>
                                <dt>{texts.session_address}</dt>
                                <dd class="font-mono">{address}</dd>
                            </div>
                        }
                    })}
                <div>
                    <dt>{texts.session_began}</dt>
                    <dd>
                        <At at=row.created_at />
                    </dd>
                </div>
                <div>
                    <dt>{texts.session_seen}</dt>
                    <dd>
                        <At at=row.last_seen_at />
                    </dd>
                </div>
                {row
                    .expires_at
                    .map(|end| {
                        view! {
                            <div>
                                <dt>{texts.session_ends}</dt>
                                <dd>
                                    <At at=end />
                                </dd>
                            </div>
                        }
                    })}
            </dl>
            {(!row.is_current).then(end)}
        </li>
    }
}

/// What a sign-in goes through: its application, else, in the language's word, a browser.
pub(crate) fn through(row: &SessionRow, browser: &str) -> String {
    match row.kind {
        SessionKind::Browser => row.application.clone().unwrap_or_else(|| browser.to_owned()),
        SessionKind::Tokens => row.application.clone().unwrap_or_default(),
    }
}

/// What a device is called: by its own name, else by what its client says of itself.
pub(crate) fn device_name(row: &SessionRow) -> Option<String> {
    let said = row.device_name.clone().filter(|name| !name.is_empty());
    said.or_else(|| {
        let user_agent = row.user_agent.as_deref().filter(|text| !text.is_empty())?;
        Some(device::describe(user_agent).unwrap_or_else(|| user_agent.to_owned()))
    })
}
