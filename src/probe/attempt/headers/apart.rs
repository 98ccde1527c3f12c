//! Fields that are turned away together, sent one by one.

use super::super::Attempt;
use super::Manner;
use super::claims::Fields;
use super::forger::Forger;

/// What came of the fields of one bundle.
#[derive(Debug, Default)]
pub(super) struct Apart {
    /// What was told of those that did not arrive.
    pub(super) attempts: Vec<Attempt>,
    /// Those that reached the application, whether it takes all of them, and what showed it.
    pub(super) arrived: Option<(Fields, bool, Attempt)>,
    /// Whether nothing more can be asked.
    pub(super) is_over: bool,
}

impl Forger<'_> {
    /// Sends each alone; where none arrives by itself, all together that were not turned away.
    pub(super) async fn apart(&self, manner: Manner, fields: &Fields) -> Apart {
        let mut apart = Apart::default();
        if fields.len() < 2 {
            return apart;
        }
        let (mut alone, mut served) = (Fields::new(), Fields::new());
        let mut first = None;
        for field in fields {
            let sent = self.send(manner, &vec![field.clone()]).await;
            match sent.attempt {
                Some(attempt) if attempt.told.is_let_in() => {
                    alone.push(field.clone());
                    first.get_or_insert(attempt);
                }
                other => apart.attempts.extend(other),
            }
            if sent.is_over {
                apart.is_over = true;
                break;
            }
            if !sent.is_turned_away {
                served.push(field.clone());
            }
        }
        if let Some(attempt) = first {
            apart.arrived = Some((alone, false, attempt));
        } else if !apart.is_over && (2..fields.len()).contains(&served.len()) {
            let sent = self.send(manner, &served).await;
            apart.is_over = sent.is_over;
            match sent.attempt {
                Some(attempt) if attempt.told.is_let_in() => {
                    let needed = self.needed(manner, &served).await;
                    apart.arrived = Some((needed, true, attempt));
                }
                other => apart.attempts.extend(other),
            }
        }
        apart
    }
}
