//! The pages for staff: a rail on the left, the page beside it. They speak English.

mod address;
pub mod announcement;
pub mod announcement_form;
pub mod announcements;
pub mod application;
pub mod application_form;
pub mod application_new;
pub mod application_preview;
pub mod applications;
pub mod asked_permissions;
pub mod attributes;
pub mod device;
pub mod devices;
pub mod email_template;
pub mod email_template_compare;
pub mod email_template_conflict;
pub mod email_template_editor;
pub mod email_template_import;
pub mod email_template_new;
pub mod email_template_preview;
pub mod email_template_version;
pub mod email_template_versions;
pub mod email_templates;
pub mod event;
pub mod events;
pub mod explorer;
pub mod holders;
pub mod matrix;
pub mod members;
pub mod message;
pub mod message_new;
pub mod messages;
pub mod notifications;
pub mod overview;
pub mod permissions;
pub mod project;
pub mod project_form;
pub mod project_mail;
pub mod project_new;
pub mod projects;
pub mod push;
pub mod pushes;
pub mod role;
mod role_choice;
pub mod role_form;
pub mod role_new;
pub mod roles;
pub mod sessions;
pub mod shown_once;
pub mod signing_keys;
pub mod social_provider;
pub mod social_provider_form;
pub mod social_provider_new;
pub mod social_providers;
pub mod suppressions;
pub mod user;
pub mod user_avatar;
pub mod user_changes;
pub mod user_identities;
pub mod user_invite;
pub mod user_messages;
pub mod user_profile;
pub mod user_roles;
pub mod user_sign_ins;
pub mod user_state;
pub mod user_superuser;
pub mod users;
mod why;

use leptos::{context::Provider, html::Details, prelude::*};
use leptos_router::{
    components::{A, Outlet},
    hooks::use_location,
};
use sereno_types::{Permission, Problem, StaffProfile};

use crate::{
    account::sign_out::SignOutButton,
    text::Locale,
    ui::{
        alert::{Alert, Tone},
        icon::Icon,
        layout::{Plain, SkipLink},
        loaded::{Refusal, loaded_or},
        logo::Logo,
        theme::ThemeChoice,
    },
};

#[server(name = LoadStaffProfile, prefix = "/console/fn", endpoint = "staff_profile")]
pub(crate) async fn staff_profile() -> Result<StaffProfile, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::access::profile(&member.sereno, &member.staff)
        .await
        .map_err(gate::refuse)
}

/// The frame around the pages below `/console`. Nothing inside is asked for before it is known who asks.
#[component]
pub fn ConsolePages() -> impl IntoView {
    let profile = Resource::new(|| (), |()| staff_profile());
    loaded_or(profile, |profile| view! { <Frame profile /> }, turned_away)
}

/// Who may not enter still gets a whole page, with the way to come back as somebody else.
fn turned_away(problem: Problem) -> AnyView {
    view! {
        <Plain>
            <Refusal problem />
            <div>
                <SignOutButton />
            </div>
        </Plain>
    }
    .into_any()
}

/// Whether the member of staff may do this. Pages leave out what the core would refuse anyway.
pub(crate) fn may(permission: Permission) -> bool {
    use_context::<StaffProfile>().is_some_and(|profile| profile.permissions.contains(&permission))
}

#[component]
fn Frame(profile: StaffProfile) -> impl IntoView {
    let name = profile.name.clone();
    let has_fixed_codes = profile.has_fixed_codes;
    provide_context(profile);
    view! {
        <Provider value=Locale::En>
            <div class="console" lang="en">
                <SkipLink />
                <aside class="rail dark-ground">
                    <Brand />
                    <Rail name=name.clone() theme="theme" />
                </aside>
                <Topbar name />
                <main id="main" tabindex="-1" class="min-w-0">
                    <div class="mx-auto grid w-full max-w-6xl grid-cols-1 gap-6 px-4 py-6 sm:px-8 sm:py-8">
                        {has_fixed_codes.then(|| view! { <FixedCodes /> })}
                        <Outlet />
                    </div>
                </main>
            </div>
        </Provider>
    }
}

/// Stands on every page while anybody can be signed in without reading their mail.
#[component]
fn FixedCodes() -> impl IntoView {
    view! {
        <Alert tone=Tone::Warn>
            <p>
                <strong>"Fixed codes are open."</strong>
                " Testers can sign in without reading their mail: see the section "
                <code>"[testers]"</code> " of the settings. Staff cannot be signed in by them."
            </p>
        </Alert>
    }
}

#[component]
fn Brand() -> impl IntoView {
    view! {
        <a href="/console" class="self-start rounded-md px-3 text-white">
            <Logo />
        </a>
    }
}

/// The rail of narrow screens, folded away. It closes itself when a link of it was followed.
#[component]
fn Topbar(name: String) -> impl IntoView {
    let details = NodeRef::<Details>::new();
    let path = use_location().pathname;
    Effect::new(move |_| {
        path.track();
        if let Some(details) = details.get_untracked() {
            details.set_open(false);
        }
    });
    view! {
        <header class="topbar dark-ground">
            <details node_ref=details>
                <summary>
                    <span class="text-white">
                        <Logo />
                    </span>
                    <span class="flex items-center gap-2">{Icon::Menu.draw()} "Menu"</span>
                </summary>
                <div class="grid gap-6 px-3 pb-4">
                    <Rail name theme="theme-narrow" />
                </div>
            </details>
        </header>
    }
}

/// Where staff can go, who they are, and the way out.
#[component]
fn Rail(name: String, theme: &'static str) -> impl IntoView {
    view! {
        <nav class="grid gap-5" aria-label="Console">
            <ul>
                <RailItem href="/console" icon=Icon::LayoutDashboard label="Overview" exact=true />
            </ul>
            {(may(Permission::UsersView)
                || may(Permission::RolesView)
                || may(Permission::ProjectsView)
                || may(Permission::SettingsView)
                || may(Permission::DevicesView))
                .then(|| {
                    view! {
                        <div>
                            <p class="group">"People"</p>
                            <ul>
                                {may(Permission::UsersView)
                                    .then(|| {
                                        view! { <RailItem href="/console/users" icon=Icon::Users label="Users" /> }
                                    })}
                                {may(Permission::RolesView)
                                    .then(|| {
                                        view! {
                                            <RailItem href="/console/roles" icon=Icon::ShieldCheck label="Roles" />
                                            <RailItem
                                                href="/console/permissions"
                                                icon=Icon::ListChecks
                                                label="Permissions"
                                            />
                                        }
                                    })}
                                {may(Permission::ProjectsView)
                                    .then(|| {
                                        view! {
                                            <RailItem href="/console/projects" icon=Icon::Folder label="Projects" />
                                        }
                                    })}
                                {may(Permission::DevicesView)
                                    .then(|| {
                                        view! {
                                            <RailItem href="/console/devices" icon=Icon::Smartphone label="Devices" />
                                        }
                                    })}
                                {may(Permission::SettingsView)
                                    .then(|| {
                                        view! {
                                            <RailItem href="/console/attributes" icon=Icon::Tag label="Attributes" />
                                        }
                                    })}
                            </ul>
                        </div>
                    }
                })}
            {(may(Permission::ApplicationsView)
                || may(Permission::ProvidersView)
                || may(Permission::SessionsView)
                || may(Permission::SettingsView))
                .then(|| {
                    view! {
                        <div>
                            <p class="group">"Access"</p>
                            <ul>
                                {may(Permission::ApplicationsView)
                                    .then(|| {
                                        view! {
                                            <RailItem
                                                href="/console/applications"
                                                icon=Icon::AppWindow
                                                label="Applications"
                                            />
                                        }
                                    })}
                                {may(Permission::ProvidersView)
                                    .then(|| {
                                        view! {
                                            <RailItem
                                                href="/console/social-providers"
                                                icon=Icon::LockOpen
                                                label="Sign-in providers"
                                            />
                                        }
                                    })}
                                {may(Permission::SessionsView)
                                    .then(|| {
                                        view! {
                                            <RailItem href="/console/sessions" icon=Icon::Monitor label="Sessions" />
                                        }
                                    })}
                                {may(Permission::SettingsView)
                                    .then(|| {
                                        view! {
                                            <RailItem
                                                href="/console/signing-keys"
                                                icon=Icon::KeyRound
                                                label="Signing keys"
                                            />
                                        }
                                    })}
                            </ul>
                        </div>
                    }
                })}
            {(may(Permission::MessagesView) || may(Permission::EmailTemplatesView))
                .then(|| {
                    view! {
                        <div>
                            <p class="group">"Messages"</p>
                            <ul>
                                {may(Permission::EmailTemplatesView)
                                    .then(|| {
                                        view! {
                                            <RailItem
                                                href="/console/email-templates"
                                                icon=Icon::Mail
                                                label="E-mail templates"
                                            />
                                        }
                                    })}
                                {may(Permission::MessagesView)
                                    .then(|| {
                                        view! {
                                            <RailItem
                                                href="/console/announcements"
                                                icon=Icon::Users
                                                label="Announcements"
                                            />
                                            <RailItem
                                                href="/console/notifications"
                                                icon=Icon::Clock
                                                label="Timeline"
                                            />
                                            <RailItem
                                                href="/console/messages"
                                                icon=Icon::Activity
                                                label="Mails"
                                            />
                                            <RailItem
                                                href="/console/suppressions"
                                                icon=Icon::Ban
                                                label="Not written to"
                                            />
                                            <RailItem href="/console/push" icon=Icon::Smartphone label="Push" />
                                        }
                                    })}
                            </ul>
                        </div>
                    }
                })}
            {may(Permission::EventsView)
                .then(|| {
                    view! {
                        <div>
                            <p class="group">"Activity"</p>
                            <ul>
                                <RailItem href="/console/events" icon=Icon::Activity label="Events" />
                            </ul>
                        </div>
                    }
                })}
        </nav>
        <div class="mt-auto grid gap-3 px-3">
            <ThemeChoice id=theme />
            <p class="text-sm">
                "Signed in as "
                <a class="font-medium break-words text-white underline underline-offset-3" href="/account">
                    {name}
                </a>
            </p>
            <SignOutButton class="rail-item border border-[#757ca3]" />
        </div>
    }
}

#[component]
fn RailItem(href: &'static str, icon: Icon, label: &'static str, #[prop(optional)] exact: bool) -> impl IntoView {
    view! {
        <li>
            <A href=href exact=exact attr:class="rail-item">
                {icon.draw()}
                {label}
            </A>
        </li>
    }
}

/// The way back up; the page itself is the last step and says so.
#[component]
pub(crate) fn Breadcrumb(
    /// Address and name of the pages above.
    above: Vec<(&'static str, &'static str)>,
    /// The page itself.
    #[prop(into)]
    here: String,
) -> impl IntoView {
    let above = above
        .into_iter()
        .map(|(href, name)| {
            view! {
                <li class="flex items-center gap-1">
                    <a class="link" href=href>
                        {name}
                    </a>
                    {Icon::ChevronRight.draw()}
                </li>
            }
        })
        .collect_view();
    view! {
        <nav aria-label="Breadcrumb">
            <ol class="flex flex-wrap items-center gap-1 text-soft">
                {above} <li class="min-w-0 break-words" aria-current="page">
                    {here}
                </li>
            </ol>
        </nav>
    }
}
