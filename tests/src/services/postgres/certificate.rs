//! A certificate for a server's TLS, and the authority that signed it.

use std::{fs, path::PathBuf, process::Command};

use tempfile::TempDir;

/// A certificate for one name, made by `openssl` with an authority of its own.
#[derive(Debug)]
pub struct Certificate {
    folder: TempDir,
    chain: String,
    key: String,
}

impl Certificate {
    /// A certificate that names `subject`, such as `IP:127.0.0.1` or `DNS:localhost`. `None` where
    /// there is no `openssl`.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn new(subject: &str) -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            super::missing("openssl", "openssl");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(
            folder.path().join("names"),
            format!("basicConstraints=CA:FALSE\nsubjectAltName={subject}\n"),
        )
        .expect("a file");
        for line in [
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
             -subj /CN=authority -addext basicConstraints=critical,CA:TRUE \
             -keyout ca.key -out ca.pem",
            "req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=server \
             -keyout server.key -out server.csr",
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
             -extfile names -out server.pem",
        ] {
            let made = Command::new("openssl")
                .args(line.split_whitespace())
                .current_dir(folder.path())
                .output()
                .expect("openssl");
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        }
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("a file");
        let (chain, key) = (read("server.pem"), read("server.key"));
        Some(Self { folder, chain, key })
    }

    /// The file with the authority's certificate.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The certificate, as PEM.
    #[must_use]
    pub fn chain(&self) -> &str {
        &self.chain
    }

    /// Its key, as PEM.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}
