//! What a comparison with a plain model found in the breaker.

mod found;
