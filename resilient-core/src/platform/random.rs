//! Random numbers: a small generator for each thread, and seeded ones. Only this file names `rand`.

use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};

use rand::rngs::SmallRng;
use rand::{Rng, RngExt, SeedableRng};

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
        let drawn = self.0.next_u64();
        // One multiplication: the bias is below one in 2⁶⁴ / (most - least), which no delay shows.
        match (most - least).checked_add(1) {
            Some(count) => least + high_half(u128::from(drawn) * u128::from(count)),
            None => drawn,
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "half of the bits")]
const fn high_half(product: u128) -> u64 {
    (product >> 64) as u64
}

thread_local! {
    // The standard library gives each of its hash states other keys.
    static OF_THREAD: RefCell<Generator> =
        RefCell::new(Generator::seeded(RandomState::new().hash_one(0)));
}

/// Uses the generator of this thread.
#[inline]
fn with_thread<R>(draw: impl FnOnce(&mut Generator) -> R) -> R {
    OF_THREAD.with_borrow_mut(draw)
}

/// Makes the numbers of this thread repeat.
#[cfg(any(test, feature = "test-util"))]
pub(crate) fn seed_thread(seed: u64) {
    OF_THREAD.set(Generator::seeded(seed));
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
