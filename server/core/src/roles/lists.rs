//! The order of the lists of this room.

use serde::{Deserialize, Serialize};

use crate::paging::Order;

/// By name: the only order.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ByName {
    /// The only one.
    #[default]
    #[serde(rename = "name")]
    First,
}

impl Order for ByName {
    fn is_descending(self) -> bool {
        false
    }

    fn is_text(self) -> bool {
        true
    }
}
