//! The colour that an operator chooses for the one main button of a page, and what must go with it so that everybody can
//! read and see it: the text on it, the shade under the pointer, the border around it (WCAG 2.2: 1.4.3, 1.4.11).

/// Least contrast of text (WCAG 2.2, 1.4.3, AA).
const TEXT: f64 = 4.5;
/// Least contrast of what has to be seen to be used (1.4.11, AA).
const EDGE: f64 = 3.0;
/// The grounds of pages and cards, light and dark (`--canvas` and `--surface` in `style/tailwind.css`).
const GROUNDS: [Rgb; 4] = [
    Rgb([0xf6, 0xf7, 0xfb]),
    Rgb([0xff, 0xff, 0xff]),
    Rgb([0x0e, 0x11, 0x24]),
    Rgb([0x16, 0x1a, 0x33]),
];
/// Text on a light button, white text, and black where neither can be read.
const INKS: [Rgb; 3] = [
    Rgb([0x1b, 0x1f, 0x3b]),
    Rgb([0xff, 0xff, 0xff]),
    Rgb([0x00, 0x00, 0x00]),
];

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rgb([u8; 3]);

impl Rgb {
    /// `#rrggbb`.
    fn read(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        Some(Self([part(0)?, part(2)?, part(4)?]))
    }

    fn written(self) -> String {
        let [red, green, blue] = self.0;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    /// Relative luminance (WCAG 2.2).
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        };
        let [red, green, blue] = self.0.map(linear);
        0.0722f64.mul_add(blue, 0.2126f64.mul_add(red, 0.7152 * green))
    }

    fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// An eighth of the way to another colour.
    fn towards(self, other: Self) -> Self {
        let mut mixed = self.0;
        for (part, to) in mixed.iter_mut().zip(other.0) {
            let sum = u16::from(*part) * 7 + u16::from(to);
            *part = u8::try_from(sum / 8).unwrap_or(u8::MAX);
        }
        Self(mixed)
    }
}

/// A colour with everything that goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accent {
    ground: Rgb,
    ink: Rgb,
}

impl Accent {
    /// Reads `#rrggbb`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let ground = Rgb::read(text)?;
        let ink = INKS.into_iter().find(|ink| ground.contrast(*ink) >= TEXT)?;
        Some(Self { ground, ink })
    }

    /// Six small hexadecimal digits: tell one colour from another in an address.
    #[must_use]
    pub fn name(self) -> String {
        self.ground.written().trim_start_matches('#').to_owned()
    }

    /// The style sheet that gives pages the colour: values of the variables that `style/tailwind.css` begins with.
    #[must_use]
    pub fn style_sheet(self) -> String {
        // away from its text, which becomes no harder to read
        let away = if self.ink.luminance() > 0.5 { INKS[2] } else { INKS[1] };
        let ground = self.ground.written();
        let edge = if GROUNDS.iter().all(|page| self.ground.contrast(*page) >= EDGE) {
            ground.clone()
        } else {
            // what is lost on one of the grounds gets the border of other buttons
            "var(--control)".to_owned()
        };
        let [red, green, blue] = self.ground.0;
        format!(
            ".branded {{\n  --accent: {ground};\n  --accent-strong: {};\n  --accent-text: {};\n  --accent-edge: {edge};\n  \
             --glow: rgb({red} {green} {blue} / 0.12);\n}}\n",
            self.ground.towards(away).written(),
            self.ink.written(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_six_digits_are_a_colour() {
        for good in ["#336699", "#ABCDEF", "#000000"] {
            assert!(Accent::read(good).is_some(), "{good}");
        }
        for bad in [
            "", "#", "336699", "#369", "#33669g", "#3366991", "red", "#é3669", "#33 699", "#-33669",
        ] {
            assert!(Accent::read(bad).is_none(), "{bad}");
        }
    }

    /// Whatever an operator chooses: the text on the button can be read, also under the pointer.
    #[test]
    fn the_text_on_every_colour_can_be_read() {
        for red in (0..=255).step_by(15) {
            for green in (0..=255).step_by(15) {
                for blue in (0..=255).step_by(15) {
                    let colour = format!("#{red:02x}{green:02x}{blue:02x}");
                    let accent = Accent::read(&colour).unwrap();
                    let sheet = accent.style_sheet();
                    let value = |name: &str| {
                        let (_, after) = sheet.split_once(&format!("--{name}: ")).unwrap();
                        after.split(';').next().unwrap().to_owned()
                    };
                    let text = Rgb::read(&value("accent-text")).unwrap();
                    for ground in ["accent", "accent-strong"] {
                        let ground = Rgb::read(&value(ground)).unwrap();
                        assert!(ground.contrast(text) >= TEXT, "{colour}");
                    }
                    let edge = value("accent-edge");
                    if let Some(edge) = Rgb::read(&edge) {
                        assert!(GROUNDS.iter().all(|page| page.contrast(edge) >= EDGE), "{colour}");
                    } else {
                        assert_eq!(edge, "var(--control)");
                    }
                }
            }
        }
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        let of = |one: &str, two: &str| Rgb::read(one).unwrap().contrast(Rgb::read(two).unwrap());
        assert!((of("#000000", "#ffffff") - 21.0).abs() < 0.01);
        assert!((of("#777777", "#ffffff") - 4.48).abs() < 0.01);
        assert_eq!(Accent::read("#f2a541").unwrap().ink, INKS[0]);
        assert_eq!(Accent::read("#0b5d3b").unwrap().ink, INKS[1]);
    }
}
