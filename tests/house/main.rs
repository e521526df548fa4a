//! Rules for the source: which module may import which, that each rule of the product has a test
//! and a mark, that the page of faults names its tests, and that each setting is defined once.

mod circles;
mod fault_coverage;
mod imports;
mod layers;
mod rule_coverage;
mod settings;
mod workspace;
