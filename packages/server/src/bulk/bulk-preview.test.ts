import { randomUUID } from 'node:crypto'
import { deviceLife } from '@sanad/protocol/domain/device-lifecycle'
import type { BulkActPage, BulkActPreview } from '@sanad/protocol/operator-api/bulk-acts'
import { describe, expect, it } from 'vitest'
import {
  type Act,
  bodyOf,
  bulk,
  certify,
  done,
  found,
  head,
  makeDevices,
  models,
  officer,
  order,
  portal,
  prefix,
  read,
  refused,
} from '../../test/bulk-acts-portal.ts'
import { makeGroupRegistry } from '../compose/group-registry.ts'

describe('who may act on many', () => {
  it.each([
    ['operator', 'suspend', true],
    ['operator', 'resume', true],
    ['operator', 'deregister', false],
    ['operator', 'block', false],
    ['security-officer', 'deregister', true],
    ['security-officer', 'block', true],
    ['technician', 'suspend', false],
    ['auditor', 'suspend', false],
  ] as const)('%s, %s: %s', async (role, act, isAllowed) => {
    await makeDevices(1)
    const asker = await portal.signIn(role)
    if (isAllowed) {
      await order({ act, reason: 'policy' }, asker)
      return bulk.workOff()
    }
    const code = 'operator.permission-missing'
    expect(await refused({ act, reason: 'policy' }, asker)).toMatchObject({ code })
    const { bulkActId: _, ...preview } = bodyOf({ act, reason: 'policy' })
    const previewed = await asker.ask('POST', '/bulk-acts/preview', { payload: preview })
    expect(previewed.json()).toMatchObject({ code })
  })

  it('refuses to cancel a bulk act that the operator could not have ordered', async () => {
    await makeDevices(1)
    const { bulkActId } = await order({ act: 'block', reason: 'stolen' })
    const operator = await portal.signIn('operator')
    const reply = await operator.ask('POST', `/bulk-acts/${bulkActId}/cancel`)
    expect(reply.json()).toMatchObject({ code: 'operator.permission-missing' })
    expect(await read(bulkActId)).toMatchObject({ state: 'queued' })
    await bulk.workOff()
  })

  it('refuses the command to de-register from operators who may not de-register in bulk', async () => {
    await makeDevices(1)
    const operator = await portal.signIn('operator')
    const command = { type: 'deregister', body: { reason: 'lost' } } as const
    expect(await refused({ act: 'send-command', command }, operator)).toMatchObject({
      code: 'operator.permission-missing',
    })
  })
})

describe('POST /bulk-acts/preview', () => {
  it('previews whom a bulk act touches, whom it leaves out and why, and changes nothing', async () => {
    await makeDevices(3)
    await makeDevices(2, 'approved')
    const before = await head()
    const reply = await officer.ask('POST', '/bulk-acts/preview', {
      payload: { act: 'suspend', reason: 'policy', selection: found() },
    })
    expect(reply.json<BulkActPreview>()).toEqual({
      devices: 5,
      connected: 0,
      states: { approved: 2, registered: 3, suspended: 0, deregistered: 0, blocked: 0 },
      models: [{ modelId: models.face.modelId, make: 'Example', model: 'Face 7', devices: 5 }],
      otherModels: 0,
      markets: [{ country: null, environment: null, devices: 5 }],
      willChange: 3,
      willRefuse: [
        {
          code: 'device.transition-refused',
          state: 'approved',
          reason: deviceLife.whyRefused('approved', 'suspend'),
          devices: 2,
        },
      ],
      unchanged: 0,
    })
    expect(await head()).toBe(before)
  })

  it('previews exactly what every kind of bulk act then does', async () => {
    const ids = await makeDevices(3)
    await makeDevices(1, 'approved')
    await certify(ids.slice(0, 2))
    const groups = makeGroupRegistry({ database: portal.db.database, markets: () => [] })
    const { groupId } = await groups.create({ name: `Foretold ${prefix}` }, 'command-line')
    await groups.assign(groupId, ids.slice(0, 1), 'command-line')
    const acts: readonly Act[] = [
      { act: 'assign-group', groupId },
      { act: 'rotate-key', reason: 'policy' },
      { act: 'send-command', command: { type: 'collect-information', body: {} } },
      { act: 'suspend', reason: 'policy' },
      { act: 'resume', reason: 'found' },
      { act: 'block', reason: 'stolen' },
      { act: 'deregister', reason: 'end-of-life' },
    ]
    for (const act of acts) {
      const { bulkActId: _, ...payload } = bodyOf(act)
      const reply = await officer.ask('POST', '/bulk-acts/preview', { payload })
      expect(reply.statusCode, reply.body).toBe(200)
      const preview = reply.json<BulkActPreview>()
      const view = await done(act)
      const foretold = preview.willRefuse.reduce((sum, { devices }) => sum + devices, 0)
      expect({ act, changed: view.changed, failed: view.failed }).toEqual({
        act,
        changed: preview.willChange,
        failed: foretold,
      })
    }
  })
})

describe('GET /bulk-acts', () => {
  it('lists bulk acts newest first, page by page, filtered by state', async () => {
    await makeDevices(1)
    const first = await done({ act: 'suspend', reason: 'policy' })
    const second = await done({ act: 'resume', reason: 'found' })
    const ask = async (query: string) =>
      (await officer.ask('GET', `/bulk-acts?${query}`)).json<BulkActPage>()
    const page = await ask('limit=1&state=finished')
    expect(page.items).toEqual([second])
    expect((await ask(`limit=1&state=finished&after=${page.next}`)).items).toEqual([first])
    const none = await officer.ask('GET', `/bulk-acts/${randomUUID()}`)
    expect(none.json()).toMatchObject({ code: 'bulk-act.not-found' })
  })
})
