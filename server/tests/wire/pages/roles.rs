//! Staff and roles, permissions, projects and their members, as a browser without JavaScript goes about them.

use crate::door::{Answer, Door, PASSWORD};

const NEW_ROLE: &str = "/console/roles/new";

/// A browser of staff.
struct Staff {
    door: Door,
    cookies: String,
}

impl Staff {
    async fn administrator() -> Self {
        let door = Door::new().await;
        let cookies = door.administrator().await;
        Self { door, cookies }
    }

    /// The same house, entered by somebody else.
    async fn instead(self, name: &str) -> Self {
        let fields = [("identifier", name), ("password", PASSWORD), ("next", "/account")];
        let answer = self
            .door
            .form("/account/fn/sign_in", &fields, "/account/sign-in", "")
            .await;
        Self {
            cookies: answer.cookies(),
            ..self
        }
    }

    async fn page(&self, path: &str) -> String {
        let answer = self.door.page(path, &self.cookies).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.text
    }

    async fn post(&self, function: &str, fields: &[(&str, &str)], from: &str) -> Answer {
        let path = format!("/console/fn/{function}");
        let answer = self.door.form(&path, fields, from, &self.cookies).await;
        assert_eq!(answer.status, 303, "{function}: {}", answer.text);
        answer
    }

    /// Posts what works, and gives the address that it leads to.
    async fn done(&self, function: &str, fields: &[(&str, &str)], from: &str) -> String {
        let answer = self.post(function, fields, from).await;
        let to = answer.header("location").to_owned();
        let said = self.page(&to).await;
        assert!(to.contains("done="), "{function} was refused: {}", words(&said));
        to
    }

    /// Posts what is refused, and gives the page that says so.
    async fn refused(&self, function: &str, fields: &[(&str, &str)], from: &str) -> String {
        let answer = self.post(function, fields, from).await;
        assert_eq!(answer.header("location"), from, "{function} was not refused");
        self.page(from).await
    }

    async fn permission(&self, codename: &str) {
        let fields = [("handle", codename), ("description", "Something to allow")];
        let to = self.done("create_permission", &fields, "/console/permissions").await;
        assert_eq!(to, "/console/permissions?done=added");
    }

    /// Makes a role, and gives its page.
    async fn role(&self, fields: &[(&str, &str)]) -> String {
        let to = self.done("create_role", fields, NEW_ROLE).await;
        path(&to)
    }

    async fn project(&self, slug: &str) -> String {
        let to = self
            .done("create_project", &[("slug", slug)], "/console/projects/new")
            .await;
        path(&to)
    }
}

fn path(address: &str) -> String {
    address.split('?').next().unwrap().to_owned()
}

fn id(address: &str) -> String {
    path(address).rsplit('/').next().unwrap().to_owned()
}

/// What stands behind `mark`, up to the next character that no id has.
fn after(text: &str, mark: &str) -> String {
    let (_, rest) = text.split_once(mark).unwrap_or_else(|| panic!("no {mark} in {text}"));
    let fits = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    rest.chars().take_while(fits).collect()
}

/// The page as it is read: without tags, in one line.
fn words(page: &str) -> String {
    let body = page.split_once("<main").map_or(page, |(_, body)| body);
    let mut text = String::new();
    let mut inside = false;
    for c in body.chars() {
        match c {
            '<' => {
                inside = true;
                text.push(' ');
            }
            '>' => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn says(page: &str, parts: &[&str]) {
    let words = words(page);
    for part in parts {
        assert!(words.contains(part), "no {part} in {words}");
    }
}

/// The dialog with this title is open: others stand in the page, closed, for the browser's scripts.
#[track_caller]
fn asks(page: &str, title: &str) {
    let dialogs = page.split("<dialog").skip(1);
    let open = dialogs.filter(|rest| rest.split('>').next().is_some_and(|tag| tag.contains(" open")));
    let asked: Vec<&str> = open.filter(|rest| rest.contains(title)).collect();
    assert_eq!(asked.len(), 1, "{title} is not asked in {}", words(page));
}

#[track_caller]
fn silent(page: &str, parts: &[&str]) {
    let words = words(page);
    for part in parts {
        assert!(!words.contains(part), "{part} in {words}");
    }
}

#[tokio::test]
async fn a_permission_is_added_found_changed_and_deleted() {
    let staff = Staff::administrator().await;
    staff.permission("Docs.Read").await;
    let found = staff.page("/console/permissions?q=docs&usage=never_granted").await;
    says(&found, &["1 permission matches", "docs.read", "Never granted", "Staff"]);
    let own = staff.page("/console/permissions?origin=sereno&limit=2").await;
    says(&own, &["devices.manage", "Next"]);
    silent(&own, &["docs.read", "Delete devices.manage"]);

    // what was typed is kept where the codename is refused
    let page = "/console/permissions";
    let twice = [("handle", "docs.read"), ("description", "Twice")];
    let refused = staff.refused("create_permission", &twice, page).await;
    says(&refused, &["Another permission or role has this codename."]);
    assert!(refused.contains(r#"value="docs.read""#) && refused.contains(r#"value="Twice""#));
    let blank = staff.refused("create_permission", &[("handle", "a b")], page).await;
    assert!(blank.contains(r##"href="#handle""##), "{blank}");

    let one = after(&found, "change=");
    let form = staff.page(&format!("{page}?change={one}")).await;
    says(&form, &["Change docs.read"]);
    assert!(form.contains(r#"value="Something to allow""#));
    let fields = [("id", one.as_str()), ("description", "Reads documents")];
    let to = staff.done("update_permission", &fields, page).await;
    says(
        &staff.page(&to).await,
        &["The permission is changed.", "Reads documents"],
    );
    let question = staff.page(&format!("{page}?confirm={one}")).await;
    asks(&question, "Delete docs.read?");
    says(&question, &["No role grants it."]);
    let to = staff.done("delete_permission", &[("id", &one)], page).await;
    let list = staff.page(&to).await;
    says(&list, &["The permission is deleted."]);
    silent(&list, &["docs.read"]);
    // Sereno's own stay, and the form says so
    let view = staff.page("/console/permissions?q=users.view").await;
    silent(&view, &["Delete users.view"]);
    says(
        &staff.page("/console/permissions/asked").await,
        &["Nothing was asked for in vain"],
    );
}

#[tokio::test]
async fn a_role_is_made_changed_switched_and_deleted() {
    let staff = Staff::administrator().await;
    for codename in ["docs.read", "docs.edit"] {
        staff.permission(codename).await;
    }
    let reader = staff
        .role(&[("handle", "reader"), ("name", "Reader"), ("permissions", "docs.read")])
        .await;
    let include = format!("include.{}", id(&reader));
    let form = staff.page(NEW_ROLE).await;
    assert!(form.contains(&format!(r#"name="{include}""#)), "{form}");
    let typed = [
        ("handle", "editor"),
        ("description", "Writes"),
        ("permissions", "docs.edit\r\nnothing.such"),
        (include.as_str(), "yes"),
    ];
    let refused = staff.refused("create_role", &typed, NEW_ROLE).await;
    says(&refused, &["(nothing.such)"]);
    for kept in [r#"value="editor""#, r#"value="Writes""#, "docs.edit\r\nnothing.such"] {
        assert!(refused.contains(kept), "{kept} was lost: {refused}");
    }
    let ticked = refused.split(&format!(r#"name="{include}""#)).nth(1).unwrap();
    assert!(ticked.split('>').next().unwrap().contains("checked"), "{ticked}");

    let editor = staff
        .role(&[
            ("handle", "editor"),
            ("permissions", "docs.edit"),
            (include.as_str(), "yes"),
        ])
        .await;
    let page = staff.page(&editor).await;
    says(
        &page,
        &[
            "docs.edit By itself",
            "docs.read By including reader",
            "2 permissions",
            "0 assignments",
        ],
    );
    says(&staff.page(&reader).await, &["Included in editor"]);

    // a ring is told at the box that closes it
    let editor_id = id(&editor);
    let closing = format!("include.{editor_id}");
    let reader_id = id(&reader);
    let ring = [
        ("id", reader_id.as_str()),
        ("name", "Reader"),
        (closing.as_str(), "yes"),
        ("permissions", "docs.read"),
    ];
    let refused = staff.refused("update_role", &ring, &reader).await;
    says(&refused, &["The role would include itself, by way of other roles."]);
    assert!(refused.contains(&format!(r##"href="#{closing}""##)), "{refused}");

    let fields = [
        ("id", editor_id.as_str()),
        ("name", "Editor in chief"),
        ("permissions", "docs.edit"),
    ];
    let stale = [fields.as_slice(), &[("seen", "1.of-yesterday")]].concat();
    let refused = staff.refused("update_role", &stale, &editor).await;
    says(&refused, &["Somebody else has changed this since you looked at it."]);
    let to = staff.done("update_role", &fields, &editor).await;
    let page = staff.page(&to).await;
    says(&page, &["The role is saved.", "Editor in chief", "1 permission"]);
    silent(&page, &["By including"]);
    let to = staff.done("enable_role", &[("id", &editor_id)], &editor).await;
    says(&staff.page(&to).await, &["The role is switched off", "Switched off"]);
    let off = staff.page("/console/roles?enabled=false").await;
    says(&off, &["1 role matches", "Editor in chief"]);
    let granting = staff
        .page("/console/roles?permission=docs.read&origin=staff&project=-")
        .await;
    says(&granting, &["1 role matches", "Reader"]);
    silent(&granting, &["Editor"]);

    asks(
        &staff.page(&format!("{editor}?confirm=delete")).await,
        "Delete Editor in chief?",
    );
    let to = staff.done("delete_role", &[("id", &editor_id)], &editor).await;
    says(&staff.page(&to).await, &["The role is deleted."]);
    assert_eq!(staff.door.page(&editor, &staff.cookies).await.status, 404);
}

#[tokio::test]
async fn a_role_is_given_explained_and_taken_back() {
    let staff = Staff::administrator().await;
    staff.door.user("ana@example.org", Some("ana")).await;
    staff.door.user("bea@example.org", Some("bea")).await;
    staff.permission("docs.read").await;
    let project = staff.project("acme").await;
    let role = staff
        .role(&[("handle", "reader"), ("name", "Reader"), ("permissions", "docs.read")])
        .await;
    let role_id = id(&role);
    let question = "/console/explorer?user=ana&permission=docs.read&project=acme";
    says(&staff.page(question).await, &["No", "no member of the project"]);

    // all or none
    let unknown = [("id", role_id.as_str()), ("users", "ana\r\nnobody"), ("place", "acme")];
    let refused = staff.refused("give_role", &unknown, &role).await;
    says(&refused, &["(nobody)", "0 assignments"]);
    let nowhere = [("id", role_id.as_str()), ("users", "ana"), ("place", "atlantis")];
    let refused = staff.refused("give_role", &nowhere, &role).await;
    assert!(refused.contains(r##"href="#place""##), "{refused}");
    let past = [("id", role_id.as_str()), ("users", "ana"), ("ends", "2020-01-01T10:00")];
    says(&staff.refused("give_role", &past, &role).await, &["(a moment to come)"]);

    let both = [
        ("id", role_id.as_str()),
        ("users", "ana\r\n bea@example.org "),
        ("place", "acme"),
        ("ends", "2099-12-01T10:30"),
    ];
    let to = staff.done("give_role", &both, &role).await;
    let page = staff.page(&to).await;
    says(
        &page,
        &[
            "The role is given.",
            "2 assignments",
            "ana acme",
            "1 Dec 2099, 10:30 UTC",
        ],
    );
    let first = staff.page(&format!("{role}?limit=1")).await;
    says(&first, &["2 assignments", "Next"]);

    says(
        &staff.page(question).await,
        &[
            "Yes",
            "A role that the user holds grants it.",
            "project acme → role reader → permission docs.read",
        ],
    );
    says(
        &staff.page("/console/explorer?user=ana&permission=docs.read").await,
        &["No", "Nothing that the user holds"],
    );
    says(
        &staff.page("/console/explorer?user=ana").await,
        &["Say both who and what."],
    );

    let list = staff.page("/console/users?q=ana%40").await;
    let ana = format!("0{}", after(&list, "href=\"/console/users/0"));
    let theirs = format!("/console/users/{ana}/roles");
    let page = staff.page(&theirs).await;
    says(&page, &["1 role given", "Reader acme", "1 project", "0 permissions"]);
    let there = staff.page(&format!("{theirs}?project=acme&q=docs")).await;
    says(
        &there,
        &[
            "1 permission matches",
            "project acme → role reader → permission docs.read",
        ],
    );
    says(
        &staff.page(&format!("{theirs}?project=atlantis")).await,
        &["There is no such project."],
    );

    let asked = after(&page, "take=");
    let question_page = format!("{theirs}?take={asked}");
    let question_text = staff.page(&question_page).await;
    asks(&question_text, "Take Reader back from ana?");
    says(&question_text, &["in the project acme"]);
    let fields = [("assignment", asked.as_str()), ("list", theirs.as_str())];
    let to = staff.done("take_role", &fields, &question_page).await;
    assert_eq!(to, format!("{theirs}?done=taken"));
    says(&staff.page(&to).await, &["The role is taken back.", "0 roles given"]);
    says(&staff.page(question).await, &["No"]);

    let again = [("id", ana.as_str()), ("role", role_id.as_str())];
    let to = staff.done("give_user_role", &again, &theirs).await;
    says(
        &staff.page(&to).await,
        &[
            "The role is given.",
            "Reader Everywhere",
            "role reader → permission docs.read",
        ],
    );
    let nothing = staff.refused("give_user_role", &[("id", &ana)], &theirs).await;
    assert!(nothing.contains(r##"href="#role""##), "{nothing}");
    // nobody is led elsewhere by what a form says
    let row = after(&staff.page(&role).await, "take=");
    let fields = [("assignment", row.as_str()), ("list", "//evil.example")];
    let to = staff.done("take_role", &fields, &role).await;
    assert_eq!(to, "/console/roles?done=taken");
    assert!(staff.page(&project).await.contains("bea"));
}

#[tokio::test]
async fn a_project_is_made_and_its_members_change() {
    let staff = Staff::administrator().await;
    staff.door.user("ana@example.org", Some("ana")).await;
    staff.door.user("bea@example.org", Some("bea")).await;
    staff.permission("docs.read").await;
    says(&staff.page("/console/projects").await, &["Make your first project"]);
    let new = "/console/projects/new";
    let wrong = [("slug", "acme"), ("owner", "nobody"), ("attributes", "{}")];
    let refused = staff.refused("create_project", &wrong, new).await;
    assert!(refused.contains(r##"href="#owner""##) && refused.contains(r#"value="acme""#));
    let wrong = [("slug", "acme"), ("attributes", "[1]")];
    let refused = staff.refused("create_project", &wrong, new).await;
    assert!(refused.contains(r##"href="#attributes""##) && refused.contains("[1]"));
    let fields = [
        ("slug", "acme"),
        ("name", "Acme"),
        ("owner", "ana"),
        ("attributes", r#"{"plan": "gold"}"#),
    ];
    let project = path(&staff.done("create_project", &fields, new).await);
    assert_eq!(project, "/console/projects/acme");
    let page = staff.page(&project).await;
    says(&page, &["Acme", "Owner ana", "0 members"]);
    assert!(page.contains("&quot;plan&quot;: &quot;gold&quot;") || page.contains(r#""plan": "gold""#));

    let role = staff
        .role(&[("handle", "reader"), ("permissions", "docs.read"), ("project", "acme")])
        .await;
    let role_id = id(&role);
    says(&staff.page(&role).await, &["In the project acme alone"]);
    let nobody = [("id", "acme"), ("user", "nobody"), ("active", "yes")];
    let refused = staff.refused("put_member", &nobody, &project).await;
    assert!(refused.contains(r##"href="#user""##), "{refused}");
    let add = [
        ("id", "acme"),
        ("user", "bea"),
        ("role", role_id.as_str()),
        ("active", "yes"),
    ];
    let to = staff.done("put_member", &add, &project).await;
    let page = staff.page(&to).await;
    says(
        &page,
        &["The member is saved.", "1 member", "bea Enabled reader (project acme)"],
    );
    says(&staff.page(&format!("{project}?q=nobody")).await, &["0 members match"]);
    let bea = after(&page, "member=");
    let form = staff.page(&format!("{project}?member={bea}")).await;
    says(&form, &["Change bea", "Roles given to bea one by one"]);
    let selected = form.split(&format!(r#"value="{role_id}""#)).nth(1).unwrap();
    assert!(selected.split('>').next().unwrap().contains("selected"), "{selected}");

    let give = [("id", "acme"), ("user", bea.as_str()), ("given", role_id.as_str())];
    let to = staff.done("give_member_role", &give, &project).await;
    assert_eq!(to, format!("{project}?member={bea}&done=given"));
    let page = staff.page(&to).await;
    assert!(page.contains("Take back"), "{page}");
    let nothing = [("id", "acme"), ("user", bea.as_str())];
    let refused = staff.refused("give_member_role", &nothing, &project).await;
    assert!(!refused.contains("Take back"), "nobody is asked to be changed");

    let change = [
        ("id", "acme"),
        ("user", bea.as_str()),
        ("role", "-"),
        ("superuser", "yes"),
    ];
    let to = staff.done("put_member", &change, &project).await;
    says(&staff.page(&to).await, &["Switched off", "May do everything here"]);
    says(
        &staff
            .page("/console/explorer?user=bea&permission=docs.read&project=acme")
            .await,
        &["No", "The membership in the project is switched off."],
    );
    asks(
        &staff.page(&format!("{project}?remove={bea}")).await,
        "Remove bea from the project?",
    );
    let to = staff
        .done("remove_member", &[("id", "acme"), ("user", &bea)], &project)
        .await;
    says(&staff.page(&to).await, &["No member any more", "0 members"]);

    let save = [("id", "acme"), ("name", "Acme Ltd"), ("owner", ""), ("attributes", "")];
    let stale = [save.as_slice(), &[("seen", "1.of-yesterday")]].concat();
    let refused = staff.refused("update_project", &stale, &project).await;
    says(&refused, &["Somebody else has changed this since you looked at it."]);
    let to = staff.done("update_project", &save, &project).await;
    says(
        &staff.page(&to).await,
        &["The project is saved.", "Acme Ltd", "Owner Nobody"],
    );
    let to = staff.done("enable_project", &[("id", "acme")], &project).await;
    says(&staff.page(&to).await, &["The project is switched off."]);
    says(
        &staff.page("/console/projects?enabled=false&q=ltd").await,
        &["1 project matches", "Acme Ltd"],
    );
    asks(
        &staff.page(&format!("{project}?confirm=delete")).await,
        "Delete Acme Ltd?",
    );
    let to = staff.done("delete_project", &[("id", "acme")], &project).await;
    says(&staff.page(&to).await, &["The project is deleted"]);
    assert_eq!(staff.door.page(&role, &staff.cookies).await.status, 404);
}

#[tokio::test]
async fn the_matrix_shows_and_changes_what_roles_grant() {
    let staff = Staff::administrator().await;
    staff.permission("docs.read").await;
    let reader = staff.role(&[("handle", "reader"), ("permissions", "docs.read")]).await;
    let include = format!("include.{}", id(&reader));
    let editor = id(&staff.role(&[("handle", "editor"), (include.as_str(), "yes")]).await);
    let matrix = "/console/roles/matrix?q=docs&role=e";
    let page = staff.page(matrix).await;
    says(
        &page,
        &[
            "1 permission,",
            "reader grants docs.read: take it away",
            "editor does not grant docs.read by itself: let it Included",
        ],
    );
    let grant = format!("grant {editor} docs.read");
    let to = staff
        .done("set_cell", &[("cell", &grant), ("list", matrix)], matrix)
        .await;
    assert_eq!(to, format!("{matrix}&done=granted"));
    says(&staff.page(&to).await, &["editor grants docs.read: take it away"]);
    let revoke = format!("revoke {} docs.read", id(&reader));
    let to = staff
        .done("set_cell", &[("cell", &revoke), ("list", matrix)], matrix)
        .await;
    says(
        &staff.page(&to).await,
        &["reader does not grant docs.read by itself: let it"],
    );
    says(
        &staff.page(&format!("/console/roles/{editor}")).await,
        &["docs.read By itself"],
    );
    let gone = format!("grant {editor} nothing.such");
    says(
        &staff
            .refused("set_cell", &[("cell", &gone), ("list", matrix)], matrix)
            .await,
        &["This has changed in the meantime."],
    );
    let narrow = staff.page("/console/roles/matrix?limit=2").await;
    says(&narrow, &["5 roles", "Next"]);
}

/// Who may look sees no button; who may not look sees no page; and who may change gives only what they hold.
#[tokio::test]
async fn staff_sees_and_does_what_its_permissions_allow() {
    let staff = Staff::administrator().await;
    staff.door.user("ana@example.org", Some("ana")).await;
    staff.permission("docs.read").await;
    staff.project("acme").await;
    let role = staff.role(&[("handle", "reader"), ("permissions", "docs.read")]).await;
    let manager = staff
        .role(&[
            ("handle", "manager"),
            ("permissions", "roles.view\r\nroles.manage\r\nusers.view"),
        ])
        .await;
    let give = [("id", id(&manager)), ("users", "ana".to_owned())];
    let give: Vec<(&str, &str)> = give.iter().map(|(name, value)| (*name, value.as_str())).collect();
    staff.done("give_role", &give, &manager).await;
    staff.door.test.viewer("vera").await;

    let staff = staff.instead("vera").await;
    for page in [
        "/console/roles",
        "/console/permissions",
        "/console/projects",
        "/console/roles/matrix",
        &role,
    ] {
        let text = staff.page(page).await;
        silent(
            &text,
            &[
                "New role",
                "New project",
                "Add a permission",
                "Give role",
                "take it away",
                "Delete",
            ],
        );
        for part in ["roles", "permissions", "projects"] {
            assert!(text.contains(&format!("href=\"/console/{part}\"")), "{part}");
        }
    }
    let role_id = id(&role);
    let refused = staff.post("delete_role", &[("id", &role_id)], &role).await;
    assert_eq!(refused.header("location"), role);

    let staff = staff.instead("ana").await;
    let page = staff.page("/console/roles").await;
    assert!(
        !page.contains("href=\"/console/projects\""),
        "the rail shows what may be seen"
    );
    let away = staff.door.page("/console/projects", &staff.cookies).await;
    assert_eq!(away.status, 403);
    let fields = [("id", role_id.as_str()), ("users", "ana")];
    let refused = staff.refused("give_role", &fields, &role).await;
    says(&refused, &["rights that you do not hold yourself"]);
    assert!(refused.contains(">ana</textarea>"), "what was typed is kept");
    let cell = format!("grant {} docs.read", id(&manager));
    let matrix = "/console/roles/matrix";
    says(
        &staff
            .refused("set_cell", &[("cell", &cell), ("list", matrix)], matrix)
            .await,
        &["rights that you do not hold yourself"],
    );
}

#[tokio::test]
async fn administrators_make_others_one_and_end_it() {
    let staff = Staff::administrator().await;
    staff.door.user("ana@example.org", Some("ana")).await;
    let ana = format!(
        "0{}",
        after(&staff.page("/console/users?q=ana%40").await, "href=\"/console/users/0")
    );
    let theirs = format!("/console/users/{ana}/roles");
    let page = staff.page(&theirs).await;
    says(&page, &["Make an administrator"]);
    silent(&page, &["An administrator may do everything"]);
    let question = format!("{theirs}?confirm=superuser");
    asks(&staff.page(&question).await, "Make ana@example.org an administrator?");
    let fields = |superuser| [("id", ana.as_str()), ("superuser", superuser)];
    let nonsense = staff.refused("set_superuser", &fields("perhaps"), &question).await;
    assert!(!nonsense.contains("An administrator may do everything"), "{nonsense}");
    let to = staff.done("set_superuser", &fields("true"), &question).await;
    assert_eq!(to, format!("{theirs}?done=administrator"));
    says(
        &staff.page(&to).await,
        &[
            "The user is an administrator now",
            "An administrator may do everything",
            "End being an administrator",
        ],
    );
    asks(
        &staff.page(&question).await,
        "End that ana@example.org is an administrator?",
    );
    let to = staff.done("set_superuser", &fields("false"), &question).await;
    assert_eq!(to, format!("{theirs}?done=no_administrator"));
    silent(&staff.page(&to).await, &["An administrator may do everything"]);
    // nobody ends their own
    let list = staff.page("/console/users?superuser=true").await;
    let admin = format!("0{}", after(&list, "href=\"/console/users/0"));
    let own = staff
        .page(&format!("/console/users/{admin}/roles?confirm=superuser"))
        .await;
    silent(&own, &["End being an administrator", "End that"]);
}

#[tokio::test]
async fn somebody_is_invited_with_a_role() {
    let staff = Staff::administrator().await;
    let role = staff.role(&[("handle", "reader")]).await;
    staff.project("acme").await;
    let page = staff.page("/console/users").await;
    assert!(page.contains(r#"href="/console/users/invite""#));
    let new = "/console/users/invite";
    says(&staff.page(new).await, &["Invite somebody", "reader"]);
    let wrong = [("email", "ana@example.org"), ("place", "nowhere")];
    let refused = staff.refused("invite_user", &wrong, new).await;
    assert!(refused.contains(r##"href="#place""##) && refused.contains(r#"value="ana@example.org""#));
    let role_id = id(&role);
    let fields = [
        ("email", "ana@example.org"),
        ("role", role_id.as_str()),
        ("place", "acme"),
    ];
    let to = staff.done("invite_user", &fields, new).await;
    assert!(to.ends_with("?done=invited"), "{to}");
    says(&staff.page(&to).await, &["The invitation is on its way."]);
    let mail = staff.door.test.mails().await.pop().unwrap();
    assert_eq!(mail.subject, "You are invited to acme");
}
