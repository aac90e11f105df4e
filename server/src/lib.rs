//! The doors of Sereno: what turns requests into calls of the core, and answers into responses.

pub mod assets;
