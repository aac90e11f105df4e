//! The list of e-mail templates, with what there is of each in each language.

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use sereno_types::{EmailCoverage, EmailTemplateQuery, EmailTemplateRow, Page, Permission, Problem};

use crate::{
    console::{
        Breadcrumb,
        address::{address, counted, said},
        may,
        roles::chosen,
    },
    ui::{
        alert::{Done, Tone},
        badge::Badge,
        field::{Choice, SearchField},
        heading::Heading,
        icon::Icon,
        list::{Filters, Listing, Nothing},
        loaded::loaded,
    },
};

pub(super) const PATH: &str = "/console/email-templates";

#[server(name = ListEmailTemplates, prefix = "/console/fn", endpoint = "list_email_templates")]
pub(crate) async fn list_email_templates(query: Option<EmailTemplateQuery>) -> Result<Page<EmailTemplateRow>, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::templates::list::list(&member.sereno, &member.staff, query.unwrap_or_default())
        .await
        .map_err(gate::refuse)
}

/// `/console/email-templates`.
#[component]
pub fn EmailTemplatesPage() -> impl IntoView {
    let asked = use_query_map();
    let query = Memo::new(move |_| asked.with(read));
    let done = Signal::derive(move || {
        asked.with(|params| match params.get("done").as_deref() {
            Some("deleted") => Some("The template is deleted, with all its versions."),
            Some("imported") => {
                Some("The templates are read in: what differs from what was in use is a draft now, or published.")
            }
            _ => None,
        })
    });
    let page = Resource::new(
        move || query.get(),
        |query| async move {
            list_email_templates(Some(query.clone()))
                .await
                .map(|page| (page, query))
        },
    );
    loaded(
        page,
        move |(page, query)| view! { <EmailTemplatesView page query done /> },
    )
}

/// The query that an address means. What it says wrong is as if it were not there.
fn read(params: &ParamsMap) -> EmailTemplateQuery {
    EmailTemplateQuery {
        q: said(params, "q"),
        custom: said(params, "custom").and_then(|value| value.parse().ok()),
        limit: said(params, "limit").and_then(|value| value.parse().ok()),
        cursor: said(params, "cursor"),
    }
}

/// The address that means a query.
fn address_of(query: &EmailTemplateQuery) -> String {
    let says = vec![
        ("q", query.q.clone()),
        ("custom", query.custom.map(|custom| custom.to_string())),
        ("limit", query.limit.map(|limit| limit.to_string())),
        ("cursor", query.cursor.clone()),
    ];
    address(PATH, says)
}

/// The list, once it is known.
#[component]
pub fn EmailTemplatesView(
    /// What was found.
    page: Page<EmailTemplateRow>,
    /// What was asked.
    query: EmailTemplateQuery,
    /// What has just been done.
    done: Signal<Option<&'static str>>,
) -> impl IntoView {
    let at = |cursor: &Option<String>| {
        let cursor = Some(cursor.clone()?);
        Some(address_of(&EmailTemplateQuery {
            cursor,
            ..query.clone()
        }))
    };
    let around = (at(&page.prev_cursor), at(&page.next_cursor));
    let filtered = query.q.is_some() || query.custom.is_some();
    let total = counted(page.total, "template", "templates", filtered);
    let list = if page.items.is_empty() {
        view! { <NothingFound own=query.custom == Some(true) && query.q.is_none() /> }.into_any()
    } else {
        view! { <Table rows=page.items /> }.into_any()
    };
    let kinds = vec![("", "All templates"), ("false", "Sereno's mails"), ("true", "Your own")];
    let custom = chosen(query.custom);
    let kept = vec![("limit", query.limit.map(|limit| limit.to_string()))];
    view! {
        <Breadcrumb above=vec![("/console", "Overview")] here="E-mail templates" />
        {move || done.get().map(|words| view! { <Done>{words}</Done> })}
        <div class="flex flex-wrap items-start justify-between gap-4">
            <div class="grid gap-1">
                <Heading title="E-mail templates" />
                <p class="max-w-prose text-soft">
                    "Every mail can be written anew in each language. What you do not write leaves as it is shipped."
                </p>
            </div>
            <div class="flex flex-wrap gap-3">
                <a class="button" rel="external" download="" href="/api/v1/admin/email-templates/export">
                    {Icon::Download.draw()}
                    "Download all"
                </a>
                {may(Permission::EmailTemplatesManage)
                    .then(|| {
                        view! {
                            <a class="button" href="/console/email-templates/import">
                                "Read in"
                            </a>
                            <a class="button button-primary" href="/console/email-templates/new">
                                {Icon::Plus.draw()}
                                "New template"
                            </a>
                        }
                    })}
            </div>
        </div>
        <Filters path=PATH kept>
            <SearchField name="q" label="Search" placeholder="Name or purpose" value=query.q />
            <Choice name="custom" label="Whose" options=kinds value=custom />
        </Filters>
        <Listing total around>
            {list}
        </Listing>
    }
}

#[component]
fn Table(rows: Vec<EmailTemplateRow>) -> impl IntoView {
    let rows = rows.into_iter().map(|row| view! { <Row row /> }).collect_view();
    view! {
        <div class="card scroller" role="region" aria-label="E-mail templates" tabindex="0">
            <table class="grid-table">
                <caption class="sr-only">"E-mail templates by name, with what there is in each language"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Template"</th>
                        <th scope="col" class="max-md:hidden">
                            "English"
                        </th>
                        <th scope="col" class="max-md:hidden">
                            "German"
                        </th>
                        <th scope="col" class="max-md:hidden">
                            "Spanish"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: EmailTemplateRow) -> impl IntoView {
    let first = format!("{PATH}/{}/en", row.name);
    let cell = |coverage: EmailCoverage| {
        let href = format!("{PATH}/{}/{}", row.name, coverage.language);
        let label = format!("{} in {}: ", row.title, language_name(&coverage.language));
        view! {
            <a class="badges" href=href>
                <span class="sr-only">{label}</span>
                <Coverage coverage />
            </a>
        }
    };
    let cells = row
        .languages
        .iter()
        .map(|coverage| view! { <td class="max-md:hidden">{cell(coverage.clone())}</td> })
        .collect_view();
    // narrow screens have no columns for them
    let stacked = row
        .languages
        .iter()
        .map(|coverage| {
            let language = language_name(&coverage.language);
            view! { <li class="flex flex-wrap items-center gap-2">{language} {cell(coverage.clone())}</li> }
        })
        .collect_view();
    view! {
        <tr>
            <th scope="row">
                <a class="link wrap-anywhere" href=first>
                    {row.title}
                </a>
                <code class="block font-mono text-sm font-normal wrap-anywhere text-muted">{row.name.clone()}</code>
                <span class="block font-normal text-soft">{row.description}</span>
                <ul class="mt-2 grid gap-1.5 font-normal md:hidden">{stacked}</ul>
            </th>
            {cells}
        </tr>
    }
}

/// What there is in one language, in a word or two.
#[component]
pub(super) fn Coverage(
    /// What there is.
    coverage: EmailCoverage,
) -> impl IntoView {
    let main = match (coverage.live, coverage.is_shipped) {
        (Some(_), _) if coverage.broken_since.is_some() => {
            view! { <Badge tone=Tone::Bad icon=Icon::CircleAlert text="Fails" /> }.into_any()
        }
        (Some(version), _) => {
            let text = format!("Version {version}");
            view! { <Badge tone=Tone::Good icon=Icon::CircleCheck text /> }.into_any()
        }
        (None, true) => view! { <Badge tone=Tone::Plain icon=Icon::Mail text="As shipped" /> }.into_any(),
        (None, false) => view! { <Badge tone=Tone::Plain icon=Icon::Ban text="None" /> }.into_any(),
    };
    view! {
        {main}
        {coverage.has_draft.then(|| view! { <Badge tone=Tone::Info icon=Icon::Clock text="Draft" /> })}
        {coverage
            .is_outdated
            .then(|| view! { <Badge tone=Tone::Warn icon=Icon::TriangleAlert text="Default has changed" /> })}
    }
}

/// What the console calls a language.
#[must_use]
pub(super) fn language_name(language: &str) -> &'static str {
    match language {
        "de" => "German",
        "es" => "Spanish",
        _ => "English",
    }
}

#[component]
fn NothingFound(own: bool) -> impl IntoView {
    let words = if own {
        "A template of your own is for mails that your services send. Make one, write it, and publish it."
    } else {
        "The search looks for parts of names and of what templates are for."
    };
    view! {
        <Nothing
            title=if own { "None of your own yet" } else { "No template matches" }
            all=Some((PATH, "Show all templates"))
        >
            <p>{words}</p>
        </Nothing>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_means_what_it_was_made_from() {
        let query = EmailTemplateQuery {
            q: Some("a & b".to_owned()),
            custom: Some(true),
            limit: Some(20),
            cursor: Some("abc".to_owned()),
        };
        assert_eq!(
            address_of(&query),
            "/console/email-templates?q=a%20%26%20b&custom=true&limit=20&cursor=abc"
        );
    }
}
