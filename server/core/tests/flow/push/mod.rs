//! Notifications to devices: fanned out, handed to a Firebase Cloud Messaging that answers as the real one does, written
//! down for each device, tried again, and never sent to a token that is dead.

#![expect(clippy::unwrap_used, reason = "checks outside of the test functions")]

mod delivery;
mod history;
mod receivers;
mod settings;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sereno_core::entity::device;
use sereno_core::jobs;
use sereno_core::login;
use sereno_core::messages;
use sereno_core::testing::{FakeFcm, PASSWORD, TestSereno};
use sereno_types::{DeviceHint, Id, Page, PushQuery, PushRow, SendPush};

const PHONE: &str = "6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e5f";

const TABLET: &str = "6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e60";

struct World {
    test: TestSereno,
    fcm: FakeFcm,
}

impl World {
    async fn new() -> Self {
        let fcm = FakeFcm::start().await;
        let test = TestSereno::with(|config| {
            config.push.service_account_file = fcm.account_file.to_string_lossy().into_owned();
            config.push.url.clone_from(&fcm.url);
            config.worker.max_attempts = 3;
        })
        .await;
        test.user("ana").await;
        Self { test, fcm }
    }

    /// Signs in with a device that has this push token; gives the device.
    async fn device(&self, who: &str, uuid: &str, name: &str, token: &str) -> Id {
        let mut command = self.test.credentials(who, PASSWORD);
        command.device = Some(DeviceHint {
            uuid: Some(uuid.to_owned()),
            name: Some(name.to_owned()),
            firebase_token: Some(token.into()),
            ..DeviceHint::default()
        });
        login::for_application(&self.test.sereno, &self.test.meta(), command)
            .await
            .unwrap();
        let found = device::Entity::find()
            .filter(device::Column::Uuid.eq(uuid.parse::<uuid::Uuid>().unwrap()))
            .one(self.test.sereno.db.read())
            .await
            .unwrap();
        // the mail about a new device is not what is tested here
        jobs::run_due(&self.test.sereno).await.unwrap();
        Id(found.unwrap().id.to_string())
    }

    async fn send(&self, command: SendPush) -> sereno_core::Result<Vec<PushRow>> {
        let staff = self.test.system().await;
        let queued = messages::push::send(&self.test.sereno, &self.test.meta(), &staff, command).await?;
        Ok(queued.notifications)
    }

    async fn work(&self) {
        jobs::run_due(&self.test.sereno).await.unwrap();
    }

    async fn list(&self, query: PushQuery) -> Page<PushRow> {
        let staff = self.test.system().await;
        messages::push::list(&self.test.sereno, &staff, query).await.unwrap()
    }

    async fn one(&self, id: &Id) -> PushRow {
        let staff = self.test.system().await;
        messages::push::detail(&self.test.sereno, &staff, id).await.unwrap().row
    }

    async fn token_of(&self, device: &Id) -> Option<String> {
        let found = device::Entity::find_by_id(device.0.parse::<uuid::Uuid>().unwrap());
        let found = found.one(self.test.sereno.db.read()).await.unwrap().unwrap();
        found.firebase_token.map(|token| token.0)
    }
}

fn to_ana(title: &str) -> SendPush {
    SendPush {
        user: Some("ana".to_owned()),
        title: title.to_owned(),
        ..SendPush::default()
    }
}
