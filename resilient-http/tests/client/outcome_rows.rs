//! The table in `docs/outcomes.md` says what the client does: each row has a case here, and
//! each case has a row. The tests in `outcome_table` do the same with real servers.

mod page_table;
mod scripted;

use std::collections::BTreeSet;
use std::future::{Future, IntoFuture};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Waker};
use std::time::Duration;

use resilient_http::{
    ApiClient, ApiClientBuilder, ApiError, Auth, Body, Classification, Method, Phase, SecretString,
    TransportError,
};

use self::page_table::{Row, rows};
use self::scripted::Content::{self, Stalls, Whole};
use self::scripted::Fault::{self, Fails, Hangs, Responds};
use self::scripted::{BrokenBody, Scripted};
use crate::support::settings::client;

/// What a call did.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    /// The kind of the error, and its phase.
    error: BTreeSet<String>,
    attempts: u32,
    /// What the circuit breaker counted.
    counted: BTreeSet<&'static str>,
}

type Setup = fn(ApiClientBuilder) -> ApiClientBuilder;

/// Nothing is set beside the defaults of these tests.
const PLAIN: Setup = |builder| builder;

fn counted(api: &ApiClient) -> BTreeSet<&'static str> {
    let totals = api.circuit_breaker().snapshot().totals;
    let counts = [
        ("success", totals.success),
        ("failure", totals.failure),
        ("ignored", totals.ignored),
        ("abandoned", totals.abandoned),
    ];
    counts.into_iter().filter(|(_, count)| *count > 0).map(|(name, _)| name).collect()
}

fn described(error: &ApiError) -> BTreeSet<String> {
    let phase = match error {
        ApiError::Connection { phase, .. } => Some(format!("phase {phase:?}")),
        ApiError::Timeout { phase, .. } => Some(format!("phase {phase:?}")),
        _ => None,
    };
    phase.into_iter().chain([format!("{:?}", error.kind())]).collect()
}

async fn call(api: &ApiClient, method: Method) -> Seen {
    let call = api.request(method, "x").decode::<Vec<u32>>();
    seen(api, &call.await.unwrap_err())
}

fn seen(api: &ApiClient, error: &ApiError) -> Seen {
    Seen { error: described(error), attempts: error.attempts(), counted: counted(api) }
}

fn built(fault: &Fault, setup: Setup) -> ApiClient {
    let builder = client("http://localhost").deadline(None);
    setup(builder.transport(Scripted(fault.clone()))).build().unwrap()
}

fn broken(phase: Phase) -> TransportError {
    TransportError::connection(phase, "broken")
}

/// Returns the faults of a row, each with its settings. Returns `None` for a row that needs other
/// calls.
fn faults(what: &str) -> Option<Vec<(Fault, Setup)>> {
    let plain = |faults: &[Fault]| faults.iter().map(|fault| (fault.clone(), PLAIN)).collect();
    let statuses = |statuses: &[u16]| {
        let faults = statuses.iter().map(|status| Responds(*status, &[], Whole("")));
        faults.map(|fault| (fault, PLAIN)).collect()
    };
    Some(match what {
        "unknown name, refused, connect timeout, TLS; HTTP/2 GOAWAY with an error" => {
            plain(&[Fails(|| broken(Phase::Connect))])
        }
        "the server refuses to process it: HTTP/2 REFUSED_STREAM, GOAWAY" => {
            plain(&[Fails(|| broken(Phase::Refused))])
        }
        "lost on a reused connection, before the response" => {
            plain(&[Fails(|| TransportError::reused_connection("lost"))])
        }
        "reset or closed before the response, no HTTP" => plain(&[Fails(|| broken(Phase::Send))]),
        "a success breaks off" => {
            plain(&[Responds(200, &[], Content::Fails(|| broken(Phase::Body)))])
        }
        "a time limit of the transport, such as read_timeout" => plain(&[
            Fails(|| TransportError::timed_out("late")),
            Responds(200, &[], Content::Fails(|| TransportError::timed_out("late"))),
        ]),
        "the attempt's time is over" => plain(&[Hangs, Responds(200, &[], Stalls)]),
        "the deadline passes" => {
            let deadline: Setup = |builder| builder.timeout(None).deadline(Duration::from_secs(1));
            vec![(Hangs, deadline), (Responds(200, &[], Stalls), deadline)]
        }
        "408" => statuses(&[408]),
        "500, 502, 504" => statuses(&[500, 502, 504]),
        "503" => plain(&[Responds(503, &[], Whole("")), Responds(503, HINT, Whole(""))]),
        "429" => plain(&[Responds(429, &[], Whole("")), Responds(429, HINT, Whole(""))]),
        "other 5xx" => statuses(&[501, 505, 507, 520, 529, 599]),
        "401, 403, 404, other 4xx" => statuses(&[400, 401, 402, 403, 404, 409, 418, 422, 451]),
        "a redirect that is not followed, 304 and other 3xx" => statuses(&[300, 302, 304, 308]),
        "a success that cannot be read or decompressed" => plain(&[
            Responds(200, &[], Whole("<html>")),
            Responds(200, &[], Content::Fails(|| TransportError::undecodable("no gzip"))),
        ]),
        "a layer of yours fails" => plain(&[Fails(|| TransportError::layer("broken"))]),
        "a body over the limit" => {
            vec![(Responds(200, &[], Whole("[1, 2, 3]")), |builder| builder.body_limit(3))]
        }
        _ => return None,
    })
}

const HINT: &[(&str, &str)] = &[("retry-after", "0")];

/// Returns the number of attempts that a cell promises.
fn promised(cell: &str, fault: &Fault) -> u32 {
    let has_hint = matches!(fault, Responds(_, headers, _) if *headers == HINT);
    let is_retried = match cell.split([',', ':']).next().unwrap() {
        "yes" => true,
        "no" => false,
        "only with Retry-After" => has_hint,
        other => panic!("unknown cell: {other}"),
    };
    if is_retried { 3 } else { 1 }
}

impl Row {
    /// Returns what the cell about the error promises: kinds, and a phase.
    fn promised_error(&self) -> BTreeSet<String> {
        self.error.split(',').map(|part| part.trim().to_owned()).collect()
    }

    async fn check(&self) {
        let Some(faults) = faults(&self.what) else { return self.check_special().await };
        let mut errors = BTreeSet::new();
        for (fault, setup) in faults {
            for (method, cell) in
                [(Method::GET, &self.if_repeatable), (Method::POST, &self.otherwise)]
            {
                let seen = call(&built(&fault, setup), method.clone()).await;
                let outcome = self.breaker.split([' ', ':']).next().unwrap();
                let place = format!("{method}, {}: {seen:?}", self.what);
                assert_eq!(seen.counted, BTreeSet::from([outcome]), "{place}");
                assert_eq!(seen.attempts, promised(cell, &fault), "{place}");
                errors.extend(seen.error);
            }
        }
        assert_eq!(errors, self.promised_error(), "{}", self.what);
    }

    /// Checks a row whose calls differ from those of the other rows.
    async fn check_special(&self) {
        let fine = || built(&Responds(200, &[], Whole("[]")), PLAIN);
        let api = fine();
        let (attempts, errors) = match &*self.what {
            "the stream of the request's body fails, panics or has a wrong length" => {
                let gone: fn() -> std::io::Error = || std::io::Error::other("the file is gone");
                let body = move || BrokenBody { piece: Some("1"), end: Some(gone) };
                let call = api.put::<()>("x").body(Body::factory(body));
                let error = call.await.unwrap_err();
                (1, vec![error])
            }
            "an error status whose body breaks off, takes too long or cannot be decompressed" => {
                return self.check_error_bodies().await;
            }
            "a 401, with Auth::refresh" => return self.check_refreshed_tokens().await,
            "the closure of Auth::fresh or Auth::refresh fails" => {
                let fails = || Err::<SecretString, _>(std::io::Error::other("no file"));
                let fresh = Auth::fresh("authorization", fails);
                let refresh = Auth::refresh("authorization", move |_| std::future::ready(fails()));
                let mut errors = Vec::new();
                for auth in [fresh, refresh] {
                    let api = client("http://localhost").transport(Scripted(Hangs)).auth(auth);
                    let api = api.build().unwrap();
                    errors.push(api.get::<()>("x").await.unwrap_err());
                    assert_eq!(counted(&api), BTreeSet::from([&*self.breaker]));
                }
                let errors = errors.iter().flat_map(described);
                assert_eq!(errors.collect::<BTreeSet<_>>(), self.promised_error());
                return;
            }
            "fail_when finds an error in a success" => return self.check_verdicts().await,
            "a wait for a server that limits its callers does not fit" => {
                let limited = Responds(429, &[("retry-after", "30")], Whole(""));
                let api = built(&limited, |builder| builder.deadline(Duration::from_secs(10)));
                let refused = api.get::<()>("x").await.unwrap_err();
                assert_eq!((refused.attempts(), refused.is_held_back()), (1, false));
                let before = api.circuit_breaker().snapshot().totals;
                let error = api.get::<()>("x").await.unwrap_err();
                assert_eq!((error.attempts(), error.is_held_back()), (0, true));
                assert_eq!(described(&error), self.promised_error());
                assert_eq!(api.circuit_breaker().snapshot().totals, before, "{}", self.breaker);
                return;
            }
            "the circuit is open" => {
                api.circuit_breaker().trip().unwrap();
                (0, vec![api.get::<()>("x").await.unwrap_err()])
            }
            "the caller drops the future" => {
                let api = built(&Hangs, PLAIN);
                {
                    let mut call = pin!(api.get::<()>("x").into_future());
                    let mut context = Context::from_waker(Waker::noop());
                    assert!(call.as_mut().poll(&mut context).is_pending());
                }
                assert_eq!(counted(&api), BTreeSet::from([&*self.breaker]));
                assert_eq!((&*self.error, &*self.if_repeatable, &*self.otherwise), ("–", "–", "–"));
                return;
            }
            "closed client, bad request" => {
                let bad = api.get::<()>("../x").await.unwrap_err();
                api.close();
                (0, vec![bad, api.get::<()>("x").await.unwrap_err()])
            }
            other => panic!("the row `{other}` has no case"),
        };
        let counted = counted(&api);
        let outcome: BTreeSet<&str> = match &*self.breaker {
            "not counted" => BTreeSet::new(),
            outcome => BTreeSet::from([outcome]),
        };
        assert_eq!(counted, outcome, "{}", self.what);
        assert_eq!((&*self.if_repeatable, &*self.otherwise), ("no", "no"), "{}", self.what);
        for error in &errors {
            assert_eq!((error.attempts(), error.is_retryable()), (attempts, false), "{error:?}");
        }
        let errors: BTreeSet<_> = errors.iter().flat_map(described).collect();
        assert_eq!(errors, self.promised_error(), "{}", self.what);
    }

    async fn check_refreshed_tokens(&self) {
        for method in [Method::GET, Method::POST] {
            let tokens = Arc::new(AtomicUsize::new(0));
            let counter = Arc::clone(&tokens);
            let auth = Auth::refresh("authorization", move |_| {
                let n = counter.fetch_add(1, SeqCst);
                std::future::ready(Ok::<_, std::io::Error>(SecretString::from(format!("t{n}"))))
            });
            let refuses = Scripted(Responds(401, &[], Whole("")));
            let api = client("http://localhost").transport(refuses).auth(auth).build().unwrap();
            let seen = call(&api, method).await;
            assert_eq!((seen.attempts, seen.counted), (1, BTreeSet::from(["success"])));
            assert_eq!(seen.error, BTreeSet::from(["Authentication".to_owned()]));
            assert_eq!(tokens.load(SeqCst), 2, "{}", self.if_repeatable);
        }
    }

    async fn check_verdicts(&self) {
        assert_eq!(
            (&*self.breaker, &*self.if_repeatable),
            ("as the hook says", "as the hook says")
        );
        for (verdict, outcome, attempts) in [
            (Classification::transient as fn() -> Classification, "failure", [3, 1]),
            (Classification::permanent, "failure", [1, 1]),
            (Classification::throttled, "ignored", [3, 3]),
            (Classification::ignored, "ignored", [1, 1]),
            (Classification::answered, "success", [1, 1]),
        ] {
            for (method, attempts) in [Method::GET, Method::POST].into_iter().zip(attempts) {
                let fine = Scripted(Responds(200, &[], Whole("[]")));
                let api = client("http://localhost").transport(fine);
                let api = api.fail_when(move |_| Some(verdict())).build().unwrap();
                let seen = call(&api, method).await;
                assert_eq!((seen.attempts, seen.counted), (attempts, BTreeSet::from([outcome])));
                assert_eq!(seen.error, self.promised_error());
            }
        }
    }

    /// Compares error responses whose bodies do not arrive with whole ones.
    async fn check_error_bodies(&self) {
        for cell in [&self.error, &self.breaker, &self.if_repeatable, &self.otherwise] {
            assert_eq!(cell, "as its status");
        }
        for status in [302, 401, 403, 404, 408, 409, 429, 500, 501, 503] {
            for headers in [&[], HINT] {
                for method in [Method::GET, Method::POST] {
                    let whole = built(&Responds(status, headers, Whole("[1")), PLAIN);
                    let whole = call(&whole, method.clone()).await;
                    for content in [
                        Stalls,
                        Content::Fails(|| broken(Phase::Body)),
                        Content::Fails(|| TransportError::undecodable("no gzip")),
                        Content::Fails(|| TransportError::timed_out("late")),
                    ] {
                        let cut = built(&Responds(status, headers, content), PLAIN);
                        assert_eq!(call(&cut, method.clone()).await, whole, "{method} {status}");
                    }
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn row_every_row_of_the_table_of_outcomes_holds() {
    let rows = rows();
    let names: BTreeSet<_> = rows.iter().map(|row| row.what.clone()).collect();
    // A row without a case panics below. This finds a case without a row, which would never run.
    assert_eq!((rows.len(), names.len()), (27, 27), "{names:?}");
    for row in rows {
        row.check().await;
    }
}
