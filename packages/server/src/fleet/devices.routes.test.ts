import { randomUUID } from 'node:crypto'
import type { DeviceList, DeviceView } from '@sanad/protocol/operator-api/devices'
import type { RowErrorPage } from '@sanad/protocol/operator-api/imports'
import { OPERATIONS, type OperationId } from '@sanad/protocol/operator-api/operations'
import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import { DEVICE_ACTS, DEVICE_STATES, deviceLife } from '@sanad/protocol/domain/device-lifecycle'
import { ROLES, type RouteAccess, isPermitted } from '@sanad/protocol/domain/permissions'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sequenceEvents } from '../record/sequencer.ts'
import {
  type TestModels,
  FACE_MODEL,
  approveTestDevice,
  insertOldTestDevice,
  drawSerialNo,
  makeTestModels,
  registerTestDevice,
} from '../../test/test-devices.ts'
import { makeTestBulkActs } from '../../test/test-bulk-acts.ts'
import { type TestOperator, type TestPortal, startTestPortal } from '../../test/test-portal.ts'
import { readHead } from '../record/event-reader.ts'
import { eventsRoutes } from '../record/events.routes.ts'
import { OperatorAccounts } from '../operators/operator-accounts.ts'
import { operatorsRoutes } from '../operators/operators.routes.ts'
import { sessionRoutes } from '../operators/session.routes.ts'
import type { HttpApp } from '../platform/http.ts'
import { nameSubjects } from './event-subjects.ts'
import { makeLogger } from '../platform/log.ts'
import { DeviceWatch } from './device-watch.ts'
import { proposeSerialNoForm } from '../devices/propose-serial-number-form.ts'
import { makeDeviceRegistry } from '../compose/device-registry.ts'
import { devicesRoutes } from './devices.routes.ts'
import { FtmProviderRegistry } from '../models/ftm-provider-registry.ts'
import { ftmProvidersRoutes } from '../models/ftm-providers.routes.ts'
import { makeGroupRegistry } from '../compose/group-registry.ts'
import { groupsRoutes } from '../groups/groups.routes.ts'
import { ImportDesk } from '../imports/import-desk.ts'
import { importsRoutes } from '../imports/imports.routes.ts'
import { liveRoutes } from './live.routes.ts'
import { ModelRegistry } from '../models/model-registry.ts'
import { modelsRoutes } from '../models/models.routes.ts'

let portal: TestPortal
let operator: TestOperator
let models: TestModels

interface ServedRoute {
  readonly operationId: string
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly access: RouteAccess
}
const served: ServedRoute[] = []

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

const head = () => readHead(portal.db.database)
const read = async (deviceId: string) =>
  (await operator.ask('GET', `/devices/${deviceId}`)).json<DeviceView>()

describe('the operator API', () => {
  it('serves what the published table says, under the permission it says', () => {
    expect(served.length).toBeGreaterThan(30)
    for (const { operationId, method, path, access } of served) {
      expect(OPERATIONS, path).toHaveProperty(operationId)
      expect(OPERATIONS[operationId as OperationId]).toMatchObject({
        route: `${method} ${path}`,
        access,
      })
    }
  })

  it('lets in nobody without a session, and nobody without the permission', async () => {
    const askers = await Promise.all(
      ROLES.map(async (role) => ({ role, as: await portal.signIn(role) })),
    )
    for (const { operationId, method, path, access } of served) {
      if (access === 'anyone' || access === 'signed-in') continue
      const url = path.replaceAll(/:\w+/g, '00000000-0000-4000-8000-000000000000')
      const stranger = await portal.app.inject({
        method,
        url: `${OPERATOR_API}${url}`,
        headers: { 'x-sanad-portal': '1' },
      })
      expect(stranger.json(), operationId).toMatchObject({ code: 'operator.not-signed-in' })
      for (const { role, as } of askers.filter((asker) => !isPermitted(asker.role, access))) {
        const reply = await as.ask(method, url)
        expect(reply.json(), `${role} ${operationId}`).toMatchObject({
          code: 'operator.permission-missing',
        })
      }
    }
  })

  it('does not read past fields it does not know', async () => {
    const reply = await operator.ask('GET', '/devices?serch=x')
    expect(reply.json()).toMatchObject({ code: 'request.unknown-field' })
  })
})

describe('POST /devices', () => {
  it('approves a device, with its event', async () => {
    const serialNo = drawSerialNo()
    const reply = await operator.ask('POST', '/devices', {
      payload: { modelId: models.slap.modelId, serialNo, ftmCertificateSha256: 'ab'.repeat(32) },
    })
    expect(reply.statusCode).toBe(201)
    const device = reply.json<DeviceView>()
    expect(device).toMatchObject({
      serialNo,
      state: 'approved',
      presence: null,
      registeredAt: null,
    })
    const timeline = await operator.ask('GET', `/devices/${device.deviceId}/timeline`)
    expect(timeline.json()).toMatchObject({
      items: [
        {
          type: 'device.approved',
          actor: `operator:${operator.operatorId}`,
          actorName: operator.name,
          data: { serialNo, source: 'operator', ftmCertificateSha256: 'ab'.repeat(32) },
        },
      ],
      next: null,
    })
  })

  it.each([
    ['the same serial number of the same model', 'device.duplicate', 409],
    ['a model that is not there', 'model.not-found', 404],
    ['an enrolment secret for L1', 'device.proof-refused', 400],
    ['an FTM certificate for L0', 'device.proof-refused', 400],
    ['an L0 device without the secret that its model asks for', 'device.proof-refused', 400],
    ['a serial number that a spreadsheet has rewritten', 'device.serial-no-refused', 400],
    ['a serial number with a control character', 'device.serial-no-refused', 400],
    ['a serial number that is too short, unconfirmed', 'device.serial-no-doubtful', 409],
    ['a twin, unconfirmed', 'device.serial-no-doubtful', 409],
  ])('refuses %s, and records nothing', async (what, code, status) => {
    const serialNo = drawSerialNo()
    await approveTestDevice(portal.db, models.slap.modelId, serialNo)
    const payload: Record<string, object> = {
      'the same serial number of the same model': { modelId: models.slap.modelId, serialNo },
      'a model that is not there': { modelId: operator.operatorId, serialNo },
      'an enrolment secret for L1': {
        modelId: models.slap.modelId,
        serialNo: drawSerialNo(),
        enrolmentSecretSha256: 'cd'.repeat(32),
      },
      'an FTM certificate for L0': {
        modelId: models.face.modelId,
        serialNo: drawSerialNo(),
        ftmCertificateSha256: 'cd'.repeat(32),
      },
      'an L0 device without the secret that its model asks for': {
        modelId: await modelBySecret(),
        serialNo: drawSerialNo(),
      },
      'a serial number that a spreadsheet has rewritten': {
        modelId: models.slap.modelId,
        serialNo: '8.90123E+14',
      },
      'a serial number with a control character': {
        modelId: models.slap.modelId,
        serialNo: `${drawSerialNo()}\u0000`,
      },
      'a serial number that is too short, unconfirmed': {
        modelId: models.slap.modelId,
        serialNo: 'EX-7',
      },
      'a twin, unconfirmed': { modelId: models.slap.modelId, serialNo: serialNo.toLowerCase() },
    }
    const before = await head()
    const reply = await operator.ask('POST', '/devices', { payload: payload[what]! })
    expect(reply.statusCode).toBe(status)
    expect(reply.json()).toMatchObject({ code })
    expect(await head()).toBe(before)
  })

  async function modelBySecret(): Promise<string> {
    const { modelId } = await new ModelRegistry(portal.db.database, Date.now).create(
      {
        ...FACE_MODEL,
        make: 'Secretive',
        model: `Secret ${drawSerialNo()}`,
        l0Policy: 'enrolment-secret',
      },
      'command-line',
    )
    return modelId
  }

  it('takes a doubtful serial number that is confirmed, and records which doubts', async () => {
    const serialNo = drawSerialNo()
    await approveTestDevice(portal.db, models.slap.modelId, serialNo)
    const payload = { modelId: models.slap.modelId, serialNo: serialNo.toLowerCase() }
    const doubtful = await operator.ask('POST', '/devices', { payload })
    expect(doubtful.json<{ detail: string }>().detail).toBe(
      `‘${payload.serialNo}’ differs from ‘${serialNo}’ of an approved device in capital and small letters only.`,
    )
    const confirmed = { ...payload, confirmWarnings: true }
    const reply = await operator.ask('POST', '/devices', { payload: confirmed })
    expect(reply.statusCode).toBe(201)
    const events = await operator.ask('GET', '/events?limit=1')
    expect(events.json()).toMatchObject({
      items: [{ type: 'device.approved', data: { confirmedWarnings: ['row.serial-no-twin'] } }],
    })
  })

  it.each(['8.90123E+14', 'N.A.', '=A2', 'EXS442 C080002', 'ЕXS442C080002', 'A'.repeat(65)])(
    'refuses %s in the words of an import',
    async (serialNo) => {
      const { modelId, make, model } = {
        ...FACE_MODEL,
        modelId: models.slap.modelId,
        model: 'Slap 442',
      }
      const one = await operator.ask('POST', '/devices', { payload: { modelId, serialNo } })
      const importId = randomUUID()
      await operator.ask('POST', `/imports/${importId}`, {
        payload: `serialNo,make,model\n${serialNo},${make},${model}`,
        headers: { 'content-type': 'text/csv' },
      })
      const errors = await operator.ask('GET', `/imports/${importId}/errors`)
      const { items } = errors.json<RowErrorPage>()
      expect(items).toHaveLength(1)
      expect(one.json()).toMatchObject({
        code: 'device.serial-no-refused',
        detail: items[0]?.reason,
      })
    },
  )

  it('lists the devices of one import alone', async () => {
    const [importId, serialNo] = [randomUUID(), drawSerialNo()]
    const headers = { 'content-type': 'text/csv' }
    const payload = `serialNo,make,model\n${serialNo},Example,Slap 442`
    await operator.ask('POST', `/imports/${importId}`, { payload, headers })
    await operator.ask('POST', `/imports/${importId}/confirm`, { payload: { choice: 'all' } })
    const list = async () =>
      (await operator.ask('GET', `/devices?importId=${importId}`)).json<DeviceList>().items
    await expect.poll(list, { timeout: 20_000 }).toMatchObject([{ serialNo }])
  })

  it('refuses one chip for two devices', async () => {
    const approve = () =>
      operator.ask('POST', '/devices', {
        payload: {
          modelId: models.slap.modelId,
          serialNo: drawSerialNo(),
          ftmCertificateSha256: 'ef'.repeat(32),
        },
      })
    expect((await approve()).statusCode).toBe(201)
    expect((await approve()).json()).toMatchObject({ code: 'device.duplicate' })
  })
})

describe('acts on a device', () => {
  const ROUTE_OF = {
    approve: 'approve',
    suspend: 'suspend',
    resume: 'resume',
    deregister: 'deregister',
    block: 'block',
  } as const
  type Act = keyof typeof ROUTE_OF

  const act = (deviceId: string, name: Act, extra: object = {}) =>
    operator.ask('POST', `/devices/${deviceId}/${name}`, {
      payload: { reason: 'policy', ...extra },
    })

  /** By the acts themselves. */
  async function deviceIn(state: (typeof DEVICE_STATES)[number]): Promise<string> {
    const deviceId = await approveTestDevice(portal.db, models.face.modelId)
    if (state === 'registered' || state === 'suspended')
      await registerTestDevice(portal.db, deviceId)
    if (state === 'suspended') await act(deviceId, 'suspend')
    if (state === 'blocked') await act(deviceId, 'block')
    if (state === 'deregistered') await act(deviceId, 'deregister')
    expect((await read(deviceId)).state).toBe(state)
    return deviceId
  }

  const cells = DEVICE_STATES.flatMap((state) =>
    DEVICE_ACTS.filter((name) => name !== 'register').map((name) => [state, name] as const),
  )

  it.each(cells)(
    '%s, %s: does what the table says, and says so beforehand',
    async (state, name) => {
      const deviceId = await deviceIn(state)
      const before = await read(deviceId)
      const seq = await head()
      const reply = await act(deviceId, name)
      const shown = before.actions.find((action) => action.act === name)
      expect(shown?.isAllowed).toBe(deviceLife.allows(state, name))
      if (deviceLife.allows(state, name)) {
        expect(reply.statusCode).toBe(200)
        expect(reply.json<DeviceView>().revision).toBe(before.revision + 1)
        expect(await head()).toBe(seq + 1)
      } else {
        expect(reply.statusCode).toBe(409)
        expect(reply.json()).toMatchObject({
          code: 'device.transition-refused',
          detail: shown?.reason,
        })
        expect(await read(deviceId)).toEqual(before)
        expect(await head()).toBe(seq)
      }
    },
  )

  it('keeps an operator’s note beside the record, not in it', async () => {
    const deviceId = await deviceIn('registered')
    await act(deviceId, 'suspend', { reason: 'lost', note: 'Seen last at the northern office' })
    const timeline = await operator.ask('GET', `/devices/${deviceId}/timeline?limit=1`)
    expect(timeline.json()).toMatchObject({
      items: [{ data: { reason: 'lost' }, note: 'Seen last at the northern office' }],
    })
    await sequenceEvents(portal.db.database)
    const { rows } = await portal.db.pool.query<{ canonical: Buffer }>(
      'select canonical from event where device_id = $1',
      [deviceId],
    )
    for (const { canonical } of rows) expect(canonical.toString()).not.toContain('northern')
  })

  it('refuses who read the device before somebody else changed it', async () => {
    const deviceId = await deviceIn('registered')
    const { revision } = await read(deviceId)
    await act(deviceId, 'suspend')
    const reply = await act(deviceId, 'block', { revision })
    expect(reply.json()).toMatchObject({ code: 'request.conflict' })
    expect((await read(deviceId)).state).toBe('suspended')
  })

  it('does one of two contrary acts at once', async () => {
    const deviceId = await deviceIn('registered')
    const replies = await Promise.all([act(deviceId, 'suspend'), act(deviceId, 'suspend')])
    expect(new Set(replies.map(({ statusCode }) => statusCode))).toEqual(new Set([200, 409]))
  })

  it('renews the approval of a repaired device, with another chip', async () => {
    const deviceId = await approveTestDevice(portal.db, models.slap.modelId)
    await act(deviceId, 'deregister')
    const chip = '12'.repeat(32)
    const reply = await act(deviceId, 'approve', { reason: 'repaired', ftmCertificateSha256: chip })
    expect(reply.json()).toMatchObject({ state: 'approved', ftmCertificateSha256: chip })
  })

  it('answers "not found" for a device that is not there', async () => {
    const reply = await act('00000000-0000-4000-8000-000000000000', 'suspend')
    expect(reply.json()).toMatchObject({ code: 'device.not-found' })
  })
})

describe('GET /devices', () => {
  const list = async (query: string) => {
    const reply = await operator.ask('GET', `/devices?${query}`)
    expect(reply.statusCode).toBe(200)
    return reply.json<DeviceList>()
  }

  let ids: string[]
  const PREFIX = 'LIST%_'
  beforeEach(async () => {
    if (ids !== undefined) return
    ids = []
    for (let i = 0; i < 23; i++) {
      const modelId = i % 2 === 0 ? models.face.modelId : models.slap.modelId
      ids.push(
        await insertOldTestDevice(portal.db, modelId, `${PREFIX}${String(i).padStart(4, '0')}`),
      )
    }
    for (const deviceId of ids.filter((_id, i) => i % 4 === 0)) {
      await registerTestDevice(portal.db, deviceId)
      await portal.db.database
        .insertInto('device_presence')
        .values({
          device_id: deviceId,
          last_seq: 1,
          last_check_in_at: new Date(Date.UTC(2026, 0, 1, 0, ids.indexOf(deviceId))),
          device_status: 'Ready',
        })
        .execute()
    }
  })

  it.each([
    'serialNo',
    '-serialNo',
    'approvedAt',
    '-approvedAt',
    'lastCheckInAt',
    '-lastCheckInAt',
  ])('gives each device once, page by page, by %s', async (sort) => {
    for (const filter of [
      '',
      `search=${encodeURIComponent(PREFIX)}&`,
      'deviceType=Face&level=L0&',
    ]) {
      const whole = await list(`${filter}sort=${sort}&limit=200`)
      const pages: string[] = []
      let after = ''
      do {
        const page = await list(`${filter}sort=${sort}&limit=7${after}`)
        pages.push(...page.items.map(({ deviceId }) => deviceId))
        after = page.next === null ? '' : `&after=${page.next}`
      } while (after !== '')
      expect(pages).toEqual(whole.items.map(({ deviceId }) => deviceId))
      expect(new Set(pages).size).toBe(whole.total.count)
    }
  })

  it('sorts by serial number, and by last check-in with the never heard of as the longest silent', async () => {
    const search = `search=${encodeURIComponent(PREFIX)}`
    const bySerial = await list(`${search}&sort=serialNo&limit=200`)
    const serials = bySerial.items.map(({ serialNo }) => serialNo)
    expect(serials).toEqual(serials.toSorted())
    const newest = await list(`${search}&sort=-lastCheckInAt`)
    expect(newest.items[0]?.serialNo).toBe(`${PREFIX}0020`)
    expect(newest.items[0]?.presence).toMatchObject({ deviceStatus: 'Ready' })
    const oldest = await list(`${search}&sort=lastCheckInAt`)
    expect(oldest.items[0]?.presence).toBeNull()
  })

  it('filters by state, type, level, model, and words that each occur somewhere', async () => {
    const search = `search=${encodeURIComponent(`${PREFIX} slap`)}`
    const slaps = await list(`${search}&limit=200`)
    expect(slaps.total).toEqual({ count: 11, isExact: true })
    expect(new Set(slaps.items.map(({ model }) => model))).toEqual(new Set(['Slap 442']))
    const registered = await list(`search=${encodeURIComponent(PREFIX)}&state=registered`)
    expect(registered.total.count).toBe(6)
    const two = await list(`modelId=${models.slap.modelId}&state=registered&state=blocked`)
    expect(two.items).toEqual([])
    expect((await list('search=100%25')).items).toEqual([])
  })

  it.each(['x', 'eyJhIjoxfQ', Buffer.from('["x","y"]').toString('base64url')])(
    'refuses the cursor %s, which it did not make',
    async (cursor) => {
      const reply = await operator.ask('GET', `/devices?after=${cursor}`)
      expect(reply.statusCode).toBe(400)
    },
  )

  it('counts by state', async () => {
    const counts = await operator.ask('GET', `/devices/counts?search=${encodeURIComponent(PREFIX)}`)
    expect(counts.json()).toMatchObject({ total: 23, states: { registered: 6, approved: 17 } })
  })
})

describe('models and FTM providers', () => {
  it('are listed with what vouches for them', async () => {
    const reply = await operator.ask('GET', '/models')
    const { items } = reply.json<{ items: { make: string }[] }>()
    expect({ items: items.filter(({ make }) => make === 'Example') }).toMatchObject({
      items: [
        { model: 'Face 7', ftmProvider: null, l0Policy: 'operator-approval' },
        { model: 'Slap 442', ftmProvider: { name: 'Chipworks' }, l0Policy: null },
      ],
    })
    const providers = await operator.ask('GET', '/ftm-providers')
    expect(providers.json()).toMatchObject({
      items: [
        {
          name: 'Chipworks',
          subject: 'CN=Chipworks Root, O=Chipworks, C=ET',
          certificatePem: models.factory.rootPem,
        },
      ],
    })
  })

  it('a retired model approves no more devices, and retiring it twice is harmless', async () => {
    const created = await operator.ask('POST', '/models', {
      payload: {
        make: 'Example',
        model: 'Face 6',
        deviceType: 'Face',
        deviceSubType: 'Full face',
        deviceProvider: 'Example Devices',
        deviceProviderId: 'EXAMPLE',
        level: 'L0',
        l0Policy: 'enrolment-secret',
      },
    })
    expect(created.statusCode).toBe(201)
    const { modelId } = created.json<{ modelId: string }>()
    const retire = () =>
      operator.ask('POST', `/models/${modelId}/retire`, { payload: { reason: 'end-of-life' } })
    expect((await retire()).json()).toMatchObject({ state: 'retired' })
    const before = await head()
    expect((await retire()).statusCode).toBe(200)
    expect(await head()).toBe(before)
    const reply = await operator.ask('POST', '/devices', {
      payload: { modelId, serialNo: drawSerialNo() },
    })
    expect(reply.json()).toMatchObject({ code: 'registration.model-retired' })
  })

  it.each([
    ['L1 without an FTM provider', { level: 'L1' }],
    ['L0 without a policy', { level: 'L0' }],
    [
      'a sub-type of another type',
      { level: 'L0', l0Policy: 'enrolment-secret', deviceSubType: 'Slap' },
    ],
  ])('refuses %s', async (_what, change) => {
    const before = await head()
    const reply = await operator.ask('POST', '/models', {
      payload: {
        make: 'Example',
        model: 'Face 5',
        deviceType: 'Face',
        deviceSubType: 'Full face',
        deviceProvider: 'Example Devices',
        deviceProviderId: 'EXAMPLE',
        ...change,
      },
    })
    expect(reply.json()).toMatchObject({ code: 'request.malformed' })
    expect(await head()).toBe(before)
  })
})

describe('GET /devices/export', () => {
  it('is CSV for spreadsheets, with no formula in it, and is put on record', async () => {
    await insertOldTestDevice(portal.db, models.face.modelId, '=cmd|calc')
    const reply = await operator.ask('GET', '/devices/export')
    expect(reply.headers['content-type']).toBe('text/csv; charset=utf-8')
    const [header, ...lines] = reply.body.split('\r\n')
    expect(header).toBe(
      '\uFEFFserialNo,make,model,deviceType,deviceSubType,level,ftmCertificateSha256,enrolmentSecretSha256,group,state,approvedAt,registeredAt',
    )
    expect(lines.filter((line) => line.startsWith("'=cmd|calc,Example,Face 7"))).toHaveLength(1)
    expect(reply.body).not.toMatch(/^=/m)
    const events = await operator.ask('GET', '/events?limit=1')
    expect(events.json()).toMatchObject({ items: [{ type: 'device.list-exported' }] })
  })
})
