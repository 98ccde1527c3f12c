//! Of fields that reach the application together, those that do.

use super::Manner;
use super::claims::Fields;
use super::forger::Forger;

impl Forger<'_> {
    /// Those of the fields that show by themselves that they reach the application; where none does, those that it takes together.
    ///
    /// Says too whether it takes all of them.
    pub(super) async fn narrowed(&self, manner: Manner, fields: &Fields) -> (Fields, bool) {
        let mut alone = Fields::new();
        for field in fields {
            if self.send(manner, &vec![field.clone()]).await.is_let_in() {
                alone.push(field.clone());
            }
        }
        if !alone.is_empty() {
            return (alone, false);
        }
        (self.needed(manner, fields).await, true)
    }

    /// Those without which the others come to nothing.
    pub(super) async fn needed(&self, manner: Manner, fields: &Fields) -> Fields {
        let mut needed = fields.clone();
        for (name, _) in fields {
            let others = needed.iter().filter(|(it, _)| it != name);
            let others: Fields = others.cloned().collect();
            if !others.is_empty() && self.send(manner, &others).await.is_let_in() {
                needed = others;
            }
        }
        needed
    }
}
