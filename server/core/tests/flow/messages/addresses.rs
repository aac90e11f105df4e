//! The list of addresses that are not written to.

use sereno_core::event::EventKind;
use sereno_core::messages;
use sereno_core::testing::{TestSereno, refused, refused_fields};
use sereno_types::{AddSuppression, Code, SuppressionQuery};

#[tokio::test]
async fn addresses_are_put_on_the_list_and_taken_from_it() {
    let test = TestSereno::new().await;
    let staff = test.system().await;
    let add = async |address: &str| {
        let command = AddSuppression {
            address: address.to_owned(),
            note: None,
        };
        messages::suppress(&test.sereno, &test.meta(), &staff, command).await
    };
    let id = add("Ana@example.org").await.unwrap().id;
    assert_eq!(
        refused_fields(add("ana@EXAMPLE.org").await),
        [("address".to_owned(), Code::AddressListed)]
    );
    assert_eq!(
        refused_fields(add("ana").await),
        [("address".to_owned(), Code::InvalidEmail)]
    );
    let query = SuppressionQuery {
        q: Some("ANA@".to_owned()),
        ..SuppressionQuery::default()
    };
    let page = messages::suppressions(&test.sereno, &staff, query).await.unwrap();
    assert_eq!((page.total, page.items[0].address.as_str()), (1, "Ana@example.org"));
    messages::unsuppress(&test.sereno, &test.meta(), &staff, &id)
        .await
        .unwrap();
    assert_eq!(
        refused(messages::unsuppress(&test.sereno, &test.meta(), &staff, &id).await),
        Code::NotFound
    );
    assert_eq!(test.events.count(EventKind::AddressUnsuppressed), 1);
}
