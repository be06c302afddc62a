import { listCertificates } from './device-view.ts'
import { DeviceCounter } from './device-counts.ts'
import { exportDevices } from './device-export.ts'
import { listDevices } from './device-list.ts'
import type { DeviceRegistry } from '../devices/device-registry.ts'
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
  return serve({
    listDevices: ({ query }) => listDevices(database, query, clock()),
    countDevices: ({ query }) => counter.count(query),
    exportDevices: ({ query, actor }) => exportDevices(database, query, actor, clock()),
    approveDevice: ({ body, actor }) => devices.approve(body, actor),
    readDevice: ({ params }) => devices.read(params.deviceId),
    listDeviceCertificates: async ({ params }) => ({
      items: await listCertificates(database, params.deviceId),
    }),
    suspendDevice: ({ params, body, actor }) =>
      devices.act(params.deviceId, 'suspend', body, actor),
    resumeDevice: ({ params, body, actor }) => devices.act(params.deviceId, 'resume', body, actor),
    blockDevice: ({ params, body, actor }) => devices.act(params.deviceId, 'block', body, actor),
    deregisterDevice: ({ params, body, actor }) =>
      devices.act(params.deviceId, 'deregister', body, actor),
    reapproveDevice: ({ params, body, actor }) => devices.reapprove(params.deviceId, body, actor),
  })
}
