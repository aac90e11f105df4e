//! How what a sign-in brings reaches the client, and the cookies for it.

use serde::{Deserialize, Serialize};

use crate::names::names;

names! {
    /// How what a sign-in brings reaches the client; the same for every way of signing in.
    Delivery {
        /// Both tokens in the body.
        #[default]
        Json = "json";
        /// The access token in the body, the refresh token in a cookie that scripts cannot read.
        RefreshCookie = "refresh_cookie";
        /// Both tokens in cookies that scripts cannot read.
        Cookie = "cookie";
        /// As `cookie`, and the access token's claims in a cookie that scripts can read.
        SplitCookie = "split_cookie";
        /// A session of ours in a cookie, and no token.
        Session = "session";
        /// One opaque key that works until it is revoked.
        Key = "key";
    }
}

impl Delivery {
    /// Whether the access token reaches the client in a cookie.
    #[must_use]
    pub const fn sets_access_cookie(self) -> bool {
        matches!(self, Self::Cookie | Self::SplitCookie)
    }

    /// Whether the refresh token reaches the client in a cookie.
    #[must_use]
    pub const fn sets_refresh_cookie(self) -> bool {
        matches!(self, Self::RefreshCookie | Self::Cookie | Self::SplitCookie)
    }
}

names! {
    /// Which requests from other sites bring a cookie (RFC 6265bis §5.4.7).
    SameSite {
        /// Following a link does.
        #[default]
        Lax = "Lax";
        /// None does.
        Strict = "Strict";
        /// Every one does; the cookie must be `Secure`.
        None = "None";
    }
}

/// Names and attributes of the cookies of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct CookieSettings {
    /// The cookie of the access token.
    pub access: String,
    /// The cookie of the refresh token.
    pub refresh: String,
    /// The cookie of the readable claims (`split_cookie`).
    pub payload: String,
    /// The readable cookie of the CSRF token.
    pub csrf: String,
    /// `Path` of all but the refresh cookie.
    pub path: String,
    /// `Path` of the refresh cookie.
    pub refresh_path: String,
    /// `Domain`; nothing: this host alone.
    pub domain: Option<String>,
    /// `SameSite`.
    pub same_site: SameSite,
    /// `Secure`; nothing: as the public URL is https.
    pub secure: Option<bool>,
    /// Whether requests that rest on these cookies must bring the CSRF token.
    pub csrf_required: bool,
}

impl Default for CookieSettings {
    fn default() -> Self {
        Self {
            access: "access_token".to_owned(),
            refresh: "refresh_token".to_owned(),
            payload: "access_payload".to_owned(),
            csrf: "csrf_token".to_owned(),
            path: "/".to_owned(),
            refresh_path: "/".to_owned(),
            domain: None,
            same_site: SameSite::Lax,
            secure: None,
            csrf_required: true,
        }
    }
}
