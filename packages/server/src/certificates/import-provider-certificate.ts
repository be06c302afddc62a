import { createHash, randomUUID } from 'node:crypto'
import { thumbprintOf } from '@sanad/protocol/wire/envelope/certificates'
import { type NewEvent } from '@sanad/protocol/domain/events'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import type { Certificate } from '@sanad/protocol/asn1/x509'
import { recordEvents } from '../record/record-events.ts'
import type { HsmKey } from '../hsm/hsm.ts'
import type { Database } from '../platform/database.ts'
import './certificate-tables.ts'
import {
  type ProviderChain,
  checkProviderChain,
  digestOf,
  readProviderChain,
} from './provider-certificate-rules.ts'
import type { Market } from './provider-certificates.ts'

/** What MOSIP sent back: the provider's certificate, signed again, and the certificates above it. */
export interface ProviderCertificateImport extends Market {
  readonly certificatePem: string
  /** The certificates above it, up to the country's root. */
  readonly chainPem: string
  /** The name registered with MOSIP: O of every device certificate. */
  readonly organisation: string
  /** The provider's key in the HSM. */
  readonly key: Pick<HsmKey, 'id' | 'spki'>
  /** SHA-256 of the country's root, hex, when it was learned by another way than the file. */
  readonly rootSha256?: string
}

export interface ImportedProviderCertificate {
  readonly id: string
  /** False when the very certificate was on record already. */
  readonly isNew: boolean
}

/** @throws SanadError `certificate.import-refused`, and then nothing was stored */
export async function importProviderCertificate(
  database: Database,
  request: ProviderCertificateImport,
  now: number,
): Promise<ImportedProviderCertificate> {
  const chain = readProviderChain(request.certificatePem, request.chainPem)
  checkProviderChain(chain, { ...request, spki: request.key.spki }, now)
  return storeProviderCertificate(database, chain, request, now)
}

function storeProviderCertificate(
  database: Database,
  { certificate, issuers }: ProviderChain,
  { country, environment, key, organisation }: ProviderCertificateImport,
  now: number,
): Promise<ImportedProviderCertificate> {
  return database.transaction().execute(async (tx) => {
    const thumbprint = thumbprintOf(certificate.der)
    const known = await tx
      .selectFrom('provider_certificate')
      .select('id')
      .where('thumbprint_sha256', '=', thumbprint)
      .executeTakeFirst()
    if (known !== undefined) return { id: known.id, isNew: false }
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
    return { id, isNew: true }
  })
}

function describeImport(providerCertificateId: string, certificate: Certificate): NewEvent {
  return {
    type: 'provider-certificate.imported',
    actor: 'command-line',
    data: {
      providerCertificateId,
      thumbprintSha256: digestOf(certificate),
      notAfter: formatTimestamp(certificate.notAfter),
    },
  }
}

/** The same for a renewed certificate of the same name and key, because device certificates name it. */
const crlNameOf = ({ subject, spki }: Certificate): string =>
  createHash('sha256').update(subject).update(spki).digest('hex').slice(0, 16)
