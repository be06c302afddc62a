import { encodeObjectIdentifier } from '@sanad/protocol/asn1/write-der'

const encoded = new Map<string, Uint8Array>()

/** For identifiers of our own lists, never of others’ data: each is encoded once and kept. */
export function encodeKnownIdentifier(oid: string): Uint8Array {
  let bytes = encoded.get(oid)
  if (bytes === undefined) {
    bytes = encodeObjectIdentifier(oid)
    encoded.set(oid, bytes)
  }
  return bytes
}
