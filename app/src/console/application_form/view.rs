//! The fields of the form, in groups.

use leptos::prelude::*;
use sereno_types::{Delivery, SameSite, SigningAlgorithm};

use super::{GRANTS, delivery_name};
use crate::ui::field::{Area, Field, Select, Tick};

fn options<T: Copy>(
    all: &[T],
    value: fn(T) -> &'static str,
    name: fn(T) -> &'static str,
) -> Vec<(&'static str, &'static str)> {
    all.iter().map(|one| (value(*one), name(*one))).collect()
}

/// A group of fields with its name.
#[component]
fn Group(title: &'static str, children: Children) -> impl IntoView {
    view! {
        <fieldset class="card grid grid-cols-1 gap-4 p-5">
            <legend class="float-left mb-1 w-full text-base font-semibold">{title}</legend>
            {children()}
        </fieldset>
    }
    .into_any()
}

/// Two fields beside each other where there is room.
#[component]
fn Pair(children: Children) -> impl IntoView {
    view! { <div class="grid grid-cols-1 items-end gap-4 sm:grid-cols-2">{children()}</div> }.into_any()
}

/// The fields that make an application and can be changed later.
#[component]
pub fn SettingsFields() -> impl IntoView {
    view! {
        <Group title="Access">
            <fieldset class="grid gap-2">
                <legend class="label mb-1">"How it may come by tokens"</legend>
                {GRANTS.iter().map(|(name, _, label)| view! { <Tick name=*name label=*label /> }).collect_view()}
            </fieldset>
            <Select
                name="delivery"
                label="How tokens reach it"
                options=options(Delivery::ALL, Delivery::as_str, delivery_name)
            />
            <Area
                name="origins"
                label="Origins"
                hint="One a line. Scripts of these may call the API: https://shop.example.org"
            />
            <Area
                name="redirect_uris"
                label="Redirect URIs"
                hint="One a line, compared letter by letter: https://shop.example.org/signed-in"
            />
            <Area name="scopes" label="Scopes" hint="One a line. With introspect it learns of every token." rows=2 />
        </Group>
        <Profile />
        <Cookies />
    }
    .into_any()
}

#[component]
fn Profile() -> impl IntoView {
    let formats = || vec![("jwt", "JWT, signed"), ("opaque", "Opaque")];
    let usual = "Seconds; 0: without end; empty: as the server says.";
    view! {
        <Group title="Tokens">
            <Pair>
                <Select
                    name="profile.algorithm"
                    label="Algorithm"
                    options=options(SigningAlgorithm::ALL, SigningAlgorithm::as_str, SigningAlgorithm::as_str)
                />
                <Tick name="profile.own" label="A key of its own" />
                <Select name="profile.access_format" label="Access tokens" options=formats() />
                <Select name="profile.refresh_format" label="Refresh tokens" options=formats() />
                <Field name="profile.access_lifetime" label="Access token lasts" inputmode="numeric" hint=usual optional=true />
                <Field
                    name="profile.refresh_idle_lifetime"
                    label="Refresh token lasts unused"
                    inputmode="numeric"
                    hint=usual
                    optional=true
                />
                <Field
                    name="profile.refresh_lifetime"
                    label="A sign-in lasts at most"
                    inputmode="numeric"
                    hint=usual
                    optional=true
                />
                <Select
                    name="profile.rotation"
                    label="When a refresh token is used"
                    options=vec![
                        ("always", "It gives way to a successor"),
                        ("never", "It stays what it is"),
                        ("on_extend", "It stays until its life is extended"),
                    ]
                />
                <Tick name="profile.extendable" label="Its life may be extended (token/rotate)" />
            </Pair>
        </Group>
        <Group title="Claims">
            <Pair>
                <Field name="profile.issuer" label="Issuer" hint="Empty: the public URL." optional=true />
                <Select
                    name="profile.subject"
                    label="Subject"
                    options=vec![
                        ("id", "The user's id"),
                        ("number", "The user's number"),
                        ("username", "The user name"),
                        ("email", "The primary address"),
                    ]
                />
                <Field
                    name="profile.not_before"
                    label="Not before"
                    hint="Seconds after the sign-in; empty: no such claim."
                    optional=true
                />
                <Field
                    name="profile.type_claim"
                    label="Claim that says access or refresh"
                    hint="Its name; empty: none."
                    optional=true
                />
                <Field name="profile.header_typ" label="Type in the header" hint="RFC 9068 says at+jwt." optional=true />
                <Field
                    name="profile.leave_out"
                    label="Standard claims left out"
                    hint="Names between spaces: iss sub aud iat jti client_id sid auth_time amr epoch"
                    optional=true
                />
            </Pair>
            <Area
                name="profile.audience"
                label="Audience"
                hint="One a line; empty: the public URL. Sereno's own API takes only tokens that are also for the public URL."
                rows=2
            />
            <Area
                name="profile.claims"
                label="Claims of its own"
                hint=r#"JSON, as in the API: [{"name": "user.plan", "source": {"user": "attributes.plan"}}]"#
                rows=6
            />
            <Tick name="profile.header_kid" label="The header names the key" />
            <Tick name="profile.shared_jti" label="Both tokens have one id (jti)" />
        </Group>
    }
    .into_any()
}

#[component]
fn Cookies() -> impl IntoView {
    view! {
        <Group title="Cookies">
            <p class="text-soft">"These count where tokens reach the application in cookies."</p>
            <Pair>
                <Field name="cookies.access" label="Access token" />
                <Field name="cookies.refresh" label="Refresh token" />
                <Field name="cookies.payload" label="Readable claims" />
                <Field name="cookies.csrf" label="CSRF token" />
                <Field name="cookies.path" label="Path" />
                <Field name="cookies.refresh_path" label="Path of the refresh token" />
                <Field name="cookies.domain" label="Domain" hint="Empty: this host alone." optional=true />
                <Select
                    name="cookies.same_site"
                    label="SameSite"
                    options=options(SameSite::ALL, SameSite::as_str, SameSite::as_str)
                />
                <Select
                    name="cookies.secure"
                    label="Secure"
                    options=vec![("", "As the public URL is https"), ("yes", "Yes"), ("no", "No")]
                />
            </Pair>
            <Tick name="cookies.csrf_required" label="Changes that rest on these cookies need the CSRF token" />
        </Group>
    }
    .into_any()
}
