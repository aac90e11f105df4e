//! What a form that was posted without JavaScript left behind: its problem and what was typed, secrets left out. The
//! server keeps it beside the visitor's cookie for the one page that follows the post, and puts it on that request as
//! an extension `Option<Flash>`. Forms read it through [`crate::ui::form::Attempt`] and never by themselves.

use serde::{Deserialize, Serialize};
use sereno_types::Problem;

/// The last attempt at a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// The path of the server function the form was posted to.
    pub form: String,
    /// Why it was refused.
    pub problem: Problem,
    /// Names and values of the fields, without passwords, codes and tokens.
    pub values: Vec<(String, String)>,
}
