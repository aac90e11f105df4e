//! Telling a provider that somebody here does not sign in by it any more.

use sea_orm::EntityTrait;
use sereno_types::{Secret, SocialKind};

use super::provider::Provider;
use super::{apple, link};
use crate::account::revocation::RevokeAtProvider;
use crate::context::{Failure, Job, Sereno};
use crate::entity::social_provider;
use crate::error::Error;

impl Job for RevokeAtProvider {
    const NAME: &'static str = "revoke_at_provider";

    async fn run(self, sereno: &Sereno) -> Result<(), Failure> {
        let row = social_provider::Entity::find_by_id(self.provider_id)
            .one(sereno.db.read())
            .await?;
        let provider = match (row, self.provider) {
            (Some(row), _) => Provider::open(sereno, row)?,
            // deleted meanwhile: what came along is good for this one thing
            (None, Some(kept)) => Provider::of_apple(sereno, self.provider_id, kept)?,
            (None, None) => return Err(Failure::Never("the provider was deleted".to_owned())),
        };
        if provider.kind != SocialKind::Apple {
            return Err(Failure::Never("only Apple is told".to_owned()));
        }
        let plain = sereno.keys.seal.open(&self.token, &link::place(self.identity_id))?;
        let token = Secret::new(std::str::from_utf8(&plain).map_err(Error::internal)?);
        apple::revoke(sereno, &provider, &token).await
    }
}
