//! One device: what is known of it, the sign-ins that hang on it, and what staff can do about it.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use sereno_types::{DeviceDetail, DeviceRow, Id, Page, PageQuery, Permission, Problem, SessionKind, SessionRow};

use crate::{
    console::{Breadcrumb, devices::called, may, overview::grouped},
    ui::{
        alert::Done,
        confirm::Confirm,
        copy::Copyable,
        device::system,
        field::{Field, Hidden},
        form::{Attempt, Form, Submit},
        heading::Heading,
        icon::Icon,
        loaded::loaded,
        pager::{self, Pager, place},
        time::{Ago, At},
    },
};

#[server(name = LoadDevice, prefix = "/console/fn", endpoint = "device")]
pub(crate) async fn device(#[server(default)] id: String, query: Option<PageQuery>) -> Result<DeviceDetail, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::account::devices::detail(&member.sereno, &member.staff, &Id(id), query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

#[server(prefix = "/console/fn", endpoint = "rename_device")]
pub(crate) async fn rename_device(
    #[server(default)] id: String,
    #[server(default)] name: String,
) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, Id(id));
    let command = sereno_types::RenameDevice { name: Some(Some(name)) };
    sereno_core::account::devices::rename(&member.sereno, &member.meta, &member.staff, &id, command)
        .await
        .map_err(gate::refuse)?;
    // the core has accepted the id before it stands in an address
    gate::go_to(&format!("/console/devices/{id}?done=renamed"));
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "remove_device")]
pub(crate) async fn remove_device(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::account::devices::remove_theirs(&member.sereno, &member.meta, &member.staff, &Id(id))
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/console/devices?done=removed");
    Ok(())
}

/// `/console/devices/{id}`.
#[component]
pub fn DevicePage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let place = Memo::new(move |_| query.with(place));
    let detail = Resource::new(
        move || (id.get(), place.get()),
        |(id, place)| async move { device(id, Some(place.clone())).await.map(|detail| (detail, place)) },
    );
    let says = move |name: &'static str| query.with(|query| query.get(name));
    let asks = Signal::derive(move || says("confirm").as_deref() == Some("remove"));
    let renamed = Signal::derive(move || says("done").as_deref() == Some("renamed"));
    loaded(
        detail,
        move |(detail, place)| view! { <DeviceView detail place renamed asks /> },
    )
}

/// The device, once known.
#[component]
pub fn DeviceView(
    /// What is known.
    detail: DeviceDetail,
    /// Which page of its sign-ins was asked for.
    place: PageQuery,
    /// Whether it has just been renamed.
    renamed: Signal<bool>,
    /// Whether the address asks for the removal to be confirmed.
    asks: Signal<bool>,
) -> impl IntoView {
    let DeviceDetail { device, sessions } = detail;
    let title = called(&device);
    let may_manage = may(Permission::DevicesManage);
    let remove = format!("/console/devices/{}?confirm=remove", device.id);
    let manage = device.clone();
    let here = format!("/console/devices/{}", device.id);
    view! {
        <Breadcrumb above=vec![("/console", "Overview"), ("/console/devices", "Devices")] here=title.clone() />
        {move || renamed.get().then(|| view! { <Done>"The device has another name now."</Done> })}
        <div class="flex flex-wrap items-start justify-between gap-4">
            <Heading title=title.clone() />
            {may_manage
                .then(|| {
                    view! {
                        <a class="button button-danger" href=remove data-noscroll>
                            {Icon::Trash.draw()}
                            "Remove device"
                        </a>
                    }
                })}
        </div>
        {may_manage.then(|| view! { <RemoveQuestion id=device.id.clone() title open=asks /> })}
        <Facts device />
        {sessions.map(|page| view! { <SignIns path=here page place /> })}
        {may_manage.then(|| view! { <RenameForm device=manage /> })}
    }
}

#[component]
fn RemoveQuestion(id: Id, title: String, open: Signal<bool>) -> impl IntoView {
    let action = ServerAction::<RemoveDevice>::new();
    let attempt = Attempt::of(action);
    view! {
        <Confirm id="remove" title=format!("Remove {title}?") open cancel=format!("/console/devices/{id}")>
            <p>
                "Whoever is signed in on it is signed out at once, in every application. It gets no more notifications. The
                user may sign in on it again; then it is a new device."
            </p>
            <Form action attempt>
                <Hidden name="id" value=id.0 />
                <Submit label="Remove device" class="button button-danger justify-self-start" icon=Icon::Trash />
            </Form>
        </Confirm>
    }
}

#[component]
fn RenameForm(device: DeviceRow) -> impl IntoView {
    let action = ServerAction::<RenameDevice>::new();
    let name = device.name.unwrap_or_default();
    let attempt = Attempt::of(action).starting_with(vec![("name".to_owned(), name)]);
    view! {
        <section class="card grid grid-cols-1 gap-4 p-5">
            <h2 class="text-base font-semibold">"Rename"</h2>
            <Form action attempt class="grid gap-4">
                <Hidden name="id" value=device.id.0 />
                <Field name="name" label="Name" hint="The application may change it at the next sign-in." optional=true />
                <Submit label="Save name" class="button justify-self-start" />
            </Form>
        </section>
    }
}

#[component]
fn Fact(name: &'static str, children: Children) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd class="wrap-anywhere">{children()}</dd>
        </div>
    }
}

/// What was told, or that it was not.
fn told(text: Option<String>) -> String {
    text.filter(|text| !text.is_empty())
        .unwrap_or_else(|| "Not told".to_owned())
}

#[component]
fn Facts(device: DeviceRow) -> impl IntoView {
    let owner = device.user.clone().map(|user| {
        view! {
            <Fact name="User">
                <a class="link" href=format!("/console/users/{}", user.id)>
                    {user.name}
                </a>
            </Fact>
        }
    });
    let system = system(&device);
    view! {
        <section class="card grid grid-cols-1 gap-3 p-5">
            <h2 class="text-base font-semibold">"Device"</h2>
            <dl class="facts">
                {owner} <Fact name="Id">
                    <Copyable text=device.id.0.clone() what="the id" />
                </Fact> <Fact name="UUID">
                    <code class="id">{device.uuid.clone()}</code>
                </Fact> <Fact name="Kind">{told(device.device_type.clone())}</Fact>
                <Fact name="System">{told(system)}</Fact>
                <Fact name="Application version">{told(device.app_version)}</Fact>
                <Fact name="Hardware id">{told(device.device_id)}</Fact>
                <Fact name="Push token">{told(device.device_token)}</Fact>
                <Fact name="Firebase token">{told(device.firebase_token)}</Fact>
                <Fact name="Client">{told(device.user_agent)}</Fact> <Fact name="Address">{told(device.address)}</Fact>
                <Fact name="First seen">
                    <At at=device.created_at />
                </Fact> <Fact name="Last seen">
                    <At at=device.last_seen_at />
                </Fact>
            </dl>
        </section>
    }
}

#[component]
fn SignIns(path: String, page: Page<SessionRow>, place: PageQuery) -> impl IntoView {
    let (previous, next) = pager::around(&path, &place, &page);
    let (sessions, total) = (page.items, grouped(page.total));
    let list = if sessions.is_empty() {
        view! { <p class="text-soft">"Nobody is signed in on it."</p> }.into_any()
    } else {
        let rows = sessions.into_iter().map(|row| view! { <SignIn row /> }).collect_view();
        view! {
            <div class="scroller -mx-5" role="region" aria-label="Sign-ins" tabindex="0">
                <table class="grid-table">
                    <caption class="sr-only">"Sign-ins on this device, newest first"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Application"</th>
                            <th scope="col">"Began"</th>
                            <th scope="col">"Last seen"</th>
                            <th scope="col">"Address"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <section class="card grid grid-cols-1 gap-3 p-5">
            <h2 class="text-base font-semibold">{format!("Sign-ins ({total})")}</h2>
            {list}
            <Pager previous next />
        </section>
    }
}

#[component]
fn SignIn(row: SessionRow) -> impl IntoView {
    let what = row.application.unwrap_or_else(|| match row.kind {
        SessionKind::Browser => "Browser session".to_owned(),
        SessionKind::Tokens => "Application".to_owned(),
    });
    view! {
        <tr>
            <th scope="row" class="wrap-anywhere">
                {what}
            </th>
            <td>
                <Ago at=row.created_at />
            </td>
            <td>
                <Ago at=row.last_seen_at />
            </td>
            <td class="font-mono">{row.address}</td>
        </tr>
    }
}
