import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { drawSerialNo, makeTestModels } from '../../test/test-devices.ts'
import { startTestPortal } from '../../test/test-portal.ts'
import {
  confirm,
  countDevices,
  csv,
  desk,
  errorsOf,
  HEADER,
  operator,
  portal,
  read,
  rowsOf,
  slap,
  untilSettled,
  upload,
  uploaded,
  withNothingChanged,
} from '../../test/uploaded-files.ts'
import { makeLogger } from '../platform/log.ts'
import { ImportDesk } from './import-desk.ts'
import { importsRoutes } from './imports.routes.ts'

describe('a CSV file', () => {
  it.each([
    ['semicolons', csv(slap()).replaceAll(',', ';')],
    ['tabs', csv(slap()).replaceAll(',', '\t')],
    ['a byte order mark', `\uFEFF${csv(slap())}`],
    ['line feeds only', csv(slap()).replaceAll('\r\n', '\n')],
    ['quoted cells', csv(slap().replaceAll(/[^,]+/g, '"$&"'))],
    [
      'other columns order and letter size',
      `MODEL,make,SerialNo\nSlap 442,Example,${drawSerialNo()}`,
    ],
    ['columns of the export', `${HEADER},state,approvedAt\n${slap()},registered,2026-01-01`],
  ])('reads a CSV file with %s', async (_what, text) => {
    expect(await uploaded(text)).toMatchObject({ rowsRead: 1, rowsValid: 1 })
  })

  it('reads a CSV file in chunks of any size', async () => {
    const text = csv(slap(), slap(), slap())
    const bytes = Readable.from(text.split(/(?=.)/s).map((letter) => Buffer.from(letter)))
    expect(await uploaded(bytes)).toMatchObject({ rowsRead: 3, rowsValid: 3 })
  })

  it.each([
    ['is empty', '', 'the file is empty', null],
    [
      'lacks a column',
      'serialNo,make\nx,y',
      'row 1: the column model is missing; the file has ‘serialNo’, ‘make’',
      1,
    ],
    [
      'has a column twice',
      'serialNo,make,model,Maker\n',
      'row 1: a column appears twice: ‘make’ and ‘Maker’ are both make',
      1,
    ],
    [
      'has a column nobody knows',
      'serialNo,make,model,Photo\n',
      'row 1: column 4 ‘Photo’ is not known; known: serialNo, make, model, deviceType, deviceSubType, level, ftmCertificateSha256, enrolmentSecretSha256, group. Rename it, or say which column it is, or that it is left out',
      1,
    ],
    [
      'has a quotation mark that is not closed',
      `${HEADER}\n${slap()}\n"EX`,
      'row 3: a quotation mark is not closed',
      3,
    ],
    [
      'has a row without end',
      `${HEADER}\n"${'x'.repeat(70_000)}`,
      'row 2: the row is too long; is a quotation mark not closed?',
      2,
    ],
  ])(
    'refuses a CSV file that %s with the place, and keeps nothing of it',
    async (_what, text, detail, row) => {
      const id = randomUUID()
      await withNothingChanged(async () => {
        const reply = await upload(text, { id })
        expect(reply.statusCode).toBe(400)
        expect(reply.json()).toMatchObject({ code: 'import.not-readable', detail })
      })
      expect(await read(id)).toMatchObject({
        state: 'failed',
        failure: { code: 'import.not-readable', detail, row },
      })
      expect(await rowsOf(id)).toBe(0)
    },
  )

  it('reports the rows of a CSV file that are not UTF-8', async () => {
    const text = Buffer.concat([
      Buffer.from(`${csv(slap())}\r\n`),
      Buffer.from([0x45, 0x58, 0xff, 0xfe]),
      Buffer.from(',Example,Slap 442,,,,,'),
    ])
    const { importId } = await uploaded(text)
    expect((await errorsOf(importId)).items).toMatchObject([
      { row: 3, column: 'serialNo', code: 'row.serial-no-character' },
    ])
  })

  it('refuses a file of another content type', async () => {
    const reply = await upload('{}', { type: 'application/json' })
    expect(reply.json()).toMatchObject({ code: 'request.unsupported-media-type' })
  })

  const LINE = 15_000

  it('cuts an upload off at 64 MiB, even when its length was not announced', async () => {
    const line = Buffer.from(`${'x'.repeat(LINE)}\n`)
    await withNothingChanged(async () => {
      const endless = function* () {
        yield Buffer.from(`${HEADER}\n`)
        for (let i = 0; i < (70 * 1024 * 1024) / LINE; i++) yield line
      }
      const reply = await upload(Readable.from(endless()))
      expect(reply.json()).toMatchObject({ code: 'request.too-large' })
    })
  })

  it('counts empty rows of a CSV file, and ignores them', async () => {
    const many = Buffer.alloc(10_000, '\n')
    const text = Buffer.concat([Buffer.from(csv(slap())), many, Buffer.from('a,b\n,,,,,,,\n')])
    const { importId, rowsRead } = await uploaded(text)
    expect(rowsRead).toBe(2)
    expect((await errorsOf(importId)).items).toMatchObject([
      { row: 10_002, column: 'model', code: 'row.value-missing' },
    ])
  })

  it('takes an upload that broke off again under the same id, from the same operator', async () => {
    const id = randomUUID()
    const broken = new Readable({
      read() {
        this.push(`${csv(slap())}\r\n`)
        this.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }))
      },
    })
    const failing = desk.receive({
      importId: id,
      format: 'csv',
      body: broken,
      bytesExpected: undefined,
      operatorId: operator.operatorId,
    })
    await expect(failing).rejects.toMatchObject({ code: 'import.not-readable' })
    expect(await read(id)).toMatchObject({ state: 'failed' })

    const colleague = await portal.signIn('operator')
    const theirs = await colleague.ask('POST', `/imports/${id}`, {
      payload: csv(slap()),
      headers: { 'content-type': 'text/csv' },
    })
    expect(theirs.json()).toMatchObject({ code: 'import.state-refused' })
    expect((await upload(csv(slap()), { id })).json()).toMatchObject({
      state: 'ready',
      rowsRead: 1,
    })
    expect((await upload(csv(slap()), { id })).json()).toMatchObject({
      code: 'import.state-refused',
    })
  })

  it('imports an exported CSV file at another server without changes', async () => {
    const { importId } = await uploaded(csv(slap(), slap()))
    await confirm(importId, 'all')
    await untilSettled(importId)
    await using elsewhere = await startTestPortal({
      routes: ({ db, clock }) => {
        const { database } = db
        const theirDesk = new ImportDesk({ database, clock, log: makeLogger('silent') })
        return [importsRoutes({ database, desk: theirDesk })]
      },
    })
    await makeTestModels(elsewhere.db)
    const groups = await portal.db.database.selectFrom('device_group').selectAll().execute()
    if (groups.length > 0)
      await elsewhere.db.database.insertInto('device_group').values(groups).execute()
    const exported = await operator.ask('GET', '/devices/export')
    const theirs = await elsewhere.signIn('operator')
    const reply = await theirs.ask('POST', `/imports/${randomUUID()}`, {
      payload: exported.body,
      headers: { 'content-type': 'text/csv' },
    })
    const devices = await countDevices()
    expect(reply.json()).toMatchObject({ rowsRead: devices, rowsValid: devices })
  })
})
