//! The meaning of an SQLSTATE, the five characters by which SQL databases name an error.

use resilient::Classification;

/// Classifies an error by its SQLSTATE. The first two characters are its class.
pub(super) fn class(state: &str) -> Classification {
    match state {
        // Conflicts between transactions: a deadlock, a serialization failure, a snapshot that is
        // too old, an object or a lock in use.
        "40001" | "40P01" | "72000" | "55006" | "55P03" => Classification::answered().retried(),
        // A write on a replica, as after a failover; a foreign server that cannot be reached.
        "25006" | "HV00N" => Classification::transient(),
        // A database that does not exist; a full disk, a limit of the configuration; a query that
        // was cancelled by a time limit of the server or by an operator, a database that was
        // dropped; damaged data or indexes.
        "3D000" | "53100" | "53400" | "57014" | "57P04" | "XX001" | "XX002" => {
            Classification::permanent()
        }
        _ => match state.get(..2).unwrap_or_default() {
            // A login, the configuration of the server.
            "28" | "F0" => Classification::permanent(),
            // Success, warnings, missing data, features, data, constraints, cursors, transactions,
            // privileges, SQL, limits of a query, stored procedures, foreign data.
            "00" | "01" | "02" | "03" | "09" | "0A" | "0B" | "0F" | "0L" | "0P" | "0Z" | "10"
            | "20" | "21" | "22" | "23" | "24" | "25" | "26" | "27" | "2B" | "2D" | "2F" | "34"
            | "38" | "39" | "3B" | "3F" | "40" | "42" | "44" | "45" | "54" | "55" | "HV" | "P0" => {
                Classification::answered()
            }
            // The connection (08), resources (53), an operator or a shutdown (57), the system (58),
            // an internal error (XX), and what only one database knows.
            _ => Classification::transient(),
        },
    }
}

#[cfg(test)]
mod tests {
    use resilient::Outcome;

    use super::*;

    #[test]
    fn a_state_that_is_none_is_a_failure() {
        for state in ["", "4", "é", "HY000", "ZZZZZ"] {
            assert_eq!(class(state), Classification::transient(), "{state}");
        }
    }

    #[test]
    fn states_decide_before_their_class() {
        let is = |state, health, retry| {
            let class = class(state);
            assert_eq!((class.health, class.retry), (health, retry), "{state}");
        };
        is("40001", Outcome::Success, true);
        is("40000", Outcome::Success, false);
        is("25006", Outcome::Failure, true);
        is("25P02", Outcome::Success, false);
        is("53100", Outcome::Failure, false);
        is("53200", Outcome::Failure, true);
        is("57014", Outcome::Failure, false);
        is("57P01", Outcome::Failure, true);
        is("HV00N", Outcome::Failure, true);
        is("HV000", Outcome::Success, false);
        is("XX000", Outcome::Failure, true);
        is("XX001", Outcome::Failure, false);
    }
}
