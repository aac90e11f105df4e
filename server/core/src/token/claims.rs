//! What a token says: the standard claims that the profile keeps, then the application's own, computed from the user as
//! they are now. Everything an application's own claims need is read at once, and only if a claim asks for it.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::{Environment, ErrorKind, context};
use sea_orm::ConnectionTrait;
use serde_json::{Map, Value, json};
use sereno_types::{ClaimRule, ClaimSource, StandardClaim, SubjectForm, TokenFormat, TokenProfile, TokenUse};
use uuid::Uuid;

use crate::access::{self, subject};
use crate::clock::Moment;
use crate::context::{Application, Sereno};
use crate::crypto::jwt;
use crate::entity::{token_family, user, user_email};
use crate::error::Result;

/// The claim of a token that cannot be told by its `jti` ([`super::issue::is_marked`]): an id that only Sereno can make.
pub const MARK: &str = "uti";
/// Longest template, in bytes.
pub const TEMPLATE_MAX: usize = 500;
/// Instructions that one template may take.
const FUEL: u64 = 2_000;
/// Longest value that a template may give, in bytes.
const RENDERED_MAX: usize = 4_096;

/// The user, as claims see them.
pub struct About {
    user: user::Model,
    email: Option<user_email::Model>,
    roles: Vec<String>,
    permissions: Vec<String>,
    by_project: BTreeMap<String, Vec<String>>,
    picture: Option<String>,
}

/// Something that the claims of a profile may need to know.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    User,
    Roles,
    Permissions,
    Projects,
}

fn needs(profile: &TokenProfile) -> BTreeSet<Need> {
    let mut needs: BTreeSet<Need> = profile
        .claims
        .iter()
        .flat_map(|claim| match &claim.source {
            ClaimSource::User(_) => [Need::User].as_slice(),
            ClaimSource::Roles => &[Need::Roles],
            ClaimSource::Permissions => &[Need::Permissions],
            ClaimSource::ProjectPermissions => &[Need::Projects],
            ClaimSource::Template(_) => &[Need::User, Need::Roles, Need::Permissions],
            ClaimSource::Constant(_) | ClaimSource::RefreshIssuedAt => &[],
        })
        .copied()
        .collect();
    if profile.has(StandardClaim::Sub) && profile.subject != SubjectForm::Id {
        needs.insert(Need::User);
    }
    needs
}

/// What the profile's claims need to know of a user; nothing when they need nothing, or when there is no such user.
pub async fn about<C: ConnectionTrait>(
    sereno: &Sereno,
    db: &C,
    user_id: Uuid,
    profile: &TokenProfile,
) -> Result<Option<About>> {
    let needs = needs(profile);
    if needs.is_empty() {
        return Ok(None);
    }
    let (permissions, projects) = (needs.contains(&Need::Permissions), needs.contains(&Need::Projects));
    let Some((user, email)) = subject::find(db, user_id).await? else {
        return Ok(None);
    };
    let mut about = About {
        picture: subject::picture(sereno, &user),
        user,
        email,
        roles: Vec::new(),
        permissions: Vec::new(),
        by_project: BTreeMap::new(),
    };
    if permissions || projects || needs.contains(&Need::Roles) {
        let held = access::held(sereno, db, user_id, projects).await?;
        (about.roles, about.permissions, about.by_project) = (held.roles, held.permissions, held.by_project);
    }
    Ok(Some(about))
}

/// One token to be written.
#[derive(Clone, Copy)]
pub struct Draft<'a> {
    /// Whose form it has.
    pub application: &'a Application,
    /// The form, where it is not the application's own (a preview).
    pub profile: &'a TokenProfile,
    /// What the claims need to know of the user.
    pub about: Option<&'a About>,
    /// The family.
    pub family: &'a token_family::Model,
    /// Which of the two.
    pub token: TokenUse,
    /// Its id.
    pub jti: Uuid,
    /// Its [`MARK`], where it has one.
    pub mark: Option<Uuid>,
    /// When it is issued.
    pub now: Moment,
    /// When it ends.
    pub end: Moment,
}

/// What the token says.
pub fn build(sereno: &Sereno, draft: &Draft<'_>) -> Map<String, Value> {
    let profile = draft.profile;
    let (family, iat) = (draft.family, draft.now.unix_seconds());
    let mut claims = Map::new();
    let mut standard = |claim: StandardClaim, value: Value| {
        if profile.has(claim) {
            claims.insert(claim.as_str().to_owned(), value);
        }
    };
    standard(StandardClaim::Iss, json!(issuer(sereno, profile)));
    standard(StandardClaim::Sub, json!(subject_of(draft)));
    standard(StandardClaim::Aud, audience(sereno, profile));
    standard(StandardClaim::Iat, json!(iat));
    standard(StandardClaim::Jti, json!(draft.jti.to_string()));
    standard(StandardClaim::ClientId, json!(draft.application.client_id));
    standard(StandardClaim::Sid, json!(family.id.to_string()));
    standard(StandardClaim::AuthTime, json!(family.authenticated_at.unix_seconds()));
    standard(StandardClaim::Amr, family.amr.clone());
    standard(StandardClaim::Epoch, json!(family.credential_epoch));
    if let Some(mark) = draft.mark {
        claims.insert(MARK.to_owned(), json!(mark.to_string()));
    }
    if !draft.end.is_never() {
        claims.insert("exp".to_owned(), json!(draft.end.unix_seconds()));
    }
    if let Some(offset) = profile.not_before {
        // whoever is in already need not wait again at each refresh
        let since = family.created_at.unix_seconds();
        claims.insert("nbf".to_owned(), json!(since.saturating_add(offset)));
    }
    if let Some(name) = &profile.type_claim {
        claims.insert(name.clone(), json!(draft.token.as_str()));
    }
    for rule in &profile.claims {
        if rule.token == TokenUse::Both || rule.token == draft.token {
            let value = value_of(rule, draft);
            if is_too_large(sereno, rule, draft, &value) {
                refer(sereno, &mut claims, &rule.name);
            } else {
                put(&mut claims, &rule.name, value);
            }
        }
    }
    claims
}

/// Whether a list of what the user holds would make a token larger than the headers it travels in.
fn is_too_large(sereno: &Sereno, rule: &ClaimRule, draft: &Draft<'_>, value: &Value) -> bool {
    let is_list = matches!(rule.source, ClaimSource::Permissions | ClaimSource::ProjectPermissions);
    let most = usize::try_from(sereno.config.token.access_claim_max).unwrap_or(usize::MAX);
    is_list && draft.profile.access_format == TokenFormat::Jwt && value.to_string().len() > most
}

/// Says where a claim can be asked for instead of telling it (OpenID Connect Core §5.6.2, distributed claims).
fn refer(sereno: &Sereno, claims: &mut Map<String, Value>, name: &str) {
    let source = json!({"endpoint": sereno.link("/api/v1/me/permissions")});
    for (member, key, value) in [
        ("_claim_names", name, json!("sereno")),
        ("_claim_sources", "sereno", source),
    ] {
        let object = claims.entry(member).or_insert_with(|| json!({}));
        if let Value::Object(object) = object {
            object.insert(key.to_owned(), value);
        }
    }
}

/// `iss`.
pub fn issuer(sereno: &Sereno, profile: &TokenProfile) -> String {
    profile.issuer.clone().unwrap_or_else(|| sereno.config.public_url())
}

/// `aud` as a list.
pub fn audience_list(sereno: &Sereno, profile: &TokenProfile) -> Vec<String> {
    match profile.audience.as_slice() {
        [] => vec![sereno.config.public_url()],
        many => many.to_vec(),
    }
}

fn audience(sereno: &Sereno, profile: &TokenProfile) -> Value {
    match profile.audience.as_slice() {
        [] => json!(sereno.config.public_url()),
        [one] => json!(one),
        many => json!(many),
    }
}

/// Whether `aud` is for one of those that the profile names.
pub fn audience_is(sereno: &Sereno, profile: &TokenProfile, claims: &Map<String, Value>) -> bool {
    match profile.audience.as_slice() {
        [] => jwt::is_for(claims, &sereno.config.public_url()),
        many => many.iter().any(|one| jwt::is_for(claims, one)),
    }
}

fn subject_of(draft: &Draft<'_>) -> String {
    let id = draft.family.user_id.to_string();
    let Some(about) = draft.about else { return id };
    match draft.profile.subject {
        SubjectForm::Id => id,
        SubjectForm::Number => about.user.number.to_string(),
        SubjectForm::Username => about.user.username.clone().unwrap_or(id),
        // an address that nobody has proven is nobody's name
        SubjectForm::Email => {
            let proven = about.email.as_ref().filter(|email| email.verified_at.is_some());
            proven.map_or(id, |email| email.address.clone())
        }
    }
}

fn value_of(rule: &ClaimRule, draft: &Draft<'_>) -> Value {
    let Some(about) = draft.about else {
        return match &rule.source {
            ClaimSource::Constant(value) => value.clone(),
            ClaimSource::RefreshIssuedAt => refresh_issued_at(draft),
            _ => Value::Null,
        };
    };
    match &rule.source {
        ClaimSource::Constant(value) => value.clone(),
        ClaimSource::User(name) => about.attribute(name),
        ClaimSource::Roles => json!(about.roles),
        ClaimSource::Permissions => json!(about.permissions),
        ClaimSource::ProjectPermissions => json!(about.by_project),
        ClaimSource::RefreshIssuedAt => refresh_issued_at(draft),
        ClaimSource::Template(template) => {
            let known = context! {
                user => minijinja::value::Serde(about.as_object()),
                roles => about.roles.clone(),
                permissions => about.permissions.clone(),
                application => context! { client_id => draft.application.client_id.clone() },
            };
            // whoever signs in cannot mend it
            render(template, known).unwrap_or_else(|error| {
                tracing::warn!(claim = rule.name, %error, "the template of a claim failed; the claim is null");
                Value::Null
            })
        }
    }
}

fn refresh_issued_at(draft: &Draft<'_>) -> Value {
    json!(draft.family.rotated_at.unix_seconds())
}

impl About {
    /// Something that Sereno knows of the user; null when it is unknown or missing.
    fn attribute(&self, name: &str) -> Value {
        if let Some(name) = name.strip_prefix("attributes.") {
            return self.user.attributes.get(name).cloned().unwrap_or_default();
        }
        self.as_object().remove(name).unwrap_or_default()
    }

    fn as_object(&self) -> Map<String, Value> {
        let (user, email) = (&self.user, self.email.as_ref());
        let known = json!({
            "id": user.id.to_string(),
            "number": user.number,
            "email": email.map(|email| &email.address),
            "email_verified": email.is_some_and(|email| email.verified_at.is_some()),
            "username": user.username,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "locale": user.locale,
            "picture": self.picture,
            "is_superuser": user.is_superuser,
            "created_at": user.created_at.timestamp(),
            "attributes": user.attributes,
        });
        match known {
            Value::Object(known) => known,
            _ => Map::new(),
        }
    }
}

/// The names that [`ClaimSource::User`] knows.
pub const USER_NAMES: &[&str] = &[
    "id",
    "number",
    "email",
    "email_verified",
    "username",
    "first_name",
    "last_name",
    "locale",
    "picture",
    "is_superuser",
    "created_at",
];

/// Puts a value where a dotted name says.
fn put(claims: &mut Map<String, Value>, name: &str, value: Value) {
    let Some((outer, inner)) = name.split_once('.') else {
        claims.insert(name.to_owned(), value);
        return;
    };
    let object = claims.entry(outer).or_insert_with(|| json!({}));
    if !object.is_object() {
        *object = json!({});
    }
    if let Value::Object(object) = object {
        put(object, inner, value);
    }
}

/// Renders a template. One that is a single expression keeps the expression's type.
fn render(template: &str, known: minijinja::Value) -> Result<Value, minijinja::Error> {
    let environment = environment();
    if let Some(expression) = single_expression(template) {
        let value = environment.compile_expression(expression)?.eval(known)?;
        let value = serde_json::to_value(value).unwrap_or_default();
        if value.to_string().len() > RENDERED_MAX {
            return Err(minijinja::Error::new(
                ErrorKind::InvalidOperation,
                "the value is too long",
            ));
        }
        return Ok(value);
    }
    let mut text = environment.render_str(template, known)?;
    if text.len() > RENDERED_MAX {
        let mut end = RENDERED_MAX;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
    Ok(Value::String(text))
}

fn single_expression(template: &str) -> Option<&str> {
    let inner = template.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    (!inner.contains("{{")).then_some(inner)
}

/// A name that a template asks for and nobody knows.
fn unknown_name(template: &str) -> Result<Option<String>, minijinja::Error> {
    let environment = environment();
    let asked = match single_expression(template) {
        Some(expression) => environment.compile_expression(expression)?.undeclared_variables(true),
        None => environment.template_from_str(template)?.undeclared_variables(true),
    };
    let is_known = |name: &str| {
        let of_user = name.strip_prefix("user.");
        let attribute = of_user.is_some_and(|name| name == "attributes" || name.starts_with("attributes."));
        matches!(
            name,
            "user" | "roles" | "permissions" | "application" | "application.client_id"
        ) || attribute
            || of_user.is_some_and(|name| USER_NAMES.contains(&name))
    };
    Ok(asked.into_iter().find(|name| !is_known(name)))
}

/// A small language: nothing in it loops, and nothing makes more text than went in.
fn environment() -> Environment<'static> {
    use minijinja::filters;
    let mut environment = Environment::empty();
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(20);
    environment.add_filter("upper", filters::upper);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("title", filters::title);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("default", filters::default);
    environment.add_filter("length", filters::length);
    environment.add_filter("first", filters::first);
    environment.add_filter("last", filters::last);
    environment.add_filter("int", filters::int);
    environment.add_filter("string", filters::string);
    environment.add_filter("bool", filters::bool);
    environment
}

/// Why a template cannot be used, in words for whoever wrote it.
#[must_use]
pub fn refuse_template(template: &str) -> Option<String> {
    if template.len() > TEMPLATE_MAX {
        return Some(format!("longer than {TEMPLATE_MAX} bytes"));
    }
    if template.contains("{%") || template.contains('*') {
        return Some("statements and * are not part of this language".to_owned());
    }
    match unknown_name(template) {
        Ok(Some(name)) => return Some(format!("there is no {name}")),
        Ok(None) => {}
        Err(error) => return Some(error.to_string()),
    }
    let sample = context! {
        user => context! { attributes => context! {} },
        roles => Vec::<String>::new(),
        permissions => Vec::<String>::new(),
        application => context! { client_id => "sample" },
    };
    // what the sample's user does not have, others may
    let error = render(template, sample).err()?;
    (!matches!(error.kind(), ErrorKind::InvalidOperation | ErrorKind::UndefinedError)).then(|| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> minijinja::Value {
        context! { user => context! { first_name => "Ana", number => 7, attributes => context! { plan => "basic" } } }
    }

    #[test]
    fn a_template_gives_text_and_a_single_expression_keeps_its_type() {
        for (template, expected) in [
            ("{{ user.first_name }} #{{ user.number }}", json!("Ana #7")),
            ("{{ user.number + 1 }}", json!(8)),
            (" {{ user.number > 5 }} ", json!(true)),
            ("{{ user.first_name | upper }}", json!("ANA")),
            ("{{ user.attributes.plan == 'basic' and 'b' or 'x' }}", json!("b")),
            ("{{ 'high' if user.number > 5 else 'low' }}", json!("high")),
            ("{{ [user.number, user.first_name] }}", json!([7, "Ana"])),
            ("{{ user.attributes.none }}", json!(null)),
            ("plain", json!("plain")),
        ] {
            assert_eq!(render(template, known()).unwrap(), expected, "{template}");
        }
    }

    #[test]
    fn what_could_run_away_is_refused() {
        let long = format!("{{{{ {} }}}}", "1+".repeat(TEMPLATE_MAX));
        for template in [
            "{{ 'x' * 1000000 }}",
            "{% for x in range(9) %}{% endfor %}",
            "{{ user. }}",
            "{{ unknown() }}",
            "{{ 'x' | replace('x', 'xx') }}",
            "{{ range(10) }}",
            "{{ user.first_name | nothing }}",
            "{{ user.fist_name }}",
            "Dear {{ usr.first_name }}",
            "{{ application.secret }}",
            long.as_str(),
        ] {
            assert!(refuse_template(template).is_some(), "{template}");
        }
        for template in [
            "{{ user.first_name }}",
            "{{ user.attributes.plan | default('none') }}",
            "{{ roles | length }} of {{ permissions | first }} at {{ application.client_id }}",
        ] {
            assert_eq!(refuse_template(template), None, "{template}");
        }
    }

    #[test]
    fn dots_make_objects() {
        let mut claims = Map::new();
        put(&mut claims, "user.id", json!(1));
        put(&mut claims, "user.perms", json!([]));
        put(&mut claims, "plain", json!(2));
        put(&mut claims, "plain.deep", json!(3));
        assert_eq!(
            Value::Object(claims),
            json!({"user": {"id": 1, "perms": []}, "plain": {"deep": 3}})
        );
    }
}
