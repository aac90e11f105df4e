//! Two texts of a template side by side: what is shipped, what is in use, the draft, any version.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use sereno_types::{
    Code, DiffLine, DiffSide, EmailDiff, EmailPartDiff, EmailTemplateDetail, EmailVersionQuery, EmailVersionRow,
    Problem,
};

use super::email_template::email_template;
use super::email_template_versions::email_versions;
use crate::{
    console::{
        Breadcrumb,
        address::said,
        email_templates::{PATH, language_name},
    },
    ui::{
        alert::{Alert, Tone},
        field::Choice,
        get_form::GetForm,
        heading::Heading,
        loaded::loaded,
    },
};

/// Most versions that are offered to be compared; older ones are named in the address.
const OFFERED: u64 = 200;

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

/// What the page is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Asked {
    name: String,
    language: String,
    from: Option<String>,
    to: Option<String>,
}

/// What there is to compare, and what differs.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Compared {
    /// The template.
    pub template: EmailTemplateDetail,
    /// What was published, the latest first.
    pub versions: Vec<EmailVersionRow>,
    /// The earlier text.
    pub from: String,
    /// The later text.
    pub to: String,
    /// What differs, or which of the two there is not.
    pub diff: Result<EmailDiff, Problem>,
}

/// `/console/email-templates/{name}/{language}/compare`.
#[component]
pub fn CompareEmailTemplatesPage() -> impl IntoView {
    let (params, asked) = (use_params_map(), use_query_map());
    let query = Memo::new(move |_| {
        params.with(|params| {
            asked.with(|asked| Asked {
                name: params.get("name").unwrap_or_default(),
                language: params.get("language").unwrap_or_default(),
                from: said(asked, "from"),
                to: said(asked, "to"),
            })
        })
    });
    let page = Resource::new(move || query.get(), look_up);
    loaded(page, |compared| view! { <CompareView compared /> })
}

async fn look_up(asked: Asked) -> Result<Compared, Problem> {
    let (name, language) = (asked.name, asked.language);
    let (template, _) = email_template(name.clone(), language.clone()).await?;
    let query = EmailVersionQuery {
        limit: Some(OFFERED),
        cursor: None,
    };
    let versions = email_versions(name.clone(), language.clone(), Some(query)).await?.items;
    let to = asked.to.unwrap_or_else(|| "live".to_owned());
    let from = asked.from.unwrap_or_else(|| before(&template, &to));
    let diff = match compare_email_templates(name, language, from.clone(), to.clone()).await {
        // the form says which word is wrong, and offers the others
        Err(problem) if problem.code != Code::ValidationFailed => return Err(problem),
        diff => diff,
    };
    Ok(Compared {
        template,
        versions,
        from,
        to,
        diff,
    })
}

/// What a text took the place of: of a version the one before, of the first one what is shipped.
#[must_use]
pub(super) fn before(template: &EmailTemplateDetail, which: &str) -> String {
    let live = || template.live.as_ref().map(|live| live.row.version);
    let number = match which {
        "live" => live(),
        number => number.parse().ok(),
    };
    match (which, number) {
        ("draft", _) => "live".to_owned(),
        (_, Some(number)) if number > 1 => (number - 1).to_string(),
        _ if template.shipped.is_some() => "shipped".to_owned(),
        _ => which.to_owned(),
    }
}

/// Both, once they are known.
#[component]
pub fn CompareView(
    /// What there is to compare.
    compared: Compared,
) -> impl IntoView {
    let Compared {
        template,
        versions,
        from,
        to,
        diff,
    } = compared;
    let path = format!("{PATH}/{}/{}", template.name, template.language);
    let called_so = format!("{} in {}", template.title, language_name(&template.language));
    let title = format!("{called_so}: {} and {}", called(&from), called(&to));
    let (left, right) = (offered(&template, &versions, &from), offered(&template, &versions, &to));
    let (before, after) = (capitalized(&called(&from)), capitalized(&called(&to)));
    let parts = match diff {
        Ok(diff) => diff
            .parts
            .into_iter()
            .map(|part| view! { <Part part before=before.clone() after=after.clone() /> })
            .collect_view()
            .into_any(),
        Err(problem) => view! { <Wrong problem from=from.clone() to=to.clone() /> }.into_any(),
    };
    view! {
        <Breadcrumb
            above=vec![("/console", "Overview"), (PATH, "E-mail templates")]
            here=called_so
        />
        <div class="grid gap-2">
            <Heading title />
            <p>
                <a class="link" href=path.clone()>
                    "Back to the template"
                </a>
            </p>
        </div>
        <GetForm action=format!("{path}/compare") {..} class="flex flex-wrap items-end gap-3">
            <Choice name="from" label="From" options=left value=from.clone() />
            <Choice name="to" label="To" options=right value=to.clone() />
            <button type="submit" class="button">
                "Compare"
            </button>
        </GetForm>
        {parts}
    }
}

/// What can be compared, in words, and what the address says.
fn offered(template: &EmailTemplateDetail, versions: &[EmailVersionRow], said: &str) -> Vec<(String, String)> {
    let named = |word: &str| (word.to_owned(), capitalized(&called(word)));
    let mut options = Vec::new();
    options.extend(template.shipped.is_some().then(|| named("shipped")));
    options.extend((template.live.is_some() || template.shipped.is_some()).then(|| named("live")));
    options.extend(template.draft.is_some().then(|| named("draft")));
    options.extend(versions.iter().map(|row| named(&row.version.to_string())));
    if options.iter().all(|(option, _)| option != said) {
        options.push((said.to_owned(), said.to_owned()));
    }
    options
}

/// Which of the two words means nothing here.
#[component]
fn Wrong(problem: Problem, from: String, to: String) -> impl IntoView {
    let lines = problem
        .errors
        .into_iter()
        .map(|error| {
            let (field, word) = if error.field == "to" {
                ("To", to.clone())
            } else {
                ("From", from.clone())
            };
            view! { <p>{format!("{field}: there is no text called \u{201c}{word}\u{201d} here. Choose another one.")}</p> }
        })
        .collect_view();
    view! { <Alert tone=Tone::Bad>{lines}</Alert> }
}

fn called(which: &str) -> String {
    match which {
        "shipped" => "shipped default".to_owned(),
        "live" => "what is in use".to_owned(),
        "draft" => "draft".to_owned(),
        number => format!("version {number}"),
    }
}

fn capitalized(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// One part of a mail, line by line; on narrow screens the lines stand below each other.
#[component]
pub(super) fn Part(
    /// What differs in it.
    part: EmailPartDiff,
    /// What stands on the left.
    #[prop(into)]
    before: String,
    /// What stands on the right.
    #[prop(into)]
    after: String,
) -> impl IntoView {
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
                <table class="grid-table diff">
                    <caption class="sr-only">{name} ", line by line"</caption>
                    <thead>
                        <tr>
                            <th scope="col">{before}</th>
                            <th scope="col">{after}</th>
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
        <tr class:same=same>
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
            <td class=tone>
                <span class="text-muted select-none">{format!("{number} {mark} ")}</span>
                {text}
            </td>
        }
        .into_any(),
        None => view! { <td></td> }.into_any(),
    }
}
