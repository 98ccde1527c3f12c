//! The key derivation of PKCS#12 itself, RFC 7292 appendix B.2.
//!
//! It serves the MAC of every bundle but those with PBMAC1, and the older encryption schemes.

use aws_lc_rs::digest;
use zeroize::Zeroizing;

use super::hash::Hash;

/// What the derived bytes are for (RFC 7292 appendix B.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    EncryptionKey = 1,
    InitialVector = 2,
    MacKey = 3,
}

/// Derives `length` bytes from the password, which is already in the form that the KDF takes (see `password`).
pub(super) fn derive(
    hash: Hash,
    purpose: Purpose,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let algorithm = hash.digest();
    let block_size = algorithm.block_len();
    let diversifier = vec![purpose as u8; block_size];
    // I = S || P, each repeated to a multiple of the block size and empty where it is empty.
    let mut input = Zeroizing::new(repeated(salt, block_size));
    input.append(&mut repeated(password, block_size));

    let mut derived = Zeroizing::new(Vec::with_capacity(length + algorithm.output_len()));
    loop {
        let mut context = digest::Context::new(algorithm);
        context.update(&diversifier);
        context.update(&input);
        let mut hash = context.finish();
        for _ in 1..iterations {
            hash = digest::digest(algorithm, hash.as_ref());
        }
        derived.extend_from_slice(hash.as_ref());
        if derived.len() >= length {
            derived.truncate(length);
            return derived;
        }
        add_to_each_block(&mut input, &repeated(hash.as_ref(), block_size), block_size);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02X}")).collect()
    }

    fn bmp(text: &str) -> Vec<u8> {
        let units = text.encode_utf16().chain([0]);
        units.flat_map(u16::to_be_bytes).collect()
    }

    #[test]
    fn sha1_derives_what_the_published_vectors_of_pkcs12_say() {
        // The vectors that BouncyCastle and others test with, for triple DES.
        let smeg = |purpose, salt: u64, length| {
            hex(&derive(
                Hash::Sha1,
                purpose,
                &bmp("smeg"),
                &salt.to_be_bytes(),
                1,
                length,
            ))
        };
        let queeg = |purpose, salt: u64, length| {
            hex(&derive(
                Hash::Sha1,
                purpose,
                &bmp("queeg"),
                &salt.to_be_bytes(),
                1000,
                length,
            ))
        };
        assert_eq!(
            smeg(Purpose::EncryptionKey, 0x0A58_CF64_530D_823F, 24),
            "8AAAE6297B6CB04642AB5B077851284EB7128F1A2A7FBCA3"
        );
        assert_eq!(
            smeg(Purpose::InitialVector, 0x0A58_CF64_530D_823F, 8),
            "79993DFE048D3B76"
        );
        assert_eq!(
            smeg(Purpose::MacKey, 0x3D83_C0E4_546A_C140, 20),
            "8D967D88F6CAA9D714800AB3D48051D63F73A312"
        );
        assert_eq!(
            queeg(Purpose::EncryptionKey, 0x05DE_C959_ACFF_72F7, 24),
            "ED2034E36328830FF09DF1E1A07DD357185DAC0D4F9EB3D4"
        );
        assert_eq!(
            queeg(Purpose::MacKey, 0x2632_16FC_C2FA_B31C, 20),
            "5EC4C7A80DF652294C3925B6489A7AB857C83476"
        );
    }

    /// The KDF of `openssl kdf … PKCS12KDF`, from whose output these were taken.
    #[test]
    fn the_other_hash_functions_derive_what_openssl_does() {
        let password = bmp("üd");
        let salt = [1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(
            hex(&derive(
                Hash::Sha256,
                Purpose::MacKey,
                &password,
                &salt,
                1000,
                32
            )),
            "241E51951FA9857645FA9B01245E3C92E440758AD1EDEDD4BB7254B9C46C77FC"
        );
        assert_eq!(
            hex(&derive(
                Hash::Sha512,
                Purpose::MacKey,
                &password,
                &salt,
                1000,
                32
            )),
            "3DE03D9316E06D234CDBBFB4FA05EBEB3D9B42AD4070592E944DA1C615DEF50F"
        );
        // More than one block of output, and the empty password.
        let long = derive(
            Hash::Sha384,
            Purpose::EncryptionKey,
            &bmp(""),
            &salt,
            3,
            150,
        );
        let long = hex(&long);
        assert!(long.starts_with("C12B8DBF5BC341C9B761F01E7E71BB11F79973FF96A7E6D2"));
        assert!(long.ends_with("A18FB2FC5471921D7066385AFC2BBA2EB70F2A5BDEC2BB62D8"));
    }
}
