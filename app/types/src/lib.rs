//! The shapes that the native JSON API and the hydrated console share: plain serde structs, no I/O, compiled for the
//! server and for the browser. One file per subject. Entities and secrets never appear here: the core builds these
//! values field by field.
//!
//! Requests are closed ([`serde(deny_unknown_fields)`]): a field that Sereno does not know is refused, never ignored.

mod announcement;
mod application;
mod catalogue;
mod check;
mod code;
mod console;
mod deletion;
mod delivery;
mod device;
mod email_template;
mod event;
mod introspection;
mod invitation;
mod live;
mod locale;
mod login;
mod login_code;
mod me;
mod message;
mod names;
mod page;
mod password;
mod permission;
mod problem;
mod profile;
mod project;
mod push;
mod registration;
mod role;
mod scalar;
mod secret;
mod session;
mod signing_key;
mod social;
mod timeline;
mod token;
mod token_profile;
mod user;

pub use announcement::{
    AnnouncementAction, AnnouncementAudience, AnnouncementCounts, AnnouncementDetail, AnnouncementQuery,
    AnnouncementRow, AnnouncementState, AudienceKind, Preferences, PreviewAnnouncement, SaveAnnouncement,
    ScheduleAnnouncement, Unsubscribe,
};
pub use application::{
    ApplicationCreated, ApplicationDetail, ApplicationKind, ApplicationQuery, ApplicationRow, ApplicationSecret,
    ApplicationSort, ApplicationUpdated, ClientCredentials, CreateApplication, Grant, NewSecret, UpdateApplication,
};
pub use catalogue::{Catalogue, CatalogueChange, DeclaredPermission, DeclaredRole, Difference};
pub use check::{
    Check, Checked, Decision, Decisions, EffectivePermission, EffectiveQuery, ForwardAuthQuery, Question, Reason, Step,
    StepKind,
};
pub use code::Code;
pub use console::{Overview, SetUp, StaffProfile};
pub use deletion::{CancelDeletion, ConfirmDeletion, DataExport, DeletionScheduled, DeletionTerms, RequestDeletion};
pub use delivery::{CookieSettings, Delivery, SameSite};
pub use device::{DeviceDetail, DeviceHint, DeviceQuery, DeviceRow, RenameDevice, UpdateDevice};
pub use email_template::{
    CreateEmailTemplate, DiffLine, DiffSide, EmailCoverage, EmailDiff, EmailDiffQuery, EmailImportOutcome, EmailLook,
    EmailPartDiff, EmailPreview, EmailSource, EmailTemplateDefinition, EmailTemplateDetail, EmailTemplateExportQuery,
    EmailTemplateFile, EmailTemplateImported, EmailTemplateQuery, EmailTemplateRow, EmailTemplatesImported,
    EmailTestQueued, EmailVersion, EmailVersionQuery, EmailVersionRow, ImportEmailTemplates, PortableEmailTemplate,
    PreviewEmailTemplate, PublishEmailTemplate, RollBackEmailTemplate, SaveEmailDraft, TemplateVariable,
    TestEmailTemplate, UpdateEmailTemplate,
};
pub use event::{EventApplication, EventDetail, EventOutcome, EventQuery, EventRow, Lineage, LineageToken};
pub use introspection::{Introspect, Introspection, RevokeToken};
pub use invitation::{Invite, Invited};
pub use live::{LiveMessage, LiveRequest, Notification};
pub use locale::Locale;
pub use login::{Login, LoginAnswer, Logout};
pub use login_code::{AskLoginCode, LoginCodeAsked, VerifyLoginCode};
pub use me::{Factor, FactorKind, Factors, Me};
pub use message::{
    AddSuppression, AttemptOutcome, MailAttachment, MessageAction, MessageAttempt, MessageDetail, MessagePreview,
    MessageQuery, MessageReason, MessageRow, MessageState, Released, ResendMessage, SendMessage, SendResult,
    SentMessages, SuppressionCause, SuppressionQuery, SuppressionRow, TestMail,
};
pub use page::{Page, PageQuery};
pub use password::{ChangeEmail, ChangePassword, ConfirmEmail, ForgotPassword, ResetPassword};
pub use permission::{Held, Permission, held};
pub use problem::{FieldError, Problem};
pub use profile::{
    Attribute, AttributeKind, AttributeQuery, ChangeQuery, DeclareAttribute, ProfileChange, ProfileField, UpdateProfile,
};
pub use project::{
    CreateProject, MemberQuery, MemberRow, ProjectDetail, ProjectMail, ProjectQuery, ProjectRow, PutMember,
    UpdateProject, UpdateProjectMail,
};
pub use push::{
    PushAction, PushAttempt, PushDetail, PushDevice, PushOutcome, PushQuery, PushQueued, PushReason, PushRow,
    PushState, SendPush,
};
pub use registration::{
    Activate, Activated, CheckPassword, Register, Registered, ResendActivation, SendActivationAnswer,
};
pub use role::{
    AskedPermission, AssignRole, Assigned, AssignmentQuery, AssignmentRow, CreatePermission, CreateRole, OriginFilter,
    PermissionQuery, PermissionRow, RoleDetail, RoleName, RoleQuery, RoleRow, UpdatePermission, UpdateRole,
    UsageFilter,
};
pub use scalar::{Id, Timestamp};
pub use secret::Secret;
pub use session::{
    EndSessions, EndWhich, EndedSessions, SessionDevice, SessionKind, SessionQuery, SessionRow, SessionUser,
};
pub use signing_key::{
    CreateSigningKey, NewSigningKey, SigningAlgorithm, SigningKeyQuery, SigningKeyRow, SigningKeyState,
};
pub use social::{
    CreateSocialProvider, Identity, LinkIdentity, SocialButton, SocialCheck, SocialCheckName, SocialKind,
    SocialLinking, SocialLogin, SocialProviderDetail, SocialProviderQuery, SocialProviderRow, SocialSettings,
    SocialTest, UpdateSocialProvider,
};
pub use timeline::{Channel, TimelineQuery, TimelineReason, TimelineRow};
pub use token::{AccessClaims, Audience, KeySet, PublicKey, Refresh, TokenAnswer, VerifyToken, VerifyTokenAnswer};
pub use token_profile::{
    ClaimRule, ClaimSource, ClaimsPreview, PreviewClaims, Rotation, StandardClaim, SubjectForm, TokenFormat,
    TokenProfile, TokenUse,
};
pub use user::{StateChange, UserDetail, UserEmail, UserEvent, UserQuery, UserRow, UserSort, UserState};

/// The schema of a registry whose names come from a macro, where the derive cannot read them.
#[cfg(feature = "openapi")]
fn named_schema(
    description: &str,
    names: impl Iterator<Item = &'static str>,
) -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
    let schema = utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .description(Some(description))
        .enum_values(Some(names));
    utoipa::openapi::RefOr::T(schema.build().into())
}
