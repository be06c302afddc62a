import { randomUUID } from 'node:crypto'
import type { DeviceState } from '@sanad/protocol/device-lifecycle'
import { DEFAULT_POLICY_SETTINGS, type PolicySettings } from '@sanad/protocol/api/policies'
import { SanadError } from '@sanad/protocol/problems'
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'
import type { PolicySubject } from '../policies/policy-book.ts'
import '../certificates/certificate-tables.ts'
import './purge-tables.ts'

const DAY_MS = 86_400_000

export interface EndOfDevice {
  readonly deviceId: string
  /** Before its trust ended. */
  readonly was: DeviceState
  /** Milliseconds since the epoch. */
  readonly at: number
}

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
export const holdsKey = (state: DeviceState): boolean =>
  state === 'registered' || state === 'suspended'

/**
 * MDS 0.9.5 › Management Server Functionalities and Interactions, 4.1: de-registration is that of the device
 * keys. What the device owes from now on goes on record with it; the device hears of it at its next message.
 */
export async function orderPurge(
  tx: DatabaseTransaction,
  { deviceId, was, at }: EndOfDevice,
  policies: PurgeTerms,
): Promise<void> {
  if (!holdsKey(was)) return
  const signers = await findKeysInUse(tx, deviceId)
  if (signers.length === 0) return
  const { longestOfflineDays } = policies.policyOf(await readSubject(tx, deviceId)).settings
  await tx
    .insertInto('key_purge')
    .values({
      purge_id: randomUUID(),
      device_id: deviceId,
      ordered_at: new Date(at),
      due_at: new Date(at + longestOfflineDays * DAY_MS),
      signers,
    })
    .execute()
}

/**
 * Those that the device may sign with now: in the middle of a rotation there are two. A key that was superseded
 * is not among them: whoever kept it proves nothing about the one in use.
 */
async function findKeysInUse(
  tx: DatabaseTransaction,
  deviceId: string,
): Promise<readonly string[]> {
  const { rows } = await sql<{ thumbprint: string }>`
    select thumbprint_sha256 as thumbprint from device_certificate
    where device_id = ${deviceId} and (status in ('pending', 'active') or thumbprint_sha256 = (
      select thumbprint_sha256 from device_certificate
      where device_id = ${deviceId} and status <> 'revoked'
      order by not_before desc, issued_at desc limit 1))`.execute(tx)
  return rows.map(({ thumbprint }) => thumbprint)
}

async function readSubject(tx: DatabaseTransaction, deviceId: string): Promise<PolicySubject> {
  const { rows } = await sql<PolicySubject>`
    select d.model_id as "modelId", d.group_id as "groupId", a.policy_id as "devicePolicyId"
    from device d
    left join policy_assignment a on a.scope = 'device' and a.target_id = d.device_id
    where d.device_id = ${deviceId}`.execute(tx)
  const [subject] = rows
  if (subject === undefined) throw new SanadError('device.not-found')
  return subject
}
