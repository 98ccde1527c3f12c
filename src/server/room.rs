//! The places of a listener: who finds one, and who gives one up.
//!
//! Whoever may connect can hold a place without showing anything. So where all are taken nobody is kept waiting: a newcomer gets the
//! place of one that has not been let in, of the address from which most of those come, where that is a crowd, and of them the one that
//! came first. Who has been let in keeps a place for as long as that is so, but for a quarter of them, which is always left to newcomers.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Of so many places one is left to newcomers.
const LEFT: usize = 4;
/// So many from one address are no crowd: a browser opens up to six connections to a host at once.
const FEW: usize = 8;

/// The places of one listener.
pub(super) struct Room {
    places: Arc<Semaphore>,
    /// How many may be kept.
    keepable: Arc<Semaphore>,
    newcomers: Mutex<Newcomers>,
    /// Whether all who come are trusted, and wait for one another.
    is_trusting: bool,
}

/// Whose place may be taken.
#[derive(Default)]
struct Newcomers {
    came: u64,
    /// By where they come from, in the order in which they came.
    here: HashMap<Origin, Queue>,
    /// The last one is the first to give way: that of most, and among equals, as all are who have few, that whose first one came first.
    ranks: BTreeSet<(usize, Reverse<u64>, Origin)>,
}

/// Where somebody comes from: an address, of IPv6 the network that one site has; nothing where all are on this machine.
type Origin = Option<IpAddr>;
type Queue = BTreeMap<u64, Arc<Notify>>;

/// A place, until it is dropped.
pub(super) struct Place {
    seat: Arc<Seat>,
    _taken: OwnedSemaphorePermit,
}

/// How a connection stands to its place.
pub(super) struct Seat {
    room: Arc<Room>,
    origin: Origin,
    number: u64,
    /// Rings when somebody else gets it.
    is_wanted: Arc<Notify>,
    standing: Mutex<Standing>,
}

/// Whether somebody else may get a place.
enum Standing {
    Newcomer,
    Kept(#[expect(dead_code, reason = "it ends with it")] OwnedSemaphorePermit),
    /// Nobody has it any more, though its connection may still be known somewhere.
    Left,
}

impl Room {
    /// So many places; those who come wait for one another where all of them are trusted.
    pub(super) fn of(places: usize, is_trusting: bool) -> Arc<Self> {
        Arc::new(Self {
            places: Arc::new(Semaphore::new(places)),
            keepable: Arc::new(Semaphore::new(places - places.div_ceil(LEFT))),
            newcomers: Mutex::default(),
            is_trusting,
        })
    }

    /// Says whether the next one who comes finds no place that is free.
    pub(super) fn is_full(&self) -> bool {
        self.places.available_permits() == 0
    }

    /// A place: one that is free, or that of somebody who has to give way.
    pub(super) async fn enter(self: &Arc<Self>, from: Option<IpAddr>) -> Place {
        let origin = from.map(site);
        let places = self.places.clone();
        let taken = match places.clone().try_acquire_owned() {
            Ok(taken) => taken,
            Err(_) => {
                // Where nobody has to yield, somebody leaves of himself.
                self.have_one_leave();
                match places.acquire_owned().await {
                    Ok(taken) => taken,
                    // It is never closed.
                    Err(_) => std::future::pending().await,
                }
            }
        };
        let number = {
            let mut newcomers = self.newcomers();
            newcomers.came += 1;
            newcomers.came
        };
        let seat = Seat {
            room: self.clone(),
            origin,
            number,
            is_wanted: Arc::new(Notify::new()),
            standing: Mutex::new(Standing::Newcomer),
        };
        seat.join_the_queue();
        Place {
            seat: Arc::new(seat),
            _taken: taken,
        }
    }

    /// Has somebody give way who has not been let in, if there is anybody.
    pub(super) fn have_one_leave(&self) {
        if let Some(first) = self.newcomers().next_to_leave() {
            first.notify_one();
        }
    }

    fn newcomers(&self) -> MutexGuard<'_, Newcomers> {
        self.newcomers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// How the connection that has it stands to it.
    pub(super) fn seat(&self) -> Arc<Seat> {
        self.seat.clone()
    }

    /// Ends when somebody else gets it.
    pub(super) async fn is_wanted(&self) {
        self.seat.is_wanted.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *self.seat.standing() = Standing::Left;
        self.seat.leave_the_queue();
    }
}

impl Seat {
    /// Keeps the place for whoever has been let in, as long as not too many do; else it may be asked for again.
    pub(super) fn keep(&self) {
        let mut standing = self.standing();
        if matches!(*standing, Standing::Newcomer)
            && let Ok(kept) = self.room.keepable.clone().try_acquire_owned()
        {
            *standing = Standing::Kept(kept);
            self.leave_the_queue();
        }
    }

    /// Keeps it no longer, as for one who would not be let in any more: he stands where he would, had he never been.
    pub(super) fn let_go(&self) {
        let mut standing = self.standing();
        if matches!(*standing, Standing::Kept(_)) {
            *standing = Standing::Newcomer;
            self.join_the_queue();
        }
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join_the_queue(&self) {
        if !self.room.is_trusting {
            let mut newcomers = self.room.newcomers();
            let is_wanted = self.is_wanted.clone();
            newcomers.of(self.origin, |queue| queue.insert(self.number, is_wanted));
        }
    }

    fn leave_the_queue(&self) {
        let mut newcomers = self.room.newcomers();
        newcomers.of(self.origin, |queue| queue.remove(&self.number));
    }
}

impl Newcomers {
    /// Changes what is known of those who come from there.
    fn of<T>(&mut self, origin: Origin, change: impl FnOnce(&mut Queue) -> T) -> T {
        let queue = self.here.entry(origin).or_default();
        let rank = |queue: &Queue| {
            let (first, _) = queue.first_key_value()?;
            Some((queue.len().max(FEW), Reverse(*first), origin))
        };
        if let Some(rank) = rank(queue) {
            self.ranks.remove(&rank);
        }
        let changed = change(queue);
        match rank(queue) {
            Some(rank) => drop(self.ranks.insert(rank)),
            None => drop(self.here.remove(&origin)),
        }
        changed
    }

    fn next_to_leave(&mut self) -> Option<Arc<Notify>> {
        let (_, _, origin) = *self.ranks.last()?;
        let (_, first) = self.of(origin, BTreeMap::pop_first)?;
        Some(first)
    }
}

/// An address as one of those that somebody has: in IPv6 a site has at least one network of 2^64 of them (RFC 4291 §2.5.4), and commonly a /56 or
/// more (RFC 6177).
fn site(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 72 << 72;
            Ipv6Addr::from(network).into()
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// What a future gives when it is asked once.
    fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    fn is_wanted(place: &Place) -> bool {
        at_once(place.is_wanted()).is_some()
    }

    #[tokio::test]
    async fn in_a_full_room_the_first_who_came_gives_way_to_the_newcomer() {
        let room = Room::of(2, false);
        let (first, second) = (room.enter(None).await, room.enter(None).await);
        assert!(room.is_full() && !is_wanted(&first));
        let mut third = pin!(room.enter(None));
        assert!(at_once(third.as_mut()).is_none());
        assert!(is_wanted(&first) && !is_wanted(&second));
        drop(first);
        let third = third.await;
        assert!(at_once(room.enter(None)).is_none());
        assert!(is_wanted(&second) && !is_wanted(&third));
    }

    #[tokio::test]
    async fn who_has_been_let_in_keeps_a_place_but_for_a_quarter() {
        let room = Room::of(4, false);
        let mut places = Vec::new();
        for _ in 0..4 {
            places.push(room.enter(None).await);
        }
        for place in &places {
            place.seat().keep();
        }
        for _ in 0..2 {
            assert!(at_once(room.enter(None)).is_none());
        }
        let wanted: Vec<_> = places.iter().map(is_wanted).collect();
        assert_eq!(wanted, [false, false, false, true]);
        // What was kept is there for others when it is left.
        places.clear();
        let next = room.enter(None).await;
        next.seat().keep();
        let rest = [
            room.enter(None).await,
            room.enter(None).await,
            room.enter(None).await,
        ];
        assert!(at_once(room.enter(None)).is_none());
        assert!(!is_wanted(&next));
        assert_eq!(rest.each_ref().map(is_wanted), [true, false, false]);
    }

    #[tokio::test]
    async fn who_is_not_let_in_any_more_gives_way_again_and_leaves_what_was_kept_to_the_next() {
        let room = Room::of(2, false);
        let (revoked, next) = (room.enter(None).await, room.enter(None).await);
        revoked.seat().keep();
        // There is none left to be kept.
        next.seat().keep();
        revoked.seat().let_go();
        next.seat().keep();
        for _ in 0..2 {
            assert!(at_once(room.enter(None)).is_none());
        }
        assert!(is_wanted(&revoked) && !is_wanted(&next));
    }

    #[tokio::test]
    async fn a_place_that_was_left_is_neither_kept_nor_asked_for_by_whoever_still_knows_it() {
        let room = Room::of(2, false);
        let left = room.enter(None).await;
        let seat = left.seat();
        seat.keep();
        drop(left);
        seat.let_go();
        seat.keep();
        let (first, second) = (room.enter(None).await, room.enter(None).await);
        first.seat().keep();
        assert!(at_once(room.enter(None)).is_none());
        assert!(!is_wanted(&first) && is_wanted(&second));
    }

    #[tokio::test]
    async fn of_those_from_the_address_that_has_most_the_first_gives_way() {
        let [crowd, alone] = ["192.0.2.1", "192.0.2.2"].map(|it| it.parse().ok());
        let room = Room::of(FEW + 3, false);
        let honest = room.enter(alone).await;
        let first = room.enter(crowd).await;
        let second = room.enter(crowd).await;
        let mut rest = Vec::new();
        for _ in 2..FEW + 2 {
            rest.push(room.enter(crowd).await);
        }
        assert!(at_once(room.enter(crowd)).is_none());
        assert!(is_wanted(&first) && !is_wanted(&honest));
        // Also for one from elsewhere.
        assert!(at_once(room.enter(alone)).is_none());
        assert!(is_wanted(&second) && !is_wanted(&honest));
        // Where the rest is no crowd any more, it is the first of all.
        assert!(at_once(room.enter(None)).is_none());
        assert!(is_wanted(&honest) && !rest.iter().any(is_wanted));
    }

    #[tokio::test]
    async fn who_opens_as_many_connections_as_a_browser_is_no_crowd_among_those_who_open_one() {
        let [browser, one, other] =
            ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|it| it.parse().ok());
        let room = Room::of(8, false);
        let before = [room.enter(one).await, room.enter(other).await];
        let mut six = Vec::new();
        for _ in 0..6 {
            six.push(room.enter(browser).await);
        }
        for _ in &before {
            assert!(at_once(room.enter(None)).is_none());
        }
        assert_eq!(before.each_ref().map(is_wanted), [true, true]);
        assert!(!six.iter().any(is_wanted));
    }

    #[test]
    fn a_site_of_ipv6_is_one_place_and_an_address_of_ipv4_is_one_however_it_is_written() {
        let site = |text: &str| text.parse().ok().map(site);
        assert_eq!(site("2001:db8::1"), site("2001:db8:0:ff:2::1"));
        assert_ne!(site("2001:db8::1"), site("2001:db8:0:100::1"));
        assert_eq!(site("::ffff:192.0.2.1"), site("192.0.2.1"));
        assert_ne!(site("192.0.2.1"), site("192.0.2.2"));
    }

    #[tokio::test]
    async fn who_left_is_not_asked_for_a_place() {
        let room = Room::of(2, false);
        drop(room.enter(None).await);
        let (first, second) = (room.enter(None).await, room.enter(None).await);
        assert!(at_once(room.enter(None)).is_none());
        assert!(is_wanted(&first) && !is_wanted(&second));
    }

    #[tokio::test]
    async fn those_who_are_trusted_wait_for_one_another() {
        let room = Room::of(1, true);
        let first = room.enter(None).await;
        let mut second = pin!(room.enter(None));
        assert!(at_once(second.as_mut()).is_none());
        assert!(!is_wanted(&first));
        drop(first);
        assert!(at_once(second).is_some());
    }
}
