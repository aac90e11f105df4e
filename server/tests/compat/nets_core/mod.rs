//! The facade `nets_core`.

mod corners;
mod demo;
mod deviations;
mod fixture;
mod journeys;
mod live;
mod notices;
mod oauth;
mod providers;
mod recorded;
mod rights;
mod scripts;
mod settings;
mod social;
