import type { RotationOrderView } from '@sanad/protocol/operator-api/keys'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { SanadError } from '@sanad/protocol/text/problems'
import { iso, uuidOf } from './fleet.ts'
import { pageOf } from './pages.ts'
import type { MockServings } from './servings.ts'
import type { World } from './world.ts'

/** @throws SanadError `rotation-order.not-found` */
function find(world: World, orderId: string): RotationOrderView {
  const found = world.keys.orders.find((order) => order.orderId === orderId)
  if (found === undefined) throw new SanadError('rotation-order.not-found')
  return found
}

const window = (hours = 24) => {
  const now = Date.now()
  return { windowStart: iso(now), windowEnd: iso(now + (hours / 24) * DAY_MS) }
}

export const KEY_SERVINGS = {
  readDeviceKey: ({ world, params }) => world.keys.keyOf(world.device(params.deviceId)),
  revokeCertificate: ({ world, params: { deviceId, serialNumber }, body: { reason } }) =>
    world.trust.revoke(world.device(deviceId).serialNo, serialNumber, reason),
  readForecast: ({ world }) => world.keys.forecast(),
  askWhatIf: ({ world, body: { settings } }) => world.keys.forecast(settings),
  listRotationOrders: ({ world, query }) =>
    pageOf(world.keys.orders, ({ orderId }) => orderId, query),
  readRotationOrder: ({ world, params }) => find(world, params.orderId),
  previewRotationOrder: ({ world, body: { deviceIds, withinHours } }) => ({
    devices: deviceIds?.length ?? world.keys.forecast().devices,
    signingPerSecond: 152.4,
    ...window(withinHours),
  }),
  orderRotation: ({ world, body: { orderId, deviceIds, reason, withinHours } }) => {
    const order: RotationOrderView = {
      orderId: orderId ?? uuidOf(`order ${world.keys.orders.length}`),
      reason,
      orderedAt: iso(Date.now()),
      orderedBy: 'Aster Bekele',
      ...window(withinHours),
      state: 'running',
      devices: deviceIds?.length ?? world.keys.forecast().devices,
      rotated: 0,
      filling: null,
      cancelling: null,
    }
    world.keys.orders = [order, ...world.keys.orders]
    return order
  },
  cancelRotationOrder: ({ world, params }) => {
    const order = find(world, params.orderId)
    const cancelled: RotationOrderView = { ...order, state: 'cancelled', filling: null }
    world.keys.orders = world.keys.orders.map((each) => (each === order ? cancelled : each))
    return cancelled
  },
  listRevocationLists: ({ world }) => world.keys.lists(),
} satisfies MockServings
