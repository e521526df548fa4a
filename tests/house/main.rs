//! Checks rules about the source: modules import only what they may import, each rule of the
//! product has a test and a mark, the page of faults names its tests, each setting is defined once,
//! and packages can be published.

mod circles;
mod fault_coverage;
mod imports;
mod layers;
mod packages;
mod rule_coverage;
mod settings;
mod workspace;
