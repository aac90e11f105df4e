//! Two texts of a template side by side: what is shipped, what is in use, the draft, any version.

use leptos::prelude::*;
use leptos_router::{
    components::Form as GetForm,
    hooks::{use_params_map, use_query_map},
};
use sereno_types::{DiffLine, DiffSide, EmailDiff, EmailPartDiff, Problem};

use crate::{
    console::{
        Breadcrumb,
        address::said,
        email_templates::{PATH, language_name},
    },
    ui::{field::SearchField, heading::Heading, loaded::loaded},
};

#[server(name = CompareEmailTemplates, prefix = "/console/fn", endpoint = "compare_email_templates")]
pub(crate) async fn compare_email_templates(
    #[server(default)] name: String,
    #[server(default)] language: String,
    #[server(default)] from: String,
    #[server(default)] to: String,
) -> Result<EmailDiff, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let query = sereno_types::EmailDiffQuery { from, to };
    sereno_core::templates::diff::compare(&member.sereno, &member.staff, (&name, &language), query)
        .await
        .map_err(gate::refuse)
}

/// What is compared, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// The template.
    pub name: String,
    /// The language.
    pub language: String,
    /// The earlier text.
    pub from: String,
    /// The later text.
    pub to: String,
}

/// `/console/email-templates/{name}/{language}/compare`.
#[component]
pub fn CompareEmailTemplatesPage() -> impl IntoView {
    let (params, asked) = (use_params_map(), use_query_map());
    let query = Memo::new(move |_| {
        params.with(|params| {
            asked.with(|asked| Compared {
                name: params.get("name").unwrap_or_default(),
                language: params.get("language").unwrap_or_default(),
                from: said(asked, "from").unwrap_or_else(|| "shipped".to_owned()),
                to: said(asked, "to").unwrap_or_else(|| "live".to_owned()),
            })
        })
    });
    let page = Resource::new(
        move || query.get(),
        |asked| async move {
            let Compared {
                name,
                language,
                from,
                to,
            } = asked.clone();
            let diff = compare_email_templates(name, language, from, to).await?;
            Ok((diff, (asked.name, asked.language)))
        },
    );
    loaded(
        page,
        |(diff, (name, language))| view! { <CompareView diff name language /> },
    )
}

/// Both, once they are known.
#[component]
pub fn CompareView(
    /// What differs.
    diff: EmailDiff,
    /// The template.
    name: String,
    /// The language.
    language: String,
) -> impl IntoView {
    let path = format!("{PATH}/{name}/{language}");
    let title = format!(
        "{} and {} in {}",
        called(&diff.from),
        called(&diff.to),
        language_name(&language)
    );
    let parts = diff
        .parts
        .into_iter()
        .map(|part| view! { <Part part /> })
        .collect_view();
    view! {
        <Breadcrumb above=vec![("/console", "Overview"), (PATH, "E-mail templates")] here=title.clone() />
        <div class="grid gap-2">
            <Heading title />
            <p>
                <a class="link" href=path.clone()>
                    "Back to the template " {name}
                </a>
            </p>
        </div>
        <GetForm method="GET" action=format!("{path}/compare") {..} class="flex flex-wrap items-end gap-3">
            <SearchField name="from" label="From" placeholder="shipped, live, draft or a number" value=Some(diff.from) />
            <SearchField name="to" label="To" placeholder="shipped, live, draft or a number" value=Some(diff.to) />
            <button type="submit" class="button">
                "Compare"
            </button>
        </GetForm>
        {parts}
    }
}

fn called(which: &str) -> String {
    match which {
        "shipped" => "Shipped default".to_owned(),
        "live" => "what is in use".to_owned(),
        "draft" => "draft".to_owned(),
        number => format!("version {number}"),
    }
}

#[component]
fn Part(part: EmailPartDiff) -> impl IntoView {
    let name = match part.part.as_str() {
        "subject" => "Subject",
        "text" => "Text",
        _ => "HTML",
    };
    let body = if part.is_same {
        view! { <p class="text-soft">"The same in both."</p> }.into_any()
    } else {
        let rows = part
            .lines
            .into_iter()
            .map(|line| view! { <Line line /> })
            .collect_view();
        view! {
            <div class="card scroller" role="region" aria-label=name tabindex="0">
                <table class="grid-table font-mono text-sm">
                    <caption class="sr-only">{name} ", line by line"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Before"</th>
                            <th scope="col">"After"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <section class="grid grid-cols-1 gap-3">
            <h2 class="text-lg font-semibold">{name}</h2>
            {body}
        </section>
    }
}

#[component]
fn Line(line: DiffLine) -> impl IntoView {
    let same = line.is_same;
    view! {
        <tr>
            <Side side=line.before mark=if same { "" } else { "−" } tone=if same { "" } else { "tone-bad" } />
            <Side side=line.after mark=if same { "" } else { "+" } tone=if same { "" } else { "tone-good" } />
        </tr>
    }
}

/// What is gone and what is new is said by a sign, not by colour alone.
#[component]
fn Side(side: Option<DiffSide>, mark: &'static str, tone: &'static str) -> impl IntoView {
    match side {
        Some(DiffSide { number, text }) => view! {
            <td class=format!("align-top wrap-anywhere whitespace-pre-wrap {tone}")>
                <span class="text-muted select-none">{format!("{number} {mark} ")}</span>
                {text}
            </td>
        }
        .into_any(),
        None => view! { <td></td> }.into_any(),
    }
}
