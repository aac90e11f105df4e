//! What was typed, read field by field: what cannot be read is told at its field.

use sereno_types::{Code, FieldError, StandardClaim};

use super::Fields;

/// What was posted, and what of it cannot be read.
pub(crate) struct Reader<'a> {
    pub fields: &'a Fields,
    pub faults: Vec<FieldError>,
}

impl Reader<'_> {
    pub fn text(&self, name: &str) -> String {
        self.fields
            .get(name)
            .map(|text| text.trim().to_owned())
            .unwrap_or_default()
    }

    pub fn said(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    pub fn lines(&self, name: &str) -> Vec<String> {
        let text = self.text(name);
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect()
    }

    pub fn tick(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// What is not said at all is as it comes: a program may post less than the page does.
    pub fn choice<T: Default>(&mut self, name: &str, from_name: fn(&str) -> Option<T>) -> T {
        let Some(said) = self.said(name) else {
            return T::default();
        };
        from_name(&said).unwrap_or_else(|| {
            self.faults.push(FieldError::new(name, Code::InvalidChoice));
            T::default()
        })
    }

    pub fn number<T: std::str::FromStr>(&mut self, name: &str) -> Option<T> {
        let number = self.said(name)?.parse();
        if number.is_err() {
            let fault = FieldError::new(name, Code::InvalidType);
            self.faults.push(fault.with("reason", "a whole number of seconds"));
        }
        number.ok()
    }

    pub fn json<T: Default + serde::de::DeserializeOwned>(&mut self, name: &str) -> T {
        let Some(text) = self.said(name) else {
            return T::default();
        };
        serde_json::from_str(&text).unwrap_or_else(|error| {
            let fault = FieldError::new(name, Code::InvalidType);
            self.faults.push(fault.with("reason", error.to_string()));
            T::default()
        })
    }

    pub fn claims(&mut self, name: &str) -> Vec<StandardClaim> {
        let mut found = Vec::new();
        for word in self.text(name).split([' ', ',', '\n']).filter(|word| !word.is_empty()) {
            if let Some(claim) = StandardClaim::from_name(word) {
                found.push(claim);
            } else {
                let fault = FieldError::new(name, Code::InvalidChoice);
                self.faults
                    .push(fault.with("reason", format!("{word} is none of them")));
            }
        }
        found
    }
}
