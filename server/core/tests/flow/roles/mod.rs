//! Roles, permissions, projects and what applications declare, as staff manages them: nobody gives what they do not hold.

#![expect(clippy::unwrap_used, reason = "checks outside of the test functions")]

mod declaring;
mod giving;
mod hiding;
mod holding;
mod inviting;
mod managing;

use std::time::Duration;

use sereno_core::access::check::decide;
use sereno_core::context::{RequestMeta, Staff};
use sereno_core::oauth::admin as admin_of_applications;
use sereno_core::rights::Who;
use sereno_core::roles::{assignments, catalogue, ensure, members, permissions, projects, roles, why};
use sereno_core::testing::{Client, TestSereno, called, claims_of, refused, refused_fields, register};
use sereno_core::{Result, Sereno};
use sereno_types::{
    AssignRole, Assigned, AssignmentQuery, Catalogue, ClientCredentials, Code, CreatePermission, CreateProject,
    CreateRole, DeclaredPermission, DeclaredRole, EffectiveQuery, Id, MemberQuery, PermissionQuery, ProjectQuery,
    PutMember, Reason, RoleDetail, RoleQuery, Timestamp, UpdatePermission, UpdateProject, UpdateRole, UsageFilter,
};
use uuid::Uuid;

/// A member of staff at work.
struct Desk<'a> {
    sereno: &'a Sereno,
    meta: RequestMeta,
    staff: Staff,
}

impl<'a> Desk<'a> {
    async fn of(test: &'a TestSereno, who: Option<&str>) -> Self {
        let staff = match who {
            Some(who) => test.staff(&test.actor(who).await).await,
            None => test.system().await,
        };
        Self {
            sereno: &test.sereno,
            meta: test.meta(),
            staff,
        }
    }

    async fn permission(&self, codename: &str) -> Result<Id> {
        let command = CreatePermission {
            codename: codename.to_owned(),
            ..CreatePermission::default()
        };
        let made = permissions::create(self.sereno, &self.meta, &self.staff, command).await;
        made.map(|row| row.id)
    }

    async fn role(&self, codename: &str, permissions: &[&str], includes: &[&Id]) -> Result<RoleDetail> {
        let command = CreateRole {
            codename: codename.to_owned(),
            permissions: permissions.iter().map(|name| (*name).to_owned()).collect(),
            includes: includes.iter().map(|id| (*id).clone()).collect(),
            ..CreateRole::default()
        };
        roles::create(self.sereno, &self.meta, &self.staff, command).await
    }

    async fn change(&self, role: &Id, command: UpdateRole) -> Result<RoleDetail> {
        roles::update(self.sereno, &self.meta, &self.staff, role, command).await
    }

    async fn project(&self, slug: &str, owner: Option<&str>) -> Result<()> {
        let command = CreateProject {
            slug: slug.to_owned(),
            owner: owner.map(str::to_owned),
            ..CreateProject::default()
        };
        projects::create(self.sereno, &self.meta, &self.staff, command)
            .await
            .map(|_| ())
    }

    async fn give(&self, role: &Id, users: &[&str], project: Option<&str>) -> Result<Assigned> {
        self.give_until(role, users, project, None).await
    }

    async fn give_until(
        &self,
        role: &Id,
        users: &[&str],
        project: Option<&str>,
        end: Option<Timestamp>,
    ) -> Result<Assigned> {
        let command = AssignRole {
            role: role.clone(),
            users: users.iter().map(|user| (*user).to_owned()).collect(),
            project: project.map(str::to_owned),
            expires_at: end,
        };
        assignments::assign(self.sereno, &self.meta, &self.staff, command).await
    }

    async fn member(&self, project: &str, user: &str, command: PutMember) -> Result<()> {
        members::put(
            self.sereno,
            &self.meta,
            &self.staff,
            members::Seat { project, user },
            command,
        )
        .await
        .map(|_| ())
    }

    async fn may(&self, user: Uuid, permission: &str, project: Option<&str>) -> bool {
        decide(self.sereno, Who::Id(user), permission, project)
            .await
            .unwrap()
            .allowed
    }
}

async fn futures_of<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut done = Vec::new();
    let mut all: Vec<_> = all.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        all.retain_mut(|one| match one.as_mut().poll(context) {
            std::task::Poll::Ready(value) => {
                done.push(value);
                false
            }
            std::task::Poll::Pending => true,
        });
        if all.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done
}

fn includes(ids: &[&Id]) -> UpdateRole {
    UpdateRole {
        includes: Some(ids.iter().map(|id| (*id).clone()).collect()),
        ..UpdateRole::default()
    }
}

/// Rita may manage roles and projects, and holds `a.see` besides; `a.do` is not hers.
async fn rita(test: &TestSereno) -> (Id, Id) {
    let desk = Desk::of(test, None).await;
    desk.permission("a.see").await.unwrap();
    desk.permission("a.do").await.unwrap();
    let own = [
        "a.see",
        "roles.view",
        "roles.manage",
        "projects.view",
        "projects.manage",
    ];
    let clerk = desk.role("clerk", &own, &[]).await.unwrap().row.role.id;
    let strong = desk.role("strong", &["a.do"], &[]).await.unwrap().row.role.id;
    test.user("rita").await;
    desk.give(&clerk, &["rita"], None).await.unwrap();
    (clerk, strong)
}

fn shop() -> Catalogue {
    let permission = |codename: &str| DeclaredPermission {
        codename: codename.to_owned(),
        description: format!("To {codename}"),
    };
    let role = |codename: &str, permissions: &[&str], includes: &[&str]| DeclaredRole {
        codename: codename.to_owned(),
        permissions: permissions.iter().map(|name| (*name).to_owned()).collect(),
        includes: includes.iter().map(|name| (*name).to_owned()).collect(),
        ..DeclaredRole::default()
    };
    Catalogue {
        permissions: vec![permission("shop.see"), permission("Shop.sell")],
        roles: vec![
            role("shop-clerk", &["shop.see"], &[]),
            role("shop-boss", &["shop.sell"], &["shop-clerk"]),
        ],
        ..Catalogue::default()
    }
}

/// An application that may declare.
async fn declaring(test: &TestSereno, name: &str) -> ClientCredentials {
    let mut command = called(name);
    command.scopes = vec!["access:declare".to_owned()];
    command.kind = sereno_types::ApplicationKind::Confidential;
    let created = register(test, command).await.unwrap();
    ClientCredentials {
        client_id: Some(name.to_owned()),
        client_secret: created.secret.map(|secret| secret.client_secret.into()),
    }
}
