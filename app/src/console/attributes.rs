//! Attributes: what may stand in a profile beside the names, by its type. Declaring them, changing and withdrawing what was
//! declared.

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use sereno_types::{Attribute, AttributeKind, AttributeQuery, Page, PageQuery, Permission, Problem};

use crate::{
    console::{Breadcrumb, may, overview::grouped},
    ui::{
        alert::{Done, Tone},
        badge::Badge,
        confirm::Confirm,
        field::{Field, Hidden, SearchField, Select, Tick},
        form::{Attempt, Form, Submit},
        get_form::GetForm,
        heading::Heading,
        icon::Icon,
        loaded::loaded,
        pager::{Pager, place},
    },
    visit,
};

const PATH: &str = "/console/attributes";

#[server(name = ListAttributes, prefix = "/console/fn", endpoint = "list_attributes")]
pub(crate) async fn list_attributes(query: Option<AttributeQuery>) -> Result<Page<Attribute>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    // a query without a word leaves no trace in the encoded arguments
    sereno_core::account::attributes::list(&member.sereno, &member.staff, query.unwrap_or_default())
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
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(read));
    let page = Resource::new(
        move || asked.get(),
        |query| async move { list_attributes(Some(query.clone())).await.map(|page| (page, query)) },
    );
    let says = move |name: &'static str| query.with(|query| query.get(name).unwrap_or_default());
    let notice = Signal::derive(move || match says("done").as_str() {
        "declared" => Some("The attribute is declared. New values are held to it from now on."),
        "withdrawn" => Some("The declaration is withdrawn. Values that users have stay."),
        _ => None,
    });
    let change = Signal::derive(move || says("change"));
    let confirm = Signal::derive(move || says("confirm"));
    loaded(page, move |(page, query)| {
        view! { <AttributesView page query notice change confirm /> }
    })
}

/// The query that an address means. What it says wrong is as if it were not there.
fn read(params: &ParamsMap) -> AttributeQuery {
    let PageQuery { limit, cursor } = place(params);
    AttributeQuery {
        q: params.get("q").filter(|value| !value.trim().is_empty()),
        limit,
        cursor,
    }
}

/// The address that means a query, and something more that it asks for.
fn address(query: &AttributeQuery, more: Option<(&'static str, &str)>) -> String {
    let mut params = ParamsMap::new();
    let values = [
        ("q", query.q.clone()),
        ("limit", query.limit.map(|limit| limit.to_string())),
        ("cursor", query.cursor.clone()),
    ];
    let values = values.into_iter().filter_map(|(name, value)| Some((name, value?)));
    for (name, value) in values.chain(more.map(|(name, value)| (name, value.to_owned()))) {
        params.insert(name, value);
    }
    format!("{PATH}{}", params.to_query_string())
}

/// The list, once known.
#[component]
pub fn AttributesView(
    /// What was found.
    page: Page<Attribute>,
    /// What was asked.
    query: AttributeQuery,
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
    let at = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        let there = AttributeQuery {
            cursor,
            ..query.clone()
        };
        Some(address(&there, None))
    };
    let pager = view! { <Pager previous=at(&page.prev_cursor) next=at(&page.next_cursor) /> };
    let (attributes, total) = (page.items, total(page.total));
    let here = address(&query, None);
    let back = here.clone();
    let list = match (attributes.is_empty(), query.q.is_some()) {
        (true, false) => view! { <NoneYet /> }.into_any(),
        (true, true) => view! {
            <p class="card p-6">
                "No attribute says that. "
                <a class="link" href=PATH>
                    "Show all attributes"
                </a>
            </p>
        }
        .into_any(),
        (false, _) => view! { <Table attributes=attributes.clone() query=query.clone() may_manage /> }.into_any(),
    };
    let all = StoredValue::new(attributes);
    let question = move || {
        let attribute = all.with_value(|all| named(&confirm.get(), all)).filter(|_| may_manage);
        attribute.map(|attribute| view! { <WithdrawQuestion name=attribute.name cancel=back.clone() /> })
    };
    let form = move || {
        let attribute = all.with_value(|all| named(&change.get(), all));
        may_manage.then(|| view! { <DeclareForm action attempt attribute cancel=here.clone() /> })
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
        {question} <Filters query />
        <p class="text-soft" role="status">
            {total}
        </p>
        {list}
        {pager}
        {form}
    }
}

fn total(total: u64) -> String {
    let attributes = if total == 1 { "attribute" } else { "attributes" };
    format!("{} {attributes}", grouped(total))
}

/// A plain GET form. The page size stays, the page does not: another search begins at its first page.
#[component]
fn Filters(query: AttributeQuery) -> impl IntoView {
    let limit = query
        .limit
        .map(|limit| view! { <input type="hidden" name="limit" value=limit.to_string() /> });
    view! {
        <GetForm action={PATH} {..} role="search" class="flex flex-wrap items-end gap-3">
            <SearchField name="q" label="Search" placeholder="Name or description" value=query.q />
            {limit}
            <button type="submit" class="button">
                {Icon::Search.draw()}
                "Search"
            </button>
        </GetForm>
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
fn Table(attributes: Vec<Attribute>, query: AttributeQuery, may_manage: bool) -> impl IntoView {
    let rows = attributes
        .into_iter()
        .map(|attribute| view! { <Row attribute query=query.clone() may_manage /> })
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
fn Row(attribute: Attribute, query: AttributeQuery, may_manage: bool) -> impl IntoView {
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
            let change = format!("{}#declare", address(&query, Some(("change", &name))));
            let confirm = address(&query, Some(("confirm", &name)));
            view! {
                <td>
                    <span class="flex flex-wrap gap-3">
                        <a class="link" href=change>
                            "Change"
                            <span class="sr-only">{named.clone()}</span>
                        </a>
                        <a class="link" href=confirm data-noscroll>
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
fn WithdrawQuestion(name: String, cancel: String) -> impl IntoView {
    let action = ServerAction::<WithdrawAttribute>::new();
    let attempt = Attempt::of(action);
    view! {
        <Confirm id="withdraw" title=format!("Withdraw {name}?") open=Signal::stored(true) cancel>
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
    cancel: String,
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
            <a class="link" href=cancel>
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
