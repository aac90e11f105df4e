//! Situations at random, decided as they are computed by other means.

use std::collections::BTreeMap;
use std::time::Duration;

use sereno_core::access::check::check;
use sereno_core::roles::{assignments, members, permissions, projects, roles};
use sereno_core::testing::TestSereno;
use sereno_types::{
    AssignRole, Check, Checked, CreatePermission, CreateProject, CreateRole, Decision, Id, PutMember, Question,
    UpdateProject, UpdateRole, UserState,
};

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
