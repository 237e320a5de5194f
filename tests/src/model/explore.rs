//! Breadth-first search through everything that can happen.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry},
    fmt,
    hash::Hash,
    rc::Rc,
};

/// A world to explore.
pub trait Model {
    /// How it stands. Two states are one when they are equal.
    type State: Eq + Hash + fmt::Display;
    /// What can happen.
    type Step: fmt::Display;
    /// What must hold.
    type Property: Copy + Ord;
    /// What has to be seen at least once, so that what holds does not hold of nothing.
    type Landmark: Ord;

    /// How it begins.
    fn initial(&self) -> Self::State;

    /// Where a state leads, and what does not hold of it.
    fn expand(&self, state: &Self::State) -> Expanded<Self>;
}

/// Where a state leads.
pub struct Expanded<M: Model + ?Sized> {
    /// Everything that can happen next.
    pub next: Vec<Next<M>>,
    /// What does not hold of the state itself.
    pub broken: Option<M::Property>,
}

/// One thing that can happen.
pub struct Next<M: Model + ?Sized> {
    /// What.
    pub step: M::Step,
    /// Where it leads.
    pub state: M::State,
    /// What it shows.
    pub reached: Vec<M::Landmark>,
    /// What does not hold of it.
    pub broken: Option<M::Property>,
}

/// What was found.
pub struct Explored<M: Model> {
    /// How many states there are.
    pub states: usize,
    /// How many steps between them.
    pub steps: usize,
    /// How many steps the farthest state is away from the first.
    pub depth: usize,
    /// What was seen.
    pub reached: BTreeSet<M::Landmark>,
    /// What does not hold, each with a shortest way there.
    pub broken: BTreeMap<M::Property, Trace>,
}

/// A shortest way from the beginning, a line for each step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace(pub Vec<String>);

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, line) in self.0.iter().enumerate() {
            writeln!(f, "{:>4}. {line}", number + 1)?;
        }
        Ok(())
    }
}

/// Visits every state: all of them, or until it is shown that `stop_at` does not hold.
pub fn explore<M: Model>(model: &M, stop_at: Option<M::Property>) -> Explored<M> {
    let mut visited = Visited::<M>::beginning_at(model.initial());
    let (mut steps, mut reached, mut broken) = (0, BTreeSet::new(), BTreeMap::new());
    let mut place = 0;
    while place < visited.states.len() && !stop_at.is_some_and(|it| broken.contains_key(&it)) {
        let expanded = model.expand(&Rc::clone(&visited.states[place]));
        if let Some(property) = expanded.broken {
            broken.entry(property).or_insert_with(|| Trace(visited.way_to(place)));
        }
        for next in expanded.next {
            steps += 1;
            reached.extend(next.reached);
            if let Some(property) = next.broken {
                broken
                    .entry(property)
                    .or_insert_with(|| visited.way_through(place, &next.step, &next.state));
            }
            visited.add(next.state, place, next.step);
        }
        place += 1;
    }
    let depth = visited.way_to(visited.states.len() - 1).len();
    Explored { states: visited.states.len(), steps, depth, reached, broken }
}

/// The states in the order in which they were found: the nearest first.
struct Visited<M: Model> {
    states: Vec<Rc<M::State>>,
    places: HashMap<Rc<M::State>, usize>,
    /// For each state but the first, from where it was found, and by which step.
    origins: Vec<(usize, M::Step)>,
}

impl<M: Model> Visited<M> {
    fn beginning_at(state: M::State) -> Self {
        let state = Rc::new(state);
        let places = HashMap::from([(Rc::clone(&state), 0)]);
        Self { states: vec![state], places, origins: Vec::new() }
    }

    /// Remembers a state, unless it has been visited before.
    fn add(&mut self, state: M::State, from: usize, step: M::Step) {
        let state = Rc::new(state);
        if let Entry::Vacant(vacant) = self.places.entry(Rc::clone(&state)) {
            vacant.insert(self.states.len());
            self.states.push(state);
            self.origins.push((from, step));
        }
    }

    /// The steps that lead to a state.
    fn way_to(&self, mut place: usize) -> Vec<String> {
        let mut lines = Vec::new();
        while place > 0 {
            let (from, step) = &self.origins[place - 1];
            lines.push(line::<M>(step, &self.states[place]));
            place = *from;
        }
        lines.reverse();
        lines
    }

    /// The steps that lead to a state, and one more.
    fn way_through(&self, place: usize, step: &M::Step, state: &M::State) -> Trace {
        let mut lines = self.way_to(place);
        lines.push(line::<M>(step, state));
        Trace(lines)
    }
}

fn line<M: Model>(step: &M::Step, state: &M::State) -> String {
    let line = format!("{:<58} {state}", step.to_string());
    line.trim_end().to_owned()
}
