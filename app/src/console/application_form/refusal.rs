//! What the core refuses, at the fields of this form.

use sereno_types::Problem;

/// The same refusal, at the fields of this form: an entry of a list at its list, with its place.
#[must_use]
pub fn at_fields(mut problem: Problem) -> Problem {
    for error in &mut problem.errors {
        let (list, entry) = match error.field.as_str() {
            "grants" => ("allow.client", None),
            "profile" => ("profile.issuer", None),
            "profile.own_key" => ("profile.own", None),
            "cookies" => ("cookies.access", None),
            field => {
                let lists = ["redirect_uris", "origins", "scopes", "profile.claims"];
                let entry = |list: &&str| {
                    field
                        .strip_prefix(*list)?
                        .strip_prefix('.')?
                        .split('.')
                        .next()?
                        .parse()
                        .ok()
                };
                match lists.iter().find_map(|list| Some((*list, entry(list)?))) {
                    Some((list, at)) => (list, Some(at)),
                    None => continue,
                }
            }
        };
        error.field = list.to_owned();
        if let Some(at) = entry {
            let at: usize = at;
            let reason = error.params.get("reason").and_then(serde_json::Value::as_str);
            let said = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            error
                .params
                .insert("reason".to_owned(), format!("entry {}{said}", at + 1).into());
        }
    }
    problem
}
