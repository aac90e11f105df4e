//! The pages: rendered by the server, then brought to life in the browser by the same code. Every page works before and
//! without that: links are links, forms are posted and answered by a redirect.
//!
//! `ui` is the kit and knows no data, `text` holds all sentences, `account` and `console` are the pages; a page file
//! holds its server functions and its view; `profile_form` is the form that both have. Server functions enter the core through `gate`.

#![expect(
    clippy::must_use_candidate,
    clippy::needless_pass_by_value,
    reason = "components are used by the view they stand in, and own their properties; the lints cannot know"
)]

pub mod account;
pub mod console;
pub mod flash;
#[cfg(feature = "ssr")]
pub mod gate;
pub mod profile_form;
pub mod text;
pub mod ui;
mod visit;

use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};

use account::{
    AccountPages, activate::ActivatePage, confirm_email::ConfirmEmailPage, connections::ConnectionsPage,
    delete::DeletePage, devices::MyDevicesPage, forgot_password::ForgotPasswordPage, keep::KeepPage,
    overview::AccountPage, profile::ProfilePage, resend::ResendPage, reset_password::ResetPasswordPage,
    sessions::SessionsPage, setup::SetUpPage, sign_in::SignInPage, sign_in_code::SignInCodePage,
    sign_in_link::SignInLinkPage, sign_out::SignedOutPage, sign_up::SignUpPage, unsubscribe::UnsubscribePage,
};
use console::{
    ConsolePages,
    announcement::AnnouncementPage,
    announcement_form::{EditAnnouncementPage, NewAnnouncementPage},
    announcements::AnnouncementsPage,
    application::ApplicationPage,
    application_new::NewApplicationPage,
    applications::ApplicationsPage,
    asked_permissions::AskedPermissionsPage,
    attributes::AttributesPage,
    device::DevicePage,
    devices::DevicesPage,
    email_template::EmailTemplatePage,
    email_template_compare::CompareEmailTemplatesPage,
    email_template_import::ImportEmailTemplatesPage,
    email_template_new::NewEmailTemplatePage,
    email_template_version::EmailVersionPage,
    email_templates::EmailTemplatesPage,
    event::EventPage,
    events::EventsPage,
    explorer::ExplorerPage,
    matrix::MatrixPage,
    message::MessagePage,
    message_new::NewMessagePage,
    messages::MessagesPage,
    notifications::NotificationsPage,
    overview::OverviewPage,
    permissions::PermissionsPage,
    project::ProjectPage,
    project_new::NewProjectPage,
    projects::ProjectsPage,
    push::PushPage,
    pushes::PushesPage,
    role::RolePage,
    role_new::NewRolePage,
    roles::RolesPage,
    sessions::SessionsPage as AllSessionsPage,
    signing_keys::SigningKeysPage,
    social_provider::SocialProviderPage,
    social_provider_new::NewSocialProviderPage,
    social_providers::SocialProvidersPage,
    suppressions::SuppressionsPage,
    user::UserPage,
    user_changes::UserChangesPage,
    user_identities::UserIdentitiesPage,
    user_invite::InviteUserPage,
    user_messages::UserMessagesPage,
    user_profile::UserProfilePage,
    user_roles::UserRolesPage,
    user_sign_ins::UserSignInsPage,
    users::UsersPage,
};
pub use visit::About;

use ui::{
    layout::Plain,
    loaded::{Elsewhere, NotFound},
    theme,
};
#[cfg(feature = "ssr")]
use {leptos::server_fn::ServerFn, sereno_types::Problem, ui::layout::Still, ui::loaded::Refusal};

/// All pages. Every route waits for its data, so that status and redirects are decided before the first byte.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_context(visit::locale());
    visit::Visit::begin();
    load_pages_after_posts();
    view! {
        <Router>
            <Navigation />
            <Routes fallback=Missing>
                <Route path=path!("/") view=Start ssr=SsrMode::Async />
                <Route path=path!("/setup") view=SetUpPage ssr=SsrMode::Async />
                <ParentRoute path=path!("/account") view=AccountPages ssr=SsrMode::Async>
                    <Route path=path!("") view=AccountPage />
                    <Route path=path!("profile") view=ProfilePage />
                    <Route path=path!("sessions") view=SessionsPage />
                    <Route path=path!("devices") view=MyDevicesPage />
                    <Route path=path!("connections") view=ConnectionsPage />
                    <Route path=path!("sign-in") view=SignInPage />
                    <Route path=path!("sign-in/code") view=SignInCodePage />
                    <Route path=path!("sign-in/link") view=SignInLinkPage />
                    <Route path=path!("sign-up") view=SignUpPage />
                    <Route path=path!("activate") view=ActivatePage />
                    <Route path=path!("resend-activation") view=ResendPage />
                    <Route path=path!("forgot-password") view=ForgotPasswordPage />
                    <Route path=path!("reset-password") view=ResetPasswordPage />
                    <Route path=path!("confirm-email") view=ConfirmEmailPage />
                    <Route path=path!("delete") view=DeletePage />
                    <Route path=path!("keep") view=KeepPage />
                    <Route path=path!("signed-out") view=SignedOutPage />
                    <Route path=path!("unsubscribe") view=UnsubscribePage />
                </ParentRoute>
                <ParentRoute path=path!("/console") view=ConsolePages ssr=SsrMode::Async>
                    <Route path=path!("") view=OverviewPage />
                    <Route path=path!("users") view=UsersPage />
                    <Route path=path!("users/invite") view=InviteUserPage />
                    <Route path=path!("users/:id") view=UserPage />
                    <Route path=path!("users/:id/profile") view=UserProfilePage />
                    <Route path=path!("users/:id/sign-ins") view=UserSignInsPage />
                    <Route path=path!("users/:id/identities") view=UserIdentitiesPage />
                    <Route path=path!("users/:id/messages") view=UserMessagesPage />
                    <Route path=path!("users/:id/changes") view=UserChangesPage />
                    <Route path=path!("users/:id/roles") view=UserRolesPage />
                    <Route path=path!("roles") view=RolesPage />
                    <Route path=path!("roles/new") view=NewRolePage />
                    <Route path=path!("roles/matrix") view=MatrixPage />
                    <Route path=path!("roles/:id") view=RolePage />
                    <Route path=path!("permissions") view=PermissionsPage />
                    <Route path=path!("permissions/asked") view=AskedPermissionsPage />
                    <Route path=path!("projects") view=ProjectsPage />
                    <Route path=path!("projects/new") view=NewProjectPage />
                    <Route path=path!("projects/:slug") view=ProjectPage />
                    <Route path=path!("explorer") view=ExplorerPage />
                    <Route path=path!("attributes") view=AttributesPage />
                    <Route path=path!("devices") view=DevicesPage />
                    <Route path=path!("devices/:id") view=DevicePage />
                    <Route path=path!("applications") view=ApplicationsPage />
                    <Route path=path!("applications/new") view=NewApplicationPage />
                    <Route path=path!("applications/:id") view=ApplicationPage />
                    <Route path=path!("social-providers") view=SocialProvidersPage />
                    <Route path=path!("social-providers/new") view=NewSocialProviderPage />
                    <Route path=path!("social-providers/:id") view=SocialProviderPage />
                    <Route path=path!("messages") view=MessagesPage />
                    <Route path=path!("messages/new") view=NewMessagePage />
                    <Route path=path!("messages/:id") view=MessagePage />
                    <Route path=path!("suppressions") view=SuppressionsPage />
                    <Route path=path!("notifications") view=NotificationsPage />
                    <Route path=path!("announcements") view=AnnouncementsPage />
                    <Route path=path!("announcements/new") view=NewAnnouncementPage />
                    <Route path=path!("announcements/:id") view=AnnouncementPage />
                    <Route path=path!("announcements/:id/edit") view=EditAnnouncementPage />
                    <Route path=path!("email-templates") view=EmailTemplatesPage />
                    <Route path=path!("email-templates/new") view=NewEmailTemplatePage />
                    <Route path=path!("email-templates/import") view=ImportEmailTemplatesPage />
                    <Route path=path!("email-templates/:name/:language") view=EmailTemplatePage />
                    <Route path=path!("email-templates/:name/:language/compare") view=CompareEmailTemplatesPage />
                    <Route path=path!("email-templates/:name/:language/versions/:version") view=EmailVersionPage />
                    <Route path=path!("events") view=EventsPage />
                    <Route path=path!("events/:id") view=EventPage />
                    <Route path=path!("sessions") view=AllSessionsPage />
                    <Route path=path!("push") view=PushesPage />
                    <Route path=path!("push/:id") view=PushPage />
                    <Route path=path!("signing-keys") view=SigningKeysPage />
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// The account page knows whom to send to the sign-in page.
#[component]
fn Start() -> impl IntoView {
    view! { <Elsewhere path="/account" /> }
}

#[component]
fn Missing() -> impl IntoView {
    view! {
        <Plain>
            <NotFound />
        </Plain>
    }
}

#[component]
fn Navigation() -> impl IntoView {
    visit::Visit::follow_navigation();
    // says that the page has come to life, to the browser tests
    Effect::new(|_| {
        _ = document()
            .document_element()
            .map(|root| root.set_attribute("data-hydrated", ""));
    });
}

/// Where a post leads, the page is loaded anew, with scripts as without: who is signed in may have changed, and not
/// every address is a page of ours. The first hook wins, so this one stands before the router's.
fn load_pages_after_posts() {
    #[cfg(feature = "hydrate")]
    {
        _ = server_fn::redirect::set_redirect_hook(|location| {
            _ = window().location().set_href(location);
        });
    }
}

/// The document around every page. What names a file of the site stands here and not in [`App`]: only the server knows
/// the hash in front of it.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let scripts = view! {
        <AutoReload options=options.clone() />
        <HydrationScripts options=options.clone() />
    };
    document_of(&options, scripts, view! { <App /> })
}

/// The document of a request that was refused before any page could answer it. It is not brought to life: the browser
/// would make the page of the address out of it, and a server in need is asked for as little as possible.
#[cfg(feature = "ssr")]
pub fn refused(options: &LeptosOptions, problem: Problem) -> impl IntoView + use<> {
    provide_meta_context();
    provide_context(visit::locale());
    provide_context(gate::about().unwrap_or_default());
    gate::remember_locale();
    let page = view! {
        <Router>
            <Still>
                <Refusal problem />
            </Still>
        </Router>
    };
    document_of(options, (), page)
}

/// The document that shows a new secret to a browser without scripts, in answer to the post that made it.
#[cfg(feature = "ssr")]
pub fn shown(options: &LeptosOptions, shown: console::shown_once::Shown) -> impl IntoView + use<> {
    provide_meta_context();
    provide_context(text::Locale::En);
    let page = view! {
        <Router>
            <Still for_everybody=false wide=shown.mail.is_some()>
                <console::shown_once::ShownOnce shown />
            </Still>
        </Router>
    };
    document_of(options, (), page)
}

fn document_of<S: IntoView, P: IntoView>(options: &LeptosOptions, scripts: S, page: P) -> impl IntoView + use<S, P> {
    let pkg = format!("/{}", options.site_pkg_dir);
    view! {
        <!DOCTYPE html>
        <html lang=visit::locale().as_str()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <script nonce=use_nonce()>{theme::BEFORE_PAINT}</script>
                <link rel="icon" type="image/svg+xml" href=format!("{pkg}/favicon.svg") />
                <link rel="stylesheet" href=format!("{pkg}/sereno.css") />
                {ui::brand::style_sheet()}
                {scripts}
                <MetaTags />
            </head>
            <body>{page}</body>
        </html>
    }
}

/// The page whose form posts to this server function: where a browser goes back to that does not say where it came from.
/// `{id}` stands for the field of that name. Functions that only load have none.
#[cfg(feature = "ssr")]
#[must_use]
pub fn page_of(function: &str) -> Option<&'static str> {
    use account::sign_up::Register;
    use account::{
        activate::Activate,
        announcements::SetPreferences,
        avatar::{RemoveAvatar, UPLOAD},
        confirm_email::ConfirmEmail,
        connections::DisconnectIdentity,
        credentials::{ChangeEmail, ChangePassword},
        delete::{ConfirmDeletion, RequestDeletion},
        devices::{RemoveMyDevice, RenameMyDevice},
        forgot_password::ForgotPassword,
        keep::CancelDeletion,
        profile::UpdateProfile,
        resend::ResendActivation,
        reset_password::ResetPassword,
        sessions::{EndSession, EndSessions},
        setup::SetUp,
        sign_in::SignIn,
        sign_in_code::{AskCode, SignInWithCode},
        sign_in_link::SignInWithLink,
        sign_out::SignOut,
        unsubscribe::{Resubscribe, Unsubscribe},
    };
    use console::announcement::{DeleteAnnouncement, MoveAnnouncement, ScheduleAnnouncement, TestAnnouncement};
    use console::announcement_form::SaveAnnouncementForm;
    use console::application::{
        CreateClientSecret, DeleteApplication, DeleteClientSecret, EnableApplication, UpdateApplication,
    };
    use console::application_new::CreateApplication;
    use console::attributes::{DeclareAttribute, WithdrawAttribute};
    use console::device::{RemoveDevice, RenameDevice};
    use console::email_template::{
        DeleteEmailTemplate, DiscardEmailDraft, PublishEmailTemplate, RetireEmailTemplate, TestEmailTemplate,
        UpdateEmailTemplate,
    };
    use console::email_template_editor::SaveEmailTemplate;
    use console::email_template_import::ImportTemplates;
    use console::email_template_new::CreateEmailTemplate;
    use console::email_template_versions::RollBackEmailTemplate;
    use console::holders::TakeRole;
    use console::matrix::SetCell;
    use console::members::{GiveMemberRole, PutMember, RemoveMember};
    use console::message::{CancelMessage, ReleaseMessage, ResendMessage, RetryMessage};
    use console::message_new;
    use console::messages::{ReleaseMessages, RetryFailedMessages};
    use console::notifications::RetryNotification;
    use console::permissions::{CreatePermission, DeletePermission, UpdatePermission};
    use console::project::{DeleteProject, EnableProject, UpdateProject};
    use console::project_mail::{TestProjectMail, UpdateProjectMail};
    use console::project_new::CreateProject;
    use console::push::{CancelPush, ResendPush, RetryPush};
    use console::pushes::SendPush;
    use console::role::{DeleteRole, EnableRole, GiveRole, UpdateRole};
    use console::role_new::CreateRole;
    use console::sessions::EndAnySession;
    use console::signing_keys::{ActivateSigningKey, CreateSigningKey, DeleteSigningKey};
    use console::social_provider::{DeleteSocialProvider, EnableSocialProvider, UpdateSocialProvider};
    use console::social_provider_new::CreateSocialProvider;
    use console::suppressions::{SuppressAddress, UnsuppressAddress};
    use console::user::{SendActivation, SendPasswordReset};
    use console::user_avatar::RemoveUserAvatar;
    use console::user_identities::DisconnectUserIdentity;
    use console::user_invite::InviteUser;
    use console::user_profile::UpdateUser;
    use console::user_roles::GiveUserRole;
    use console::user_sign_ins::{EndUserSession, EndUserSessions};
    use console::user_state::ChangeUserState;
    use console::user_superuser::SetSuperuser;
    let pages = [
        (SetUp::PATH, "/setup"),
        (SignIn::PATH, "/account/sign-in"),
        (AskCode::PATH, "/account/sign-in/code"),
        (SignInWithCode::PATH, "/account/sign-in/code"),
        (SignInWithLink::PATH, "/account/sign-in/link"),
        (Register::PATH, "/account/sign-up"),
        (Activate::PATH, "/account/activate"),
        (ResendActivation::PATH, "/account/resend-activation"),
        (ForgotPassword::PATH, "/account/forgot-password"),
        (ResetPassword::PATH, "/account/reset-password"),
        (ConfirmEmail::PATH, "/account/confirm-email"),
        (RequestDeletion::PATH, "/account/delete"),
        (ConfirmDeletion::PATH, "/account/delete"),
        (CancelDeletion::PATH, "/account/keep"),
        (ChangePassword::PATH, "/account"),
        (ChangeEmail::PATH, "/account"),
        (UpdateProfile::PATH, "/account/profile"),
        (UPLOAD, "/account/profile"),
        (RemoveAvatar::PATH, "/account/profile"),
        (RenameMyDevice::PATH, "/account/devices"),
        (RemoveMyDevice::PATH, "/account/devices"),
        (EndSession::PATH, "/account/sessions"),
        (EndSessions::PATH, "/account/sessions"),
        (DisconnectIdentity::PATH, "/account/connections"),
        (SignOut::PATH, "/account"),
        (ChangeUserState::PATH, "/console/users/{id}"),
        (SendActivation::PATH, "/console/users/{id}"),
        (SendPasswordReset::PATH, "/console/users/{id}"),
        (RemoveUserAvatar::PATH, "/console/users/{id}"),
        (UpdateUser::PATH, "/console/users/{id}/profile"),
        (EndUserSession::PATH, "/console/users/{id}/sign-ins"),
        (EndUserSessions::PATH, "/console/users/{id}/sign-ins"),
        (DisconnectUserIdentity::PATH, "/console/users/{id}/identities"),
        (InviteUser::PATH, "/console/users/invite"),
        (GiveUserRole::PATH, "/console/users/{id}/roles"),
        (SetSuperuser::PATH, "/console/users/{id}/roles"),
        (SendPush::PATH, "/console/push"),
        (RetryPush::PATH, "/console/push/{id}"),
        (CancelPush::PATH, "/console/push/{id}"),
        (ResendPush::PATH, "/console/push/{id}"),
        (CreateRole::PATH, "/console/roles/new"),
        (UpdateRole::PATH, "/console/roles/{id}"),
        (EnableRole::PATH, "/console/roles/{id}"),
        (DeleteRole::PATH, "/console/roles/{id}"),
        (GiveRole::PATH, "/console/roles/{id}"),
        (TakeRole::PATH, "/console/roles"),
        (SetCell::PATH, "/console/roles/matrix"),
        (CreatePermission::PATH, "/console/permissions"),
        (UpdatePermission::PATH, "/console/permissions"),
        (DeletePermission::PATH, "/console/permissions"),
        (CreateProject::PATH, "/console/projects/new"),
        (UpdateProject::PATH, "/console/projects/{id}"),
        (EnableProject::PATH, "/console/projects/{id}"),
        (DeleteProject::PATH, "/console/projects/{id}"),
        (UpdateProjectMail::PATH, "/console/projects/{id}"),
        (TestProjectMail::PATH, "/console/projects/{id}"),
        (PutMember::PATH, "/console/projects/{id}"),
        (RemoveMember::PATH, "/console/projects/{id}"),
        (GiveMemberRole::PATH, "/console/projects/{id}"),
        (CreateSocialProvider::PATH, "/console/social-providers/new"),
        (UpdateSocialProvider::PATH, "/console/social-providers/{id}"),
        (EnableSocialProvider::PATH, "/console/social-providers/{id}"),
        (DeleteSocialProvider::PATH, "/console/social-providers/{id}"),
        // a template's address has two parts: its page is found by where the form came from
        (SaveEmailTemplate::PATH, "/console/email-templates"),
        (DiscardEmailDraft::PATH, "/console/email-templates"),
        (PublishEmailTemplate::PATH, "/console/email-templates"),
        (RollBackEmailTemplate::PATH, "/console/email-templates"),
        (RetireEmailTemplate::PATH, "/console/email-templates"),
        (TestEmailTemplate::PATH, "/console/email-templates"),
        (UpdateEmailTemplate::PATH, "/console/email-templates"),
        (DeleteEmailTemplate::PATH, "/console/email-templates"),
        (CreateEmailTemplate::PATH, "/console/email-templates/new"),
        (ImportTemplates::PATH, "/console/email-templates/import"),
        (EndAnySession::PATH, "/console/sessions"),
        (RetryMessage::PATH, "/console/messages/{id}"),
        (CancelMessage::PATH, "/console/messages/{id}"),
        (ReleaseMessage::PATH, "/console/messages/{id}"),
        (ResendMessage::PATH, "/console/messages/{id}"),
        (message_new::UPLOAD, "/console/messages/new"),
        (ReleaseMessages::PATH, "/console/messages"),
        (RetryFailedMessages::PATH, "/console/messages"),
        (RetryNotification::PATH, "/console/notifications"),
        (SaveAnnouncementForm::PATH, "/console/announcements/new"),
        (TestAnnouncement::PATH, "/console/announcements/{id}"),
        (ScheduleAnnouncement::PATH, "/console/announcements/{id}"),
        (MoveAnnouncement::PATH, "/console/announcements/{id}"),
        (DeleteAnnouncement::PATH, "/console/announcements/{id}"),
        (SetPreferences::PATH, "/account/profile"),
        // the token stays where it was typed or opened
        (Unsubscribe::PATH, "/account/unsubscribe"),
        (Resubscribe::PATH, "/account/unsubscribe"),
        (SuppressAddress::PATH, "/console/suppressions"),
        (UnsuppressAddress::PATH, "/console/suppressions"),
        (DeclareAttribute::PATH, "/console/attributes"),
        (WithdrawAttribute::PATH, "/console/attributes"),
        (RenameDevice::PATH, "/console/devices/{id}"),
        (RemoveDevice::PATH, "/console/devices/{id}"),
        (CreateApplication::PATH, "/console/applications/new"),
        (UpdateApplication::PATH, "/console/applications/{id}"),
        (EnableApplication::PATH, "/console/applications/{id}"),
        (DeleteApplication::PATH, "/console/applications/{id}"),
        (CreateClientSecret::PATH, "/console/applications/{id}"),
        (DeleteClientSecret::PATH, "/console/applications/{id}"),
        (CreateSigningKey::PATH, "/console/signing-keys"),
        (ActivateSigningKey::PATH, "/console/signing-keys"),
        (DeleteSigningKey::PATH, "/console/signing-keys"),
    ];
    let found = pages.into_iter().find(|(path, _)| *path == function)?;
    Some(found.1)
}
