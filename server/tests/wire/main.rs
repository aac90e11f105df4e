//! The wire: the real router in process, over a real database. Status, headers and bodies as a client sees them; every
//! answer of the API is held against `/openapi.json`. One file per route group, mirroring `src/api` and the pages.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a fixture cannot do, its test cannot prove"
)]

mod api;
mod door;
mod pages;
