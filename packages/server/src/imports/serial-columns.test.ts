import type { RowErrorPage } from '@sanad/protocol/operator-api/imports'
import { afterEach, describe, expect, it } from 'vitest'
import {
  A,
  B,
  confirm,
  type Expected,
  expectOutcome,
  ROW,
  rows,
  send,
} from '../../test/sent-files.ts'
import { approveTestDevice, drawSerialNo, FACE_MODEL } from '../../test/test-devices.ts'
import { makeTestFactory, signManifest } from '../../test/test-factory.ts'
import { models, operator, portal, untilSettled } from '../../test/uploaded-files.ts'
import { proposeSerialNoForm } from '../devices/propose-serial-number-form.ts'
import { ModelRegistry } from '../models/model-registry.ts'
import { readRecord } from '../record/event-reader.ts'

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
  it('refuses a serial number without its leading zeros, in a file and in a manifest', async () => {
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

  it('proposes the form of serial numbers from approved devices, and records it when it is set', async () => {
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

  it.each(['all', 'valid'] as const)(
    'returns rows to the preview that do not fit the new form, when %s rows were confirmed',
    async (choice) => {
      const [one, other] = [drawSerialNo(), `X${drawSerialNo()}`]
      const { importId } = await send(rows(one, other, 'EXS 442'))
      const { importId: clean } = await send(rows(one, other))
      const sent = choice === 'all' ? clean : importId
      await setForm(`X?{8,40}`)
      await confirm(sent, { choice })
      const view = await untilSettled(sent)
      expect(view).toMatchObject({ state: 'ready', rowsApplied: 0 })
      expect(view.failure?.code).toBe('import.has-errors')
      expect(view.rowsWithErrors).toBe(choice === 'all' ? 1 : 2)
      const errors = await operator.ask('GET', `/imports/${sent}/errors`)
      const [first] = errors.json<RowErrorPage>().items
      expect(first).toMatchObject({ row: 2, code: 'row.serial-no-form' })
      expect(first?.reason).toContain('X?{8,40}')
      await confirm(sent, { choice: 'valid' })
      expect(await untilSettled(sent)).toMatchObject({ state: 'applied', rowsApplied: 1 })
    },
  )

  it('removes warnings that the new form settles', async () => {
    const { importId, view } = await send(rows('QX7-1'))
    expect(view.rowsWithWarnings).toBe(1)
    await setForm('QX#\\-#')
    await confirm(importId, { choice: 'all', warnings: 'leave-out' })
    expect(await untilSettled(importId)).toMatchObject({ rowsApplied: 1, rowsWithWarnings: 0 })
  })
})
