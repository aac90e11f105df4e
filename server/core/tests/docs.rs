//! What the handbook takes from the code is what the code says.

use sereno_core::config::Config;
use sereno_core::testing::checked_in;
use sereno_core::{error, event};

#[test]
fn the_table_of_events_is_checked_in() {
    let intro = "# Events\n\nEverything Sereno records, in the transaction in which it happened, and tells its subscribers \
                 once that is committed. Made from the code: `SERENO_BLESS=1 cargo nextest run -p sereno-core --test docs` \
                 writes it anew.\n\n";
    checked_in("events.md", &format!("{intro}{}", event::table()));
}

#[test]
fn the_table_of_codes_is_checked_in() {
    let intro = "# Codes\n\nEvery reason for which Sereno says no. A code is stable; clients branch on it and on nothing \
                 else. The HTTP status is that of the native API; a code of a field travels inside `validation_failed`. \
                 Made from the code: `SERENO_BLESS=1 cargo nextest run -p sereno-core --test docs` writes it anew.\n\n";
    checked_in("codes.md", &format!("{intro}{}", error::table()));
}

#[test]
fn the_example_of_the_configuration_is_checked_in() {
    checked_in("sereno.example.toml", &Config::example());
}
