import { X509Certificate } from 'node:crypto'
import { equalBytes } from '@sanad/protocol/asn1/bytes'
import { type Certificate, parseCertificate } from '@sanad/protocol/asn1/x509'
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../../platform/database.ts'
import './ftm-revocation-tables.ts'
import { digestCertificate, digestKey } from './issuers.ts'

/** Authorities between chips and their FTM provider. */

/** Of one FTM provider: its factories, and their renewals in the life of a chip. More are not kept. */
const MOST_AUTHORITIES = 64

export interface FoundAuthority {
  readonly ftmProviderId: string
  readonly certificate: Certificate
  readonly issuer: Certificate
  readonly anchor: Certificate
}

/** The same few stand above all chips of a provider: one look at which are kept already serves a whole group. */
export async function keepAuthorities(
  tx: DatabaseTransaction,
  authorities: readonly FoundAuthority[],
): Promise<void> {
  const named = new Map<string, FoundAuthority>()
  for (const authority of authorities)
    named.set(nameOf(authority.ftmProviderId, digestCertificate(authority.certificate)), authority)
  if (named.size === 0) return
  for (const name of await findKept(tx, [...named.values()])) named.delete(name)
  for (const authority of named.values()) await keepAuthority(tx, authority)
}

/** @returns names, see `nameOf` */
async function findKept(
  tx: DatabaseTransaction,
  authorities: readonly FoundAuthority[],
): Promise<readonly string[]> {
  const rows = await tx
    .selectFrom('ftm_authority')
    .select(['ftm_provider_id', 'certificate_sha256'])
    .where('ftm_provider_id', 'in', [...new Set(authorities.map((one) => one.ftmProviderId))])
    .where(
      'certificate_sha256',
      'in',
      authorities.map(({ certificate }) => digestCertificate(certificate)),
    )
    .execute()
  return rows.map((row) => nameOf(row.ftm_provider_id, row.certificate_sha256))
}

const nameOf = (ftmProviderId: string, sha256: Uint8Array): string =>
  `${ftmProviderId} ${Buffer.from(sha256).toString('hex')}`

async function keepAuthority(
  tx: DatabaseTransaction,
  { ftmProviderId, certificate, issuer, anchor }: FoundAuthority,
): Promise<void> {
  const isBelowAnchor = equalBytes(issuer.der, anchor.der)
  await sql`
    insert into ftm_authority (ftm_provider_id, certificate_sha256, certificate, subject, authority_key,
      issuer_key, serial_number, issuer_sha256)
    select ${ftmProviderId}::uuid, ${digestCertificate(certificate)}, ${Buffer.from(certificate.der)},
      ${subjectOf(certificate)}, ${digestKey(certificate)}, ${digestKey(issuer)},
      ${Buffer.from(certificate.serialNumber)}, ${isBelowAnchor ? null : digestCertificate(issuer)}::bytea
    where (select count(*) from ftm_authority where ftm_provider_id = ${ftmProviderId}) < ${MOST_AUTHORITIES}
    on conflict do nothing`.execute(tx)
}

export async function findAuthorities(
  tx: DatabaseTransaction,
  ftmProviderId: string,
): Promise<readonly Certificate[]> {
  const rows = await tx
    .selectFrom('ftm_authority')
    .select('certificate')
    .where('ftm_provider_id', '=', ftmProviderId)
    .execute()
  return rows.map(({ certificate }) => parseCertificate(certificate))
}

/** RFC 4514 text, for people. */
export const subjectOf = ({ der }: Certificate): string =>
  new X509Certificate(der).subject.split('\n').toReversed().join(', ')
