//! Tests of rows F20 and F21: the load on a server during an outage, and the load of nested loops.
//! The last tests are about time limits.

use std::time::{Duration, Instant};

use resilient::retry;
use resilient_http::{
    ApiClient, ApiError, BudgetConfig, ErrorKind, RetryBudget, RetryPolicy, TimeoutPhase,
};

use crate::support::api::{Api, answer, status};
use crate::support::settings::{client, quickly};
use crate::support::within;

/// Returns a budget that pays for `retries` retries before it needs a success.
fn pays_for(retries: u32) -> BudgetConfig {
    BudgetConfig::builder().initial_tokens(5 * retries).build().unwrap()
}

#[cfg(feature = "test-util")]
#[tokio::test]
async fn fm_f20_ten_thousand_clients_do_not_storm_a_server_that_fails() {
    use std::future::IntoFuture;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

    use resilient_http::MockTransport;

    const CLIENTS: u32 = 10_000;
    let requests = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&requests);
    let transport = MockTransport::new(move |_| {
        seen.fetch_add(1, SeqCst);
        let mut failed = http::Response::default();
        *failed.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        Ok(failed)
    });
    let calls: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let api = ApiClient::builder("http://localhost")
                .name("fm_f20")
                .transport(transport.clone())
                .retry(quickly(3))
                // Without a breaker, only the budget limits the load.
                .no_circuit_breaker()
                .build()
                .unwrap();
            tokio::spawn(api.get::<()>("x").into_future())
        })
        .collect();
    for call in calls {
        let error = within("the call", call).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Server);
    }
    let requests = requests.load(SeqCst);
    assert!(requests <= CLIENTS + CLIENTS / 10, "{requests} requests");
    assert!(requests > CLIENTS, "there were retries");
}

#[tokio::test]
async fn each_client_has_a_budget_unless_it_shares_one_or_has_none() {
    let server = Api::statuses(&[500]).await;
    let storm = async |api: ApiClient| {
        let before = server.count();
        for _ in 0..10 {
            within("the call", api.get::<()>("x")).await.unwrap_err();
        }
        server.count() - before
    };
    let own = client(&server.url).budget(pays_for(3)).build().unwrap();
    assert_eq!(storm(own).await, 10 + 3);
    let budget = RetryBudget::new("shared", pays_for(5));
    for left in [5, 0] {
        let api = client(&server.url).shared_budget(budget.clone()).build().unwrap();
        assert_eq!(storm(api).await, 10 + left);
    }
    let none = client(&server.url).no_budget().build().unwrap();
    assert_eq!(storm(none).await, 10 * 3);
}

struct Caller {
    api: ApiClient,
    budget: Option<RetryBudget>,
}

impl Caller {
    #[retry(max_retries = 2, base_delay = "1ms")]
    async fn outermost(&self) -> Result<(), ApiError> {
        self.middle().await
    }

    #[retry(max_retries = 2, base_delay = "1ms", budget = self.budget)]
    async fn middle(&self) -> Result<(), ApiError> {
        self.api.get("x").await
    }
}

#[tokio::test]
async fn fm_f21_loops_in_loops_multiply_unless_a_budget_or_one_loop_bounds_them() {
    let server = Api::statuses(&[500]).await;
    let count = async |caller: Caller| {
        let before = server.count();
        within("the call", Box::pin(caller.outermost())).await.unwrap_err();
        server.count() - before
    };
    let unbounded = client(&server.url).build().unwrap();
    assert_eq!(count(Caller { api: unbounded, budget: None }).await, 27);
    let one_loop = client(&server.url).no_retry().build().unwrap();
    assert_eq!(count(Caller { api: one_loop, budget: None }).await, 9);
    // The outermost loop has no budget and makes three attempts. The loops inside it share a budget
    // that pays for two retries.
    let budget = RetryBudget::new("fm_f21", pays_for(2));
    let api = client(&server.url).shared_budget(budget.clone()).build().unwrap();
    assert_eq!(count(Caller { api, budget: Some(budget) }).await, 3 + 2);
}

#[tokio::test]
async fn a_wait_that_does_not_fit_into_the_deadline_does_not_begin() {
    let server = Api::serve(|_, _| answer(429, &[("retry-after", "30")], "")).await;
    let api = client(&server.url).deadline(Duration::from_secs(20)).build().unwrap();
    let began = Instant::now();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(15));
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::RateLimited, 1));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
    // If a delay of the policy does not fit into the deadline, the call ends at once with the
    // server's error.
    let server = Api::serve(|_, _| status(500)).await;
    let slow = RetryPolicy::builder()
        .base_delay(Duration::from_secs(60))
        .max_delay(Duration::from_secs(60))
        .jitter(resilient::retries::Jitter::None)
        .build()
        .unwrap();
    let api = client(&server.url).retry(slow).deadline(Duration::from_secs(20));
    let error = within("the call", api.build().unwrap().get::<()>("x")).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Server, 1));
}

#[tokio::test]
async fn the_deadline_of_an_outer_call_holds_for_the_client() {
    use crate::support::raw::{Raw, Step};

    #[retry(max_retries = 0, deadline = "200ms")]
    async fn outer(api: &ApiClient) -> Result<(), ApiError> {
        api.get("x").await
    }
    let server = Raw::always(vec![Step::Stall]).await;
    let api = client(&server.url).build().unwrap();
    let error = within("the call", outer(&api)).await.unwrap_err();
    assert!(matches!(error, ApiError::Timeout { phase: TimeoutPhase::Deadline, .. }), "{error:?}");
    assert_eq!(api.in_flight(), 0);
}

#[tokio::test]
async fn the_time_limits_of_a_request_override_those_of_the_client() {
    use crate::support::raw::{Raw, Step};

    let server = Raw::always(vec![Step::Stall]).await;
    let api = client(&server.url).build().unwrap();
    let call = api.get::<()>("x").timeout(Duration::from_millis(50)).retry(quickly(1));
    let error = within("the call", call).await.unwrap_err();
    assert!(matches!(error, ApiError::Timeout { phase: TimeoutPhase::Attempt, .. }));
    assert_eq!(error.attempts(), 2);
    let call = api.get::<()>("x").timeout(None).deadline(Duration::from_millis(50));
    let error = within("the call", call).await.unwrap_err();
    assert!(matches!(error, ApiError::Timeout { phase: TimeoutPhase::Deadline, .. }));
    assert_eq!((error.method().unwrap().as_str(), error.template()), ("GET", Some("x")));
}
