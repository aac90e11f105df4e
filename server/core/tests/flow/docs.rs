//! What the handbook takes from the code is what the code says.

use sereno_core::config::Config;
use sereno_core::testing::checked_in;
use sereno_core::{error, event, intent};

#[test]
fn the_table_of_events_is_checked_in() {
    let intro = "# Events\n\nEverything Sereno records, in the transaction in which it happened, and tells its subscribers \
                 once that is committed. A few kinds are so frequent that they are told and not written. What is asked \
                 before something happens: [hooks.md](hooks.md). Users are notified of those that concern them over an open connection: \
                 [api.md](api.md#notifications). Made from the code: \
                 `SERENO_BLESS=1 cargo nextest run -p sereno-core --test flow docs` writes it anew.\n\n";
    checked_in("events.md", &format!("{intro}{}", event::table()));
}

#[test]
fn the_table_of_hooks_is_checked_in() {
    let intro = "# Hooks\n\nBefore something happens, Sereno says what is about to: an *intent*, which may be refused with a \
                 code. Afterwards it says what did: an *event* ([events.md](events.md)). How a server of yours takes part: \
                 [operations.md](operations.md#hooks). Made from the code: \
                 `SERENO_BLESS=1 cargo nextest run -p sereno-core --test flow docs` writes it anew.\n\nEvery intent may carry the \
                 client's address and user agent beside what the table says; none carries a password, a token or a code. \
                 What is not in the table is told and not asked: what staff, the command line and jobs do, the \
                 set-up of the first administrator, changes of password, address and profile, and ending sign-ins elsewhere. \
                 `token_issued` and `token_verified` are told inside the process alone: an HTTP hook can be asked before \
                 (`token_issue`, `token_verify`) and is never told afterwards, because they are not written.\n\n";
    checked_in("hooks.md", &format!("{intro}{}", intent::table()));
}

#[test]
fn the_table_of_codes_is_checked_in() {
    let intro = "# Codes\n\nEvery reason for which Sereno says no. A code is stable; clients branch on it and on nothing \
                 else. The HTTP status is that of the native API; a code of a field travels inside `validation_failed`. \
                 Made from the code: `SERENO_BLESS=1 cargo nextest run -p sereno-core --test flow docs` writes it anew.\n\n";
    checked_in("codes.md", &format!("{intro}{}", error::table()));
}

#[test]
fn the_example_of_the_configuration_is_checked_in() {
    checked_in("sereno.example.toml", &Config::example());
}
