//! What a device is to people: its system, or what a `User-Agent` tells of browser and system. Names of products are the same
//! in every language.

use sereno_types::DeviceRow;

/// A browser betrays itself by the first of these: most also claim to be another one.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
];

const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

/// `Firefox · Linux`; nothing if neither is known.
#[must_use]
pub fn describe(user_agent: &str) -> Option<String> {
    let first = |names: &[(&str, &'static str)]| {
        let found = names.iter().find(|(mark, _)| user_agent.contains(mark));
        found.map(|(_, name)| *name)
    };
    let known: Vec<&str> = first(BROWSERS).into_iter().chain(first(SYSTEMS)).collect();
    (!known.is_empty()).then(|| known.join(" · "))
}

/// The operating system and its version, as far as they were told.
#[must_use]
pub fn system(row: &DeviceRow) -> Option<String> {
    let parts = [row.os.as_deref(), row.os_version.as_deref()];
    let said = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    (!said.is_empty()).then_some(said)
}

#[cfg(test)]
mod tests {
    use super::describe;

    #[test]
    fn browsers_are_told_by_what_only_they_say() {
        for (user_agent, name) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
                Some("Firefox · Linux"),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36 Edg/142.0",
                Some("Edge · Windows"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1",
                Some("Safari · iPhone"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36",
                Some("Chrome · Android"),
            ),
            ("curl/8.5.0", Some("curl")),
            ("my-app/1.0", None),
            ("", None),
        ] {
            assert_eq!(describe(user_agent).as_deref(), name, "{user_agent}");
        }
    }
}
