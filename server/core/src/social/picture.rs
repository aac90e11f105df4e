//! A provider's picture of a user, fetched in the background: through the guard, within the size of any other picture, and
//! only for who has none.

use sea_orm::EntityTrait;
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::person::text;
use crate::account::avatar;
use crate::context::{Failure, Job, Sereno};
use crate::entity::{identity, user};
use crate::error::Error;
use crate::net::OutboundError;

/// Fetches the picture that came with an identity.
#[derive(Debug, Serialize, Deserialize)]
pub struct FetchPicture {
    /// The identity.
    pub identity_id: Uuid,
}

impl Job for FetchPicture {
    const NAME: &'static str = "fetch_picture";

    async fn run(self, sereno: &Sereno) -> Result<(), Failure> {
        let found = identity::Entity::find_by_id(self.identity_id)
            .find_also_related(user::Entity)
            .one(sereno.db.read())
            .await?;
        let Some((identity, Some(user))) = found else {
            return Ok(());
        };
        let Some(url) = text(&identity.profile, "picture").and_then(|picture| Url::parse(picture).ok()) else {
            return Ok(());
        };
        if user.avatar.is_some() || !avatar::may_change(sereno) {
            return Ok(());
        }
        let answer = match sereno.outbound.get(&url).await {
            Ok(answer) if answer.is_success() => answer,
            Ok(answer) if answer.status >= 500 => {
                return Err(Failure::Later(format!(
                    "the picture's server answered {}",
                    answer.status
                )));
            }
            Ok(answer) => {
                return Err(Failure::Never(format!(
                    "the picture's server answered {}",
                    answer.status
                )));
            }
            Err(error @ (OutboundError::Refused(_) | OutboundError::TooLarge)) => {
                return Err(Failure::Never(error.to_string()));
            }
            Err(error) => return Err(Failure::Later(error.to_string())),
        };
        match avatar::adopt(sereno, user.id, answer.body).await {
            Err(error @ Error::Refused { .. }) if error.code().status() < 500 => Err(Failure::Never(error.to_string())),
            outcome => Ok(outcome?),
        }
    }
}
