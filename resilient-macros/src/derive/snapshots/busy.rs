#[automatically_derived]
impl ::renamed::Classify for Busy {
    fn classify(&self) -> ::renamed::Class {
        ::renamed::__private::with_hint(
            ::renamed::Class::throttled(),
            ::core::convert::Into::into(self.wait),
        )
    }
}
