import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  A,
  B,
  confirm,
  type Expected,
  expectOutcome,
  ROW,
  rows,
  send,
  utf16,
} from '../../test/sent-files.ts'
import { approveTestDevice, drawSerialNo } from '../../test/test-devices.ts'
import { models, portal, untilSettled } from '../../test/uploaded-files.ts'
import { readRecord } from '../record/event-reader.ts'

/** What people who do this job have sent, and what must become of it. docs/import.md */

const FIELD = join(import.meta.dirname, '../../test/field-imports')

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

describe('a file from the field', () => {
  it('knows an expected outcome for every file from the field', () => {
    expect(readdirSync(FIELD)).toEqual(Object.keys(OUTCOMES))
  })

  it.each(Object.entries(OUTCOMES))(
    'reads the file %s from the field with the expected outcome',
    async (name, expected) => {
      await expectOutcome(await send(readFileSync(join(FIELD, name))), expected)
    },
  )
})

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
  ])('reads past %s in a spreadsheet’s file', async (_what, file, expected) => {
    await expectOutcome(await send(file), expected)
  })

  it('reads a file in Windows-1252, and says so', async () => {
    const file = Buffer.from(`${rows(A)}\r\n${B},Exämple,Slap 442`, 'latin1')
    const sent = await send(file)
    expect(sent.view.reading).toMatchObject({ encoding: 'windows-1252' })
    expect(sent.reasons).toEqual([
      'No model ‘Slap 442’ of ‘Exämple’: there is no such make; known: ‘Example’.',
    ])
  })
})

describe('a warning', () => {
  it('asks to confirm warnings before anything is written, and records the confirmation', async () => {
    const serialNo = drawSerialNo()
    const { importId, view } = await send(rows(serialNo, serialNo.toLowerCase()))
    expect(view.rowsWithWarnings).toBe(1)
    expect((await confirm(importId, { choice: 'all' })).json()).toMatchObject({
      code: 'import.has-warnings',
    })
    await confirm(importId, { choice: 'all', warnings: 'confirm' })
    expect(await untilSettled(importId)).toMatchObject({ state: 'applied', rowsApplied: 2 })
    const { items } = await readRecord(portal.db.database, { limit: 3 })
    expect(items.map(({ event }) => event)).toMatchObject([
      { type: 'import.confirmed', data: { approved: 2, warningsConfirmed: 1 } },
      { type: 'device.approved', data: { confirmedWarnings: ['row.serial-no-twin'] } },
      { type: 'device.approved' },
    ])
  })

  it('leaves out rows with warnings when asked to', async () => {
    const serialNo = drawSerialNo()
    const { importId } = await send(rows(serialNo, 'EX7'))
    await confirm(importId, { choice: 'all', warnings: 'leave-out' })
    expect(await untilSettled(importId)).toMatchObject({ state: 'applied', rowsApplied: 1 })
  })

  it('returns an import to its preview for a warning that the operator has not seen', async () => {
    const serialNo = drawSerialNo()
    const { importId } = await send(rows(serialNo))
    await approveTestDevice(portal.db, models.slap.modelId, serialNo.toLowerCase())
    await confirm(importId, { choice: 'all' })
    expect(await untilSettled(importId)).toMatchObject({
      state: 'ready',
      rowsWithWarnings: 1,
      failure: { code: 'import.has-warnings' },
    })
  })
})
