//! Rule R9: a rejection by the breaker costs no tokens of the budget.

use resilient::retries::WhenOpen;
use resilient_testkit::Fault;

use crate::support::budgets::budget;
use crate::support::retry::{breaker, build, exact};

#[tokio::test(start_paused = true)]
async fn r09_waiting_for_a_circuit_costs_no_token() {
    let budget = budget(10);
    let breaker = breaker(1);
    let policy = build(&exact().max_retries(1).when_open(WhenOpen::Wait));
    let call = policy.call().budget(&budget).through(&breaker);
    let result = call.run(async |attempt| Err::<(), _>(Fault::Down(attempt.number())));
    assert_eq!(result.await, Err(Fault::Down(2)));
    assert_eq!(budget.tokens(), 10);
}
