//! Signing in through others: what a provider says of a person is checked, becomes an identity (issuer and subject, never
//! an address), and leads to an account. One file for each kind of provider says where it is and how its answers are read;
//! everything else is the same for all.

pub mod admin;
mod apple;
mod browser;
mod cognito;
mod endpoints;
mod enter;
mod evidence;
mod exchange;
mod facebook;
mod github;
mod google;
mod http;
mod id_token;
pub mod identities;
mod link;
mod microsoft;
mod oidc;
mod person;
mod picture;
mod posted;
mod provider;
mod revoke;
mod secret;
mod settings;
mod test;
mod twitter;

pub use browser::{Answer, Finished, Started, attach, connect, finish, start};
pub use picture::FetchPicture;
pub use posted::{UntoldNonce, link_posted, look_at_posted, sign_in_posted};
pub use provider::{buttons, client_ids};
