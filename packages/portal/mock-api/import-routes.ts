import type { ImportView, RowErrorView } from '@sanad/protocol/operator-api/imports'
import { proposeForm } from '@sanad/protocol/domain/propose-form'
import { SanadError } from '@sanad/protocol/text/problems'
import { iso, sha256Of, uuidOf } from './fleet.ts'
import { type MockRoute, get, post } from './mock-route.ts'
import { pageOf } from './pages.ts'
import type { World } from './world.ts'

/** An import that waits for a person: with rows that are wrong, and rows that may be. */
export function waitingImport(now: number): ImportView {
  return {
    importId: uuidOf('waiting import'),
    format: 'csv',
    state: 'ready',
    signer: null,
    fileSha256: sha256Of('waiting import'),
    bytes: 2_048,
    bytesExpected: 2_048,
    rowsRead: 14,
    rowsValid: 11,
    rowsWithErrors: 3,
    rowsWithWarnings: 2,
    warnings: null,
    fileName: 'batch 7, corrected.csv',
    reading: {
      encoding: 'windows-1252',
      delimiter: ';',
      columns: [
        { header: 'Serial No.', column: 'serialNo' },
        { header: 'Make', column: 'make' },
        { header: 'Model', column: 'model' },
        { header: 'Remarks', column: '-' },
      ],
    },
    rowsApplied: 0,
    percent: 100,
    rowsPerSecond: 9_000,
    failure: null,
    choice: null,
    uploadedAt: iso(now - 300_000),
    finishedAt: null,
  }
}

const FINDINGS: readonly RowErrorView[] = [
  {
    row: 3,
    column: 'serialNo',
    severity: 'error',
    code: 'row.serial-no-rewritten',
    serialNo: '8.90123E+14',
    reason:
      '‘8.90123E+14’ is a number in scientific notation: a spreadsheet has rewritten it, and its last digits are lost.',
  },
  {
    row: 5,
    column: 'serialNo',
    severity: 'error',
    code: 'row.serial-no-character',
    serialNo: null,
    reason: '‘EXS442⟨U+00A0⟩C080002’ has, after ‘EXS442’, a no-break space (U+00A0).',
  },
  {
    row: 8,
    column: 'model',
    severity: 'error',
    code: 'row.model-unknown',
    serialNo: 'EXS442C110009',
    reason: 'No model ‘Slap 422’ of ‘Example’; known: ‘Slap 442’, ‘Iris 220’, ‘Face 100’.',
  },
  {
    row: 11,
    column: 'serialNo',
    severity: 'warning',
    code: 'row.serial-no-twin',
    serialNo: 'exs442c110001',
    reason:
      '‘exs442c110001’ differs from ‘EXS442C110001’ of row 10 in capital and small letters only.',
  },
  {
    row: 12,
    column: 'serialNo',
    severity: 'warning',
    code: 'row.serial-no-short',
    serialNo: '123456789',
    reason: '‘123456789’ has 9 characters; MDS asks for at least 12. Are leading zeros missing?',
  },
]

function importOf(world: World, id: string): ImportView {
  const found = world.imports.find(({ importId }) => importId === id)
  if (found === undefined) throw new SanadError('import.not-found')
  return found
}

export const IMPORT_ROUTES: readonly MockRoute[] = [
  get('import:read', /^\/imports$/, ({ world, query }) =>
    pageOf(world.imports, ({ importId }) => importId, query),
  ),
  get('import:read', /^\/imports\/([0-9a-f-]{36})$/, ({ world, id }) => importOf(world, id)),
  get('import:read', /^\/imports\/([0-9a-f-]{36})\/errors$/, ({ world, id, query }) => {
    const isWaiting = importOf(world, id).state === 'ready'
    const code = query.get('code')
    const rows = FINDINGS.filter((each) => isWaiting && (code === null || each.code === code))
    const page = pageOf(rows, ({ row }) => String(row), query)
    return { ...page, counts: FINDINGS.map((each) => ({ code: each.code, rows: 1 })) }
  }),
  post('import:manage', /^\/imports\/([0-9a-f-]{36})\/confirm$/, ({ world, id, body }) => {
    const waiting = importOf(world, id)
    if (waiting.state !== 'ready') throw new SanadError('import.state-refused')
    if (body['warnings'] === undefined) throw new SanadError('import.has-warnings')
    const rowsApplied = body['warnings'] === 'confirm' ? 11 : 9
    const finishedAt = iso(Date.now())
    const applied: ImportView = { ...waiting, state: 'applied', rowsApplied, finishedAt }
    world.imports.splice(world.imports.indexOf(waiting), 1, applied)
    return applied
  }),
  get('model:read', /^\/models\/([0-9a-f-]{36})\/serial-no-form\/proposal$/, ({ world, id }) => {
    const of = world.fleet.filter(({ modelId }) => modelId === id)
    const { form, ...rest } = proposeForm(of.map(({ serialNo }) => serialNo))
    return { ...rest, form: form ?? null }
  }),
  post('model:manage', /^\/models\/([0-9a-f-]{36})\/serial-no-form$/, ({ world, id, body }) => {
    const at = world.models.findIndex(({ modelId }) => modelId === id)
    const model = world.models[at]
    if (model === undefined) throw new SanadError('model.not-found')
    const form = typeof body['form'] === 'string' ? body['form'] : null
    const changed = { ...model, serialNoForm: form }
    world.models.splice(at, 1, changed)
    return changed
  }),
]
