//! The shape of the database, and starting on it.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, EntityTrait};
use sereno_core::boot::{self, World};
use sereno_core::entity::{permission, role, role_permission};
use sereno_core::testing::{TestDatabase, TestSereno};
use sereno_types::Permission;

async fn shape(test: &TestSereno) -> Vec<String> {
    let mut shape = if test.database.is_sqlite() {
        test.column("SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master")
            .await
    } else {
        let mut shape = test
            .column(
                "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable \
                 FROM information_schema.columns WHERE table_schema = 'public'",
            )
            .await;
        shape.extend(
            test.column("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'")
                .await,
        );
        let constraints = "SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint \
                           WHERE connamespace = 'public'::regnamespace";
        shape.extend(test.column(constraints).await);
        shape
    };
    shape.sort();
    shape
}

#[tokio::test]
async fn up_down_up() {
    let test = TestSereno::new().await;
    let db = test.sereno.db.write();
    let before = shape(&test).await;
    assert!(migration::pending(db).await.unwrap().is_empty());
    migration::up(db).await.unwrap();
    assert_eq!(shape(&test).await, before, "up twice is up once");
    test.user("ana").await;
    migration::down(db).await.unwrap();
    assert_eq!(test.tables().await, ["seaql_migrations"]);
    assert_eq!(migration::pending(db).await.unwrap().len(), 24);
    migration::up(db).await.unwrap();
    assert_eq!(shape(&test).await, before);
    let again = test.another().await;
    again.user("ana").await;
    again.log_in("ana").await;
}

/// The entities know every column of the tables and no other.
#[tokio::test]
async fn entities_fit_their_tables() {
    let test = TestSereno::new().await;
    macro_rules! read {
        ($($table:ident),+) => {{
            $( sereno_core::entity::$table::Entity::find().all(test.sereno.db.read()).await.unwrap(); )+
            BTreeSet::from([$( stringify!($table).to_owned() ),+])
        }};
    }
    let mut known = read!(
        announcement,
        announcement_address,
        announcement_optout,
        application,
        application_secret,
        attribute,
        counter,
        crypto_key,
        custom_email_template,
        device,
        email_attempt,
        email_content,
        email_message,
        email_suppression,
        email_template,
        email_template_version,
        event,
        file,
        flow_state,
        identity,
        issued_token,
        job,
        kept_answer,
        limit_counter,
        login_code,
        one_time,
        permission,
        permission_ask,
        project,
        project_mail,
        project_member,
        push_attempt,
        push_message,
        revoked_token,
        role,
        role_assignment,
        role_inclusion,
        role_permission,
        session,
        sign_up,
        social_provider,
        token_family,
        user,
        user_change,
        user_email
    );
    known.insert("seaql_migrations".to_owned());
    assert_eq!(test.tables().await.into_iter().collect::<BTreeSet<_>>(), known);
}

/// Two instances that start at once on an empty database: both come up, with the same keys and one catalogue.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_can_start_at_once() {
    for round in 0..6 {
        let database = TestDatabase::empty().await;
        let start = || {
            let config = database.config();
            tokio::spawn(async move {
                let world = World::real(&config, Vec::new()).unwrap();
                boot::start(config, world).await
            })
        };
        let (one, two) = (start(), start());
        let (one, two) = (one.await.unwrap(), two.await.unwrap());
        let one = one.unwrap_or_else(|error| panic!("round {round}: {error}"));
        let two = two.unwrap_or_else(|error| panic!("round {round}: {error}"));
        assert!(two.keys.digest.matches("p", "v", &one.keys.digest.digest("p", "v")));
        assert_eq!(one.signing().await.unwrap().jwks(), two.signing().await.unwrap().jwks());
        let db = one.db.read();
        assert_eq!(
            permission::Entity::find().all(db).await.unwrap().len(),
            Permission::ALL.len()
        );
        assert_eq!(role::Entity::find().all(db).await.unwrap().len(), 3);
        let grants = role_permission::Entity::find().all(db).await.unwrap().len();
        assert_eq!(grants, 11 + 11 + 4 + Permission::ALL.len());
        let root = std::fs::read_to_string(database.folder().join("root.key")).unwrap();
        assert_eq!(root.trim().len(), 43);
        let files = std::fs::read_dir(database.folder()).unwrap();
        let drafts = files.filter(|file| {
            let name = file.as_ref().unwrap().file_name();
            name.to_string_lossy().starts_with("root.key.")
        });
        assert_eq!(drafts.count(), 0, "no draft of the key is left");
        one.db.close().await;
        two.db.close().await;
    }
}

/// A later version brings a permission: the built-in roles get that one, and nothing that staff took from them.
#[tokio::test]
async fn the_catalogue_grows_without_undoing_what_staff_did() {
    let test = TestSereno::new().await;
    let grants = async |codename: &str| {
        test.count(&format!(
            "role_permission rp JOIN permission p ON p.id = rp.permission_id WHERE p.codename = '{codename}'"
        ))
        .await
    };
    assert_eq!((grants("users.view").await, grants("events.view").await), (3, 3));
    test.execute("DELETE FROM permission WHERE codename = 'events.view'")
        .await;
    test.execute(
        "DELETE FROM role_permission WHERE permission_id IN (SELECT id FROM permission WHERE codename = 'users.view')",
    )
    .await;
    test.execute("UPDATE role SET name = 'Onlooker' WHERE codename = 'viewer'")
        .await;
    test.another().await;
    assert_eq!((grants("users.view").await, grants("events.view").await), (0, 3));
    assert_eq!(test.count("role WHERE name = 'Onlooker'").await, 1);
    test.execute("DELETE FROM role").await;
    test.another().await;
    assert_eq!(test.count("role").await, 0, "a role that staff removed stays away");
}

/// A migration that cannot be finished leaves nothing behind.
#[tokio::test]
async fn a_migration_happens_whole_or_not_at_all() {
    let database = TestDatabase::empty().await;
    let config = database.config();
    // in the way of the last migration
    let url = if database.is_sqlite() {
        format!("{}?mode=rwc", config.database_url())
    } else {
        config.database_url()
    };
    let db = sea_orm::Database::connect(url).await.unwrap();
    db.execute_unprepared("CREATE TABLE limit_counter (x integer)")
        .await
        .unwrap();
    let world = World::real(&config, Vec::new()).unwrap();
    assert!(boot::start(config.clone(), world).await.is_err());
    db.execute_unprepared("DROP TABLE limit_counter").await.unwrap();
    assert!(
        db.execute_unprepared("SELECT 1 FROM counter").await.is_err(),
        "nothing was made"
    );
    let world = World::real(&config, Vec::new()).unwrap();
    boot::start(config, world).await.unwrap();
}
