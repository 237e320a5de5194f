//! Tokens at the front door: a guard on a real socket, an issuer that signs with real keys and
//! misbehaves on demand. What is taken is told by the tool's own body.

mod callers;
mod claimed;
mod forged;
mod introspection;
mod keys;
mod metadata;
mod mistakes;
mod outages;
mod table;
mod world;

use forged::{algorithms, forms, headers, key_ids};

#[tokio::test]
async fn a_token_is_signed_as_its_issuer_signs() {
    table::judge(algorithms::cases()).await;
}

#[tokio::test]
async fn a_token_is_an_access_token_and_read_in_one_way() {
    table::judge(headers::cases()).await;
}

#[tokio::test]
async fn a_key_identifier_names_one_key_or_none() {
    table::judge(key_ids::cases()).await;
}

#[tokio::test]
async fn a_token_is_three_parts_that_say_everything_once() {
    table::judge(forms::cases()).await;
}

#[tokio::test]
async fn claims_are_there_and_what_they_must_be() {
    table::judge(claimed::cases()).await;
}

/// So many are promised at least. Each is in one of the tests above, under its own name.
#[test]
fn there_are_enough_cases() {
    let tables =
        [algorithms::cases(), headers::cases(), key_ids::cases(), forms::cases(), claimed::cases()];
    let cases: Vec<_> = tables.iter().flatten().collect();
    let taken = cases.iter().filter(|case| case.taken).count();
    println!("{} tokens: {taken} to take, {} to refuse", cases.len(), cases.len() - taken);
    assert!(cases.len() >= 200 && taken >= 30, "{}", cases.len());
}
