//! "May they?": a few hundred situations whose answers are computed here by other means, who may ask about whom, what the
//! answer tells, and two nodes on one database.

#![expect(clippy::unwrap_used, clippy::panic, reason = "checks outside of the test functions")]

use std::collections::BTreeMap;
use std::time::Duration;

use sereno_core::access::check::{ASKED_MAX, check, is_project};
use sereno_core::context::Actor;
use sereno_core::jobs;
use sereno_core::roles::{assignments, catalogue, members, permissions, projects, roles};
use sereno_core::testing::{TestSereno, called, refused, refused_fields, register};
use sereno_types::{
    AssignRole, Catalogue, Check, Checked, ClientCredentials, Code, CreatePermission, CreateProject, CreateRole,
    Decision, DeclaredPermission, Id, PutMember, Question, Reason, StepKind, UpdateProject, UpdateRole, UserState,
};
use uuid::Uuid;

/// Numbers that are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }
}

#[derive(Default)]
struct RoleFacts {
    id: Option<Id>,
    project: Option<usize>,
    enabled: bool,
    grants: Vec<usize>,
    includes: Vec<usize>,
}

#[derive(Default)]
struct UserFacts {
    id: String,
    active: bool,
    superuser: bool,
    /// Role, project, ended.
    roles: Vec<(usize, Option<usize>, bool)>,
    /// By project: role, enabled, superuser.
    members: BTreeMap<usize, (Option<usize>, bool, bool)>,
}

/// A world in the database, and what is known of it here.
struct World {
    test: TestSereno,
    roles: Vec<RoleFacts>,
    users: Vec<UserFacts>,
    /// Enabled, owner.
    projects: Vec<(bool, Option<usize>)>,
}

const PERMISSIONS: usize = 6;

impl World {
    async fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let test = TestSereno::new().await;
        let mut world = Self {
            test,
            roles: Vec::new(),
            users: Vec::new(),
            projects: Vec::new(),
        };
        for index in 0..PERMISSIONS {
            let command = CreatePermission {
                codename: format!("things.do{index}"),
                ..CreatePermission::default()
            };
            let (sereno, meta) = (&world.test.sereno, world.test.meta());
            permissions::create(sereno, &meta, &world.test.system().await, command)
                .await
                .unwrap();
        }
        for index in 0..6 {
            world.user(index, &mut dice).await;
        }
        for index in 0..3 {
            world.project(index, &mut dice).await;
        }
        for index in 0..8 {
            world.role(index, &mut dice).await;
        }
        for user in 0..world.users.len() {
            world.hold(user, &mut dice).await;
        }
        // some of what was given has ended now
        world.test.advance(Duration::from_hours(2));
        world
    }

    async fn user(&mut self, index: usize, dice: &mut Dice) {
        let name = format!("user{index}");
        let superuser = index == 0;
        let id = if superuser {
            self.test.superuser(&name).await
        } else {
            self.test.user(&name).await
        };
        let active = superuser || !dice.one_in(4);
        if !active {
            self.test.put_into(id, UserState::Disabled).await;
        }
        self.users.push(UserFacts {
            id: id.to_string(),
            active,
            superuser,
            ..UserFacts::default()
        });
    }

    async fn project(&mut self, index: usize, dice: &mut Dice) {
        let (sereno, meta, staff) = (&self.test.sereno, self.test.meta(), self.test.system().await);
        let owner = dice.one_in(2).then(|| usize::try_from(dice.roll(6)).unwrap());
        let command = CreateProject {
            slug: format!("p{index}"),
            owner: owner.map(|owner| self.users[owner].id.clone()),
            ..CreateProject::default()
        };
        projects::create(sereno, &meta, &staff, command).await.unwrap();
        let enabled = index != 2;
        let command = UpdateProject {
            is_enabled: Some(enabled),
            ..UpdateProject::default()
        };
        projects::update(sereno, &meta, &staff, &format!("p{index}"), command)
            .await
            .unwrap();
        self.projects.push((enabled, owner));
    }

    async fn role(&mut self, index: usize, dice: &mut Dice) {
        let (sereno, meta, staff) = (&self.test.sereno, self.test.meta(), self.test.system().await);
        let project = dice.one_in(3).then(|| usize::try_from(dice.roll(3)).unwrap());
        let grants: Vec<usize> = (0..PERMISSIONS).filter(|_| dice.one_in(5)).collect();
        let fits = |other: &RoleFacts| other.project.is_none() || other.project == project;
        let includes: Vec<usize> = (0..self.roles.len())
            .filter(|other| fits(&self.roles[*other]) && dice.one_in(3))
            .collect();
        let command = CreateRole {
            codename: format!("role{index}"),
            project: project.map(|project| format!("p{project}")),
            permissions: grants.iter().map(|index| format!("things.do{index}")).collect(),
            includes: includes
                .iter()
                .map(|other| self.roles[*other].id.clone().unwrap())
                .collect(),
            ..CreateRole::default()
        };
        let id = roles::create(sereno, &meta, &staff, command).await.unwrap().row.role.id;
        let enabled = !dice.one_in(4);
        let command = UpdateRole {
            is_enabled: Some(enabled),
            ..UpdateRole::default()
        };
        roles::update(sereno, &meta, &staff, &id, command).await.unwrap();
        self.roles.push(RoleFacts {
            id: Some(id),
            project,
            enabled,
            grants,
            includes,
        });
    }

    async fn hold(&mut self, user: usize, dice: &mut Dice) {
        let (sereno, meta, staff) = (&self.test.sereno, self.test.meta(), self.test.system().await);
        for (index, role) in self.roles.iter().enumerate() {
            if !dice.one_in(3) {
                continue;
            }
            let somewhere = dice.one_in(2).then(|| usize::try_from(dice.roll(3)).unwrap());
            let project = role.project.or(somewhere);
            let ended = dice.one_in(4);
            let end = sereno.now().plus(Duration::from_hours(1)).timestamp();
            let command = AssignRole {
                role: role.id.clone().unwrap(),
                users: vec![self.users[user].id.clone()],
                project: project.map(|project| format!("p{project}")),
                expires_at: ended.then_some(end),
            };
            assignments::assign(sereno, &meta, &staff, command).await.unwrap();
            self.users[user].roles.push((index, project, ended));
            if let Some(project) = project {
                self.users[user].members.entry(project).or_insert((None, true, false));
            }
        }
        for project in 0..3 {
            if !dice.one_in(3) {
                continue;
            }
            let fits = |role: &RoleFacts| role.project.is_none_or(|owner| owner == project);
            let role = (0..self.roles.len()).find(|role| fits(&self.roles[*role]) && dice.one_in(3));
            let (enabled, superuser) = (!dice.one_in(4), dice.one_in(5));
            let command = PutMember {
                role: Some(role.map_or_else(String::new, |role| self.roles[role].id.clone().unwrap().0)),
                is_enabled: Some(enabled),
                is_superuser: Some(superuser),
            };
            let slug = format!("p{project}");
            let seat = members::Seat {
                project: &slug,
                user: &self.users[user].id,
            };
            members::put(sereno, &meta, &staff, seat, command).await.unwrap();
            self.users[user].members.insert(project, (role, enabled, superuser));
        }
    }

    fn grants(&self, role: usize, ask: &Asked) -> bool {
        let facts = &self.roles[role];
        let direct = match ask {
            Asked::Permission(index) => facts.grants.contains(index),
            Asked::Role(index) => *index == role,
        };
        facts.enabled && (direct || facts.includes.iter().any(|other| self.grants(*other, ask)))
    }

    /// The answer, by this file's own reading of the rules.
    fn expected(&self, user: usize, project: Option<usize>, ask: &Asked) -> bool {
        let facts = &self.users[user];
        if !facts.active {
            return false;
        }
        let member = project.and_then(|project| facts.members.get(&project));
        if let Some(project) = project {
            let (enabled, owner) = self.projects[project];
            if !enabled || member.is_some_and(|(_, enabled, _)| !enabled) {
                return false;
            }
            if owner == Some(user) && !matches!(ask, Asked::Permission(PERMISSIONS..)) {
                return true;
            }
        }
        if facts.superuser {
            return true;
        }
        if matches!(ask, Asked::Permission(PERMISSIONS..)) {
            return false;
        }
        if member.is_some_and(|(_, _, superuser)| *superuser) {
            return true;
        }
        let of_member = member
            .and_then(|(role, ..)| *role)
            .filter(|role| self.grants(*role, ask));
        let counts = |place: &Option<usize>| place.is_none() || *place == project;
        let assigned = facts.roles.iter().filter(|(_, place, ended)| counts(place) && !ended);
        of_member.is_some() || assigned.into_iter().any(|(role, ..)| self.grants(*role, ask))
    }
}

enum Asked {
    Permission(usize),
    Role(usize),
}

impl Asked {
    fn text(&self) -> String {
        match self {
            Self::Permission(index) => format!("Things.Do{index}"),
            Self::Role(index) => format!("role:ROLE{index}"),
        }
    }
}

/// Answers to many questions, asked by the system's own superuser.
async fn answers(world: &World, questions: Vec<Question>) -> Vec<Decision> {
    let actor = world.test.actor("user0").await;
    let command = Check {
        checks: Some(questions),
        ..Check::default()
    };
    match check(&world.test.sereno, &world.test.meta(), &actor, None, command)
        .await
        .unwrap()
    {
        Checked::Many(decisions) => decisions.results,
        Checked::One(_) => panic!("one answer to many questions"),
    }
}

#[tokio::test]
async fn situations_are_decided_as_they_are_computed_by_other_means() {
    let mut allowed = 0;
    let mut asked = 0;
    for seed in [3, 14, 159] {
        let world = World::new(seed).await;
        let (mut questions, mut expected) = (Vec::new(), Vec::new());
        for user in 0..world.users.len() {
            for project in [None, Some(0), Some(1), Some(2)] {
                let asks = (0..=PERMISSIONS)
                    .map(Asked::Permission)
                    .chain((0..world.roles.len()).map(Asked::Role));
                for ask in asks {
                    questions.push(Question {
                        permission: ask.text(),
                        user: Some(world.users[user].id.clone()),
                        project: project.map(|project| format!("p{project}")),
                    });
                    expected.push(world.expected(user, project, &ask));
                }
            }
        }
        asked += questions.len();
        for ((decision, question), expected) in answers(&world, questions.clone())
            .await
            .iter()
            .zip(&questions)
            .zip(&expected)
        {
            assert_eq!(decision.allowed, *expected, "seed {seed}, {question:?}: {decision:?}");
            allowed += usize::from(*expected);
        }
    }
    // the dice must make both kinds of answer
    assert!(allowed > asked / 10 && allowed < asked * 9 / 10, "{allowed} of {asked}");
}

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

#[tokio::test]
async fn the_answer_tells_the_way() {
    let (test, _, editor, _) = acme().await;
    let ana = test.actor("ana").await;
    let decision = ask(&test, &ana, "invoices.edit", Some("acme")).await;
    assert!(decision.allowed);
    assert_eq!(decision.reason, Reason::InheritedRole);
    let way: Vec<(StepKind, &str)> = decision
        .path
        .iter()
        .map(|step| (step.kind, step.name.as_str()))
        .collect();
    assert_eq!(
        way,
        [
            (StepKind::Project, "acme"),
            (StepKind::Role, "lead"),
            (StepKind::Role, "editor"),
            (StepKind::Permission, "invoices.edit"),
        ]
    );
    assert!(ask(&test, &ana, "role:LEAD", Some("acme")).await.allowed);
    assert_eq!(ask(&test, &ana, "invoices.edit", None).await.reason, Reason::NotGranted);
    // whether there is such a project does not show
    assert_eq!(
        ask(&test, &ana, "invoices.edit", Some("nowhere")).await.reason,
        Reason::NotAMember
    );
    let bea = test.user("bea").await;
    let bea_actor = test.actor("bea").await;
    assert_eq!(
        ask(&test, &bea_actor, "invoices.edit", Some("acme")).await,
        ask(&test, &bea_actor, "invoices.edit", Some("nowhere")).await
    );
    assert_eq!(
        ask(&test, &bea_actor, "no.such", Some("acme")).await.reason,
        Reason::PermissionUnknown
    );
    assert_eq!(
        ask(&test, &bea_actor, "no.such", Some("nowhere")).await.reason,
        Reason::PermissionUnknown
    );

    // switched off, it says so
    let command = UpdateRole {
        is_enabled: Some(false),
        ..UpdateRole::default()
    };
    roles::update(&test.sereno, &test.meta(), &test.system().await, &editor, command)
        .await
        .unwrap();
    let decision = ask(&test, &ana, "invoices.edit", Some("acme")).await;
    assert_eq!((decision.allowed, decision.reason), (false, Reason::RoleDisabled));
    let _ = bea;
}

#[tokio::test]
async fn users_ask_about_themselves_and_staff_about_everybody() {
    let (test, ana, ..) = acme().await;
    let bea = test.user("bea").await;
    let actor = test.actor("bea").await;
    let about = |user: String| Check {
        permission: Some("invoices.edit".to_owned()),
        user: Some(user),
        ..Check::default()
    };
    let asked = |actor: Actor, command: Check| {
        let test = &test;
        async move { check(&test.sereno, &test.meta(), &actor, None, command).await }
    };
    assert!(asked(actor, about(bea.to_string())).await.is_ok());
    // whether there is somebody does not show
    for other in [
        ana.to_string(),
        Uuid::nil().to_string(),
        "4711".to_owned(),
        "nobody".to_owned(),
    ] {
        assert_eq!(refused(asked(actor, about(other)).await), Code::PermissionDenied);
    }
    assert_eq!(
        refused(asked(Actor::Anonymous, about(ana.to_string())).await),
        Code::AuthenticationRequired
    );
    test.viewer("vera").await;
    let vera = test.actor("vera").await;
    assert!(asked(vera, about(ana.to_string())).await.is_ok());
    assert!(asked(vera, about(Uuid::nil().to_string())).await.is_ok());
}

#[tokio::test]
async fn applications_ask_with_their_scope_and_what_nobody_declared_is_counted_and_never_granted() {
    let (test, ana, ..) = acme().await;
    let mut keys = Vec::new();
    for (name, scopes) in [
        ("asks", vec!["access:check", "access:declare"]),
        ("only", vec!["access:check"]),
        ("none", vec![]),
    ] {
        let mut command = called(name);
        command.scopes = scopes.into_iter().map(str::to_owned).collect();
        command.kind = sereno_types::ApplicationKind::Confidential;
        let created = register(&test, command).await.unwrap();
        keys.push(ClientCredentials {
            client_id: Some(name.to_owned()),
            client_secret: created.secret.map(|secret| secret.client_secret.into()),
        });
    }
    let question = |permission: &str| Question {
        permission: permission.to_owned(),
        user: Some(ana.to_string()),
        project: Some("acme".to_owned()),
    };
    let asked = |keys: ClientCredentials, questions: Vec<Question>| {
        let test = &test;
        async move {
            let command = Check {
                checks: Some(questions),
                ..Check::default()
            };
            check(&test.sereno, &test.meta(), &Actor::Anonymous, Some(&keys), command).await
        }
    };
    for key in &keys[..2] {
        let questions = vec![
            question("invoices.edit"),
            question("Reports.See"),
            question("reports.see"),
        ];
        let Checked::Many(decisions) = asked(key.clone(), questions).await.unwrap() else {
            panic!("one answer to many questions")
        };
        let reasons: Vec<Reason> = decisions.results.iter().map(|decision| decision.reason).collect();
        assert_eq!(
            reasons,
            [
                Reason::InheritedRole,
                Reason::PermissionUnknown,
                Reason::PermissionUnknown
            ]
        );
    }
    assert_eq!(
        refused(asked(keys[2].clone(), vec![question("a")]).await),
        Code::UnauthorizedClient
    );
    let mut wrong = keys[0].clone();
    wrong.client_secret = Some("guessed".into());
    assert_eq!(refused(asked(wrong, vec![question("a")]).await), Code::InvalidClient);
    let listed = permissions::asked(&test.sereno, &test.system().await, sereno_types::PageQuery::default())
        .await
        .unwrap();
    let counted: Vec<(&str, &str, u64)> = listed
        .items
        .iter()
        .map(|row| (row.codename.as_str(), row.client_id.as_str(), row.asked))
        .collect();
    assert_eq!(counted, [("reports.see", "asks", 2)]);

    // declared at last, it is asked for no more
    let command = CreatePermission {
        codename: "reports.see".to_owned(),
        ..CreatePermission::default()
    };
    permissions::create(&test.sereno, &test.meta(), &test.system().await, command)
        .await
        .unwrap();
    let listed = permissions::asked(&test.sereno, &test.system().await, sereno_types::PageQuery::default())
        .await
        .unwrap();
    assert_eq!(listed.total, 0);
    let own = Check {
        permission: Some("a".to_owned()),
        ..Check::default()
    };
    let nobody = check(&test.sereno, &test.meta(), &Actor::Anonymous, Some(&keys[0]), own).await;
    assert_eq!(refused_fields(nobody), [("user".to_owned(), Code::Blank)]);
}

#[tokio::test]
async fn a_change_on_one_node_decides_the_next_answer_of_the_other() {
    let (test, _, _, lead) = acme().await;
    let other = test.another().await;
    let (here, there) = (test.actor("ana").await, test.actor("ana").await);
    for round in 0..10 {
        let enabled = round % 2 == 1;
        let (changing, asking) = if round % 3 == 0 {
            (&test, &other)
        } else {
            (&other, &test)
        };
        let command = UpdateRole {
            is_enabled: Some(enabled),
            ..UpdateRole::default()
        };
        let staff = changing.system().await;
        roles::update(&changing.sereno, &changing.meta(), &staff, &lead, command)
            .await
            .unwrap();
        assert_eq!(
            ask(asking, &there, "invoices.edit", Some("acme")).await.allowed,
            enabled,
            "round {round}"
        );
        assert_eq!(
            ask(changing, &here, "invoices.edit", Some("acme")).await.allowed,
            enabled,
            "round {round}"
        );
    }
}

#[tokio::test]
async fn what_the_operator_settled_counts() {
    for (owner, global) in [
        (vec!["*"], true),
        (vec!["Invoices.Edit"], true),
        (vec![], true),
        (vec![], false),
    ] {
        let test = TestSereno::with(|config| {
            config.access.owner_permissions = owner.iter().map(|name| name.to_lowercase()).collect();
            config.access.global_roles_in_projects = global;
        })
        .await;
        let (staff, meta) = (test.system().await, test.meta());
        for codename in ["invoices.edit", "invoices.see"] {
            let command = CreatePermission {
                codename: codename.to_owned(),
                ..CreatePermission::default()
            };
            permissions::create(&test.sereno, &meta, &staff, command).await.unwrap();
        }
        let command = CreateRole {
            codename: "seer".to_owned(),
            permissions: vec!["invoices.see".to_owned()],
            ..CreateRole::default()
        };
        let of_seers = roles::create(&test.sereno, &meta, &staff, command)
            .await
            .unwrap()
            .row
            .role
            .id;
        test.user("ana").await;
        test.user("bea").await;
        let command = CreateProject {
            slug: "acme".to_owned(),
            owner: Some("ana".to_owned()),
            ..CreateProject::default()
        };
        projects::create(&test.sereno, &meta, &staff, command).await.unwrap();
        let command = AssignRole {
            role: of_seers,
            users: vec!["bea".to_owned()],
            project: None,
            expires_at: None,
        };
        assignments::assign(&test.sereno, &meta, &staff, command).await.unwrap();
        let (ana, bea) = (test.actor("ana").await, test.actor("bea").await);
        let edits = ask(&test, &ana, "invoices.edit", Some("acme")).await;
        assert_eq!(edits.allowed, !owner.is_empty(), "{owner:?}");
        let sees = ask(&test, &ana, "invoices.see", Some("acme")).await;
        assert_eq!(sees.allowed, owner == ["*"], "{owner:?}");
        let sees = ask(&test, &bea, "invoices.see", Some("acme")).await;
        assert_eq!(sees.allowed, global);
        // a project that there is not is no place where a right could hold
        assert!(!ask(&test, &bea, "invoices.see", Some("nowhere")).await.allowed);
        assert!(ask(&test, &bea, "invoices.see", None).await.allowed);
    }
}

#[tokio::test]
async fn a_thousand_questions_cost_a_handful_of_statements() {
    let (test, ana, ..) = acme().await;
    let root = test.superuser("root").await;
    let actor = test.actor("root").await;
    let number = |index: usize| {
        if index.is_multiple_of(2) {
            ana.to_string()
        } else {
            (index % 3 + 1).to_string()
        }
    };
    let questions: Vec<Question> = (0..1_000)
        .map(|index| Question {
            permission: ["invoices.edit", "role:lead", "no.such"][index % 3].to_owned(),
            user: Some(number(index)),
            project: [None, Some("acme".to_owned()), Some(format!("nowhere-{index}"))][index % 3].clone(),
        })
        .collect();
    let command = || Check {
        checks: Some(questions.clone()),
        ..Check::default()
    };
    test.statements.take();
    let first = check(&test.sereno, &test.meta(), &actor, None, command()).await;
    let said = test.statements.take();
    assert!(first.is_ok());
    assert!(said.len() < 25, "{said:#?}");
    let _ = root;
}

#[tokio::test]
async fn questions_that_make_no_sense_are_refused() {
    let (test, ..) = acme().await;
    let ana = test.actor("ana").await;
    let asked = |command: Check| {
        let (test, ana) = (&test, &ana);
        async move { refused_fields(check(&test.sereno, &test.meta(), ana, None, command).await) }
    };
    assert_eq!(asked(Check::default()).await, [("permission".to_owned(), Code::Blank)]);
    let both = Check {
        permission: Some("a".to_owned()),
        checks: Some(Vec::new()),
        ..Check::default()
    };
    assert_eq!(asked(both).await, [("checks".to_owned(), Code::InvalidChoice)]);
    let many = Check {
        checks: Some(vec![Question::default(); 1_001]),
        ..Check::default()
    };
    assert_eq!(asked(many).await, [("checks".to_owned(), Code::TooLong)]);
    let blank = Check {
        checks: Some(vec![
            Question {
                permission: "a".to_owned(),
                ..Question::default()
            },
            Question::default(),
        ]),
        ..Check::default()
    };
    assert_eq!(asked(blank).await, [("checks.1.permission".to_owned(), Code::Blank)]);
    let odd = ask(&test, &ana, "a\0b", Some("x\0y")).await;
    assert_eq!(odd.reason, Reason::PermissionUnknown);
}

/// An application that may ask and declare.
async fn asking(test: &TestSereno, name: &str) -> ClientCredentials {
    let mut command = called(name);
    command.scopes = vec!["access:check".to_owned(), "access:declare".to_owned()];
    command.kind = sereno_types::ApplicationKind::Confidential;
    let created = register(test, command).await.unwrap();
    ClientCredentials {
        client_id: Some(name.to_owned()),
        client_secret: created.secret.map(|secret| secret.client_secret.into()),
    }
}

/// Asks about each of these, for a user that there is not.
async fn ask_about(test: &TestSereno, keys: &ClientCredentials, codenames: impl Iterator<Item = String>) {
    let question = |permission| Question {
        permission,
        user: Some("4711".to_owned()),
        project: None,
    };
    let command = Check {
        checks: Some(codenames.map(question).collect()),
        ..Check::default()
    };
    check(&test.sereno, &test.meta(), &Actor::Anonymous, Some(keys), command)
        .await
        .unwrap();
}

async fn asked_for(test: &TestSereno) -> Vec<(String, u64)> {
    let (mut all, mut query) = (Vec::new(), sereno_types::PageQuery::default());
    query.limit = Some(200);
    loop {
        let staff = test.system().await;
        let page = permissions::asked(&test.sereno, &staff, query.clone()).await.unwrap();
        all.extend(page.items.into_iter().map(|row| (row.codename, row.asked)));
        match page.next_cursor {
            Some(cursor) => query.cursor = Some(cursor),
            None => return all,
        }
    }
}

#[tokio::test]
async fn what_nobody_asks_for_any_more_is_forgotten() {
    let test = TestSereno::with(|config| config.access.keep_asked_days = 10).await;
    let shop = asking(&test, "shop").await;
    let day = Duration::from_hours(24);
    ask_about(&test, &shop, ["old.one".to_owned(), "kept.one".to_owned()].into_iter()).await;
    test.advance(day * 6);
    ask_about(&test, &shop, ["kept.one".to_owned()].into_iter()).await;
    test.advance(day * 4);
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(asked_for(&test).await.len(), 2, "not before its time");
    test.advance(Duration::from_secs(1));
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(asked_for(&test).await, [("kept.one".to_owned(), 2)]);
}

#[tokio::test]
async fn an_application_is_remembered_for_so_many_codenames_and_no_more() {
    let test = TestSereno::new().await;
    let (shop, other) = (asking(&test, "shop").await, asking(&test, "other").await);
    let named = |range: std::ops::Range<usize>| range.map(|index| format!("shop.n{index:04}"));
    ask_about(&test, &shop, named(0..600)).await;
    ask_about(&test, &shop, named(500..1_400)).await;
    let all = asked_for(&test).await;
    assert_eq!(all.len(), ASKED_MAX);
    let twice = all.iter().filter(|(_, asked)| *asked == 2).count();
    assert_eq!(twice, 100, "what is remembered goes on being counted");
    ask_about(&test, &shop, named(0..1).chain(named(5_000..5_010))).await;
    let all = asked_for(&test).await;
    assert_eq!(all.len(), ASKED_MAX);
    assert!(all.contains(&("shop.n0000".to_owned(), 2)));
    // one application's flood keeps nobody else from being heard
    ask_about(&test, &other, named(5_000..5_010)).await;
    assert_eq!(asked_for(&test).await.len(), ASKED_MAX + 10);
}

/// Asking reserves no name and gives none another meaning: not those of the catalogue, not those that others declare.
#[tokio::test]
async fn asking_takes_no_name_from_anybody() {
    let test = TestSereno::new().await;
    let (squatter, shop) = (asking(&test, "squatter").await, asking(&test, "shop").await);
    let (sereno, meta, staff) = (&test.sereno, test.meta(), test.system().await);
    let names = ["shop.sell", "staff.word", "users.view"].map(str::to_owned);
    ask_about(&test, &squatter, names.into_iter()).await;
    assert_eq!(asked_for(&test).await.len(), 2, "what Sereno declares is not asked for");
    let catalogue = |codename: &str| Catalogue {
        permissions: vec![DeclaredPermission {
            codename: codename.to_owned(),
            description: "To sell".to_owned(),
        }],
        ..Catalogue::default()
    };
    catalogue::declare(sereno, &meta, &shop, catalogue("shop.sell"))
        .await
        .unwrap();
    let command = CreatePermission {
        codename: "staff.word".to_owned(),
        ..CreatePermission::default()
    };
    permissions::create(sereno, &meta, &staff, command).await.unwrap();
    assert_eq!(asked_for(&test).await, []);
    for codename in ["shop.sell", "staff.word", "users.view"] {
        let refused = catalogue::declare(sereno, &meta, &squatter, catalogue(codename)).await;
        assert!(refused.is_err(), "{codename} belongs to another");
    }
    let listed = permissions::list(sereno, &staff, sereno_types::PermissionQuery::default())
        .await
        .unwrap();
    let origin = |codename: &str| {
        listed
            .items
            .iter()
            .find(|row| row.codename == codename)
            .map(|row| row.origin.as_str())
    };
    assert_eq!(
        ["shop.sell", "staff.word", "users.view"].map(origin),
        [Some("shop"), Some("staff"), Some("sereno")]
    );
}

#[tokio::test]
async fn projects_are_known_by_id_and_name() {
    let test = TestSereno::new().await;
    let staff = test.system().await;
    let command = CreateProject {
        slug: "acme".to_owned(),
        ..CreateProject::default()
    };
    let made = projects::create(&test.sereno, &test.meta(), &staff, command)
        .await
        .unwrap();
    for (name, expected) in [
        ("acme", true),
        (made.row.id.0.as_str(), true),
        ("other", false),
        ("", false),
    ] {
        assert_eq!(is_project(&test.sereno, name).await.unwrap(), expected, "{name}");
    }
}
