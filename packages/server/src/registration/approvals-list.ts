import type { ApprovalList, ApprovalQuery } from '@sanad/protocol/operator-api/registration'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { sql } from 'kysely'
import { encodePlace, isBehindOldest, takePage } from '../platform/cursor.ts'
import type { Database } from '../platform/database.ts'
import './registration-tables.ts'

const DEFAULT_LIMIT = 50

/** Registrations that wait for an operator, the longest waiting first. @throws SanadError `request.malformed` */
export async function listApprovals(
  database: Database,
  query: ApprovalQuery,
): Promise<ApprovalList> {
  const limit = query.limit ?? DEFAULT_LIMIT
  let select = database
    .selectFrom('registration_approval as a')
    .innerJoin('device as d', 'd.device_id', 'a.device_id')
    .innerJoin('device_model as m', 'm.model_id', 'd.model_id')
    .leftJoin('registration_claim as c', 'c.support_code', 'a.support_code')
    .select([
      'a.request_id',
      'a.support_code',
      'a.device_id',
      'a.spki_sha256',
      'a.kind',
      'a.requested_at',
      'd.serial_no',
      'm.make',
      'm.model',
      'c.remote_address',
    ])
    .where('a.decision', 'is', null)
    .orderBy('a.requested_at')
    .orderBy('a.request_id')
    .limit(limit + 1)
  if (query.after !== undefined) {
    const columns = sql`(a.requested_at, a.request_id)`
    select = select.where(isBehindOldest(query.after, columns))
  }
  const rows = await select.execute()
  const { items, next } = takePage(rows, limit, (last) =>
    encodePlace(last.requested_at, last.request_id),
  )
  const views = items.map((row) => ({
    requestId: row.request_id,
    supportCode: row.support_code,
    deviceId: row.device_id,
    serialNo: row.serial_no,
    make: row.make,
    model: row.model,
    spkiSha256: row.spki_sha256,
    kind: row.kind,
    remoteAddress: row.remote_address,
    requestedAt: formatTimestamp(row.requested_at.getTime()),
  }))
  return { items: views, next }
}
