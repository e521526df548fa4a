//! Counts the allocations of a call through each client. An allocation that grows in place or moves
//! is counted once.
//!
//! `http_allocations`        a table
//! `http_allocations LIMIT`  also fails if a call of ours makes more than LIMIT allocations

use std::alloc::System;
use std::process::ExitCode;

use resilient_bench_http::{Subject, UserServer, runtime};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const CALLS: u32 = 1_000;

fn main() -> ExitCode {
    let limit = std::env::args().nth(1).map(|limit| limit.parse().expect("a limit is a number"));
    let server = UserServer::start();
    let runtime = runtime();
    println!("{:<40} {:>12} {:>12} {:>12}", "client", "allocations", "grown", "bytes");
    let mut ours = 0.0;
    for name in Subject::NAMES {
        let subject = Subject::new(name, &server);
        runtime.block_on(subject.calls(CALLS));
        let region = Region::new(ALLOCATOR);
        runtime.block_on(subject.calls(CALLS));
        let change = region.change();
        let per_call = |count: usize| count as f64 / f64::from(CALLS);
        let grown = per_call(change.reallocations);
        let all = per_call(change.allocations);
        let bytes = per_call(change.bytes_allocated);
        println!("{:<40} {all:>12.2} {grown:>12.2} {bytes:>12.0}", subject.text());
        ours = all;
    }
    match limit {
        Some(limit) if ours > limit => {
            eprintln!("http_allocations: {ours:.2} is above the limit {limit}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}
