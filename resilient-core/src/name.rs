//! The name of a breaker, and its key where it has one: cloned without allocation, wherever they go.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

#[derive(Clone)]
pub(crate) enum Name {
    Static(&'static str),
    Shared(Arc<str>),
    /// One of the breakers of a name.
    Keyed(Arc<Keyed>),
}

#[derive(PartialEq, Eq)]
pub(crate) struct Keyed {
    name: Name,
    key: Box<str>,
}

impl Name {
    pub(crate) fn with_key(&self, key: String) -> Self {
        Self::Keyed(Arc::new(Keyed {
            name: self.clone(),
            key: key.into(),
        }))
    }

    pub(crate) fn quoted(&self) -> Quoted<'_> {
        Quoted(self)
    }

    pub(crate) fn key(&self) -> Option<&str> {
        match self {
            Self::Static(_) | Self::Shared(_) => None,
            Self::Keyed(keyed) => Some(&keyed.key),
        }
    }
}

/// A name for messages: in quotes, with the key in brackets.
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
            Self::Shared(name) => name,
            Self::Keyed(keyed) => &keyed.name,
        }
    }
}

impl From<String> for Name {
    fn from(name: String) -> Self {
        Self::Shared(name.into())
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
