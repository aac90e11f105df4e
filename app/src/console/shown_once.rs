//! What belongs to one post alone: a secret that was just made, or what settings would lead to; shown once. With scripts it comes as the answer of the server function and lives in the
//! page's memory; without, the server answers the post with a page instead of a redirect. Either way it travels in one
//! answer, over the connection that asked for it, and that answer is `no-store`: the secret never stands in an address, a
//! cookie, a log, or a row (the flash keeps only what was refused, and nothing that is a secret).

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use serde::{Deserialize, Serialize};
use sereno_types::{ClaimsPreview, EmailPreview, Problem};

use super::{application_preview::Claims, email_template_preview::Mail};
use crate::ui::{
    alert::{Alert, Tone},
    copy::Copyable,
    heading::Heading,
};

/// What is shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// What it is, as a heading.
    pub title: String,
    /// The `client_id` it belongs to.
    pub client_id: String,
    /// The secret by which it proves itself, where one was made.
    #[serde(default)]
    pub secret: Option<String>,
    /// The key with which the application checks its tokens, where it shares one with us.
    #[serde(default)]
    pub signing_secret: Option<String>,
    /// What tokens would say, where that was asked.
    #[serde(default)]
    pub preview: Option<ClaimsPreview>,
    /// What a mail would say, where that was asked, and whether it is wanted as wide as a phone.
    #[serde(default)]
    pub mail: Option<(EmailPreview, bool)>,
    /// The page that follows.
    pub next: String,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shown")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

impl Shown {
    /// The header by which the server tells such an answer from others.
    pub const HEADER: &'static str = "x-shown-once";
}

/// What an action that ran on this page answered to be shown.
pub fn answered<S>(action: ServerAction<S>) -> Option<Shown>
where
    S: ServerFn<Output = Option<Shown>, Error = Problem> + Clone + Send + Sync + 'static,
{
    let answer = action.value().get().filter(|_| action.version().get() > 0)?;
    answer.ok().flatten()
}

/// The secret, and the way on.
#[component]
pub fn ShownOnce(
    /// What is shown.
    shown: Shown,
    /// Whether it stands inside of a page that has a heading of its own.
    #[prop(optional)]
    inside: bool,
) -> impl IntoView {
    let heading = if inside {
        view! { <h2 class="text-lg font-semibold">{shown.title}</h2> }.into_any()
    } else {
        view! { <Heading title=shown.title /> }.into_any()
    };
    if let Some((mail, narrow)) = shown.mail {
        return view! {
            <div class="grid gap-4" role="status">
                {heading} <p>
                    "Nothing is saved. Your browser's way back leads to what you typed; "
                    <a class="link" rel="external" href=shown.next>
                        "this link"
                    </a> " to the template as it is."
                </p> <Mail mail narrow />
            </div>
        }
        .into_any();
    }
    if let Some(preview) = shown.preview {
        let back = (!inside).then(|| {
            view! {
                <p>
                    "Nothing is saved. Your browser's way back leads to what you typed; "
                    <a class="link" rel="external" href=shown.next>
                        "this link"
                    </a> " to the settings as they are."
                </p>
            }
        });
        return view! {
            <div class="grid gap-4" role="status">
                {heading} <Claims preview />
                {back}
            </div>
        }
        .into_any();
    }
    view! {
        <div class="grid gap-5" role="status">
            {heading}
            <Alert tone=Tone::Warn>
                <p>
                    "Copy it now: it is shown here and never again. Sereno keeps only what it takes to recognise it."
                </p>
            </Alert>
            <dl class="facts card px-5">
                <div>
                    <dt>"Client id"</dt>
                    <dd>
                        <Copyable text=shown.client_id what="the client id" />
                    </dd>
                </div>
                {shown
                    .secret
                    .map(|secret| {
                        view! {
                            <div>
                                <dt>"Secret"</dt>
                                <dd data-secret>
                                    <Copyable text=secret what="the secret" />
                                </dd>
                            </div>
                        }
                    })}
                {shown
                    .signing_secret
                    .map(|key| {
                        view! {
                            <div>
                                <dt>"Key of its tokens"</dt>
                                <dd data-secret>
                                    <Copyable text=key what="the key" />
                                </dd>
                            </div>
                        }
                    })}
            </dl>
            <a class="button button-primary justify-self-start" rel="external" href=shown.next>
                "I have copied it"
            </a>
        </div>
    }
    .into_any()
}
