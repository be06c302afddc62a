import { describe, expect, it } from 'vitest'
import { encodeObjectIdentifier } from './write-der.ts'
import { OID, formsOf, identifierIn, namesPurpose } from './object-identifiers.ts'

const OURS = [
  OID.mosipDeviceSigning,
  OID.managementResponse,
  OID.managementCommand,
  OID.factoryManifest,
]
const UUID = '62be0626-6eda-48ee-9ac0-a500b2b2e67b'

describe('our object identifiers', () => {
  it('keeps every arc of our object identifiers within 31 bits', () => {
    for (const identifier of Object.values(OID))
      expect(identifier.split('.').every((arc) => Number(arc) < 2 ** 31)).toBe(true)
  })

  it('never changes a published object identifier', () => {
    const hex = UUID.replaceAll('-', '')
    const cuts = [0, 4, 8, 12, 16, 20, 26, 32]
    const arcs = cuts.slice(1).map((end, index) => Number.parseInt(hex.slice(cuts[index], end), 16))
    const arc = `1.2.840.113556.1.8000.2554.${arcs.join('.')}`
    expect(OURS).toEqual([1, 2, 3, 4].map((number) => `${arc}.1.${number}`))
    const former = `2.25.${BigInt(`0x${hex}`)}`
    expect(OURS.map((identifier) => identifierIn('former', identifier))).toEqual(
      [1, 2, 3, 4].map((number) => `${former}.1.${number}`),
    )
  })

  it('encodes our object identifiers as OpenSSL does', () => {
    expect(Buffer.from(encodeObjectIdentifier(OID.managementResponse)).toString('hex')).toBe(
      OPENSSL,
    )
  })

  it('recognises a purpose in either form, and no other purpose', () => {
    for (const form of formsOf(OID.managementResponse)) {
      expect(namesPurpose([form], OID.managementResponse)).toBe(true)
      expect(namesPurpose([form], OID.managementCommand)).toBe(false)
    }
    expect(formsOf(OID.serverAuthentication)).toEqual([
      OID.serverAuthentication,
      OID.serverAuthentication,
    ])
  })
})

/** `openssl asn1parse -genstr OID:… -out` */
const OPENSSL = '06232a864886f71401be40937a81c53e8c2681dd5a81916e82b5408594813285cbcc7b0102'
