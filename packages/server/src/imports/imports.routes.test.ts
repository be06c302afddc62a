import { randomBytes, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import type { ImportView, RowErrorPage } from '@sanad/protocol/operator-api/imports'
import { IMPORT_COLUMNS } from '@sanad/protocol/domain/import-columns'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  FACE_MODEL,
  SLAP_MODEL,
  type TestModels,
  approveTestDevice,
  drawSerialNo,
  makeTestModels,
} from '../../test/test-devices.ts'
import { makeTestFactory, signManifest } from '../../test/test-factory.ts'
import { type TestOperator, type TestPortal, startTestPortal } from '../../test/test-portal.ts'
import { readHead, readRecord, readTimeline } from '../record/event-reader.ts'
import { makeLogger } from '../platform/log.ts'
import { makeDeviceRegistry } from '../compose/device-registry.ts'
import { devicesRoutes } from '../fleet/devices.routes.ts'
import { FtmProviderRegistry } from '../models/ftm-provider-registry.ts'
import { ModelRegistry } from '../models/model-registry.ts'
import { ImportDesk } from './import-desk.ts'
import { importsRoutes } from './imports.routes.ts'

let portal: TestPortal
let operator: TestOperator
let models: TestModels
let desk: ImportDesk

beforeAll(async () => {
  portal = await startTestPortal({
    routes: ({ db, clock }) => {
      const { database } = db
      desk = new ImportDesk({ database, clock, log: makeLogger('silent') })
      return [
        importsRoutes({ database, desk }),
        devicesRoutes({ database, clock, devices: makeDeviceRegistry(database, clock) }),
      ]
    },
  })
  models = await makeTestModels(portal.db)
  operator = await portal.signIn('operator')
})
afterAll(async () => {
  await desk.stop()
  await portal[Symbol.asyncDispose]()
})

const HEADER = IMPORT_COLUMNS.filter((column) => column !== 'group').join(',')
const csv = (...lines: readonly string[]) => [HEADER, ...lines].join('\r\n')
const slap = (serialNo = drawSerialNo(), chip = '') =>
  `${serialNo},Example,Slap 442,Finger,Slap,L1,${chip},`

const upload = (payload: string | Buffer | Readable, more: { id?: string; type?: string } = {}) =>
  operator.ask('POST', `/imports/${more.id ?? randomUUID()}`, {
    payload,
    headers: { 'content-type': more.type ?? 'text/csv' },
  })

async function uploaded(payload: string | Buffer | Readable, type?: string): Promise<ImportView> {
  const reply = await upload(payload, type === undefined ? {} : { type })
  expect(reply.json<ImportView>(), reply.body).toMatchObject({ state: 'ready' })
  return reply.json<ImportView>()
}

const read = async (id: string) => (await operator.ask('GET', `/imports/${id}`)).json<ImportView>()
const errorsOf = async (id: string) =>
  (await operator.ask('GET', `/imports/${id}/errors?limit=200`)).json<RowErrorPage>()
const confirm = (id: string, choice: 'all' | 'valid') =>
  operator.ask('POST', `/imports/${id}/confirm`, { payload: { choice } })

async function untilSettled(id: string): Promise<ImportView> {
  for (let i = 0; i < 500; i++) {
    const view = await read(id)
    if (view.state !== 'applying') return view
    await wait(20)
  }
  throw new Error('the import was not applied')
}

async function count(query: string, ...values: readonly string[]): Promise<number> {
  const { rows } = await portal.db.pool.query<{ n: number }>(`select count(*) as n ${query}`, [
    ...values,
  ])
  return rows[0]?.n ?? 0
}
const countDevices = () => count('from device')
/** Rows put aside. */
const rowsOf = (id: string) => count('from device_import_row where import_id = $1', id)
const head = () => readHead(portal.db.database)

/** Neither devices nor events. */
async function withNothingChanged(work: () => Promise<void>): Promise<void> {
  const before = [await countDevices(), await head()]
  await work()
  expect([await countDevices(), await head()]).toEqual(before)
}

describe('an import', () => {
  it('shows its effect first, writes nothing before it is confirmed, then all of it', async () => {
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

  it('puts devices into the groups it names, and nobody into one that is not there', async () => {
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

  it('is applied once, however often it is confirmed', async () => {
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

  it('names row, column and reason of each error, and is not applied as a whole', async () => {
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

  it('gives the errors as CSV, which a spreadsheet cannot be tricked with', async () => {
    const { importId } = await uploaded(
      csv(slap(), `${drawSerialNo()},'=1+1,X,,,,,`, slap("'=1+1")),
    )
    const reply = await operator.ask('GET', `/imports/${importId}/errors.csv`)
    const lines = reply.body.split('\r\n')
    expect(lines[0]).toBe('\uFEFFrow,column,serialNo,severity,code,reason')
    expect(lines).toHaveLength(4)
    expect(reply.body).toContain(",'=1+1,error,row.serial-no-formula,")
  })

  it('pages through errors without repeating one', async () => {
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

  it('goes back to the preview when the repository changed before it was applied', async () => {
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

  it('can be discarded, and then not applied', async () => {
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

  it('is listed, newest first, page by page', async () => {
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
  ])('may have %s', async (_what, text) => {
    expect(await uploaded(text)).toMatchObject({ rowsRead: 1, rowsValid: 1 })
  })

  it('is read as it comes, in chunks of any size', async () => {
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
  ])('that %s is refused with the place, and leaves nothing', async (_what, text, detail, row) => {
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
  })

  it('that is not UTF-8 has errors where it is not', async () => {
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

  it('is refused when it is of another type', async () => {
    const reply = await upload('{}', { type: 'application/json' })
    expect(reply.json()).toMatchObject({ code: 'request.unsupported-media-type' })
  })

  const LINE = 15_000

  it('is cut off at 64 MiB, also when nobody said how long it is', async () => {
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

  it('may have empty rows, which count but mean nothing', async () => {
    const many = Buffer.alloc(10_000, '\n')
    const text = Buffer.concat([Buffer.from(csv(slap())), many, Buffer.from('a,b\n,,,,,,,\n')])
    const { importId, rowsRead } = await uploaded(text)
    expect(rowsRead).toBe(2)
    expect((await errorsOf(importId)).items).toMatchObject([
      { row: 10_002, column: 'model', code: 'row.value-missing' },
    ])
  })

  it('that broke off can be sent again under the same id, by its sender', async () => {
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

  it('of the export is imported elsewhere as it is', async () => {
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

describe('a factory manifest', () => {
  const JOSE = 'application/jose'
  const device = (change: object = {}) => ({
    serialNo: drawSerialNo(),
    make: 'Example',
    model: 'Slap 442',
    type: 'Finger',
    deviceSubType: 'Slap',
    level: 'L1',
    ftmCertificateSha256: randomBytes(32).toString('hex'),
    ...change,
  })

  it('is imported, and the record says who signed it', async () => {
    const view = await uploaded(signManifest(models.factory, [device(), device()]), JOSE)
    expect(view).toMatchObject({
      format: 'factory-manifest',
      signer: 'Chipworks Factory',
      rowsValid: 2,
    })
    await confirm(view.importId, 'all')
    expect(await untilSettled(view.importId)).toMatchObject({ state: 'applied', rowsApplied: 2 })
    const { items } = await readRecord(portal.db.database, { type: ['import.confirmed'], limit: 1 })
    const { certificate } = models.factory.factory
    expect(items[0]?.event.data).toMatchObject({
      format: 'factory-manifest',
      signerCertificateSha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    })
  })

  it('vouches only for models with chips of its own provider', async () => {
    const other = makeTestFactory('Otherchips')
    const { database } = portal.db
    const { ftmProviderId } = await new FtmProviderRegistry(database, Date.now).add(
      { name: 'Otherchips', certificatePem: other.rootPem },
      'command-line',
    )
    await new ModelRegistry(database, Date.now).create(
      { ...SLAP_MODEL, model: 'Slap 500', ftmProviderId },
      'command-line',
    )
    const rows = [device(), device({ model: 'Slap 500' }), { ...device(), ...l0() }]
    const { importId } = await uploaded(signManifest(other, rows), JOSE)
    expect((await errorsOf(importId)).items).toMatchObject([
      { row: 1, code: 'row.ftm-provider-differs' },
    ])
  })

  const l0 = () => {
    const { model, deviceType: type, deviceSubType, level } = FACE_MODEL
    return { model, type, deviceSubType, level, ftmCertificateSha256: undefined }
  }

  it.each([
    [
      'signed by a chip',
      () => signManifest(models.factory, [device()], { signer: models.factory.chip }),
    ],
    ['of a factory nobody trusts', () => signManifest(makeTestFactory('Unknown'), [device()])],
    [
      'changed after it was signed',
      () => {
        const [header, , signature] = signManifest(models.factory, [device()]).split('.')
        const [, payload] = signManifest(models.factory, [device()]).split('.')
        return [header, payload, signature].join('.')
      },
    ],
    [
      'signed by the root itself',
      () => signManifest(models.factory, [device()], { signer: models.factory.root }),
    ],
  ])('%s is refused as not genuine', async (_what, make) => {
    const id = randomUUID()
    await withNothingChanged(async () => {
      const reply = await upload(make(), { id, type: JOSE })
      expect(reply.json()).toMatchObject({ code: 'import.signature-invalid' })
    })
    expect(await read(id)).toMatchObject({ state: 'failed', rowsRead: 0 })
  })

  it.each([
    ['without algorithm', () => signManifest(models.factory, [], { header: { alg: 'none' } })],
    ['under a shared secret', () => signManifest(models.factory, [], { header: { alg: 'HS256' } })],
    ['of another kind', () => signManifest(models.factory, [], { header: { typ: 'JWT' } })],
    [
      'with a header nobody knows',
      () => signManifest(models.factory, [], { header: { crit: ['x'] } }),
    ],
    ['of another version', () => signManifest(models.factory, [], { payload: { v: 2 } })],
    ['with a field nobody knows', () => signManifest(models.factory, [device({ photo: 'AAAA' })])],
    ['with a trailing byte', () => `${signManifest(models.factory, [])}=`],
    ['that is none', () => 'hello'],
  ])('%s is refused as not readable', async (_what, make) => {
    await withNothingChanged(async () => {
      const reply = await upload(make(), { type: JOSE })
      expect(reply.json()).toMatchObject({ code: 'import.not-readable' })
      expect(reply.body).not.toContain('AAAA')
    })
  })
})

describe('a server that stopped', () => {
  /** As another server finds it half a minute after the first was killed. */
  async function leaveIn(state: string, importId: string, choice: 'all' | null = null) {
    await portal.db.pool.query(
      `update device_import set state = $2, choice = $3, confirmed_by = uploaded_by where import_id = $1`,
      [importId, state, choice],
    )
    await portal.db.pool.query(
      `update device_import_progress set alive_at = now() - interval '30 seconds' where import_id = $1`,
      [importId],
    )
  }

  const another = () => {
    const { database } = portal.db
    return new ImportDesk({ database, clock: Date.now, log: makeLogger('silent') })
  }

  it('leaves an import to be applied that another applies', async () => {
    const { importId } = await uploaded(csv(slap()))
    await leaveIn('applying', importId, 'all')
    await Promise.all([another().takeUp(), another().takeUp()])
    expect(await read(importId)).toMatchObject({ state: 'applied', rowsApplied: 1 })
  })

  it('leaves an import to be checked that another checks', async () => {
    const { importId } = await uploaded(csv(slap()))
    await leaveIn('checking', importId)
    await another().takeUp()
    expect(await read(importId)).toMatchObject({ state: 'ready', rowsValid: 1 })
  })

  it('leaves a broken upload that says what to do', async () => {
    const { importId } = await uploaded(csv(slap()))
    await leaveIn('receiving', importId)
    await another().takeUp()
    const view = await read(importId)
    expect(view.state).toBe('failed')
    expect(view.failure?.detail).toMatch(/send the file again/)
  })

  it('is not taken for dead while it works', async () => {
    const { importId } = await uploaded(csv(slap()))
    await portal.db.pool.query(`update device_import set state = 'applying' where import_id = $1`, [
      importId,
    ])
    await another().takeUp()
    expect(await read(importId)).toMatchObject({ state: 'applying' })
    await leaveIn('ready', importId)
  })
})
