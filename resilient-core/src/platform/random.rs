//! Random numbers: a small generator for each thread, and seeded ones. Only this file names `rand`.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// A seeded generator, whose numbers repeat.
#[derive(Debug, Clone)]
pub(crate) struct Generator(SmallRng);

impl Generator {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(SmallRng::seed_from_u64(seed))
    }

    /// Uniform in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        self.0.random()
    }

    /// Uniform between the two, both included.
    #[inline]
    pub(crate) fn within(&mut self, least: u64, most: u64) -> u64 {
        self.0.random_range(least..=most)
    }
}

thread_local! {
    /// Taken out while it is used. A thread that has none draws from a new one.
    static OF_THREAD: Cell<Option<Generator>> = const { Cell::new(None) };
}

/// Uses the generator of this thread.
#[inline]
fn with_thread<R>(draw: impl FnOnce(&mut Generator) -> R) -> R {
    let taken = OF_THREAD.try_with(Cell::take).ok().flatten();
    // The standard library seeds each of these states differently.
    let mut generator = taken.unwrap_or_else(|| Generator::seeded(RandomState::new().hash_one(0)));
    let drawn = draw(&mut generator);
    let _ = OF_THREAD.try_with(|cell| cell.set(Some(generator)));
    drawn
}

/// Makes the numbers of this thread repeat.
#[cfg(test)]
pub(crate) fn seed_thread(seed: u64) {
    OF_THREAD.set(Some(Generator::seeded(seed)));
}

/// Uniform in [0, 1), from this thread's generator.
pub(crate) fn unit() -> f64 {
    with_thread(Generator::unit)
}

/// Uniform between the two, both included, from this thread's generator.
#[inline]
pub(crate) fn within(least: u64, most: u64) -> u64 {
    with_thread(|generator| generator.within(least, most))
}

/// What tests draw.
#[cfg(test)]
mod in_tests {
    use rand::RngExt;
    use rand::distr::uniform::SampleRange;

    use super::Generator;

    macro_rules! in_range {
        ($($integer:ident)*) => {
            $(pub(crate) fn $integer(&mut self, range: impl SampleRange<$integer>) -> $integer {
                self.0.random_range(range)
            })*
        };
    }

    #[allow(dead_code, reason = "not every test draws everything")]
    impl Generator {
        in_range!(u8 u32 u64 usize);

        pub(crate) fn bool(&mut self) -> bool {
            self.0.random()
        }

        pub(crate) fn choice<T: Copy>(&mut self, among: impl AsRef<[T]>) -> Option<T> {
            let among = among.as_ref();
            among.get(self.usize(..among.len())).copied()
        }
    }
}
