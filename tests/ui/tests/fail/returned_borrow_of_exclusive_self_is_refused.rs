//! A documented limit: an attempt's borrows of an exclusive argument end with the attempt.

use resilient::retry;

struct Buffer {
    bytes: Vec<u8>,
}

impl Buffer {
    #[retry]
    fn first(&mut self) -> Option<&mut u8> {
        self.bytes.first_mut()
    }
}

#[retry]
async fn of_an_argument<'a>(bytes: &'a mut [u8], at: &usize) -> Result<&'a mut u8, String> {
    bytes.get_mut(*at).ok_or_else(String::new)
}

fn main() {}
