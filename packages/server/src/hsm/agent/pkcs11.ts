import pkcs11js from 'pkcs11js'

/** The only file that imports the PKCS#11 binding, and so the only way to a token. */

export const pkcs11 = pkcs11js
export type Module = pkcs11js.PKCS11
export type Handle = pkcs11js.Handle
export type Template = pkcs11js.Template

/** Constants of PKCS#11 that the binding does not name. */
export const CKR_ACTION_PROHIBITED = 0x1b
/** Luna in FIPS mode hides CKM_RSA_PKCS_KEY_PAIR_GEN and offers this one. */
export const CKM_RSA_FIPS_186_3_PRIME_KEY_PAIR_GEN = 0x80000143
export const CKM_AES_KEY_WRAP = 0x2109
export const CKM_AES_KEY_WRAP_PAD = 0x210a
/** PKCS#11 3.0 §4.9: the SubjectPublicKeyInfo of a private key. */
export const CKA_PUBLIC_KEY_INFO = 0x129
export const CKF_USER_PIN_FINAL_TRY = 0x20000
export const CKF_USER_PIN_LOCKED = 0x40000
export const CKF_USER_PIN_TO_BE_CHANGED = 0x80000
export const CKS_RO_USER_FUNCTIONS = 1
export const CKS_RW_USER_FUNCTIONS = 3
/** PKCS#11 3.0 §5.1: values of vendors’ own begin here. */
export const CKR_VENDOR_DEFINED = 0x80000000
