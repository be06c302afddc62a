import type { Readable } from 'node:stream'
import {
  DeviceCertificateList,
  DeviceCounts,
  DeviceExportQuery,
  DeviceFilter,
  DeviceIdParams,
  DeviceList,
  DeviceQuery,
  DeviceView,
  NewDevice,
  ReapproveBody,
  TransitionBody,
} from '@sanad/protocol/operator-api/devices'
import { operatorActor } from '@sanad/protocol/domain/events'
import type { Permission } from '@sanad/protocol/domain/permissions'
import Type from 'typebox'
import { operatorOf } from '../operators/operator-door.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { HttpApp } from '../platform/http.ts'
import { DeviceCounter } from './device-counts.ts'
import { exportDevices } from './device-export.ts'
import { listDevices } from './device-list.ts'
import type { DeviceRegistry, OperatorAct } from '../devices/device-registry.ts'
import { listCertificates } from './device-view.ts'

/** Sent as it comes, never held as a whole. */
const TextStream = Type.Unsafe<Readable>(Type.String())

export interface DevicesRoutesOptions {
  readonly database: Database
  readonly clock: Clock
  readonly devices: DeviceRegistry
}

/** Each act is a route of its own, because each needs a permission of its own. */
const ACTS = {
  suspend: { operationId: 'suspendDevice', access: 'device:suspend' },
  resume: { operationId: 'resumeDevice', access: 'device:resume' },
  block: { operationId: 'blockDevice', access: 'device:block' },
  deregister: { operationId: 'deregisterDevice', access: 'device:deregister' },
} as const satisfies Record<
  Exclude<OperatorAct, 'approve'>,
  { readonly operationId: string; readonly access: Permission }
>

/** Object.keys widens to string. */
const ACT_NAMES = Object.keys(ACTS) as (keyof typeof ACTS)[]

export function devicesRoutes({ database, clock, devices }: DevicesRoutesOptions) {
  const counter = new DeviceCounter(database, clock)

  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/devices',
      {
        config: { access: 'device:read' },
        schema: {
          operationId: 'listDevices',
          querystring: DeviceQuery,
          response: { 200: DeviceList },
        },
      },
      async (request) => listDevices(database, request.query, clock()),
    )

    app.get(
      '/devices/counts',
      {
        config: { access: 'device:read' },
        schema: {
          operationId: 'countDevices',
          querystring: DeviceFilter,
          response: { 200: DeviceCounts },
        },
      },
      async (request) => counter.count(request.query),
    )

    app.get(
      '/devices/export',
      {
        config: { access: 'device:export' },
        schema: {
          operationId: 'exportDevices',
          querystring: DeviceExportQuery,
          response: { 200: TextStream },
        },
      },
      async (request, reply) => {
        const actor = operatorActor(operatorOf(request).operatorId)
        return reply
          .type('text/csv; charset=utf-8')
          .header('content-disposition', 'attachment; filename="devices.csv"')
          .send(await exportDevices(database, request.query, actor, clock()))
      },
    )

    app.post(
      '/devices',
      {
        config: { access: 'device:approve' },
        schema: { operationId: 'approveDevice', body: NewDevice, response: { 201: DeviceView } },
      },
      async (request, reply) => {
        const actor = operatorActor(operatorOf(request).operatorId)
        return reply.status(201).send(await devices.approve(request.body, actor))
      },
    )

    app.get(
      '/devices/:deviceId',
      {
        config: { access: 'device:read' },
        schema: {
          operationId: 'readDevice',
          params: DeviceIdParams,
          response: { 200: DeviceView },
        },
      },
      async (request) => devices.read(request.params.deviceId),
    )

    app.get(
      '/devices/:deviceId/certificates',
      {
        config: { access: 'certificate:read' },
        schema: {
          operationId: 'listDeviceCertificates',
          params: DeviceIdParams,
          response: { 200: DeviceCertificateList },
        },
      },
      async (request) => ({ items: await listCertificates(database, request.params.deviceId) }),
    )

    for (const act of ACT_NAMES) {
      app.post(
        `/devices/:deviceId/${act}`,
        {
          config: { access: ACTS[act].access },
          schema: {
            operationId: ACTS[act].operationId,
            params: DeviceIdParams,
            body: TransitionBody,
            response: { 200: DeviceView },
          },
        },
        async (request) => {
          const actor = operatorActor(operatorOf(request).operatorId)
          return devices.act(request.params.deviceId, act, request.body, actor)
        },
      )
    }

    app.post(
      '/devices/:deviceId/approve',
      {
        config: { access: 'device:approve' },
        schema: {
          operationId: 'reapproveDevice',
          params: DeviceIdParams,
          body: ReapproveBody,
          response: { 200: DeviceView },
        },
      },
      async (request) => {
        const actor = operatorActor(operatorOf(request).operatorId)
        return devices.reapprove(request.params.deviceId, request.body, actor)
      },
    )
  }
}
