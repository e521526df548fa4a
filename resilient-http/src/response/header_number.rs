//! Numbers in header values. They consist of decimal digits and at most one fraction, and too large
//! ones saturate.

/// Splits `12` or `12.5` into its digits. Returns `None` for any other text, such as a sign, an
/// exponent or digits of another script.
fn parts(text: &str) -> Option<(&str, &str)> {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) if is_digits(fraction) => (whole, fraction),
        Some(_) => return None,
        None => (text, ""),
    };
    is_digits(whole).then_some((whole, fraction))
}

/// Reads a number and drops its fraction.
pub(super) fn whole(text: &str) -> Option<u64> {
    let (whole, _) = parts(text)?;
    Some(whole.parse().unwrap_or(u64::MAX))
}

/// Reads a number with its fraction to nine digits, in units of a billionth. Further digits are
/// rounded up.
pub(super) fn billionths(text: &str) -> Option<u128> {
    let (_, fraction) = parts(text)?;
    let (exact, rest) = fraction.split_at(fraction.len().min(9));
    let is_above = rest.bytes().any(|digit| digit != b'0');
    // The padded fraction has nine digits, so it is always a number.
    let nanos: u128 = format!("{exact:0<9}").parse().ok()?;
    Some(u128::from(whole(text)?) * 1_000_000_000 + nanos + u128::from(is_above))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_dropped_or_exact() {
        for (text, down, exact) in [
            ("0", 0, 0),
            ("7", 7, 7_000_000_000),
            ("1.0", 1, 1_000_000_000),
            ("1.5", 1, 1_500_000_000),
            ("0.000000001", 0, 1),
            ("0.0000000001", 0, 1),
            ("1200.5", 1200, 1_200_500_000_000),
        ] {
            assert_eq!(whole(text), Some(down), "{text}");
            assert_eq!(billionths(text), Some(exact), "{text}");
        }
    }

    #[test]
    fn what_is_no_plain_number_is_refused_and_a_huge_number_saturates() {
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "1.5.5", "0x1", "1 2", "٣", "NaN"] {
            assert_eq!(whole(text), None, "{text:?}");
            assert_eq!(billionths(text), None, "{text:?}");
        }
        assert_eq!(whole("99999999999999999999.5"), Some(u64::MAX));
        assert_eq!(billionths("99999999999999999999").unwrap() / 1_000_000_000, u64::MAX.into());
    }
}
