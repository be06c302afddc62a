import type { Actor } from '@sanad/protocol/domain/events'
import type { TransitionBody } from '@sanad/protocol/operator-api/devices'
import { readCertificatesOf, readDevice } from './device-view.ts'
import { DeviceCounter } from './device-counts.ts'
import { exportDevices } from './device-export.ts'
import { listDevices } from './device-list.ts'
import type { DeviceRegistry } from '../devices/device-registry.ts'
import type { OperatorAct } from '../devices/operator-acts.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { serve } from '../platform/serve.ts'

export interface DevicesRoutesOptions {
  readonly database: Database
  readonly clock: Clock
  readonly devices: DeviceRegistry
}

export function devicesRoutes({ database, clock, devices }: DevicesRoutesOptions) {
  const counter = new DeviceCounter(database, clock)
  const act =
    (name: Exclude<OperatorAct, 'approve'>) =>
    async ({ params: { deviceId }, body, actor }: Act<TransitionBody>) => {
      await devices.act(deviceId, name, body, actor)
      return readDevice(database, deviceId)
    }
  return serve({
    listDevices: ({ query }) => listDevices(database, query, clock()),
    countDevices: ({ query }) => counter.count(query),
    exportDevices: ({ query, actor }) => exportDevices(database, query, actor, clock()),
    approveDevice: async ({ body, actor }) =>
      readDevice(database, await devices.approve(body, actor)),
    readDevice: ({ params }) => readDevice(database, params.deviceId),
    listDeviceCertificates: async ({ params }) => ({
      items: await readCertificatesOf(database, params.deviceId),
    }),
    suspendDevice: act('suspend'),
    resumeDevice: act('resume'),
    blockDevice: act('block'),
    deregisterDevice: act('deregister'),
    reapproveDevice: async ({ params: { deviceId }, body, actor }) => {
      await devices.reapprove(deviceId, body, actor)
      return readDevice(database, deviceId)
    },
  })
}

interface Act<Body> {
  readonly params: { readonly deviceId: string }
  readonly body: Body
  readonly actor: Actor
}
