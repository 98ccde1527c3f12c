//! The block ciphers of bundles, all in CBC mode with the padding of RFC 8018 §6.1.1.

use std::fmt;

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{
    BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit,
    KeyInit, typenum,
};
use cbc::{Decryptor, Encryptor};
use des::TdesEde3;
use rc2::Rc2;
use zeroize::Zeroizing;

use super::oid::{self, Arcs};

/// A cipher that PBES2 uses in bundles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pbes2Cipher {
    /// AES with a key of 128 bits.
    Aes128,
    /// AES with a key of 192 bits.
    Aes192,
    /// AES with a key of 256 bits.
    Aes256,
    /// Triple DES with three keys.
    TripleDes,
}

/// A cipher of the older schemes, RFC 7292 appendix C.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pkcs12Cipher {
    /// Triple DES with three keys.
    TripleDes,
    /// Triple DES with two keys.
    TripleDesTwoKey,
    /// RC2 with 128 bits.
    Rc2With128Bits,
    /// RC2 with 40 bits, which anybody can break; OpenSSL 1 and Windows encrypted certificates so.
    Rc2With40Bits,
}

impl Pbes2Cipher {
    pub(super) const ALL: [Self; 4] = [Self::Aes128, Self::Aes192, Self::Aes256, Self::TripleDes];

    pub(super) fn oid(self) -> Arcs {
        match self {
            Self::Aes128 => oid::AES_128_CBC,
            Self::Aes192 => oid::AES_192_CBC,
            Self::Aes256 => oid::AES_256_CBC,
            Self::TripleDes => oid::TRIPLE_DES_CBC,
        }
    }

    /// In bytes.
    pub(super) fn key_length(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::Aes192 | Self::TripleDes => 24,
            Self::Aes256 => 32,
        }
    }

    /// In bytes.
    pub(super) fn block_length(self) -> usize {
        match self {
            Self::Aes128 | Self::Aes192 | Self::Aes256 => 16,
            Self::TripleDes => 8,
        }
    }

    /// The ciphertext; None when the key or the initial vector has not the cipher's length.
    pub(super) fn encrypt(self, key: &[u8], iv: &[u8], plaintext: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Aes128 => encrypt(Aes128::new_from_slice(key).ok()?, iv, plaintext),
            Self::Aes192 => encrypt(Aes192::new_from_slice(key).ok()?, iv, plaintext),
            Self::Aes256 => encrypt(Aes256::new_from_slice(key).ok()?, iv, plaintext),
            Self::TripleDes => encrypt(TdesEde3::new_from_slice(key).ok()?, iv, plaintext),
        }
    }

    /// The plaintext; None when a length or the padding is wrong.
    pub(super) fn decrypt(self, key: &[u8], iv: &[u8], text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        match self {
            Self::Aes128 => decrypt(Aes128::new_from_slice(key).ok()?, iv, text),
            Self::Aes192 => decrypt(Aes192::new_from_slice(key).ok()?, iv, text),
            Self::Aes256 => decrypt(Aes256::new_from_slice(key).ok()?, iv, text),
            Self::TripleDes => decrypt(TdesEde3::new_from_slice(key).ok()?, iv, text),
        }
    }
}

impl Pkcs12Cipher {
    pub(super) const ALL: [Self; 4] = [
        Self::TripleDes,
        Self::TripleDesTwoKey,
        Self::Rc2With128Bits,
        Self::Rc2With40Bits,
    ];
    /// In bytes; the same for all of them.
    pub(super) const BLOCK_LENGTH: usize = 8;

    pub(super) fn oid(self) -> Arcs {
        match self {
            Self::TripleDes => oid::SHA1_TRIPLE_DES,
            Self::TripleDesTwoKey => oid::SHA1_TRIPLE_DES_TWO_KEY,
            Self::Rc2With128Bits => oid::SHA1_RC2_128,
            Self::Rc2With40Bits => oid::SHA1_RC2_40,
        }
    }

    /// In bytes.
    pub(super) fn key_length(self) -> usize {
        match self {
            Self::TripleDes => 24,
            Self::TripleDesTwoKey | Self::Rc2With128Bits => 16,
            Self::Rc2With40Bits => 5,
        }
    }

    /// The ciphertext; None when the key or the initial vector has not the cipher's length.
    pub(super) fn encrypt(self, key: &[u8], iv: &[u8], plaintext: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::TripleDes | Self::TripleDesTwoKey => {
                encrypt(self.triple_des(key)?, iv, plaintext)
            }
            Self::Rc2With128Bits | Self::Rc2With40Bits => encrypt(self.rc2(key)?, iv, plaintext),
        }
    }

    /// The plaintext; None when a length or the padding is wrong.
    pub(super) fn decrypt(self, key: &[u8], iv: &[u8], text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        match self {
            Self::TripleDes | Self::TripleDesTwoKey => decrypt(self.triple_des(key)?, iv, text),
            Self::Rc2With128Bits | Self::Rc2With40Bits => decrypt(self.rc2(key)?, iv, text),
        }
    }

    /// Of two keys, the first is the third again.
    fn triple_des(self, key: &[u8]) -> Option<TdesEde3> {
        if key.len() != self.key_length() {
            return None;
        }
        let mut three = Zeroizing::new(Vec::with_capacity(24));
        three.extend(key.iter().cycle().take(24));
        TdesEde3::new_from_slice(&three).ok()
    }

    /// Key length and effective key length are the same in these schemes.
    fn rc2(self, key: &[u8]) -> Option<Rc2> {
        (key.len() == self.key_length()).then(|| Rc2::new_with_eff_key_len(key, 8 * key.len()))
    }
}

impl fmt::Display for Pbes2Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aes128 => "AES-128-CBC",
            Self::Aes192 => "AES-192-CBC",
            Self::Aes256 => "AES-256-CBC",
            Self::TripleDes => "DES-EDE3-CBC",
        })
    }
}

/// The names of RFC 7292 appendix C.
impl fmt::Display for Pkcs12Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TripleDes => "pbeWithSHAAnd3-KeyTripleDES-CBC",
            Self::TripleDesTwoKey => "pbeWithSHAAnd2-KeyTripleDES-CBC",
            Self::Rc2With128Bits => "pbeWithSHAAnd128BitRC2-CBC",
            Self::Rc2With40Bits => "pbeWithSHAAnd40BitRC2-CBC",
        })
    }
}

fn encrypt<C>(cipher: C, iv: &[u8], plaintext: &[u8]) -> Option<Vec<u8>>
where
    C: BlockCipherEncrypt<BlockSize: typenum::IsLess<typenum::U256, Output = typenum::True>>,
{
    let mut buffer = Zeroizing::new(Vec::with_capacity(plaintext.len() + C::block_size()));
    buffer.extend_from_slice(plaintext);
    buffer.resize(plaintext.len() + C::block_size(), 0);
    Encryptor::inner_iv_slice_init(cipher, iv)
        .ok()?
        .encrypt_padded::<Pkcs7>(&mut buffer, plaintext.len())
        .ok()
        .map(<[u8]>::to_vec)
}

fn decrypt<C: BlockCipherDecrypt>(
    cipher: C,
    iv: &[u8],
    ciphertext: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let length = Decryptor::inner_iv_slice_init(cipher, iv)
        .ok()?
        .decrypt_padded::<Pkcs7>(&mut buffer)
        .ok()?
        .len();
    buffer.truncate(length);
    Some(buffer)
}
