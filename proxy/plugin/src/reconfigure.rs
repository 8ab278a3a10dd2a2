//! The same component with another configuration, without making machine code.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Weak};

use crate::error::LoadError;
use crate::limits::PluginSettings;
use crate::load::Loaded;
use crate::plugin::Plugin;
use crate::stock::Stock;
use crate::tools::{Recipe, Toolbox};
use crate::warm::Warm;

impl Plugin {
    /// The same component with another configuration, ready at once: its instances run the machine code of this one, which
    /// was loaded with [`PluginSettings::configure_each`]. The configuration is not tried out: what cannot be configured
    /// with it fails when it is called.
    ///
    /// # Errors
    /// When the component was loaded otherwise.
    pub fn with_config(&self, config: BTreeMap<String, String>) -> Result<Arc<Self>, LoadError> {
        let settings = PluginSettings { config, ..self.loaded.settings.clone() };
        if !settings.configure_each {
            return Err(LoadError::Configure(
                "the component was not loaded to be configured again".to_owned(),
            ));
        }
        let loaded = Loaded {
            name: self.loaded.name.clone(),
            toolbox: Toolbox::from_recipe(&Recipe::default()).map_err(LoadError::Configure)?,
            stores: Arc::clone(&self.loaded.stores),
            tls: self.loaded.tls.clone(),
            pace: self.loaded.pace.clone(),
            settings,
        };
        Ok(Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            host: Arc::clone(&self.host),
            slots: Arc::clone(&self.slots),
            warm: Warm::new(loaded.settings.warm),
            // What is configured for one call is not called often.
            stock: Stock::new(0),
            loaded: Arc::new(loaded),
            ready: self.ready.clone(),
            exports: Arc::clone(&self.exports),
            configures_instances: self.configures_instances,
            digest: self.digest.clone(),
            fresh: AtomicU64::default(),
            reused: AtomicU64::default(),
            admission: self.admission.clone(),
        }))
    }
}
