//! Facades on the wire: what was recorded of the packages whose wires they speak is replayed against the real router in process,
//! and journeys, settings and deviations are shown beside it. One folder for each facade.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a fixture cannot do, its test cannot prove"
)]

mod djwto;
mod nets_core;
mod place;
mod replay;
