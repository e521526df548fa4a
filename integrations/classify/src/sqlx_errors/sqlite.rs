//! The meaning of a result code of SQLite.

use resilient::Classification;

/// Classifies an error by its extended result code. The lowest byte is the primary code.
pub(super) fn class(code: u32) -> Classification {
    match code & 0xff {
        // BUSY, LOCKED, PROTOCOL and SCHEMA: another connection holds a lock or changed the schema.
        5 | 6 | 15 | 17 => Classification::answered().retried(),
        // INTERRUPT: the program itself ended the query.
        9 => Classification::ignored(),
        // INTERNAL, READONLY, CORRUPT, FULL, CANTOPEN, NOLFS, NOTADB.
        2 | 8 | 11 | 13 | 14 | 22 | 26 => Classification::permanent(),
        // ERROR (wrong SQL), PERM, ABORT, NOTFOUND, EMPTY, TOOBIG, CONSTRAINT, MISMATCH, MISUSE,
        // AUTH, FORMAT, RANGE.
        1 | 3 | 4 | 12 | 16 | 18 | 19 | 20 | 21 | 23 | 24 | 25 => Classification::answered(),
        // NOMEM, IOERR, and codes that are added later.
        _ => Classification::transient(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extended_code_means_what_its_primary_code_means() {
        // BUSY_RECOVERY, BUSY_SNAPSHOT, LOCKED_SHAREDCACHE.
        for code in [5, 261, 517, 6, 262] {
            assert_eq!(class(code), Classification::answered().retried(), "{code}");
        }
        // CONSTRAINT_ROWID, CONSTRAINT_TRIGGER.
        for code in [19, 2579, 1811, 1] {
            assert_eq!(class(code), Classification::answered(), "{code}");
        }
        // READONLY_DBMOVED, CORRUPT_VTAB, CANTOPEN_ISDIR.
        for code in [1032, 267, 526, 13] {
            assert_eq!(class(code), Classification::permanent(), "{code}");
        }
        // IOERR_READ, NOMEM, unknown.
        for code in [266, 7, 200] {
            assert_eq!(class(code), Classification::transient(), "{code}");
        }
    }
}
