import { randomBytes, randomUUID } from 'node:crypto'
import type { ImportView, RowErrorPage } from '@sanad/protocol/operator-api/imports'
import { describe, expect, it } from 'vitest'
import { approveTestDevice, drawSerialNo } from '../../test/test-devices.ts'
import {
  confirm,
  countDevices,
  csv,
  desk,
  errorsOf,
  HEADER,
  models,
  operator,
  portal,
  rowsOf,
  slap,
  untilSettled,
  uploaded,
  withNothingChanged,
} from '../../test/uploaded-files.ts'
import { readRecord, readTimeline } from '../record/event-reader.ts'

describe('an import', () => {
  it('previews an import, writes nothing before it is confirmed, and then everything', async () => {
    const serials = [drawSerialNo(), drawSerialNo(), drawSerialNo()]
    let view: ImportView | undefined
    await withNothingChanged(async () => {
      view = await uploaded(csv(...serials.map((serialNo) => slap(serialNo))))
    })
    expect(view).toMatchObject({
      format: 'csv',
      rowsRead: 3,
      rowsValid: 3,
      rowsWithErrors: 0,
      percent: 100,
      choice: null,
    })
    const { importId = '' } = view ?? {}
    expect((await confirm(importId, 'all')).statusCode).toBe(202)
    expect(await untilSettled(importId)).toMatchObject({ state: 'applied', rowsApplied: 3 })

    const devices = await portal.db.database
      .selectFrom('device')
      .selectAll()
      .where('import_id', '=', importId)
      .execute()
    expect(new Set(devices.map((device) => device.serial_no))).toEqual(new Set(serials))
    const timeline = await readTimeline(portal.db.database, devices[0]?.device_id ?? '', {})
    expect(timeline.items[0]?.event).toMatchObject({
      type: 'device.approved',
      actor: `operator:${operator.operatorId}`,
      data: { source: 'csv', importId },
    })
    const { items } = await readRecord(portal.db.database, { type: ['import.confirmed'], limit: 1 })
    expect(items[0]?.event.data).toMatchObject({ importId, choice: 'all', approved: 3, leftOut: 0 })
    expect(await rowsOf(importId)).toBe(0)
  })

  it('puts imported devices into the groups that rows name, and refuses unknown groups', async () => {
    const groupId = randomUUID()
    await portal.db.database
      .insertInto('device_group')
      .values({ group_id: groupId, name: '=Nord', country: null, environment: null })
      .execute()
    const [first, second, third] = [drawSerialNo(), drawSerialNo(), drawSerialNo()]
    const text = [
      `${HEADER},group`,
      `${slap(first)},'=Nord`,
      `${slap(second)},`,
      `${slap(third)},Nobody’s`,
    ].join('\r\n')
    const { importId } = await uploaded(text)
    expect((await errorsOf(importId)).items).toMatchObject([
      { row: 4, column: 'group', code: 'row.group-unknown', serialNo: third },
    ])
    await confirm(importId, 'valid')
    expect(await untilSettled(importId)).toMatchObject({ state: 'applied', rowsApplied: 2 })
    const groups = await portal.db.database
      .selectFrom('device')
      .select(['serial_no', 'group_id'])
      .where('serial_no', 'in', [first, second, third])
      .orderBy('serial_no')
      .execute()
    expect(groups).toEqual([
      { serial_no: first, group_id: groupId },
      { serial_no: second, group_id: null },
    ])
    const { items } = await readRecord(portal.db.database, { limit: 2 })
    expect(items.map(({ event }) => event)).toMatchObject([
      { type: 'import.confirmed' },
      { type: 'group.devices-assigned', data: { groupId, devices: 1 } },
    ])
    const exported = await operator.ask('GET', '/devices/export')
    expect(exported.body.split('\r\n').find((line) => line.startsWith(first))).toContain(",'=Nord,")
  })

  it('applies an import once, however often it is confirmed', async () => {
    const { importId } = await uploaded(csv(slap()))
    await Promise.all([confirm(importId, 'all'), confirm(importId, 'all')])
    await untilSettled(importId)
    const before = await countDevices()
    expect((await confirm(importId, 'all')).json()).toMatchObject({ state: 'applied' })
    await desk.stop()
    expect(await countDevices()).toBe(before)
    const other = await confirm(importId, 'valid')
    expect(other.json()).toMatchObject({ code: 'import.state-refused' })
  })

  it('names row, column and reason of each error, and refuses to import all rows', async () => {
    const existing = drawSerialNo()
    await approveTestDevice(portal.db, models.slap.modelId, existing)
    const twice = drawSerialNo()
    const chip = randomBytes(32).toString('hex')
    const view = await uploaded(
      csv(
        slap(twice), // 2
        ',Example,Slap 442,,,,,', // 3
        slap(twice), // 4
        slap(existing), // 5
        `${drawSerialNo()},Example,Slap 9,,,,,`, // 6
        `${drawSerialNo()},Example,Face 7,Iris,Double,L1,,`, // 7
        `${drawSerialNo()},Example,Slap 442,Foot,,L9,xyz,`, // 8
        slap(drawSerialNo(), chip), // 9
        slap(drawSerialNo(), chip.toUpperCase()), // 10
        `${drawSerialNo()},Example`, // 11
        '', // 12
        `=HYPERLINK(1),Example,Slap 442,,,,,`, // 13
        `${drawSerialNo()},Example,Face 7,,,,${chip},`, // 14
        `${drawSerialNo()},Example,Slap 442,,,,,${chip}`, // 15
        `bad\tserial,Example,Slap 442,,,,,`, // 16
      ),
    )
    const { items, counts } = await errorsOf(view.importId)
    expect(items.map(({ row, column, code }) => [row, column, code])).toEqual([
      [3, 'serialNo', 'row.value-missing'],
      [4, 'serialNo', 'row.duplicate-in-file'],
      [5, 'serialNo', 'row.device-exists'],
      [6, 'model', 'row.model-unknown'],
      [7, 'deviceType', 'row.device-type-differs'],
      [7, 'level', 'row.level-differs'],
      [8, 'deviceType', 'row.device-type-unknown'],
      [8, 'level', 'row.level-unknown'],
      [8, 'ftmCertificateSha256', 'row.sha256-malformed'],
      [10, 'ftmCertificateSha256', 'row.duplicate-ftm-certificate'],
      [11, 'model', 'row.value-missing'],
      [13, 'serialNo', 'row.serial-no-formula'],
      [14, 'ftmCertificateSha256', 'row.ftm-certificate-not-for-l0'],
      [15, 'enrolmentSecretSha256', 'row.enrolment-secret-not-for-l1'],
      [16, 'serialNo', 'row.serial-no-character'],
    ])
    for (const { reason } of items) expect(reason).toMatch(/^[A-Z‘].*\.$/u)
    expect(counts.reduce((sum, { rows }) => sum + rows, 0)).toBe(15)
    expect(view).toMatchObject({ rowsRead: 14, rowsWithErrors: 12, rowsValid: 2 })
    await withNothingChanged(async () => {
      const reply = await confirm(view.importId, 'all')
      expect(reply.json()).toMatchObject({ code: 'import.has-errors' })
    })
    await confirm(view.importId, 'valid')
    expect(await untilSettled(view.importId)).toMatchObject({ state: 'applied', rowsApplied: 2 })
  })

  it('gives the errors of an import as CSV without formulas', async () => {
    const { importId } = await uploaded(
      csv(slap(), `${drawSerialNo()},'=1+1,X,,,,,`, slap("'=1+1")),
    )
    const reply = await operator.ask('GET', `/imports/${importId}/errors.csv`)
    const lines = reply.body.split('\r\n')
    expect(lines[0]).toBe('\uFEFFrow,column,serialNo,severity,code,reason')
    expect(lines).toHaveLength(4)
    expect(reply.body).toContain(",'=1+1,error,row.serial-no-formula,")
  })

  it('pages through the errors of an import without repeating one', async () => {
    const { importId } = await uploaded(
      csv(...Array.from({ length: 25 }, () => 'x,y,z,Foot,,L9,,')),
    )
    const seen: string[] = []
    let after = ''
    do {
      const page = (
        await operator.ask('GET', `/imports/${importId}/errors?limit=7${after}`)
      ).json<RowErrorPage>()
      seen.push(...page.items.map(({ row, code }) => `${row} ${code}`))
      after = page.next === null ? '' : `&after=${page.next}`
    } while (after !== '')
    expect(seen).toHaveLength(75)
    expect(new Set(seen).size).toBe(75)
  })

  it('returns an import to its preview when the repository changed before it was applied', async () => {
    const serialNo = drawSerialNo()
    const { importId } = await uploaded(csv(slap(serialNo), slap()))
    await approveTestDevice(portal.db, models.slap.modelId, serialNo)
    await withNothingChanged(async () => {
      await confirm(importId, 'all')
      expect(await untilSettled(importId)).toMatchObject({
        state: 'ready',
        rowsWithErrors: 1,
        rowsValid: 1,
        failure: { code: 'import.has-errors' },
      })
    })
    await confirm(importId, 'valid')
    expect(await untilSettled(importId)).toMatchObject({ state: 'applied', rowsApplied: 1 })
  })

  it('discards an import, and then refuses to apply it', async () => {
    const { importId } = await uploaded(csv(slap()))
    const reply = await operator.ask('POST', `/imports/${importId}/discard`)
    expect(reply.json()).toMatchObject({ state: 'discarded' })
    await withNothingChanged(async () => {
      expect((await confirm(importId, 'all')).json()).toMatchObject({
        code: 'import.state-refused',
      })
    })
    expect(await rowsOf(importId)).toBe(0)
  })

  it('lists imports newest first, page by page', async () => {
    const { importId } = await uploaded(csv(slap()))
    const page = (await operator.ask('GET', '/imports?limit=2')).json<{
      items: ImportView[]
      next: string
    }>()
    expect(page.items[0]?.importId).toBe(importId)
    const next = (await operator.ask('GET', `/imports?limit=2&after=${page.next}`)).json<{
      items: ImportView[]
    }>()
    expect(next.items[0]?.importId).not.toBe(page.items[1]?.importId)
  })
})
