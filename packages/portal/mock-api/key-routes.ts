import type { PolicySettings } from '@sanad/protocol/operator-api/policies'
import { SanadError } from '@sanad/protocol/text/problems'
import { get, type MockRoute, post } from './mock-route.ts'
import { pageOf } from './pages.ts'

const ID = '([0-9a-f-]{36})'

/** Keys, policies, groups and findings. */
export const KEY_ROUTES: readonly MockRoute[] = [
  get('key:read', new RegExp(`^/devices/${ID}/key$`), ({ world, id }) =>
    world.keys.keyOf(world.device(id)),
  ),
  get('key:read', /^\/forecast$/, ({ world }) => world.keys.forecast()),
  post('key:read', /^\/forecast\/what-if$/, ({ world, body }) =>
    // The portal sends what the schema says.
    world.keys.forecast(body['settings'] as PolicySettings),
  ),
  get('key:read', /^\/rotation-orders$/, ({ world, query }) =>
    pageOf(world.keys.orders, ({ orderId }) => orderId, query),
  ),
  get('key:read', new RegExp(`^/rotation-orders/${ID}$`), ({ world, id }) => {
    const found = world.keys.orders.find(({ orderId }) => orderId === id)
    if (found === undefined) throw new SanadError('rotation-order.not-found')
    return found
  }),
  post('key:rotate', /^\/rotation-orders\/preview$/, ({ world }) => ({
    devices: world.keys.forecast().devices,
    signingPerSecond: 152.4,
    windowStart: new Date().toISOString(),
    windowEnd: new Date(Date.now() + 86_400_000).toISOString(),
  })),
  post('key:rotate', /^\/rotation-orders$/, ({ world }) => world.keys.orders[0]),
  post('key:rotate', new RegExp(`^/rotation-orders/${ID}/cancel$`), ({ world, id }) => {
    world.keys.orders = world.keys.orders.map((order) =>
      order.orderId === id ? { ...order, state: 'cancelled', filling: null } : order,
    )
    return world.keys.orders.find(({ orderId }) => orderId === id)
  }),
  get('certificate:read', /^\/revocation-lists$/, ({ world }) => world.keys.lists()),
  get('policy:read', /^\/policies$/, ({ world }) => ({ items: world.keys.policies })),
  get('policy:read', new RegExp(`^/policies/${ID}$`), ({ world, id }) => {
    const found = world.keys.policies.find(({ policyId }) => policyId === id)
    if (found === undefined) throw new SanadError('policy.not-found')
    return found
  }),
  post('policy:read', new RegExp(`^/policies/${ID}/preview$`), ({ world, body }) =>
    world.keys.preview(body['settings'] as PolicySettings),
  ),
  post('policy:manage', new RegExp(`^/policies/${ID}/versions$`), ({ world, id, body }) =>
    world.keys.change(id, body['settings'] as PolicySettings),
  ),
  get('group:read', /^\/groups$/, ({ world }) => ({ items: world.keys.groups })),
  get('finding:read', /^\/findings$/, ({ world, query }) => {
    const checks = query.getAll('check')
    const isSuppressed = query.get('suppressed') === 'true'
    const rows = world.keys.findings.filter(
      ({ check, suppressedUntil }) =>
        (checks.length === 0 || checks.includes(check)) &&
        (suppressedUntil !== null) === isSuppressed,
    )
    return pageOf(rows, ({ findingId }) => findingId, query)
  }),
  get('finding:read', /^\/findings\/counts$/, ({ world }) => world.keys.counts()),
  post('finding:suppress', new RegExp(`^/findings/${ID}/suppress$`), ({ world, id, body }) =>
    world.keys.suppress(id, Number(body['days'])),
  ),
  post('finding:suppress', /^\/findings\/audit$/, () => undefined),
]
