import { serve } from '../platform/serve.ts'
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

export const rotationRoutes = ({
  orders,
  whenToFill,
  whenToSettle,
  ...keys
}: RotationRoutesOptions) =>
  serve({
    readDeviceKey: ({ params }) => describeDeviceKey(keys, params.deviceId),
    listRotationOrders: ({ query }) => listOrders(keys.database, query),
    readRotationOrder: ({ params }) => readOrder(keys.database, params.orderId),
    previewRotationOrder: ({ body }) => orders.preview(body),
    orderRotation: async ({ body, operator }) => {
      const view = await orders.give(body, operator.operatorId)
      if (view.filling !== null) whenToFill?.()
      whenToSettle?.()
      return view
    },
    cancelRotationOrder: async ({ params, operator }) => {
      const view = await orders.cancel(params.orderId, operator.operatorId)
      if (view.cancelling !== null) whenToSettle?.()
      return view
    },
  })
