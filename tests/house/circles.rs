//! Finds the circles in a graph. A circle is a group of nodes in which each node can reach every
//! other node.

use std::collections::{BTreeMap, BTreeSet};

/// Returns all circles. A single node is a circle if it has an edge to itself.
pub(crate) fn circles<'a>(edges: &BTreeSet<(&'a str, &'a str)>) -> Vec<BTreeSet<&'a str>> {
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in edges {
        next.entry(from).or_default().push(to);
    }
    let reachable: BTreeMap<&str, BTreeSet<&str>> =
        next.keys().map(|&from| (from, reachable(&next, from))).collect();
    let mut circles: Vec<BTreeSet<&str>> = Vec::new();
    for (&node, from_node) in &reachable {
        let leads_back = |other: &&str| reachable.get(other).is_some_and(|set| set.contains(node));
        let circle: BTreeSet<&str> = from_node.iter().copied().filter(leads_back).collect();
        if !circle.is_empty() && !circles.contains(&circle) {
            circles.push(circle);
        }
    }
    circles
}

fn reachable<'a>(next: &BTreeMap<&'a str, Vec<&'a str>>, from: &str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut ahead: Vec<&str> = next[from].clone();
    while let Some(node) = ahead.pop() {
        if seen.insert(node) {
            ahead.extend(next.get(node).into_iter().flatten());
        }
    }
    seen
}

#[test]
fn circles_are_found_and_lines_are_not() {
    let line = BTreeSet::from([("a", "b"), ("b", "c"), ("a", "c")]);
    assert!(circles(&line).is_empty());
    let two =
        BTreeSet::from([("a", "b"), ("b", "a"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "c")]);
    let found = circles(&two);
    assert_eq!(found, [BTreeSet::from(["a", "b"]), BTreeSet::from(["c", "d", "e"])]);
}
