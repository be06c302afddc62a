import { DeviceIdParams } from '@sanad/protocol/operator-api/devices'
import {
  ClockHealth,
  DeviceFactsChanges,
  DeviceFactsChangesQuery,
  DeviceFactsQuery,
  DeviceFactsView,
} from '@sanad/protocol/operator-api/facts'
import { parseTimestamp } from '@sanad/protocol/text/timestamps'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { HttpApp } from '../platform/http.ts'
import { ClockHealthCounter } from './clock-health.ts'
import { listFactsChanges, readFacts } from './device-facts.ts'

export interface TelemetryRoutesOptions {
  readonly database: Database
  readonly clock: Clock
}

export function telemetryRoutes({ database, clock }: TelemetryRoutesOptions) {
  const clocks = new ClockHealthCounter(database, clock)

  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/devices/:deviceId/facts',
      {
        config: { access: 'device:read' },
        schema: {
          operationId: 'readDeviceFacts',
          params: DeviceIdParams,
          querystring: DeviceFactsQuery,
          response: { 200: DeviceFactsView },
        },
      },
      ({ params, query }) =>
        readFacts(
          database,
          params.deviceId,
          query.at === undefined ? clock() : parseTimestamp(query.at),
        ),
    )

    app.get(
      '/devices/:deviceId/facts/changes',
      {
        config: { access: 'device:read' },
        schema: {
          operationId: 'listDeviceFactsChanges',
          params: DeviceIdParams,
          querystring: DeviceFactsChangesQuery,
          response: { 200: DeviceFactsChanges },
        },
      },
      ({ params, query }) => listFactsChanges(database, params.deviceId, query),
    )

    app.get(
      '/clock-health',
      {
        config: { access: 'device:read' },
        schema: { operationId: 'readClockHealth', response: { 200: ClockHealth } },
      },
      () => clocks.count(),
    )
  }
}
