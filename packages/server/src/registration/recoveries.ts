import { sql } from 'kysely'
import { DAY_MS } from '@sanad/protocol/text/durations'
import '../certificates/certificate-tables.ts'
import type { ApprovedDevice } from './approved-devices.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import type { Registry } from './facts.ts'

/** Where the certificate stands that a claim asks to be replaced, because it ended while the device was offline. */

export interface RecoveryAsked {
  readonly device: Pick<ApprovedDevice, 'deviceId'> | undefined
  /** `x5t#S256` of the certificate that ended. */
  readonly recovers: string | undefined
  readonly graceDays: number
}

export interface Recovery {
  readonly standing: Registry['recovery']
  /** Whose place the new certificate takes: the last one in the device's line that may have been used. */
  readonly replaces?: string
}

interface Row {
  readonly place: number
  readonly not_after: Date
  readonly replaces: string
}

/** In order. */
export async function findRecoveries(
  tx: DatabaseTransaction,
  asked: readonly RecoveryAsked[],
  now: number,
): Promise<readonly Recovery[]> {
  if (asked.every(({ recovers }) => recovers === undefined)) return asked.map(() => NOT_ASKED)
  const { rows } = await sql<Row>`
    select place, c.not_after, (
        select line.thumbprint_sha256 from device_certificate line
        where line.device_id = c.device_id and line.status not in ('pending', 'revoked')
        order by line.issued_at desc limit 1) as replaces
    from unnest(
      ${asked.map(({ device }) => device?.deviceId ?? null)}::uuid[],
      ${asked.map(({ recovers }) => recovers ?? null)}::text[]
    ) with ordinality as asked (device_id, thumbprint, place)
    join device_certificate c
      on c.device_id = asked.device_id and c.thumbprint_sha256 = asked.thumbprint
    -- The last that the device had: what another took the place of, or what was revoked, comes back to nobody.
    where c.status in ('pending', 'active', 'expired')
      and not exists (select from device_certificate later
        where later.device_id = c.device_id and later.issued_at > c.issued_at
          and (later.confirmed_at is not null or later.status in ('active', 'superseded')))`.execute(
    tx,
  )
  const found = new Map(rows.map((row) => [row.place, row]))
  return asked.map(({ recovers, graceDays }, index) => {
    if (recovers === undefined) return NOT_ASKED
    const row = found.get(index + 1)
    return row === undefined ? OF_ANOTHER : describeStanding(row, graceDays, now)
  })
}

/** Whatever became of it since: revoked with the registration of its device, too. */
export async function isCertificateOf(
  tx: DatabaseTransaction,
  deviceId: string,
  thumbprint: string,
): Promise<boolean> {
  const row = await tx
    .selectFrom('device_certificate')
    .select('device_id')
    .where('device_id', '=', deviceId)
    .where('thumbprint_sha256', '=', thumbprint)
    .executeTakeFirst()
  return row !== undefined
}

const NOT_ASKED: Recovery = { standing: 'not-asked' }
const OF_ANOTHER: Recovery = { standing: 'of-another' }

function describeStanding({ not_after, replaces }: Row, graceDays: number, now: number): Recovery {
  const end = not_after.getTime()
  if (now <= end) return { standing: 'not-expired', replaces }
  return { standing: now <= end + graceDays * DAY_MS ? 'within-grace' : 'past-grace', replaces }
}
