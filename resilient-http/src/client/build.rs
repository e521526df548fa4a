//! Builds a client. This module checks the settings, reads the keys and creates the transport.

use std::sync::Arc;

use http::HeaderName;
use resilient::{BreakerConfig, CircuitBreaker};

use super::api_key::ApiKey;
use super::auth::Auth;
use super::builder::{ApiClientBuilder, BreakerChoice, BudgetChoice};
use super::client_name::ClientName;
use super::context_headers::ContextHeaders;
use super::credentials::Credentials;
use super::handle::{ApiClient, ClientBreakers, ClientBudget, ClientInner};
use super::idle_connections::DropIdleOnOpening;
use super::shutdown::{CallGate, Connections};
use crate::address::{BaseUrl, UserInfo, is_private};
use crate::error::{BuildError, BuildErrorKind};
use crate::hold_back::{ClientHolds, OnRateLimit};
use crate::redact::{is_credential, mark_secrets};
use crate::request::{check_single_values, header_name};
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
        self.check_connections()?;
        let (mut base, user) = BaseUrl::parse(&self.base)?;
        for origin in &self.allowed {
            base.allow(origin)?;
        }
        if self.is_fenced {
            base.fence();
        }
        let auth = self.auth_or(user)?;
        let has_credentials = !auth.is_none() || self.headers.keys().any(is_credential);
        if has_credentials && !self.allows_plain_http && !is_private(base.url()) {
            return Err(BuildError::in_the_clear());
        }
        let credentials = auth.ready()?;
        let idempotency_header = header_name(&self.idempotency_header)?;
        self.check_headers(&credentials, &idempotency_header)?;
        let context_headers = ContextHeaders::new(
            self.deadline_header.as_deref(),
            self.deadline_margin,
            self.attempt_header.as_deref(),
        )?;
        let limits = [self.timeout, self.deadline];
        context_headers.check(&credentials, &idempotency_header, &self.headers, limits)?;
        let speaks_tls = self.speaks_tls();
        if base.needs_tls() && !speaks_tls {
            let problem = "needs the feature `rustls-tls` or `native-tls` of resilient-http";
            return Err(BuildError::new(BuildErrorKind::Tls, "`https`", problem));
        }
        // The name is declared before the leases, because the leases must be dropped first.
        let name = ClientName::new(self.name.take(), &base)?;
        let breakers = self.breakers(&name);
        let budget = self.retry_budget(&name);
        let retry = name.lease_retry(self.policy.clone());
        let holds_back = self.on_rate_limit != OnRateLimit::Ignore;
        let holds =
            holds_back.then(|| ClientHolds::of_client(name.shared(), &base.origin_of(base.url())));
        mark_secrets(&mut self.headers);
        let connections = if let Some(client) = self.connections_of.take() {
            Connections::Shared(Arc::clone(&client.inner().gate))
        } else {
            let transport = self.make_transport(&base)?;
            Connections::Own(self.layered(transport))
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
            speaks_tls,
            redirects: self.redirects,
            body_limit: self.body_limit,
            error_body_timeout: self.error_body_timeout,
            retry,
            budget,
            breakers,
            holds,
            fails_if_held: self.on_rate_limit == OnRateLimit::Fail,
            rules: Arc::new(self.rules),
            fail_when: self.fail_when,
            idempotency_header,
            context_headers,
            gate,
            name,
        }))
    }

    /// Refuses settings that would change nothing, because the connections are another client's.
    fn check_connections(&self) -> Result<(), BuildError> {
        if self.connections_of.is_none() {
            return Ok(());
        }
        #[cfg(feature = "reqwest")]
        let is_configured = self.configure.is_some();
        #[cfg(not(feature = "reqwest"))]
        let is_configured = false;
        let (setting, problem) = if self.transport.is_some() {
            ("transport", "cannot replace the connections of another client: set one of the two")
        } else if !self.layers.is_empty() {
            ("layer", "cannot wrap the connections of another client: give it to that client")
        } else if is_configured {
            ("configure", "cannot change the connections of another client: give it to that client")
        } else {
            return Ok(());
        };
        Err(BuildError::setting(setting, problem))
    }

    /// Checks the headers of all calls. A header that two settings set would silently lose one of
    /// its values, and a constant idempotency key would make the server take all calls for one.
    fn check_headers(
        &self,
        credentials: &Credentials,
        idempotency_header: &HeaderName,
    ) -> Result<(), BuildError> {
        check_single_values(&self.headers)?;
        let problem = match (credentials.header(), &self.headers) {
            (Some(name), headers) if headers.contains_key(name) => {
                return Err(BuildError::header(name.as_str(), "is the one that `auth` sets"));
            }
            (Some(name), _) if name == idempotency_header => "is the one that `auth` sets",
            (_, headers) if headers.contains_key(idempotency_header) => {
                "would be the same key for all calls: set it on each request"
            }
            _ => return Ok(()),
        };
        Err(BuildError::header(idempotency_header.as_str(), problem))
    }

    /// Returns whether the transport can send to `https`. A transport that was passed in is
    /// expected to.
    fn speaks_tls(&self) -> bool {
        match (&self.connections_of, &self.transport) {
            (Some(client), _) => client.inner().speaks_tls,
            (None, Some(_)) => true,
            (None, None) => cfg!(any(feature = "rustls-tls", feature = "native-tls")),
        }
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
