//! The picture that a user shows; the first letters of the name where there is none.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use sereno_types::{Me, UserDetail};

/// How a user looks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Face {
    /// The picture's path on this host.
    pub picture: Option<String>,
    /// One letter or two.
    pub initials: String,
}

impl Face {
    /// The signed-in user's.
    #[must_use]
    pub fn of(me: &Me) -> Self {
        let other = me.username.as_deref().or(me.email.as_deref());
        Self {
            picture: me.picture.as_deref().map(on_this_host),
            initials: initials(&me.first_name, &me.last_name, other),
        }
    }

    /// Anybody's.
    #[must_use]
    pub fn theirs(user: &UserDetail) -> Self {
        let address = user.emails.first().map(|email| email.address.as_str());
        let other = user.username.as_deref().or(address);
        Self {
            picture: user.picture.as_deref().map(on_this_host),
            initials: initials(&user.first_name, &user.last_name, other),
        }
    }
}

/// The address without its host. Programs get the public one; a page may have been asked for by another name, and shows
/// only what comes from its own.
fn on_this_host(address: &str) -> String {
    address.find("/media/").map_or("", |at| &address[at..]).to_owned()
}

fn initials(first: &str, last: &str, other: Option<&str>) -> String {
    let begins = |name: &str| name.trim().chars().next();
    let mut letters: Vec<char> = [first, last].into_iter().filter_map(begins).collect();
    if letters.is_empty() {
        letters.extend(other.and_then(begins));
    }
    letters.into_iter().flat_map(char::to_uppercase).collect()
}

/// The picture, round. It says nothing to who cannot see it unless it is given words: the name stands beside it.
#[component]
pub fn Avatar(
    /// How the user looks.
    face: Face,
    /// What the picture is, in words.
    #[prop(default = "")]
    alt: &'static str,
    /// Further classes.
    #[prop(default = "")]
    class: &'static str,
) -> impl IntoView {
    let class = format!("avatar {class}");
    match face.picture {
        Some(picture) => view! { <img class=class src=picture alt=alt width="64" height="64" /> }.into_any(),
        None => view! {
            <span class=class aria-hidden="true">
                {face.initials}
            </span>
        }
        .into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::{initials, on_this_host};

    #[test]
    fn names_go_before_what_one_signs_in_with() {
        assert_eq!(initials("ana", "Bee", Some("x")), "AB");
        assert_eq!(initials("", " öre", None), "Ö");
        assert_eq!(initials("", "", Some("ana@example.org")), "A");
        assert_eq!(initials("", "", None), "");
    }

    #[test]
    fn the_host_of_a_picture_is_left_out() {
        assert_eq!(
            on_this_host("https://id.example.org/media/user/a.jpg"),
            "/media/user/a.jpg"
        );
        assert_eq!(on_this_host("https://elsewhere.example/a.jpg"), "");
    }
}
