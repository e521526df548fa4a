//! Random numbers: a small generator for each thread, and seeded generators. Only this file uses
//! the crate `rand`.

use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};

use rand::rngs::SmallRng;
use rand::{Rng, RngExt, SeedableRng};

/// A generator with a seed: the same seed gives the same sequence of numbers.
#[derive(Debug)]
pub(crate) struct Generator(SmallRng);

impl Generator {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(SmallRng::seed_from_u64(seed))
    }

    /// Returns a uniform number in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        self.0.random()
    }
}

/// A seeded sequence in one word, without a destructor. Each number comes from a separate
/// generator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SeededDraws(u64);

impl SeededDraws {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    #[cold]
    pub(crate) fn bits(&mut self) -> u64 {
        self.next().0.next_u64()
    }

    #[cold]
    pub(crate) fn unit(&mut self) -> f64 {
        self.next().unit()
    }

    fn next(&mut self) -> Generator {
        // The step can be any odd number except the step by which the generator expands its seed.
        self.0 = self.0.wrapping_add(0xD1B5_4A32_D192_ED03);
        Generator::seeded(self.0)
    }
}

/// Maps random bits to a uniform number from zero to `most`, inclusive. `most` must be below
/// `u64::MAX`. The single multiplication has a bias that is too small to matter for delays.
#[inline]
pub(crate) fn up_to(bits: u64, most: u64) -> u64 {
    high_half(u128::from(bits) * u128::from(most + 1))
}

const fn high_half(product: u128) -> u64 {
    (product >> 64) as u64
}

thread_local! {
    static OF_THREAD: RefCell<Option<Generator>> = const { RefCell::new(None) };
}

/// Seeds the random numbers of this thread, so that they repeat. These numbers determine the jitter
/// of open times, and the delays of retries without a
/// [seed](crate::retry::RetryPolicyBuilder::seed).
#[cfg(any(test, feature = "test-util"))]
pub fn seed_thread(seed: u64) {
    OF_THREAD.set(Some(Generator::seeded(seed)));
}

/// Returns a uniform number in [0, 1) from this thread's generator.
pub(crate) fn unit() -> f64 {
    let drawn = OF_THREAD.with_borrow_mut(|own| own.as_mut().map(Generator::unit));
    drawn.unwrap_or_else(|| {
        seed_by_chance();
        unit()
    })
}

/// Returns random bits from this thread's generator.
#[inline(never)]
pub(crate) fn bits() -> u64 {
    let drawn = OF_THREAD.with_borrow_mut(|own| own.as_mut().map(|own| own.0.next_u64()));
    drawn.unwrap_or_else(first_bits)
}

#[cold]
fn first_bits() -> u64 {
    seed_by_chance();
    bits()
}

fn seed_by_chance() {
    // The standard library gives each `RandomState` different keys.
    let seed = RandomState::new().hash_one(0);
    OF_THREAD.set(Some(Generator::seeded(seed)));
}

/// The random values that tests draw.
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

    #[allow(dead_code, reason = "not every test needs every kind of value")]
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
