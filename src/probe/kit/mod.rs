//! Puts together what each case shows.

/// What the CA is asked to sign for a case.
#[derive(Debug, Clone)]
pub struct Issue {}

/// What a certificate is forged from.
#[derive(Debug)]
pub struct Workshop<'a>(std::marker::PhantomData<&'a ()>);
