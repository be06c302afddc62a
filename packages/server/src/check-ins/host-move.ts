import type { PolicySettings } from '@sanad/protocol/operator-api/policies'
import type { NewEvent } from '@sanad/protocol/domain/events'
import { DAY_MS } from '@sanad/protocol/text/durations'
import type { DatabaseTransaction } from '../platform/database.ts'
import { suspendDevices } from '../devices/suspend-devices.ts'
import { writeSuspicion } from '../devices/suspected-clone.ts'
import type { SenderRecord } from '../messages/senders.ts'

/** A device turns up under another installation of the client: on another host, or on two. */

export type HostMove = 'recorded' | 'relocated' | 'two-installations'

type HostFacts = Pick<
  SenderRecord,
  'level' | 'installation' | 'previousInstallation' | 'installationChangedAt'
>

const ALTERNATION_MS = DAY_MS

/** Pure. @returns undefined where it is where it was, and where it was never seen before */
export function judgeHost(
  { level, installation: known, previousInstallation, installationChangedAt }: HostFacts,
  installation: string,
  { hostMove }: Pick<PolicySettings, 'hostMove'>,
  now: number,
): HostMove | undefined {
  if (known === null || known === installation) return undefined
  // MF §2.1: without a chip the key is sealed to its host; on another it is a copy.
  if (level === 'L0') return 'two-installations'
  const isBack =
    previousInstallation === installation &&
    installationChangedAt !== null &&
    now - installationChangedAt <= ALTERNATION_MS
  if (isBack) return 'two-installations'
  return hostMove === 'suspended' ? 'relocated' : 'recorded'
}

export interface MovedDevice {
  readonly deviceId: string
  readonly move: HostMove
}

export const isSuspending = ({ move }: MovedDevice): boolean => move !== 'recorded'

/** Suspends those that are to be. @returns events for the end of the transaction */
export async function recordMoves(
  tx: DatabaseTransaction,
  moved: readonly MovedDevice[],
): Promise<readonly NewEvent[]> {
  const suspended = await suspendDevices(
    tx,
    moved.filter(isSuspending).map(({ deviceId }) => deviceId),
  )
  return moved.flatMap((one) => writeMove(one, suspended.has(one.deviceId)))
}

function writeMove({ deviceId, move }: MovedDevice, isSuspended: boolean): NewEvent[] {
  const about = { actor: 'server', deviceId } as const
  if (move === 'two-installations') return isSuspended ? writeSuspicion(deviceId, move) : []
  const changed: NewEvent = {
    ...about,
    type: 'device.host-changed',
    data: { isAllowed: move === 'recorded' },
  }
  if (!isSuspended) return [changed]
  return [changed, { ...about, type: 'device.suspended', data: { reason: 'relocated' } }]
}
