import { DEVICE_ACTS, DEVICE_STATES, deviceLife } from '@sanad/protocol/domain/device-lifecycle'
import { isPermitted, ROLES } from '@sanad/protocol/domain/permissions'
import type { DeviceList, DeviceView } from '@sanad/protocol/operator-api/devices'
import { type OperationId, OPERATIONS } from '@sanad/protocol/operator-api/operations'
import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import { beforeEach, describe, expect, it } from 'vitest'
import { head, models, operator, portal, served } from '../../test/fleet-portal.ts'
import {
  approveTestDevice,
  insertOldTestDevice,
  registerTestDevice,
} from '../../test/test-devices.ts'
import { sequenceEvents } from '../record/sequencer.ts'

const read = async (deviceId: string) =>
  (await operator.ask('GET', `/devices/${deviceId}`)).json<DeviceView>()

describe('the operator API', () => {
  it('serves every operation of the published table under its declared permission', () => {
    expect(served.length).toBeGreaterThan(30)
    for (const { operationId, method, path, access } of served) {
      expect(OPERATIONS, path).toHaveProperty(operationId)
      expect(OPERATIONS[operationId as OperationId]).toMatchObject({
        route: `${method} ${path}`,
        access,
      })
    }
  })

  it('refuses requests without a session, and without the permission', async () => {
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

  it('refuses unknown fields of a request', async () => {
    const reply = await operator.ask('GET', '/devices?serch=x')
    expect(reply.json()).toMatchObject({ code: 'request.unknown-field' })
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
    'of a %s device, answers %s as the lifecycle table says, and shows so beforehand',
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

  it('keeps an operator’s note beside the record, and not in it', async () => {
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

  it('refuses an act on a device that another operator changed since it was read', async () => {
    const deviceId = await deviceIn('registered')
    const { revision } = await read(deviceId)
    await act(deviceId, 'suspend')
    const reply = await act(deviceId, 'block', { revision })
    expect(reply.json()).toMatchObject({ code: 'request.conflict' })
    expect((await read(deviceId)).state).toBe('suspended')
  })

  it('carries out one of two contrary acts at once, and refuses the other', async () => {
    const deviceId = await deviceIn('registered')
    const replies = await Promise.all([act(deviceId, 'suspend'), act(deviceId, 'suspend')])
    expect(new Set(replies.map(({ statusCode }) => statusCode))).toEqual(new Set([200, 409]))
  })

  it('approves a repaired device again, with another chip', async () => {
    const deviceId = await approveTestDevice(portal.db, models.slap.modelId)
    await act(deviceId, 'deregister')
    const chip = '12'.repeat(32)
    const reply = await act(deviceId, 'approve', { reason: 'repaired', ftmCertificateSha256: chip })
    expect(reply.json()).toMatchObject({ state: 'approved', ftmCertificateSha256: chip })
  })

  it('answers "not found" for an unknown device', async () => {
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
  ])('lists each device once, page by page, in the order of %s', async (sort) => {
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

  it('sorts devices by serial number, and by last check-in with those never heard from last', async () => {
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

  it('filters devices by state, type, level, model and words that all occur somewhere', async () => {
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
    'refuses the cursor %s, which the server did not make',
    async (cursor) => {
      const reply = await operator.ask('GET', `/devices?after=${cursor}`)
      expect(reply.statusCode).toBe(400)
    },
  )

  it('counts devices by state', async () => {
    const counts = await operator.ask('GET', `/devices/counts?search=${encodeURIComponent(PREFIX)}`)
    expect(counts.json()).toMatchObject({ total: 23, states: { registered: 6, approved: 17 } })
  })
})

describe('GET /devices/export', () => {
  it('exports devices as CSV without formulas, and records the export', async () => {
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
