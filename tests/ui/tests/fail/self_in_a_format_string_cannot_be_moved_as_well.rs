//! A documented limit: attempts rename `self`, but a format string cannot use the new name.

use resilient::retry;

#[derive(Debug, Clone)]
struct Order(u32);

impl Order {
    #[retry]
    async fn moved(self) -> Option<Self> {
        println!("{self:?}");
        Some(self)
    }

    #[retry]
    fn changed(mut self) -> Option<String> {
        self.0 += 1;
        Some(format!("{self:?}"))
    }

    #[retry]
    async fn only_borrowed(self) -> Option<String> {
        Some(format!("{self:?} {}", &self.0))
    }

    #[retry]
    async fn behind_the_string(self) -> Option<Self> {
        println!("{:?}", self);
        Some(self)
    }
}

fn main() {}
