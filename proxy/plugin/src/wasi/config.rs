//! `wasi:config` and `wasi:logging`: the standard names for what `edgewit:plugin` has too.

use crate::bindings::log::Level;
use crate::bindings::wasi::config::store;
use crate::bindings::wasi::logging::logging;
use crate::call::Call;
use crate::guest_log;

impl store::Host for Call {
    fn get(&mut self, key: String) -> Result<Option<String>, store::Error> {
        Ok(self.loaded.settings.config.get(&key).cloned())
    }

    fn get_all(&mut self) -> Result<Vec<(String, String)>, store::Error> {
        let config = &self.loaded.settings.config;
        Ok(config.iter().map(|(key, value)| (key.clone(), value.clone())).collect())
    }
}

impl logging::Host for Call {
    fn log(&mut self, level: logging::Level, context: String, message: String) {
        let level = match level {
            logging::Level::Trace => Level::Trace,
            logging::Level::Debug => Level::Debug,
            logging::Level::Info => Level::Info,
            logging::Level::Warn => Level::Warn,
            logging::Level::Error | logging::Level::Critical => Level::Error,
        };
        let message = if context.is_empty() { message } else { format!("{context}: {message}") };
        if self.log.take(message.len()) {
            guest_log::write(level, &self.loaded.name, &self.request.request_id(), &message);
        }
    }
}
