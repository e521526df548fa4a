//! Rules for the source itself: which module may import which, and that each rule of the product
//! has a test and a mark.

mod circles;
mod imports;
mod layers;
mod rule_coverage;
mod settings;
mod workspace;
