#[automatically_derived]
impl<E> ::resilient::Classify for Unavailable<E> {
    fn classify(&self) -> ::resilient::Classification {
        class(&self.0)
    }
}
#[automatically_derived]
impl<E> ::core::convert::From<::resilient::CircuitOpen> for Unavailable<E>
where
    Arc<E>: ::core::convert::From<::resilient::CircuitOpen>,
{
    fn from(__error: ::resilient::CircuitOpen) -> Self {
        Self {
            0: ::core::convert::From::from(__error),
        }
    }
}
#[automatically_derived]
impl<E> ::core::convert::From<::resilient::TimedOut> for Unavailable<E>
where
    Arc<E>: ::core::convert::From<::resilient::TimedOut>,
{
    fn from(__error: ::resilient::TimedOut) -> Self {
        Self {
            0: ::core::convert::From::from(__error),
        }
    }
}
