//! The ways to others: buttons that lead to a provider, in the form that the providers ask for (their mark, their words,
//! their colours in both themes). The marks are drawn here; nothing is loaded from elsewhere.

use leptos::prelude::*;
use sereno_types::{SocialButton, SocialKind};

use super::icon::Icon;
use crate::text;

/// The mark of a kind of provider: Google's in its colours, the others' in the colour of the words beside it.
pub(crate) fn mark(kind: SocialKind) -> AnyView {
    let drawing = match kind {
        SocialKind::Google => {
            r##"<path fill="#EA4335" d="M24 9.5c3.54 0 6.71 1.22 9.21 3.6l6.85-6.85C35.9 2.38 30.47 0 24 0 14.62 0 6.51 5.38 2.56 13.22l7.98 6.19C12.43 13.72 17.74 9.5 24 9.5z"/><path fill="#4285F4" d="M46.98 24.55c0-1.57-.15-3.09-.38-4.55H24v9.02h12.94c-.58 2.96-2.26 5.48-4.78 7.18l7.73 6c4.51-4.18 7.09-10.36 7.09-17.65z"/><path fill="#FBBC05" d="M10.53 28.59c-.48-1.45-.76-2.99-.76-4.59s.27-3.14.76-4.59l-7.98-6.19C.92 16.46 0 20.12 0 24c0 3.88.92 7.54 2.56 10.78l7.97-6.19z"/><path fill="#34A853" d="M24 48c6.48 0 11.93-2.13 15.89-5.81l-7.73-6c-2.15 1.45-4.92 2.3-8.16 2.3-6.26 0-11.57-4.22-13.47-9.91l-7.98 6.19C6.51 42.62 14.62 48 24 48z"/>"##
        }
        SocialKind::Apple => {
            r#"<path fill="currentColor" transform="scale(2)" d="M18.71 19.5c-.83 1.24-1.71 2.45-3.05 2.47-1.34.03-1.77-.79-3.29-.79-1.53 0-2 .77-3.27.82-1.31.05-2.3-1.32-3.14-2.53C4.25 17 2.94 12.45 4.7 9.39c.87-1.52 2.43-2.48 4.12-2.51 1.28-.02 2.5.87 3.29.87.78 0 2.26-1.07 3.81-.91.65.03 2.47.26 3.64 1.98-.09.06-2.17 1.28-2.15 3.81.03 3.02 2.65 4.03 2.68 4.04-.03.07-.42 1.44-1.38 2.83M13 3.5c.73-.83 1.94-1.46 2.94-1.5.13 1.17-.34 2.35-1.04 3.19-.69.85-1.83 1.51-2.95 1.42-.15-1.15.41-2.35 1.05-3.11z"/>"#
        }
        SocialKind::Facebook => {
            r##"<path fill="#fff" d="M48 24a24 24 0 1 0-27.75 23.71V30.94h-6.1V24h6.1v-5.29c0-6.01 3.58-9.34 9.07-9.34 2.63 0 5.37.47 5.37.47v5.91h-3.03c-2.98 0-3.91 1.85-3.91 3.75V24h6.66l-1.06 6.94h-5.6v16.77A24 24 0 0 0 48 24z"/><path fill="#0866FF" d="M33.34 30.94 34.4 24h-6.66v-4.5c0-1.9.93-3.75 3.91-3.75h3.03V9.84s-2.75-.47-5.37-.47c-5.49 0-9.07 3.33-9.07 9.34V24h-6.1v6.94h6.1v16.77a24.2 24.2 0 0 0 7.5 0V30.94h5.6z"/>"##
        }
        SocialKind::Microsoft => {
            r##"<path fill="#F25022" d="M2 2h21v21H2z"/><path fill="#7FBA00" d="M25 2h21v21H25z"/><path fill="#00A4EF" d="M2 25h21v21H2z"/><path fill="#FFB900" d="M25 25h21v21H25z"/>"##
        }
        SocialKind::Github => {
            r#"<path fill="currentColor" transform="scale(3)" d="M8 0C3.58 0 0 3.58 0 8c0 3.54 2.29 6.53 5.47 7.59.4.07.55-.17.55-.38 0-.19-.01-.82-.01-1.49-2.01.37-2.53-.49-2.69-.94-.09-.23-.48-.94-.82-1.13-.28-.15-.68-.52-.01-.53.63-.01 1.08.58 1.23.82.72 1.21 1.87.87 2.33.66.07-.52.28-.87.51-1.07-1.78-.2-3.64-.89-3.64-3.95 0-.87.31-1.59.82-2.15-.08-.2-.36-1.02.08-2.12 0 0 .67-.21 2.2.82.64-.18 1.32-.27 2-.27s1.36.09 2 .27c1.53-1.04 2.2-.82 2.2-.82.44 1.1.16 1.92.08 2.12.51.56.82 1.27.82 2.15 0 3.07-1.87 3.75-3.65 3.95.29.25.54.73.54 1.48 0 1.07-.01 1.93-.01 2.2 0 .21.15.46.55.38A8.01 8.01 0 0 0 16 8c0-4.42-3.58-8-8-8z"/>"#
        }
        SocialKind::Twitter => {
            r#"<path fill="currentColor" transform="scale(2)" d="M18.24 2.25h3.31l-7.23 8.26 8.5 11.24h-6.65l-5.22-6.82-5.96 6.82H1.68l7.73-8.84L1.25 2.25h6.83l4.71 6.23zm-1.16 17.52h1.83L7.08 4.13H5.12z"/>"#
        }
        SocialKind::Cognito | SocialKind::Oidc => return Icon::KeyRound.draw().into_any(),
    };
    view! {
        <svg class="size-5 flex-none" viewBox="0 0 48 48" aria-hidden="true" focusable="false" inner_html=drawing></svg>
    }
    .into_any()
}

/// Links that lead to the providers and back. They are links and no forms: a form's way may not lead to another site.
#[component]
pub fn ProviderLinks(
    /// Which providers.
    buttons: Vec<SocialButton>,
    /// Where the person wants to go afterwards; none: to connect, while signed in.
    #[prop(default = None)]
    next: Option<String>,
) -> impl IntoView {
    let texts = text::use_texts();
    let links = buttons
        .into_iter()
        .map(|button| {
            let href = match &next {
                Some(next) if next.is_empty() => format!("/account/social/{}/start", button.slug),
                Some(next) => {
                    let next = leptos_router::location::Url::escape(next);
                    format!("/account/social/{}/start?next={next}", button.slug)
                }
                None => format!("/account/social/{}/connect", button.slug),
            };
            let is_facebook = button.kind == SocialKind::Facebook;
            let words = match &next {
                Some(_) if is_facebook => text::continue_with(&button.name),
                Some(_) => text::sign_in_with(&button.name),
                None => format!("{} {}", texts.connect, button.name),
            };
            view! {
                <li>
                    <a class="button provider-button w-full" class:provider-facebook=is_facebook href=href rel="external">
                        {mark(button.kind)}
                        {words}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="grid grid-cols-1 gap-3">{links}</ul> }
}
