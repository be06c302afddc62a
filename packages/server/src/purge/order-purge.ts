import { randomUUID } from 'node:crypto'
import type { DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import { DEFAULT_POLICY_SETTINGS, type PolicySettings } from '@sanad/protocol/operator-api/policies'
import { SanadError } from '@sanad/protocol/text/problems'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { sql } from 'kysely'
import type { EndedDevice } from '../devices/operator-acts.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import type { PolicySubject } from '../policies/policy-book.ts'
import '../certificates/certificate-tables.ts'
import './purge-tables.ts'

/** What a policy says of purges: a device that was away for longer is not to be used anyway. */
export interface PurgeTerms {
  policyOf(subject: PolicySubject): {
    readonly settings: Pick<PolicySettings, 'longestOfflineDays'>
  }
}

/** Where no policies are kept. */
export const STANDARD_TERMS: PurgeTerms = {
  policyOf: () => ({ settings: DEFAULT_POLICY_SETTINGS }),
}

/** Only a device that was registered holds a key that was certified. */
const holdsKey = (state: DeviceState): boolean => state === 'registered' || state === 'suspended'

/**
 * MDS 0.9.5 › Management Server Functionalities and Interactions, 4.1: de-registration is that of the device
 * keys. What the devices owe from now on goes on record with it; each hears of it at its next message.
 *
 * @param at milliseconds since the epoch
 */
export async function orderPurges(
  tx: DatabaseTransaction,
  ended: readonly EndedDevice[],
  at: number,
  policies: PurgeTerms,
): Promise<void> {
  const holders = ended.filter(({ was }) => holdsKey(was))
  if (holders.length === 0) return
  const signers = await findKeysInUse(tx, holders.map(idOf))
  const owing = holders.filter(({ deviceId }) => signers.has(deviceId))
  if (owing.length === 0) return
  const subjects = await readSubjects(tx, owing.map(idOf))
  const rows = owing.map(({ deviceId }) => {
    const subject = subjects.get(deviceId)
    if (subject === undefined) throw new SanadError('device.not-found')
    const { longestOfflineDays } = policies.policyOf(subject).settings
    return {
      purge_id: randomUUID(),
      device_id: deviceId,
      ordered_at: new Date(at),
      due_at: new Date(at + longestOfflineDays * DAY_MS),
      signers: signers.get(deviceId) ?? [],
    }
  })
  await tx.insertInto('key_purge').values(rows).execute()
}

const idOf = ({ deviceId }: EndedDevice): string => deviceId

/**
 * Those that a device may sign with now: in the middle of a rotation there are two. A key that was superseded
 * is not among them: keeping it proves nothing about the one in use.
 */
async function findKeysInUse(
  tx: DatabaseTransaction,
  deviceIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await sql<{ device_id: string; thumbprints: string[] }>`
    select c.device_id, array_agg(c.thumbprint_sha256) as thumbprints from device_certificate c
    where c.device_id = any(${deviceIds}::uuid[]) and (c.status in ('pending', 'active') or c.thumbprint_sha256 = (
      select latest.thumbprint_sha256 from device_certificate latest
      where latest.device_id = c.device_id and latest.status <> 'revoked'
      order by latest.not_before desc, latest.issued_at desc limit 1))
    group by c.device_id`.execute(tx)
  return new Map(rows.map((row) => [row.device_id, row.thumbprints]))
}

async function readSubjects(
  tx: DatabaseTransaction,
  deviceIds: readonly string[],
): Promise<ReadonlyMap<string, PolicySubject>> {
  const { rows } = await sql<PolicySubject & { readonly deviceId: string }>`
    select d.device_id as "deviceId", d.model_id as "modelId", d.group_id as "groupId",
      a.policy_id as "devicePolicyId"
    from device d
    left join policy_assignment a on a.scope = 'device' and a.target_id = d.device_id
    where d.device_id = any(${deviceIds}::uuid[])`.execute(tx)
  return new Map(rows.map((row) => [row.deviceId, row]))
}
