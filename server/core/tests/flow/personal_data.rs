//! Every table of the database, and what it keeps of people: whether the export hands it out, and what becomes of it when the
//! account ends. A table or column that is new must find its place here.

use std::collections::BTreeSet;
use std::time::Duration;

use sea_orm::{EntityTrait, Iden, Iterable};
use sereno_core::account::{admin, export};
use sereno_core::jobs;
use sereno_core::testing::TestSereno;
use sereno_types::{Id, StateChange};
use uuid::Uuid;

/// What the export says of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Export {
    /// Told in the field of this name.
    In(&'static str),
    /// Not told, for a reason.
    Not(&'static str),
}

/// What becomes of a row when the account ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// It goes.
    Goes,
    /// It stays, and names nobody any more.
    Emptied(&'static str),
    /// It never held anything of users.
    Nothing,
}

use End::{Emptied, Goes, Nothing};
use Export::{In, Not};

/// Columns that tell of a person, or point to one.
const PERSONAL: &[&str] = &[
    "user_id",
    "actor_id",
    "owner_id",
    "author_id",
    "created_by",
    "granted_by",
    "username",
    "first_name",
    "last_name",
    "address",
    "client_address",
    "user_agent",
    "canonical",
    "email",
    "recipient",
    "subject",
    "device",
];

const SECRET: &str = "only digests and sealed values, which open nothing and say nothing";
const OURS: &str = "what operators and staff set up";
const STAFF: &str = "of whom it names only who of the staff did it, which the events tell";

macro_rules! tables {
    ($($table:ident: $export:expr, $end:expr;)+) => {
        /// Table, columns, export, end.
        fn tables() -> Vec<(&'static str, Vec<String>, Export, End)> {
            vec![$((
                stringify!($table),
                <sereno_core::entity::$table::Entity as EntityTrait>::Column::iter()
                    .map(|column| Iden::unquoted(&column).to_owned())
                    .collect(),
                $export,
                $end,
            ),)+]
        }
    };
}

tables! {
    announcement: Not(STAFF), Emptied("created_by");
    announcement_address: In("announcement_lists"), Goes;
    announcement_optout: In("account"), Emptied("a digest of the address, so that an old list does not write to them again");
    application: Not(OURS), Nothing;
    application_secret: Not(OURS), Nothing;
    attribute: Not(OURS), Nothing;
    counter: Not("numbers"), Nothing;
    crypto_key: Not(OURS), Nothing;
    custom_email_template: Not(OURS), Nothing;
    device: In("devices"), Goes;
    email_attempt: Not("what mail servers answered; the mail itself is told"), Goes;
    email_content: Not("sealed words of other services, until they have left; theirs to tell"), Nothing;
    email_message: In("mails"), Goes;
    email_suppression: In("suppressions"), Emptied("what staff was asked never to write to stays; bounces go");
    email_template: Not(OURS), Nothing;
    email_template_version: Not(STAFF), Emptied("author_id");
    event: In("events"), Emptied("that something happened, to an id that means nothing any more");
    file: In("files"), Goes;
    flow_state: Not("nobody's yet; five minutes"), Nothing;
    identity: In("identities"), Goes;
    issued_token: Not(SECRET), Goes;
    job: Not("ids of what is told elsewhere"), Nothing;
    kept_answer: Not(SECRET), Nothing;
    limit_counter: Not(SECRET), Nothing;
    login_code: In("login_codes"), Goes;
    one_time: In("links"), Goes;
    permission: Not(OURS), Nothing;
    permission_ask: Not("what applications asked about, not of whom"), Nothing;
    project: In("projects"), Emptied("owner_id");
    project_mail: Not(OURS), Nothing;
    project_member: In("projects"), Goes;
    push_attempt: Not("what the push service answered; the notification itself is told"), Goes;
    push_message: In("notifications"), Goes;
    revoked_token: Not(SECRET), Nothing;
    role: Not(OURS), Nothing;
    role_assignment: In("roles"), Goes;
    role_inclusion: Not(OURS), Nothing;
    role_permission: Not(OURS), Nothing;
    session: In("sessions"), Goes;
    sign_up: In("sign_ups"), Goes;
    social_provider: Not(OURS), Nothing;
    token_family: In("token_families"), Goes;
    user: In("account"), Goes;
    user_change: In("changes"), Goes;
    user_email: In("emails"), Goes;
}

/// Columns that are called like those of people and are none.
const HARMLESS: &[(&str, &str)] = &[("email_template_version", "subject"), ("announcement", "subject")];

#[tokio::test]
async fn every_table_and_column_has_its_place() {
    let test = TestSereno::new().await;
    let known: BTreeSet<String> = tables().iter().map(|(table, ..)| (*table).to_owned()).collect();
    let mut there: BTreeSet<String> = test.tables().await.into_iter().collect();
    there.remove("seaql_migrations");
    assert_eq!(there, known);
    for (table, columns, export, end) in tables() {
        let personal = columns
            .iter()
            .map(String::as_str)
            .filter(|column| PERSONAL.contains(column) && !HARMLESS.contains(&(table, *column)));
        let personal: Vec<&str> = personal.collect();
        assert!(
            personal.is_empty() || end != Nothing,
            "{table} tells of people ({personal:?}): the end of an account must reach it"
        );
        assert!(
            !matches!(export, In(_)) || end != Nothing,
            "{table} is handed out: it must go, too"
        );
        let names_only_staff = matches!(export, Not(STAFF));
        let about_them = personal
            .iter()
            .any(|column| !["author_id", "created_by"].contains(column));
        assert!(
            !about_them || !names_only_staff,
            "{table} holds more than who of the staff did it: {personal:?}"
        );
    }
}

/// An id, as the database writes it.
fn literal(test: &TestSereno, id: Uuid) -> String {
    if test.database.is_sqlite() {
        format!("X'{}'", id.simple())
    } else {
        format!("'{id}'")
    }
}

/// A row of each table that is handed out, with a word of its own in it.
async fn fill(test: &TestSereno, id: Uuid) {
    let (user, now) = (literal(test, id), 1_767_225_600_000_000_i64);
    let row = |number: u32| {
        literal(
            test,
            Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + u128::from(number)),
        )
    };
    let (later, no, yes) = (now * 2, "FALSE", "TRUE");
    let application = "(SELECT id FROM application LIMIT 1)";
    for statement in [
        format!("UPDATE \"user\" SET first_name = 'trace-user' WHERE id = {user}"),
        format!(
            "INSERT INTO announcement (id, name, subject, text, html, context, language, audience, state, run, page, created_at, updated_at) \
             VALUES ({}, 'trace-announcement_address', '', '', '', '{{}}', 'en', '{{}}', 'draft', 0, 0, {now}, {now})",
            row(1)
        ),
        format!(
            "INSERT INTO announcement_address (id, announcement_id, canonical, address) \
             VALUES ({}, {}, 'ana@example.org', 'ana@example.org')",
            row(2),
            row(1)
        ),
        format!(
            "INSERT INTO announcement_optout (id, digest, user_id, created_at) VALUES ({}, 'x', {user}, {now})",
            row(3)
        ),
        format!(
            "INSERT INTO device (id, user_id, uuid, name, created_at, last_seen_at) \
             VALUES ({}, {user}, {}, 'trace-device', {now}, {now})",
            row(4),
            row(5)
        ),
        format!(
            "INSERT INTO email_message (id, mail, recipient, locale, status, reason, attempts, created_at, is_forced, interrupted) \
             VALUES ({}, 'trace-email_message', 'Ana@Example.org', 'en', 'sent', NULL, 1, {now}, {no}, 0)",
            row(6)
        ),
        format!(
            "INSERT INTO email_suppression (id, canonical, address, cause, note, created_at) \
             VALUES ({}, 'ana@example.org', 'ana@example.org', 'hard_bounce', 'trace-email_suppression', {now})",
            row(7)
        ),
        format!(
            "INSERT INTO event (id, at, name, outcome, actor_kind, actor_id, address, detail) \
             VALUES ({}, {now}, 'role_created', 'success', 'user', {user}, 'trace-event', '{{}}')",
            row(8)
        ),
        format!(
            "INSERT INTO file (id, user_id, path, media_type, bytes, created_at) \
             VALUES ({}, {user}, 'trace-file', 'image/png', {}, {now})",
            row(9),
            if test.database.is_sqlite() { "X'00'" } else { "'\\x00'" }
        ),
        format!(
            "INSERT INTO social_provider (id, slug, kind, name, client_id, audiences, redirect_uris, scopes, settings, sign_up, linking, is_enabled, created_at, updated_at) \
             VALUES ({}, 'hub', 'github', 'Hub', 'c', '[]', '[]', '[]', '{{}}', {yes}, 'never', {yes}, {now}, {now})",
            row(10)
        ),
        format!(
            "INSERT INTO identity (id, user_id, provider_id, issuer, subject, email_verified, profile, created_at) \
             VALUES ({}, {user}, {}, 'i', 'trace-identity', {no}, '{{}}', {now})",
            row(11),
            row(10)
        ),
        format!(
            "INSERT INTO login_code (id, subject, address, locale, created_at, expires_at) \
             VALUES ({}, 'ana@example.org', NULL, 'trace-login_code', {now}, {later})",
            row(12)
        ),
        format!(
            "INSERT INTO one_time (id, purpose, user_id, subject, digest, attempts_left, created_at, expires_at) \
             VALUES ({}, 'email_change', {user}, 'trace-one_time', 'y', 5, {now}, {later})",
            row(13)
        ),
        format!(
            "INSERT INTO project (id, slug, name, description, is_enabled, owner_id, attributes, created_at, updated_at) \
             VALUES ({}, 'trace-project', 'P', '', {yes}, {user}, '{{}}', {now}, {now})",
            row(14)
        ),
        format!(
            "INSERT INTO project (id, slug, name, description, is_enabled, attributes, created_at, updated_at) \
             VALUES ({}, 'trace-project_member', 'P', '', {yes}, '{{}}', {now}, {now})",
            row(15)
        ),
        format!(
            "INSERT INTO project_member (id, project_id, user_id, is_enabled, is_superuser, created_at, updated_at) \
             VALUES ({}, {}, {user}, {yes}, {no}, {now}, {now})",
            row(16),
            row(15)
        ),
        format!(
            "INSERT INTO push_message (id, batch_id, user_id, device_id, title, body, data, status, attempts, created_at) \
             VALUES ({}, {}, {user}, {}, 'trace-push_message', '', '{{}}', 'sent', 1, {now})",
            row(17),
            row(17),
            row(4)
        ),
        format!(
            "INSERT INTO role (id, codename, name, description, origin, is_enabled, created_at, updated_at) \
             VALUES ({}, 'trace-role_assignment', 'R', '', 'staff', {yes}, {now}, {now})",
            row(18)
        ),
        format!(
            "INSERT INTO role_assignment (id, user_id, role_id, created_at) VALUES ({}, {user}, {}, {now})",
            row(19),
            row(18)
        ),
        format!(
            "INSERT INTO session (id, user_id, digest, credential_epoch, amr, authenticated_at, created_at, last_seen_at, expires_at, user_agent, data) \
             VALUES ({}, {user}, 'z', 0, '[]', {now}, {now}, {now}, {later}, 'trace-session', '{{}}')",
            row(20)
        ),
        format!(
            "INSERT INTO sign_up (id, user_id, credential_epoch, address, password_hash, attributes, client_address, created_at) \
             VALUES ({}, {user}, 99, 'ana@example.org', 'h', '{{}}', 'trace-sign_up', {now})",
            row(21)
        ),
        format!(
            "INSERT INTO token_family (id, user_id, application_id, generation, credential_epoch, amr, authenticated_at, created_at, rotated_at, idle_expires_at, expires_at, user_agent) \
             VALUES ({}, {user}, {application}, 0, 0, '[]', {now}, {now}, {now}, {later}, {later}, 'trace-token_family')",
            row(22)
        ),
        format!(
            "INSERT INTO user_change (id, user_id, at, field, before, after, actor_kind) \
             VALUES ({}, {user}, {now}, 'trace-user_change', '1', '2', 'user')",
            row(23)
        ),
        format!(
            "INSERT INTO user_email (id, user_id, address, canonical, is_primary, verified_at, created_at) \
             VALUES ({}, {user}, 'trace-user_email@example.org', 'trace-user_email@example.org', {no}, {now}, {now})",
            row(24)
        ),
        // of her second address, too
        format!(
            "INSERT INTO login_code (id, subject, locale, created_at, expires_at) \
             VALUES ({}, 'trace-user_email@example.org', 'en', {now}, {later})",
            row(25)
        ),
    ] {
        test.execute(&statement).await;
    }
}

#[tokio::test]
async fn the_export_hands_out_what_it_says_and_the_end_takes_it_away() {
    let test = TestSereno::with_ana().await;
    let id = test.holder_of("ana@example.org").await;
    fill(&test, id).await;
    let (staff, meta, of) = (test.system().await, test.meta(), Id(id.to_string()));
    let file = export::of_user(&test.sereno, &meta, &staff, &of).await.unwrap();
    let file = serde_json::to_value(file).unwrap();
    for (table, _, told, _) in tables() {
        let In(field) = told else { continue };
        let part = file[field].to_string();
        let trace = match table {
            "announcement_optout" => "\"wants_announcements\":false".to_owned(),
            other => format!("trace-{other}"),
        };
        assert!(part.contains(&trace), "{table} is not in {field}: {part}");
    }
    let needle = literal(&test, id).to_lowercase();
    let needle = needle.trim_start_matches('x').trim_matches('\'');
    let traces = async || {
        let mut found = BTreeSet::new();
        for table in test.tables().await {
            let rows = test.dump(&table).await;
            let theirs = |row: &String| {
                let row = row.to_lowercase();
                row.contains("trace-") || row.contains("ana@example.org") || row.contains(needle)
            };
            if rows.iter().any(theirs) {
                found.insert(table);
            }
        }
        found
    };
    let before = traces().await;
    for (table, _, told, _) in tables() {
        assert!(
            !matches!(told, In(_)) || before.contains(table),
            "the test would not find it in {table}"
        );
    }
    admin::change(&test.sereno, &meta, &staff, &of, StateChange::Delete)
        .await
        .unwrap();
    test.advance(Duration::from_hours(24 * 14));
    jobs::sweep(&test.sereno).await.unwrap();
    test.mails().await;
    // names that staff gave to things of their own
    let own = ["announcement", "project", "role"];
    for (table, _, _, end) in tables() {
        let left = traces().await.contains(table) && !own.contains(&table);
        match end {
            Goes | Nothing => assert!(!left, "something is left in {table}: {:?}", test.dump(table).await),
            Emptied(what) => assert!(!left || table == "event", "in {table} more is left than this: {what}"),
        }
    }
    let events = test.dump("event").await.concat();
    assert!(
        !events.contains("trace-") && !events.contains("ana@example.org"),
        "{events}"
    );
}
