//! Shares as text: `"20%"`, `"12.5%"`.

use crate::TextError;

/// The share that a percentage in text means: `"12.5%"` is 0.125.
///
/// A space may stand before the `%`. The range of a setting is not checked here.
///
/// # Errors
///
/// [`TextError`], if the text is not a percentage. It shows the text that would be right.
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
    // The exponent gives the nearest `f64`, which a division by 100 would not.
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
    // The sum makes a negative zero positive.
    Ok(share + 0.0)
}

/// Whether the text is digits, with at most one point between them.
pub(crate) fn is_decimal(text: &str) -> bool {
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
    match text.split_once('.') {
        None => is_digits(text),
        Some((whole, fraction)) => is_digits(whole) && is_digits(fraction),
    }
}
