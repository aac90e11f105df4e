//! Lists: keyset paging with a total.

use serde::{Deserialize, Serialize};

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// Opaque; pass it as `cursor` for the page that follows.
    pub next_cursor: Option<String>,
    /// Opaque; pass it as `cursor` for the page before.
    pub prev_cursor: Option<String>,
    /// How many rows match search and filters in all.
    pub total: u64,
}

/// What every list understands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageQuery {
    /// Rows per page, 1 to 200; 50 when absent.
    pub limit: Option<u64>,
    /// Where to continue, from an earlier answer.
    pub cursor: Option<String>,
}
