//! Announcements: whom they reach, how they leave in the background, what stops them, and who wants none.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

mod audience;
mod drafts;
mod sending;
mod unsubscribing;

use std::time::Duration;

use sereno_core::announcements;
use sereno_core::context::Staff;
use sereno_core::jobs;
use sereno_core::testing::TestSereno;
use sereno_types::{
    AnnouncementAudience, AnnouncementDetail, AnnouncementState, AudienceKind, Id, SaveAnnouncement,
    ScheduleAnnouncement,
};

fn letter(audience: AnnouncementAudience) -> SaveAnnouncement {
    SaveAnnouncement {
        name: "Winter".to_owned(),
        subject: "What is new".to_owned(),
        html: "<p>Dear <b>reader</b></p>".to_owned(),
        audience,
        ..SaveAnnouncement::default()
    }
}

fn list(addresses: &[&str]) -> AnnouncementAudience {
    AnnouncementAudience {
        kind: AudienceKind::Addresses,
        addresses: addresses.iter().map(|&text| text.to_owned()).collect(),
        ..AnnouncementAudience::default()
    }
}

async fn written(test: &TestSereno, audience: AnnouncementAudience) -> (Staff, AnnouncementDetail) {
    let staff = test.system().await;
    let made = announcements::create(&test.sereno, &test.meta(), &staff, letter(audience)).await;
    (staff, made.unwrap())
}

async fn start(test: &TestSereno, staff: &Staff, id: &Id) -> AnnouncementDetail {
    let now = ScheduleAnnouncement::default();
    announcements::schedule(&test.sereno, &test.meta(), staff, id, now)
        .await
        .unwrap()
}

async fn now(test: &TestSereno, staff: &Staff, id: &Id) -> AnnouncementDetail {
    announcements::detail(&test.sereno, staff, id).await.unwrap()
}

/// Works the queue until nothing of the announcement is left, second by second.
async fn finish(test: &TestSereno, staff: &Staff, id: &Id) -> AnnouncementDetail {
    for _ in 0..60 {
        jobs::run_due(&test.sereno).await.unwrap();
        let detail = now(test, staff, id).await;
        if detail.announcement.state == AnnouncementState::Sent {
            return detail;
        }
        test.advance(Duration::from_secs(1));
    }
    now(test, staff, id).await
}

fn to(test: &TestSereno) -> Vec<String> {
    let mut all: Vec<String> = test.mail.sent().into_iter().map(|mail| mail.recipient).collect();
    all.sort();
    all
}
