import type { RouteAccess } from '@sanad/protocol/domain/permissions'
import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import { afterAll, beforeAll } from 'vitest'
import { makeDeviceRegistry } from '../src/compose/device-registry.ts'
import { makeGroupRegistry } from '../src/compose/group-registry.ts'
import { proposeSerialNoForm } from '../src/devices/propose-serial-number-form.ts'
import { DeviceWatch } from '../src/fleet/device-watch.ts'
import { devicesRoutes } from '../src/fleet/devices.routes.ts'
import { nameSubjects } from '../src/fleet/event-subjects.ts'
import { liveRoutes } from '../src/fleet/live.routes.ts'
import { groupsRoutes } from '../src/groups/groups.routes.ts'
import { ImportDesk } from '../src/imports/import-desk.ts'
import { importsRoutes } from '../src/imports/imports.routes.ts'
import { FtmProviderRegistry } from '../src/models/ftm-provider-registry.ts'
import { ftmProvidersRoutes } from '../src/models/ftm-providers.routes.ts'
import { ModelRegistry } from '../src/models/model-registry.ts'
import { modelsRoutes } from '../src/models/models.routes.ts'
import { OperatorAccounts } from '../src/operators/operator-accounts.ts'
import { operatorsRoutes } from '../src/operators/operators.routes.ts'
import { sessionRoutes } from '../src/operators/session.routes.ts'
import type { HttpApp } from '../src/platform/http.ts'
import { makeLogger } from '../src/platform/log.ts'
import { readHead } from '../src/record/event-reader.ts'
import { eventsRoutes } from '../src/record/events.routes.ts'
import { makeTestBulkActs } from './test-bulk-acts.ts'
import { makeTestModels, type TestModels } from './test-devices.ts'
import { startTestPortal, type TestOperator, type TestPortal } from './test-portal.ts'

/** What the tests of the operators’ routes for devices share. */

export let portal: TestPortal
export let operator: TestOperator
export let models: TestModels

interface ServedRoute {
  readonly operationId: string
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly access: RouteAccess
}
export const served: ServedRoute[] = []

async function noteRoutes(app: HttpApp): Promise<void> {
  app.addHook('onRoute', ({ method, path, config, schema }) => {
    if (method === 'HEAD') return
    served.push({
      operationId: (schema as { operationId: string }).operationId,
      method: method as ServedRoute['method'],
      path: path.slice(OPERATOR_API.length),
      access: config?.access as RouteAccess,
    })
  })
}

beforeAll(async () => {
  portal = await startTestPortal({
    routes: ({ db, sessions, desk, clock }) => {
      const { database, pool } = db
      const log = makeLogger('silent')
      const accounts = new OperatorAccounts(database, clock)
      const slices = [
        sessionRoutes({ sessions, desk }),
        operatorsRoutes({ accounts, sessions }),
        devicesRoutes({ database, clock, devices: makeDeviceRegistry(database, clock) }),
        modelsRoutes({
          models: new ModelRegistry(database, clock),
          proposeForm: (modelId, form) => proposeSerialNoForm(database, modelId, form),
        }),
        ftmProvidersRoutes({ ftmProviders: new FtmProviderRegistry(database, clock) }),
        groupsRoutes({
          groups: makeGroupRegistry({ database, markets: () => [] }),
          filler: makeTestBulkActs(database, clock).filler,
        }),
        makeTestBulkActs(database, clock).routes,
        importsRoutes({ database, desk: new ImportDesk({ database, clock, log }) }),
        eventsRoutes({
          database,
          nameSubjects: (deviceIds, ids) => nameSubjects(database, deviceIds, ids),
        }),
        liveRoutes({ watch: new DeviceWatch(pool, log), sessions }),
      ]
      return [
        async (app) => {
          await noteRoutes(app)
          for (const slice of slices) await slice(app)
        },
      ]
    },
  })
  models = await makeTestModels(portal.db)
  operator = await portal.signIn('security-officer')
})
afterAll(() => portal[Symbol.asyncDispose]())

export const head = () => readHead(portal.db.database)
