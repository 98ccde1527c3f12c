//! Looks at a server as a browser would, and says what stands in the way of a login.

pub mod offer;
