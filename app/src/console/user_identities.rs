//! A user's accounts at providers for staff: who can sign in as this user, and shutting one out.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use sereno_types::{Id, Identity, Page, PageQuery, Permission, Problem, UserDetail};

use crate::{
    console::{
        may,
        overview::grouped,
        user::{UserHead, Who, user},
    },
    ui::{
        field::Hidden,
        form::{Attempt, ErrorSummary, Form},
        loaded::loaded,
        pager::{self, Pager},
        provider::mark,
        time::Ago,
    },
};

#[server(name = ListUserIdentities, prefix = "/console/fn", endpoint = "user_identities")]
pub(crate) async fn user_identities(
    #[server(default)] id: String,
    query: Option<PageQuery>,
) -> Result<Page<Identity>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let query = query.unwrap_or_default();
    sereno_core::social::identities::list(&member.sereno, &member.staff, &Id(id), query)
        .await
        .map_err(gate::refuse)
}

#[server(prefix = "/console/fn", endpoint = "disconnect_user_identity")]
pub(crate) async fn disconnect_user_identity(
    #[server(default)] id: String,
    #[server(default)] identity: String,
) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, Id(id));
    sereno_core::social::identities::unlink(&member.sereno, &member.meta, &member.staff, &id, &Id(identity))
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("/console/users/{id}/identities?done=disconnected"));
    Ok(())
}

/// `/console/users/{id}/identities`.
#[component]
pub fn UserIdentitiesPage() -> impl IntoView {
    let (params, asked) = (use_params_map(), use_query_map());
    let query = Memo::new(move |_| asked.with(pager::place));
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let loads = move || (id.get(), query.get());
    let page = Resource::new(loads, |(id, query)| async move {
        let user = user(id.clone()).await?;
        let page = user_identities(id, Some(query.clone())).await?;
        Ok((user, page, query))
    });
    let notice = Signal::derive(move || {
        let done = asked.with(|asked| asked.get("done"));
        (done.as_deref() == Some("disconnected")).then_some("It is disconnected, and no longer signs in.")
    });
    loaded(page, move |(user, page, query)| {
        view! { <UserIdentitiesView user page query notice /> }
    })
}

/// The list, once known.
#[component]
pub fn UserIdentitiesView(
    /// Whose they are.
    user: UserDetail,
    /// What was found.
    page: Page<Identity>,
    /// What was asked.
    query: PageQuery,
    /// What has just been done.
    notice: Signal<Option<&'static str>>,
) -> impl IntoView {
    let may_manage = may(Permission::UsersManage);
    let action = ServerAction::<DisconnectUserIdentity>::new();
    let attempt = Attempt::of(action);
    let id = user.id.clone();
    let (previous, next) = pager::around(&format!("/console/users/{id}/identities"), &query, &page);
    let pager = view! { <Pager previous next /> };
    let noun = if page.total == 1 { "connection" } else { "connections" };
    let total = format!("{} {noun}", grouped(page.total));
    let rows = page
        .items
        .into_iter()
        .map(|identity| view! { <Row identity id=id.clone() may_manage action attempt /> })
        .collect_view();
    let list = if page.total == 0 {
        view! { <p class="text-soft">"This user signs in through nobody else."</p> }.into_any()
    } else {
        view! {
            <div class="card scroller" role="region" aria-label="Connections" tabindex="0">
                <table class="grid-table">
                    <caption class="sr-only">"Connections, newest first"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Provider"</th>
                            <th scope="col">"Account there"</th>
                            <th scope="col" class="max-sm:hidden">
                                "Connected"
                            </th>
                            <th scope="col" class="max-md:hidden">
                                "Last used"
                            </th>
                            {may_manage.then(|| view! { <th scope="col">"Actions"</th> })}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <UserHead who=Who::of(&user) notice attempt />
        <ErrorSummary attempt />
        <p class="text-soft" role="status">
            {total}
        </p>
        {list}
        {pager}
    }
}

#[component]
fn Row(
    identity: Identity,
    id: Id,
    may_manage: bool,
    action: ServerAction<DisconnectUserIdentity>,
    attempt: Attempt,
) -> impl IntoView {
    let called = identity.email.or(identity.name).unwrap_or_default();
    let provider = identity.provider_name.clone();
    view! {
        <tr>
            <th scope="row">
                <span class="flex items-center gap-2">{mark(identity.kind)} {identity.provider_name}</span>
            </th>
            <td class="wrap-anywhere">{called}</td>
            <td class="max-sm:hidden">
                <Ago at=identity.created_at />
            </td>
            <td class="max-md:hidden">{identity.last_used_at.map(|at| view! { <Ago at /> })}</td>
            {may_manage
                .then(|| {
                    view! {
                        <td>
                            <Form action attempt class="contents" tells=false>
                                <Hidden name="id" value=id.0 />
                                <Hidden name="identity" value=identity.id.0 />
                                <button type="submit" class="button">
                                    "Disconnect"
                                    <span class="sr-only">" " {provider}</span>
                                </button>
                            </Form>
                        </td>
                    }
                })}
        </tr>
    }
}
