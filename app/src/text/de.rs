//! Deutsch.

use sereno_types::{AttributeKind, Code};

use super::{Figures, Texts};

pub(super) const TEXTS: Texts = Texts {
    skip: "Zum Inhalt springen",
    languages: "Sprache",
    theme: "Darstellung",
    theme_system: "Wie das System",
    theme_light: "Hell",
    theme_dark: "Dunkel",
    loading: "Einen Moment …",
    error_prefix: "Fehler:",
    reference: "Wenn Sie um Hilfe bitten, nennen Sie",
    home: "Zurück zum Anfang",
    optional: "freiwillig",
    show_password: "Passwort zeigen",
    hide_password: "Passwort verbergen",
    missing_title: "Hier ist nichts",
    forbidden_title: "Diese Seite können Sie nicht öffnen",
    away_title: "Sereno kann gerade nicht antworten",
    broken_title: "Etwas ist schiefgegangen",
    refused_title: "Das hat nicht geklappt",
    email: "E-Mail-Adresse",
    username: "Benutzername",
    username_hint: "Ein zweiter Name zum Anmelden. Buchstaben, Ziffern und .\u{a0}_\u{a0}-\u{a0}+",
    password: "Passwort",
    identifier: "E-Mail-Adresse oder Benutzername",
    code: "Code aus der E-Mail",
    code_hint: "Leerzeichen und Striche spielen keine Rolle.",
    setup_token: "Einrichtungsschlüssel",
    setup_token_hint: "Der letzte Teil des Links, den Sereno beim Start ausgegeben hat.",
    sign_in_title: "Anmelden",
    sign_in: "Anmelden",
    sign_in_activated: "Ihre Adresse ist bestätigt. Sie können sich jetzt anmelden.",
    code_link: "Code per E-Mail schicken",
    code_title: "Mit einem Code anmelden",
    code_lead: "Wir schicken Ihnen einen Code und einen Link. Sie brauchen kein Passwort.",
    code_send: "Code schicken",
    code_sent: "Wenn Sie sich damit anmelden können, ist eine E-Mail mit einem Code und einem Link unterwegs. Geben Sie den Code hier ein, oder öffnen Sie den Link in dem Browser, in dem Sie sich anmelden wollen.",
    code_again: "Einen neuen Code anfordern",
    code_password: "Mit einem Passwort anmelden",
    link_lead: "Ein Schritt fehlt noch: Dieser Knopf meldet Sie in diesem Browser an.",
    no_account: "Noch kein Konto?",
    sign_up_link: "Konto anlegen",
    sign_up_title: "Konto anlegen",
    sign_up: "Konto anlegen",
    has_account: "Haben Sie schon ein Konto?",
    sign_in_link: "Anmelden",
    sent_title: "Sehen Sie in Ihre E-Mails",
    sent: "Wir haben Ihnen eine E-Mail mit einem Link und einem Code geschickt: Öffnen Sie den Link oder geben Sie den Code hier ein.",
    sent_where: "Nach einigen Minuten ist nichts da? Sehen Sie im Spam-Ordner nach, oder",
    activate_title: "Adresse bestätigen",
    activate_link: "Ein Schritt fehlt noch: Bestätigen Sie, dass diese Adresse Ihnen gehört.",
    activate_code: "Geben Sie den Code aus der E-Mail ein, die wir Ihnen geschickt haben.",
    activate: "Adresse bestätigen",
    activate_with_code: "Stattdessen einen Code eingeben",
    resend_link: "fordern Sie eine neue E-Mail an",
    resend_title: "Neue E-Mail anfordern",
    resend_lead: "Wir schreiben Ihnen nur, wenn diese Adresse auf Bestätigung wartet.",
    resend: "Neue E-Mail senden",
    account_title: "Ihr Konto",
    account_lead: "Sie sind angemeldet.",
    account_number: "Nummer",
    account_id: "Kennung",
    account_since: "Konto seit",
    confirmed: "Bestätigt",
    unconfirmed: "Nicht bestätigt",
    open_console: "Konsole öffnen",
    sign_out: "Abmelden",
    signed_out_title: "Sie sind abgemeldet",
    signed_out: "Dieser Browser hat keinen Zugriff mehr auf Ihr Konto. Gute Nacht.",
    sign_in_again: "Wieder anmelden",
    forgot_link: "Passwort vergessen?",
    forgot_title: "Passwort vergessen?",
    forgot_lead: "Nennen Sie uns Ihre Adresse oder Ihren Benutzernamen. Wir schicken Ihnen einen Link, um ein neues Passwort festzulegen.",
    forgot: "Link schicken",
    forgot_sent: "Wenn es ein solches Konto gibt, ist eine E-Mail mit einem Link unterwegs. Der Link gilt einmal und nicht lange.",
    forgot_again: "Einen neuen Link anfordern",
    reset_title: "Neues Passwort festlegen",
    reset_lead: "Sie werden überall abgemeldet, sobald das neue Passwort gilt.",
    reset: "Passwort festlegen",
    sign_in_reset: "Ihr neues Passwort gilt. Sie können sich jetzt damit anmelden.",
    old_password: "Jetziges Passwort",
    new_password: "Neues Passwort",
    password_title: "Passwort ändern",
    change_password: "Passwort ändern",
    password_changed: "Ihr Passwort ist geändert.",
    fresh_hint: "Nur nötig, wenn Sie sich vor mehr als fünf Minuten angemeldet haben.",
    new_email: "Neue E-Mail-Adresse",
    email_title: "E-Mail-Adresse ändern",
    email_lead: "Wir schicken einen Link an die neue Adresse. Sie ersetzt die jetzige, sobald Sie sie bestätigen.",
    change_email: "Link schicken",
    email_sent: "Sehen Sie in das Postfach der neuen Adresse: wenn sie nicht zu einem anderen Konto gehört, ist ein Link unterwegs.",
    confirm_title: "Neue Adresse bestätigen",
    email_changed: "Ihre E-Mail-Adresse ist geändert.",
    to_account: "Zu Ihrem Konto",
    delete_title: "Konto löschen",
    delete_lead: "Wir senden eine Nachricht an Ihre bestätigte Adresse. Nichts wird gelöscht, bevor Sie ihren Link oder ihren Code benutzen.",
    delete_request: "Nachricht senden",
    delete_sent: "Wenn es dieses Konto gibt, ist eine Nachricht unterwegs. Öffnen Sie ihren Link, oder geben Sie hier ihren Code ein.",
    delete_confirm_lead: "Drücken Sie den Knopf, um Ihr Konto zu löschen, mit allem, was hier über Sie gespeichert ist.",
    delete_confirm: "Mein Konto löschen",
    delete_scheduled: "Ihr Konto ist geschlossen. In der Nachricht, die wir Ihnen gesendet haben, steht, wann es gelöscht wird und wie Sie es bis dahin behalten.",
    deleted: "Ihr Konto ist gelöscht.",
    delete_link: "Konto löschen",
    export_lead: "Möchten Sie eine Kopie behalten?",
    export_data: "Alles herunterladen, was wir über Sie gespeichert haben",
    keep_title: "Konto behalten",
    keep_lead: "Ihr Konto wird bald gelöscht. Drücken Sie den Knopf, um es zu behalten.",
    keep: "Mein Konto behalten",
    kept: "Ihr Konto bleibt bestehen. Sie können sich wieder anmelden.",
    previous: "Zurück",
    next: "Weiter",
    pages: "Seiten der Liste",
    account_overview: "Übersicht",
    profile: "Profil",
    sign_ins: "Anmeldungen",
    profile_title: "Ihr Profil",
    profile_lead: "Was Anwendungen hier über Sie erfahren.",
    first_name: "Vorname",
    last_name: "Nachname",
    locale: "Sprache",
    locale_unset: "Wie der Browser es wünscht",
    list_hint: "Ein Eintrag je Zeile.",
    object_hint: "JSON, zum Beispiel {\"size\": 3}.",
    yes: "Ja",
    no: "Nein",
    save: "Speichern",
    profile_saved: "Ihr Profil ist gespeichert.",
    profile_kept: "Das kann nur ändern, wer diesen Server betreut:",
    picture: "Ihr Bild",
    picture_own: "Ihr Bild, wie andere es sehen",
    picture_file: "Ein Bild auswählen",
    picture_save: "Bild verwenden",
    picture_remove: "Bild entfernen",
    picture_saved: "Ihr Bild ist gespeichert.",
    picture_removed: "Ihr Bild ist gelöscht.",
    sessions_title: "Ihre Anmeldungen",
    sessions_lead: "Jeder Browser und jede Anwendung, die jetzt Zugang zu Ihrem Konto haben. Beenden Sie, was Sie nicht kennen, und ändern Sie Ihr Passwort.",
    session_current: "Diese hier",
    session_browser: "Browser",
    session_unknown: "Unbekanntes Gerät",
    session_through: "Über",
    session_address: "Adresse",
    session_began: "Angemeldet",
    session_seen: "Zuletzt gesehen",
    session_ends: "Endet spätestens",
    end_session: "Beenden",
    end_others: "Alle anderen beenden",
    end_all: "Überall abmelden",
    session_ended: "Die Anmeldung ist beendet.",
    others_ended: "Alle anderen Anmeldungen sind beendet.",
    devices: "Geräte",
    devices_title: "Ihre Geräte",
    devices_lead: "Womit Sie sich angemeldet haben, wie Ihre Anwendungen es beschreiben. Wer ein Gerät entfernt, meldet es überall ab.",
    devices_none: "Noch hat uns keine Anwendung von einem Gerät erzählt.",
    device_name: "Name des Geräts",
    device_rename: "Umbenennen",
    device_renamed: "Das Gerät heißt jetzt anders.",
    device_remove: "Entfernen",
    device_removed: "Das Gerät ist entfernt und überall abgemeldet.",
    device_system: "System",
    device_app: "Version der Anwendung",
    device_since: "Zuerst gesehen",
    setup_title: "Sereno einrichten",
    setup_lead: "Legen Sie das erste Verwaltungskonto an. Es darf alles; wählen Sie daher ein starkes Passwort.",
    setup: "Verwaltungskonto anlegen",
    setup_new_link: "Der Befehl `sereno setup-link` gibt jederzeit einen neuen Link aus.",
    setup_spent_title: "Dieser Einrichtungslink funktioniert nicht",
};

pub(super) const MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

pub(super) fn password_hint(min: u64) -> String {
    format!("Mindestens {min} Zeichen. Einige zufällige Wörter sind leicht zu merken und schwer zu erraten.")
}

pub(super) fn deletion_grace(days: u64) -> String {
    if days == 0 {
        return "Das Konto wird sofort gelöscht, und nichts bringt es zurück.".to_owned();
    }
    format!(
        "Sie werden sofort überall abgemeldet, und das Konto wird nach {days} Tagen gelöscht. Bis dahin können Sie es sich anders überlegen."
    )
}

pub(super) fn picture_hint(max: &str) -> String {
    format!(
        "Eine Datei in JPEG, PNG, GIF oder WebP von höchstens {max}. Wir behalten sie mit höchstens 512 mal 512 Pixeln, und nur das, was man sieht."
    )
}

pub(super) const fn kind(kind: AttributeKind) -> &'static str {
    match kind {
        AttributeKind::String => "Bitte schreiben Sie einen Text.",
        AttributeKind::Integer => "Bitte schreiben Sie eine ganze Zahl, zum Beispiel 12.",
        AttributeKind::Boolean => "Bitte antworten Sie mit Ja oder Nein.",
        AttributeKind::Number => "Bitte schreiben Sie eine Zahl, zum Beispiel 12,5.",
        AttributeKind::Date => "Bitte wählen Sie einen Tag, den es gibt, zum Beispiel 2026-11-20.",
        AttributeKind::List => "Bitte schreiben Sie einen Eintrag je Zeile.",
        AttributeKind::Object => "Bitte schreiben Sie JSON in geschweiften Klammern, zum Beispiel {\"size\": 3}.",
    }
}

pub(super) fn code(code: Code, figures: Figures) -> String {
    match code {
        Code::MalformedBody => "Ihr Browser hat etwas gesendet, das wir nicht lesen konnten. Bitte versuchen Sie es noch einmal.",
        Code::MalformedQuery => "Diese Adresse ist nicht lesbar. Bitte prüfen Sie den Link.",
        Code::ActivationLinkInvalid => "Dieser Link oder Code wurde schon benutzt, ist abgelaufen oder falsch. Fordern Sie eine neue E-Mail an.",
        Code::SetupLinkInvalid => "Dieser Einrichtungslink wurde schon benutzt, ist abgelaufen oder falsch.",
        Code::AuthenticationRequired => "Bitte melden Sie sich zuerst an.",
        Code::InvalidCredentials => "Name und Passwort passen nicht zusammen.",
        Code::LoginCodeInvalid => "Dieser Code oder Link ist falsch, abgelaufen oder schon benutzt. Fordern Sie einen neuen an.",
        Code::LoginCodesOff => "Hier kann man sich nicht mit einem Code anmelden.",
        Code::TokenExpired => "Dieses Token ist abgelaufen.",
        Code::TokenRevoked => "Dieses Token wurde widerrufen.",
        Code::InvalidToken => "Ihr Zugang gilt nicht mehr. Bitte melden Sie sich wieder an.",
        Code::RefreshTokenInvalid => "Ihre Anmeldung ist beendet. Bitte melden Sie sich wieder an.",
        Code::ActivationRequired => "Bitte bestätigen Sie zuerst Ihre Adresse. Wir haben Ihnen nach der Registrierung eine E-Mail geschickt.",
        Code::PermissionDenied => "Ihr Konto hat dafür keine Berechtigung.",
        Code::CrossSiteRequest => "Diese Anfrage scheint von einer anderen Website zu kommen; wir haben nichts getan. Bitte versuchen Sie es hier noch einmal.",
        Code::RegistrationClosed => "Hier können gerade keine neuen Konten angelegt werden.",
        Code::NotFound => "Vielleicht wurde es verschoben oder entfernt, oder die Adresse hat einen Tippfehler.",
        Code::MethodNotAllowed => "Diese Adresse kann so nicht benutzt werden.",
        Code::RequestTimeout => "Ihre Anfrage war zu lange unterwegs. Bitte versuchen Sie es noch einmal.",
        Code::StateConflict => "Das hat sich inzwischen geändert. Bitte laden Sie die Seite neu und sehen Sie noch einmal nach.",
        Code::LastAdministrator => "Das ist das letzte Verwaltungskonto. Ohne es könnte niemand mehr Sereno verwalten.",
        Code::OwnAccount => "Mit dem eigenen Konto geht das nicht.",
        Code::SetupDone => "Das erste Verwaltungskonto gibt es schon. Bitte melden Sie sich an.",
        Code::BodyTooLarge => "Das ist mehr, als wir auf einmal annehmen.",
        Code::UriTooLong => "Diese Adresse ist länger, als wir lesen.",
        Code::UnsupportedMediaType => "Diese Art von Inhalt können wir nicht lesen.",
        Code::ValidationFailed => "Bitte prüfen Sie die markierten Felder.",
        Code::Blank => "Bitte füllen Sie dieses Feld aus.",
        Code::InvalidType => "Dieser Wert hat die falsche Art.",
        Code::InvalidChoice => "Bitte wählen Sie einen der angebotenen Werte.",
        Code::UnknownField => "Dieses Feld kennen wir nicht.",
        Code::TooLong => return too_long(figures),
        Code::InvalidPicture => "Diese Datei ist kein Bild, das gelesen werden kann. Bitte wählen Sie eine JPEG-, PNG-, GIF- oder WebP-Datei.",
        Code::PictureTooLarge => "Dieses Bild hat zu viele Bildpunkte. Bitte wählen Sie ein kleineres.",
        Code::InvalidCharacters => "Darin stehen Zeichen, die nicht erlaubt sind.",
        Code::InvalidEmail => "Bitte schreiben Sie eine E-Mail-Adresse, zum Beispiel ana@example.org.",
        Code::EmailUnique => "Ein anderes Konto hat diese E-Mail-Adresse.",
        Code::UsernameUnique => "Dieser Benutzername ist vergeben. Bitte wählen Sie einen anderen.",
        Code::UsernameInvalid => "Ein Benutzername darf Buchstaben, Ziffern und .\u{a0}_\u{a0}-\u{a0}+ enthalten, aber kein @.",
        Code::PasswordTooSimilar => "Dieses Passwort ähnelt Ihrem Namen oder Ihrer Adresse zu sehr.",
        Code::PasswordTooShort => return too_short(figures),
        Code::PasswordTooLong => return password_too_long(figures),
        Code::PasswordTooCommon => "Dieses Passwort gehört zu den häufigsten; solche werden zuerst ausprobiert.",
        Code::PasswordEntirelyNumeric => "Ein Passwort darf nicht nur aus Ziffern bestehen.",
        Code::InvalidClient => "Diese Anwendung ist unbekannt oder konnte sich nicht ausweisen.",
        Code::UnauthorizedClient => "Diese Anwendung darf so niemanden anmelden.",
        Code::RefusedByHook => "Eine Regel dieses Dienstes hat das abgelehnt.",
        Code::ResetLinkInvalid => "Dieser Link wurde schon benutzt, ist abgelaufen oder falsch. Fordern Sie einen neuen an.",
        Code::EmailChangeLinkInvalid => "Dieser Link wurde schon benutzt, ist abgelaufen oder falsch. Fordern Sie auf der Seite Ihres Kontos einen neuen an.",
        Code::DeletionClosed => "Hier können Konten nicht von ihren Inhabern gelöscht werden. Bitte fragen Sie, wer diesen Server betreibt.",
        Code::DeletionLinkInvalid => "Dieser Link oder Code wurde schon benutzt, ist abgelaufen oder falsch. Fordern Sie noch einmal eine Nachricht zum Löschen an.",
        Code::ReauthenticationRequired => "Ihre Anmeldung liegt eine Weile zurück. Bitte geben Sie Ihr Passwort ein oder melden Sie sich neu an.",
        Code::PasswordBreached => "Dieses Passwort ist aus einem Datenleck anderer Seiten bekannt; solche werden zuerst ausprobiert.",
        Code::PasswordIncorrect => "Das ist nicht Ihr jetziges Passwort.",
        Code::PasswordUnchanged => "Das ist Ihr jetziges Passwort. Bitte wählen Sie ein anderes.",
        Code::TooShort => "Das ist zu kurz.",
        Code::InvalidUrl => "Das ist keine Adresse, die hier stehen darf.",
        Code::ClientIdUnique => "Eine andere Anwendung heißt schon so.",
        Code::TemplateInvalid => "Diese Vorlage kann nicht verwendet werden.",
        Code::ProtectedField => "Das können Sie nicht selbst ändern.",
        Code::TooManyRequests => return wait(figures),
        Code::Internal => "Das war unser Fehler, nicht Ihrer. Bitte versuchen Sie es in einer Weile noch einmal.",
        Code::Overloaded => "Gerade ist viel zu tun; es wurde nichts geändert. Bitte versuchen Sie es gleich noch einmal.",
        Code::Unavailable => "Etwas, das wir brauchen, ist nicht erreichbar; es wurde nichts geändert. Bitte versuchen Sie es gleich noch einmal.",
    }
    .to_owned()
}

fn too_long(figures: Figures) -> String {
    figures.max.map_or_else(
        || "Das ist zu lang.".to_owned(),
        |max| format!("Das ist zu lang. Höchstens {max} Zeichen passen."),
    )
}

fn too_short(figures: Figures) -> String {
    figures.min.map_or_else(
        || "Dieses Passwort ist zu kurz.".to_owned(),
        |min| format!("Dieses Passwort ist zu kurz. Es braucht mindestens {min} Zeichen."),
    )
}

fn password_too_long(figures: Figures) -> String {
    figures.max.map_or_else(
        || "Dieses Passwort ist zu lang.".to_owned(),
        |max| format!("Dieses Passwort ist zu lang. Höchstens {max} Zeichen passen."),
    )
}

fn wait(figures: Figures) -> String {
    match figures.wait {
        None => "Zu viele Versuche. Bitte versuchen Sie es später noch einmal.".to_owned(),
        Some(0..=1) => "Zu viele Versuche. Bitte versuchen Sie es in einer Sekunde noch einmal.".to_owned(),
        Some(seconds @ 2..=90) => {
            format!("Zu viele Versuche. Bitte versuchen Sie es in {seconds} Sekunden noch einmal.")
        }
        Some(seconds) => format!(
            "Zu viele Versuche. Bitte versuchen Sie es in {} Minuten noch einmal.",
            seconds.div_ceil(60)
        ),
    }
}
