import { createHash } from 'node:crypto'
import { equalBytes } from '@sanad/protocol/asn1/bytes'
import { validatePath } from '@sanad/protocol/wire/envelope/certificate-path'
import { hasSoundExtensions } from '@sanad/protocol/asn1/extension-forms'
import { SanadError } from '@sanad/protocol/text/problems'
import { type Certificate, parseCertificate } from '@sanad/protocol/asn1/x509'

/** An authority that may issue a list: the FTM provider's own, or one below it. */
export interface Issuer {
  readonly certificate: Certificate
  /** Those above it, up to the FTM provider's, which is left out; empty for that itself. */
  readonly above: readonly Certificate[]
}

export const digestKey = ({ spki }: Pick<Certificate, 'spki'>): Buffer =>
  createHash('sha256').update(spki).digest()

export const digestCertificate = ({ der }: Pick<Certificate, 'der'>): Buffer =>
  createHash('sha256').update(der).digest()

/** @throws SanadError `ftm-revocation-list.malformed` */
export function readAuthority(der: Uint8Array): Certificate {
  try {
    const certificate = parseCertificate(der)
    if (hasSoundExtensions(certificate)) return certificate
  } catch (cause) {
    if (!(cause instanceof SanadError)) throw cause
  }
  throw new SanadError('ftm-revocation-list.malformed', 'a certificate beside the list')
}

/** All that carry the name of the list's issuer. */
export function findIssuers(
  name: Uint8Array,
  anchor: Certificate,
  authorities: readonly Certificate[],
): readonly Issuer[] {
  return [anchor, ...authorities.filter(({ der }) => !equalBytes(der, anchor.der))]
    .filter(({ subject }) => equalBytes(subject, name))
    .map((certificate) => ({ certificate, above: climb(certificate, anchor, authorities) }))
}

/** As the names lead; whether that is a path is asked afterwards. */
function climb(
  from: Certificate,
  anchor: Certificate,
  authorities: readonly Certificate[],
): readonly Certificate[] {
  const above: Certificate[] = []
  let at = from
  while (!equalBytes(at.der, anchor.der) && !equalBytes(at.issuer, anchor.subject)) {
    const next = authorities.find(
      (one) => equalBytes(one.subject, at.issuer) && one !== from && !above.includes(one),
    )
    if (next === undefined) break
    above.push(next)
    at = next
  }
  return above
}

/** Whether its certificate leads to the FTM provider's, all of them valid at this time. */
export function isUnder({ certificate, above }: Issuer, anchor: Certificate, at: number): boolean {
  if (equalBytes(certificate.der, anchor.der))
    return at >= anchor.notBefore && at <= anchor.notAfter
  return validatePath([certificate, ...above], { anchors: [anchor], at, leaf: 'authority' }).isValid
}
