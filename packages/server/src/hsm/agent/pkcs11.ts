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
export const CKF_USER_PIN_FINAL_TRY = 0x20000
export const CKF_USER_PIN_LOCKED = 0x40000
export const CKS_RW_USER_FUNCTIONS = 3
