//! A document that declares endpoints.

use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::super::config::EndpointConfig;
use super::super::config_check::SettingError;
use super::super::settings::Settings;

/// The endpoints of one document, by name.
///
/// The [guide](crate::guide::endpoints) describes the format. [`from_toml`](Self::from_toml)
/// reports the line and column of a mistake; other serde formats work too.
#[derive(Debug, Clone, Default)]
pub struct EndpointConfigs {
    pub(in crate::endpoint) by_name: BTreeMap<String, EndpointConfig>,
}

impl EndpointConfigs {
    /// Returns the endpoint with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&EndpointConfig> {
        self.by_name.get(name)
    }

    /// Returns all endpoints, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = &EndpointConfig> {
        self.by_name.values()
    }

    /// Returns the number of endpoints.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Returns whether there are no endpoints.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(in crate::endpoint) struct Document {
    defaults: Settings,
    endpoint: BTreeMap<String, Settings>,
}

impl Document {
    /// Checks all endpoints. An error includes the name of the endpoint.
    pub(in crate::endpoint) fn check(self) -> Result<EndpointConfigs, (String, SettingError)> {
        let mut by_name = BTreeMap::new();
        for (name, settings) in self.endpoint {
            let settings = settings.or(self.defaults.clone());
            let config = EndpointConfig::check(name.clone(), settings)
                .map_err(|wrong| (name.clone(), wrong))?;
            by_name.insert(name, config);
        }
        Ok(EndpointConfigs { by_name })
    }
}

impl<'de> Deserialize<'de> for EndpointConfigs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Document::deserialize(deserializer)?.check().map_err(|(name, wrong)| {
            let name = name.escape_debug();
            D::Error::custom(format_args!("endpoint `{name}`: {}", wrong.error))
        })
    }
}
