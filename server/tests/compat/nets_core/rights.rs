//! What the people of the recordings hold: a permission by a role, everywhere or in the project `1`.

use sereno_core::roles::{assignments, members, permissions, projects, roles};
use sereno_core::testing::TestSereno;
use sereno_types::{AssignRole, CreatePermission, CreateProject, CreateRole, Id, PutMember, UpdateRole};

/// Who is asked about.
const WHO: &str = "u2@example.com";
/// What the views ask for.
const PERMISSION: &str = "projects.can_change_myproject";

/// Makes it so, as the exchanges of this server were recorded.
pub async fn set_up(test: &TestSereno, server: &str) {
    let in_project = server.starts_with("demo-member") || server == "demo-project" || server == "demo-root";
    if in_project {
        project(test).await;
    }
    match server {
        "demo-granted" => {
            role(test, None).await;
        }
        "demo-disabled" => {
            let id = role(test, None).await;
            switch_off(test, &id).await;
        }
        "demo-root" => {
            test.superuser("root").await;
        }
        "demo-member" => {
            role(test, Some("1")).await;
        }
        "demo-member-disabled-role" => {
            let id = role(test, Some("1")).await;
            switch_off(test, &id).await;
        }
        "demo-member-superuser" => {
            permission(test).await;
            let seat = members::Seat {
                project: "1",
                user: WHO,
            };
            let command = PutMember {
                is_superuser: Some(true),
                ..PutMember::default()
            };
            let staff = test.system().await;
            members::put(&test.sereno, &test.meta(), &staff, seat, command)
                .await
                .unwrap();
        }
        _ => {}
    }
}

async fn project(test: &TestSereno) {
    let command = CreateProject {
        slug: "1".to_owned(),
        ..CreateProject::default()
    };
    let staff = test.system().await;
    projects::create(&test.sereno, &test.meta(), &staff, command)
        .await
        .unwrap();
}

async fn permission(test: &TestSereno) {
    let command = CreatePermission {
        codename: PERMISSION.to_owned(),
        ..CreatePermission::default()
    };
    let staff = test.system().await;
    permissions::create(&test.sereno, &test.meta(), &staff, command)
        .await
        .unwrap();
}

/// A role that gives the permission, given to the one who is asked about.
async fn role(test: &TestSereno, project: Option<&str>) -> Id {
    permission(test).await;
    let (staff, meta) = (test.system().await, test.meta());
    let command = CreateRole {
        codename: "admin".to_owned(),
        permissions: vec![PERMISSION.to_owned()],
        ..CreateRole::default()
    };
    let made = roles::create(&test.sereno, &meta, &staff, command).await.unwrap();
    let id = made.row.role.id;
    let command = AssignRole {
        role: id.clone(),
        users: vec![WHO.to_owned()],
        project: project.map(str::to_owned),
        expires_at: None,
    };
    assignments::assign(&test.sereno, &meta, &staff, command).await.unwrap();
    id
}

async fn switch_off(test: &TestSereno, role: &Id) {
    let command = UpdateRole {
        is_enabled: Some(false),
        ..UpdateRole::default()
    };
    let staff = test.system().await;
    roles::update(&test.sereno, &test.meta(), &staff, role, command)
        .await
        .unwrap();
}
