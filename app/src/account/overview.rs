//! The visitor's own account: who they are, and the forms for password and address.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use sereno_types::{Me, Problem};

use crate::{
    account::{
        AccountNav,
        credentials::{Changes, Credentials},
        query,
        sign_out::SignOutButton,
    },
    text,
    ui::{
        alert::{Done, Tone},
        avatar::{Avatar, Face},
        badge::Badge,
        copy::Copyable,
        heading::Heading,
        icon::Icon,
        loaded::loaded,
        time::At,
    },
};

/// What the account page shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Account {
    /// The visitor.
    pub me: Me,
    /// Whether the console is open to them.
    pub staff: bool,
    /// Whether they must give their password to change it.
    pub old_required: bool,
}

#[server(name = LoadAccount, prefix = "/account/fn", endpoint = "me")]
pub(crate) async fn me() -> Result<Account, Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let me = sereno_core::account::profile::me(&visitor.sereno, &visitor.actor)
        .await
        .map_err(gate::refuse)?;
    let staff = sereno_core::access::staff(&visitor.sereno, &visitor.actor)
        .await
        .is_ok();
    let old_required = sereno_core::account::password::demands_old(&visitor.sereno, &visitor.actor)
        .await
        .map_err(gate::refuse)?;
    Ok(Account {
        me,
        staff,
        old_required,
    })
}

/// `/account`.
#[component]
pub fn AccountPage() -> impl IntoView {
    let account = Resource::new(|| (), |()| me());
    let texts = text::use_texts();
    let done = match query("done").as_deref() {
        Some("password") => Some(texts.password_changed),
        Some("email") => Some(texts.email_sent),
        _ => None,
    };
    loaded(account, move |account| view! { <AccountView account done /> })
}

/// The account, once it is known.
#[component]
pub fn AccountView(
    /// Whose account.
    account: Account,
    /// What has just been done.
    #[prop(default = None)]
    done: Option<&'static str>,
) -> impl IntoView {
    let texts = text::use_texts();
    let Account {
        me,
        staff,
        old_required,
    } = account;
    let changes = Changes::begin();
    let name = me.email.clone().or_else(|| me.username.clone()).unwrap_or_default();
    view! {
        <div class="grid grid-cols-1 gap-6">
            <AccountNav />
            <div class="flex items-center gap-4">
                <Avatar face=Face::of(&me) />
                <div class="grid min-w-0 gap-1">
                    <Heading title=texts.account_title attempt=changes.attempt() />
                    <p class="text-soft">{texts.account_lead}</p>
                </div>
            </div>
            {done.map(|done| view! { <Done>{done}</Done> })}
            <Facts me />
            <div class="flex flex-wrap gap-3">
                {staff
                    .then(|| {
                        view! {
                            <a class="button button-primary" href="/console">
                                {texts.open_console}
                            </a>
                        }
                    })} <SignOutButton />
            </div>
            <Credentials changes old_required account=name />
            <a class="link justify-self-start" href="/account/delete">
                {texts.delete_link}
            </a>
        </div>
    }
}

#[component]
fn Facts(me: Me) -> impl IntoView {
    let texts = text::use_texts();
    let (tone, icon, word) = if me.email_verified {
        (Tone::Good, Icon::CircleCheck, texts.confirmed)
    } else {
        (Tone::Warn, Icon::Clock, texts.unconfirmed)
    };
    let ask = (!me.email_verified).then(|| {
        view! {
            <a class="link" href="/account/resend-activation">
                {texts.confirm_ask}
            </a>
        }
    });
    let email = me.email.map(|email| {
        view! {
            <div>
                <dt>{texts.email}</dt>
                <dd class="flex flex-wrap items-center gap-2">{email} <Badge tone icon text=word /> {ask}</dd>
            </div>
        }
    });
    let username = me.username.map(|username| {
        view! {
            <div>
                <dt>{texts.username}</dt>
                <dd>{username}</dd>
            </div>
        }
    });
    view! {
        <dl class="facts">
            {email} {username} <div>
                <dt>{texts.account_number}</dt>
                <dd>{me.number}</dd>
            </div> <div>
                <dt>{texts.account_id}</dt>
                <dd>
                    <Copyable text=me.id.0 what=texts.account_id />
                </dd>
            </div> <div>
                <dt>{texts.account_since}</dt>
                <dd>
                    <At at=me.created_at />
                </dd>
            </div>
        </dl>
    }
}
