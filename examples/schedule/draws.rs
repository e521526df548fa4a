//! Draws the delays of many calls and summarizes them.

use std::time::Duration;

use resilient::retries::RetryPolicyBuilder;

/// The delays of many calls before one retry.
#[derive(Debug)]
pub(crate) struct Spread {
    /// The delays, sorted.
    delays: Vec<Duration>,
    /// The sum of the delays up to this retry, one sum per call, in ascending order.
    totals: Vec<Duration>,
}

/// Draws the delays of `draws` calls with `retries` retries each.
pub(crate) fn draw(
    settings: &RetryPolicyBuilder,
    retries: u32,
    seed: u64,
    draws: u32,
) -> Vec<Spread> {
    let settings = settings.clone().max_retries(retries);
    let mut by_retry = Vec::new();
    by_retry.resize_with(retries as usize, || Spread { delays: Vec::new(), totals: Vec::new() });
    for call in 0..u64::from(draws) {
        let policy = settings.clone().seed(seed.wrapping_add(call)).build();
        let mut total = Duration::ZERO;
        // Building cannot fail here: the settings were checked with another seed, and no check
        // depends on the seed.
        let Ok(policy) = policy else { continue };
        for (spread, delay) in by_retry.iter_mut().zip(policy.delays()) {
            total = total.saturating_add(delay);
            spread.delays.push(delay);
            spread.totals.push(total);
        }
    }
    for spread in &mut by_retry {
        spread.delays.sort_unstable();
        spread.totals.sort_unstable();
    }
    by_retry
}

impl Spread {
    /// Returns the delay that `percent` of the delays do not exceed.
    pub(crate) fn delay(&self, percent: usize) -> Duration {
        quantile(&self.delays, percent)
    }

    /// Returns the sum of delays that `percent` of the calls do not exceed.
    pub(crate) fn total(&self, percent: usize) -> Duration {
        quantile(&self.totals, percent)
    }

    /// Divides the range from 0 to `end` into `parts` equal parts. Returns the number of delays in
    /// each part.
    pub(crate) fn histogram(&self, end: Duration, parts: usize) -> Vec<usize> {
        let mut counts = vec![0; parts];
        for delay in &self.delays {
            // A delay of exactly `end` belongs to the last part.
            let part = (delay.as_nanos() * parts as u128)
                .checked_div(end.as_nanos())
                .and_then(|part| usize::try_from(part).ok());
            counts[part.unwrap_or_default().min(parts - 1)] += 1;
        }
        counts
    }
}

fn quantile(sorted: &[Duration], percent: usize) -> Duration {
    let last = sorted.len().saturating_sub(1);
    sorted.get(last * percent / 100).copied().unwrap_or_default()
}
