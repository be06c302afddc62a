import {
  type BulkActPreview,
  type BulkActPreviewBody,
  type BulkActTerms,
  isDeviceAct,
  requireTerms,
} from '@sanad/protocol/operator-api/bulk-acts'
import { type DeviceState, deviceLife } from '@sanad/protocol/domain/device-lifecycle'
import { sql } from 'kysely'
import { TELLABLE } from '../commands/device-room.ts'
import { WHY_NOT_TOLD } from '../commands/command-many.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { WHY_NOT_ROTATED } from '../rotation/add-to-order.ts'
import { requireFew } from './bulk-acts.ts'
import { conditionOfSelection, countSelected, keep } from './selection.ts'

/** Whom an act on many would touch, before it is ordered. */

/** So many models are named; a fleet has a few, and a person reads no more. */
const MOST_MODELS = 8

interface Row {
  readonly state: DeviceState
  readonly modelId: string
  readonly make: string
  readonly model: string
  readonly groupId: string | null
  readonly country: string | null
  readonly environment: string | null
  readonly devices: number
  readonly connected: number
  /** Of registered devices: those without a certificate in use. */
  readonly keyless: number
}

/** @throws SanadError `request.malformed`, `device.not-found`, `bulk-act.too-many-devices` */
export async function previewBulkAct(
  database: Database,
  clock: Clock,
  { selection, ...terms }: BulkActPreviewBody,
): Promise<BulkActPreview> {
  requireTerms(terms)
  const kept = keep(selection)
  const now = clock()
  // Finds out which of the named are not there; what a filter finds is counted below.
  if (kept.deviceIds !== undefined) await countSelected(database, kept, now)
  const rows = await readRows(database, await conditionOfSelection(database, kept, now), terms)
  const devices = sum(rows, (row) => row.devices)
  requireFew(terms, devices)
  const willRefuse = refusalsOf(rows, terms)
  const unchanged = sum(rows, (row) => (isThere(row, terms) ? row.devices : 0))
  return {
    devices,
    connected: sum(rows, (row) => row.connected),
    states: statesOf(rows),
    ...modelsOf(rows),
    markets: marketsOf(rows),
    willChange: devices - unchanged - sum(willRefuse, (one) => one.devices),
    willRefuse,
    unchanged,
  }
}

const sum = <T>(rows: readonly T[], read: (row: T) => number): number =>
  rows.reduce((total, row) => total + read(row), 0)

async function readRows(
  database: Database,
  condition: Awaited<ReturnType<typeof conditionOfSelection>>,
  { act }: BulkActTerms,
): Promise<readonly Row[]> {
  const keyless =
    act === 'rotate-key'
      ? sql`count(*) filter (where d.state = 'registered' and d.device_id not in (
          select device_id from device_certificate where status = 'active'))`
      : sql`0::bigint`
  const { rows } = await sql<Row>`
    select counted.*, m.make, m.model, g.country, g.environment from (
      select d.state, d.model_id as "modelId", d.group_id as "groupId", count(*) as devices,
        count(k.device_id) as connected, ${keyless} as keyless
      from device d left join channel_device k using (device_id)
      where ${condition} group by d.state, d.model_id, d.group_id
    ) counted
    join device_model m on m.model_id = counted."modelId"
    left join device_group g on g.group_id = counted."groupId"`.execute(database)
  return rows
}

const isThere = ({ groupId }: Row, { act, groupId: target }: BulkActTerms): boolean =>
  act === 'assign-group' && (groupId ?? 'none') === target

function statesOf(rows: readonly Row[]): BulkActPreview['states'] {
  const states = { approved: 0, registered: 0, suspended: 0, deregistered: 0, blocked: 0 }
  for (const { state, devices } of rows) states[state] += devices
  return states
}

function modelsOf(rows: readonly Row[]): Pick<BulkActPreview, 'models' | 'otherModels'> {
  const byModel = new Map<string, BulkActPreview['models'][number]>()
  for (const { modelId, make, model, devices } of rows) {
    const known = byModel.get(modelId)?.devices ?? 0
    byModel.set(modelId, { modelId, make, model, devices: known + devices })
  }
  const sorted = [...byModel.values()].toSorted((a, b) => b.devices - a.devices)
  return {
    models: sorted.slice(0, MOST_MODELS),
    otherModels: sum(sorted.slice(MOST_MODELS), ({ devices }) => devices),
  }
}

function marketsOf(rows: readonly Row[]): BulkActPreview['markets'] {
  const byMarket = new Map<string, BulkActPreview['markets'][number]>()
  for (const { country, environment, devices } of rows) {
    const name = `${country} ${environment}`
    const known = byMarket.get(name)?.devices ?? 0
    byMarket.set(name, { country, environment, devices: known + devices })
  }
  return [...byMarket.values()].toSorted((a, b) => b.devices - a.devices)
}

function refusalsOf(rows: readonly Row[], terms: BulkActTerms): BulkActPreview['willRefuse'] {
  const states = statesOf(rows)
  const code = 'device.transition-refused'
  // Object.entries widens to string.
  const entries = Object.entries(states) as [DeviceState, number][]
  const ofState = entries.flatMap(([state, devices]) => {
    const reason = whyNot(terms, state)
    return reason === undefined || devices === 0 ? [] : [{ code, state, reason, devices }]
  })
  const keyless = sum(rows, (row) => row.keyless)
  if (keyless === 0) return ofState
  return [...ofState, { code, state: 'registered', reason: WHY_NOT_ROTATED.key, devices: keyless }]
}

function whyNot({ act }: BulkActTerms, state: DeviceState): string | undefined {
  if (isDeviceAct(act)) return deviceLife.whyRefused(state, act)
  if (act === 'rotate-key') return state === 'registered' ? undefined : WHY_NOT_ROTATED.state
  if (act === 'send-command') return TELLABLE.has(state) ? undefined : WHY_NOT_TOLD
  return undefined
}
