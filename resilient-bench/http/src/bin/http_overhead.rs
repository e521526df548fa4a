//! Measures the processor time of a call through each client, beside bare reqwest.
//!
//! `http_overhead`             a table
//! `http_overhead LIMIT`       also fails if ours costs more than LIMIT times bare reqwest
//! `http_overhead NAME CALLS`  only makes calls with one client, for a profiler

use std::process::ExitCode;

use resilient_bench_http::{Subject, UserServer, runtime};
use rustix::time::{ClockId, clock_gettime};

const CALLS: u32 = 500;
const ROUNDS: usize = 15;
/// Other programs on the machine make a figure worse and never better, so a check takes the best of
/// so many figures.
const TRIES: usize = 5;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => measure(None),
        [limit] if limit.parse::<f64>().is_ok() => measure(limit.parse().ok()),
        [name, calls] if calls.parse::<u32>().is_ok() => {
            let server = UserServer::start();
            let subject = Subject::new(name, &server);
            runtime().block_on(subject.calls(calls.parse().unwrap_or(CALLS)));
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("usage: http_overhead [LIMIT | NAME CALLS]");
            ExitCode::from(2)
        }
    }
}

/// The figures of one try: for each client, microseconds per call and the ratio to bare reqwest.
type Figures = Vec<(f64, f64)>;

fn measure(limit: Option<f64>) -> ExitCode {
    let server = UserServer::start();
    let subjects = Subject::NAMES.map(|name| Subject::new(name, &server));
    let ours = subjects.len() - 1;
    let runtime = runtime();
    for subject in &subjects {
        runtime.block_on(subject.calls(CALLS));
    }
    let mut best: Option<Figures> = None;
    for _ in 0..TRIES {
        let figures = one_try(&runtime, &subjects);
        println!("try: ours is {:.3} times bare", figures[ours].1);
        if best.as_ref().is_none_or(|best| figures[ours].1 < best[ours].1) {
            best = Some(figures);
        }
        if limit.is_some_and(|limit| best.as_ref().is_some_and(|best| best[ours].1 <= limit)) {
            break;
        }
    }
    let best = best.unwrap_or_default();
    println!("\n{:<40} {:>12} {:>10}", "client", "us per call", "ratio");
    for (subject, (micros, ratio)) in subjects.iter().zip(&best) {
        println!("{:<40} {micros:>12.2} {ratio:>10.3}", subject.text());
    }
    match limit {
        Some(limit) if best[ours].1 > limit => {
            eprintln!("http_overhead: {:.3} is above the limit {limit}", best[ours].1);
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Each round measures all clients, and each round starts with another client.
fn one_try(runtime: &tokio::runtime::Runtime, subjects: &[Subject]) -> Figures {
    let mut times = vec![Vec::new(); subjects.len()];
    for round in 0..ROUNDS {
        for turn in 0..subjects.len() {
            let index = (round + turn) % subjects.len();
            let before = processor_micros();
            runtime.block_on(subjects[index].calls(CALLS));
            times[index].push((processor_micros() - before) / f64::from(CALLS));
        }
    }
    let ratio = |times: &[f64], bare: &[f64]| times.iter().zip(bare).map(|(a, b)| a / b).collect();
    times.iter().map(|own| (median(own.clone()), median(ratio(own, &times[0])))).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Returns the processor time of this process, without that of nginx.
fn processor_micros() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}
