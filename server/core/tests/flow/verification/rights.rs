//! Nobody comes by rights through an address that was only typed.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use sereno_core::account::{activate, admin};
use sereno_core::config::Verification;
use sereno_core::entity::{role, user};
use sereno_core::login::{self};
use sereno_core::roles::{assignments, projects};
use sereno_core::testing::{PASSWORD, TestSereno, by_link, login_code_of, refused, refused_fields};
use sereno_types::{AssignRole, Code, CreateProject, Id, SocialLinking, UserState, VerifyLoginCode};

use super::{
    ADDRESS, NEW, asked_for_a_password, by_provider, form, is_confirmed, optional, send, set, try_password,
    with_provider,
};

/// Rights were given to whoever uses the account. Who reads an address that was only typed there does not come by them.
#[tokio::test]
async fn nobody_comes_by_rights_through_an_address_that_nobody_proved() {
    let (test, provider) = with_provider(SocialLinking::Verified).await;
    send(&test, form(ADDRESS)).await;
    let activation = test.mails().await.pop().unwrap();
    let id = test.holder_of(ADDRESS).await;
    let role = role::Entity::find()
        .filter(role::Column::Codename.eq("viewer"))
        .one(test.sereno.db.write())
        .await
        .unwrap()
        .unwrap()
        .id
        .to_string();
    let give = |whom: &str| AssignRole {
        role: Id(role.clone()),
        users: vec![whom.to_owned()],
        project: None,
        expires_at: None,
    };
    let (staff, meta) = (test.system().await, test.meta());
    // staff that names somebody by such an address does not know whom
    let by_address = assignments::assign(&test.sereno, &meta, &staff, give(ADDRESS)).await;
    assert_eq!(
        refused_fields(by_address),
        [("users.0".to_owned(), Code::InvalidChoice)]
    );
    assignments::assign(&test.sereno, &meta, &staff, give(&id.to_string()))
        .await
        .unwrap();
    assert!(asked_for_a_password(&test, ADDRESS).await.is_none());
    assert!(test.ask_code(ADDRESS).await.1.is_none());
    assert_eq!(
        refused(by_provider(&test, &provider, json!({})).await),
        Code::SocialAccountExists
    );
    let target = Id(id.to_string());
    let by_staff = admin::send_password_reset(&test.sereno, &meta, &staff, &target).await;
    assert_eq!(refused(by_staff), Code::StateConflict);
    try_password(&test, ADDRESS, PASSWORD).await.unwrap();
    // its own mail confirms it, and then it is theirs
    activate::activate(&test.sereno, &meta, by_link(&activation))
        .await
        .unwrap();
    assert!(asked_for_a_password(&test, ADDRESS).await.is_some());
}

/// A role that was given while the mail was under way.
#[tokio::test]
async fn rights_that_came_meanwhile_are_not_taken_over_either() {
    let test = optional().await;
    test.sign_up(ADDRESS).await;
    let id = test.holder_of(ADDRESS).await;
    let mail = asked_for_a_password(&test, ADDRESS).await.unwrap();
    let code = test.ask_code(ADDRESS).await.1.unwrap();
    user::Entity::update_many()
        .col_expr(user::Column::IsSuperuser, Expr::value(true))
        .filter(user::Column::Id.eq(id))
        .exec(test.sereno.db.write())
        .await
        .unwrap();
    assert_eq!(refused(set(&test, &mail).await), Code::ResetLinkInvalid);
    let command = VerifyLoginCode {
        identifier: Some(ADDRESS.to_owned()),
        code: Some(login_code_of(&code).as_str().into()),
        ..VerifyLoginCode::default()
    };
    let by_code = login::by_code_for_application(&test.sereno, &test.meta(), command).await;
    assert_eq!(refused(by_code), Code::LoginCodeInvalid);
    try_password(&test, ADDRESS, PASSWORD).await.unwrap();
    assert!(!is_confirmed(&test, ADDRESS).await);
}

/// What staff gave to whoever confirms the address is nobody's who types it once more when nothing need be confirmed.
#[tokio::test]
async fn who_waits_with_rights_goes_on_waiting() {
    let test = optional().await;
    test.sign_up(ADDRESS).await;
    let id = test.holder_of(ADDRESS).await;
    test.put_into(id, UserState::Pending).await;
    let viewer = role::Entity::find()
        .filter(role::Column::Codename.eq("viewer"))
        .one(test.sereno.db.write())
        .await
        .unwrap()
        .unwrap();
    let (staff, meta) = (test.system().await, test.meta());
    let give = AssignRole {
        role: Id(viewer.id.to_string()),
        users: vec![ADDRESS.to_owned()],
        project: None,
        expires_at: None,
    };
    assignments::assign(&test.sereno, &meta, &staff, give).await.unwrap();
    let mut again = form(ADDRESS);
    again.password = NEW.into();
    send(&test, again).await;
    assert_eq!(test.row(id).await.state(), UserState::Pending);
    assert_eq!(
        refused(try_password(&test, ADDRESS, NEW).await),
        Code::ActivationRequired
    );
    // nor does locking and unlocking let them in
    let target = Id(id.to_string());
    admin::lock(&test.sereno, &meta, &staff, &target).await.unwrap();
    admin::unlock(&test.sereno, &meta, &staff, &target).await.unwrap();
    assert_eq!(test.row(id).await.state(), UserState::Pending);
}

/// An owner of a project is somebody with rights, whatever owners may do today.
#[tokio::test]
async fn the_owner_of_a_project_is_not_taken_over() {
    let test = TestSereno::with(|config| {
        config.registration.verification = Verification::Optional;
        config.access.owner_permissions = Vec::new();
    })
    .await;
    send(&test, form(ADDRESS)).await;
    test.mails().await;
    let id = test.holder_of(ADDRESS).await;
    let project = CreateProject {
        slug: "acme".to_owned(),
        owner: Some(id.to_string()),
        ..CreateProject::default()
    };
    projects::create(&test.sereno, &test.meta(), &test.system().await, project)
        .await
        .unwrap();
    assert!(asked_for_a_password(&test, ADDRESS).await.is_none());
}
