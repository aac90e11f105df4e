//! Templates that travel as files.

use std::time::Duration;

use sereno_core::templates::{custom, files, show};
use sereno_core::testing::{refused, refused_fields};
use sereno_types::{Code, EmailImportOutcome, EmailSource, ImportEmailTemplates};

use super::{ACTIVATION, House, says, welcome};

/// What became of what was read in, but for what is as it was.
async fn read_in(house: &House, files: &files::Files, change: impl FnOnce(&mut ImportEmailTemplates)) -> Vec<String> {
    let mut command = ImportEmailTemplates {
        templates: files::from_files(files).unwrap(),
        ..ImportEmailTemplates::default()
    };
    change(&mut command);
    house.test.advance(Duration::from_secs(1));
    let (sereno, meta) = (&house.test.sereno, house.test.meta());
    let told = files::import(sereno, &meta, &house.staff, command).await.unwrap();
    told.into_iter()
        .filter(|one| one.outcome != EmailImportOutcome::Unchanged)
        .map(|one| {
            let place = [Some(one.name), one.language].into_iter().flatten().collect::<Vec<_>>();
            let reason = one.reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
            format!("{} {:?}{reason}", place.join("/"), one.outcome)
        })
        .collect()
}

async fn folder_of(house: &House) -> files::Files {
    let file = files::export(&house.test.sereno, &house.staff, None).await.unwrap();
    files::to_files(file).unwrap()
}

#[tokio::test]
async fn templates_travel_as_files() {
    let house = House::new().await;
    house.put(ACTIVATION, says("Mine")).await;
    let mut folder = folder_of(&house).await;
    assert_eq!(folder["activation/en.subject.txt"], "Mine at {{ brand }}\n");
    assert!(folder.contains_key("footer/es.html") && !folder.contains_key("footer/en.subject.txt"));
    let other = House::new().await;
    let told = read_in(&other, &folder, |command| command.dry_run = true).await;
    assert_eq!(told, ["activation/en Drafted"], "only what differs");
    assert_eq!(other.detail(ACTIVATION).await.draft, None, "nothing was done");
    read_in(&other, &folder, |_| {}).await;
    assert_eq!(other.detail(ACTIVATION).await.draft.unwrap().source, says("Mine"));
    assert!(
        read_in(&other, &folder, |_| {}).await.is_empty(),
        "it is the draft already"
    );
    let told = read_in(&other, &folder, |command| command.publish = true).await;
    assert_eq!(told, ["activation/en Published"]);
    assert_eq!(other.detail(ACTIVATION).await.draft, None);
    assert!(
        read_in(&other, &folder, |command| command.publish = true)
            .await
            .is_empty(),
        "once more changes nothing"
    );
    folder.insert("activation/de.html".to_owned(), "{{ x }}".to_owned());
    folder.remove("login_code/en.txt");
    folder.insert("nothing/en.txt".to_owned(), "x".to_owned());
    let told = read_in(&other, &folder, |command| command.publish = true).await;
    let expected = [
        "activation/de Refused (html, line 1, column 4: \"there is no variable x\")",
        "login_code/en Refused (text: blank)",
        "nothing/en Refused (there is no such template or language)",
    ];
    assert_eq!(told, expected);
    let some = files::export(&house.test.sereno, &house.staff, Some(&["activation"])).await;
    assert_eq!(some.unwrap().templates.len(), 1);
    let unknown = files::export(&house.test.sereno, &house.staff, Some(&["activation", "x"])).await;
    assert_eq!(refused_fields(unknown), [("names".to_owned(), Code::InvalidChoice)]);
}

#[tokio::test]
async fn what_is_read_in_writes_over_no_draft_of_a_colleague() {
    let house = House::new().await;
    house.put(ACTIVATION, says("Mine")).await;
    let folder = folder_of(&house).await;
    let other = House::new().await;
    other.save(ACTIVATION, says("Theirs")).await.unwrap();
    for publish in [false, true] {
        for dry_run in [true, false] {
            let told = read_in(&other, &folder, |command| {
                (command.publish, command.dry_run) = (publish, dry_run);
            })
            .await;
            assert_eq!(told, ["activation/en Kept"]);
        }
    }
    let now = other.detail(ACTIVATION).await;
    assert_eq!((now.draft.unwrap().source, now.live), (says("Theirs"), None));
    let told = read_in(&other, &folder, |command| {
        (command.publish, command.force) = (true, true);
    })
    .await;
    assert_eq!(told, ["activation/en Published"]);
    assert_eq!(other.detail(ACTIVATION).await.live.unwrap().source, says("Mine"));
}

#[tokio::test]
async fn templates_of_staffs_own_travel_with_what_they_may_name() {
    let house = House::new().await;
    let (sereno, meta, staff) = (&house.test.sereno, house.test.meta(), &house.staff);
    custom::create(sereno, &meta, staff, welcome()).await.unwrap();
    let hello = EmailSource {
        subject: "Hello {{ name }}".to_owned(),
        text: "{{ name }}".to_owned(),
        html: "{{ name }}".to_owned(),
    };
    house.put(("custom.welcome", "en"), hello.clone()).await;
    let mut folder = folder_of(&house).await;
    assert!(folder["custom.welcome/template.json"].contains("\"title\": \"Welcome\""));
    folder.retain(|path, _| path.starts_with("custom."));
    let other = House::new().await;
    let both = ["custom.welcome Made", "custom.welcome/en Published"];
    let told = read_in(&other, &folder, |command| {
        (command.publish, command.dry_run) = (true, true);
    })
    .await;
    assert_eq!(told, both);
    let none = show::detail(&other.test.sereno, &other.staff, "custom.welcome", "en").await;
    assert_eq!(refused(none), Code::NotFound, "nothing was done");
    let told = read_in(&other, &folder, |command| command.publish = true).await;
    assert_eq!(told, both);
    let there = other.detail(("custom.welcome", "en")).await;
    assert_eq!(
        (
            there.title.as_str(),
            there.description.as_str(),
            there.live.unwrap().source
        ),
        ("Welcome", "For new customers", hello)
    );
    assert!(read_in(&other, &folder, |_| {}).await.is_empty());
    // a definition of what is ours, or one that is wrong, is told of
    let json = folder["custom.welcome/template.json"].replace("\"name\": \"name\"", "\"name\": \"if\"");
    let wrong = files::Files::from([
        ("activation/template.json".to_owned(), "{}".to_owned()),
        ("custom.other/template.json".to_owned(), json),
    ]);
    let told = read_in(&other, &wrong, |_| {}).await;
    assert_eq!(
        told,
        [
            "activation Refused (there is no such template or language)",
            "custom.other Refused (variables.0.name: invalid_choice)"
        ]
    );
    let broken = files::Files::from([("custom.other/template.json".to_owned(), "{".to_owned())]);
    assert!(files::from_files(&broken).is_err());
}
