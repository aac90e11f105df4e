//! Attributes: what may stand in a profile beside the names, by its type. Declaring them, changing and withdrawing what was
//! declared.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use sereno_types::{Attribute, AttributeKind, Permission, Problem};

use crate::{
    console::{Breadcrumb, may},
    ui::{
        alert::{Done, Tone},
        badge::Badge,
        confirm::Confirm,
        field::{Field, Hidden, Select, Tick},
        form::{Attempt, Form, Submit},
        heading::Heading,
        icon::Icon,
        loaded::loaded,
    },
    visit,
};

const PATH: &str = "/console/attributes";

#[server(name = ListAttributes, prefix = "/console/fn", endpoint = "list_attributes")]
pub(crate) async fn list_attributes() -> Result<Vec<Attribute>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::account::attributes::list(&member.sereno, &member.staff)
        .await
        .map_err(gate::refuse)
}

/// Declares an attribute, or changes the one with this name.
#[server(prefix = "/console/fn", endpoint = "declare_attribute")]
pub(crate) async fn declare_attribute(
    #[server(default)] name: String,
    #[server(default)] kind: String,
    #[server(default)] description: String,
    #[server(default)] required: String,
    #[server(default)] protected: String,
) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let Some(kind) = AttributeKind::from_name(&kind) else {
        let fault = sereno_types::FieldError::new("kind", sereno_types::Code::InvalidChoice);
        return Err(Problem::fields(vec![fault]));
    };
    let command = sereno_types::DeclareAttribute {
        kind,
        description: description.trim().to_owned(),
        is_required: !required.is_empty(),
        is_protected: !protected.is_empty(),
    };
    sereno_core::account::attributes::declare(&member.sereno, &member.meta, &member.staff, name.trim(), command)
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/console/attributes?done=declared");
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "withdraw_attribute")]
pub(crate) async fn withdraw_attribute(#[server(default)] name: String) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::account::attributes::withdraw(&member.sereno, &member.meta, &member.staff, &name)
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/console/attributes?done=withdrawn");
    Ok(())
}

/// `/console/attributes`.
#[component]
pub fn AttributesPage() -> impl IntoView {
    let attributes = Resource::new(|| (), |()| list_attributes());
    let query = use_query_map();
    let says = move |name: &'static str| query.with(|query| query.get(name).unwrap_or_default());
    let notice = Signal::derive(move || match says("done").as_str() {
        "declared" => Some("The attribute is declared. New values are held to it from now on."),
        "withdrawn" => Some("The declaration is withdrawn. Values that users have stay."),
        _ => None,
    });
    let change = Signal::derive(move || says("change"));
    let confirm = Signal::derive(move || says("confirm"));
    loaded(attributes, move |attributes| {
        view! { <AttributesView attributes notice change confirm /> }
    })
}

/// The list, once known. There are at most some two hundred, so it has no pages.
#[component]
pub fn AttributesView(
    /// Every declared attribute.
    attributes: Vec<Attribute>,
    /// What has just been done.
    notice: Signal<Option<&'static str>>,
    /// The name of the one that the address asks to change.
    change: Signal<String>,
    /// The name of the one whose withdrawal the address asks to be confirmed.
    confirm: Signal<String>,
) -> impl IntoView {
    let may_manage = may(Permission::SettingsManage);
    let action = ServerAction::<DeclareAttribute>::new();
    let attempt = Attempt::of(action);
    let named = |name: &str, all: &[Attribute]| all.iter().find(|one| one.name == name).cloned();
    let list = if attributes.is_empty() {
        view! { <NoneYet /> }.into_any()
    } else {
        view! { <Table attributes=attributes.clone() may_manage /> }.into_any()
    };
    let all = StoredValue::new(attributes);
    let question = move || {
        let attribute = all.with_value(|all| named(&confirm.get(), all)).filter(|_| may_manage);
        attribute.map(|attribute| view! { <WithdrawQuestion name=attribute.name /> })
    };
    let form = move || {
        let attribute = all.with_value(|all| named(&change.get(), all));
        may_manage.then(|| view! { <DeclareForm action attempt attribute /> })
    };
    view! {
        <Breadcrumb above=vec![("/console", "Overview")] here="Attributes" />
        {move || notice.get().map(|notice| view! { <Done>{notice}</Done> })}
        <div class="grid gap-1">
            <Heading title="Attributes" attempt />
            <p class="max-w-prose text-soft">
                "What a profile may hold beside the names, by its type. Sign-ups, users and staff are all held to it, and
                applications find it in their tokens as " <code class="font-mono">"attributes."</code> " and the name."
            </p>
        </div>
        {question}
        {list}
        {form}
    }
}

/// What people call the types.
const fn kind_name(kind: AttributeKind) -> &'static str {
    match kind {
        AttributeKind::String => "Text",
        AttributeKind::Integer => "Whole number",
        AttributeKind::Boolean => "Yes or no",
        AttributeKind::Number => "Number",
        AttributeKind::Date => "Day",
        AttributeKind::List => "List",
        AttributeKind::Object => "Object",
    }
}

#[component]
fn Table(attributes: Vec<Attribute>, may_manage: bool) -> impl IntoView {
    let rows = attributes
        .into_iter()
        .map(|attribute| view! { <Row attribute may_manage /> })
        .collect_view();
    view! {
        <div class="card scroller" role="region" aria-label="Attributes" tabindex="0">
            <table class="grid-table">
                <caption class="sr-only">"Attributes, by name"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"Type"</th>
                        <th scope="col" class="max-sm:hidden">
                            "Rules"
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
fn Row(attribute: Attribute, may_manage: bool) -> impl IntoView {
    let name = attribute.name;
    let rules = move || {
        view! {
            {attribute
                .is_required
                .then(|| view! { <Badge tone=Tone::Info icon=Icon::CircleCheck text="Required" /> })}
            {attribute.is_protected.then(|| view! { <Badge tone=Tone::Warn icon=Icon::Lock text="Protected" /> })}
        }
    };
    let actions = {
        let name = name.clone();
        move || {
            let named = format!(" {name}");
            view! {
                <td>
                    <span class="flex flex-wrap gap-3">
                        <a class="link" href=format!("{PATH}?change={name}#declare")>
                            "Change"
                            <span class="sr-only">{named.clone()}</span>
                        </a>
                        <a class="link" href=format!("{PATH}?confirm={name}") data-noscroll>
                            "Withdraw"
                            <span class="sr-only">{named}</span>
                        </a>
                    </span>
                </td>
            }
        }
    };
    view! {
        <tr>
            <th scope="row">
                <code class="font-mono wrap-anywhere">{name}</code>
                <span class="block max-w-prose font-normal text-soft">{attribute.description}</span>
                <span class="mt-1.5 flex flex-wrap gap-1.5 sm:hidden">{rules()}</span>
            </th>
            <td>{kind_name(attribute.kind)}</td>
            <td class="max-sm:hidden">
                <span class="flex flex-wrap gap-1.5">{rules()}</span>
            </td>
            {may_manage.then(actions)}
        </tr>
    }
}

#[component]
fn WithdrawQuestion(name: String) -> impl IntoView {
    let action = ServerAction::<WithdrawAttribute>::new();
    let attempt = Attempt::of(action);
    view! {
        <Confirm id="withdraw" title=format!("Withdraw {name}?") open=Signal::stored(true) cancel=PATH.to_owned()>
            <p>
                "Nothing is held to this declaration any more, and users no longer find the field in their profile. Values that
                they have stay until somebody takes them away."
            </p>
            <Form action attempt>
                <Hidden name="name" value=name />
                <Submit label="Withdraw" class="button button-danger justify-self-start" icon=Icon::Trash />
            </Form>
        </Confirm>
    }
}

#[component]
fn DeclareForm(
    action: ServerAction<DeclareAttribute>,
    attempt: Attempt,
    attribute: Option<Attribute>,
) -> impl IntoView {
    let kinds = AttributeKind::ALL
        .iter()
        .map(|kind| (kind.as_str(), kind_name(*kind)))
        .collect();
    let title = attribute.as_ref().map_or_else(
        || "Declare an attribute".to_owned(),
        |attribute| format!("Change {}", attribute.name),
    );
    let label = if attribute.is_some() { "Save" } else { "Declare" };
    let leave = attribute.is_some().then(|| {
        view! {
            <a class="link" href=PATH>
                "Cancel"
            </a>
        }
    });
    let attempt = match &attribute {
        Some(attribute) => attempt.starting_with(fields(attribute)),
        None => attempt,
    };
    let known = attribute.map(|attribute| attribute.name);
    view! {
        <section id="declare" class="card grid grid-cols-1 gap-4 p-5">
            <h2 class="text-base font-semibold">{title}</h2>
            <Form action attempt class="grid gap-4">
                <NameField known />
                <Select name="kind" label="Type" options=kinds hint="Values that users have already stay what they are." />
                <Field name="description" label="Description" hint="For people; users read it in their profile." optional=true />
                <Tick name="required" label="A sign-up must bring it, and nobody takes it away" />
                <Tick name="protected" label="Users may not change it themselves" />
                <div class="flex flex-wrap items-center gap-4">
                    <Submit label class="button button-primary" /> {leave}
                </div>
            </Form>
        </section>
    }
}

/// The name: to be typed, or known. Inside the form, where fields find the attempt.
#[component]
fn NameField(known: Option<String>) -> impl IntoView {
    if let Some(name) = known {
        return view! { <Hidden name="name" value=name /> }.into_any();
    }
    view! {
        <Field
            name="name"
            label="Name"
            hint="Letters, digits, _ and -. The declaration of an attribute that has this name already is replaced."
        />
    }
    .into_any()
}

/// What the fields say of an attribute.
fn fields(attribute: &Attribute) -> Vec<(String, String)> {
    let tick = |name: &str, ticked: bool| ticked.then(|| (name.to_owned(), "yes".to_owned()));
    let mut fields = vec![
        ("kind".to_owned(), attribute.kind.as_str().to_owned()),
        ("description".to_owned(), attribute.description.clone()),
    ];
    fields.extend(tick("required", attribute.is_required));
    fields.extend(tick("protected", attribute.is_protected));
    fields
}

/// What attributes are, and the same without a browser.
#[component]
fn NoneYet() -> impl IntoView {
    let url = visit::about().public_url;
    let body = r#"{"kind": "string"}"#;
    let line = format!(
        "curl -X PUT --json '{body}' -H \"Authorization: Bearer $ACCESS\" \\\n  {url}/api/v1/admin/attributes/plan"
    );
    view! {
        <div class="card grid gap-3 p-6">
            <h2 class="text-base font-semibold">"Nothing is declared"</h2>
            <p>
                "An attribute is what your applications remember of a user: a plan, a date of birth, a list of interests. Declared
                ones have a type, and a field in everybody's profile. Declare the first one below, or:"
            </p>
            <pre class="shell" tabindex="0">
                <code>{line}</code>
            </pre>
        </div>
    }
}
