//! A certificate that signs itself, made by the program `openssl`.

use std::fs;
use std::process::Command;

use resilient_test_servers::installed;

pub(crate) struct SelfSigned {
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

impl SelfSigned {
    /// Makes a certificate for `name`, such as `IP:127.0.0.1` or `DNS:other.test`. Returns `None`
    /// if `openssl` is not installed.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let program = installed("openssl")?;
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "[req]
distinguished_name = subject
x509_extensions = extensions
prompt = no
[subject]
CN = test
[extensions]
basicConstraints = critical, CA:FALSE
subjectAltName = {name}
"
        );
        fs::write(folder.path().join("config"), config).unwrap();
        let request = "req -x509 -config config -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
            -nodes -days 1 -keyout key -out certificate";
        let mut openssl = Command::new(program);
        let made = openssl.args(request.split_whitespace()).current_dir(&folder).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let read = |name| fs::read(folder.path().join(name)).unwrap();
        Some(Self { certificate: read("certificate"), key: read("key") })
    }
}
