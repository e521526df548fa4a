//! Finds the known word that the user probably meant with a misspelt word.

/// Formats words as a list: `` `a`, `b`, `c` ``
#[must_use]
pub fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// Returns the known word that is closest to `given`, or `None` if no word is close.
#[must_use]
pub fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let given = given.to_lowercase();
    let close = known
        .iter()
        .map(|word| (distance(&given, word), *word))
        .filter(|(distance, word)| *distance <= allowance(word.len().min(given.len())))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word);
    close.or_else(|| known.iter().copied().find(|word| is_part(&given, word)))
}

/// Returns whether `given` could be a misspelling of `other` but is nearer to `one`.
#[must_use]
pub fn is_nearer(given: &str, one: &str, other: &str) -> bool {
    let edits = |word: &str| distance(given, word);
    edits(other) <= allowance(other.len().min(given.len())) && edits(one) < edits(other)
}

/// Returns the largest number of edits that still count as a typing error in a word of this length.
fn allowance(length: usize) -> usize {
    match length {
        0..=3 => 1,
        4..=7 => 2,
        _ => 3,
    }
}

/// Returns whether `given` is the beginning of `word`, or resembles the end of `word` after an
/// underscore. For example, `retries` is the end of `max_retries`.
fn is_part(given: &str, word: &str) -> bool {
    let beginning = given.len() >= 3 && word.starts_with(given);
    let slips = usize::from(given.len() >= 5);
    let end = word.match_indices('_').any(|(at, _)| distance(given, &word[at + 1..]) <= slips);
    beginning || end
}

/// Counts the edits from one word to the other. An edit inserts, deletes or replaces one character,
/// or swaps two neighbours.
#[must_use]
pub fn distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().collect();
    let to: Vec<char> = to.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for row in 1..=from.len() {
        let mut current = vec![row];
        for column in 1..=to.len() {
            let replaced = above[column - 1] + usize::from(from[row - 1] != to[column - 1]);
            let mut least = replaced.min(above[column] + 1).min(current[column - 1] + 1);
            let swapped = row > 1
                && column > 1
                && from[row - 1] == to[column - 2]
                && from[row - 2] == to[column - 1];
            if swapped {
                least = least.min(before[column - 2] + 1);
            }
            current.push(least);
        }
        before = std::mem::replace(&mut above, current);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_single_edits_and_swaps() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("full", "full"), 0);
        assert_eq!(distance("ful", "full"), 1);
        assert_eq!(distance("flul", "full"), 1);
        assert_eq!(distance("max_retry", "max_retries"), 3);
    }

    #[test]
    fn a_typing_error_or_a_part_leads_to_the_word() {
        let known = ["max_retries", "max_delay", "on", "on_retry", "except"];
        assert_eq!(nearest("max_retry", &known), Some("max_retries"));
        assert_eq!(nearest("Max_Retries", &known), Some("max_retries"));
        assert_eq!(nearest("retries", &known), Some("max_retries"));
        assert_eq!(nearest("retires", &known), Some("max_retries"));
        assert_eq!(nearest("exc", &known), Some("except"));
        assert_eq!(nearest("window_buckets", &known), None);
        assert_eq!(nearest("", &known), None);
    }
}
