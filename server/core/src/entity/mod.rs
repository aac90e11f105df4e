//! The tables, one file each: a row and its relations. No I/O, no clock, no configuration; and no row is ever
//! serialized or deserialized: what leaves the core is built field by field from `sereno-types`.

pub mod application;
pub mod application_secret;
pub mod attribute;
pub mod counter;
pub mod crypto_key;
pub mod custom_email_template;
pub mod device;
pub mod email_attempt;
pub mod email_content;
pub mod email_message;
pub mod email_suppression;
pub mod email_template;
pub mod email_template_version;
pub mod event;
pub mod file;
pub mod flow_state;
mod hidden;
pub mod identity;
pub mod issued_token;
pub mod job;
pub mod kept_answer;
pub mod limit_counter;
pub mod login_code;
pub mod one_time;
pub mod permission;
pub mod permission_ask;
pub mod project;
pub mod project_member;
pub mod push_message;
pub mod revoked_token;
pub mod role;
pub mod role_assignment;
pub mod role_inclusion;
pub mod role_permission;
pub mod session;
pub mod sign_up;
pub mod social_provider;
pub mod token_family;
pub mod user;
pub mod user_change;
pub mod user_email;

pub use hidden::Hidden;
