//! The mark: a night watchman's lantern with a keyhole for a flame.

use leptos::prelude::*;

/// Mark and name, in the colour of the text around them.
#[component]
pub fn Logo() -> impl IntoView {
    view! {
        <span class="inline-flex items-center gap-2 text-lg font-semibold tracking-tight">
            <svg class="size-8 flex-none" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
                <rect width="32" height="32" rx="8" fill="#1b1f3b" stroke="#343a63"></rect>
                <g fill="none" stroke="#eef0fa" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">
                    <path d="M12 8.5a4 4 0 0 1 8 0"></path>
                    <path d="M10 11.5 11.5 8.5h9l1.5 3z"></path>
                    <path d="M11 11.5v11.5h10V11.5"></path>
                    <path d="M9.5 23h13v2.5h-13z"></path>
                </g>
                <path fill="#f2a541" d="M16 13.3a2.5 2.5 0 0 1 1.3 4.6l.9 3.1h-4.4l.9-3.1A2.5 2.5 0 0 1 16 13.3z"></path>
            </svg>
            "Sereno"
        </span>
    }
}
