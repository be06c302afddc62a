import { parseTimestamp } from '@sanad/protocol/text/timestamps'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { serve } from '../platform/serve.ts'
import { ClockHealthCounter } from './clock-health.ts'
import { listFactsChanges, readFacts } from './device-facts.ts'

export interface TelemetryRoutesOptions {
  readonly database: Database
  readonly clock: Clock
}

export function telemetryRoutes({ database, clock }: TelemetryRoutesOptions) {
  const clocks = new ClockHealthCounter(database, clock)
  return serve({
    readDeviceFacts: ({ params, query: { at } }) =>
      readFacts(database, params.deviceId, at === undefined ? clock() : parseTimestamp(at)),
    listDeviceFactsChanges: ({ params, query }) =>
      listFactsChanges(database, params.deviceId, query),
    readClockHealth: () => clocks.count(),
  })
}
