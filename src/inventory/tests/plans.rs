//! How SQLite answers: no question makes it walk through a table or sort what it found, however large the inventory is.

use super::super::*;
use crate::inventory::record::COLUMNS;
use crate::profile::Profile;
use crate::testing::{NOW, TestAuthority};

/// The steps of SQLite's plan for a query.
fn plan(
    authority: &TestAuthority,
    query: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<String>> {
    let connection = &authority.inventory.connection;
    let steps = || -> rusqlite::Result<Vec<String>> {
        connection
            .prepare(&format!("EXPLAIN QUERY PLAN {query}"))?
            .query_map(values, |row| row.get("detail"))?
            .collect()
    };
    steps().map_err(|cause| failure(&cause))
}

#[track_caller]
fn assert_direct(steps: &[String], what: &str) {
    assert!(!steps.is_empty(), "{what}");
    let long = |step: &String| step.starts_with("SCAN") || step.contains("TEMP B-TREE");
    assert!(!steps.iter().any(long), "{what}: {steps:#?}");
}

fn steps_of_list(authority: &TestAuthority, filter: &Filter) -> Result<Vec<String>> {
    let (rest, values) = authority.inventory.query(filter, 100, NOW)?;
    plan(
        authority,
        &format!("SELECT {COLUMNS} FROM certificate AS c {rest}"),
        rusqlite::params_from_iter(values),
    )
}

#[test]
fn a_list_is_a_search_whatever_it_filters_by() -> Result<()> {
    let authority = TestAuthority::new()?;
    let filters = [
        Filter::default(),
        Filter {
            after: Some("900000".to_owned()),
            ..Filter::default()
        },
        Filter {
            expires_before: Some(NOW),
            ..Filter::default()
        },
        Filter {
            valid_at: Some(NOW),
            ..Filter::default()
        },
    ];
    let by_status = Status::ALL.map(|status| Filter {
        status: Some(status),
        ..Filter::default()
    });
    let by_profile = Profile::ALL.map(|profile| Filter {
        profile: Some(profile),
        ..Filter::default()
    });
    let by_pattern = ["alice", "alice@example.org", "4f3a9c12", "abcdef0123456789"];
    let by_pattern = by_pattern.map(|pattern| Filter {
        pattern: Some(pattern.to_owned()),
        status: Some(Status::Valid),
        ..Filter::default()
    });
    let filters = filters.into_iter().chain(by_status).chain(by_profile);
    for filter in filters.chain(by_pattern) {
        let steps = steps_of_list(&authority, &filter)?;
        assert_direct(&steps, &format!("{filter:?}"));
        // What is passed over costs no look at its row.
        if filter.pattern.is_none() {
            assert!(
                steps.iter().any(|step| step.contains("COVERING INDEX")),
                "{filter:?}: {steps:#?}"
            );
        }
    }
    Ok(())
}

#[test]
fn the_cas_own_certificates_are_found_by_their_profile() -> Result<()> {
    let authority = TestAuthority::new()?;
    for profile in Profile::ALL {
        let filter = Filter {
            profile: Some(profile),
            ..Filter::default()
        };
        let index = match profile {
            Profile::Root | Profile::Issuing => "certificate_authority",
            Profile::OcspResponder | Profile::Audit => "certificate_service",
            Profile::Server | Profile::Client | Profile::Probe | Profile::Other => {
                "certificate_life"
            }
        };
        let steps = steps_of_list(&authority, &filter)?;
        assert!(
            steps.iter().any(|step| step.contains(index)),
            "{profile}: {steps:#?}"
        );
    }
    Ok(())
}

#[test]
fn the_log_is_read_by_number_and_a_history_by_its_index() -> Result<()> {
    let authority = TestAuthority::new()?;
    let page = "SELECT id FROM audit WHERE id < 900000 ORDER BY id DESC LIMIT 101";
    assert_direct(&plan(&authority, page, [])?, page);
    let history = format!("SELECT id FROM audit {}", audit::HISTORY);
    let steps = plan(&authority, &history, ["0123456789abcdef"])?;
    assert_direct(&steps, &history);
    assert!(
        steps.iter().any(|step| step.contains("audit_certificate")),
        "{steps:#?}"
    );
    Ok(())
}

#[test]
fn what_changed_is_found_by_the_index_of_what_changes() -> Result<()> {
    let authority = TestAuthority::new()?;
    let steps = plan(&authority, changes::CHANGED, [0, 1000])?;
    assert_direct(&steps, changes::CHANGED);
    assert!(
        steps.iter().any(|step| step.contains("audit_revocation")),
        "{steps:#?}"
    );
    Ok(())
}

#[test]
fn what_a_crl_lists_is_read_from_one_index() -> Result<()> {
    let authority = TestAuthority::new()?;
    let steps = plan(
        &authority,
        crl::LISTED,
        rusqlite::params![[0u8; 3], 0, 0, 0],
    )?;
    assert_direct(&steps, crl::LISTED);
    assert!(
        steps.iter().any(|step| {
            step.contains("COVERING INDEX certificate_revoked_at (issuer=? AND revoked_at<?)")
        }),
        "{steps:#?}"
    );
    Ok(())
}

#[test]
fn how_every_serial_number_stands_is_read_from_indexes_alone() -> Result<()> {
    let authority = TestAuthority::new()?;
    for query in [standings::ALL, standings::REVOKED] {
        let steps = plan(&authority, query, [])?;
        let covering = |step: &String| step.contains("COVERING INDEX");
        assert!(steps.iter().all(covering), "{query}: {steps:#?}");
    }
    let steps = plan(&authority, standings::BEHIND, [0, 0])?;
    assert_direct(&steps, standings::BEHIND);
    Ok(())
}
