//! Tools of another crate: of an earlier edition, with `mcp-guard` under another name.

use serde::{Deserialize, Serialize};
use under_another_name::{guarded_tool, guarded_tools, Caller, Effect};

pub use under_another_name;

/// What is sent.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Parcel {
    /// Its weight.
    pub grams: u32,
}

/// Why not.
#[derive(Debug, thiserror::Error, under_another_name::ToolError)]
#[tool_error(crate = under_another_name)]
pub enum ShippingError {
    /// It weighs too much.
    #[error("too heavy")]
    #[tool_error(rejected, public)]
    TooHeavy,
}

/// Send a parcel.
///
/// # Errors
/// Heavy ones stay.
#[guarded_tool(idempotent, any_caller, limit(times <= 3), crate = under_another_name)]
pub async fn ship(
    effect: &Effect,
    /// The parcel.
    parcel: Parcel,
    /// How often.
    times: u32,
    /// A word that a later edition reserves.
    gen: Option<u8>,
) -> Result<Parcel, ShippingError> {
    let _ = (effect.key(), gen);
    if parcel.grams > 1000 {
        return Err(ShippingError::TooHeavy);
    }
    Ok(Parcel { grams: parcel.grams * times })
}

/// A carrier.
#[derive(Debug, Default)]
pub struct Carrier;

#[guarded_tools(crate = under_another_name)]
impl Carrier {
    /// Say who asks.
    ///
    /// # Errors
    /// None.
    #[guarded_tool(read_only, any_caller)]
    pub async fn who(&self, caller: &Caller) -> Result<Vec<String>, ShippingError> {
        Ok(vec![caller.subject().to_owned()])
    }
}

/// Makes a tool in the crate that calls it, which names neither this crate's dependency nor its edition.
#[macro_export]
macro_rules! weighing_tool {
    ($vis:vis fn $name:ident, $docs:literal, $grams:expr) => {
        #[doc = $docs]
        #[$crate::under_another_name::guarded_tool(
            read_only, any_caller, crate = $crate::under_another_name
        )]
        $vis async fn $name(
            #[doc = $docs]
            parcel: $crate::Parcel,
        ) -> ::core::result::Result<$crate::Parcel, $crate::ShippingError> {
            ::core::result::Result::Ok($crate::Parcel { grams: parcel.grams + $grams })
        }
    };
}
