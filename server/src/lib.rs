//! The doors of Sereno: the native API, the pages, and the command line. They parse and render; the core decides.

pub mod api;
pub mod assets;
pub mod commands;
pub mod compat;
pub mod http;
pub mod pages;
pub mod router;
