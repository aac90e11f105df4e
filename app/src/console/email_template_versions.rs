//! What was published of a template: number, author, note; comparing, and going back.

use leptos::prelude::*;
use sereno_types::{EmailTemplateDetail, EmailVersionQuery, EmailVersionRow, Page, Permission, Problem};

use super::email_template_compare::before;
use crate::{
    console::{address::address, email_templates::PATH, holders::UserLink, may},
    ui::{
        alert::Tone,
        badge::Badge,
        confirm::Confirm,
        field::Hidden,
        form::{Attempt, Form, Submit},
        icon::Icon,
        pager::Pager,
        time::Ago,
        unsaved::SaveFirst,
    },
};

/// What the core compares of the version that a form says was seen; nothing where it says none.
#[cfg(feature = "ssr")]
pub(super) fn as_seen(seen: &str) -> Option<String> {
    (!seen.is_empty()).then(|| format!("\"{seen}\""))
}

#[server(name = ListEmailVersions, prefix = "/console/fn", endpoint = "email_versions")]
pub(crate) async fn email_versions(
    #[server(default)] name: String,
    #[server(default)] language: String,
    query: Option<EmailVersionQuery>,
) -> Result<Page<EmailVersionRow>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let query = query.unwrap_or_default();
    sereno_core::templates::versions::list(&member.sereno, &member.staff, (&name, &language), query)
        .await
        .map_err(gate::refuse)
}

#[server(prefix = "/console/fn", endpoint = "roll_back_email_template")]
pub(crate) async fn roll_back_email_template(
    #[server(default)] name: String,
    #[server(default)] language: String,
    #[server(default)] seen: String,
    #[server(default)] version: String,
    #[server(default)] note: String,
) -> Result<(), Problem> {
    use crate::gate;
    let mut member = gate::staff().await?;
    member.meta.if_match = as_seen(&seen);
    let command = sereno_types::RollBackEmailTemplate {
        version: version.parse().unwrap_or_default(),
        note: Some(note),
    };
    let place = (name.as_str(), language.as_str());
    sereno_core::templates::publish::roll_back(&member.sereno, &member.meta, &member.staff, place, command)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("{PATH}/{name}/{language}?done=restored"));
    Ok(())
}

/// The list, and the question before going back.
#[component]
pub(super) fn Versions(
    /// The template.
    template: EmailTemplateDetail,
    /// Its version.
    seen: String,
    /// What was published.
    versions: Page<EmailVersionRow>,
    /// The version that the address asks to go back to.
    restore: Signal<String>,
) -> impl IntoView {
    let path = format!("{PATH}/{}/{}", template.name, template.language);
    let at = |cursor: &Option<String>| Some(address(&path, vec![("cursor", Some(cursor.clone()?))]));
    let pager = view! { <Pager previous=at(&versions.prev_cursor) next=at(&versions.next_cursor) /> };
    if versions.items.is_empty() {
        return view! {
            <section class="grid grid-cols-1 gap-2">
                <h2 class="text-lg font-semibold">"Versions"</h2>
                <p class="text-soft">"Nothing was published yet. Each publication is kept here, and you can go back to it."</p>
            </section>
        }
        .into_any();
    }
    let questions = may(Permission::EmailTemplatesManage).then(|| {
        let old = versions.items.iter().filter(|row| !row.is_live);
        old.map(|row| view! { <Question template=template.clone() seen=seen.clone() version=row.version restore /> })
            .collect_view()
    });
    let rows = versions
        .items
        .into_iter()
        .map(|row| {
            let earlier = before(&template, &row.version.to_string());
            view! { <Row row path=path.clone() earlier /> }
        })
        .collect_view();
    view! {
        <section class="grid grid-cols-1 gap-4">
            <h2 class="text-lg font-semibold">"Versions"</h2>
            {questions}
            <div class="card scroller" role="region" aria-label="Versions" tabindex="0">
                <table class="grid-table">
                    <caption class="sr-only">"Versions, the latest first"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Version"</th>
                            <th scope="col" class="max-md:hidden">
                                "Note"
                            </th>
                            <th scope="col" class="max-md:hidden">
                                "By"
                            </th>
                            <th scope="col" class="max-md:hidden">
                                "Published"
                            </th>
                            <th scope="col">
                                <span class="sr-only">"Actions"</span>
                            </th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {pager}
        </section>
    }
    .into_any()
}

#[component]
fn Row(row: EmailVersionRow, path: String, earlier: String) -> impl IntoView {
    let number = row.version;
    let compare = (earlier != number.to_string()).then(|| {
        let with = if earlier == "shipped" {
            "the default".to_owned()
        } else {
            earlier.clone()
        };
        view! {
            <a class="link" href=format!("{path}/compare?from={earlier}&to={number}")>
                "Compare " {number} " with " {with}
            </a>
        }
    });
    let live = row
        .is_live
        .then(|| view! { <Badge tone=Tone::Good icon=Icon::CircleCheck text="In use" /> });
    let author = move || match row.author.clone() {
        Some(user) => view! { <UserLink user /> }.into_any(),
        None => view! { <span class="text-muted">"Nobody any more"</span> }.into_any(),
    };
    let at = row.created_at;
    let restore = (!row.is_live && may(Permission::EmailTemplatesManage)).then(|| {
        view! {
            <a class="link" href=format!("{path}?restore={number}") data-noscroll>
                "Go back to " {number}
            </a>
        }
    });
    view! {
        <tr>
            <th scope="row">
                <span class="flex flex-wrap items-center gap-1.5">{number} {live}</span>
                // narrow screens have no columns for them
                <span class="mt-1 grid gap-0.5 font-normal text-soft md:hidden">
                    <span class="wrap-anywhere">{row.note.clone()}</span>
                    <span>{author()} ", " <Ago at=at.clone() /></span>
                </span>
            </th>
            <td class="wrap-anywhere max-md:hidden">{row.note}</td>
            <td class="max-md:hidden">{author()}</td>
            <td class="max-md:hidden">
                <Ago at />
            </td>
            <td>
                <span class="flex flex-wrap gap-x-3 gap-y-1 max-sm:flex-col">
                    <a class="link" href=format!("{path}/versions/{number}")>
                        "View " {number}
                    </a>
                    {compare}
                    {restore}
                </span>
            </td>
        </tr>
    }
}

#[component]
fn Question(template: EmailTemplateDetail, seen: String, version: i64, restore: Signal<String>) -> impl IntoView {
    let action = ServerAction::<RollBackEmailTemplate>::new();
    let attempt = Attempt::of(action);
    let path = format!("{PATH}/{}/{}", template.name, template.language);
    let number = version.to_string();
    let asked = number.clone();
    view! {
        <Confirm
            id=format!("restore-{version}")
            title=format!("Go back to version {version}?")
            open=Signal::derive(move || restore.get() == asked)
            cancel=path
        >
            <p>"What it says is published as a new version, at once. A draft stays as it is."</p>
            <Form action attempt>
                <Hidden name="name" value=template.name />
                <Hidden name="language" value=template.language />
                <Hidden name="seen" value=seen />
                <Hidden name="version" value=number.clone() />
                <Hidden name="note" value=format!("Back to version {number}") />
                <SaveFirst what="kept" />
                <Submit
                    label=format!("Publish version {number} again")
                    class="button button-primary justify-self-start"
                    after_saving=true
                />
            </Form>
        </Confirm>
    }
}
