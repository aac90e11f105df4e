//! "May they?": a few hundred situations whose answers are computed here by other means, who may ask about whom, what the
//! answer tells, and two nodes on one database.

#![expect(clippy::unwrap_used, clippy::panic, reason = "checks outside of the test functions")]

mod answers;
mod computed;
mod declared;

use sereno_core::access::check::check;
use sereno_core::context::Actor;
use sereno_core::roles::{assignments, permissions, projects, roles};
use sereno_core::testing::TestSereno;
use sereno_types::{AssignRole, Check, Checked, CreatePermission, CreateProject, CreateRole, Decision, Id};
use uuid::Uuid;

/// Ana is a member of `acme`, where she leads, which includes editing.
async fn acme() -> (TestSereno, Uuid, Id, Id) {
    let test = TestSereno::new().await;
    let (ana, staff, meta) = (test.user("ana").await, test.system().await, test.meta());
    let command = CreatePermission {
        codename: "Invoices.Edit".to_owned(),
        ..CreatePermission::default()
    };
    permissions::create(&test.sereno, &meta, &staff, command).await.unwrap();
    let command = CreateProject {
        slug: "acme".to_owned(),
        ..CreateProject::default()
    };
    projects::create(&test.sereno, &meta, &staff, command).await.unwrap();
    let command = CreateRole {
        codename: "editor".to_owned(),
        permissions: vec!["invoices.edit".to_owned()],
        ..CreateRole::default()
    };
    let editor = roles::create(&test.sereno, &meta, &staff, command)
        .await
        .unwrap()
        .row
        .role
        .id;
    let command = CreateRole {
        codename: "lead".to_owned(),
        name: Some("Team lead".to_owned()),
        project: Some("acme".to_owned()),
        includes: vec![editor.clone()],
        ..CreateRole::default()
    };
    let lead = roles::create(&test.sereno, &meta, &staff, command)
        .await
        .unwrap()
        .row
        .role
        .id;
    let command = AssignRole {
        role: lead.clone(),
        users: vec!["ana@example.org".to_owned()],
        project: Some("acme".to_owned()),
        expires_at: None,
    };
    assignments::assign(&test.sereno, &meta, &staff, command).await.unwrap();
    (test, ana, editor, lead)
}

async fn ask(test: &TestSereno, actor: &Actor, permission: &str, project: Option<&str>) -> Decision {
    let command = Check {
        permission: Some(permission.to_owned()),
        project: project.map(str::to_owned),
        ..Check::default()
    };
    match check(&test.sereno, &test.meta(), actor, None, command).await.unwrap() {
        Checked::One(decision) => decision,
        Checked::Many(_) => panic!("many answers to one question"),
    }
}
