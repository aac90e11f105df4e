//! English.

use sereno_types::{AttributeKind, Code};

use super::{Figures, Texts};

pub(super) const TEXTS: Texts = Texts {
    skip: "Skip to content",
    languages: "Language",
    theme: "Appearance",
    theme_system: "Like the system",
    theme_light: "Light",
    theme_dark: "Dark",
    loading: "One moment …",
    error_prefix: "Error:",
    reference: "If you ask for help, mention",
    home: "Back to the start",
    optional: "optional",
    show_password: "Show password",
    hide_password: "Hide password",
    missing_title: "There is nothing here",
    forbidden_title: "You cannot open this page",
    away_title: "Sereno cannot answer right now",
    broken_title: "Something went wrong",
    refused_title: "That did not work",
    email: "E-mail address",
    username: "User name",
    username_hint: "A second name to sign in with. Letters, digits and .\u{a0}_\u{a0}-\u{a0}+",
    password: "Password",
    identifier: "E-mail address or user name",
    code: "Code from the mail",
    code_hint: "Spaces and dashes do not matter.",
    setup_token: "Set-up token",
    setup_token_hint: "The last part of the link that Sereno printed when it started.",
    sign_in_title: "Sign in",
    sign_in: "Sign in",
    sign_in_activated: "Your address is confirmed. You can sign in now.",
    code_link: "E-mail me a code",
    code_title: "Sign in by a code",
    code_lead: "We mail you a code and a link. You need no password.",
    code_send: "Send the code",
    code_sent: "If you can sign in with what you told us, a mail with a code and a link is on its way. Enter the code here, or open the link in the browser in which you want to be signed in.",
    code_again: "Ask for another code",
    code_password: "Sign in with a password",
    link_lead: "One more step: this button signs you in to this browser.",
    no_account: "No account yet?",
    sign_up_link: "Create one",
    sign_up_title: "Create an account",
    sign_up: "Create account",
    has_account: "Do you have an account already?",
    sign_in_link: "Sign in",
    sent_title: "Check your mail",
    sent: "We have sent you a mail. It holds a link and a code: open the link, or type the code here.",
    sent_where: "Nothing there after a few minutes? Look into the spam folder, or",
    activate_title: "Confirm your address",
    activate_link: "One step is left: confirm that this address is yours.",
    activate_code: "Type the code from the mail that we sent you.",
    activate: "Confirm address",
    activate_with_code: "Type a code instead",
    resend_link: "ask for another mail",
    resend_title: "Ask for another mail",
    resend_lead: "We write to you only if this address waits for confirmation.",
    resend: "Send another mail",
    account_title: "Your account",
    account_lead: "You are signed in.",
    account_number: "Number",
    account_id: "Id",
    account_since: "Account since",
    confirmed: "Confirmed",
    unconfirmed: "Not confirmed",
    open_console: "Open the console",
    sign_out: "Sign out",
    signed_out_title: "You are signed out",
    signed_out: "This browser no longer has access to your account. Good night.",
    sign_in_again: "Sign in again",
    forgot_link: "Forgot your password?",
    forgot_title: "Forgot your password?",
    forgot_lead: "Tell us your address or user name. We send you a link to set a new password.",
    forgot: "Send link",
    forgot_sent: "If there is such an account, a mail with a link is on its way. The link works once and not for long.",
    forgot_again: "Ask for another link",
    reset_title: "Set a new password",
    reset_lead: "You are signed out everywhere as soon as the new password is set.",
    reset: "Set password",
    sign_in_reset: "Your new password is set. You can sign in with it now.",
    old_password: "Present password",
    new_password: "New password",
    password_title: "Change password",
    change_password: "Change password",
    password_changed: "Your password is changed.",
    fresh_hint: "Only needed if you signed in more than five minutes ago.",
    new_email: "New e-mail address",
    email_title: "Change e-mail address",
    email_lead: "We send a link to the new address. It takes the place of the present one when you confirm it.",
    change_email: "Send link",
    email_sent: "Check the mail at the new address: unless it belongs to another account, a link is on its way.",
    confirm_title: "Confirm your new address",
    email_changed: "Your e-mail address is changed.",
    to_account: "Go to your account",
    delete_title: "Delete your account",
    delete_lead: "We send a mail to your confirmed address. Nothing is deleted before you use its link or its code.",
    delete_unmailed_lead: "Your account has no confirmed address, so no mail can ask you again. This button closes it at once.",
    delete_unmailed_done: "Your account is closed. No mail comes, because it had no confirmed address; whoever looks after this server can keep it until it is deleted.",
    delete_request: "Send mail",
    delete_sent: "If there is such an account, a mail is on its way. Open its link, or type its code here.",
    delete_confirm_lead: "Press the button to delete your account, with everything that is kept of you here.",
    delete_confirm: "Delete my account",
    delete_scheduled: "Your account is closed. We sent you a mail that says when it is deleted, and how to keep it until then.",
    deleted: "Your account is deleted.",
    delete_link: "Delete your account",
    export_lead: "Would you like to keep a copy?",
    export_data: "Download everything we keep of you",
    keep_title: "Keep your account",
    keep_lead: "Your account is about to be deleted. Press the button to keep it.",
    keep: "Keep my account",
    kept: "Your account is kept. You can sign in again.",
    previous: "Previous",
    next: "Next",
    pages: "Pages of the list",
    account_overview: "Overview",
    profile: "Profile",
    sign_ins: "Sign-ins",
    profile_title: "Your profile",
    profile_lead: "What applications here learn of you.",
    first_name: "First name",
    last_name: "Last name",
    locale: "Language",
    locale_unset: "As the browser asks",
    list_hint: "One entry a line.",
    object_hint: "JSON, for example {\"size\": 3}.",
    yes: "Yes",
    no: "No",
    save: "Save",
    profile_saved: "Your profile is saved.",
    profile_kept: "Only the people who look after this server can change these:",
    picture: "Your picture",
    picture_own: "Your picture as others see it",
    picture_file: "Choose a picture",
    picture_save: "Use picture",
    picture_remove: "Take picture away",
    picture_saved: "Your picture is saved.",
    picture_removed: "Your picture is deleted.",
    sessions_title: "Your sign-ins",
    sessions_lead: "Every browser and application that has access to your account right now. End what you do not recognise, and change your password.",
    session_current: "This one",
    session_browser: "Browser",
    session_unknown: "Unknown device",
    session_through: "Through",
    session_address: "Address",
    session_began: "Signed in",
    session_seen: "Last seen",
    session_ends: "Ends at the latest",
    end_session: "End",
    end_others: "End all others",
    end_all: "Sign out everywhere",
    session_ended: "The sign-in has ended.",
    others_ended: "All other sign-ins have ended.",
    devices: "Devices",
    devices_title: "Your devices",
    devices_lead: "What you signed in with, as your applications describe it. Removing one signs it out everywhere.",
    devices_none: "No application has told us of a device yet.",
    device_name: "Name of the device",
    device_rename: "Rename",
    device_renamed: "The device has another name now.",
    device_remove: "Remove",
    device_removed: "The device is removed, and signed out everywhere.",
    device_system: "System",
    device_app: "Version of the application",
    device_since: "First seen",
    social_with_prefix: "Sign in with",
    social_continue_with: "Continue with",
    social_with_suffix: "",
    social_or: "or with your password",
    social_or_sign_up: "or with a password",
    connections: "Connections",
    connections_title: "Your connections",
    connections_lead: "Accounts elsewhere by which you can sign in here.",
    connections_none: "None yet.",
    connected: "It is connected: you can sign in by it from now on.",
    disconnected: "It is disconnected.",
    disconnect: "Disconnect",
    connect: "Connect",
    connect_title: "Connect another",
    connect_lead: "You are sent there and back. It only works within five minutes of signing in.",
    connection_since: "Connected",
    connection_used: "Last used",
    setup_title: "Set up Sereno",
    setup_lead: "Create the first administrator. This account may do everything, so choose a strong password.",
    setup: "Create administrator",
    setup_new_link: "The command `sereno setup-link` prints a new link at any time.",
    setup_spent_title: "This set-up link does not work",
};

pub(super) const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

pub(super) fn password_hint(min: u64) -> String {
    format!("At least {min} characters. A few random words are easy to remember and hard to guess.")
}

pub(super) fn deletion_grace(days: u64) -> String {
    if days == 0 {
        return "Once you confirm, the account is deleted, and nothing can bring it back.".to_owned();
    }
    format!(
        "Once you confirm, you are signed out everywhere, and the account is deleted after {days} days. Until then you can change your mind."
    )
}

pub(super) fn picture_hint(max: &str) -> String {
    format!(
        "A JPEG, PNG, GIF or WebP file of at most {max}. We keep it no larger than 512 by 512 pixels, and nothing but what can be seen."
    )
}

pub(super) const fn kind(kind: AttributeKind) -> &'static str {
    match kind {
        AttributeKind::String => "Please write some text.",
        AttributeKind::Integer => "Please write a whole number, for example 12.",
        AttributeKind::Boolean => "Please answer yes or no.",
        AttributeKind::Number => "Please write a number, for example 12.5.",
        AttributeKind::Date => "Please choose a day that there is, for example 2026-11-20.",
        AttributeKind::List => "Please write one entry a line.",
        AttributeKind::Object => "Please write JSON in braces, for example {\"size\": 3}.",
    }
}

pub(super) fn code(code: Code, figures: Figures) -> String {
    match code {
        Code::MalformedBody => "Your browser sent something we could not read. Please try again.",
        Code::MalformedQuery => "This address cannot be read. Please check the link.",
        Code::ActivationLinkInvalid => {
            "This link or code has been used, has expired or is wrong. Ask for another mail."
        }
        Code::SetupLinkInvalid => "This set-up link has been used, has expired or is wrong.",
        Code::AuthenticationRequired => "Please sign in first.",
        Code::InvalidCredentials => "This is not the right combination of name and password.",
        Code::LoginCodeInvalid => "This code or link is wrong, has expired or was used before. Ask for a new one.",
        Code::LoginCodesOff => "Nobody can sign in by a code here.",
        Code::TokenExpired => "This token has expired.",
        Code::TokenRevoked => "This token was revoked.",
        Code::InvalidToken => "Your access is no longer valid. Please sign in again.",
        Code::RefreshTokenInvalid => "Your sign-in has ended. Please sign in again.",
        Code::ActivationRequired => "Please confirm your address first. We sent you a mail when you signed up.",
        Code::PermissionDenied => "Your account does not have the permission for this.",
        Code::ExceedsOwnPermissions => "This would give, take or change rights that you do not hold yourself.",
        Code::CodenameUnique => "Another permission or role has this codename.",
        Code::RoleCycle => "The role would include itself, by way of other roles.",
        Code::CrossSiteRequest => {
            "This request seems to come from another site, so we did nothing. Please try again here."
        }
        Code::RegistrationClosed => "New accounts cannot be created here at the moment.",
        Code::NotFound => "It may have been moved or removed, or the address has a mistake.",
        Code::MethodNotAllowed => "This address cannot be used that way.",
        Code::RequestTimeout => "Your request took too long to arrive. Please try again.",
        Code::IdempotencyKeyInvalid => "This request names itself in a way that we cannot read.",
        Code::IdempotencyKeyReused => "Another request was sent under the same name before.",
        Code::RequestInProgress => "We are still working on the same request. Please wait a moment.",
        Code::PreconditionFailed => "Somebody else has changed this since you looked at it. Please look again.",
        Code::StateConflict => "This has changed in the meantime. Please reload the page and look again.",
        Code::ManagedByConfiguration => "The settings of this server say how this is. Please change it there.",
        Code::PushNotConfigured => "No push service is set up here. Whoever runs Sereno names one in its settings.",
        Code::NoPushToken => "No device can get notifications: none of them has given a push token.",
        Code::LastAdministrator => "This is the last administrator. Without this account, nobody could manage Sereno.",
        Code::OwnAccount => "You cannot do this to your own account.",
        Code::SetupDone => "The first administrator exists already. Please sign in.",
        Code::BodyTooLarge => "This is more than we accept at once.",
        Code::UriTooLong => "This address is longer than we read.",
        Code::UnsupportedMediaType => "We cannot read this kind of content.",
        Code::UpgradeRequired => "This address is for programs that listen for notifications.",
        Code::ValidationFailed => "Please check the fields that are marked.",
        Code::Blank => "Please fill in this field.",
        Code::InvalidType => "This value is of the wrong kind.",
        Code::InvalidChoice => "Please choose one of the offered values.",
        Code::UnknownField => "We do not know this field.",
        Code::TooLong => return too_long(figures),
        Code::InvalidPicture => {
            "This file is no picture that can be read. Please choose a JPEG, PNG, GIF or WebP file."
        }
        Code::PictureTooLarge => "This picture has too many pixels. Please choose a smaller one.",
        Code::InvalidCharacters => "This holds characters that are not allowed.",
        Code::InvalidEmail => "Please write an e-mail address, such as ana@example.org.",
        Code::EmailUnique => "Another account has this e-mail address.",
        Code::UsernameUnique => "This user name is taken. Please choose another.",
        Code::UsernameInvalid => "A user name may hold letters, digits and .\u{a0}_\u{a0}-\u{a0}+ but no @.",
        Code::PasswordTooSimilar => "This password is too similar to your name or address.",
        Code::PasswordTooShort => return too_short(figures),
        Code::PasswordTooLong => return password_too_long(figures),
        Code::PasswordTooCommon => "This password is one of the most common ones, which are tried first.",
        Code::PasswordEntirelyNumeric => "A password cannot consist of digits alone.",
        Code::InvalidClient => "This application is unknown, or could not prove itself.",
        Code::UnauthorizedClient => "This application may not sign anybody in this way.",
        Code::RefusedByHook => "A rule of this service refused this.",
        Code::ResetLinkInvalid => "This link has been used, has expired or is wrong. Ask for another one.",
        Code::EmailChangeLinkInvalid => {
            "This link has been used, has expired or is wrong. Ask for another one on the page of your account."
        }
        Code::DeletionClosed => "Accounts cannot be deleted here by their owners. Please ask whoever runs this server.",
        Code::DeletionLinkInvalid => "This link or code has been used, has expired or is wrong. Ask for another mail about the end of the account.",
        Code::ReauthenticationRequired => "You signed in a while ago. Please type your password, or sign in again.",
        Code::PasswordBreached => "This password is known from a breach of other sites, and is tried first.",
        Code::PasswordIncorrect => "This is not your present password.",
        Code::PasswordUnchanged => "This is your present password. Please choose another.",
        Code::TooShort => "This is too short.",
        Code::InvalidUrl => "This is no address that may stand here.",
        Code::ClientIdUnique => "Another application has this name.",
        Code::TemplateInvalid => "This template cannot be used.",
        Code::TemplateSyntaxError => "This template cannot be read, or fails.",
        Code::TemplateNotFound => "There is no such template, or nothing of it is published.",
        Code::TemplateVariableMissing => "Without one of its variables this mail would be of no use.",
        Code::ProtectedField => "You cannot change this yourself.",
        Code::TooManyRequests => return wait(figures),
        Code::TooManyConnections => "Too many connections of your account are open. Please close one first.",
        Code::Internal => "That was our fault, not yours. Please try again in a while.",
        Code::SocialStateInvalid => "This sign-in was not begun here, took too long, or was completed already. Please begin again.",
        Code::SocialDenied => "Nobody was signed in: it was refused at the provider.",
        Code::SocialExchangeRefused => "The provider did not confirm this sign-in. Please begin again.",
        Code::SocialTokenInvalid => "What the provider sent is no valid proof of who you are.",
        Code::SocialAlgorithmRefused => "The provider's proof is not signed in a way that is accepted here.",
        Code::SocialSignatureInvalid => "The signature of the provider's proof is wrong.",
        Code::SocialIssuerMismatch => "The proof comes from somebody else than this provider.",
        Code::SocialAudienceMismatch => "The provider's proof was issued to another application.",
        Code::SocialNonceMismatch => "The provider's proof belongs to another attempt. Please begin again.",
        Code::SocialTokenExpired => "The provider's proof is no longer valid. Please begin again.",
        Code::SocialSubjectMissing => "The provider does not say who you are.",
        Code::SocialAccessTokenMismatch => "Two parts of the provider's answer do not belong together.",
        Code::SocialAccessTokenUnverifiable => "This provider's access tokens cannot be checked. An ID token or a code is needed.",
        Code::SocialSignUpClosed => "There is no account connected to this. Sign in another way first, then connect the provider on the page of your account.",
        Code::SocialAccountExists => "There is an account with your address already. Sign in as usual, then connect the provider on the page of your account.",
        Code::SocialIdentityTaken => "This is connected to somebody else's account already.",
        Code::RecipientBound => "This mail is made for its own address. Only the owner of the account can ask for another one.",
        Code::EmailDomainExcluded => "Please use another e-mail address: those of this provider are not taken here.",
        Code::EmptyEmail => "Please name at least one recipient.",
        Code::TemplateOrHtmlRequired => "Please write a text, or choose a template.",
        Code::InvalidAttachment => "A file cannot be attached: it cannot be read, is too large, or has a name that cannot be used.",
        Code::AddressListed => "This address is on the list already.",
        Code::TooManyDevices => "There are too many devices. Please remove one of them, or sign out there, and try again.",
        Code::LastSignInMethod => "This is your only way to sign in. Set a password first, or connect something else.",
        Code::SlugUnique => "This name in addresses is taken.",
        Code::SecretRequired => "Please give the secret again, because it will be sent elsewhere.",
        Code::PrivateKeyInvalid => "This is no private key for ES256 (PEM, PKCS #8).",
        Code::SocialAnswerInvalid => "The provider's answer makes no sense to us. Please try again, or sign in another way.",
        Code::SocialMisconfigured => "Signing in through this provider is not set up properly. Please sign in another way, and tell whoever looks after this server.",
        Code::SocialUnavailable => "The provider does not answer right now. Please try again in a moment, or sign in another way.",
        Code::Overloaded => "There is a lot to do right now, and nothing was changed. Please try again in a moment.",
        Code::Unavailable => {
            "Something we depend on cannot be reached, and nothing was changed. Please try again in a moment."
        }
    }
    .to_owned()
}

fn too_long(figures: Figures) -> String {
    figures.max.map_or_else(
        || "This is too long.".to_owned(),
        |max| format!("This is too long. At most {max} characters fit."),
    )
}

fn too_short(figures: Figures) -> String {
    figures.min.map_or_else(
        || "This password is too short.".to_owned(),
        |min| format!("This password is too short. It needs at least {min} characters."),
    )
}

fn password_too_long(figures: Figures) -> String {
    figures.max.map_or_else(
        || "This password is too long.".to_owned(),
        |max| format!("This password is too long. At most {max} characters fit."),
    )
}

fn wait(figures: Figures) -> String {
    match figures.wait {
        None => "Too many attempts. Please try again later.".to_owned(),
        Some(0..=1) => "Too many attempts. Please try again in a second.".to_owned(),
        Some(seconds @ 2..=90) => format!("Too many attempts. Please try again in {seconds} seconds."),
        Some(seconds) => format!(
            "Too many attempts. Please try again in {} minutes.",
            seconds.div_ceil(60)
        ),
    }
}
