//! The visitor's accounts elsewhere by which they can sign in: connecting and disconnecting them.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use sereno_types::{Identity, Page, PageQuery, Problem, SocialButton};

use crate::{
    account::{AccountNav, providers::social_buttons},
    text,
    ui::{
        alert::{Done, Tone},
        badge::Badge,
        field::Hidden,
        form::{Attempt, ErrorSummary, Form},
        heading::Heading,
        icon::Icon,
        loaded::loaded,
        pager::{self, Pager},
        provider::{ProviderLinks, mark},
        time::At,
    },
};

const PATH: &str = "/account/connections";

#[server(name = ListMyIdentities, prefix = "/account/fn", endpoint = "my_identities")]
pub(crate) async fn my_identities(query: Option<PageQuery>) -> Result<Page<Identity>, Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    // a query without a word leaves no trace in the encoded arguments
    sereno_core::social::identities::mine(&visitor.sereno, &visitor.actor, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

#[server(prefix = "/account/fn", endpoint = "disconnect_identity")]
pub(crate) async fn disconnect_identity(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let id = sereno_types::Id(id);
    sereno_core::social::identities::unlink_mine(&visitor.sereno, &visitor.meta, &visitor.actor, &id)
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/account/connections?done=disconnected");
    Ok(())
}

/// `/account/connections`.
#[component]
pub fn ConnectionsPage() -> impl IntoView {
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(pager::place));
    let page = Resource::new(
        move || query.get(),
        |query| async move {
            let page = my_identities(Some(query.clone())).await?;
            Ok((page, query, social_buttons().await?))
        },
    );
    let texts = text::use_texts();
    loaded(page, move |(page, query, buttons)| {
        let done = match asked.with_untracked(|asked| asked.get("done")).as_deref() {
            Some("connected") => Some(texts.connected),
            Some("disconnected") => Some(texts.disconnected),
            _ => None,
        };
        view! { <ConnectionsView page query buttons done /> }
    })
}

/// The list, once it is known.
#[component]
pub fn ConnectionsView(
    /// What was found.
    page: Page<Identity>,
    /// What was asked.
    query: PageQuery,
    /// What can be connected.
    buttons: Vec<SocialButton>,
    /// What has just been done.
    #[prop(default = None)]
    done: Option<&'static str>,
) -> impl IntoView {
    let texts = text::use_texts();
    let action = ServerAction::<DisconnectIdentity>::new();
    let attempt = Attempt::of(action);
    let (previous, next) = pager::around(PATH, &query, &page);
    let pager = view! { <Pager previous next /> };
    let rows = page
        .items
        .into_iter()
        .map(|identity| view! { <Row identity action attempt /> })
        .collect_view();
    let list = if page.total == 0 {
        view! { <p class="text-soft">{texts.connections_none}</p> }.into_any()
    } else {
        view! { <ul class="grid grid-cols-1 gap-4">{rows}</ul> }.into_any()
    };
    let connect = (!buttons.is_empty()).then(|| {
        view! {
            <section class="grid grid-cols-1 gap-3">
                <h2 class="text-lg font-semibold">{texts.connect_title}</h2>
                <p class="text-soft">{texts.connect_lead}</p>
                <ProviderLinks buttons />
            </section>
        }
    });
    view! {
        <div class="grid grid-cols-1 gap-6">
            <AccountNav />
            <div class="grid gap-1">
                <Heading title=texts.connections_title attempt />
                <p class="text-soft">{texts.connections_lead}</p>
            </div>
            {done.map(|done| view! { <Done>{done}</Done> })}
            <ErrorSummary attempt />
            {list}
            {pager}
            {connect}
        </div>
    }
}

#[component]
fn Row(identity: Identity, action: ServerAction<DisconnectIdentity>, attempt: Attempt) -> impl IntoView {
    let texts = text::use_texts();
    let called = identity.email.clone().or_else(|| identity.name.clone());
    let provider = identity.provider_name.clone();
    view! {
        <li class="card grid grid-cols-1 gap-2 p-4">
            <h2 class="flex flex-wrap items-center gap-2 font-semibold">
                {mark(identity.kind)} <span class="wrap-anywhere">{identity.provider_name}</span>
            </h2>
            {called
                .map(|called| {
                    view! {
                        <p class="flex flex-wrap items-center gap-2 wrap-anywhere">
                            {called}
                            {identity
                                .email_verified
                                .then(|| view! { <Badge tone=Tone::Good icon=Icon::CircleCheck text=texts.confirmed /> })}
                        </p>
                    }
                })}
            <dl class="facts text-sm">
                <div>
                    <dt>{texts.connection_since}</dt>
                    <dd>
                        <At at=identity.created_at />
                    </dd>
                </div>
                {identity
                    .last_used_at
                    .map(|at| {
                        view! {
                            <div>
                                <dt>{texts.connection_used}</dt>
                                <dd>
                                    <At at />
                                </dd>
                            </div>
                        }
                    })}
            </dl>
            <Form action attempt class="contents" tells=false>
                <Hidden name="id" value=identity.id.0 />
                <button type="submit" class="button justify-self-start">
                    {texts.disconnect}
                    <span class="sr-only">" " {provider}</span>
                </button>
            </Form>
        </li>
    }
}
