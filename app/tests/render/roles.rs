//! The pages about roles, permissions and projects.

use app::console::asked_permissions::AskedPermissionsView;
use app::console::explorer::{Asked, ExplorerView};
use app::console::matrix::{Matrix, MatrixQuery, MatrixView};
use app::console::permissions::{PermissionsView, Wishes};
use app::console::projects::ProjectsView;
use app::console::role::{Brought, RoleAsked, RoleSeen, RoleView};
use app::console::roles::RolesView;
use leptos::prelude::*;
use sereno_types::{
    AskedPermission, AssignmentQuery, AssignmentRow, Decision, Id, Page, PageQuery, Permission, PermissionQuery,
    PermissionRow, ProjectQuery, Reason, RoleDetail, RoleName, RoleQuery, RoleRow, SessionUser, StaffProfile, Step,
    StepKind, Timestamp,
};

use crate::{between, holds, html, lacks};

const ID: &str = "0198c2d4-7b1e-7c3a-9f00-000000000007";
const OTHER: &str = "0198c2d4-7b1e-7c3a-9f00-000000000008";

fn at(text: &str) -> Timestamp {
    Timestamp(text.to_owned())
}

fn page_of<T>(items: Vec<T>) -> Page<T> {
    Page {
        total: items.len() as u64,
        items,
        next_cursor: None,
        prev_cursor: None,
    }
}

/// The view as somebody with these permissions sees it.
fn seen_with<V: IntoView + 'static>(
    permissions: &'static [Permission],
    view: impl FnOnce() -> V + Send + 'static,
) -> String {
    html(move || {
        provide_context(StaffProfile {
            id: Id(ID.to_owned()),
            name: "root".to_owned(),
            permissions: permissions.to_vec(),
            is_superuser: false,
            has_fixed_codes: false,
        });
        view()
    })
}

const LOOKS: &[Permission] = &[Permission::RolesView, Permission::ProjectsView];
const MANAGES: &[Permission] = &[
    Permission::RolesView,
    Permission::RolesManage,
    Permission::ProjectsView,
    Permission::ProjectsManage,
    Permission::UsersView,
];

fn name(id: &str, codename: &str, project: Option<&str>) -> RoleName {
    RoleName {
        id: Id(id.to_owned()),
        codename: codename.to_owned(),
        name: format!("<{codename}>"),
        project: project.map(str::to_owned),
        is_enabled: true,
    }
}

fn row(id: &str, codename: &str) -> RoleRow {
    RoleRow {
        role: name(id, codename, Some("acme")),
        description: "Reads & writes".to_owned(),
        origin: "shop".to_owned(),
        permissions: 1_200,
        users: 3,
        created_at: at("2026-11-01T08:00:00Z"),
    }
}

fn role() -> RoleDetail {
    RoleDetail {
        row: row(ID, "editor"),
        grants: vec!["docs.edit".to_owned()],
        includes: vec![name(OTHER, "reader", None)],
        included_in: Vec::new(),
        effective: vec!["docs.edit".to_owned(), "docs.read".to_owned()],
        updated_at: at("2026-11-02T08:00:00Z"),
    }
}

#[test]
fn the_list_shows_rows_and_keeps_the_query_in_every_link() {
    let query = RoleQuery {
        q: Some("ed & co".to_owned()),
        project: Some("acme".to_owned()),
        limit: Some(20),
        ..RoleQuery::default()
    };
    let page = Page {
        next_cursor: Some("after".to_owned()),
        ..page_of(vec![row(ID, "editor")])
    };
    let html = seen_with(MANAGES, move || {
        view! { <RolesView page query deleted=Signal::stored(false) /> }
    });
    holds(
        &html,
        &[
            "1 role matches",
            "&lt;editor&gt;",
            &format!(r#"href="/console/roles/{ID}""#),
            r#"href="/console/projects/acme""#,
            "Application shop",
            "1,200",
            r#"href="/console/roles/new""#,
            r#"<input type="hidden" name="limit" value="20""#,
        ],
    );
    let next = between(&html, r#"rel="next""#, ">");
    holds(next, &["q=ed%20%26%20co", "project=acme", "limit=20", "cursor=after"]);
    let looks = seen_with(LOOKS, || {
        view! { <RolesView page=page_of(vec![row(ID, "editor")]) query=RoleQuery::default() deleted=Signal::stored(false) /> }
    });
    lacks(&looks, &["/console/roles/new"]);
}

fn role_page(permissions: &'static [Permission], take: &'static str) -> String {
    let given = AssignmentRow {
        id: Id(OTHER.to_owned()),
        user: SessionUser {
            id: Id(ID.to_owned()),
            name: "ana <b>".to_owned(),
        },
        role: name(ID, "editor", Some("acme")),
        project: Some("acme".to_owned()),
        created_at: at("2026-11-01T08:00:00Z"),
        expires_at: Some(at("2026-11-02T08:00:00Z")),
        is_expired: true,
    };
    let asked = RoleAsked {
        holders: AssignmentQuery {
            role: Some(ID.to_owned()),
            ..AssignmentQuery::default()
        },
        offer: None,
    };
    let seen = RoleSeen {
        role: role(),
        version: "1.a".to_owned(),
        brought: vec![Brought {
            by: "reader".to_owned(),
            permissions: vec!["docs.read".to_owned()],
        }],
    };
    seen_with(permissions, move || {
        view! {
            <RoleView
                seen
                offered=page_of(vec![row(ID, "editor"), row(OTHER, "reader")])
                holders=page_of(vec![given])
                asked
                notice=Signal::stored(None)
                confirm=Signal::stored(false)
                take=Signal::stored(take.to_owned())
            />
        }
    })
}

#[test]
fn a_role_says_what_it_grants_and_how_and_who_holds_it() {
    let html = role_page(MANAGES, "");
    holds(
        &html,
        &[
            "By itself",
            "By including reader",
            "ana &lt;b&gt;",
            "2 Nov 2026, 08:00 UTC",
            "Ended",
            "/console/fn/give_role",
            "/console/fn/update_role",
            &format!("?take={OTHER}"),
        ],
    );
    // a role does not include itself, and what it includes is offered once
    let boxes = |id: &str| html.matches(&format!(r#"name="include.{id}""#)).count();
    assert_eq!((boxes(ID), boxes(OTHER)), (0, 1));
    lacks(&html, &["more are not shown", "Look for roles"]);
    holds(between(&html, &format!(r#"name="include.{OTHER}""#), ">"), &["checked"]);
    holds(
        &role_page(MANAGES, OTHER),
        &["Take &lt;editor&gt; back from ana", "/console/fn/take_role"],
    );
}

#[test]
fn who_only_looks_finds_nothing_to_press() {
    let html = role_page(LOOKS, OTHER);
    holds(&html, &["By including reader", "ana &lt;b&gt;"]);
    lacks(
        &html,
        &[
            "give_role",
            "enable_role",
            "delete_role",
            "take_role",
            "Take back",
            "Save role",
            "type=\"submit\"",
        ],
    );
}

#[test]
fn the_catalogue_marks_what_nobody_grants_and_offers_what_can_be_done() {
    let permission = |id: &str, codename: &str, origin: &str, roles| PermissionRow {
        id: Id(id.to_owned()),
        codename: codename.to_owned(),
        description: String::new(),
        origin: origin.to_owned(),
        roles,
        created_at: at("2026-11-01T08:00:00Z"),
    };
    let rows = vec![
        permission(ID, "docs.read", "staff", 0),
        permission(OTHER, "users.view", "sereno", 3),
    ];
    let none = || Signal::stored(String::new());
    let wishes = move |change: &str| Wishes {
        change: Signal::stored(change.to_owned()),
        confirm: none(),
        add: Signal::stored("docs.edit".to_owned()),
    };
    let show = |permissions, change: &'static str| {
        let page = page_of(rows.clone());
        seen_with(permissions, move || {
            view! { <PermissionsView page query=PermissionQuery::default() notice=Signal::stored(None) wishes=wishes(change) /> }
        })
    };
    let html = show(MANAGES, "");
    holds(
        &html,
        &[
            "2 permissions",
            "Never granted",
            r#"href="/console/roles?permission=users%2Eview""#,
            r#"value="docs.edit""#,
            &format!("?change={ID}"),
            &format!("?confirm={ID}"),
        ],
    );
    lacks(&html, &[&format!("?change={OTHER}"), &format!("?confirm={OTHER}")]);
    let changing = show(MANAGES, ID);
    holds(&changing, &["Change docs.read", "/console/fn/update_permission"]);
    lacks(&changing, &["/console/fn/create_permission"]);
    lacks(&show(LOOKS, ID), &["update_permission", "create_permission"]);
}

#[test]
fn what_was_asked_for_in_vain_is_a_word_from_being_declared() {
    let asked = AskedPermission {
        codename: "docs/shred".to_owned(),
        client_id: "shop".to_owned(),
        asked: 1_234,
        first_asked_at: at("2026-11-01T08:00:00Z"),
        last_asked_at: at("2026-11-02T08:00:00Z"),
    };
    let html = seen_with(MANAGES, move || {
        view! { <AskedPermissionsView page=page_of(vec![asked]) query=PageQuery::default() /> }
    });
    holds(
        &html,
        &[
            "docs/shred",
            "1,234",
            r#"href="/console/permissions?add=docs%2Fshred#form""#,
        ],
    );
}

#[test]
fn a_cell_of_the_matrix_says_how_and_posts_what_it_changes() {
    let permissions = ["docs.edit", "docs.read", "docs.shred"].map(|codename| PermissionRow {
        id: Id(ID.to_owned()),
        codename: codename.to_owned(),
        description: String::new(),
        origin: "staff".to_owned(),
        roles: 1,
        created_at: at("2026-11-01T08:00:00Z"),
    });
    let matrix = Matrix {
        permissions: page_of(permissions.to_vec()),
        roles: Page {
            next_cursor: Some("more".to_owned()),
            ..page_of(vec![role()])
        },
    };
    let show = |permissions| {
        let matrix = matrix.clone();
        seen_with(permissions, move || {
            view! { <MatrixView matrix query=MatrixQuery::default() notice=Signal::stored(None) /> }
        })
    };
    let html = show(MANAGES);
    holds(
        &html,
        &[
            &format!(r#"value="revoke {ID} docs.edit""#),
            &format!(r#"value="grant {ID} docs.read""#),
            &format!(r#"value="grant {ID} docs.shred""#),
            "&lt;editor&gt; grants docs.edit: take it away",
            r#"href="/console/roles/matrix?columns=more""#,
        ],
    );
    assert_eq!(html.matches(">Included<").count(), 1);
    let looks = show(LOOKS);
    lacks(&looks, &[r#"name="cell""#]);
    holds(&looks, &["Granted", "Included", "Not granted"]);
}

#[test]
fn the_explorer_answers_in_words_with_the_way() {
    let asked = Asked {
        user: Some("ana".to_owned()),
        permission: Some("docs.read".to_owned()),
        project: None,
    };
    let decision = Decision {
        allowed: true,
        reason: Reason::InheritedRole,
        path: [(StepKind::Role, "editor"), (StepKind::Role, "reader")]
            .map(|(kind, name)| Step {
                kind,
                name: name.to_owned(),
            })
            .to_vec(),
    };
    let yes = {
        let asked = asked.clone();
        seen_with(LOOKS, move || view! { <ExplorerView asked decision=Some(decision) /> })
    };
    holds(
        &yes,
        &[
            "Yes",
            "ana, docs.read, everywhere",
            "included in one",
            "role editor → role reader",
        ],
    );
    let no = seen_with(LOOKS, move || {
        view! { <ExplorerView asked decision=Some(Decision::default()) /> }
    });
    holds(&no, &["No", "Nothing that the user holds"]);
    let blank = seen_with(
        LOOKS,
        || view! { <ExplorerView asked=Asked::default() decision=None /> },
    );
    lacks(&blank, &["Say both", "aria-label=\"Answer\""]);
    holds(&blank, &[r#"name="project""#]);
    let without = seen_with(
        &[Permission::RolesView],
        || view! { <ExplorerView asked=Asked::default() decision=None /> },
    );
    lacks(&without, &[r#"name="project""#]);
}

#[test]
fn empty_lists_teach() {
    let roles = seen_with(MANAGES, || {
        view! { <RolesView page=page_of(Vec::new()) query=RoleQuery::default() deleted=Signal::stored(false) /> }
    });
    holds(&roles, &["Make your first role", "/api/v1/admin/roles"]);
    let projects = seen_with(LOOKS, || {
        view! { <ProjectsView page=page_of(Vec::new()) query=ProjectQuery::default() deleted=Signal::stored(true) /> }
    });
    holds(&projects, &["Make your first project", "The project is deleted"]);
    lacks(&projects, &["/console/projects/new"]);
}
