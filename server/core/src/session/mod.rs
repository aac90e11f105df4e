//! Browser sign-ins: rows of our own, begun and ended inside the transaction of the flow. The cookie holds a random
//! value of which only the digest is stored. Knows no HTTP: the server's adapter stages the value in the cookie.

mod end;
mod flow_state;
mod resolve;
mod start;

pub use end::{carry_over, end, end_all, end_on, end_others, end_through, replace};
pub use flow_state::{
    FlowState, create as create_flow_state, create_for, delete as delete_flow_state, load as load_flow_state, load_for,
    save as save_flow_state, save_for, take_for,
};
pub use resolve::{load_data, resolve, resolve_for, save_data};
pub use start::{NewSession, Place, Proof, start};

/// Under this key a handler hands a new session's secret to the cookie layer.
pub const STAGED: &str = "sereno.staged";

/// What a session's digest is bound to.
const PURPOSE: &str = "session";
