import { SanadError } from '@sanad/protocol/text/problems'
import { validatePath } from '@sanad/protocol/wire/envelope/certificate-path'
import {
  type Certificate,
  parseCertificate,
  readBasicConstraints,
  readExtendedKeyUsage,
  readKeyUsage,
  readName,
  readSubjectKeyIdentifier,
} from '@sanad/protocol/asn1/x509'
import { beforeAll, describe, expect, it } from 'vitest'
import { issue, makeAuthority, makeRsaKey, spkiOf } from '../../packages/client/test/test-pki.ts'
import { ROUNDS, SAID_BY, SEED } from './fuzz-run.ts'
import { mutate } from './mutate.ts'
import { Random } from './random.ts'

/** Whatever octets a stranger calls a certificate: read, or refused with a code; never another error. */

const READERS: readonly ((certificate: Certificate) => unknown)[] = [
  readBasicConstraints,
  readKeyUsage,
  readExtendedKeyUsage,
  readSubjectKeyIdentifier,
  ({ subject }) => readName(subject, '2.5.4.3'),
]

let whole: Uint8Array
let root: Certificate
beforeAll(() => {
  const authority = makeAuthority('Root of the test')
  const { publicKey } = makeRsaKey()
  whole = issue(authority, { commonName: 'Leaf of the test', spki: spkiOf(publicKey) })
  root = parseCertificate(authority.der)
})

/** @returns what went wrong, if it was anything but a refusal */
function read(der: Uint8Array): unknown {
  try {
    const certificate = parseCertificate(der)
    for (const reader of READERS) reader(certificate)
    validatePath([certificate], { anchors: [root], at: Date.now() })
  } catch (error) {
    if (!(error instanceof SanadError)) return error
  }
  return undefined
}

describe('the reader of certificates', () => {
  it('reads or refuses any octets as a certificate, without another error', () => {
    const random = new Random(SEED)
    for (let round = 0; round < ROUNDS * 500; round++) {
      const der = mutate(whole, random)
      expect(read(der), `${SAID_BY}, round ${round}: ${der.toString('hex')}`).toBeUndefined()
    }
  })
})
