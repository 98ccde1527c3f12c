//! A map that has room for so many, and forgets the oldest first.

use std::borrow::Borrow;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// What came lately, by its key.
#[derive(Debug)]
pub(super) struct Lately<K, V> {
    most: usize,
    values: HashMap<K, V>,
    /// Every key of the map once, the oldest first.
    in_order: VecDeque<K>,
}

impl<K: Clone + Eq + Hash, V> Lately<K, V> {
    /// Has room for `most`, of which it takes none yet.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            values: HashMap::new(),
            in_order: VecDeque::new(),
        }
    }

    pub(super) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.values.get(key)
    }

    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.values.get_mut(key)
    }

    /// Keeps a value; one that comes again under its key is as old as before.
    pub(super) fn keep(&mut self, key: K, value: V) {
        if self.values.insert(key.clone(), value).is_some() {
            return;
        }
        self.in_order.push_back(key);
        if self.in_order.len() > self.most
            && let Some(oldest) = self.in_order.pop_front()
        {
            self.values.remove(&oldest);
        }
    }

    /// Forgets some, whose places are free then.
    pub(super) fn forget<'a>(&mut self, keys: impl IntoIterator<Item = &'a K>)
    where
        K: 'a,
    {
        for key in keys {
            self.values.remove(key);
        }
        if self.in_order.len() > self.values.len() {
            let left = &self.values;
            self.in_order.retain(|key| left.contains_key(key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<const N: usize>(numbers: [usize; N]) -> Lately<usize, &'static str> {
        let mut lately = Lately::new(3);
        for number in numbers {
            lately.keep(number, "value");
        }
        lately
    }

    #[test]
    fn the_oldest_is_forgotten_first_and_nothing_is_kept_twice() {
        let mut lately = of([1, 1, 2, 3]);
        lately.keep(1, "again");
        assert_eq!(lately.get(&1), Some(&"again"));
        lately.keep(4, "value");
        assert_eq!(lately.get(&1), None);
        assert_eq!(lately.values.len(), 3);
        assert_eq!(lately.in_order, [2, 3, 4]);
    }

    #[test]
    fn what_was_forgotten_takes_no_place() {
        let mut lately = of([1, 2, 3]);
        lately.forget(&[2, 7]);
        lately.keep(4, "value");
        assert_eq!(lately.in_order, [1, 3, 4]);
        assert_eq!(lately.get(&1), Some(&"value"));
        lately.keep(5, "value");
        assert_eq!(lately.get(&1), None);
    }
}
