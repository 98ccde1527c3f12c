//! Templates: text in which `@name@` stands for a value.

/// Puts values into a template, in one pass: what a value holds is never looked at again.
///
/// A word between two `@` that names no value stays as it is; the unit tests of each server see to it that none does.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('@') {
        filled.push_str(before);
        let known = after.split_once('@').and_then(|(name, behind)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((value, behind))
        });
        match known {
            Some((value, behind)) => {
                filled.push_str(value);
                rest = behind;
            }
            None => {
                filled.push('@');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_take_the_places_of_their_names() {
        let values = [("host", "localhost"), ("port", "443")];
        assert_eq!(
            fill("listen @host@:@port@;", &values),
            "listen localhost:443;"
        );
        assert_eq!(fill("@host@@port@", &values), "localhost443");
    }

    #[test]
    fn what_a_value_holds_is_not_looked_at_again() {
        let values = [("one", "@two@"), ("two", "2")];
        assert_eq!(fill("@one@ @two@", &values), "@two@ 2");
    }

    #[test]
    fn other_signs_stay_as_they_are() {
        let values = [("host", "localhost")];
        assert_eq!(
            fill("a@b unix@/x @host@ @", &values),
            "a@b unix@/x localhost @"
        );
    }
}
