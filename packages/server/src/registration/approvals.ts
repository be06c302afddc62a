import { randomUUID } from 'node:crypto'
import { type NewEvent, operatorActor } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import './registration-tables.ts'
import type { Registry } from './facts.ts'
import type { KeyOfDevice } from './key-use.ts'

/** The operator's word on a device with this key: asked for once, given once. */

export type ApprovalKind = 'registration' | 'recovery'

export interface ApprovedKey extends KeyOfDevice {
  readonly kind: ApprovalKind
}

/** In order; `none` without a device or a key that can be read. */
export async function findApprovals(
  tx: DatabaseTransaction,
  keys: readonly ApprovedKey[],
): Promise<readonly Registry['approval'][]> {
  if (keys.every(({ device }) => device === undefined)) return keys.map(() => 'none')
  const { rows } = await sql<{ place: number; decision: 'approved' | 'refused' | null }>`
    select place, decision
    from unnest(
      ${keys.map(({ device }) => device?.deviceId ?? null)}::uuid[],
      ${keys.map(({ spkiSha256 }) => spkiSha256 ?? null)}::text[],
      ${keys.map(({ kind }) => kind)}::text[]
    ) with ordinality as asked (device_id, spki_sha256, kind, place)
    join registration_approval using (device_id, spki_sha256, kind)`.execute(tx)
  const found = new Map(rows.map(({ place, decision }) => [place, describeApproval(decision)]))
  return keys.map((_key, index) => found.get(index + 1) ?? 'none')
}

function describeApproval(decision: 'approved' | 'refused' | null): Registry['approval'] {
  if (decision === null) return 'waiting'
  return decision === 'approved' ? 'granted' : 'refused'
}

export interface ApprovalRequest {
  readonly deviceId: string
  readonly spkiSha256: string
  readonly kind: ApprovalKind
  readonly supportCode: string
}

/** @returns the event of a first request; one that waits already is left as it is */
export async function requestApproval(
  tx: DatabaseTransaction,
  request: ApprovalRequest,
  now: number,
): Promise<NewEvent[]> {
  const requestId = randomUUID()
  const { deviceId, spkiSha256, kind, supportCode } = request
  const inserted = await tx
    .insertInto('registration_approval')
    .values({
      request_id: requestId,
      device_id: deviceId,
      spki_sha256: spkiSha256,
      kind,
      support_code: supportCode,
      requested_at: new Date(now),
      decision: null,
      decided_at: null,
      decided_by: null,
    })
    .onConflict((conflict) => conflict.columns(['device_id', 'spki_sha256', 'kind']).doNothing())
    .returning('request_id')
    .executeTakeFirst()
  if (inserted === undefined) return []
  return [
    {
      type: 'device.approval-requested',
      actor: 'server',
      deviceId,
      data: { requestId, supportCode, spkiSha256 },
    },
  ]
}

export interface ApprovalDecided {
  readonly requestId: string
  readonly decision: 'approved' | 'refused'
  readonly operatorId: string
}

/** @throws SanadError `approval.not-found` when there is none that waits */
export async function decideApproval(
  database: Database,
  { requestId, decision, operatorId }: ApprovalDecided,
  now: number,
): Promise<void> {
  await database.transaction().execute(async (tx) => {
    const decided = await tx
      .updateTable('registration_approval')
      .set({ decision, decided_at: new Date(now), decided_by: operatorId })
      .where('request_id', '=', requestId)
      .where('decision', 'is', null)
      .returning('device_id')
      .executeTakeFirst()
    if (decided === undefined) throw new SanadError('approval.not-found')
    await recordEvents(tx, [
      {
        type: 'device.approval-decided',
        actor: operatorActor(operatorId),
        deviceId: decided.device_id,
        data: { requestId, decision },
      },
    ])
  })
}
