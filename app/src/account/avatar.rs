//! The visitor's own picture: chosen, and taken away. A file is posted by a form of its own to a door that takes one, with
//! scripts as without; what it answers is a redirect, as after every post.

use leptos::context::Provider;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use sereno_types::Problem;

use crate::{
    text,
    ui::{
        avatar::{Avatar, Face},
        field::FileField,
        form::{Attempt, ErrorSummary, Form, Submit},
        icon::Icon,
    },
    visit,
};

/// Where the form posts its file. No server function: those take flat texts.
pub const UPLOAD: &str = "/account/avatar";
/// The name of the field that holds the file.
const FIELD: &str = "avatar";
/// What can be read; what a file really is shows in its content.
const KINDS: &str = "image/png,image/jpeg,image/gif,image/webp";

/// What the profile shows of the picture.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Portrait {
    /// How the visitor looks.
    pub face: Face,
    /// Whether they choose it themselves.
    pub may_change: bool,
    /// Most bytes of a file.
    pub max_bytes: u64,
}

#[server(prefix = "/account/fn", endpoint = "remove_avatar")]
pub(crate) async fn remove_avatar() -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    sereno_core::account::avatar::remove(&visitor.sereno, &visitor.meta, &visitor.actor)
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/account/profile?done=picture-removed");
    Ok(())
}

/// The tries at choosing a picture and at taking it away.
#[derive(Clone, Copy)]
pub struct PictureChanges {
    upload: Attempt,
    remove: ServerAction<RemoveAvatar>,
    remove_attempt: Attempt,
}

impl PictureChanges {
    /// Before the first of them in this browser.
    pub(crate) fn begin() -> Self {
        let remove = ServerAction::new();
        Self {
            upload: Attempt::after(visit::flash_of(UPLOAD)),
            remove,
            remove_attempt: Attempt::of(remove),
        }
    }

    /// What the heading of the page tells of.
    pub(crate) fn attempt(self) -> Attempt {
        Attempt::either(self.upload, self.remove_attempt)
    }
}

/// The picture, with the forms for it where the visitor may change it.
#[component]
pub fn Picture(
    /// What there is.
    portrait: Portrait,
    /// The tries at changing it.
    changes: PictureChanges,
) -> impl IntoView {
    let texts = text::use_texts();
    let Portrait {
        face,
        may_change,
        max_bytes,
    } = portrait;
    let has_one = face.picture.is_some();
    let remove = (may_change && has_one).then(|| {
        view! {
            <Form action=changes.remove attempt=changes.remove_attempt class="contents" tells=false>
                <Submit label=texts.picture_remove class="button button-danger" icon=Icon::Trash />
            </Form>
        }
    });
    view! {
        <ErrorSummary attempt=changes.attempt() />
        {(may_change || has_one)
            .then(|| {
                view! {
                    <section class="grid grid-cols-1 gap-4 border-b border-line pb-6" aria-labelledby="picture">
                        <h2 id="picture" class="text-lg font-semibold">
                            {texts.picture}
                        </h2>
                        <div class="flex flex-wrap items-center gap-4">
                            <Avatar face alt=texts.picture_own class="avatar-large" />
                            {remove}
                        </div>
                        {may_change.then(|| view! { <Upload attempt=changes.upload max_bytes /> })}
                    </section>
                }
            })}
    }
}

/// A plain form, also where scripts run: the browser sends files better than a script, and shows how far it is.
#[component]
fn Upload(attempt: Attempt, max_bytes: u64) -> impl IntoView {
    let texts = text::use_texts();
    view! {
        <form action=UPLOAD method="post" enctype="multipart/form-data" class="grid grid-cols-1 gap-4" novalidate="">
            <Provider value=attempt>
                <FileField name=FIELD label=texts.picture_file accept=KINDS hint=text::picture_hint(max_bytes) />
                <Submit label=texts.picture_save class="button justify-self-start" />
            </Provider>
        </form>
    }
}
