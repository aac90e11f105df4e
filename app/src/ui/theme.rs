//! Light or dark. The style sheet follows the system by itself; whoever wants it otherwise chooses here, and the browser
//! remembers. [`BEFORE_PAINT`] applies the choice in the head of the page, so nothing flashes.

use leptos::prelude::*;
use leptos::web_sys::Storage;

use crate::text;

/// Runs before the first paint: says that scripts run, and applies the remembered choice.
pub const BEFORE_PAINT: &str = r#"(()=>{const d=document.documentElement.dataset;d.js="";try{const t=localStorage.getItem("theme");if(t==="light"||t==="dark")d.theme=t}catch{}})()"#;

const KEY: &str = "theme";
const ATTRIBUTE: &str = "data-theme";

/// The choice; only where scripts run.
#[component]
pub fn ThemeChoice(
    /// The id of the control; a page may have two, of which one is seen.
    id: &'static str,
) -> impl IntoView {
    let texts = text::use_texts();
    let chosen = RwSignal::new(String::new());
    Effect::new(move |_| chosen.set(remembered().unwrap_or_default()));
    view! {
        <label class="js-only grid gap-1 text-sm" for=id>
            <span>{texts.theme}</span>
            <select
                id=id
                class="choice"
                prop:value=move || chosen.get()
                on:change=move |event| {
                    let theme = event_target_value(&event);
                    choose(&theme);
                    chosen.set(theme);
                }
            >
                <option value="">{texts.theme_system}</option>
                <option value="light">{texts.theme_light}</option>
                <option value="dark">{texts.theme_dark}</option>
            </select>
        </label>
    }
}

/// Storage can be switched off; then the choice lasts as long as the page.
fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

fn remembered() -> Option<String> {
    storage()?.get_item(KEY).ok().flatten()
}

fn choose(theme: &str) {
    let root = document().document_element();
    if theme.is_empty() {
        _ = storage().map(|storage| storage.remove_item(KEY));
        _ = root.map(|root| root.remove_attribute(ATTRIBUTE));
    } else {
        _ = storage().map(|storage| storage.set_item(KEY, theme));
        _ = root.map(|root| root.set_attribute(ATTRIBUTE, theme));
    }
}
