import { SanadError } from '@sanad/protocol/text/problems'
import { readSubjectKeyIdentifier } from '@sanad/protocol/asn1/x509'
import type { ProviderCertificate } from '../certificates/provider-certificates.ts'
import { KEEP_AFTER_END_MS } from './list-terms.ts'

/**
 * Whose lists they are: one name and key, by however many certificates MOSIP vouched for it. A renewed
 * certificate goes on with the lists of the one before (MF §11.2).
 */
export interface ListIssuer {
  readonly crlName: string
  /** Ids of all provider certificates of this name and key. */
  readonly providerIds: readonly string[]
  /** Whose subject and key identifier stand in the lists: the one that lives longest. */
  readonly signer: ProviderCertificate
}

/** Those under which a certificate may still be valid or must still be listed. */
export function findListIssuers(
  providers: readonly ProviderCertificate[],
  now: number,
): readonly ListIssuer[] {
  const byName = Map.groupBy(providers, ({ crlName }) => crlName)
  return [...byName]
    .map(([crlName, members]) => ({
      crlName,
      providerIds: members.map(({ id }) => id),
      signer: members.reduce((best, one) =>
        one.certificate.notAfter > best.certificate.notAfter ? one : best,
      ),
    }))
    .filter(({ signer }) => signer.certificate.notAfter + KEEP_AFTER_END_MS > now)
}

export function keyIdOf({ certificate }: ProviderCertificate): Uint8Array {
  const keyId = readSubjectKeyIdentifier(certificate)
  // Refused at import, so it cannot be.
  if (keyId === undefined) throw new SanadError('server.internal', 'no subject key identifier')
  return keyId
}
