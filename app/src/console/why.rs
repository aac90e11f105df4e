//! A decision in words: whether they may, what decided, and the way from the user to what was asked for.

use leptos::prelude::*;
use sereno_types::{Decision, Reason, Step, StepKind};

/// What decided, as a sentence.
#[must_use]
pub(crate) const fn sentence(reason: Reason) -> &'static str {
    match reason {
        Reason::NotGranted => "Nothing that the user holds there grants it.",
        Reason::Superuser => "The user is an administrator, who may do everything.",
        Reason::ProjectSuperuser => "The user may do everything in this project.",
        Reason::Owner => "The user owns the project, and owners may.",
        Reason::Role => "A role that the user holds grants it.",
        Reason::InheritedRole => "A role grants it that is included in one that the user holds.",
        Reason::UserUnknown => "There is no such user.",
        Reason::UserDisabled => "The account is not active.",
        Reason::ProjectDisabled => "The project is switched off.",
        Reason::MemberDisabled => "The membership in the project is switched off.",
        Reason::NotAMember => "The user is no member of the project, or there is no such project.",
        Reason::PermissionUnknown => "Nobody has declared this permission.",
        Reason::RoleDisabled => "A role that would grant it is switched off.",
        Reason::Expired => "The user held a role that would grant it, until its end.",
    }
}

fn step(step: &Step) -> String {
    let kind = match step.kind {
        StepKind::Project => "project",
        StepKind::Role => "role",
        StepKind::Permission => "permission",
    };
    format!("{kind} {}", step.name)
}

/// `project acme → role editor → permission docs.read`; nothing where no role decided.
#[must_use]
pub(crate) fn way(path: &[Step]) -> Option<String> {
    let steps: Vec<String> = path.iter().map(step).collect();
    (!steps.is_empty()).then(|| steps.join(" → "))
}

/// Why.
#[component]
pub(crate) fn Why(
    /// What was decided.
    decision: Decision,
) -> impl IntoView {
    let way = way(&decision.path).map(|way| view! { <span class="block text-soft wrap-anywhere">{way}</span> });
    view! {
        <span>
            {sentence(decision.reason)} {way}
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_told_step_by_step() {
        let path: Vec<Step> = [
            (StepKind::Project, "acme"),
            (StepKind::Role, "editor"),
            (StepKind::Role, "reader"),
            (StepKind::Permission, "docs.read"),
        ]
        .into_iter()
        .map(|(kind, name)| Step {
            kind,
            name: name.to_owned(),
        })
        .collect();
        assert_eq!(
            way(&path).as_deref(),
            Some("project acme → role editor → role reader → permission docs.read")
        );
        assert_eq!(way(&[]), None);
    }

    #[test]
    fn every_reason_has_its_own_sentence() {
        let said: std::collections::BTreeSet<&str> = Reason::ALL.iter().map(|reason| sentence(*reason)).collect();
        assert_eq!(said.len(), Reason::ALL.len());
    }
}
