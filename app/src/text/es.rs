//! Español.

use sereno_types::{AttributeKind, Code};

use super::{Figures, Texts};

pub(super) const TEXTS: Texts = Texts {
    skip: "Saltar al contenido",
    languages: "Idioma",
    theme: "Apariencia",
    theme_system: "Como el sistema",
    theme_light: "Clara",
    theme_dark: "Oscura",
    loading: "Un momento …",
    error_prefix: "Error:",
    reference: "Si pide ayuda, mencione",
    home: "Volver al inicio",
    optional: "opcional",
    show_password: "Mostrar la contraseña",
    hide_password: "Ocultar la contraseña",
    missing_title: "Aquí no hay nada",
    forbidden_title: "No puede abrir esta página",
    away_title: "Sereno no puede responder ahora",
    broken_title: "Algo ha fallado",
    refused_title: "No ha funcionado",
    email: "Correo electrónico",
    username: "Nombre de usuario",
    username_hint: "Un segundo nombre para entrar. Letras, cifras y .\u{a0}_\u{a0}-\u{a0}+",
    password: "Contraseña",
    identifier: "Correo electrónico o nombre de usuario",
    code: "Código del correo",
    code_hint: "Los espacios y los guiones no importan.",
    setup_token: "Clave de instalación",
    setup_token_hint: "La última parte del enlace que Sereno mostró al arrancar.",
    sign_in_title: "Iniciar sesión",
    sign_in: "Iniciar sesión",
    sign_in_activated: "Su dirección está confirmada. Ya puede iniciar sesión.",
    code_link: "Enviarme un código por correo",
    code_title: "Iniciar sesión con un código",
    code_lead: "Le enviaremos un código y un enlace. No necesita contraseña.",
    code_send: "Enviar el código",
    code_sent: "Si puede iniciar sesión con lo que nos ha dicho, un correo con un código y un enlace está en camino. Escriba aquí el código, o abra el enlace en el navegador en el que quiere iniciar sesión.",
    code_again: "Pedir otro código",
    code_password: "Iniciar sesión con una contraseña",
    link_lead: "Falta un paso: este botón inicia su sesión en este navegador.",
    no_account: "¿Aún no tiene cuenta?",
    sign_up_link: "Crear una",
    sign_up_title: "Crear una cuenta",
    sign_up: "Crear cuenta",
    has_account: "¿Ya tiene una cuenta?",
    sign_in_link: "Iniciar sesión",
    sent_title: "Mire su correo",
    sent: "Le hemos enviado un correo con un enlace y un código: abra el enlace o escriba aquí el código.",
    sent_where: "¿No ha llegado nada en unos minutos? Mire en la carpeta de correo no deseado, o",
    activate_title: "Confirmar la dirección",
    activate_link: "Falta un paso: confirme que esta dirección es suya.",
    activate_code: "Escriba el código del correo que le hemos enviado.",
    activate: "Confirmar la dirección",
    activate_with_code: "Escribir un código",
    resend_link: "pida otro correo",
    resend_title: "Pedir otro correo",
    resend_lead: "Solo escribimos si esta dirección espera confirmación.",
    resend: "Enviar otro correo",
    account_title: "Su cuenta",
    account_lead: "Ha iniciado sesión.",
    account_number: "Número",
    account_id: "Identificador",
    account_since: "Cuenta desde",
    confirmed: "Confirmado",
    unconfirmed: "Sin confirmar",
    open_console: "Abrir la consola",
    sign_out: "Cerrar sesión",
    signed_out_title: "Ha cerrado la sesión",
    signed_out: "Este navegador ya no tiene acceso a su cuenta. Buenas noches.",
    sign_in_again: "Iniciar sesión de nuevo",
    forgot_link: "¿Ha olvidado su contraseña?",
    forgot_title: "¿Ha olvidado su contraseña?",
    forgot_lead: "Díganos su dirección o su nombre de usuario. Le enviaremos un enlace para elegir una nueva contraseña.",
    forgot: "Enviar enlace",
    forgot_sent: "Si existe esa cuenta, un correo con un enlace está en camino. El enlace vale una sola vez y por poco tiempo.",
    forgot_again: "Pedir otro enlace",
    reset_title: "Elegir una nueva contraseña",
    reset_lead: "Se cerrarán todas sus sesiones en cuanto valga la nueva contraseña.",
    reset: "Guardar contraseña",
    sign_in_reset: "Su nueva contraseña ya vale. Puede iniciar sesión con ella.",
    old_password: "Contraseña actual",
    new_password: "Nueva contraseña",
    password_title: "Cambiar la contraseña",
    change_password: "Cambiar contraseña",
    password_changed: "Su contraseña ha cambiado.",
    fresh_hint: "Solo hace falta si inició sesión hace más de cinco minutos.",
    new_email: "Nuevo correo electrónico",
    email_title: "Cambiar el correo electrónico",
    email_lead: "Enviamos un enlace a la nueva dirección. Sustituirá a la actual cuando la confirme.",
    change_email: "Enviar enlace",
    email_sent: "Mire el correo de la nueva dirección: si no pertenece a otra cuenta, un enlace está en camino.",
    confirm_title: "Confirmar la nueva dirección",
    email_changed: "Su dirección de correo ha cambiado.",
    to_account: "Ir a su cuenta",
    delete_title: "Eliminar su cuenta",
    delete_lead: "Enviamos un mensaje a su dirección confirmada. No se elimina nada hasta que use su enlace o su código.",
    delete_unmailed_lead: "Su cuenta no tiene ninguna dirección confirmada, así que ningún mensaje puede volver a preguntarle. Este botón la cierra en el acto.",
    delete_unmailed_done: "Su cuenta está cerrada. No llegará ningún mensaje, porque no tenía ninguna dirección confirmada; quien cuida de este servidor puede conservarla hasta que se elimine.",
    delete_request: "Enviar mensaje",
    delete_sent: "Si existe esa cuenta, hay un mensaje en camino. Abra su enlace o escriba aquí su código.",
    delete_confirm_lead: "Pulse el botón para eliminar su cuenta, con todo lo que se guarda aquí sobre usted.",
    delete_confirm: "Eliminar mi cuenta",
    delete_scheduled: "Su cuenta está cerrada. El mensaje que le hemos enviado dice cuándo se elimina y cómo conservarla hasta entonces.",
    deleted: "Su cuenta está eliminada.",
    delete_link: "Eliminar su cuenta",
    export_lead: "¿Desea conservar una copia?",
    export_data: "Descargar todo lo que guardamos sobre usted",
    keep_title: "Conservar su cuenta",
    keep_lead: "Su cuenta está a punto de eliminarse. Pulse el botón para conservarla.",
    keep: "Conservar mi cuenta",
    kept: "Su cuenta se conserva. Puede volver a iniciar sesión.",
    previous: "Anterior",
    next: "Siguiente",
    pages: "Páginas de la lista",
    account_overview: "Resumen",
    profile: "Perfil",
    sign_ins: "Sesiones",
    profile_title: "Su perfil",
    profile_lead: "Lo que las aplicaciones saben de usted aquí.",
    first_name: "Nombre",
    last_name: "Apellidos",
    locale: "Idioma",
    locale_unset: "Como pida el navegador",
    list_hint: "Un valor por línea.",
    object_hint: "JSON, por ejemplo {\"size\": 3}.",
    yes: "Sí",
    no: "No",
    save: "Guardar",
    profile_saved: "Su perfil se ha guardado.",
    profile_kept: "Esto solo lo puede cambiar quien cuida de este servidor:",
    picture: "Su imagen",
    picture_own: "Su imagen tal como la ven los demás",
    picture_file: "Elegir una imagen",
    picture_save: "Usar imagen",
    picture_remove: "Quitar imagen",
    picture_saved: "Su imagen se ha guardado.",
    picture_removed: "Su imagen se ha borrado.",
    sessions_title: "Sus sesiones",
    sessions_lead: "Todos los navegadores y aplicaciones que ahora tienen acceso a su cuenta. Cierre lo que no reconozca y cambie su contraseña.",
    session_current: "Esta",
    session_browser: "Navegador",
    session_unknown: "Dispositivo desconocido",
    session_through: "A través de",
    session_address: "Dirección",
    session_began: "Abierta",
    session_seen: "Vista por última vez",
    session_ends: "Termina como muy tarde",
    end_session: "Cerrar",
    end_others: "Cerrar todas las demás",
    end_all: "Cerrar sesión en todas partes",
    session_ended: "La sesión se ha cerrado.",
    others_ended: "Todas las demás sesiones se han cerrado.",
    devices: "Dispositivos",
    devices_title: "Sus dispositivos",
    devices_lead: "Con qué ha iniciado sesión, según lo describen sus aplicaciones. Quitar uno cierra todas sus sesiones.",
    devices_none: "Todavía ninguna aplicación nos ha hablado de un dispositivo.",
    device_name: "Nombre del dispositivo",
    device_rename: "Cambiar el nombre",
    device_renamed: "El dispositivo tiene ahora otro nombre.",
    device_remove: "Quitar",
    device_removed: "El dispositivo se ha quitado y todas sus sesiones están cerradas.",
    device_system: "Sistema",
    device_app: "Versión de la aplicación",
    device_since: "Visto por primera vez",
    social_with_prefix: "Iniciar sesión con",
    social_continue_with: "Continuar con",
    social_with_suffix: "",
    social_or: "o con su contraseña",
    social_or_sign_up: "o con una contraseña",
    connections: "Conexiones",
    connections_title: "Sus conexiones",
    connections_lead: "Cuentas en otros lugares con las que puede iniciar sesión aquí.",
    connections_none: "Todavía ninguna.",
    connected: "Conectado: desde ahora puede iniciar sesión con ello.",
    disconnected: "Desconectado.",
    disconnect: "Desconectar",
    connect: "Conectar",
    connect_title: "Conectar otra",
    connect_lead: "Se le envía allí y de vuelta. Solo funciona durante los cinco minutos después de iniciar sesión.",
    connection_since: "Conectado",
    connection_used: "Último uso",
    setup_title: "Preparar Sereno",
    setup_lead: "Cree la primera cuenta de administración. Podrá hacerlo todo; elija una contraseña fuerte.",
    setup: "Crear la cuenta de administración",
    setup_new_link: "La orden `sereno setup-link` muestra un enlace nuevo en cualquier momento.",
    setup_spent_title: "Este enlace de instalación no funciona",
};

pub(super) const MONTHS: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

pub(super) fn password_hint(min: u64) -> String {
    format!("Al menos {min} caracteres. Unas palabras al azar son fáciles de recordar y difíciles de adivinar.")
}

pub(super) fn deletion_grace(days: u64) -> String {
    if days == 0 {
        return "En cuanto confirme, la cuenta se elimina y nada puede recuperarla.".to_owned();
    }
    format!(
        "En cuanto confirme, se cierran todas sus sesiones y la cuenta se elimina a los {days} días. Hasta entonces puede cambiar de idea."
    )
}

pub(super) fn picture_hint(max: &str) -> String {
    format!(
        "Un archivo JPEG, PNG, GIF o WebP de {max} como máximo. Lo guardamos con 512 por 512 píxeles como mucho, y solo lo que se ve."
    )
}

pub(super) const fn kind(kind: AttributeKind) -> &'static str {
    match kind {
        AttributeKind::String => "Escriba un texto.",
        AttributeKind::Integer => "Escriba un número entero, por ejemplo 12.",
        AttributeKind::Boolean => "Responda sí o no.",
        AttributeKind::Number => "Escriba un número, por ejemplo 12,5.",
        AttributeKind::Date => "Elija un día que exista, por ejemplo 2026-11-20.",
        AttributeKind::List => "Escriba un valor por línea.",
        AttributeKind::Object => "Escriba JSON entre llaves, por ejemplo {\"size\": 3}.",
    }
}

pub(super) fn code(code: Code, figures: Figures) -> String {
    match code {
        Code::MalformedBody => "Su navegador ha enviado algo que no pudimos leer. Inténtelo de nuevo.",
        Code::MalformedQuery => "Esta dirección no se puede leer. Compruebe el enlace.",
        Code::ActivationLinkInvalid => {
            "Este enlace o código ya se ha usado, ha caducado o es incorrecto. Pida otro correo."
        }
        Code::SetupLinkInvalid => "Este enlace de instalación ya se ha usado, ha caducado o es incorrecto.",
        Code::AuthenticationRequired => "Inicie sesión primero.",
        Code::InvalidCredentials => "El nombre y la contraseña no coinciden.",
        Code::LoginCodeInvalid => "Este código o enlace es incorrecto, ha caducado o ya se ha usado. Pida uno nuevo.",
        Code::LoginCodesOff => "Aquí no se puede iniciar sesión con un código.",
        Code::TokenExpired => "Este token ha caducado.",
        Code::TokenRevoked => "Este token fue revocado.",
        Code::InvalidToken => "Su acceso ya no es válido. Inicie sesión de nuevo.",
        Code::RefreshTokenInvalid => "Su sesión ha terminado. Inicie sesión de nuevo.",
        Code::ActivationRequired => "Confirme primero su dirección. Le enviamos un correo cuando se registró.",
        Code::PermissionDenied => "Su cuenta no tiene permiso para esto.",
        Code::ExceedsOwnPermissions => "Esto daría, quitaría o cambiaría permisos que usted mismo no tiene.",
        Code::CodenameUnique => "Otro permiso u otro rol ya lleva este nombre en clave.",
        Code::RoleCycle => "El rol se incluiría a sí mismo a través de otros.",
        Code::CrossSiteRequest => {
            "Esta petición parece venir de otro sitio, así que no hemos hecho nada. Inténtelo aquí de nuevo."
        }
        Code::RegistrationClosed => "Ahora mismo no se pueden crear cuentas nuevas aquí.",
        Code::NotFound => "Quizá se ha movido o eliminado, o la dirección tiene un error.",
        Code::MethodNotAllowed => "Esta dirección no se puede usar así.",
        Code::RequestTimeout => "Su petición ha tardado demasiado en llegar. Inténtelo de nuevo.",
        Code::IdempotencyKeyInvalid => "Esta solicitud lleva un nombre que no podemos leer.",
        Code::IdempotencyKeyReused => "Con el mismo nombre ya llegó antes otra solicitud.",
        Code::RequestInProgress => "Todavía estamos trabajando en la misma solicitud. Espere un momento, por favor.",
        Code::PreconditionFailed => "Otra persona ha cambiado esto desde que usted lo miró. Vuelva a mirarlo, por favor.",
        Code::StateConflict => "Esto ha cambiado entretanto. Vuelva a cargar la página y mire de nuevo.",
        Code::ManagedByConfiguration => "Así está en la configuración de este servidor. Cámbielo allí, por favor.",
        Code::PushNotConfigured => "Aquí no hay ningún servicio de notificaciones. Quien administra Sereno lo indica en los ajustes.",
        Code::NoPushToken => "Ningún dispositivo puede recibir notificaciones: ninguno ha indicado un token de notificaciones.",
        Code::LastAdministrator => "Es la última cuenta de administración. Sin ella, nadie podría gestionar Sereno.",
        Code::OwnAccount => "No puede hacer esto con su propia cuenta.",
        Code::SetupDone => "La primera cuenta de administración ya existe. Inicie sesión.",
        Code::BodyTooLarge => "Es más de lo que aceptamos de una vez.",
        Code::UriTooLong => "Esta dirección es más larga de lo que leemos.",
        Code::UnsupportedMediaType => "No podemos leer este tipo de contenido.",
        Code::UpgradeRequired => "Esta dirección es para programas que esperan notificaciones.",
        Code::ValidationFailed => "Revise los campos marcados.",
        Code::Blank => "Rellene este campo.",
        Code::InvalidType => "Este valor es de otro tipo.",
        Code::InvalidChoice => "Elija uno de los valores ofrecidos.",
        Code::UnknownField => "No conocemos este campo.",
        Code::TooLong => return too_long(figures),
        Code::InvalidPicture => {
            "Este archivo no es una imagen que se pueda leer. Elija un archivo JPEG, PNG, GIF o WebP."
        }
        Code::PictureTooLarge => "Esta imagen tiene demasiados píxeles. Elija una más pequeña.",
        Code::InvalidCharacters => "Contiene caracteres que no se permiten.",
        Code::InvalidEmail => "Escriba un correo electrónico, por ejemplo ana@example.org.",
        Code::EmailUnique => "Otra cuenta tiene este correo electrónico.",
        Code::UsernameUnique => "Este nombre de usuario está ocupado. Elija otro.",
        Code::UsernameInvalid => "Un nombre de usuario puede tener letras, cifras y .\u{a0}_\u{a0}-\u{a0}+ pero no @.",
        Code::PasswordTooSimilar => "Esta contraseña se parece demasiado a su nombre o dirección.",
        Code::PasswordTooShort => return too_short(figures),
        Code::PasswordTooLong => return password_too_long(figures),
        Code::PasswordTooCommon => "Esta contraseña es de las más comunes, que son las primeras que se prueban.",
        Code::PasswordEntirelyNumeric => "Una contraseña no puede tener solo cifras.",
        Code::InvalidClient => "Esta aplicación es desconocida o no pudo identificarse.",
        Code::UnauthorizedClient => "Esta aplicación no puede iniciar sesiones de esta manera.",
        Code::RefusedByHook => "Una regla de este servicio lo ha rechazado.",
        Code::ResetLinkInvalid => "Este enlace ya se ha usado, ha caducado o es incorrecto. Pida otro.",
        Code::EmailChangeLinkInvalid => {
            "Este enlace ya se ha usado, ha caducado o es incorrecto. Pida otro en la página de su cuenta."
        }
        Code::DeletionClosed => "Aquí los titulares no pueden eliminar sus cuentas. Pregunte a quien administra este servidor.",
        Code::DeletionLinkInvalid => "Este enlace o código ya se ha usado, ha caducado o es incorrecto. Pida otro mensaje para eliminar la cuenta.",
        Code::ReauthenticationRequired => "Inició sesión hace un rato. Escriba su contraseña o inicie sesión de nuevo.",
        Code::PasswordBreached => {
            "Esta contraseña se conoce por una filtración de otros sitios y es de las primeras que se prueban."
        }
        Code::PasswordIncorrect => "Esta no es su contraseña actual.",
        Code::PasswordUnchanged => "Esta es su contraseña actual. Elija otra.",
        Code::TooShort => "Es demasiado corto.",
        Code::InvalidUrl => "No es una dirección que pueda estar aquí.",
        Code::ClientIdUnique => "Otra aplicación ya tiene este nombre.",
        Code::TemplateInvalid => "Esta plantilla no se puede usar.",
        Code::TemplateSyntaxError => "Esta plantilla no se puede leer o falla.",
        Code::TemplateNotFound => "No existe esa plantilla, o no hay nada publicado de ella.",
        Code::TemplateVariableMissing => "Sin una de sus variables este correo no serviría de nada.",
        Code::ProtectedField => "No puede cambiar esto por su cuenta.",
        Code::TooManyRequests => return wait(figures),
        Code::TooManyConnections => "Su cuenta tiene demasiadas conexiones abiertas. Cierre antes una de ellas.",
        Code::Internal => "Ha sido culpa nuestra, no suya. Inténtelo de nuevo más tarde.",
        Code::SocialStateInvalid => "Este inicio de sesión no se empezó en este navegador, tardó demasiado o ya se completó. Empiece de nuevo, por favor.",
        Code::SocialDenied => "No se inició sesión: se rechazó en el proveedor.",
        Code::SocialExchangeRefused => "El proveedor no confirmó este inicio de sesión. Empiece de nuevo, por favor.",
        Code::SocialTokenInvalid => "Lo que envió el proveedor no demuestra quién es usted.",
        Code::SocialAlgorithmRefused => "La prueba del proveedor no está firmada de una forma que se acepte aquí.",
        Code::SocialSignatureInvalid => "La firma de la prueba del proveedor es incorrecta.",
        Code::SocialIssuerMismatch => "La prueba no procede de este proveedor.",
        Code::SocialAudienceMismatch => "La prueba del proveedor se emitió para otra aplicación.",
        Code::SocialNonceMismatch => "La prueba del proveedor pertenece a otro intento. Empiece de nuevo, por favor.",
        Code::SocialTokenExpired => "La prueba del proveedor ya no es válida. Empiece de nuevo, por favor.",
        Code::SocialSubjectMissing => "El proveedor no dice quién es usted.",
        Code::SocialAccessTokenMismatch => "Dos partes de la respuesta del proveedor no van juntas.",
        Code::SocialAccessTokenUnverifiable => "Los tokens de acceso de este proveedor no se pueden comprobar. Hace falta un ID token o un código.",
        Code::SocialSignUpClosed => "No hay ninguna cuenta conectada con esto. Inicie sesión antes de otra forma y conecte después el proveedor en su cuenta.",
        Code::SocialAccountExists => "Ya hay una cuenta con su dirección. Inicie sesión como siempre y conecte después el proveedor en su cuenta.",
        Code::SocialIdentityTaken => "Esto ya está conectado con la cuenta de otra persona.",
        Code::RecipientBound => "Este correo es solo para su propia dirección. Únicamente el titular de la cuenta puede pedir otro.",
        Code::EmailDomainExcluded => "Utilice otra dirección de correo: aquí no se aceptan las de este proveedor.",
        Code::EmptyEmail => "Indique al menos un destinatario.",
        Code::TemplateOrHtmlRequired => "Escriba un texto o elija una plantilla.",
        Code::InvalidAttachment => "No se puede adjuntar un archivo: no se puede leer, es demasiado grande o su nombre no es válido.",
        Code::AddressListed => "Esta dirección ya está en la lista.",
        Code::TooManyDevices => "Hay demasiados dispositivos. Elimine alguno o cierre allí la sesión e inténtelo de nuevo.",
        Code::LastSignInMethod => "Es su única forma de iniciar sesión. Elija antes una contraseña o conecte otra cosa.",
        Code::SlugUnique => "Este nombre en las direcciones ya está ocupado.",
        Code::SecretRequired => "Indique otra vez el secreto, porque se enviará a otro lugar.",
        Code::PrivateKeyInvalid => "Esto no es una clave privada para ES256 (PEM, PKCS #8).",
        Code::SocialAnswerInvalid => "No entendemos la respuesta del proveedor. Inténtelo otra vez o inicie sesión de otra forma.",
        Code::SocialMisconfigured => "El inicio de sesión con este proveedor no está bien configurado. Use otra forma y avise a quien administra el servidor.",
        Code::SocialUnavailable => "El proveedor no responde ahora. Inténtelo de nuevo en un momento o inicie sesión de otra forma.",
        Code::Overloaded => "Ahora hay mucho que hacer y no se ha cambiado nada. Inténtelo de nuevo en un momento.",
        Code::Unavailable => {
            "Algo que necesitamos no responde y no se ha cambiado nada. Inténtelo de nuevo en un momento."
        }
    }
    .to_owned()
}

fn too_long(figures: Figures) -> String {
    figures.max.map_or_else(
        || "Es demasiado largo.".to_owned(),
        |max| format!("Es demasiado largo. Caben {max} caracteres como máximo."),
    )
}

fn too_short(figures: Figures) -> String {
    figures.min.map_or_else(
        || "Esta contraseña es demasiado corta.".to_owned(),
        |min| format!("Esta contraseña es demasiado corta. Necesita al menos {min} caracteres."),
    )
}

fn password_too_long(figures: Figures) -> String {
    figures.max.map_or_else(
        || "Esta contraseña es demasiado larga.".to_owned(),
        |max| format!("Esta contraseña es demasiado larga. Caben {max} caracteres como máximo."),
    )
}

fn wait(figures: Figures) -> String {
    match figures.wait {
        None => "Demasiados intentos. Inténtelo de nuevo más tarde.".to_owned(),
        Some(0..=1) => "Demasiados intentos. Inténtelo de nuevo en un segundo.".to_owned(),
        Some(seconds @ 2..=90) => format!("Demasiados intentos. Inténtelo de nuevo en {seconds} segundos."),
        Some(seconds) => format!(
            "Demasiados intentos. Inténtelo de nuevo en {} minutos.",
            seconds.div_ceil(60)
        ),
    }
}
