//! What is on this machine.

use std::net::IpAddr;

use reqwest::Url;

/// The URL, if it is one of a server or client on this machine, as it would be compared: without
/// user, query and fragment.
pub(super) fn url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "http")?;
    let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']');
    let here = host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    let bare = url.username().is_empty() && url.password().is_none();
    let plain = url.query().is_none() && url.fragment().is_none() && text.len() <= 512;
    (here && bare && plain).then_some(url)
}
