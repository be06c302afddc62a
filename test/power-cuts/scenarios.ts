import { randomUUID } from 'node:crypto'
import type { DeviceState } from '../../packages/client/src/state/device-state.ts'
import { decideApproval } from '../../packages/server/src/registration/approvals.ts'
import { OPERATOR } from '../../packages/server/test/test-server.ts'
import type { CutDevice } from './cut-device.ts'
import type { Site } from './site.ts'

/** The changes of state that the power is cut in. */

export interface Scenario {
  readonly name: 'registration' | 'rotation' | 'recovery' | 'purge' | 'late-purge'
  /** On the server, and in the state of the client, before the life that is cut. */
  readonly prepare: (site: Site, device: CutDevice) => Promise<void>
  readonly isOver: (state: DeviceState, keyBefore: string | undefined) => boolean
  /** Whether there is a usable key at every instant of it. */
  readonly hasKeyThroughout: boolean
}

const isAtRest = (state: DeviceState): boolean =>
  state.progress === 'registered' &&
  state.lastCheckInAt !== undefined &&
  state.nextCheckInAt !== undefined &&
  state.nextCheckInAt > state.lastCheckInAt &&
  state.pending === undefined &&
  state.successor === undefined &&
  state.superseded === undefined &&
  state.doomed === undefined &&
  state.recovery === undefined

const isReplaced = (state: DeviceState, before: string | undefined): boolean =>
  isAtRest(state) && state.key?.keyId !== before

const isWithoutKey = ({ progress, purge, doomed }: DeviceState): boolean =>
  progress === 'identified' && purge === undefined && doomed === undefined

export const SCENARIOS: Record<Scenario['name'], Scenario> = {
  registration: {
    name: 'registration',
    prepare: () => Promise.resolve(),
    isOver: isAtRest,
    hasKeyThroughout: false,
  },
  rotation: {
    name: 'rotation',
    // As if it had been certified five weeks ago: past its period, so due at once.
    prepare: async (site, device) => {
      await site.read(
        `update device_certificate set issued_at = issued_at - interval '35 days' where device_id = $1`,
        [device.deviceId],
      )
      await device.places.changeState({ nextCheckInAt: 0 })
    },
    isOver: isReplaced,
    hasKeyThroughout: true,
  },
  recovery: {
    name: 'recovery',
    // As if the certificate had ended an hour ago.
    prepare: endCertificate,
    isOver: isReplaced,
    hasKeyThroughout: false,
  },
  purge: {
    name: 'purge',
    prepare: async (site, device) => {
      await site.server.act(device.deviceId, 'deregister')
      await device.places.changeState({ nextCheckInAt: 0 })
    },
    isOver: isWithoutKey,
    hasKeyThroughout: false,
  },
  'late-purge': {
    name: 'late-purge',
    // De-registered while it was offline, past the end of its certificate: it hears of it when it asks for recovery.
    prepare: async (site, device) => {
      await endCertificate(site, device)
      await site.server.act(device.deviceId, 'deregister')
    },
    isOver: isWithoutKey,
    hasKeyThroughout: false,
  },
}

async function endCertificate(site: Site, device: CutDevice): Promise<void> {
  await site.read(
    `update device_certificate set issued_at = issued_at - interval '35 days',
       not_after = case status when 'active' then $2 else not_after end where device_id = $1`,
    [device.deviceId, new Date(site.server.now() - 3_600_000)],
  )
  await device.places.changeState({ certificateNotAfter: site.server.now() - 3_600_000 })
}

/** What a person does meanwhile; then the time passes that the client was told to wait. */
export async function letTimePass(site: Site, { deviceId }: CutDevice, until: number) {
  const waiting = await site.read<{ requestId: string }>(
    `select request_id as "requestId" from registration_approval where device_id = $1 and decision is null`,
    [deviceId],
  )
  const operatorId = OPERATOR.split(':')[1] ?? randomUUID()
  for (const { requestId } of waiting)
    await decideApproval(
      site.lookUp.database,
      { requestId, decision: 'approved', operatorId },
      site.server.now(),
    )
  site.server.advance(Math.max(0, until - site.server.now()) + 1000)
}
