//! `transparent` needs one field: the only field of the variant, or the field in its list.

use resilient::Classify;

#[derive(Classify)]
enum ApiError {
    #[transparent]
    Unit,
    #[transparent]
    Empty(),
    #[transparent]
    Two(std::io::Error, u32),
    #[transparent]
    Named { source: std::io::Error, at: u32 },
}

#[derive(Classify)]
#[transparent]
enum OnTheEnum {
    Io(std::io::Error),
    Net(std::io::Error),
}

#[derive(Classify)]
#[transparent]
struct NoField;

fn main() {}
