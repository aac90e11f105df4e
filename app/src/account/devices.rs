//! The visitor's own devices: renamed, and removed with everything that hangs on them.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use sereno_types::{DeviceRow, Page, PageQuery, Problem};

use crate::{
    account::AccountNav,
    text,
    ui::{
        alert::{Done, Tone},
        badge::Badge,
        device::system,
        field::{Field, Hidden},
        form::{Attempt, ErrorSummary, Form, Submit},
        heading::Heading,
        icon::Icon,
        loaded::loaded,
        pager::{self, Pager},
        time::At,
    },
};

const PATH: &str = "/account/devices";

#[server(name = ListMyDevices, prefix = "/account/fn", endpoint = "my_devices")]
pub(crate) async fn my_devices(query: Option<PageQuery>) -> Result<Page<DeviceRow>, Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    // a query without a word leaves no trace in the encoded arguments
    sereno_core::account::devices::mine(&visitor.sereno, &visitor.actor, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

#[server(prefix = "/account/fn", endpoint = "rename_my_device")]
pub(crate) async fn rename_my_device(
    #[server(default)] id: String,
    #[server(default)] name: String,
) -> Result<(), Problem> {
    use crate::gate;
    let (visitor, id) = (gate::visitor()?, sereno_types::Id(id));
    let command = sereno_types::UpdateDevice {
        name: Some(Some(name)),
        ..sereno_types::UpdateDevice::default()
    };
    sereno_core::account::devices::update_mine(&visitor.sereno, &visitor.meta, &visitor.actor, &id, command)
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/account/devices?done=renamed");
    Ok(())
}

#[server(prefix = "/account/fn", endpoint = "remove_my_device")]
pub(crate) async fn remove_my_device(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let id = sereno_types::Id(id);
    sereno_core::account::devices::remove_mine(&visitor.sereno, &visitor.meta, &visitor.actor, &id)
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/account/devices?done=removed");
    Ok(())
}

/// `/account/devices`.
#[component]
pub fn MyDevicesPage() -> impl IntoView {
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(pager::place));
    let page = Resource::new(
        move || query.get(),
        |query| async move { my_devices(Some(query.clone())).await.map(|page| (page, query)) },
    );
    let texts = text::use_texts();
    let renamed = Signal::derive(move || asked.with(|asked| asked.get("rename")).unwrap_or_default());
    loaded(page, move |(page, query)| {
        let done = match asked.with_untracked(|asked| asked.get("done")).as_deref() {
            Some("renamed") => Some(texts.device_renamed),
            Some("removed") => Some(texts.device_removed),
            _ => None,
        };
        view! { <MyDevicesView page query done renamed /> }
    })
}

/// The list, once it is known.
#[component]
pub fn MyDevicesView(
    /// What was found.
    page: Page<DeviceRow>,
    /// What was asked.
    query: PageQuery,
    /// What has just been done.
    #[prop(default = None)]
    done: Option<&'static str>,
    /// The id of the device that the address asks another name for.
    renamed: Signal<String>,
) -> impl IntoView {
    let texts = text::use_texts();
    let rename = ServerAction::<RenameMyDevice>::new();
    let remove = ServerAction::<RemoveMyDevice>::new();
    let forms = Forms {
        rename,
        rename_attempt: Attempt::of(rename),
        remove,
        remove_attempt: Attempt::of(remove),
        renamed,
    };
    let attempt = Attempt::either(forms.rename_attempt, forms.remove_attempt);
    let (previous, next) = pager::around(PATH, &query, &page);
    let pager = view! { <Pager previous next /> };
    let is_empty = page.items.is_empty();
    let rows = page
        .items
        .into_iter()
        .map(|row| view! { <Row row forms /> })
        .collect_view();
    view! {
        <div class="grid grid-cols-1 gap-6">
            <AccountNav />
            <div class="grid gap-1">
                <Heading title=texts.devices_title attempt />
                <p class="text-soft">{texts.devices_lead}</p>
            </div>
            {done.map(|done| view! { <Done>{done}</Done> })}
            <ErrorSummary attempt />
            {is_empty.then(|| view! { <p>{texts.devices_none}</p> })}
            <ul class="grid grid-cols-1 gap-4">{rows}</ul>
            {pager}
        </div>
    }
}

/// The forms that every row shares.
#[derive(Clone, Copy)]
struct Forms {
    rename: ServerAction<RenameMyDevice>,
    rename_attempt: Attempt,
    remove: ServerAction<RemoveMyDevice>,
    remove_attempt: Attempt,
    renamed: Signal<String>,
}

#[component]
fn Row(row: DeviceRow, forms: Forms) -> impl IntoView {
    let texts = text::use_texts();
    let name = row.name.clone().or_else(|| system(&row));
    let name = name.unwrap_or_else(|| texts.session_unknown.to_owned());
    let (id, words) = (row.id.clone(), row.name.clone().unwrap_or_default());
    let rename = {
        let (id, name) = (row.id.clone(), name.clone());
        move || {
            let (id, name) = (id.clone(), name.clone());
            if forms.renamed.get() == id.0 {
                let attempt = forms
                    .rename_attempt
                    .starting_with(vec![("name".to_owned(), words.clone())]);
                view! {
                    <Form action=forms.rename attempt class="grid gap-3" tells=false>
                        <Hidden name="id" value=id.0 />
                        <Field name="name" label=texts.device_name optional=true />
                        <Submit label=texts.save class="button justify-self-start" />
                    </Form>
                }
                .into_any()
            } else {
                view! {
                    <a class="button" href=format!("{PATH}?rename={id}") data-noscroll>
                        {texts.device_rename}
                        <span class="sr-only">" " {name}</span>
                    </a>
                }
                .into_any()
            }
        }
    };
    let fact = |label: &'static str, value: Option<String>| {
        value.filter(|value| !value.is_empty()).map(|value| {
            view! {
                <div>
                    <dt>{label}</dt>
                    <dd>{value}</dd>
                </div>
            }
        })
    };
    view! {
        <li class="card grid grid-cols-1 gap-3 p-5">
            <p class="flex flex-wrap items-center gap-2">
                <strong class="wrap-anywhere">{name.clone()}</strong>
                {row
                    .is_current
                    .then(|| view! { <Badge tone=Tone::Good icon=Icon::CircleCheck text=texts.session_current /> })}
            </p>
            <dl class="facts">
                {fact(texts.device_system, system(&row))}
                {fact(texts.device_app, row.app_version.clone())}
                {fact(texts.session_address, row.address.clone())}
                <div>
                    <dt>{texts.session_seen}</dt>
                    <dd>
                        <At at=row.last_seen_at />
                    </dd>
                </div>
                <div>
                    <dt>{texts.device_since}</dt>
                    <dd>
                        <At at=row.created_at />
                    </dd>
                </div>
            </dl>
            <div class="flex flex-wrap items-start gap-3">
                {rename}
                <Form action=forms.remove attempt=forms.remove_attempt class="contents" tells=false>
                    <Hidden name="id" value=id.0 />
                    <button type="submit" class="button button-danger">
                        {Icon::Trash.draw()}
                        {texts.device_remove}
                        <span class="sr-only">" " {name}</span>
                    </button>
                </Form>
            </div>
        </li>
    }
}
