//! Brings the rendered page to life in the browser, and nothing else.

/// Called by the page once the wasm module is there.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
