//! No more announcements, or some again: by the link that each of them holds, for whoever reads the address. Opening the link
//! changes nothing; the button does.

use leptos::prelude::*;
use sereno_types::{Code, Preferences, Problem};

use crate::{
    account::query,
    text,
    ui::{
        alert::Done,
        field::Hidden,
        form::{Attempt, Form, Submit},
        heading::Heading,
        loaded::loaded,
    },
};

#[server(name = LoadUnsubscribeLink, prefix = "/account/fn", endpoint = "unsubscribe_link")]
pub(crate) async fn unsubscribe_link(#[server(default)] token: String) -> Result<Preferences, Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    sereno_core::account::preferences::of_link(&visitor.sereno, &token)
        .await
        .map_err(gate::refuse)
}

#[server(prefix = "/account/fn", endpoint = "unsubscribe")]
pub(crate) async fn unsubscribe(#[server(default)] token: String) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let command = sereno_types::Unsubscribe {
        token: token.clone().into(),
    };
    sereno_core::account::preferences::unsubscribe(&visitor.sereno, &visitor.meta, command)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&crate::account::address(PATH, &[("token", &token)]));
    Ok(())
}

#[server(prefix = "/account/fn", endpoint = "resubscribe")]
pub(crate) async fn resubscribe(#[server(default)] token: String) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let command = sereno_types::Unsubscribe {
        token: token.clone().into(),
    };
    sereno_core::account::preferences::resubscribe(&visitor.sereno, &visitor.meta, command)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&crate::account::address(PATH, &[("token", &token), ("done", "back")]));
    Ok(())
}

/// Where it stands.
#[cfg(feature = "ssr")]
const PATH: &str = "/account/unsubscribe";

/// `/account/unsubscribe`, with `token` from the link.
#[component]
pub fn UnsubscribePage() -> impl IntoView {
    let texts = text::use_texts();
    let Some(token) = query("token") else {
        return view! {
            <Heading title=texts.unsubscribe_title />
            <p>{text::sentence(text::use_locale(), Code::UnsubscribeLinkInvalid, text::Figures::default())}</p>
        }
        .into_any();
    };
    let link = token.clone();
    let wanted = Resource::new(|| (), move |()| unsubscribe_link(link.clone()));
    let came_back = query("done").is_some_and(|done| done == "back");
    loaded(wanted, move |wanted| {
        view! { <UnsubscribeView token=token.clone() wanted came_back /> }
    })
    .into_any()
}

/// The page, once it is known what is wanted now.
#[component]
pub fn UnsubscribeView(
    /// The token of the link.
    token: String,
    /// What is wanted now.
    wanted: Preferences,
    /// Whether they have just come back.
    came_back: bool,
) -> impl IntoView {
    let texts = text::use_texts();
    if wanted.announcements {
        let action = ServerAction::<Unsubscribe>::new();
        let attempt = Attempt::of(action);
        return view! {
            <Heading title=texts.unsubscribe_title attempt />
            {came_back.then(|| view! { <Done>{texts.resubscribed}</Done> })}
            <p>{texts.unsubscribe_lead}</p>
            <Form action attempt>
                <Hidden name="token" value=token />
                <Submit label=texts.unsubscribe />
            </Form>
        }
        .into_any();
    }
    let action = ServerAction::<Resubscribe>::new();
    let attempt = Attempt::of(action);
    view! {
        <Heading title=texts.unsubscribe_title attempt />
        <Done>{texts.unsubscribed}</Done>
        <p>{texts.resubscribe_lead}</p>
        <Form action attempt>
            <Hidden name="token" value=token />
            <Submit label=texts.resubscribe class="button justify-self-start" />
        </Form>
    }
    .into_any()
}
