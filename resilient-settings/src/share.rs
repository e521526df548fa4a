//! Reads shares from text such as `"20%"` and `"12.5%"`.

use crate::TextError;

/// Reads a share from a percentage in text: `"12.5%"` is 0.125.
///
/// A space before the `%` is allowed. The range of a setting is not checked here.
///
/// # Errors
///
/// Returns a [`TextError`] if the text is not a percentage. The error shows correct text.
///
/// ```
/// use resilient_settings::parse_share;
///
/// assert_eq!(parse_share("12.5%"), Ok(0.125));
/// assert!(parse_share("0.2").is_err()); // a number is written without quotes
/// ```
pub fn parse_share(text: &str) -> Result<f64, TextError> {
    let error = |message| Err(TextError::new(text, message));
    let digits = text.strip_suffix('%').unwrap_or(text).trim();
    // The exponent `e-2` gives the nearest `f64`; a division by 100 would not.
    let share = match format!("{digits}e-2").parse::<f64>() {
        Ok(share) if is_decimal(digits.strip_prefix('-').unwrap_or(digits)) => share,
        _ => {
            return error(format!(
                "{text:?} is not a percentage: write a share as in `0.2` or \"20%\""
            ));
        }
    };
    if !text.ends_with('%') {
        let or =
            if share <= 0.01 { format!(", or {digits} without quotes") } else { String::new() };
        return error(format!("a share in quotes is a percentage: write \"{digits}%\"{or}"));
    }
    // Adding zero turns a negative zero into a positive zero.
    Ok(share + 0.0)
}

/// Returns whether the text consists of digits, with at most one point between them.
pub(crate) fn is_decimal(text: &str) -> bool {
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
    match text.split_once('.') {
        None => is_digits(text),
        Some((whole, fraction)) => is_digits(whole) && is_digits(fraction),
    }
}
