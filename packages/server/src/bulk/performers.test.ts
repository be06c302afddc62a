import type { CommandPage } from '@sanad/protocol/operator-api/commands'
import type { RotationOrderView } from '@sanad/protocol/operator-api/keys'
import { describe, expect, it } from 'vitest'
import {
  bulk,
  certify,
  done,
  insertDevices,
  makeDevices,
  officer,
  order,
  portal,
  refused,
} from '../../test/bulk-acts-portal.ts'
import { fillOrders } from '../rotation/fill-orders.ts'
import { listOrders } from '../rotation/rotation-order-list.ts'

describe('rotation and commands for many', () => {
  const rotationOrder = async (bulkActId: string): Promise<RotationOrderView | undefined> =>
    (await listOrders(portal.db.database, {})).items.find(({ orderId }) => orderId === bulkActId)

  it('gives one rotation order for a bulk act, with a window for each device', async () => {
    const ids = await makeDevices(4)
    await certify(ids)
    const { bulkActId } = await done({ act: 'rotate-key', reason: 'policy', withinHours: 8 })
    expect(await rotationOrder(bulkActId)).toMatchObject({ state: 'running', devices: 4 })
    const { rows } = await portal.db.pool.query<{ windows: number; first: number }>(
      `select count(distinct window_start) as windows, count(*) filter (where outcome is null) as first
       from rotation_order_device where order_id = $1`,
      [bulkActId],
    )
    expect(rows).toEqual([{ windows: 4, first: 4 }])
  })

  it('shows an order to rotate as filling until the bulk act ends, and counts the devices it took', async () => {
    const [withKey = ''] = await makeDevices(3)
    await certify([withKey])
    const { bulkActId } = await order({ act: 'rotate-key', reason: 'policy' })
    expect(await rotationOrder(bulkActId)).toMatchObject({ filling: { done: 0, devices: 3 } })
    await fillOrders({ database: portal.db.database, clock: Date.now })
    expect(await rotationOrder(bulkActId)).toMatchObject({ filling: { done: 0, devices: 3 } })
    await bulk.workOff()
    expect(await rotationOrder(bulkActId)).toMatchObject({ filling: null, devices: 1 })
  })

  it('closes an order to rotate when its bulk act is cancelled', async () => {
    const ids = await makeDevices(2)
    await certify(ids)
    const { bulkActId } = await order({ act: 'rotate-key', reason: 'policy' })
    await officer.ask('POST', `/bulk-acts/${bulkActId}/cancel`)
    expect(await rotationOrder(bulkActId)).toMatchObject({
      state: 'done',
      filling: null,
      devices: 0,
    })
  })

  it('sends one command to each device that takes commands, under one order', async () => {
    const ids = await makeDevices(3)
    const command = { type: 'collect-information', body: {} } as const
    expect(await done({ act: 'send-command', command })).toMatchObject({ changed: 3 })
    for (const deviceId of ids) {
      const page = await officer.ask('GET', `/commands?deviceId=${deviceId}`)
      expect(page.json<CommandPage>().items).toMatchObject([{ type: 'collect-information' }])
    }
  })

  it('refuses a bulk command to so many devices that a campaign should be used', async () => {
    await insertDevices(10_001)
    const command = { type: 'collect-information', body: {} } as const
    expect(await refused({ act: 'send-command', command })).toMatchObject({
      code: 'bulk-act.too-many-devices',
    })
  })
})
