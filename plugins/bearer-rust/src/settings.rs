//! What the operator wrote, read once.

use std::sync::OnceLock;

use crate::edgewit::plugin::config;

#[derive(Debug)]
pub(crate) struct Settings {
    /// The key of the tokens' HMAC.
    pub(crate) key: String,
    /// The scope that a token must have, if any.
    pub(crate) scope: Option<String>,
}

impl Settings {
    /// The settings, which `configure` has usually read already: every request starts from what it left in memory.
    pub(crate) fn get() -> Result<&'static Self, String> {
        static SETTINGS: OnceLock<Settings> = OnceLock::new();
        if let Some(settings) = SETTINGS.get() {
            return Ok(settings);
        }
        let settings = Self::read()?;
        Ok(SETTINGS.get_or_init(|| settings))
    }

    fn read() -> Result<Self, String> {
        let set = |name| config::get(name).filter(|value| !value.is_empty());
        let key = set("key").ok_or("config has no `key`, expected the key that tokens are signed with")?;
        Ok(Self { key, scope: set("scope") })
    }
}
