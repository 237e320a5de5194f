//! An issuer: its keys, the tokens that it signs, and those that others make up.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
        Ed25519KeyPair, KeyPair as _, UnparsedPublicKey,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The keys in the issuer's set, and one that is not.
pub(super) struct Keys {
    ed: Ed25519KeyPair,
    p256: EcdsaKeyPair,
    stranger: Ed25519KeyPair,
}

impl Keys {
    pub(super) fn new() -> Self {
        let ed = |seed| Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("a key");
        let p256 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        Self { ed: ed(7), p256, stranger: ed(8) }
    }

    /// The JWK Set.
    pub(super) fn set(&self) -> Value {
        let (x, y) = self.p256.public_key().as_ref()[1..].split_at(32);
        json!({"keys": [
            {"kty": "OKP", "crv": "Ed25519", "kid": "e", "use": "sig",
                "x": encode(self.ed.public_key().as_ref())},
            {"kty": "EC", "crv": "P-256", "kid": "p", "use": "sig", "x": encode(x), "y": encode(y)},
        ]})
    }

    /// A token of a header and claims, which a line's end divides. `e` and `p` sign it, anything else
    /// makes something up.
    pub(super) fn make(&self, how: u8, text: &str) -> String {
        let (header, claims) = text.split_once('\n').unwrap_or((text, ""));
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature = match how {
            b'e' => self.ed.sign(message.as_bytes()).as_ref().to_vec(),
            b'p' => self.ecdsa(&message),
            b's' => self.stranger.sign(message.as_bytes()).as_ref().to_vec(),
            // The claims alone, so that a header was put in front.
            b'c' => self.ed.sign(claims.as_bytes()).as_ref().to_vec(),
            b'x' => {
                let mut signature = self.ed.sign(message.as_bytes()).as_ref().to_vec();
                signature[usize::from(header.as_bytes().first().copied().unwrap_or(0)) % 64] ^= 1;
                signature
            }
            // A public key for a secret.
            b'h' => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, self.ed.public_key().as_ref());
                hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
            }
            _ => Vec::new(),
        };
        format!("{message}.{}", encode(signature))
    }

    fn ecdsa(&self, message: &str) -> Vec<u8> {
        let signature = self.p256.sign(&SystemRandom::new(), message.as_bytes());
        signature.expect("signed").as_ref().to_vec()
    }

    /// Whether the key of this algorithm has signed the message.
    pub(super) fn signed(&self, alg: &str, message: &str, signature: &[u8]) -> bool {
        let (message, ed) = (message.as_bytes(), self.ed.public_key().as_ref());
        match alg {
            "EdDSA" | "Ed25519" => UnparsedPublicKey::new(&ED25519, ed).verify(message, signature),
            "ES256" => {
                let p256 = self.p256.public_key().as_ref();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, p256).verify(message, signature)
            }
            _ => return false,
        }
        .is_ok()
    }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Serves a JWK Set for as long as the process lives, and returns its URL.
pub(super) fn jwks_server(set: &Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
    let url = format!("http://{}/jwks", listener.local_addr().expect("an address"));
    let body = set.to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            // What is asked is known, and comes in one piece.
            let _asked = stream.read(&mut [0; 4096]);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
            let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            let _sent = stream.write_all(answer.as_bytes());
        }
    });
    url
}
