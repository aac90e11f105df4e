//! The facade djwto.

mod browser;
mod deviations;
mod fixture;
mod journeys;
mod recorded;
mod settings;
