/** Tags of DER (X.690) for the types that certificates, requests and revocation lists are made of. */

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** A context-specific tag: `[n]`, constructed (EXPLICIT, or IMPLICIT over a structure) or primitive. */
export const contextTag = (n: number, constructed = true): number =>
  0x80 | (constructed ? 0x20 : 0) | n
