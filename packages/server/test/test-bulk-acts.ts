import { bulkActsRoutes } from '../src/bulk/bulk-acts.routes.ts'
import { BulkActs } from '../src/bulk/bulk-acts.ts'
import { FillGroup } from '../src/bulk/fill-group.ts'
import { makePerformers } from '../src/bulk/performers.ts'
import { workOffAll } from '../src/bulk/work-off.ts'
import type { Clock } from '../src/platform/clock.ts'
import type { Database } from '../src/platform/database.ts'
import { makeLogger } from '../src/platform/log.ts'
import { endTrustBy } from '../src/compose/device-registry.ts'
import { STANDARD_TERMS } from '../src/purge/order-purge.ts'
import { RotationOrders } from '../src/rotation/rotation-orders.ts'

/** Acts on many devices as a server composes them, worked off when a test says so, or as soon as they are ordered. */
export function makeTestBulkActs(
  database: Database,
  clock: Clock = Date.now,
  when: 'at-once' | 'when-told' = 'when-told',
) {
  const rotationOrders = new RotationOrders({ database, pace: { forRotations: 10 }, clock })
  const performers = makePerformers({
    whenTrustEnds: endTrustBy(STANDARD_TERMS),
    rotationOrders,
    clock,
  })
  const bulkActs = new BulkActs({ database, performers, clock })
  const log = makeLogger('silent')
  const workOff = (signal?: AbortSignal) => workOffAll({ database, performers, clock, log }, signal)
  const whenOrdered = (): void => {
    if (when === 'at-once') void workOff()
  }
  return {
    bulkActs,
    performers,
    rotationOrders,
    filler: new FillGroup({ database, bulkActs, whenOrdered }),
    routes: bulkActsRoutes({ database, clock, bulkActs, whenOrdered }),
    workOff,
  }
}
