//! TLS, with the server's certificate always verified.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::store::StoreError;

/// What the URL says of TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TlsWish {
    pub(super) mode: SslMode,
    /// The authorities to trust instead of the system's.
    pub(super) roots: Option<String>,
}

impl TlsWish {
    /// The means to connect so, or `None` for no TLS.
    pub(super) fn connector(&self) -> Result<Option<MakeRustlsConnect>, StoreError> {
        if self.mode == SslMode::Disable {
            return Ok(None);
        }
        let roots = match self.roots.as_deref() {
            None | Some("system") => system_roots()?,
            Some(file) => roots_in(Path::new(file))?,
        };
        // The provider is named, because a program that has two of them has no default.
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| StoreError::Unusable(format!("TLS: {error}")))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Some(MakeRustlsConnect::new(config)))
    }
}

fn system_roots() -> Result<RootCertStore, StoreError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(StoreError::Unusable(
            "the system trusts no certificate authority: install its `ca-certificates`, or write \
             `sslrootcert=FILE` into the URL"
                .into(),
        ));
    }
    Ok(roots)
}

fn roots_in(file: &Path) -> Result<RootCertStore, StoreError> {
    let unusable =
        |why: String| StoreError::Unusable(format!("sslrootcert {}: {why}", file.display()));
    let mut roots = RootCertStore::empty();
    let certificates =
        CertificateDer::pem_file_iter(file).map_err(|error| unusable(error.to_string()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unusable("there is no certificate in it".into()));
    }
    Ok(roots)
}
