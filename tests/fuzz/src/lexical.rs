//! JSON as letters: what can be told of a text without reading it.

/// What is counted outside of strings.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Members of objects, each as often as it is written.
    pub(crate) members: usize,
    /// How many objects and arrays are inside one another, at most.
    pub(crate) depth: usize,
}

impl Shape {
    pub(crate) fn of(text: &[u8]) -> Self {
        let (mut shape, mut open) = (Self::default(), 0_usize);
        let (mut in_string, mut is_escaped) = (false, false);
        for byte in text {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' if in_string => is_escaped = true,
                b'"' => in_string = !in_string,
                _ if in_string => {}
                b':' => shape.members += 1,
                b'{' | b'[' => {
                    open += 1;
                    shape.depth = shape.depth.max(open);
                }
                b'}' | b']' => open = open.saturating_sub(1),
                _ => {}
            }
        }
        shape
    }
}
