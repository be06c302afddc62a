import { DeviceIdParams } from '@sanad/protocol/operator-api/devices'
import {
  DeviceKeyView,
  NewRotationOrder,
  RotationOrderPage,
  RotationOrderParams,
  RotationOrderPreview,
  RotationOrderQuery,
  RotationOrderView,
} from '@sanad/protocol/operator-api/keys'
import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import { operatorOf } from '../operators/operator-door.ts'
import type { HttpApp } from '../platform/http.ts'
import { type DeviceKeysOptions, describeDeviceKey } from './device-key-view.ts'
import { listOrders, readOrder } from './rotation-order-list.ts'
import type { RotationOrders } from './rotation-orders.ts'

export interface RotationRoutesOptions extends DeviceKeysOptions {
  readonly orders: RotationOrders
  /** Starts to fill now, not when the schedule looks next. */
  readonly whenToFill?: () => void
  /** Wakes devices, and lets those of a cancelled order go, now. */
  readonly whenToSettle?: () => void
}

export function rotationRoutes({
  orders,
  whenToFill,
  whenToSettle,
  ...keys
}: RotationRoutesOptions) {
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

    app.get(
      '/rotation-orders/:orderId',
      {
        config: { access: 'key:read' },
        schema: {
          operationId: 'readRotationOrder',
          params: RotationOrderParams,
          response: { 200: RotationOrderView },
        },
      },
      (request) => readOrder(keys.database, request.params.orderId),
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
        const view = await orders.give(request.body, operatorId)
        if (view.filling !== null) whenToFill?.()
        whenToSettle?.()
        return reply
          .status(201)
          .header('location', `${OPERATOR_API}/rotation-orders/${view.orderId}`)
          .send(view)
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
      async (request) => {
        const { operatorId } = operatorOf(request)
        const view = await orders.cancel(request.params.orderId, operatorId)
        if (view.cancelling !== null) whenToSettle?.()
        return view
      },
    )
  }
}
