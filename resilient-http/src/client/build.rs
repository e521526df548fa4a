//! Builds a client. This module checks the settings, reads the keys and creates the transport.

use std::sync::Arc;

use resilient::{BreakerConfig, CircuitBreaker};

use super::api_key::ApiKey;
use super::auth::Auth;
use super::builder::{ApiClientBuilder, BreakerChoice, BudgetChoice};
use super::client_name::ClientName;
use super::handle::{ApiClient, ClientBreakers, ClientBudget, ClientInner};
use super::idle_connections::DropIdleOnOpening;
use super::shutdown::{CallGate, Connections};
use crate::address::{BaseUrl, UserInfo, is_private};
use crate::error::{BuildError, BuildErrorKind};
use crate::redact::{is_credential, mark_secrets};
use crate::request::header_name;
use crate::transport::Transport;

impl ApiClientBuilder {
    /// Checks the settings, reads the keys and builds the client. It sends nothing.
    ///
    /// # Errors
    ///
    /// Returns a [`BuildError`] that names the first invalid setting.
    #[track_caller]
    pub fn build(mut self) -> Result<ApiClient, BuildError> {
        if let Some(problem) = self.problem.take() {
            return Err(problem);
        }
        BuildError::check_times(&[
            ("timeout", self.timeout),
            ("deadline", self.deadline),
            ("idle_timeout", self.idle_timeout),
            ("connect_timeout", Some(self.connect_timeout)),
        ])?;
        let (mut base, user) = BaseUrl::parse(&self.base)?;
        for origin in &self.allowed {
            base.allow(origin)?;
        }
        let auth = self.auth_or(user)?;
        let has_credentials = !auth.is_none() || self.headers.keys().any(is_credential);
        if has_credentials && !self.allows_plain_http && !is_private(base.url()) {
            return Err(BuildError::in_the_clear());
        }
        let credentials = auth.ready()?;
        // The name is declared before the leases, because the leases must be dropped first.
        let name = ClientName::new(self.name.take(), &base)?;
        let breakers = self.breakers(&name);
        let budget = self.retry_budget(&name);
        let retry = name.lease_retry(self.policy.clone());
        let idempotency_header = header_name(&self.idempotency_header)?;
        mark_secrets(&mut self.headers);
        let connections = match self.connections_of.take() {
            Some(client) => Connections::Shared(Arc::clone(&client.inner().gate)),
            None => Connections::Own(self.make_transport(&base)?),
        };
        let gate = Arc::new(CallGate::new(connections));
        Ok(ApiClient::new(ClientInner {
            idle_connections: DropIdleOnOpening::new(breakers.listened(), &gate),
            base,
            headers: self.headers,
            credentials,
            timeout: self.timeout,
            deadline: self.deadline,
            idle_timeout: self.idle_timeout,
            allows_plain_http: self.allows_plain_http,
            redirects: self.redirects,
            body_limit: self.body_limit,
            error_body_timeout: self.error_body_timeout,
            retry,
            budget,
            breakers,
            rules: Arc::new(self.rules),
            idempotency_header,
            gate,
            name,
        }))
    }

    fn auth_or(&self, user: Option<UserInfo>) -> Result<Auth, BuildError> {
        match user {
            None => Ok(self.auth.clone()),
            Some(_) if !self.auth.is_none() => {
                Err(BuildError::credentials("base URL", "has a user, and `auth` is given too"))
            }
            Some((name, password)) => Ok(Auth::basic(name, ApiKey::secret(password))),
        }
    }

    #[track_caller]
    fn retry_budget(&self, name: &ClientName) -> Option<ClientBudget> {
        match &self.budget {
            BudgetChoice::Own(config) => Some(ClientBudget::Own(name.lease_budget(*config))),
            BudgetChoice::Given(budget) => Some(ClientBudget::Shared(budget.clone())),
            BudgetChoice::None => None,
        }
    }

    #[track_caller]
    fn breakers(&self, name: &ClientName) -> ClientBreakers {
        match &self.breaker {
            BreakerChoice::PerOrigin(config) => {
                ClientBreakers::PerOrigin(name.lease_breakers(config.clone()))
            }
            BreakerChoice::Shared(breaker) => ClientBreakers::Shared(breaker.clone()),
            BreakerChoice::None => {
                let breaker = CircuitBreaker::new(name.as_str(), BreakerConfig::default());
                breaker.disable();
                ClientBreakers::Shared(breaker)
            }
        }
    }

    #[cfg(feature = "reqwest")]
    fn make_transport(&mut self, base: &BaseUrl) -> Result<Arc<dyn Transport>, BuildError> {
        use crate::transport::ReqwestTransport;

        if let Some(transport) = self.transport.take() {
            return Ok(transport);
        }
        let has_tls = cfg!(any(feature = "rustls-tls", feature = "native-tls"));
        if base.is_https() && !has_tls {
            let problem = "needs the feature `rustls-tls` or `native-tls` of resilient-http";
            return Err(BuildError::new(BuildErrorKind::Tls, "`https`", problem));
        }
        // The base URL is plain `http`, which is safe only on this machine. The client must not
        // send its requests to a proxy from the environment.
        let has_proxies = base.is_https() || !is_private(base.url());
        let connect_timeout = self.connect_timeout;
        let configure = self.configure.take();
        Ok(Arc::new(ReqwestTransport::build(move || {
            let mut builder = ReqwestTransport::defaults(connect_timeout);
            if !has_proxies {
                builder = builder.no_proxy();
            }
            match &configure {
                Some(configure) => configure(builder),
                None => builder,
            }
        })?))
    }

    #[cfg(not(feature = "reqwest"))]
    fn make_transport(&mut self, _: &BaseUrl) -> Result<Arc<dyn Transport>, BuildError> {
        self.transport.take().ok_or_else(|| {
            BuildError::new(
                BuildErrorKind::Transport,
                "transport",
                "is missing: give one, or turn on the feature `reqwest` of resilient-http",
            )
        })
    }
}
