import { DeviceIdParams } from '@sanad/protocol/api/devices'
import {
  DeviceKeyView,
  NewRotationOrder,
  RotationOrderPage,
  RotationOrderParams,
  RotationOrderPreview,
  RotationOrderQuery,
  RotationOrderView,
} from '@sanad/protocol/api/keys'
import { operatorOf } from '../operators/operator-door.ts'
import type { HttpApp } from '../platform/http.ts'
import { type DeviceKeysOptions, describeDeviceKey } from './device-key-view.ts'
import { listOrders } from './rotation-order-list.ts'
import type { RotationOrders } from './rotation-orders.ts'

export interface RotationRoutesOptions extends DeviceKeysOptions {
  readonly orders: RotationOrders
}

export function rotationRoutes({ orders, ...keys }: RotationRoutesOptions) {
  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/devices/:deviceId/key',
      {
        config: { access: 'key:read' },
        schema: {
          operationId: 'readDeviceKey',
          params: DeviceIdParams,
          response: { 200: DeviceKeyView },
        },
      },
      (request) => describeDeviceKey(keys, request.params.deviceId),
    )

    app.get(
      '/rotation-orders',
      {
        config: { access: 'key:read' },
        schema: {
          operationId: 'listRotationOrders',
          querystring: RotationOrderQuery,
          response: { 200: RotationOrderPage },
        },
      },
      (request) => listOrders(keys.database, request.query),
    )

    app.post(
      '/rotation-orders/preview',
      {
        config: { access: 'key:rotate' },
        schema: {
          operationId: 'previewRotationOrder',
          body: NewRotationOrder,
          response: { 200: RotationOrderPreview },
        },
      },
      (request) => orders.preview(request.body),
    )

    app.post(
      '/rotation-orders',
      {
        config: { access: 'key:rotate' },
        schema: {
          operationId: 'orderRotation',
          body: NewRotationOrder,
          response: { 201: RotationOrderView },
        },
      },
      async (request, reply) => {
        const { operatorId } = operatorOf(request)
        return reply.status(201).send(await orders.give(request.body, operatorId))
      },
    )

    app.post(
      '/rotation-orders/:orderId/cancel',
      {
        config: { access: 'key:rotate' },
        schema: {
          operationId: 'cancelRotationOrder',
          params: RotationOrderParams,
          response: { 200: RotationOrderView },
        },
      },
      (request) => orders.cancel(request.params.orderId, operatorOf(request).operatorId),
    )
  }
}
