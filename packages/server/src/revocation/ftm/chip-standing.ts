import {
  DEFAULT_REVOCATION_POLICY,
  type RevocationPolicy,
} from '@sanad/protocol/operator-api/ftm-revocation'
import { equalBytes } from '@sanad/protocol/asn1/bytes'
import type { Certificate } from '@sanad/protocol/asn1/x509'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../../platform/database.ts'
import { type FoundAuthority, keepAuthorities } from './authority-store.ts'
import './ftm-revocation-tables.ts'
import { digestCertificate, digestKey } from './issuers.ts'

/** What the revocation lists of FTM providers say of chips that want to be registered. */

/** From a chip to its FTM provider: a path that holds, but for revocation. */
export interface ChipPath {
  readonly ftmProviderId: string
  /** The chip's certificate first, the FTM provider's last. */
  readonly certificates: readonly Certificate[]
}

export interface ChipStanding {
  /** `unknown`: an issuer on the path has no list; `stale`: its list is past its next update and the grace. */
  readonly standing: 'good' | 'revoked' | 'unknown' | 'stale'
  readonly revocationPolicy: RevocationPolicy
}

/** A provider that is late by a day is late by a weekend at most; its lists are believed that long. */
export const STALE_AFTER_MS = DAY_MS

interface Row {
  readonly place: number
  readonly revocation_policy: RevocationPolicy | null
  readonly is_revoked: boolean
  readonly has_no_list: boolean
  readonly is_stale: boolean
}

/** In the order of the paths; one statement for all of them. */
export async function findStandings(
  tx: DatabaseTransaction,
  paths: readonly (ChipPath | undefined)[],
  now: number,
): Promise<readonly (ChipStanding | undefined)[]> {
  const links = paths.flatMap((path, place) => linksOf(path).map((link) => ({ ...link, place })))
  if (links.length === 0) return paths.map(() => undefined)
  const { rows } = await sql<Row>`
    select asked.place, max(t.revocation_policy) as revocation_policy,
      bool_or(r.serial_number is not null) as is_revoked, bool_or(l.issuer_key is null) as has_no_list,
      bool_or(l.next_update < ${new Date(now - STALE_AFTER_MS)}) as is_stale
    from unnest(
        ${links.map(({ place }) => place)}::int[], ${links.map((link) => link.ftmProviderId)}::uuid[],
        ${links.map(({ issuerKey }) => issuerKey)}::bytea[], ${links.map((link) => link.serialNumber)}::bytea[]
      ) as asked (place, ftm_provider_id, issuer_key, serial_number)
    left join ftm_revocation_terms t using (ftm_provider_id)
    left join ftm_revocation_list l using (ftm_provider_id, issuer_key)
    left join ftm_revoked_certificate r using (ftm_provider_id, issuer_key, serial_number)
    group by asked.place`.execute(tx)
  const found = new Map(rows.map((row) => [row.place, readStanding(row)]))
  return paths.map((_, place) => found.get(place))
}

function readStanding(row: Row): ChipStanding {
  const revocationPolicy = row.revocation_policy ?? DEFAULT_REVOCATION_POLICY
  if (row.is_revoked) return { standing: 'revoked', revocationPolicy }
  if (row.has_no_list) return { standing: 'unknown', revocationPolicy }
  return { standing: row.is_stale ? 'stale' : 'good', revocationPolicy }
}

/** Each certificate below the FTM provider's, as the list of its issuer would name it. */
function linksOf(path: ChipPath | undefined) {
  const { certificates = [], ftmProviderId = '' } = path ?? {}
  return certificates.slice(0, -1).map(({ serialNumber }, index) => ({
    ftmProviderId,
    serialNumber: Buffer.from(serialNumber),
    // Every certificate but the last has another behind it.
    issuerKey: digestKey(certificates[index + 1] as Certificate),
  }))
}

/** So that a later list can be held against the chips of registered devices: one statement for a whole group. */
export async function keepChips(
  tx: DatabaseTransaction,
  paths: readonly ChipPath[],
): Promise<void> {
  const chips = paths.flatMap((path) => readChip(path) ?? [])
  if (chips.length === 0) return
  await sql`
    insert into ftm_chip (ftm_certificate_sha256, ftm_provider_id, issuer_key, serial_number, issuer_sha256)
    select * from unnest(
      ${chips.map(({ sha256 }) => sha256)}::bytea[], ${chips.map((chip) => chip.ftmProviderId)}::uuid[],
      ${chips.map(({ issuerKey }) => issuerKey)}::bytea[], ${chips.map((chip) => chip.serialNumber)}::bytea[],
      ${chips.map(({ issuerSha256 }) => issuerSha256)}::bytea[])
    on conflict (ftm_certificate_sha256) do nothing`.execute(tx)
  await keepAuthorities(tx, paths.flatMap(authoritiesOf))
}

/** @returns undefined of a path without an issuer: nothing revokes an anchor */
function readChip({ ftmProviderId, certificates }: ChipPath) {
  const [chip, issuer] = certificates
  const anchor = certificates.at(-1)
  if (chip === undefined || issuer === undefined || anchor === undefined) return undefined
  return {
    ftmProviderId,
    sha256: digestCertificate(chip),
    issuerKey: digestKey(issuer),
    serialNumber: Buffer.from(chip.serialNumber),
    issuerSha256: equalBytes(issuer.der, anchor.der) ? null : digestCertificate(issuer),
  }
}

function authoritiesOf({ ftmProviderId, certificates }: ChipPath): readonly FoundAuthority[] {
  return certificates.slice(1, -1).map((certificate, index) => ({
    ftmProviderId,
    certificate,
    // Every certificate but the last has another behind it.
    issuer: certificates[index + 2] as Certificate,
    anchor: certificates.at(-1) as Certificate,
  }))
}
