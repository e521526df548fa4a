//! Parses a profile that callgrind wrote with `--dump-instr=yes --compress-strings=no
//! --compress-pos=no`.

use super::disassembly::Executed;

#[derive(Debug, Default)]
pub struct Profile {
    /// The number of executed instructions.
    pub instructions: u64,
    /// How often each instruction was executed. The profile also has counts of calls, but they
    /// include calls that were made while counting was off.
    pub executed: Executed,
}

impl Profile {
    pub fn parse(text: &str) -> Self {
        let mut profile = Self::default();
        let mut object = String::new();
        let mut inclusive = false;
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("ob=") {
                object = name.to_owned();
            } else if line.starts_with("calls=") {
                // Skips the next line. It has the total cost of the callee, which the lines of the
                // callee contain as well.
                inclusive = true;
            } else if line.starts_with("0x") {
                let mut columns = line.split(' ');
                let address =
                    columns.next().and_then(|hex| u64::from_str_radix(&hex[2..], 16).ok());
                let times = columns.nth(1).and_then(|n| n.parse::<u64>().ok());
                if let (Some(address), Some(times), false) = (address, times, inclusive) {
                    profile.instructions += times;
                    *profile
                        .executed
                        .entry(object.clone())
                        .or_default()
                        .entry(address)
                        .or_default() += times;
                }
                inclusive = false;
            }
        }
        profile
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn an_instruction_counts_where_it_stands_and_not_again_in_its_callers() {
        let text = "events: Ir\n\nob=/bin/a\nfl=a.rs\nfn=outer\n0x10 1 5\ncob=/lib/c\ncfi=c.c\n\
                    cfn=malloc@@GLIBC_2\ncalls=5 0x20 0\n0x14 2 100\n0x18 2 5\n\nob=/lib/c\n\
                    fn=malloc@@GLIBC_2\n0x20 0 20\n";
        let profile = Profile::parse(text);
        assert_eq!(profile.instructions, 30);
        assert_eq!(profile.executed["/bin/a"], BTreeMap::from([(0x10, 5), (0x18, 5)]));
        assert_eq!(profile.executed["/lib/c"], BTreeMap::from([(0x20, 20)]));
    }
}
