//! The table in the page about outcomes.

/// A row of the table. The cells have neither code marks nor the numbers of notes.
pub(super) struct Row {
    pub(super) what: String,
    pub(super) error: String,
    pub(super) breaker: String,
    pub(super) if_repeatable: String,
    pub(super) otherwise: String,
}

pub(super) fn rows() -> Vec<Row> {
    let page = include_str!("../../../docs/outcomes.md");
    let (_, table) = page.split_once("| what happened |").expect("the page has the table");
    let lines = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let plain = |cell: &str| {
        let marked = without_links(cell);
        marked.replace(['`', '¹', '²', '³', '⁴', '⁵', '⁶'], "").trim().to_owned()
    };
    lines
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(plain).collect();
            let [what, error, breaker, if_repeatable, otherwise] = cells.try_into().unwrap();
            Row { what, error, breaker, if_repeatable, otherwise }
        })
        .collect()
}

/// Returns the cell with the texts of its links, such as `[text]` and `[text](target)`.
fn without_links(cell: &str) -> String {
    let mut pieces = cell.split('[');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (shown, rest) = piece.split_once(']').expect("a link ends");
        let rest = match rest.strip_prefix('(') {
            Some(target) => target.split_once(')').expect("a target ends").1,
            None => rest,
        };
        text += shown;
        text += rest;
    }
    text
}
