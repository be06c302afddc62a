import { randomUUID } from 'node:crypto'
import type { BulkActFailurePage, BulkActView } from '@sanad/protocol/operator-api/bulk-acts'
import type { DeviceCounts, DeviceList } from '@sanad/protocol/operator-api/devices'
import type { GroupDetail } from '@sanad/protocol/operator-api/groups'
import type { LightMyRequestResponse } from 'fastify'
import { describe, expect, it } from 'vitest'
import {
  assign,
  bulk,
  create,
  deviceIds,
  expectRefused,
  fill,
  head,
  lastEvent,
  list,
  membersOf,
  NOWHERE,
  operator,
  portal,
  readAct,
} from '../../test/groups-portal.ts'

async function fillFrom(groupId: string, file: string): Promise<LightMyRequestResponse> {
  return operator.ask('POST', `/groups/${groupId}/fill/${randomUUID()}`, {
    payload: Buffer.from(file),
    headers: { 'content-type': 'text/csv' },
  })
}

describe('POST /groups/:groupId/fill/:bulkActId', () => {
  const serialNos = async () =>
    (await portal.db.database.selectFrom('device').select(['device_id', 'serial_no']).execute())
      .filter(({ device_id }) => deviceIds.includes(device_id))
      .map(({ serial_no }) => serial_no)

  it('puts the devices of a file into the group, and names the rows that match no device', async () => {
    const { groupId } = await create()
    const [first = '', second = ''] = await serialNos()
    const reply = await fillFrom(
      groupId,
      `Serial No;note\r\n${first};x\r\nNOBODY;y\r\n${second};\r\n`,
    )
    expect(reply.statusCode, reply.body).toBe(202)
    await bulk.workOff()
    const { bulkActId } = reply.json<BulkActView>()
    expect(await readAct(bulkActId)).toMatchObject({ state: 'finished', changed: 2, failed: 1 })
    const failures = await operator.ask('GET', `/bulk-acts/${bulkActId}/failures`)
    expect(failures.json<BulkActFailurePage>().items).toEqual([
      {
        deviceId: null,
        serialNo: 'NOBODY',
        code: 'device.not-found',
        detail: 'No device has this serial number.',
      },
    ])
    const csv = await operator.ask('GET', `/bulk-acts/${bulkActId}/failures.csv`)
    expect(csv.body).toContain('NOBODY')
    expect((await membersOf(groupId)).items).toHaveLength(2)
  })

  it('reads a single column without a header as serial numbers', async () => {
    const { groupId } = await create()
    const [first = ''] = await serialNos()
    await fillFrom(groupId, `${first}\n`)
    await bulk.workOff()
    expect((await membersOf(groupId)).items).toHaveLength(1)
  })

  it.each([
    ['nothing', '', 'it is empty'],
    ['a header alone', 'serialNo\n', 'it is empty'],
    ['a workbook', 'PK\u0003\u0004\u0000\u0000', 'it is not a text'],
    ['no number that is known', 'serialNo\nNOBODY\n', 'no device has a serial number of the file'],
  ])('refuses %s as serial numbers of a group, and orders nothing', async (_what, file, detail) => {
    const { groupId } = await create()
    const before = await head()
    expect((await fillFrom(groupId, file)).json()).toMatchObject({
      code: 'group.file-not-readable',
      detail,
    })
    expect(await head()).toBe(before)
  })
})

describe('one group', () => {
  const read = async (groupId: string) =>
    (await operator.ask('GET', `/groups/${groupId}`)).json<GroupDetail>()

  it('shows a group with its devices by state, its connected devices, its market and its policy', async () => {
    const { groupId } = await create({ country: 'ET', environment: 'production' })
    await assign(groupId, { deviceIds })
    expect(await read(groupId)).toMatchObject({
      devices: 6,
      connected: 0,
      states: { approved: 6, registered: 0 },
      country: 'ET',
      policy: null,
    })
  })

  it('changes the name and the market of a group, and records each change once', async () => {
    const { groupId } = await create()
    const change = async (payload: object) =>
      (await operator.ask('POST', `/groups/${groupId}`, { payload })).json<GroupDetail>()
    const name = `Renamed ${groupId}`
    expect(await change({ name })).toMatchObject({ name, country: null })
    expect(await lastEvent()).toMatchObject({ type: 'group.changed', data: { groupId, name } })
    const market = { country: 'ET', environment: 'production' }
    expect(await change({ market })).toMatchObject({ name, ...market })
    const before = await head()
    expect(await change({ name, market })).toMatchObject(market)
    expect(await head()).toBe(before)
    expect(await change({ market: null })).toMatchObject({ country: null, environment: null })
  })

  it('refuses to give a group the name of another, or a market without a certificate', async () => {
    const [{ groupId }, { name }] = [await create(), await create()]
    const path = `/groups/${groupId}`
    await expectRefused(path, { name }, { code: 'group.duplicate' })
    const market = { country: 'KE', environment: 'production' }
    await expectRefused(path, { market }, { code: 'request.malformed' })
    await expectRefused(`/groups/${NOWHERE}`, { name: 'New' }, { code: 'group.not-found' })
  })

  it('deletes a group only when nothing uses it', async () => {
    const { groupId, name } = await create()
    const remove = () => operator.ask('DELETE', `/groups/${groupId}`)
    await assign(groupId, { deviceIds })
    expect((await remove()).json()).toMatchObject({ code: 'group.in-use' })
    await fill('none', { filter: { groupId } })
    expect((await remove()).statusCode).toBe(204)
    expect(await lastEvent()).toMatchObject({ type: 'group.deleted', data: { groupId, name } })
    expect((await list()).some((group) => group.groupId === groupId)).toBe(false)
    expect((await remove()).json()).toMatchObject({ code: 'group.not-found' })
  })
})

describe('the device list of a group', () => {
  it('pages through a group’s devices in every order without repeating or losing one', async () => {
    const { groupId } = await create({ country: 'ET', environment: 'production' })
    await assign(groupId, { deviceIds })
    for (const sort of ['serialNo', '-approvedAt', '-lastCheckInAt']) {
      const seen: string[] = []
      let after = ''
      do {
        const page = await membersOf(groupId, `&sort=${sort}&limit=4${after}`)
        expect(page.total).toEqual({ count: 6, isExact: true })
        seen.push(...page.items.map(({ deviceId }) => deviceId))
        after = page.next === null ? '' : `&after=${page.next}`
      } while (after !== '')
      expect(seen.toSorted()).toEqual(deviceIds.toSorted())
    }
    const counts = await operator.ask('GET', `/devices/counts?groupId=${groupId}`)
    expect(counts.json<DeviceCounts>().total).toBe(6)
    const ofCountry = await operator.ask('GET', '/devices?country=ET&level=L1')
    expect(ofCountry.json<DeviceList>().items).toHaveLength(2)
    const none = await operator.ask('GET', '/devices?country=KE')
    expect(none.json<DeviceList>().items).toEqual([])
  })
})
