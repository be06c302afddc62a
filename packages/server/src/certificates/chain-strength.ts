import { createHash } from 'node:crypto'
import type { Certificate } from '@sanad/protocol/asn1/x509'
import { readRsaPublicKey } from './der/rsa-public-key.ts'
import { type KeyWeakness, findWeakness } from './rsa-key-strength.ts'

/**
 * The weakness tests of device keys, for the keys that vouch for them. A chip's key counts for the life of the
 * device, and its provider's for all its chips.
 *
 * About a millisecond for a key; those of providers come with every chip, so what was found is kept.
 */

/** Providers and the authorities below them: a few dozen. A chip's own key is not kept. */
const MOST_KEPT = 256
const found = new Map<string, KeyWeakness | undefined>()

/** Of an RSA key; one on Curve 25519 has none of these. @throws SanadError `certificate.request-invalid` */
export function findKeyWeakness({ spki }: Pick<Certificate, 'spki'>): KeyWeakness | undefined {
  const key = readRsaPublicKey(spki)
  return key === undefined ? undefined : findWeakness(key)
}

/** As {@link findKeyWeakness}, for keys that come again and again. */
export function findAuthorityWeakness(authority: Certificate): KeyWeakness | undefined {
  const digest = createHash('sha256').update(authority.spki).digest('base64url')
  if (found.has(digest)) return found.get(digest)
  const weakness = findKeyWeakness(authority)
  const [oldest] = found.keys()
  if (found.size >= MOST_KEPT && oldest !== undefined) found.delete(oldest)
  found.set(digest, weakness)
  return weakness
}
