//! A tool for each kind of argument that serde can read. Each says again what it was told.
#![expect(clippy::option_option, reason = "somebody writes it")]

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    num::{NonZeroI32, NonZeroU8, NonZeroU64},
    ops::Range,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, Utc, Weekday};

use mcp_guard::prelude::*;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::{
    constrained::{Constrained, Extended, Texts},
    enums::*,
    structs::*,
};

/// Types of which schemars does not publish all that they refuse: the guard is the stricter one. A value is
/// written again in the type's own way.
const NARROWER: [&str; 10] = [
    // The Web's URLs are not all URIs, nor the other way round: a port ends at 65535.
    "a_url",
    // Any text is published.
    "a_socket_address",
    "a_map_by_character",
    "a_map_by_truth",
    "a_map_by_uuid",
    // How a key is written is published, not where its type ends.
    "a_map_by_number",
    "a_map_by_signed_number",
    // Seconds and nanoseconds are published, not where their sum ends.
    "a_duration",
    "a_system_time",
    "a_time_delta",
];

/// Types that have several ways to write a value, and write it again in their own: of two sets with the same
/// members, which are different lists to a schema, a set has one.
const REWRITING: [&str; 7] = [
    "a_decimal",
    "a_long_address",
    "a_moment",
    "a_moment_with_offset",
    "a_set_of_sets",
    "a_uuid",
    "any_address",
];

/// A tool and values of its argument's type, as serde writes them.
pub(crate) struct Animal {
    pub(crate) name: &'static str,
    pub(crate) samples: Vec<Value>,
    /// What its type makes of a value, as serde writes it again.
    pub(crate) reads: fn(&Value) -> Option<Value>,
}

impl Animal {
    /// Whether the type may refuse what the schema accepts.
    pub(crate) fn is_narrower(&self) -> bool {
        NARROWER.contains(&self.name)
    }

    /// Whether the type has one of several ways to write a value.
    pub(crate) fn rewrites(&self) -> bool {
        self.is_narrower() || REWRITING.contains(&self.name)
    }

    /// Whether there is nothing in the arguments to refuse.
    pub(crate) fn takes_anything(&self) -> bool {
        self.name == "a_value"
    }
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
                let reads = |value: &Value| {
                    let value: $type = serde_json::from_value(value.clone()).ok()?;
                    serde_json::to_value(value).ok()
                };
                Animal { name: stringify!($name), samples, reads }
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
    an_i128: i128 = [i128::from(i64::MIN), i128::from(u64::MAX)];
    a_large_non_zero: NonZeroU64 = [NonZeroU64::MIN, NonZeroU64::MAX];
    a_signed_non_zero: NonZeroI32 = [NonZeroI32::MIN, NonZeroI32::MAX];
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
    an_option_of_an_option: Option<Option<u8>> = [None, Some(Some(7))];
    a_box: Box<Point> = [Box::new(Point { x: 1, y: 1 })];
    a_cow: Cow<'static, str> = ["canary".into()];
    a_boxed_text: Box<str> = ["canary".into()];
    a_path: PathBuf = ["canary".into()];
    a_duration: Duration = [Duration::ZERO, Duration::MAX];
    a_system_time: SystemTime = [SystemTime::UNIX_EPOCH];
    a_range: Range<u32> = [1..7, 7..7];
    a_result: Result<u8, String> = [Ok(1), Err("canary".into())];
    any_address: IpAddr = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    a_socket_address: SocketAddr = ["127.0.0.1:80".parse().expect("an address")];
    bytes: Vec<u8> = [vec![0, 255]];
    no_items: [u8; 0] = [[]];
    a_queue: VecDeque<bool> = [[true].into()];
    a_single: (u64,) = [(1,)];
    a_set_of_texts: HashSet<String> = [HashSet::from(["canary".into()])];
    a_set_of_enums: BTreeSet<Plain> = [BTreeSet::from([Plain::One, Plain::TwoWords])];
    a_set_of_sets: BTreeSet<BTreeSet<u8>> = [BTreeSet::from([BTreeSet::from([1, 2])])];

    a_moment: DateTime<Utc> = ["2024-02-29T23:59:59Z".parse().expect("a moment")];
    a_moment_with_offset: DateTime<FixedOffset> =
        ["2024-02-29T23:59:59.5+14:00".parse().expect("a moment")];
    a_day: NaiveDate = ["2024-02-29".parse().expect("a day")];
    a_day_of_the_week: Weekday = [Weekday::Mon];
    a_time_delta: TimeDelta = [TimeDelta::MAX, TimeDelta::MIN];
    a_uuid: Uuid = [Uuid::nil(), Uuid::max()];
    a_url: Url = ["https://example.com/canary".parse().expect("a URL")];
    a_decimal: Decimal =
        ["-12.50", "9999999999999999999999999999", "0.1"].map(|text| text.parse().expect("one"));

    a_list: Vec<Point> = [vec![], vec![Point { x: 1, y: -1 }]];
    a_set: BTreeSet<u16> = [BTreeSet::new(), BTreeSet::from([1, 2])];
    an_array: [i64; 3] = [[1, 2, 3]];
    a_tuple: (u8, String, Option<bool>) = [(1, "canary".into(), None)];
    a_map: BTreeMap<String, u64> = [BTreeMap::new(), BTreeMap::from([("canary".into(), 1)])];
    a_map_of_structs: BTreeMap<String, Point> =
        [BTreeMap::from([("canary".into(), Point { x: 1, y: 1 })])];
    a_map_by_number: BTreeMap<u8, Point> = [BTreeMap::from([(7, Point { x: 1, y: 1 })])];
    a_map_by_signed_number: BTreeMap<i64, bool> = [BTreeMap::from([(-7, true)])];
    a_map_by_character: BTreeMap<char, u8> = [BTreeMap::from([('c', 1)])];
    a_map_by_truth: BTreeMap<bool, u8> = [BTreeMap::from([(true, 1)])];
    a_map_by_uuid: HashMap<Uuid, u64> = [HashMap::from([(Uuid::nil(), 1)])];
    a_map_by_enum: BTreeMap<Plain, u8> = [BTreeMap::from([(Plain::One, 1)])];
    a_map_of_lists: BTreeMap<String, Vec<Option<i32>>> =
        [BTreeMap::from([("canary".into(), vec![None, Some(1)])])];

    an_empty_struct: Empty = [Empty {}];
    a_unit_struct: Unit = [Unit];
    a_newtype: Cents = [Cents(5)];
    a_tuple_struct: Pair = [Pair(1, "canary".into())];
    a_nested_struct: Nested = [Nested::sample()];
    a_constrained_struct: Constrained = [Constrained::sample()];
    constrained_texts: Texts = [Texts::sample()];
    an_extended_struct: Extended = [Extended::sample()];
    a_struct_of_defaults: Defaults = [Defaults::default()];
    a_transparent_struct: Transparent = [Transparent { within: vec![Cents(1)] }];
    a_denying_struct: Denying = [Denying::sample()];
    a_struct_by_hand: ByHand = [ByHand::sample()];
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
    only_a_flat_external: OnlyFlat<External> = OnlyFlat::all(External::samples());
    only_a_flat_internal: OnlyFlat<Internal> = OnlyFlat::all(Internal::samples());
    only_a_flat_adjacent: OnlyFlat<Adjacent> = OnlyFlat::all(Adjacent::samples());
    only_a_flat_untagged: OnlyFlat<Shape> = OnlyFlat::all(Shape::samples());
    only_a_flat_struct: OnlyFlat<FlatStruct> = OnlyFlat::all([FlatStruct::sample()]);
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
