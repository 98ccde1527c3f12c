//! The rows of the inventory, and what became of them, before anything is presented.

use pki::certificate::Certificate;
use pki::inventory::{Holder, Inventory, ReasonCode, Record};
use pki::name::Name;
use pki::profile::Profile;
use time::{Duration, OffsetDateTime};

use super::authorities::Authorities;
use super::chains::Chain;
use super::recipe::{Ending, Row, Top};

/// Records what shall have a row, and revokes what shall be revoked. The CA that shall be is revoked too.
pub(super) fn record(authorities: &Authorities, chains: &[Chain]) {
    let inventory = Inventory::open(&authorities.data.inventory()).unwrap();
    let now = OffsetDateTime::now_utc();
    let read = |der: &[u8]| Certificate::from_der(der).unwrap();
    let with = |row| chains.iter().filter(move |chain| chain.recipe.row == row);
    let own = with(Row::Client).map(|chain| read(&chain.made.der));
    let twins = with(Row::OfRevokedTwin).map(|chain| chain.made.twin.clone().unwrap());
    let clients: Vec<(Certificate, Holder)> = (own.chain(twins).enumerate())
        .map(|(number, certificate)| (certificate, Holder::client(&name("client", number), None)))
        .collect();
    let clients: Vec<_> = clients
        .iter()
        .map(|(certificate, holder)| (certificate, holder))
        .collect();
    inventory.record_clients(&clients, now).unwrap();
    for (number, chain) in with(Row::Server).enumerate() {
        let holder = Holder::server(&name("server", number));
        let certificate = read(&chain.made.der);
        inventory
            .record(&certificate, Profile::Server, Some(&holder), now)
            .unwrap();
    }
    let found = |certificate: &Certificate| -> Record {
        let found = inventory.find_by_fingerprint(&certificate.fingerprint());
        found.unwrap().expect("a row")
    };
    let ended = |ending| {
        let ended = chains
            .iter()
            .filter(move |chain| chain.recipe.ending == ending);
        ended
            .map(|chain| found(&read(&chain.made.der)))
            .collect::<Vec<_>>()
    };
    let mut revoked = ended(Ending::Revoked);
    revoked.extend(with(Row::OfRevokedTwin).map(|chain| found(chain.made.twin.as_ref().unwrap())));
    revoked.push(found(&authorities.signers[&Top::Withdrawn].certificate));
    inventory
        .revoke(&revoked, ReasonCode::KeyCompromise, now)
        .unwrap();
    let hold = ReasonCode::CertificateHold;
    inventory.revoke(&ended(Ending::Held), hold, now).unwrap();
    inventory
        .revoke(&ended(Ending::Lifted), hold, now - Duration::HOUR)
        .unwrap();
    for record in ended(Ending::Lifted) {
        inventory.unrevoke(&record, now).unwrap();
    }
}

fn name(kind: &str, number: usize) -> Name {
    Name::parse(&format!("{kind}-{number}")).unwrap()
}
