//! What a caught panic says.

use std::{any::Any, mem};

/// The panic's message, for the log.
pub(super) fn message_of(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<&'static str>() {
        Ok(message) => (*message).to_owned(),
        Err(panic) => match panic.downcast::<String>() {
            Ok(message) => *message,
            Err(other) => {
                // Whatever it is, dropping it runs the code of one who panics already.
                mem::forget(other);
                "without a message".to_owned()
            }
        },
    }
}
