//! The operator's looks on the pages for everybody, and Sereno's own in the console.

use axum::body::Body;

use crate::door::{Door, request};

async fn branded() -> Door {
    Door::with(|config| {
        "<b>Ana & Co.</b>".clone_into(&mut config.brand.name);
        config.brand.logo = format!("{}/logo.svg", config.public_url());
        "#0B5D3B".clone_into(&mut config.brand.accent);
        "https://help.example.org/?a=\"b\"&c".clone_into(&mut config.brand.help);
        "/terms".clone_into(&mut config.brand.terms);
    })
    .await
}

const PAGES: [&str; 8] = [
    "/account/sign-in",
    "/account/sign-in/code",
    "/account/sign-up",
    "/account/activate",
    "/account/forgot-password",
    "/account/reset-password?token=x",
    "/account/signed-out",
    "/account/delete",
];

#[tokio::test]
async fn pages_for_everybody_wear_the_operators_looks() {
    let door = branded().await;
    for path in PAGES {
        let page = door.page(path, "").await;
        for wanted in [
            "<title>",
            " · &lt;b>Ana &amp; Co.&lt;/b></title>",
            "<div class=\"plain branded\">",
            "<img src=\"/logo.svg\" alt=\"\" class=\"brand-logo\">",
            "&lt;b&gt;Ana &amp; Co.&lt;/b&gt;",
            "href=\"/brand/0b5d3b.css\"",
            "rel=\"external\" href=\"https://help.example.org/?a=&quot;b&quot;&amp;c\"",
            "href=\"/terms\"",
        ] {
            assert!(page.text.contains(wanted), "{path}: no {wanted} in {}", page.text);
        }
        for unwanted in ["<b>Ana", " style=\"", ">Sereno<", "Privacy"] {
            assert!(!page.text.contains(unwanted), "{path}: {unwanted} in {}", page.text);
        }
        let policy = page.header("content-security-policy");
        assert!(policy.contains("style-src 'self';"), "{policy}");
    }
    // pages that are not brought to life, and in other languages
    let nowhere = request(
        "GET",
        "/nowhere?ui_locales=de",
        &[("accept", "text/html")],
        Body::empty(),
    );
    let nowhere = door.send(nowhere).await;
    assert_eq!(nowhere.status, 404);
    for wanted in [
        "plain branded",
        "href=\"/brand/0b5d3b.css\"",
        "Nutzungsbedingungen",
        "Ana &amp; Co.",
    ] {
        assert!(nowhere.text.contains(wanted), "no {wanted} in {}", nowhere.text);
    }
}

#[tokio::test]
async fn the_console_stays_as_it_is() {
    let door = branded().await;
    let cookies = door.administrator().await;
    for path in ["/console", "/console/users"] {
        let page = door.page(path, &cookies).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains(" · Sereno</title>"), "{}", page.text);
        for unwanted in ["class=\"plain branded\"", "brand-logo", "help.example.org/?a=&quot;"] {
            assert!(!page.text.contains(unwanted), "{path}: {unwanted}");
        }
    }
}

#[tokio::test]
async fn without_a_brand_pages_are_serenos() {
    let door = Door::new().await;
    let page = door.page("/account/sign-in", "").await;
    for wanted in [" · Sereno</title>", "</svg>Sereno<"] {
        assert!(page.text.contains(wanted), "no {wanted} in {}", page.text);
    }
    for unwanted in ["/brand/", "brand-logo", "brand-mark"] {
        assert!(!page.text.contains(unwanted), "{unwanted}");
    }
    let none = door.get("/brand/0b5d3b.css", &[]).await;
    assert_eq!(none.status, 404);
}

#[tokio::test]
async fn the_colour_is_a_style_sheet_of_our_own() {
    let door = branded().await;
    let sheet = door.get("/brand/0b5d3b.css", &[]).await;
    assert_eq!(sheet.status, 200);
    assert_eq!(sheet.header("content-type"), "text/css; charset=utf-8");
    assert_eq!(sheet.header("cache-control"), "public, max-age=86400");
    assert_eq!(sheet.header("set-cookie"), "");
    for wanted in [".branded {", "--accent: #0b5d3b;", "--accent-text: #ffffff;"] {
        assert!(sheet.text.contains(wanted), "{}", sheet.text);
    }
    for other in ["/brand/0B5D3B.css", "/brand/f2a541.css", "/brand/0b5d3b", "/brand/x"] {
        assert_eq!(door.get(other, &[]).await.status, 404, "{other}");
    }
}
