//! The key derivation of PKCS#12 itself, RFC 7292 appendix B.2.
//!
//! It serves the MAC of every bundle but those with PBMAC1, and the older encryption schemes.

use hmac::EagerHash;
use sha1::digest::Digest;
use sha1::digest::block_api::BlockSizeUser;
use zeroize::Zeroizing;

/// What the derived bytes are for (RFC 7292 appendix B.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    EncryptionKey = 1,
    InitialVector = 2,
    MacKey = 3,
}

/// Derives `length` bytes from the password, which is already in the form that the KDF takes (see `password`).
pub(super) fn derive<D: EagerHash + Digest + BlockSizeUser>(
    purpose: Purpose,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let block_size = <D as BlockSizeUser>::block_size();
    let diversifier = vec![purpose as u8; block_size];
    // I = S || P, each repeated to a multiple of the block size and empty where it is empty.
    let mut input = Zeroizing::new(repeated(salt, block_size));
    input.append(&mut repeated(password, block_size));

    let mut derived = Zeroizing::new(Vec::with_capacity(length + <D as Digest>::output_size()));
    loop {
        let mut hash = D::new()
            .chain_update(&diversifier)
            .chain_update(input.as_slice())
            .finalize();
        for _ in 1..iterations {
            hash = D::digest(&hash);
        }
        derived.extend_from_slice(&hash);
        if derived.len() >= length {
            derived.truncate(length);
            return derived;
        }
        add_to_each_block(&mut input, &repeated(&hash, block_size), block_size);
    }
}

/// `bytes` over and over up to the next multiple of the block size.
fn repeated(bytes: &[u8], block_size: usize) -> Vec<u8> {
    let length = bytes.len().div_ceil(block_size) * block_size;
    // The capacity of both halves of I at once, so that no copy of the password stays behind in a reallocation.
    let mut out = Vec::with_capacity(2 * length);
    out.extend(bytes.iter().cycle().take(length));
    out
}

/// I_j = I_j + B + 1 modulo 2^(8v), for every block of the input.
fn add_to_each_block(input: &mut [u8], addend: &[u8], block_size: usize) {
    for block in input.chunks_mut(block_size) {
        let mut carry = 1u16;
        for (byte, add) in block.iter_mut().rev().zip(addend.iter().rev()) {
            carry += u16::from(*byte) + u16::from(*add);
            // The low byte stays, the high byte is the carry.
            *byte = carry.to_be_bytes()[1];
            carry >>= 8;
        }
    }
}
