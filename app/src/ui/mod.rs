//! The kit: what pages are made of. Components here hold no data of their own and call no server function.

pub mod alert;
pub mod avatar;
pub mod badge;
pub mod brand;
pub mod confirm;
pub mod copy;
pub mod device;
pub mod field;
pub mod form;
pub mod get_form;
pub mod heading;
pub mod icon;
pub mod layout;
pub mod list;
pub mod loaded;
pub mod logo;
pub mod pager;
pub mod provider;
pub mod sort;
pub mod theme;
pub mod time;
pub mod unsaved;
