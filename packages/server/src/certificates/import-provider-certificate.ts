import { createHash, randomUUID } from 'node:crypto'
import { equalBytes } from '@sanad/protocol/der'
import { requirePath } from '@sanad/protocol/envelope/certificate-path'
import { thumbprintOf } from '@sanad/protocol/envelope/certificates'
import { type NewEvent } from '@sanad/protocol/events'
import { OID } from '@sanad/protocol/object-identifiers'
import { SanadError } from '@sanad/protocol/problems'
import { formatTimestamp } from '@sanad/protocol/timestamps'
import {
  type Certificate,
  KEY_USAGE,
  parseCertificate,
  readBasicConstraints,
  readKeyUsage,
  readName,
} from '@sanad/protocol/x509'
import { recordEvents } from '../audit/record-events.ts'
import type { HsmKey } from '../hsm/hsm.ts'
import type { Database } from '../platform/database.ts'
import './certificate-tables.ts'
import { decodeCertificates } from './der/pem.ts'
import type { Market } from './provider-certificates.ts'

/** What MOSIP sent back: the provider's certificate, signed anew, and the certificates above it. */
export interface ProviderCertificateImport extends Market {
  readonly certificatePem: string
  /** The certificates above it, up to the country’s root. */
  readonly chainPem: string
  /** The name registered with MOSIP: O of every device certificate. */
  readonly organisation: string
  /** The provider’s key in the HSM. */
  readonly key: HsmKey
}

/** @throws SanadError `certificate.import-refused`, and then nothing was stored @returns its id */
export async function importProviderCertificate(
  database: Database,
  request: ProviderCertificateImport,
  now: number,
): Promise<string> {
  const certificate = readOne(request.certificatePem)
  const issuers = orderIssuers(
    certificate,
    decodeCertificates(request.chainPem).map(parseCertificate),
  )
  checkProviderCertificate(certificate, issuers, request, now)
  return storeProviderCertificate(database, certificate, issuers, request, now)
}

function readOne(pem: string): Certificate {
  const [der, another] = decodeCertificates(pem)
  if (der === undefined || another !== undefined) throw refuse('not exactly one certificate')
  return parseCertificate(der)
}

/** From the certificate upwards, in whatever order the file has them and with or without the certificate itself. */
function orderIssuers(certificate: Certificate, given: readonly Certificate[]): Certificate[] {
  const ordered: Certificate[] = []
  for (let below = certificate; !equalBytes(below.issuer, below.subject);) {
    const issuer = given.find(
      (one) => equalBytes(one.subject, below.issuer) && !ordered.includes(one),
    )
    if (issuer === undefined) throw refuse('the chain does not reach a root')
    ordered.push(issuer)
    below = issuer
  }
  return ordered
}

/** MF §2.4b: what MOSIP's re-signing makes, and what has to be so for device certificates below it to verify. */
function checkProviderCertificate(
  certificate: Certificate,
  issuers: readonly Certificate[],
  { key, organisation }: ProviderCertificateImport,
  now: number,
): void {
  if (!equalBytes(certificate.spki, key.spki))
    throw refuse('the certificate is for another key than the HSM’s')
  if (!readBasicConstraints(certificate).isCa) throw refuse('not a CA certificate')
  if (readKeyUsage(certificate)?.includes(KEY_USAGE.keyCertSign) === false)
    throw refuse('may not sign certificates')
  const [subjectOrganisation] = readName(certificate.subject, OID.organisation)
  // MF §2.4a, 6: compared case-sensitively by MOSIP.
  if (subjectOrganisation !== organisation) throw refuse('O is not the registered organisation')
  const root = issuers.at(-1)
  if (root === undefined || !equalBytes(root.issuer, root.subject))
    throw refuse('the chain does not end at a root')
  requirePath(
    [certificate, ...issuers.slice(0, -1)],
    { anchors: [root], at: now },
    'certificate.import-refused',
  )
  // MF §2.4b: a device certificate is one below; so every issuer must allow one more than it has now.
  for (const [below, issuer] of [certificate, ...issuers].entries()) {
    const { pathLength } = readBasicConstraints(issuer)
    if (pathLength !== undefined && pathLength < below)
      throw refuse('path length: device certificates would not verify')
  }
}

function storeProviderCertificate(
  database: Database,
  certificate: Certificate,
  issuers: readonly Certificate[],
  { country, environment, key, organisation }: ProviderCertificateImport,
  now: number,
): Promise<string> {
  return database.transaction().execute(async (tx) => {
    const thumbprint = thumbprintOf(certificate.der)
    const known = await tx
      .selectFrom('provider_certificate')
      .select('id')
      .where('thumbprint_sha256', '=', thumbprint)
      .executeTakeFirst()
    if (known !== undefined) return known.id
    const id = randomUUID()
    await tx
      .insertInto('provider_certificate')
      .values({
        id,
        country,
        environment,
        thumbprint_sha256: thumbprint,
        hsm_key_id: key.id,
        crl_name: crlNameOf(certificate),
        organisation,
        not_before: new Date(certificate.notBefore),
        not_after: new Date(certificate.notAfter),
        der: Buffer.from(certificate.der),
        issuers: issuers.map(({ der }) => Buffer.from(der)),
        state: 'active',
        imported_at: new Date(now),
      })
      .execute()
    await recordEvents(tx, [describeImport(id, certificate)])
    return id
  })
}

function describeImport(providerCertificateId: string, { der, notAfter }: Certificate): NewEvent {
  const thumbprintSha256 = createHash('sha256').update(der).digest('hex')
  return {
    type: 'provider-certificate.imported',
    actor: 'command-line',
    data: { providerCertificateId, thumbprintSha256, notAfter: formatTimestamp(notAfter) },
  }
}

/** The same for a renewed certificate of the same name and key, because device certificates name it. */
const crlNameOf = ({ subject, spki }: Certificate): string =>
  createHash('sha256').update(subject).update(spki).digest('hex').slice(0, 16)

const refuse = (detail: string): SanadError => new SanadError('certificate.import-refused', detail)
