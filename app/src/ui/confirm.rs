//! "Are you sure?" as a native dialog. Its being open is part of the address (`?confirm=…`): without scripts the server
//! writes it into the page, with scripts it opens above the page, and the back button closes it.

use leptos::html::{A, Dialog};
use leptos::prelude::*;

/// A question before something is taken away.
#[component]
pub fn Confirm(
    /// The id of the dialog.
    #[prop(into)]
    id: String,
    /// The question.
    #[prop(into)]
    title: String,
    /// Whether the address asks it.
    #[prop(into)]
    open: Signal<bool>,
    /// The address that no longer asks.
    cancel: String,
    /// What will be lost, and the form that does it.
    children: Children,
) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let leave = NodeRef::<A>::new();
    Effect::new(move |_| {
        let open = open.get();
        if let Some(dialog) = dialog.get() {
            // also where the server opened it, which it cannot do above the page
            if dialog.open() {
                dialog.close();
            }
            if open {
                _ = dialog.show_modal();
            }
        }
    });
    // Escape leaves by the link, so that the address follows
    let on_cancel = move |event: leptos::ev::Event| {
        event.prevent_default();
        if let Some(leave) = leave.get() {
            leave.click();
        }
    };
    let title_id = format!("{id}-title");
    let labelledby = title_id.clone();
    view! {
        <dialog
            id=id
            class="dialog"
            node_ref=dialog
            open=open.get_untracked()
            aria-labelledby=labelledby
            on:cancel=on_cancel
        >
            <div class="grid gap-4">
                <h2 id=title_id class="text-lg font-semibold">
                    {title}
                </h2>
                {children()}
                <a class="link justify-self-start" href=cancel data-noscroll autofocus node_ref=leave>
                    "Cancel"
                </a>
            </div>
        </dialog>
    }
}
