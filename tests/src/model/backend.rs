//! The backend: what it has done, what it remembers, and the requests that nobody waits for.

use super::{
    judge::Property,
    setting::{Backend, Setting},
    world::{ALL, OPERATIONS, Op},
};

/// What the backend has done.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Ledger {
    /// The effects, each with the operation whose key it came with. Not those of an operation that
    /// was done and forgotten: its key names another one from then on.
    pub(super) effects: Vec<Effect>,
    /// What became of the requests with a key.
    pub(super) keys: [Memory; OPERATIONS],
    /// Requests on their way whose sender does not wait any more.
    pub(super) orphans: [u8; OPERATIONS],
}

/// Something that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Effect {
    pub(super) key: Op,
    /// How many ticks ago, as long as that matters to a budget.
    pub(super) age: u8,
}

/// What became of the requests with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) enum Memory {
    #[default]
    Nothing,
    Landed,
    Refused,
}

impl Ledger {
    /// A request arrives, and is carried out or refused; `false` where the backend would not
    /// decide so.
    pub(super) fn decides(&mut self, key: Op, acts: bool, backend: Backend) -> bool {
        let memory = &mut self.keys[key.place()];
        let known = if backend == Backend::Forgetful { Memory::Nothing } else { *memory };
        match known {
            Memory::Landed => return acts,
            Memory::Refused => return !acts,
            Memory::Nothing => {}
        }
        if acts {
            *memory = Memory::Landed;
            self.effects.push(Effect { key, age: 0 });
            self.effects.sort_unstable();
        } else if *memory == Memory::Nothing && backend == Backend::Remembers {
            *memory = Memory::Refused;
        }
        true
    }

    pub(super) fn has_done(&self, key: Op) -> bool {
        self.keys[key.place()] == Memory::Landed
    }

    /// The effects of an operation.
    pub(super) fn effects_of(&self, key: Op) -> usize {
        self.effects.iter().filter(|effect| effect.key == key).count()
    }

    /// A tick.
    pub(super) fn age(&mut self, setting: &Setting) {
        if let Some(window) = setting.window {
            for effect in &mut self.effects {
                effect.age = window.min(effect.age + 1);
            }
            self.effects.sort_unstable();
        }
    }

    /// What an operation did is forgotten: its key may name another one.
    pub(super) fn forget(&mut self, key: Op) {
        self.effects.retain(|effect| effect.key != key);
    }

    /// What does not hold of the effects by themselves.
    pub(super) fn judge(&self, setting: &Setting) -> Option<Property> {
        if ALL.into_iter().any(|operation| self.effects_of(operation) > 1) {
            return Some(Property::OneEffect);
        }
        let [a, b] = ALL.map(|operation| {
            setting.business_of(operation).filter(|_| self.effects_of(operation) > 0)
        });
        if a.is_some() && a == b {
            return Some(Property::OneEffectPerBusinessKey);
        }
        let counted = self
            .effects
            .iter()
            .filter(|effect| setting.window.is_none_or(|window| effect.age < window));
        let spent = u64::try_from(counted.count()).unwrap_or(u64::MAX);
        setting.cap.is_some_and(|cap| spent > cap).then_some(Property::WithinCap)
    }
}
