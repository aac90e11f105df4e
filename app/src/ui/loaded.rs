//! From what the server answered to what is shown: data become a view, a refusal becomes a page that says so. Status
//! codes and redirects are set here, before the first byte leaves (every route renders in async mode).

use leptos::prelude::*;
use leptos_router::{components::Redirect, hooks::use_location, location::Url};
use sereno_types::{Code, Problem};

use super::{form::reference, heading::Heading};
use crate::text::{self, Texts};

/// Shows what a resource holds once it is there. While a next answer is on its way the present one stays.
pub fn loaded<T, V>(
    resource: Resource<Result<T, Problem>>,
    view: impl Fn(T) -> V + Clone + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    loaded_or(resource, view, |problem| view! { <Refusal problem /> }.into_any())
}

/// The same, with a page of one's own for a refusal.
pub fn loaded_or<T, V>(
    resource: Resource<Result<T, Problem>>,
    view: impl Fn(T) -> V + Clone + Send + Sync + 'static,
    refusal: fn(Problem) -> AnyView,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let content = move || {
        let view = view.clone();
        Suspend::new(async move {
            let answer = resource.await;
            // Leptos looks through what is there before it renders it, several times and for nested pages again each
            // time. This shows it nothing, so that a page is made once and asks for its data once.
            Unsuspend::new(move || match answer {
                Ok(data) => view(data).into_any(),
                Err(problem) => refused(problem, refusal),
            })
        })
    };
    view! { <Transition fallback=Waiting>{content}</Transition> }
}

#[component]
fn Waiting() -> impl IntoView {
    view! { <p class="p-6 text-muted">{text::use_texts().loading}</p> }
}

/// A page in place of the one that was asked for. Whoever only has to sign in is led there, and back afterwards.
fn refused(problem: Problem, refusal: fn(Problem) -> AnyView) -> AnyView {
    if problem.code == Code::AuthenticationRequired {
        return view! { <Elsewhere path=sign_in_path() /> }.into_any();
    }
    answer_with_status(problem.status);
    refusal(problem)
}

/// Leads to another page: by a redirect where this one was asked for, by a navigation in the browser. (Leptos by itself
/// answers 200 to a client that does not ask for HTML.)
#[component]
pub fn Elsewhere(
    /// The other page.
    #[prop(into)]
    path: String,
) -> impl IntoView {
    answer_with_status(302);
    view! { <Redirect path /> }
}

/// The sign-in page that leads back here; it leads to the account by itself.
fn sign_in_path() -> String {
    let location = use_location();
    let (path, search) = (location.pathname.get_untracked(), location.search.get_untracked());
    if path == "/account" {
        return "/account/sign-in".to_owned();
    }
    let here = if search.is_empty() {
        path
    } else {
        format!("{path}?{search}")
    };
    format!("/account/sign-in?next={}", Url::escape(&here))
}

/// A friendly page for an error.
#[component]
pub fn Refusal(
    /// What went wrong.
    problem: Problem,
) -> impl IntoView {
    let texts = text::use_texts();
    // a page has no fields to point at: what was refused stands in its address
    let problem = match problem.code {
        Code::ValidationFailed => Problem::new(Code::MalformedQuery),
        _ => problem,
    };
    view! {
        <div class="grid max-w-xl gap-4">
            <Heading title=title(texts, problem.status) />
            <p>{text::of_problem(text::use_locale(), &problem)}</p>
            {reference(&problem)}
            <p>
                <a class="link" href="/account">
                    {texts.home}
                </a>
            </p>
        </div>
    }
}

const fn title(texts: &Texts, status: u16) -> &'static str {
    match status {
        404 => texts.missing_title,
        403 => texts.forbidden_title,
        503 => texts.away_title,
        500.. => texts.broken_title,
        _ => texts.refused_title,
    }
}

/// There is no such page.
#[component]
pub fn NotFound() -> impl IntoView {
    answer_with_status(404);
    view! { <Refusal problem=Problem::new(Code::NotFound) /> }
}

#[cfg(feature = "ssr")]
fn answer_with_status(status: u16) {
    crate::gate::answer_with_status(status);
}

/// The browser has its status already.
#[cfg(not(feature = "ssr"))]
const fn answer_with_status(_status: u16) {}
