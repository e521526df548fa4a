//! Finds the breaker of a key according to the key's type.

use std::borrow::Borrow;
use std::hash::Hash;

use crate::breaker::CircuitBreaker;
use crate::call_site::KeyedCallSite;
use crate::keyed::BreakerKey;

/// The user's key of a breaker. A reference is looked up by its target, so that a known key is not
/// copied. Any other value is the key itself.
///
/// Method resolution first tries the inherent methods of this type. Through `Deref`, it then tries
/// the methods of [`KeyValue`], and last the methods of [`KeyAny`].
#[derive(Debug)]
pub struct Key<'a, T>(KeyValue<'a, T>);

#[derive(Debug)]
pub struct KeyValue<'a, T>(KeyAny<'a, T>);

#[derive(Debug)]
pub struct KeyAny<'a, T>(&'a T);

impl<'a, T> Key<'a, T> {
    #[inline]
    pub fn new(key: &'a T) -> Self {
        Self(KeyValue(KeyAny(key)))
    }
}

impl<'a, T> std::ops::Deref for Key<'a, T> {
    type Target = KeyValue<'a, T>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'a, T> std::ops::Deref for KeyValue<'a, T> {
    type Target = KeyAny<'a, T>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// A reference to a key. One trait covers both kinds of references. With two traits, a key whose
/// type is an error would cause a second error, about two methods that apply.
pub trait KeyReference {
    /// Finds the breaker of the key.
    fn find(&self, site: &'static KeyedCallSite) -> CircuitBreaker;
}

impl<Q> KeyReference for &Q
where
    Q: Hash + Eq + ToOwned + ?Sized,
    Q::Owned: BreakerKey + Borrow<Q>,
{
    fn find(&self, site: &'static KeyedCallSite) -> CircuitBreaker {
        site.breaker::<Q::Owned, Q>(*self)
    }
}

impl<Q> KeyReference for &mut Q
where
    Q: Hash + Eq + ToOwned + ?Sized,
    Q::Owned: BreakerKey + Borrow<Q>,
{
    fn find(&self, site: &'static KeyedCallSite) -> CircuitBreaker {
        site.breaker::<Q::Owned, Q>(&**self)
    }
}

impl<R: KeyReference> Key<'_, R> {
    pub fn resilient_breaker(&self, site: &'static KeyedCallSite) -> CircuitBreaker {
        self.0.0.0.find(site)
    }
}

impl<K: BreakerKey> KeyValue<'_, K> {
    pub fn resilient_breaker(&self, site: &'static KeyedCallSite) -> CircuitBreaker {
        site.breaker::<K, K>(self.0.0)
    }
}

impl<T> KeyAny<'_, T> {
    /// Causes a compile error that names `BreakerKey`. Method resolution chooses this method only
    /// if no other method applies, because `T` does not implement the trait.
    pub fn resilient_breaker(&self, site: &'static KeyedCallSite) -> CircuitBreaker
    where
        T: BreakerKey,
    {
        site.breaker::<T, T>(self.0)
    }
}
