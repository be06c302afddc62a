import { randomUUID } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import type { ConfirmImport, ImportView, RowErrorPage } from '@sanad/protocol/operator-api/imports'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  FACE_MODEL,
  type TestModels,
  approveTestDevice,
  drawSerialNo,
  makeTestModels,
} from '../../test/test-devices.ts'
import { makeTestFactory, signManifest } from '../../test/test-factory.ts'
import { type TestOperator, type TestPortal, startTestPortal } from '../../test/test-portal.ts'
import { readRecord } from '../record/event-reader.ts'
import { makeLogger } from '../platform/log.ts'
import { proposeSerialNoForm } from '../devices/propose-serial-number-form.ts'
import { ModelRegistry } from '../models/model-registry.ts'
import { MOST_ROWS, readCsvRows } from './csv-rows.ts'
import { ImportDesk } from './import-desk.ts'
import { importsRoutes } from './imports.routes.ts'

/** What people who do this job have sent, and what must become of it. docs/import.md */

let portal: TestPortal
let operator: TestOperator
let models: TestModels
let desk: ImportDesk

beforeAll(async () => {
  portal = await startTestPortal({
    routes: ({ db, clock }) => {
      desk = new ImportDesk({ database: db.database, clock, log: makeLogger('silent') })
      return [importsRoutes({ database: db.database, desk })]
    },
  })
  models = await makeTestModels(portal.db)
  operator = await portal.signIn('operator')
})
afterAll(async () => {
  await desk.stop()
  await portal[Symbol.asyncDispose]()
})

interface Sent {
  readonly status: number
  readonly importId: string
  readonly view: ImportView & { detail?: string }
  /** `3 error row.serial-no-character`. */
  readonly found: readonly string[]
  readonly reasons: readonly string[]
}

async function send(payload: string | Buffer, query = '', type = 'text/csv'): Promise<Sent> {
  const importId = randomUUID()
  const headers = { 'content-type': type }
  const reply = await operator.ask('POST', `/imports/${importId}${query}`, { payload, headers })
  const errors = await operator.ask('GET', `/imports/${importId}/errors?limit=200`)
  const { items } = errors.json<RowErrorPage>()
  return {
    status: reply.statusCode,
    importId,
    view: reply.json<Sent['view']>(),
    found: items.map(({ row, severity, code }) => `${row} ${severity} ${code}`),
    reasons: items.map(({ reason }) => reason),
  }
}

const confirm = (importId: string, payload: ConfirmImport) =>
  operator.ask('POST', `/imports/${importId}/confirm`, { payload })

async function untilApplied(importId: string): Promise<ImportView> {
  for (let i = 0; i < 500; i++) {
    const view = (await operator.ask('GET', `/imports/${importId}`)).json<ImportView>()
    if (view.state !== 'applying') return view
    await wait(20)
  }
  throw new Error('the import was not applied')
}

const FIELD = join(import.meta.dirname, '../../test/field-imports')

interface Expected {
  readonly valid?: number
  readonly warnings?: number
  readonly found?: readonly string[]
  readonly reason?: RegExp
  /** The whole file is refused. */
  readonly refused?: RegExp
}

const REWRITTEN = 'error row.serial-no-rewritten'

const OUTCOMES: Readonly<Record<string, Expected>> = {
  'c01-semicolon.csv': { valid: 1 },
  'c02-sep-line.csv': { valid: 1 },
  'c06-scientific.csv': {
    valid: 0,
    found: [`2 ${REWRITTEN}`, `3 ${REWRITTEN}`, `4 ${REWRITTEN}`],
    reason: /^‘8\.90123E\+14’ is a number in scientific notation/,
  },
  'c07-leading-zeros.csv': {
    valid: 2,
    warnings: 1,
    found: ['3 warning row.serial-no-short', '3 warning row.serial-no-twin'],
  },
  'c08-nbsp.csv': {
    valid: 1,
    found: ['3 error row.serial-no-character', '4 error row.model-unknown'],
    reason: /^‘EXS442⟨U\+00A0⟩C080002’ has, after ‘EXS442’, a no-break space/,
  },
  'c10-smart-quotes.csv': {
    valid: 0,
    found: ['2 error row.serial-no-character', '3 error row.serial-no-character', `4 ${REWRITTEN}`],
    reason: /begins with a curly quotation mark \(U\+201C\)/,
  },
  'c11-case-dup.csv': {
    valid: 2,
    warnings: 1,
    found: ['3 warning row.serial-no-twin', '4 error row.duplicate-in-file'],
    reason: /differs from ‘EXS442C110001’ of row 2 in capital and small letters only/,
  },
  'c18-header-human.csv': { valid: 1 },
  'c21-blank-lines-trailing-commas.csv': { valid: 1 },
  'c23-xlsx.csv': { refused: /the file is a workbook .* save the sheet as “CSV UTF-8”/ },
  'c32-fullstop-zero.csv': { valid: 0, found: [`2 ${REWRITTEN}`, `3 ${REWRITTEN}`] },
}

async function expectOutcome(sent: Sent, expected: Expected): Promise<void> {
  if (expected.refused !== undefined) {
    expect(sent.status).toBe(400)
    expect(sent.view.detail).toMatch(expected.refused)
    return
  }
  expect(sent.view, JSON.stringify(sent.view)).toMatchObject({ state: 'ready' })
  expect(sent.found).toEqual(expected.found ?? [])
  expect(sent.view.rowsValid).toBe(expected.valid)
  expect(sent.view.rowsWithWarnings).toBe(expected.warnings ?? 0)
  if (expected.reason !== undefined) expect(sent.reasons[0]).toMatch(expected.reason)
}

describe('a file from the field', () => {
  it('has an expected outcome, each of them', () => {
    expect(readdirSync(FIELD)).toEqual(Object.keys(OUTCOMES))
  })

  it.each(Object.entries(OUTCOMES))('%s comes out as it should', async (name, expected) => {
    await expectOutcome(await send(readFileSync(join(FIELD, name))), expected)
  })
})

const ROW = (serialNo: string) => `${serialNo},Example,Slap 442`
const rows = (...serialNos: readonly string[]) =>
  ['serialNo,make,model', ...serialNos.map(ROW)].join('\r\n')
const A = 'EXS442D000001'
const B = 'EXS442D000002'
const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le')

describe('what spreadsheets add around the data', () => {
  it.each<[string, string | Buffer, Expected]>([
    [
      'a sep= line behind a byte order mark',
      `\uFEFFsep=;\r\n${rows(A).replaceAll(',', ';')}`,
      { valid: 1 },
    ],
    ['a sep= line that is quoted', `"sep=,"\n${rows(A)}`, { valid: 1 }],
    ['a sep= line with a tab', `sep=\t\n${rows(A).replaceAll(',', '\t')}`, { valid: 1 }],
    [
      'UTF-16 of Windows, as “Unicode text” is saved',
      utf16(rows(A).replaceAll(',', '\t')),
      { valid: 1 },
    ],
    ['UTF-16, big end first', utf16(rows(A)).swap16(), { valid: 1 }],
    ['UTF-16 without a mark', Buffer.from(rows(A), 'utf16le'), { valid: 1 }],
    ['line ends of an old Mac', rows(A, B).replaceAll('\r\n', '\r'), { valid: 2 }],
    ['blank lines before the header', `\r\n\r\n,,\r\n${rows(A)}`, { valid: 1 }],
    ['blank lines at the end', `${rows(A)}\r\n\r\n,,\r\n`, { valid: 1 }],
    ['empty columns', rows(A).replaceAll(/$/gm, ',,,,'), { valid: 1 }],
    [
      'delimiters that are missing where a row ends in empty cells',
      `${rows(A).replace('model', 'model,group,level')}`,
      { valid: 1 },
    ],
    ['vertical bars', rows(A).replaceAll(',', '|'), { valid: 1 }],
    ['everything in quotation marks', rows(A).replaceAll(/[^,\r\n]+/g, '"$&"'), { valid: 1 }],
    ['spaces around the values', rows(`  ${A}\u00A0 `), { valid: 1 }],
    ['a text in a formula, to keep its zeros', rows('="000123456789"'), { valid: 1 }],
    ['a text in a formula, in quotation marks', rows('"=""000123456789"""'), { valid: 1 }],
    ['a title above the header', `Acme, delivery 7\n\nDate:,03/01/2026\n${rows(A)}`, { valid: 1 }],
    [
      'a row of groups above the header',
      `Device,,,\nSerial No,Make,Model,\n${ROW(A)},`,
      { valid: 1 },
    ],
    ['the width of a sheet', rows(A).replaceAll(/$/gm, ','.repeat(16_381)), { valid: 1 }],
    [
      'row numbers below no header',
      `"",serialNo,make,model\n0,${ROW(A)}\n1,${ROW(B)}`,
      { valid: 2 },
    ],
    ['two byte order marks', `\uFEFF\uFEFF${rows(A)}`, { valid: 1 }],
    [
      'a byte order mark of UTF-8 before Windows-1252',
      Buffer.concat([Buffer.from('\uFEFF'), Buffer.from(`${rows(A)}\n\xE9,,`, 'latin1')]),
      {
        valid: 1,
        found: [
          '3 error row.serial-no-character',
          '3 error row.value-missing',
          '3 error row.value-missing',
        ],
      },
    ],
    ['the end of file of DOS', `${rows(A)}\r\n\x1A`, { valid: 1 }],
    ['a form feed', `${rows(A)}\n\f\n${ROW(B)}`, { valid: 2 }],
    ['a space before a quotation mark', rows(`"${A}"`).replaceAll(',', ', '), { valid: 1 }],
    ['a line break at the end of a cell', rows(`"${A}\n"`), { valid: 1 }],
    [
      'a cell of the longest length, left out',
      `${rows(A).replace('model', 'model,state')},${'z'.repeat(32_767)}`,
      { valid: 1 },
    ],
    ['carriage returns twice', rows(A, B).replaceAll('\r\n', '\r\r\n'), { valid: 2 }],
  ])('%s is read past', async (_what, file, expected) => {
    await expectOutcome(await send(file), expected)
  })

  it('in Windows-1252 is read, and it says so', async () => {
    const file = Buffer.from(`${rows(A)}\r\n${B},Exämple,Slap 442`, 'latin1')
    const sent = await send(file)
    expect(sent.view.reading).toMatchObject({ encoding: 'windows-1252' })
    expect(sent.reasons).toEqual([
      'No model ‘Slap 442’ of ‘Exämple’: there is no such make; known: ‘Example’.',
    ])
  })
})

describe('what is no table of devices', () => {
  it.each<[string, string | Buffer, RegExp]>([
    ['an Excel workbook', 'PK\x03\x04\x14\x00\x06\x00[Content_Types].xml', /an Excel workbook/],
    [
      'a LibreOffice workbook',
      'PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet',
      /a LibreOffice workbook/,
    ],
    ['a Numbers workbook', 'PK\x03\x04Index/Document.iwa', /a Numbers workbook/],
    [
      'an Excel workbook of before 2007',
      Buffer.from('d0cf11e0a1b11ae1', 'hex'),
      /before 2007 or with a password/,
    ],
    ['a web page', '<html><table><tr><td>serialNo', /a web page/],
    [
      'a workbook in XML',
      '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
      /a workbook in XML/,
    ],
    ['JSON', '[{"serialNo": "EXS442D000001"}]', /JSON/],
    ['bytes', Buffer.from('0102000304', 'hex'), /not a text/],
    ['gzip', Buffer.from('1f8b0800', 'hex'), /compressed with gzip/],
    ['a PDF', '%PDF-1.7', /a PDF/],
    ['a Word document', 'PK\x03\x04[Content_Types].xml word/document.xml', /a Word document/],
    ['a CSV in a ZIP', `PK\x03\x04${'\0'.repeat(26)}devices.csv`, /a ZIP archive. Unpack it/],
    ['a web page in UTF-16', utf16('<html><table>'), /a web page/],
    ['a web page behind a remark', '<!-- saved -->\n<HTML>', /a web page/],
    ['a page saved by a browser', 'MIME-Version: 1.0\n', /a saved web page/],
    ['XML', '<devices/>', /an XML file/],
    ['UTF-32', Buffer.from('fffe000073000000', 'hex'), /UTF-32/],
    ['UTF-16 with null characters', utf16(`serial\0No,make,model\n${ROW(A)}`), /not a text/],
    ['a number of JSON', '[1, 2]', /JSON/],
    ['DIF', 'TABLE\r\n0,1\r\n"EXCEL"', /a DIF file/],
    ['a certificate', '-----BEGIN CERTIFICATE-----', /in PEM/],
    ['a picture', Buffer.from('89504e470d0a1a0a', 'hex'), /a picture/],
    ['7-Zip', Buffer.from('377abcaf271c', 'hex'), /a compressed archive/],
    ['DER', Buffer.from('30820310', 'hex'), /not a text/],
    ['nothing', '', /the file is empty/],
    ['a sep= line alone', 'sep=;\r\n', /the file is empty/],
    ['a header alone', 'serialNo,make,model\r\n', /a header, and no device below it/],
    ['a thousand columns', `${'x,'.repeat(1_000)}y\n`, /row 1 has 1001 columns; .* 200 at most/],
  ])('%s is named, with what to do', async (_what, file, refused) => {
    await expectOutcome(await send(file), { refused })
  })
})

describe('headers as people write them', () => {
  it.each([
    ['Serial No.,Make,Model'],
    ['SERIAL_NUMBER*,Manufacturer,Model Name'],
    ['S/N,make (as printed),Model No.'],
    ['"Serial Number\n(required)",Brand,MODEL'],
    ['Seriennummer,Hersteller,Modell'],
    ['Numéro de série,Marque,Modèle'],
    ['\u00A0Serial\u00A0No ,Make:,Model'],
    ['1. Serial No,2. Make,3. Model'],
    ['Serial No - required,Make (mandatory),Model [max 36]'],
    ['Serial No / N° de série,Make/Marque,"Model\nModèle"'],
    ['devices.serial_no,devices.make,devices.model'],
    ['Serial no of device,Make of the device,Model of device'],
    ['الرقم التسلسلي,الشركة المصنعة,الطراز'],
    ['सीरियल नंबर,निर्माता,मॉडल'],
    ['Numero di serie,Produttore,Modello'],
    ['Серийный номер,Производитель,Модель'],
    ['序列号,制造商,型号'],
    ['Ｓｅｒｉａｌ　Ｎｏ,🏭 Make,<b>Model</b>'],
  ])('%j are matched, and shown', async (header) => {
    const sent = await send(`${header}\r\n${ROW(A)}`)
    expect(sent.view).toMatchObject({ state: 'ready', rowsValid: 1 })
    expect(sent.view.reading?.columns.map(({ column }) => column)).toEqual([
      'serialNo',
      'make',
      'model',
    ])
  })

  it.each<[string, RegExp]>([
    ['Sr. No.,Serial Number,Make,Model', /column 1 ‘Sr. No.’ is not known/],
    ['Old Serial No,Make,Model', /column 1 ‘Old Serial No’ is not known/],
    ['Serial No / Model,Make,Model', /column 1 ‘Serial No \/ Model’ is not known/],
    ['Sеrial No,Make,Model', /a Cyrillic letter that looks like ‘e’ \(U\+0435\)/],
    ['serialNo,Serial No.,make,model', /‘serialNo’ and ‘Serial No.’ are both serialNo/],
    ['serialNo,model', /the column make is missing; the file has ‘serialNo’, ‘model’/],
    ['\n\nserialNo,make,model,re\u0001marks', /^row 3: column 4 ‘re⟨U\+0001⟩marks’ is not known/],
  ])('%j are not guessed at', async (header, refused) => {
    await expectOutcome(await send(`${header}\n${ROW(A)}`), { refused })
  })

  it('below a title are counted with it, and the title is shown', async () => {
    const sent = await send(`Delivery 7\n\nserialNo,make,model\n${ROW('EXS442 D000001')}`)
    expect(sent.found).toEqual(['4 error row.serial-no-character'])
    expect(sent.view.reading?.above).toEqual(['Delivery 7'])
  })

  it('that are not known are named, and can be said or left out', async () => {
    const file = `Barcode,Make,Model,Remarks\r\n${ROW(A)},first batch`
    await expectOutcome(await send(file), {
      refused: /column 1 ‘Barcode’ is not known; known: serialNo, make, model/,
    })
    const sent = await send(file, '?columns=serialNo,make,model,-&fileName=batch%207.csv')
    expect(sent.view).toMatchObject({
      rowsValid: 1,
      fileName: 'batch 7.csv',
      reading: { columns: [{ header: 'Barcode', column: 'serialNo' }, {}, {}, { column: '-' }] },
    })
    await expectOutcome(await send(file, '?columns=serialNo,make'), { refused: /has 4 columns/ })
    await expectOutcome(await send(file, '?columns=serialNo,make,model,x'), {
      refused: /no column ‘x’; known/,
    })
  })
})

describe('numbers of a column', () => {
  const CHIP = '86'.repeat(30)
  it.each<[string, string, Expected]>([
    [
      'that a spreadsheet rounded, all of them',
      rows('8901234567890120', '8901234567890340'),
      {
        valid: 0,
        found: [
          '2 warning row.serial-no-rounded',
          '2 error row.serial-no-rounded-column',
          '3 warning row.serial-no-rounded',
          '3 error row.serial-no-rounded-column',
        ],
      },
    ],
    [
      'of which one ends in a zero',
      rows('8901234567890120', '8901234567890341'),
      { valid: 2, warnings: 1, found: ['2 warning row.serial-no-rounded'] },
    ],
    [
      'of which some lost their leading zeros',
      rows('000123456781', '000123456782', '000123456783', '123456790'),
      {
        valid: 4,
        warnings: 1,
        found: ['5 warning row.serial-no-short', '5 warning row.serial-no-shorter-than-others'],
      },
    ],
    [
      'that differ in O and 0',
      rows('EXS442DO00001', 'EXS442D000001'),
      { valid: 2, warnings: 1, found: ['3 warning row.serial-no-twin'] },
    ],
    [
      'that differ in I, l and 1',
      rows('EXSl42D000001', 'EXSI42D000001', 'EXS142D000001'),
      {
        valid: 3,
        warnings: 2,
        found: ['3 warning row.serial-no-twin', '4 warning row.serial-no-twin'],
      },
    ],
    [
      'that differ in separators',
      rows('EXS-442-D00001', 'EXS442D00001'),
      { valid: 2, warnings: 1, found: ['3 warning row.serial-no-twin'] },
    ],
    [
      'with a header in their midst',
      `${rows(A)}\r\nserialNo,make,model\r\n${ROW(B)}`,
      { valid: 2, found: ['3 error row.model-unknown', '3 error row.serial-no-stand-in'] },
    ],
    [
      'beside hashes that were continued as a series',
      `serialNo,make,model,FTM SHA256\r\n${ROW(A)},${CHIP}0001\r\n${ROW(B)},${CHIP}0002`,
      { valid: 1, found: ['3 error row.sha256-series'] },
    ],
    [
      'beside a model that was continued as a series',
      `serialNo,make,model\r\n${A},Example,Slap 442\r\n${B},Example,Slap 443`,
      {
        valid: 1,
        found: ['3 error row.model-unknown'],
        reason: /^No model ‘Slap 443’ of ‘Example’; known: ‘Slap 442’, ‘Face 7’\.$/,
      },
    ],
    [
      'beside a level that was continued as a series',
      `serialNo,make,model,level\r\n${ROW(A)},L1\r\n${ROW(B)},L2`,
      {
        valid: 1,
        found: ['3 error row.level-unknown'],
        reason: /^No level ‘L2’; known: ‘L0’, ‘L1’\.$/,
      },
    ],
    [
      'beside a secret where its hash should be, which is not shown',
      `serialNo,make,model,Enrolment Secret SHA256\r\n${A},Example,Face 7,ABCDE-FGHJK`,
      { valid: 0, found: ['2 error row.sha256-malformed'], reason: /^The value has 11 characters/ },
    ],
    [
      'below a name that is spelt otherwise',
      `serialNo,make,model\n${A},EXAMPLE,Slap 442\n${B},Exаmple,Slap 442\nEXS442D000003,Example,Slap  442`,
      {
        valid: 0,
        found: [2, 3, 4].map((row) => `${row} error row.model-unknown`),
        reason: /^No model ‘Slap 442’ of ‘EXAMPLE’: there is no such make; known: ‘Example’\.$/,
      },
    ],
    [
      'beside a hash with a letter that is none of hexadecimal',
      `serialNo,make,model,FTM SHA256\n${ROW(A)},${'ab'.repeat(31)}aО`,
      {
        valid: 0,
        found: ['2 error row.sha256-malformed'],
        reason: /64 characters, among them a Cyrillic letter that looks like ‘O’ \(U\+041E\)/,
      },
    ],
    [
      'beside a hash of nothing',
      `serialNo,make,model,FTM SHA256\n${ROW(A)},${'0'.repeat(64)}`,
      { valid: 0, found: ['2 error row.sha256-malformed'], reason: /one digit over and over/ },
    ],
    [
      'beside a secret that begins like a formula, which is not shown',
      `serialNo,make,model,Secret SHA256\n${A},Example,Face 7,=SECRET`,
      { valid: 0, found: ['2 error row.formula'], reason: /^The value begins like/ },
    ],
    [
      'beside a secret that has slipped beyond the header, which is not shown',
      `serialNo,make,model,Secret SHA256\n${A},Example,,Face 7,SECRET`,
      { valid: 0, found: ['2 error row.column-count'], reason: /header 4: a value has no column/ },
    ],
    [
      'with a value below no header',
      `serialNo,,make,model\n${A},stray,Example,Slap 442`,
      {
        valid: 0,
        found: ['2 error row.column-count'],
        reason: /^Column 2 has no header, and has ‘stray’/,
      },
    ],
    [
      'with a byte order mark where files were joined',
      `${rows(A)}\n\uFEFF${rows(B)}`,
      { valid: 2, found: ['3 error row.model-unknown', '3 error row.serial-no-stand-in'] },
    ],
    [
      'that are a range',
      rows('EXS442D000001-EXS442D000010'),
      { valid: 1, warnings: 1, found: ['2 warning row.serial-no-several'] },
    ],
    [
      'with a value beyond the header',
      `${rows(A)},stray`,
      { valid: 0, found: ['2 error row.column-count'], reason: /‘stray’ has no column/ },
    ],
  ])('%s', async (_what, file, expected) => {
    await expectOutcome(await send(file), expected)
  })
})

describe('the form of a model’s serial numbers', () => {
  it('refuses a number without its zeros, in a file and in a manifest', async () => {
    const { database } = portal.db
    const registry = new ModelRegistry(database, Date.now)
    const form = '#{12}'
    await registry.create({ ...FACE_MODEL, model: 'Face 12', serialNoForm: form }, 'command-line')
    const sent = await send(
      'serialNo,make,model\n000123456789,Example,Face 12\n123456789,Example,Face 12',
    )
    expect(sent.found).toEqual(['3 error row.serial-no-form'])
    expect(sent.reasons[0]).toContain('#{12}')

    const { model, deviceType: type, deviceSubType, level } = { ...FACE_MODEL, model: 'Face 12' }
    const device = { serialNo: '123456789', make: 'Example', model, type, deviceSubType, level }
    const manifest = signManifest(models.factory ?? makeTestFactory(), [device])
    const signed = await send(manifest, '', 'application/jose')
    expect(signed.found).toEqual(['1 error row.serial-no-form'])
  })

  it('is proposed from what is approved, and is on record when it is set', async () => {
    const { database } = portal.db
    const registry = new ModelRegistry(database, Date.now)
    const { modelId } = await registry.create({ ...FACE_MODEL, model: 'Face 13' }, 'command-line')
    for (let i = 1; i < 6; i++)
      await approveTestDevice(portal.db, modelId, `EXF13A26000${i * 7 + 10}`)
    const proposal = await proposeSerialNoForm(database, modelId, undefined)
    expect(proposal).toMatchObject({ form: 'EXF13A#{7}', looked: 5, fitting: 5, others: [] })
    const view = await registry.setSerialNoForm(modelId, proposal.form, 'command-line')
    expect(view.serialNoForm).toBe('EXF13A#{7}')
    const { items } = await readRecord(database, { limit: 1 })
    expect(items[0]?.event).toMatchObject({
      type: 'model.serial-no-form-set',
      data: { modelId, form: 'EXF13A#{7}' },
    })
    const refused = registry.setSerialNoForm(modelId, '(a+)+$', 'command-line')
    await expect(refused).rejects.toMatchObject({ code: 'model.serial-no-form-refused' })
  })
})

describe('a form that changes between preview and confirmation', () => {
  const setForm = (form: string | null) =>
    new ModelRegistry(portal.db.database, Date.now).setSerialNoForm(
      models.slap.modelId,
      form,
      'command-line',
    )
  afterEach(() => setForm(null))

  it.each(['all', 'valid'] as const)('sends rows back that do not fit it: %s', async (choice) => {
    const [one, other] = [drawSerialNo(), `X${drawSerialNo()}`]
    const { importId } = await send(rows(one, other, 'EXS 442'))
    const { importId: clean } = await send(rows(one, other))
    const sent = choice === 'all' ? clean : importId
    await setForm(`X?{8,40}`)
    await confirm(sent, { choice })
    const view = await untilApplied(sent)
    expect(view).toMatchObject({ state: 'ready', rowsApplied: 0 })
    expect(view.failure?.code).toBe('import.has-errors')
    expect(view.rowsWithErrors).toBe(choice === 'all' ? 1 : 2)
    const errors = await operator.ask('GET', `/imports/${sent}/errors`)
    const [first] = errors.json<RowErrorPage>().items
    expect(first).toMatchObject({ row: 2, code: 'row.serial-no-form' })
    expect(first?.reason).toContain('X?{8,40}')
    await confirm(sent, { choice: 'valid' })
    expect(await untilApplied(sent)).toMatchObject({ state: 'applied', rowsApplied: 1 })
  })

  it('takes doubts away that it settles', async () => {
    const { importId, view } = await send(rows('QX7-1'))
    expect(view.rowsWithWarnings).toBe(1)
    await setForm('QX#\\-#')
    await confirm(importId, { choice: 'all', warnings: 'leave-out' })
    expect(await untilApplied(importId)).toMatchObject({ rowsApplied: 1, rowsWithWarnings: 0 })
  })
})

describe('a warning', () => {
  it('is confirmed before anything is written, and the confirmation is on record', async () => {
    const serialNo = drawSerialNo()
    const { importId, view } = await send(rows(serialNo, serialNo.toLowerCase()))
    expect(view.rowsWithWarnings).toBe(1)
    expect((await confirm(importId, { choice: 'all' })).json()).toMatchObject({
      code: 'import.has-warnings',
    })
    await confirm(importId, { choice: 'all', warnings: 'confirm' })
    expect(await untilApplied(importId)).toMatchObject({ state: 'applied', rowsApplied: 2 })
    const { items } = await readRecord(portal.db.database, { limit: 3 })
    expect(items.map(({ event }) => event)).toMatchObject([
      { type: 'import.confirmed', data: { approved: 2, warningsConfirmed: 1 } },
      { type: 'device.approved', data: { confirmedWarnings: ['row.serial-no-twin'] } },
      { type: 'device.approved' },
    ])
  })

  it('can be left out, with its row', async () => {
    const serialNo = drawSerialNo()
    const { importId } = await send(rows(serialNo, 'EX7'))
    await confirm(importId, { choice: 'all', warnings: 'leave-out' })
    expect(await untilApplied(importId)).toMatchObject({ state: 'applied', rowsApplied: 1 })
  })

  it('that nobody has seen goes back to the preview', async () => {
    const serialNo = drawSerialNo()
    const { importId } = await send(rows(serialNo))
    await approveTestDevice(portal.db, models.slap.modelId, serialNo.toLowerCase())
    await confirm(importId, { choice: 'all' })
    expect(await untilApplied(importId)).toMatchObject({
      state: 'ready',
      rowsWithWarnings: 1,
      failure: { code: 'import.has-warnings' },
    })
  })
})

describe('the limit of rows', () => {
  async function countRows(devices: number): Promise<number> {
    const lines = function* () {
      yield 'serialNo,make,model\n'
      for (let left = devices; left > 0; left -= 1_000) {
        yield `${'a,b,c\n'.repeat(Math.min(1_000, left))}`
      }
    }
    const body = Readable.from([...lines()].map((text) => Buffer.from(text)))
    const onReading = () => Promise.resolve()
    let rows = 0
    for await (const _row of readCsvRows(body, { columns: undefined, onReading })) rows++
    return rows
  }

  it('counts devices, not the header', async () => {
    expect(await countRows(MOST_ROWS)).toBe(MOST_ROWS)
    await expect(countRows(MOST_ROWS + 1)).rejects.toMatchObject({ code: 'import.too-many-rows' })
  }, 120_000)
})
