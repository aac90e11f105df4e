//! A user's picture for staff, who may take away what nobody should have to look at.

use leptos::prelude::*;
use sereno_types::{Id, Problem};

use crate::ui::{
    avatar::{Avatar, Face},
    confirm::Confirm,
    field::Hidden,
    form::{Attempt, Form, Submit},
    icon::Icon,
};

#[server(prefix = "/console/fn", endpoint = "remove_user_avatar")]
pub(crate) async fn remove_user_avatar(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, Id(id));
    sereno_core::account::avatar::remove_theirs(&member.sereno, &member.meta, &member.staff, &id)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("/console/users/{id}?done=picture"));
    Ok(())
}

/// The picture, and the way to take it away for who may.
#[component]
pub(crate) fn UserPicture(
    /// Whose.
    id: Id,
    /// How they look.
    face: Face,
    /// Whether it can be taken away here.
    may_remove: bool,
) -> impl IntoView {
    if face.picture.is_none() {
        return "None".into_any();
    }
    let remove = may_remove.then(|| {
        view! {
            <a class="button button-danger" href=format!("/console/users/{id}?confirm=picture") data-noscroll>
                {Icon::Trash.draw()}
                "Take picture away"
            </a>
        }
    });
    view! {
        <span class="flex flex-wrap items-center gap-4">
            <Avatar face alt="The user's picture" class="avatar-large" />
            {remove}
        </span>
    }
    .into_any()
}

#[component]
pub(crate) fn PictureQuestion(
    /// Whose.
    id: Id,
    /// How the user is called.
    name: String,
    /// Whether the address asks.
    open: Signal<bool>,
) -> impl IntoView {
    let action = ServerAction::<RemoveUserAvatar>::new();
    let attempt = Attempt::of(action);
    view! {
        <Confirm
            id="picture"
            title=format!("Take the picture of {name} away?")
            open
            cancel=format!("/console/users/{id}")
        >
            <p>"The file is deleted, here and wherever its address is shown. The user can choose another picture."</p>
            <Form action attempt>
                <Hidden name="id" value=id.0 />
                <Submit label="Take picture away" class="button button-danger justify-self-start" icon=Icon::Trash />
            </Form>
        </Confirm>
    }
}
