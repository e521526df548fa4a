//! Disassembles object files. Counts two kinds of executed instructions: those that lock, and those
//! at the beginning of a function. The object file and the address identify an instruction.
//!
//! An instruction locks if it has the prefix `lock`. An `xchg` with memory locks even without this
//! prefix.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// How often each instruction was executed, by object file and address.
pub type Executed = BTreeMap<String, BTreeMap<u64, u64>>;

/// The disassembled object files. Each file is read once.
#[derive(Debug, Default)]
pub struct Disassembly {
    objects: BTreeMap<String, Object>,
}

#[derive(Debug, Default)]
struct Object {
    locking: BTreeSet<u64>,
    /// The names and addresses of exported functions. A function can have several names.
    entries: Vec<(String, u64)>,
}

impl Disassembly {
    /// Reads the object files of these instructions, unless they were read before.
    ///
    /// # Errors
    ///
    /// Returns the message of the disassembler.
    pub fn read(&mut self, executed: &Executed) -> Result<(), String> {
        for path in executed.keys() {
            if !self.objects.contains_key(path) {
                let is_file = std::path::Path::new(path).is_file();
                let object = if is_file { Object::read(path)? } else { Object::default() };
                self.objects.insert(path.clone(), object);
            }
        }
        Ok(())
    }

    /// Returns how often instructions that lock were executed.
    pub fn locked(&self, executed: &Executed) -> u64 {
        self.sum(executed, |object| object.locking.clone())
    }

    /// Returns how often the functions with these names were called.
    pub fn entered(&self, executed: &Executed, names: &[&str]) -> u64 {
        let named = |(name, _): &&(String, u64)| names.contains(&name.as_str());
        self.sum(executed, |object| {
            object.entries.iter().filter(named).map(|(_, address)| *address).collect()
        })
    }

    fn sum(&self, executed: &Executed, of: impl Fn(&Object) -> BTreeSet<u64>) -> u64 {
        let in_object = |(path, times): (&String, &BTreeMap<u64, u64>)| -> u64 {
            let addresses = self.objects.get(path).map(&of).unwrap_or_default();
            addresses.iter().filter_map(|address| times.get(address)).sum()
        };
        executed.iter().map(in_object).sum()
    }
}

impl Object {
    fn read(path: &str) -> Result<Self, String> {
        let code = objdump(&["--disassemble", "--no-show-raw-insn", path])?;
        let symbols = objdump(&["--dynamic-syms", path])?;
        Ok(Self {
            locking: code.lines().filter_map(locking).collect(),
            entries: symbols.lines().filter_map(entry).collect(),
        })
    }
}

fn objdump(args: &[&str]) -> Result<String, String> {
    let output = Command::new("objdump")
        .args(args)
        .output()
        .map_err(|error| format!("objdump did not start: {error}"))?;
    if !output.status.success() {
        return Err(format!("objdump {} failed", args.join(" ")));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// If the line shows an instruction that locks, returns the address of the instruction.
fn locking(line: &str) -> Option<u64> {
    let (address, instruction) = line.split_once(":\t")?;
    let locks = instruction.starts_with("lock ")
        || (instruction.starts_with("xchg") && instruction.contains('('));
    locks.then(|| u64::from_str_radix(address.trim(), 16).ok()).flatten()
}

/// If the line shows a function that this object file defines, returns the function's name and
/// address.
fn entry(line: &str) -> Option<(String, u64)> {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let is_function = line.contains(" DF ") || line.contains(" iD ");
    let address = u64::from_str_radix(columns.first()?, 16).ok()?;
    (is_function && address != 0).then(|| ((*columns.last().unwrap_or(&"")).to_owned(), address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_prefixed_instructions_and_exchanges_with_memory_lock() {
        assert_eq!(locking("   1f30:\tlock cmpxchg %rcx,(%rdi)"), Some(0x1f30));
        assert_eq!(locking("   1f38:\txchg   %al,0x8(%rbx)"), Some(0x1f38));
        assert_eq!(locking("   1f3c:\txchg   %ax,%ax"), None);
        assert_eq!(locking("   1f40:\tmov    %rax,(%rdi)"), None);
        assert_eq!(locking("0000000000001f30 <lock>:"), None);
    }

    #[test]
    fn only_functions_of_this_object_have_an_entry() {
        let here = "0000000000097550 g    DF .text\t00000000000001f7  GLIBC_2.2.5 malloc";
        let elsewhere =
            "0000000000000000      DF *UND*\t0000000000000000  GLIBC_2.17  clock_gettime";
        assert_eq!(entry(here), Some(("malloc".to_owned(), 0x97550)));
        assert_eq!(entry(elsewhere), None);
    }
}
