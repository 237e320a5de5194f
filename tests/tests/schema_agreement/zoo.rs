//! A tool for each kind of argument that serde can read. Each says again what it was told.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    net::{Ipv4Addr, Ipv6Addr},
    num::NonZeroU8,
};

use mcp_guard::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::{enums::*, structs::*};

/// A tool and values of its argument's type, as serde writes them.
pub(crate) struct Animal {
    pub(crate) name: &'static str,
    pub(crate) samples: Vec<Value>,
}

/// What a tool was told.
#[derive(Serialize, JsonSchema)]
struct Again<T> {
    value: T,
}

macro_rules! zoo {
    ($($name:ident: $type:ty = $samples:expr;)+) => {
        $(
            /// Say a value again.
            #[guarded_tool(read_only, any_caller)]
            async fn $name(
                /// What is said again.
                value: $type,
            ) -> Result<Again<$type>, Infallible> {
                Ok(Again { value })
            }
        )+

        /// A guard of all the tools.
        pub(crate) fn guard() -> Guard {
            let builder = Guard::builder().identity(Caller::local("agent"));
            $(let builder = builder.tool::<$name>();)+
            builder.build().expect("a guard")
        }

        pub(crate) fn animals() -> Vec<Animal> {
            vec![$({
                let samples: Vec<$type> = $samples.into();
                let samples = samples.iter().map(|value| json!({ "value": value })).collect();
                Animal { name: stringify!($name), samples }
            }),+]
        }
    };
}

zoo! {
    an_i8: i8 = [i8::MIN, 0, i8::MAX];
    an_i16: i16 = [i16::MIN, i16::MAX];
    an_i32: i32 = [i32::MIN, i32::MAX];
    an_i64: i64 = [i64::MIN, i64::MAX];
    a_u8: u8 = [0, u8::MAX];
    a_u16: u16 = [0, u16::MAX];
    a_u32: u32 = [0, u32::MAX];
    a_u64: u64 = [0, (1 << 53) + 1, u64::MAX];
    a_usize: usize = [0, usize::MAX];
    an_isize: isize = [isize::MIN, isize::MAX];
    a_u128: u128 = [0, u128::from(u64::MAX)];
    a_non_zero: NonZeroU8 = [NonZeroU8::MIN, NonZeroU8::MAX];
    an_f32: f32 = [0.5, f32::MAX, f32::MIN];
    an_f64: f64 = [-0.5, 1e300];
    a_bool: bool = [true, false];
    a_char: char = ['c', 'é'];
    a_text: String = ["canary".into()];
    nothing: () = [()];
    a_value: Value = [json!(null), json!({"canary": [1, 2.5, "canary"]})];
    an_address: Ipv4Addr = [Ipv4Addr::LOCALHOST];
    a_long_address: Ipv6Addr = [Ipv6Addr::LOCALHOST];
    an_option: Option<u32> = [None, Some(7)];
    an_optional_struct: Option<Point> = [None, Some(Point { x: 1, y: -1 })];
    a_list: Vec<Point> = [vec![], vec![Point { x: 1, y: -1 }]];
    a_set: BTreeSet<u16> = [BTreeSet::new(), BTreeSet::from([1, 2])];
    an_array: [i64; 3] = [[1, 2, 3]];
    a_tuple: (u8, String, Option<bool>) = [(1, "canary".into(), None)];
    a_map: BTreeMap<String, u64> = [BTreeMap::new(), BTreeMap::from([("canary".into(), 1)])];
    a_map_of_structs: BTreeMap<String, Point> =
        [BTreeMap::from([("canary".into(), Point { x: 1, y: 1 })])];
    a_map_by_number: BTreeMap<u8, Point> = [BTreeMap::from([(7, Point { x: 1, y: 1 })])];
    a_map_by_signed_number: BTreeMap<i64, bool> = [BTreeMap::from([(-7, true)])];
    a_map_by_enum: BTreeMap<Plain, u8> = [BTreeMap::from([(Plain::One, 1)])];
    a_map_of_lists: BTreeMap<String, Vec<Option<i32>>> =
        [BTreeMap::from([("canary".into(), vec![None, Some(1)])])];

    an_empty_struct: Empty = [Empty {}];
    a_unit_struct: Unit = [Unit];
    a_newtype: Cents = [Cents(5)];
    a_tuple_struct: Pair = [Pair(1, "canary".into())];
    a_nested_struct: Nested = [Nested::sample()];
    a_constrained_struct: Constrained = [Constrained::sample()];
    a_renamed_struct: Renamed = [Renamed::sample()];
    a_tree: Tree = [Tree::sample()];
    a_list_by_boxes: Chain = [Chain::sample()];
    a_flat_struct: FlatStruct = [FlatStruct::sample()];
    a_flat_map: FlatMap = [FlatMap::sample()];
    a_flat_map_of_structs: FlatMapOfStructs = [FlatMapOfStructs::sample()];
    a_flat_value: FlatValue = [FlatValue::sample()];
    a_flat_external: Flat<External> = Flat::all(External::samples());
    a_flat_internal: Flat<Internal> = Flat::all(Internal::samples());
    a_flat_adjacent: Flat<Adjacent> = Flat::all(Adjacent::samples());
    a_flat_untagged: Flat<Shape> = Flat::all(Shape::samples());
    two_flat: TwoFlat = [TwoFlat::sample()];
    a_flat_in_flat: Flat<FlatStruct> = Flat::all([FlatStruct::sample()]);
    a_nested_flat: Vec<Flat<Internal>> = [Flat::all(Internal::samples()).into()];

    a_plain_enum: Plain = [Plain::One, Plain::TwoWords];
    a_documented_enum: Documented = [Documented::Defect, Documented::Late, Documented::Other];
    an_external_enum: External = External::samples();
    an_internal_enum: Internal = Internal::samples();
    an_adjacent_enum: Adjacent = Adjacent::samples();
    an_untagged_enum: Shape = Shape::samples();
    a_partly_untagged_enum: PartlyUntagged =
        [PartlyUntagged::Known, PartlyUntagged::Number(5), PartlyUntagged::Free("canary".into())];
    an_enum_with_another: WithOther = [WithOther::Known, WithOther::Unknown];
    enums_in_places: BTreeMap<String, Vec<Option<Internal>>> =
        [BTreeMap::from([("canary".into(), Internal::samples().map(Some).into())])];
    an_optional_enum: Option<Adjacent> = Adjacent::samples().map(Some);
}
