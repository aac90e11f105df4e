//! E-mail templates in the console, as a browser without JavaScript goes about them.

use crate::door::{Answer, Door};

const LIST: &str = "/console/email-templates";
const PAGE: &str = "/console/email-templates/activation/en";

async fn post(door: &Door, cookies: &str, function: &str, fields: &[(&str, &str)], from: &str) -> Answer {
    let answer = door
        .form(&format!("/console/fn/{function}"), fields, from, cookies)
        .await;
    assert!(
        matches!(answer.status.as_u16(), 200 | 303),
        "{function}: {}",
        answer.text
    );
    answer
}

async fn page(door: &Door, cookies: &str, path: &str) -> Answer {
    let answer = door.page(path, cookies).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer
}

const PLACE: [(&str, &str); 2] = [("name", "activation"), ("language", "en")];

fn written<'a>(html: &'a str, seen: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut fields = PLACE.to_vec();
    fields.extend([
        ("subject", "Hello"),
        ("text", "Hello {{ link }}"),
        ("html", html),
        ("seen", seen),
    ]);
    fields
}

/// The version that the editor's form says it was begun from.
fn seen(page: &str) -> String {
    let editor = page.split("aria-label=\"Editor\"").nth(1).unwrap();
    let after = editor.split("name=\"seen\"").nth(1).unwrap();
    after
        .split("value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_mail_is_written_previewed_published_and_rolled_back_without_scripts() {
    let door = Door::new().await;
    let cookies = door.administrator().await;
    let list = page(&door, &cookies, LIST).await.text;
    assert!(
        list.contains("Activation in English") && list.contains("As shipped"),
        "{list}"
    );
    let editor = page(&door, &cookies, PAGE).await;
    assert!(
        editor.text.contains("{{ link_hours }}") && editor.text.contains("sandbox=\"\""),
        "{}",
        editor.text
    );
    let policy = editor.header("content-security-policy");
    assert!(policy.contains("style-src 'self' 'unsafe-inline'"), "{policy}");
    let list_policy = page(&door, &cookies, LIST).await;
    assert!(
        !list_policy.header("content-security-policy").contains("unsafe-inline"),
        "only where mails are shown"
    );
    let begun = seen(&editor.text);
    // the button that shows and saves nothing
    let mut look = written("<p>Hello <b>you</b></p>{{ link }}", &begun);
    look.push(("show", "yes"));
    let shown = post(&door, &cookies, "save_email_template", &look, PAGE).await;
    assert_eq!(shown.status, 200);
    assert!(
        shown.text.contains("The mail as it would leave") && shown.text.contains("srcdoc"),
        "{}",
        shown.text
    );
    assert!(shown.header("content-security-policy").contains("'unsafe-inline'"));
    assert!(shown.text.contains("max-w-4xl") && !shown.text.contains("max-w-[375px]"));
    // as it was wanted in the address, and with the words of this form
    look.extend([("look", "dark"), ("narrow", "true"), ("user", "")]);
    let dark = post(&door, &cookies, "save_email_template", &look, PAGE).await.text;
    assert!(
        dark.contains("@media all") && dark.contains("max-w-[375px]") && dark.contains("Hello"),
        "{dark}"
    );
    assert!(
        !page(&door, &cookies, PAGE).await.text.contains("Hello {{ link }}"),
        "nothing is saved"
    );
    // what is wrong stands at its field with its place, and what was typed is kept
    let broken = written("<p>\n{{ lnk }}</p>", &begun);
    let refused = post(&door, &cookies, "save_email_template", &broken, PAGE).await;
    assert_eq!(refused.header("location"), PAGE);
    let told = page(&door, &cookies, PAGE).await.text;
    assert!(told.contains("Line 2, column 4: there is no variable lnk"), "{told}");
    assert!(told.contains("Hello {{ link }}"), "what was typed is kept");
    assert!(told.contains("HTML: "), "the summary names the part: {told}");
    assert!(told.contains("value=\"Hello\""), "of the subject, too: {told}");
    let saved = post(
        &door,
        &cookies,
        "save_email_template",
        &written("<p>{{ link }}</p>", &begun),
        PAGE,
    )
    .await;
    assert_eq!(saved.header("location"), format!("{PAGE}?done=saved"));
    // somebody else's draft is not overwritten
    post(
        &door,
        &cookies,
        "save_email_template",
        &written("<p>late {{ link }}</p>", &begun),
        PAGE,
    )
    .await;
    let told = page(&door, &cookies, PAGE).await.text;
    assert!(told.contains("Somebody else has changed this"), "{told}");
    assert!(
        told.contains("saved another draft") && told.contains("&lt;p&gt;late {{ link }}&lt;/p&gt;"),
        "both texts are shown: {told}"
    );
    assert_eq!(seen(&told), begun, "saving again is late again");
    // saving over it is meant
    let theirs = told.split("name=\"over\"").nth(1).unwrap();
    let theirs = theirs.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
    let mut over = written("<p>late {{ link }}</p>", &begun);
    over.push(("over", theirs));
    let saved = post(&door, &cookies, "save_email_template", &over, PAGE).await;
    assert_eq!(saved.header("location"), format!("{PAGE}?done=saved"));
    // what somebody else has changed meanwhile is not thrown away
    let mut stale = PLACE.to_vec();
    stale.push(("seen", begun.as_str()));
    for function in ["discard_email_draft", "publish_email_template", "retire_email_template"] {
        let late = post(&door, &cookies, function, &stale, PAGE).await;
        assert_eq!(late.header("location"), PAGE, "{function}");
        let told = page(&door, &cookies, PAGE).await.text;
        assert!(told.contains("Somebody else has changed this"), "{function}: {told}");
    }
    let published = post(&door, &cookies, "publish_email_template", &PLACE, PAGE).await;
    assert_eq!(published.header("location"), format!("{PAGE}?done=published"));
    let now = page(&door, &cookies, PAGE).await.text;
    assert!(
        now.contains("Version 1") && now.contains("Differs from the shipped default"),
        "{now}"
    );
    let compared = page(&door, &cookies, &format!("{PAGE}/compare?from=shipped&to=live"))
        .await
        .text;
    assert!(
        compared.contains("Confirm your e-mail address") && compared.contains("tone-good"),
        "{compared}"
    );
    post(
        &door,
        &cookies,
        "save_email_template",
        &written("<p>Two {{ link }}</p>", ""),
        PAGE,
    )
    .await;
    post(&door, &cookies, "publish_email_template", &PLACE, PAGE).await;
    let one = page(&door, &cookies, &format!("{PAGE}/versions/1?look=dark")).await;
    assert!(
        one.text.contains("version 1") && one.text.contains("@media all"),
        "{}",
        one.text
    );
    assert!(one.header("content-security-policy").contains("'unsafe-inline'"));
    assert_eq!(door.page(&format!("{PAGE}/versions/9"), &cookies).await.status, 404);
    let defaults = page(&door, &cookies, &format!("{PAGE}/compare")).await.text;
    assert!(defaults.contains("version 1 and what is in use"), "{defaults}");
    let wrong = page(&door, &cookies, &format!("{PAGE}/compare?from=shoe&to=live"))
        .await
        .text;
    assert!(wrong.contains("From: there is no text called"), "{wrong}");
    let asked = page(&door, &cookies, &format!("{PAGE}?restore=1")).await.text;
    assert!(asked.contains("Go back to version 1?"), "{asked}");
    let mut back = PLACE.to_vec();
    back.extend([("version", "1"), ("note", "Back")]);
    let restored = post(&door, &cookies, "roll_back_email_template", &back, PAGE).await;
    assert_eq!(restored.header("location"), format!("{PAGE}?done=restored"));
    assert!(page(&door, &cookies, PAGE).await.text.contains("Version 3"));
    let mut test = PLACE.to_vec();
    test.push(("to", "eve@example.org"));
    let sent = post(&door, &cookies, "test_email_template", &test, PAGE).await;
    assert_eq!(sent.header("location"), format!("{PAGE}?done=sent"));
    let retired = post(&door, &cookies, "retire_email_template", &PLACE, PAGE).await;
    assert_eq!(retired.header("location"), format!("{PAGE}?done=retired"));
    assert!(page(&door, &cookies, PAGE).await.text.contains("As shipped"));
}

#[tokio::test]
async fn a_template_of_ones_own_is_made_and_deleted() {
    let door = Door::new().await;
    let cookies = door.administrator().await;
    let new = "/console/email-templates/new";
    page(&door, &cookies, new).await;
    let fields = [
        ("slug", "welcome"),
        ("title", "Welcome"),
        ("variables", "name | Whom | Ana\nA b"),
    ];
    let refused = post(&door, &cookies, "create_email_template", &fields, new).await;
    assert_eq!(refused.header("location"), new);
    assert!(
        page(&door, &cookies, new)
            .await
            .text
            .contains("characters that are not allowed")
    );
    let fields = [
        ("slug", "welcome"),
        ("title", "Welcome"),
        ("variables", "name | Whom | Ana"),
    ];
    let made = post(&door, &cookies, "create_email_template", &fields, new).await;
    let own = "/console/email-templates/custom.welcome/en";
    assert_eq!(made.header("location"), format!("{own}?done=created"));
    assert!(page(&door, &cookies, own).await.text.contains("{{ name }}"));
    let begun = seen(&page(&door, &cookies, own).await.text);
    let change = [("name", "custom.welcome"), ("seen", &begun), ("title", "Hello")];
    let changed = post(&door, &cookies, "update_email_template", &change, own).await;
    assert_eq!(changed.header("location"), format!("{own}?done=changed"));
    for function in ["update_email_template", "delete_email_template"] {
        let late = post(&door, &cookies, function, &change, own).await;
        assert_eq!(late.header("location"), own, "{function}");
    }
    let gone = [("name", "custom.welcome")];
    let deleted = post(&door, &cookies, "delete_email_template", &gone, own).await;
    assert_eq!(deleted.header("location"), format!("{LIST}?done=deleted"));
    assert_eq!(door.page(own, &cookies).await.status, 404);
}

#[tokio::test]
async fn templates_are_read_in_all_or_none() {
    let door = Door::new().await;
    let cookies = door.administrator().await;
    let import = "/console/email-templates/import";
    page(&door, &cookies, import).await;
    let source = |html: &str| {
        serde_json::json!({"templates": [
            {"name": "custom.welcome", "definition": {"title": "Welcome"}, "languages": {
                "en": {"subject": "Hello", "text": "Hello", "html": html},
            }},
        ]})
        .to_string()
    };
    let wrong = source("{{ x }}");
    let refused = post(
        &door,
        &cookies,
        "import_email_templates",
        &[("templates", &wrong)],
        import,
    )
    .await;
    assert_eq!(refused.header("location"), import);
    let told = page(&door, &cookies, import).await.text;
    assert!(told.contains("custom.welcome/en: html, line 1"), "{told}");
    assert_eq!(
        door.page("/console/email-templates/custom.welcome/en", &cookies)
            .await
            .status,
        404,
        "nothing was done"
    );
    for broken in ["", "{", "[]", "{\"templates\": 1}"] {
        let refused = post(
            &door,
            &cookies,
            "import_email_templates",
            &[("templates", broken)],
            import,
        )
        .await;
        assert_eq!(refused.header("location"), import, "{broken}");
    }
    let good = source("<p>Hello</p>");
    let fields = [("templates", good.as_str()), ("publish", "yes")];
    let done = post(&door, &cookies, "import_email_templates", &fields, import).await;
    assert_eq!(done.header("location"), format!("{LIST}?done=imported"));
    let made = page(&door, &cookies, "/console/email-templates/custom.welcome/en").await;
    assert!(made.text.contains("Version 1"), "{}", made.text);
}
