import type {
  EvidenceItem,
  RefusalList,
  RefusalQuery,
  RefusalView,
  RegistrationCounts,
} from '@sanad/protocol/operator-api/registration'
import type { Level } from '@sanad/protocol/domain/device-kinds'
import { isProblemCode } from '@sanad/protocol/text/problems'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { sql } from 'kysely'
import { encodePlace, isBehind, takePage } from '../platform/cursor.ts'
import { readSupportCode } from '../messages/support-code.ts'
import type { Database } from '../platform/database.ts'
import './registration-tables.ts'
import { remedyFor } from './sentences.ts'

/** Claims that were turned away: who tried, from where, which rule, and what would make it pass. */

const DEFAULT_LIMIT = 50

/** @throws SanadError `request.malformed` for a cursor that is none */
export async function listRefusals(database: Database, query: RefusalQuery): Promise<RefusalList> {
  const limit = query.limit ?? DEFAULT_LIMIT
  let select = database
    .selectFrom('registration_claim as c')
    .leftJoin('device_model as m', (join) =>
      join
        .onRef('m.make', '=', 'c.make')
        .onRef('m.model', '=', 'c.model')
        .on('m.state', '=', 'approved'),
    )
    .selectAll('c')
    .select('m.model_id')
    .where('c.verdict', '!=', 'pend')
    .orderBy('c.last_at', 'desc')
    .orderBy('c.claim_id', 'desc')
    .limit(limit + 1)
  if (query.deviceId !== undefined) select = select.where('c.device_id', '=', query.deviceId)
  if (query.verdict !== undefined) select = select.where('c.verdict', '=', query.verdict)
  if (query.search !== undefined) {
    const { search } = query
    select = select.where((eb) =>
      eb.or([
        eb('c.support_code', '=', readSupportCode(search)?.code ?? search.toUpperCase()),
        eb('c.serial_no', 'ilike', `%${escapeLike(search)}%`),
      ]),
    )
  }
  if (query.after !== undefined)
    select = select.where(isBehind(query.after, sql`(c.last_at, c.claim_id)`))
  const rows = await select.execute()
  const { items, next } = takePage(rows, limit, (last) => encodePlace(last.last_at, last.claim_id))
  return { items: items.map(describeRefusal), next }
}

interface Row {
  readonly claim_id: string
  readonly support_code: string
  readonly verdict: string
  readonly code: string
  readonly rule: string
  readonly make: string
  readonly model: string
  readonly serial_no: string
  readonly level: string
  readonly device_id: string | null
  readonly remote_address: string
  readonly first_at: Date
  readonly last_at: Date
  readonly attempts: number
  readonly evidence: unknown
  readonly model_id: string | null
}

function describeRefusal(row: Row): RefusalView {
  const isUnapproved = row.device_id === null && row.code === 'registration.device-not-approved'
  return {
    claimId: row.claim_id,
    supportCode: row.support_code,
    verdict: row.verdict === 'quarantine' ? 'quarantine' : 'refuse',
    code: row.code,
    rule: row.rule,
    make: row.make,
    model: row.model,
    serialNo: row.serial_no,
    level: row.level as Level,
    deviceId: row.device_id,
    remoteAddress: row.remote_address,
    firstAt: formatTimestamp(row.first_at.getTime()),
    lastAt: formatTimestamp(row.last_at.getTime()),
    attempts: row.attempts,
    evidence: row.evidence as EvidenceItem[],
    remedy: isProblemCode(row.code) ? remedyFor(row.code) : '',
    approvableModelId: isUnapproved ? row.model_id : null,
  }
}

const escapeLike = (text: string): string => text.replace(/[\\%_]/g, '\\$&')

export async function countRegistrations(database: Database): Promise<RegistrationCounts> {
  const { rows } = await sql<RegistrationCounts>`
    select
      (select count(*) from registration_approval where decision is null) as "approvalsWaiting",
      (select count(*) from registration_claim where verdict = 'refuse' and last_at > now() - interval '1 day') as "refusedLastDay",
      (select count(*) from registration_claim where verdict = 'quarantine' and last_at > now() - interval '30 days') as quarantined`.execute(
    database,
  )
  return rows[0] ?? { approvalsWaiting: 0, refusedLastDay: 0, quarantined: 0 }
}
