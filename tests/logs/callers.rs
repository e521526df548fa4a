//! The lines about callers in other processes.

use resilient::deadline::{HopFormat, HopReader};

use crate::capture::logged;

#[test]
fn d07_an_unreadable_header_is_one_warning_and_a_late_request_a_line_for_debugging() {
    let lines = logged(|| {
        let reader = HopReader::new(HopFormat::Grpc);
        for _ in 0..2 {
            assert!(reader.read([b"-1S".as_slice()], []).is_ok());
        }
        assert!(reader.read([b"0S".as_slice()], []).is_err());
    });
    let unreadable =
        "WARN a header of a caller cannot be read and is ignored header=\"grpc-timeout\"";
    let late = "DEBUG the time of a request was up before it started header=\"grpc-timeout\"";
    assert_eq!(lines, [unreadable, late]);
}
