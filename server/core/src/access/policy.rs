//! The one table of who may knock at which door. Every route and every server function has a row; what has none is
//! refused, and the server does not start while a route lacks one. The row is the outer check: functions that act on
//! other people's data also demand their [`Staff`](crate::context::Staff) proof and permission.

use sereno_types::{Code, Permission};

use crate::context::{Actor, Sereno, Staff as Proof};
use crate::error::{Error, Result};

/// Who is welcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Welcome {
    /// Everybody.
    Everyone,
    /// A signed-in user, for what is theirs.
    Users,
    /// Staff, with this permission.
    Staff(Permission),
    /// Anybody who may enter the console at all.
    AnyStaff,
    /// A page: everybody gets an answer, and the page itself turns away whom it must, with a page.
    Page,
}

impl Welcome {
    /// One line for the documentation of a route.
    #[must_use]
    pub fn sentence(self) -> String {
        match self {
            Self::Everyone | Self::Page => "Callers: everybody.".to_owned(),
            Self::Users => "Callers: a signed-in user (bearer or session).".to_owned(),
            Self::Staff(permission) => {
                format!("Callers: staff with `{}` (bearer or session).", permission.as_str())
            }
            Self::AnyStaff => "Callers: staff (bearer or session).".to_owned(),
        }
    }
}

/// One row: method, path as it is registered, who is welcome.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// `GET`, `POST`, …
    pub method: &'static str,
    /// The path with its parameters, for example `/api/v1/admin/users/{id}`.
    pub path: &'static str,
    /// Who is welcome.
    pub welcome: Welcome,
}

const fn rule(method: &'static str, path: &'static str, welcome: Welcome) -> Rule {
    Rule { method, path, welcome }
}

use Permission::{
    ApplicationsManage, ApplicationsView, DevicesManage, DevicesView, EmailTemplatesManage, EmailTemplatesView,
    EventsView, MessagesManage, MessagesView, ProjectsManage, ProjectsView, ProvidersManage, ProvidersView,
    RolesManage, RolesView, SessionsManage, SessionsView, SettingsManage, SettingsView, UsersManage, UsersView,
};
use Welcome::{AnyStaff, Everyone, Page, Staff, Users};

/// The table.
pub const TABLE: &[Rule] = &[
    // native API: sign-up
    rule("POST", "/api/v1/registrations", Everyone),
    rule("GET", "/api/v1/registrations/fields", Everyone),
    rule("POST", "/api/v1/registrations/activate", Everyone),
    rule("POST", "/api/v1/registrations/resend", Everyone),
    rule("POST", "/api/v1/password-policy/check", Everyone),
    // native API: passwords
    rule("POST", "/api/v1/password/forgot", Everyone),
    rule("POST", "/api/v1/password/reset", Everyone),
    rule("POST", "/api/v1/password/change", Users),
    // native API: sign-in and tokens
    rule("POST", "/api/v1/login", Everyone),
    rule("POST", "/api/v1/logout", Everyone),
    rule("POST", "/api/v1/otp", Everyone),
    rule("POST", "/api/v1/otp/verify", Everyone),
    // native API: signing in through others
    rule("GET", "/api/v1/social", Everyone),
    rule("POST", "/api/v1/social/{slug}", Everyone),
    rule("POST", "/api/v1/token/refresh", Everyone),
    rule("POST", "/api/v1/token/rotate", Everyone),
    rule("POST", "/api/v1/token/verify", Everyone),
    rule("DELETE", "/api/v1/token/cookies", Everyone),
    // OAuth
    rule("POST", "/oauth/introspect", Everyone),
    rule("POST", "/oauth/revoke", Everyone),
    // native API: me
    rule("GET", "/api/v1/me", Users),
    rule("PATCH", "/api/v1/me", Users),
    rule("PUT", "/api/v1/me/avatar", Users),
    rule("DELETE", "/api/v1/me/avatar", Users),
    rule("GET", "/api/v1/me/fields", Users),
    rule("GET", "/api/v1/me/factors", Users),
    rule("GET", "/api/v1/me/preferences", Users),
    rule("PUT", "/api/v1/me/preferences", Users),
    rule("GET", "/api/v1/me/sessions", Users),
    rule("DELETE", "/api/v1/me/sessions/{id}", Users),
    rule("POST", "/api/v1/me/sessions/end", Users),
    rule("GET", "/api/v1/me/identities", Users),
    rule("POST", "/api/v1/me/identities/{id}", Users),
    rule("DELETE", "/api/v1/me/identities/{id}", Users),
    rule("GET", "/api/v1/me/devices", Users),
    rule("PATCH", "/api/v1/me/devices/{id}", Users),
    rule("DELETE", "/api/v1/me/devices/{id}", Users),
    rule("POST", "/api/v1/me/email", Users),
    // whoever holds the link, on whatever device
    rule("POST", "/api/v1/me/email/confirm", Everyone),
    // whoever lost the app or the password may want to go, too
    rule("POST", "/api/v1/me/deletion", Everyone),
    rule("POST", "/api/v1/me/deletion/confirm", Everyone),
    rule("POST", "/api/v1/me/deletion/cancel", Everyone),
    rule("GET", "/api/v1/me/export", Users),
    // nobody is known at this door before the token was looked at, which may come after it opened; never by a cookie
    rule("GET", "/api/v1/ws", Everyone),
    // native API: administration
    rule("GET", "/api/v1/admin/overview", AnyStaff),
    rule("GET", "/api/v1/admin/users", Staff(UsersView)),
    rule("GET", "/api/v1/admin/users/{id}", Staff(UsersView)),
    rule("POST", "/api/v1/admin/invitations", Staff(UsersManage)),
    rule("POST", "/api/v1/admin/users/{id}/lock", Staff(UsersManage)),
    rule("POST", "/api/v1/admin/users/{id}/unlock", Staff(UsersManage)),
    rule("POST", "/api/v1/admin/users/{id}/send-activation", Staff(UsersManage)),
    rule("POST", "/api/v1/admin/users/{id}/disable", Staff(UsersManage)),
    rule("POST", "/api/v1/admin/users/{id}/enable", Staff(UsersManage)),
    rule("DELETE", "/api/v1/admin/users/{id}", Staff(UsersManage)),
    rule("POST", "/api/v1/admin/users/{id}/restore", Staff(UsersManage)),
    rule("GET", "/api/v1/admin/users/{id}/export", Staff(UsersManage)),
    rule("PATCH", "/api/v1/admin/users/{id}", Staff(UsersManage)),
    rule("GET", "/api/v1/admin/users/{id}/changes", Staff(UsersView)),
    rule("DELETE", "/api/v1/admin/users/{id}/avatar", Staff(UsersManage)),
    rule("GET", "/api/v1/admin/users/{id}/identities", Staff(UsersView)),
    rule(
        "DELETE",
        "/api/v1/admin/users/{id}/identities/{identity_id}",
        Staff(UsersManage),
    ),
    // authorization; the check itself decides who asks about whom
    rule("POST", "/api/v1/check", Everyone),
    rule("GET", "/api/v1/forward-auth", Users),
    rule("PUT", "/api/v1/catalogue", Everyone),
    rule("GET", "/api/v1/admin/permissions", Staff(RolesView)),
    rule("POST", "/api/v1/admin/permissions", Staff(RolesManage)),
    rule("PATCH", "/api/v1/admin/permissions/{id}", Staff(RolesManage)),
    rule("DELETE", "/api/v1/admin/permissions/{id}", Staff(RolesManage)),
    rule("GET", "/api/v1/admin/asked-permissions", Staff(RolesView)),
    rule("GET", "/api/v1/admin/roles", Staff(RolesView)),
    rule("POST", "/api/v1/admin/roles", Staff(RolesManage)),
    rule("GET", "/api/v1/admin/roles/{id}", Staff(RolesView)),
    rule("PATCH", "/api/v1/admin/roles/{id}", Staff(RolesManage)),
    rule("DELETE", "/api/v1/admin/roles/{id}", Staff(RolesManage)),
    rule(
        "PUT",
        "/api/v1/admin/roles/{id}/permissions/{codename}",
        Staff(RolesManage),
    ),
    rule("GET", "/api/v1/admin/role-assignments", Staff(RolesView)),
    rule("POST", "/api/v1/admin/role-assignments", Staff(RolesManage)),
    rule("DELETE", "/api/v1/admin/role-assignments/{id}", Staff(RolesManage)),
    rule("GET", "/api/v1/admin/users/{id}/permissions", Staff(RolesView)),
    rule("PUT", "/api/v1/admin/users/{id}/superuser", Staff(UsersManage)),
    rule("DELETE", "/api/v1/admin/users/{id}/superuser", Staff(UsersManage)),
    rule("GET", "/api/v1/admin/push-notifications", Staff(MessagesView)),
    rule("POST", "/api/v1/admin/push-notifications", Staff(MessagesManage)),
    rule("GET", "/api/v1/admin/push-notifications/{id}", Staff(MessagesView)),
    rule(
        "POST",
        "/api/v1/admin/push-notifications/{id}/retry",
        Staff(MessagesManage),
    ),
    rule(
        "POST",
        "/api/v1/admin/push-notifications/{id}/cancel",
        Staff(MessagesManage),
    ),
    rule(
        "POST",
        "/api/v1/admin/push-notifications/{id}/resend",
        Staff(MessagesManage),
    ),
    rule("GET", "/api/v1/me/permissions", Users),
    rule("GET", "/api/v1/admin/projects", Staff(ProjectsView)),
    rule("POST", "/api/v1/admin/projects", Staff(ProjectsManage)),
    rule("GET", "/api/v1/admin/projects/{project}", Staff(ProjectsView)),
    rule("PATCH", "/api/v1/admin/projects/{project}", Staff(ProjectsManage)),
    rule("DELETE", "/api/v1/admin/projects/{project}", Staff(ProjectsManage)),
    rule(
        "PUT",
        "/api/v1/admin/projects/{project}/roles/{codename}",
        Staff(RolesManage),
    ),
    rule("GET", "/api/v1/admin/projects/{project}/members", Staff(ProjectsView)),
    rule(
        "PUT",
        "/api/v1/admin/projects/{project}/members/{user}",
        Staff(ProjectsManage),
    ),
    rule(
        "DELETE",
        "/api/v1/admin/projects/{project}/members/{user}",
        Staff(ProjectsManage),
    ),
    rule("GET", "/api/v1/admin/email-templates", Staff(EmailTemplatesView)),
    rule("POST", "/api/v1/admin/email-templates", Staff(EmailTemplatesManage)),
    rule("GET", "/api/v1/admin/email-templates/export", Staff(EmailTemplatesView)),
    rule(
        "POST",
        "/api/v1/admin/email-templates/import",
        Staff(EmailTemplatesManage),
    ),
    rule(
        "PATCH",
        "/api/v1/admin/email-templates/{name}",
        Staff(EmailTemplatesManage),
    ),
    rule(
        "DELETE",
        "/api/v1/admin/email-templates/{name}",
        Staff(EmailTemplatesManage),
    ),
    rule(
        "GET",
        "/api/v1/admin/email-templates/{name}/{language}",
        Staff(EmailTemplatesView),
    ),
    rule(
        "DELETE",
        "/api/v1/admin/email-templates/{name}/{language}",
        Staff(EmailTemplatesManage),
    ),
    rule(
        "PUT",
        "/api/v1/admin/email-templates/{name}/{language}/draft",
        Staff(EmailTemplatesManage),
    ),
    rule(
        "DELETE",
        "/api/v1/admin/email-templates/{name}/{language}/draft",
        Staff(EmailTemplatesManage),
    ),
    rule(
        "POST",
        "/api/v1/admin/email-templates/{name}/{language}/publish",
        Staff(EmailTemplatesManage),
    ),
    rule(
        "POST",
        "/api/v1/admin/email-templates/{name}/{language}/rollback",
        Staff(EmailTemplatesManage),
    ),
    rule(
        "GET",
        "/api/v1/admin/email-templates/{name}/{language}/versions",
        Staff(EmailTemplatesView),
    ),
    rule(
        "GET",
        "/api/v1/admin/email-templates/{name}/{language}/versions/{version}",
        Staff(EmailTemplatesView),
    ),
    rule(
        "GET",
        "/api/v1/admin/email-templates/{name}/{language}/diff",
        Staff(EmailTemplatesView),
    ),
    rule(
        "POST",
        "/api/v1/admin/email-templates/{name}/{language}/preview",
        Staff(EmailTemplatesView),
    ),
    rule(
        "POST",
        "/api/v1/admin/email-templates/{name}/{language}/test",
        Staff(EmailTemplatesManage),
    ),
    rule("GET", "/api/v1/admin/attributes", Staff(SettingsView)),
    rule("GET", "/api/v1/admin/attributes/{name}", Staff(SettingsView)),
    rule("PUT", "/api/v1/admin/attributes/{name}", Staff(SettingsManage)),
    rule("DELETE", "/api/v1/admin/attributes/{name}", Staff(SettingsManage)),
    rule("GET", "/api/v1/admin/events", Staff(EventsView)),
    rule("GET", "/api/v1/admin/events/{id}", Staff(EventsView)),
    rule("GET", "/api/v1/admin/sessions", Staff(SessionsView)),
    rule("DELETE", "/api/v1/admin/sessions/{id}", Staff(SessionsManage)),
    rule("POST", "/api/v1/admin/users/{id}/end-sessions", Staff(SessionsManage)),
    rule("GET", "/api/v1/admin/devices", Staff(DevicesView)),
    rule("GET", "/api/v1/admin/devices/{id}", Staff(DevicesView)),
    rule("PATCH", "/api/v1/admin/devices/{id}", Staff(DevicesManage)),
    rule("DELETE", "/api/v1/admin/devices/{id}", Staff(DevicesManage)),
    rule(
        "POST",
        "/api/v1/admin/users/{id}/send-password-reset",
        Staff(UsersManage),
    ),
    rule("GET", "/api/v1/admin/applications", Staff(ApplicationsView)),
    rule("POST", "/api/v1/admin/applications", Staff(ApplicationsManage)),
    rule("GET", "/api/v1/admin/applications/{id}", Staff(ApplicationsView)),
    rule("PATCH", "/api/v1/admin/applications/{id}", Staff(ApplicationsManage)),
    rule("DELETE", "/api/v1/admin/applications/{id}", Staff(ApplicationsManage)),
    rule(
        "POST",
        "/api/v1/admin/applications/{id}/preview",
        Staff(ApplicationsView),
    ),
    rule(
        "POST",
        "/api/v1/admin/applications/{id}/secrets",
        Staff(ApplicationsManage),
    ),
    rule(
        "DELETE",
        "/api/v1/admin/applications/{id}/secrets/{secret_id}",
        Staff(ApplicationsManage),
    ),
    rule("GET", "/api/v1/admin/social-providers", Staff(ProvidersView)),
    rule("POST", "/api/v1/admin/social-providers", Staff(ProvidersManage)),
    rule("GET", "/api/v1/admin/social-providers/{id}", Staff(ProvidersView)),
    rule("PATCH", "/api/v1/admin/social-providers/{id}", Staff(ProvidersManage)),
    rule("DELETE", "/api/v1/admin/social-providers/{id}", Staff(ProvidersManage)),
    rule(
        "POST",
        "/api/v1/admin/social-providers/{id}/test",
        Staff(ProvidersManage),
    ),
    rule("GET", "/api/v1/admin/messages", Staff(MessagesView)),
    rule("POST", "/api/v1/admin/messages", Staff(MessagesManage)),
    rule("POST", "/api/v1/admin/messages/release", Staff(MessagesManage)),
    rule("POST", "/api/v1/admin/messages/retry-failed", Staff(MessagesManage)),
    rule("GET", "/api/v1/admin/messages/{id}", Staff(MessagesView)),
    rule("POST", "/api/v1/admin/messages/{id}/retry", Staff(MessagesManage)),
    rule("POST", "/api/v1/admin/messages/{id}/cancel", Staff(MessagesManage)),
    rule("POST", "/api/v1/admin/messages/{id}/resend", Staff(MessagesManage)),
    rule("POST", "/api/v1/admin/messages/{id}/release", Staff(MessagesManage)),
    rule("GET", "/api/v1/admin/projects/{project}/mail", Staff(ProjectsView)),
    rule("PATCH", "/api/v1/admin/projects/{project}/mail", Staff(ProjectsManage)),
    rule(
        "POST",
        "/api/v1/admin/projects/{project}/mail/test",
        Staff(MessagesManage),
    ),
    rule("GET", "/api/v1/admin/suppressions", Staff(MessagesView)),
    rule("POST", "/api/v1/admin/suppressions", Staff(MessagesManage)),
    rule("DELETE", "/api/v1/admin/suppressions/{id}", Staff(MessagesManage)),
    rule("GET", "/api/v1/admin/notifications", Staff(MessagesView)),
    rule("GET", "/api/v1/admin/announcements", Staff(MessagesView)),
    rule("POST", "/api/v1/admin/announcements", Staff(MessagesManage)),
    rule("GET", "/api/v1/admin/announcements/{id}", Staff(MessagesView)),
    rule("PUT", "/api/v1/admin/announcements/{id}", Staff(MessagesManage)),
    rule("DELETE", "/api/v1/admin/announcements/{id}", Staff(MessagesManage)),
    rule("POST", "/api/v1/admin/announcements/{id}/preview", Staff(MessagesView)),
    rule("POST", "/api/v1/admin/announcements/{id}/test", Staff(MessagesManage)),
    rule(
        "POST",
        "/api/v1/admin/announcements/{id}/schedule",
        Staff(MessagesManage),
    ),
    rule(
        "POST",
        "/api/v1/admin/announcements/{id}/unschedule",
        Staff(MessagesManage),
    ),
    rule("POST", "/api/v1/admin/announcements/{id}/pause", Staff(MessagesManage)),
    rule("POST", "/api/v1/admin/announcements/{id}/resume", Staff(MessagesManage)),
    rule("POST", "/api/v1/admin/announcements/{id}/cancel", Staff(MessagesManage)),
    // the HTML of a mail, for a frame of the console
    rule("GET", "/console/messages/{id}/preview", Staff(MessagesView)),
    rule("GET", "/console/announcements/{id}/preview", Staff(MessagesView)),
    rule("GET", "/api/v1/admin/signing-keys", Staff(SettingsView)),
    rule("POST", "/api/v1/admin/signing-keys", Staff(SettingsManage)),
    rule(
        "POST",
        "/api/v1/admin/signing-keys/{id}/activate",
        Staff(SettingsManage),
    ),
    rule("DELETE", "/api/v1/admin/signing-keys/{id}", Staff(SettingsManage)),
    // facades; each knows by itself who calls
    rule("POST", "/compat/djwto/login/", Everyone),
    rule("POST", "/compat/djwto/validate_access/", Everyone),
    rule("POST", "/compat/djwto/{refresh_path}/validate_refresh/", Everyone),
    rule("POST", "/compat/djwto/{refresh_path}/refresh_access/", Everyone),
    rule("POST", "/compat/djwto/{refresh_path}/update_refresh/", Everyone),
    rule("POST", "/compat/djwto/{refresh_path}/logout/", Everyone),
    rule("DELETE", "/compat/djwto/{refresh_path}/logout/", Everyone),
    rule("POST", "/compat/nets-core/login/", Everyone),
    rule("POST", "/compat/nets-core/authenticate/", Everyone),
    rule("POST", "/compat/nets-core/logout/", Everyone),
    rule("GET", "/compat/nets-core/getProfile/", Everyone),
    rule("POST", "/compat/nets-core/getProfile/", Everyone),
    rule("POST", "/compat/nets-core/update/", Everyone),
    rule("GET", "/compat/nets-core/requestDelete/", Everyone),
    rule("POST", "/compat/nets-core/requestDelete/", Everyone),
    rule("POST", "/compat/nets-core/delete/", Everyone),
    rule("GET", "/compat/nets-core/openapi.json", Everyone),
    rule("POST", "/compat/nets-core/loginWithGoogle/", Everyone),
    rule("POST", "/compat/nets-core/loginWithGoogleSocial/", Everyone),
    rule("POST", "/compat/nets-core/loginWithApple/", Everyone),
    rule("POST", "/compat/nets-core/loginWithFacebook/", Everyone),
    rule("POST", "/compat/nets-core/loginWithMicrosoft/", Everyone),
    rule("POST", "/compat/nets-core/loginWithGithub/", Everyone),
    rule("POST", "/compat/nets-core/{token_path}/token/", Everyone),
    rule("POST", "/compat/nets-core/{token_path}/revoke_token/", Everyone),
    // files of users, under names that nobody guesses
    rule("GET", "/media/{*path}", Everyone),
    // the operator's colour
    rule("GET", "/brand/{file}", Everyone),
    // keys, contract, health
    rule("GET", "/.well-known/jwks.json", Everyone),
    rule("GET", "/.well-known/change-password", Everyone),
    rule("GET", "/openapi.json", Everyone),
    rule("GET", "/api/v1/openapi.json", Everyone),
    rule("GET", "/docs", Everyone),
    rule("GET", "/health/live", Everyone),
    rule("GET", "/health/ready", Everyone),
    // server functions of the end-user pages
    rule("POST", "/account/fn/sign_up_fields", Everyone),
    rule("POST", "/account/fn/register", Everyone),
    rule("POST", "/account/fn/activate", Everyone),
    rule("POST", "/account/fn/resend_activation", Everyone),
    rule("POST", "/account/fn/sign_in", Everyone),
    rule("POST", "/account/fn/ask_code", Everyone),
    rule("POST", "/account/fn/sign_in_with_code", Everyone),
    rule("POST", "/account/fn/sign_in_with_link", Everyone),
    rule("POST", "/account/fn/sign_out", Everyone),
    rule("POST", "/account/fn/set_up", Everyone),
    rule("POST", "/account/fn/set_up_link", Everyone),
    rule("POST", "/account/fn/me", Users),
    rule("POST", "/account/fn/profile_form", Users),
    rule("POST", "/account/fn/set_preferences", Users),
    // whoever holds the link of an announcement
    rule("POST", "/account/fn/unsubscribe_link", Everyone),
    rule("POST", "/account/fn/unsubscribe", Everyone),
    rule("POST", "/account/fn/resubscribe", Everyone),
    rule("POST", "/account/fn/update_profile", Users),
    rule("POST", "/account/fn/my_sessions", Users),
    rule("POST", "/account/fn/end_session", Users),
    rule("POST", "/account/fn/end_sessions", Users),
    rule("POST", "/account/fn/my_devices", Users),
    rule("POST", "/account/fn/rename_my_device", Users),
    rule("POST", "/account/fn/remove_my_device", Users),
    rule("POST", "/account/fn/forgot_password", Everyone),
    rule("POST", "/account/fn/reset_password", Everyone),
    rule("POST", "/account/fn/change_password", Users),
    rule("POST", "/account/fn/change_email", Users),
    rule("POST", "/account/fn/confirm_email", Everyone),
    rule("POST", "/account/fn/deletion_terms", Everyone),
    rule("POST", "/account/fn/request_deletion", Everyone),
    rule("POST", "/account/fn/confirm_deletion", Everyone),
    rule("POST", "/account/fn/cancel_deletion", Everyone),
    rule("POST", "/account/fn/remove_avatar", Users),
    rule("POST", "/account/fn/social_buttons", Everyone),
    rule("POST", "/account/fn/my_identities", Users),
    rule("POST", "/account/fn/disconnect_identity", Users),
    // the way to a provider and back
    rule("GET", "/account/social/{slug}/start", Everyone),
    rule("GET", "/account/social/{slug}/connect", Everyone),
    rule("GET", "/account/social/{slug}/callback", Everyone),
    rule("POST", "/account/social/{slug}/callback", Everyone),
    // the one form of the pages that carries a file
    rule("POST", "/account/avatar", Users),
    // server functions of the console
    rule("POST", "/console/fn/staff_profile", AnyStaff),
    rule("POST", "/console/fn/overview", AnyStaff),
    rule("POST", "/console/fn/list_users", Staff(UsersView)),
    rule("POST", "/console/fn/user", Staff(UsersView)),
    rule("POST", "/console/fn/change_user_state", Staff(UsersManage)),
    rule("POST", "/console/fn/set_superuser", Staff(UsersManage)),
    rule("POST", "/console/fn/list_pushes", Staff(MessagesView)),
    rule("POST", "/console/fn/push", Staff(MessagesView)),
    rule("POST", "/console/fn/send_push", Staff(MessagesManage)),
    rule("POST", "/console/fn/retry_push", Staff(MessagesManage)),
    rule("POST", "/console/fn/cancel_push", Staff(MessagesManage)),
    rule("POST", "/console/fn/resend_push", Staff(MessagesManage)),
    rule("POST", "/console/fn/send_activation", Staff(UsersManage)),
    rule("POST", "/console/fn/send_password_reset", Staff(UsersManage)),
    rule("POST", "/console/fn/user_profile", Staff(UsersView)),
    rule("POST", "/console/fn/update_user", Staff(UsersManage)),
    rule("POST", "/console/fn/user_changes", Staff(UsersView)),
    rule("POST", "/console/fn/user_sessions", Staff(SessionsView)),
    rule("POST", "/console/fn/end_user_session", Staff(SessionsManage)),
    rule("POST", "/console/fn/end_user_sessions", Staff(SessionsManage)),
    rule("POST", "/console/fn/remove_user_avatar", Staff(UsersManage)),
    rule("POST", "/console/fn/list_events", Staff(EventsView)),
    rule("POST", "/console/fn/event_kinds", Staff(EventsView)),
    rule("POST", "/console/fn/event", Staff(EventsView)),
    rule("POST", "/console/fn/list_sessions", Staff(SessionsView)),
    rule("POST", "/console/fn/end_session", Staff(SessionsManage)),
    rule("POST", "/console/fn/list_attributes", Staff(SettingsView)),
    rule("POST", "/console/fn/declare_attribute", Staff(SettingsManage)),
    rule("POST", "/console/fn/withdraw_attribute", Staff(SettingsManage)),
    rule("POST", "/console/fn/list_devices", Staff(DevicesView)),
    rule("POST", "/console/fn/device", Staff(DevicesView)),
    rule("POST", "/console/fn/rename_device", Staff(DevicesManage)),
    rule("POST", "/console/fn/remove_device", Staff(DevicesManage)),
    rule("POST", "/console/fn/list_applications", Staff(ApplicationsView)),
    rule("POST", "/console/fn/application", Staff(ApplicationsView)),
    rule("POST", "/console/fn/preview_claims", Staff(ApplicationsView)),
    rule("POST", "/console/fn/create_application", Staff(ApplicationsManage)),
    rule("POST", "/console/fn/update_application", Staff(ApplicationsManage)),
    rule("POST", "/console/fn/enable_application", Staff(ApplicationsManage)),
    rule("POST", "/console/fn/delete_application", Staff(ApplicationsManage)),
    rule("POST", "/console/fn/create_client_secret", Staff(ApplicationsManage)),
    rule("POST", "/console/fn/delete_client_secret", Staff(ApplicationsManage)),
    rule("POST", "/console/fn/user_identities", Staff(UsersView)),
    rule("POST", "/console/fn/disconnect_user_identity", Staff(UsersManage)),
    rule("POST", "/console/fn/list_roles", Staff(RolesView)),
    rule("POST", "/console/fn/role", Staff(RolesView)),
    rule("POST", "/console/fn/create_role", Staff(RolesManage)),
    rule("POST", "/console/fn/update_role", Staff(RolesManage)),
    rule("POST", "/console/fn/enable_role", Staff(RolesManage)),
    rule("POST", "/console/fn/delete_role", Staff(RolesManage)),
    rule("POST", "/console/fn/give_role", Staff(RolesManage)),
    rule("POST", "/console/fn/matrix", Staff(RolesView)),
    rule("POST", "/console/fn/set_cell", Staff(RolesManage)),
    rule("POST", "/console/fn/list_assignments", Staff(RolesView)),
    rule("POST", "/console/fn/take_role", Staff(RolesManage)),
    rule("POST", "/console/fn/list_permissions", Staff(RolesView)),
    rule("POST", "/console/fn/list_asked_permissions", Staff(RolesView)),
    rule("POST", "/console/fn/create_permission", Staff(RolesManage)),
    rule("POST", "/console/fn/update_permission", Staff(RolesManage)),
    rule("POST", "/console/fn/delete_permission", Staff(RolesManage)),
    rule("POST", "/console/fn/user_permissions", Staff(RolesView)),
    rule("POST", "/console/fn/give_user_role", Staff(RolesManage)),
    rule("POST", "/console/fn/explore", Staff(RolesView)),
    rule("POST", "/console/fn/list_email_templates", Staff(EmailTemplatesView)),
    rule("POST", "/console/fn/email_template", Staff(EmailTemplatesView)),
    rule("POST", "/console/fn/email_versions", Staff(EmailTemplatesView)),
    rule("POST", "/console/fn/email_version", Staff(EmailTemplatesView)),
    rule("POST", "/console/fn/compare_email_templates", Staff(EmailTemplatesView)),
    rule(
        "POST",
        "/console/fn/conflicting_email_template",
        Staff(EmailTemplatesView),
    ),
    rule("POST", "/console/fn/preview_email_template", Staff(EmailTemplatesView)),
    rule("POST", "/console/fn/save_email_template", Staff(EmailTemplatesManage)),
    rule("POST", "/console/fn/discard_email_draft", Staff(EmailTemplatesManage)),
    rule(
        "POST",
        "/console/fn/publish_email_template",
        Staff(EmailTemplatesManage),
    ),
    rule(
        "POST",
        "/console/fn/roll_back_email_template",
        Staff(EmailTemplatesManage),
    ),
    rule("POST", "/console/fn/retire_email_template", Staff(EmailTemplatesManage)),
    rule("POST", "/console/fn/test_email_template", Staff(EmailTemplatesManage)),
    rule("POST", "/console/fn/create_email_template", Staff(EmailTemplatesManage)),
    rule("POST", "/console/fn/update_email_template", Staff(EmailTemplatesManage)),
    rule("POST", "/console/fn/delete_email_template", Staff(EmailTemplatesManage)),
    rule(
        "POST",
        "/console/fn/import_email_templates",
        Staff(EmailTemplatesManage),
    ),
    rule("POST", "/console/fn/list_projects", Staff(ProjectsView)),
    rule("POST", "/console/fn/project", Staff(ProjectsView)),
    rule("POST", "/console/fn/invite_user", Staff(UsersManage)),
    rule("POST", "/console/fn/create_project", Staff(ProjectsManage)),
    rule("POST", "/console/fn/update_project", Staff(ProjectsManage)),
    rule("POST", "/console/fn/enable_project", Staff(ProjectsManage)),
    rule("POST", "/console/fn/delete_project", Staff(ProjectsManage)),
    rule("POST", "/console/fn/list_members", Staff(ProjectsView)),
    rule("POST", "/console/fn/put_member", Staff(ProjectsManage)),
    rule("POST", "/console/fn/remove_member", Staff(ProjectsManage)),
    rule("POST", "/console/fn/project_mail", Staff(ProjectsView)),
    rule("POST", "/console/fn/update_project_mail", Staff(ProjectsManage)),
    rule("POST", "/console/fn/test_project_mail", Staff(MessagesManage)),
    rule("POST", "/console/fn/give_member_role", Staff(RolesManage)),
    rule("POST", "/console/fn/list_social_providers", Staff(ProvidersView)),
    rule("POST", "/console/fn/social_provider", Staff(ProvidersView)),
    rule("POST", "/console/fn/create_social_provider", Staff(ProvidersManage)),
    rule("POST", "/console/fn/update_social_provider", Staff(ProvidersManage)),
    rule("POST", "/console/fn/enable_social_provider", Staff(ProvidersManage)),
    rule("POST", "/console/fn/delete_social_provider", Staff(ProvidersManage)),
    rule("POST", "/console/fn/test_social_provider", Staff(ProvidersManage)),
    rule("POST", "/console/fn/list_messages", Staff(MessagesView)),
    rule("POST", "/console/fn/message_kinds", Staff(MessagesView)),
    rule("POST", "/console/fn/message", Staff(MessagesView)),
    rule("POST", "/console/fn/retry_message", Staff(MessagesManage)),
    rule("POST", "/console/fn/retry_notification", Staff(MessagesManage)),
    rule("POST", "/console/fn/cancel_message", Staff(MessagesManage)),
    rule("POST", "/console/fn/release_message", Staff(MessagesManage)),
    rule("POST", "/console/fn/resend_message", Staff(MessagesManage)),
    rule("POST", "/console/fn/release_messages", Staff(MessagesManage)),
    rule("POST", "/console/fn/retry_failed_messages", Staff(MessagesManage)),
    rule("POST", "/console/fn/count_messages", Staff(MessagesManage)),
    rule("POST", "/console/messages/upload", Staff(MessagesManage)),
    rule("POST", "/console/fn/list_notifications", Staff(MessagesView)),
    rule("POST", "/console/fn/list_announcements", Staff(MessagesView)),
    rule("POST", "/console/fn/announcement", Staff(MessagesView)),
    rule("POST", "/console/fn/announcement_preview", Staff(MessagesView)),
    rule("POST", "/console/fn/save_announcement", Staff(MessagesManage)),
    rule("POST", "/console/fn/delete_announcement", Staff(MessagesManage)),
    rule("POST", "/console/fn/test_announcement", Staff(MessagesManage)),
    rule("POST", "/console/fn/schedule_announcement", Staff(MessagesManage)),
    rule("POST", "/console/fn/move_announcement", Staff(MessagesManage)),
    rule("POST", "/console/fn/list_suppressions", Staff(MessagesView)),
    rule("POST", "/console/fn/suppress_address", Staff(MessagesManage)),
    rule("POST", "/console/fn/unsuppress_address", Staff(MessagesManage)),
    rule("POST", "/console/fn/list_signing_keys", Staff(SettingsView)),
    rule("POST", "/console/fn/create_signing_key", Staff(SettingsManage)),
    rule("POST", "/console/fn/activate_signing_key", Staff(SettingsManage)),
    rule("POST", "/console/fn/delete_signing_key", Staff(SettingsManage)),
    // pages
    rule("GET", "/", Page),
    rule("GET", "/setup", Page),
    rule("GET", "/account", Page),
    rule("GET", "/account/profile", Page),
    rule("GET", "/account/sessions", Page),
    rule("GET", "/account/devices", Page),
    rule("GET", "/account/connections", Page),
    rule("GET", "/account/sign-in", Page),
    rule("GET", "/account/sign-in/code", Page),
    rule("GET", "/account/sign-in/link", Page),
    rule("GET", "/account/sign-up", Page),
    rule("GET", "/account/activate", Page),
    rule("GET", "/account/resend-activation", Page),
    rule("GET", "/account/forgot-password", Page),
    rule("GET", "/account/reset-password", Page),
    rule("GET", "/account/confirm-email", Page),
    rule("GET", "/account/delete", Page),
    rule("GET", "/account/keep", Page),
    rule("GET", "/account/signed-out", Page),
    rule("GET", "/account/unsubscribe", Page),
    // mail programs press the button of an announcement for their readers (RFC 8058); the link proves whose it is
    rule("POST", "/account/unsubscribe", Everyone),
    rule("GET", "/console", Page),
    rule("GET", "/console/users", Page),
    rule("GET", "/console/users/invite", Page),
    rule("GET", "/console/users/{id}", Page),
    rule("GET", "/console/users/{id}/profile", Page),
    rule("GET", "/console/users/{id}/sign-ins", Page),
    rule("GET", "/console/users/{id}/changes", Page),
    rule("GET", "/console/users/{id}/identities", Page),
    rule("GET", "/console/users/{id}/roles", Page),
    rule("GET", "/console/roles", Page),
    rule("GET", "/console/roles/new", Page),
    rule("GET", "/console/roles/matrix", Page),
    rule("GET", "/console/roles/{id}", Page),
    rule("GET", "/console/permissions", Page),
    rule("GET", "/console/permissions/asked", Page),
    rule("GET", "/console/email-templates", Page),
    rule("GET", "/console/email-templates/new", Page),
    rule("GET", "/console/email-templates/import", Page),
    rule("GET", "/console/email-templates/{name}/{language}", Page),
    rule("GET", "/console/email-templates/{name}/{language}/compare", Page),
    rule(
        "GET",
        "/console/email-templates/{name}/{language}/versions/{version}",
        Page,
    ),
    rule("GET", "/console/projects", Page),
    rule("GET", "/console/projects/new", Page),
    rule("GET", "/console/projects/{slug}", Page),
    rule("GET", "/console/explorer", Page),
    rule("GET", "/console/social-providers", Page),
    rule("GET", "/console/social-providers/new", Page),
    rule("GET", "/console/social-providers/{id}", Page),
    rule("GET", "/console/attributes", Page),
    rule("GET", "/console/devices", Page),
    rule("GET", "/console/devices/{id}", Page),
    rule("GET", "/console/applications", Page),
    rule("GET", "/console/applications/new", Page),
    rule("GET", "/console/applications/{id}", Page),
    rule("GET", "/console/events", Page),
    rule("GET", "/console/events/{id}", Page),
    rule("GET", "/console/sessions", Page),
    rule("GET", "/console/push", Page),
    rule("GET", "/console/push/{id}", Page),
    rule("GET", "/console/messages", Page),
    rule("GET", "/console/messages/new", Page),
    rule("GET", "/console/messages/{id}", Page),
    rule("GET", "/console/suppressions", Page),
    rule("GET", "/console/notifications", Page),
    rule("GET", "/console/announcements", Page),
    rule("GET", "/console/announcements/new", Page),
    rule("GET", "/console/announcements/{id}", Page),
    rule("GET", "/console/announcements/{id}/edit", Page),
    rule("GET", "/console/users/{id}/messages", Page),
    rule("GET", "/console/signing-keys", Page),
];

/// The row of a door. `HEAD` asks what `GET` asks.
#[must_use]
pub fn find(method: &str, path: &str) -> Option<&'static Rule> {
    let method = if method == "HEAD" { "GET" } else { method };
    TABLE.iter().find(|rule| rule.method == method && rule.path == path)
}

/// Whether the actor is welcome; every door asks before it does anything. Where only staff is, the proof that this took is
/// given, so that whoever acts need not ask again.
///
/// # Errors
/// `authentication_required`, `permission_denied`.
pub async fn check(sereno: &Sereno, actor: &Actor, welcome: Welcome) -> Result<Option<Proof>> {
    match welcome {
        Everyone | Page => Ok(None),
        Users => actor.caller().map(|_| None),
        AnyStaff => super::staff(sereno, actor).await.map(Some),
        Staff(permission) => {
            let staff = super::staff(sereno, actor).await?;
            staff.require(permission)?;
            Ok(Some(staff))
        }
    }
}

/// The refusal for a door without a row.
#[must_use]
pub fn unlisted() -> Error {
    Error::from(Code::PermissionDenied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_door_stands_twice() {
        let mut seen = std::collections::BTreeSet::new();
        for rule in TABLE {
            assert!(
                seen.insert((rule.method, rule.path)),
                "{} {} stands twice",
                rule.method,
                rule.path
            );
        }
    }
}
