//! The name of a breaker, with its key. Names are cloned without allocation.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

#[derive(Clone)]
pub(crate) enum Name {
    Static(&'static str),
    Shared(Counted<str>),
    /// The name and key of a breaker that belongs to one key.
    Keyed(Counted<Keyed>),
}

#[derive(PartialEq, Eq)]
pub(crate) struct Keyed {
    name: Name,
    key: Box<str>,
}

/// Holds an `Arc`. When this value is dropped, the `Arc` is moved out and dropped by value. A drop
/// in place would need an address, so a rejection, which holds a name, would be copied through
/// memory once more on its way to the caller.
pub(crate) struct Counted<T: ?Sized>(Option<Arc<T>>);

impl<T: ?Sized> Counted<T> {
    fn new(value: impl Into<Arc<T>>) -> Self {
        Self(Some(value.into()))
    }

    /// Returns the value, which is present until the drop.
    fn get(&self) -> Option<&T> {
        self.0.as_deref()
    }
}

impl<T: ?Sized> Clone for Counted<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: ?Sized> Drop for Counted<T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(counted) = self.0.take() {
            drop_by_value(counted);
        }
    }
}

#[inline(never)]
fn drop_by_value<T: ?Sized>(counted: Arc<T>) {
    drop(counted);
}

impl Name {
    pub(crate) fn with_key(&self, key: String) -> Self {
        Self::Keyed(Counted::new(Keyed { name: self.clone(), key: key.into() }))
    }

    pub(crate) fn quoted(&self) -> Quoted<'_> {
        Quoted(self)
    }

    pub(crate) fn key(&self) -> Option<&str> {
        match self {
            Self::Static(_) | Self::Shared(_) => None,
            Self::Keyed(keyed) => keyed.get().map(|keyed| &*keyed.key),
        }
    }
}

/// Displays a name for messages: in quotes, with the key in brackets.
pub(crate) struct Quoted<'a>(&'a Name);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", &**self.0)?;
        match self.0.key() {
            Some(key) => write!(f, " [{key}]"),
            None => Ok(()),
        }
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Static(name) => name,
            Self::Shared(name) => name.get().unwrap_or_default(),
            Self::Keyed(keyed) => keyed.get().map_or("", |keyed| &keyed.name),
        }
    }
}

impl From<String> for Name {
    fn from(name: String) -> Self {
        Self::Shared(Counted::new(name))
    }
}

impl std::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        self
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        **self == **other && self.key() == other.key()
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        (&**self, self.key()).cmp(&(&**other, other.key()))
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
