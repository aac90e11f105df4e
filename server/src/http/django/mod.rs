//! What the Django framework itself answers, for facades of packages that were written for it: its JSON, its forms, its cookies,
//! its defence against cross-site requests, its pages for refusals.

pub mod cookie;
pub mod csrf;
pub mod form;
pub mod json;
pub mod view;
