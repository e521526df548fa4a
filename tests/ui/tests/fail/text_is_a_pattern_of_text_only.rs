//! A string literal matches an error of type `&str`. For other error types, write a guard.

use std::borrow::Cow;

use resilient::{circuit_breaker, fallback, retry};

#[retry(except = "gone" | "moved")]
fn owned() -> Result<u32, String> {
    Err("gone".to_owned())
}

#[circuit_breaker(ignore = "gone", on_open = |_| Ok(1))]
fn either() -> Result<u32, Cow<'static, str>> {
    Err("gone".into())
}

#[fallback(value = 1, on = "gone")]
fn boxed() -> Result<u32, Box<dyn std::error::Error>> {
    Err("gone".into())
}

enum ApiError {
    Text(String),
}

#[retry(on = ApiError::Text("gone"))]
fn inside() -> Result<u32, ApiError> {
    Err(ApiError::Text(String::new()))
}

const STATUS: u16 = 404;

#[retry(on = STATUS)]
fn constant() -> Result<u32, u32> {
    Err(404)
}

fn main() {}
