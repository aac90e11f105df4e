//! Have an account deleted: asked for here, with or without signing in, and proven by the link or the code of a mail.
//! Opening the link changes nothing; the button does.

use leptos::prelude::*;
use sereno_types::{DeletionTerms, Problem};

use crate::{
    account::query,
    text,
    ui::{
        alert::{Alert, Done, Tone},
        field::{Field, Hidden},
        form::{Attempt, Form, Submit},
        heading::Heading,
        icon::Icon,
        loaded::loaded,
    },
};

#[server(name = LoadDeletionTerms, prefix = "/account/fn", endpoint = "deletion_terms")]
pub(crate) async fn deletion_terms() -> Result<DeletionTerms, Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    sereno_core::account::deletion::terms(&visitor.sereno, &visitor.actor)
        .await
        .map_err(gate::refuse)
}

/// Without an identifier, the visitor's own account is meant.
#[server(prefix = "/account/fn", endpoint = "request_deletion")]
pub(crate) async fn request_deletion(
    #[server(default)] identifier: Option<String>,
    #[server(default)] password: Option<String>,
) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let request = sereno_types::RequestDeletion {
        identifier,
        password: password.map(Into::into),
    };
    let closed = sereno_core::account::deletion::request(&visitor.sereno, &visitor.meta, &visitor.actor, request)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(match closed {
        Some(_) => "/account/delete?done=closed_unmailed",
        None => "/account/delete?done=sent",
    });
    Ok(())
}

#[server(prefix = "/account/fn", endpoint = "confirm_deletion")]
pub(crate) async fn confirm_deletion(
    #[server(default)] token: Option<String>,
    #[server(default)] email: Option<String>,
    #[server(default)] code: Option<String>,
) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let confirm = sereno_types::ConfirmDeletion {
        token: token.map(Into::into),
        email,
        code: code.map(Into::into),
    };
    sereno_core::account::deletion::confirm(&visitor.sereno, &visitor.meta, confirm)
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/account/delete?done=closed");
    Ok(())
}

/// `/account/delete`, with `token` from a link.
#[component]
pub fn DeletePage() -> impl IntoView {
    let terms = Resource::new(|| (), |()| deletion_terms());
    loaded(terms, move |terms| {
        if query("token").is_some() {
            return view! { <Confirm terms /> }.into_any();
        }
        match query("done").as_deref() {
            Some("closed") => view! { <Closed terms /> }.into_any(),
            Some("closed_unmailed") => view! { <Closed terms mailed=false /> }.into_any(),
            Some("sent") => view! { <Sent terms /> }.into_any(),
            _ => view! { <Ask terms /> }.into_any(),
        }
    })
}

/// What will happen, and the wish.
#[component]
pub fn Ask(
    /// How it is done here.
    terms: DeletionTerms,
) -> impl IntoView {
    let texts = text::use_texts();
    let action = ServerAction::<RequestDeletion>::new();
    let attempt = Attempt::of(action);
    let form = if terms.enabled {
        view! {
            <p>{if terms.without_mail { texts.delete_unmailed_lead } else { texts.delete_lead }}</p>
            <p>{text::deletion_grace(text::use_locale(), terms.grace_days)}</p>
            <Form action attempt>
                {(!terms.signed_in)
                    .then(|| view! { <Field name="identifier" label=texts.identifier autocomplete="username" /> })}
                {if terms.without_mail {
                    view! {
                        <Field
                            name="password"
                            label=texts.password
                            kind="password"
                            autocomplete="current-password"
                            optional=true
                            hint=texts.fresh_hint
                        />
                        <Submit label=texts.delete_confirm class="button button-danger" icon=Icon::Trash />
                    }
                        .into_any()
                } else {
                    view! { <Submit label=texts.delete_request icon=Icon::Mail /> }.into_any()
                }}
            </Form>
        }
        .into_any()
    } else {
        view! { <p>{text::sentence(text::use_locale(), sereno_types::Code::DeletionClosed, text::Figures::default())}</p> }
            .into_any()
    };
    let said = !terms.page_text.is_empty();
    view! {
        <Heading title=texts.delete_title attempt />
        {form}
        {said.then(|| view! { <p class="whitespace-pre-line text-soft">{terms.page_text.clone()}</p> })}
        {terms
            .signed_in
            .then(|| {
                view! {
                    <p>
                        {texts.export_lead} " " <a class="link" rel="external" href="/api/v1/me/export" download="">
                            {texts.export_data}
                        </a>
                    </p>
                    <a class="link justify-self-start" href="/account">
                        {texts.to_account}
                    </a>
                }
            })}
    }
}

/// The mail is on its way, perhaps; its code may be typed here.
#[component]
fn Sent(terms: DeletionTerms) -> impl IntoView {
    let texts = text::use_texts();
    let action = ServerAction::<ConfirmDeletion>::new();
    let attempt = Attempt::of(action);
    view! {
        <Heading title=texts.sent_title attempt />
        <p>{texts.delete_sent}</p>
        <Warning days=terms.grace_days />
        <Form action attempt>
            <Field name="email" label=texts.email kind="email" autocomplete="email" inputmode="email" />
            <Field
                name="code"
                label=texts.code
                autocomplete="one-time-code"
                inputmode="numeric"
                hint=texts.code_hint
                class="code"
            />
            <Submit label=texts.delete_confirm class="button button-danger" icon=Icon::Trash />
        </Form>
        <p class="text-soft">
            {texts.sent_where} " " <a class="link" rel="external" href="/account/delete">
                {texts.resend_link}
            </a> "."
        </p>
    }
}

#[component]
fn Confirm(terms: DeletionTerms) -> impl IntoView {
    let texts = text::use_texts();
    let action = ServerAction::<ConfirmDeletion>::new();
    let attempt = Attempt::of(action);
    view! {
        <Heading title=texts.delete_title attempt />
        <p>{texts.delete_confirm_lead}</p>
        <Warning days=terms.grace_days />
        <Form action attempt>
            <Hidden name="token" value=query("token").unwrap_or_default() />
            <Submit label=texts.delete_confirm class="button button-danger" icon=Icon::Trash />
        </Form>
        <a class="link justify-self-start" rel="external" href="/account/delete">
            {texts.resend}
        </a>
    }
}

#[component]
fn Warning(days: u64) -> impl IntoView {
    view! {
        <Alert tone=Tone::Warn>
            <p>{text::deletion_grace(text::use_locale(), days)}</p>
        </Alert>
    }
}

#[component]
fn Closed(terms: DeletionTerms, #[prop(default = true)] mailed: bool) -> impl IntoView {
    let texts = text::use_texts();
    let what = match (terms.grace_days, mailed) {
        (0, _) => texts.deleted,
        (_, true) => texts.delete_scheduled,
        (_, false) => texts.delete_unmailed_done,
    };
    view! {
        <Heading title=texts.delete_title />
        <Done>{what}</Done>
    }
}
