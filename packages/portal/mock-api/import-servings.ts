import type { ImportView, RowErrorView } from '@sanad/protocol/operator-api/imports'
import { SanadError } from '@sanad/protocol/text/problems'
import { iso, sha256Of, uuidOf } from './fleet.ts'
import { pageOf } from './pages.ts'
import type { MockServings } from './servings.ts'
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

/** @throws SanadError `import.state-refused` unless it waits for a decision */
function decide(world: World, importId: string, to: Partial<ImportView>): ImportView {
  const waiting = importOf(world, importId)
  if (waiting.state !== 'ready') throw new SanadError('import.state-refused')
  const decided: ImportView = { ...waiting, ...to, finishedAt: iso(Date.now()) }
  world.imports.splice(world.imports.indexOf(waiting), 1, decided)
  return decided
}

export const IMPORT_SERVINGS = {
  listImports: ({ world, query }) => pageOf(world.imports, ({ importId }) => importId, query),
  readImport: ({ world, params }) => importOf(world, params.importId),
  listImportErrors: ({ world, params, query }) => {
    const isWaiting = importOf(world, params.importId).state === 'ready'
    const { code } = query
    const rows = FINDINGS.filter((each) => isWaiting && (code ?? each.code) === each.code)
    const page = pageOf(rows, ({ row }) => String(row), query)
    return { ...page, counts: FINDINGS.map((each) => ({ code: each.code, rows: 1 })) }
  },
  downloadImportErrors: ({ world, params }) => {
    importOf(world, params.importId)
    const rows = FINDINGS.map(({ row, code, reason }) => `${row},${code},"${reason}"`)
    return `\uFEFF${['row,code,reason', ...rows].join('\r\n')}\r\n`
  },
  uploadImport: ({ world, params: { importId }, query: { fileName = null }, body }) => {
    const rows = body.trimEnd().split('\n').length - 1
    const uploaded: ImportView = {
      ...waitingImport(Date.now()),
      importId,
      fileName,
      fileSha256: sha256Of(body),
      bytes: body.length,
      bytesExpected: body.length,
      rowsRead: rows,
      rowsValid: rows,
      rowsWithErrors: 0,
      rowsWithWarnings: 0,
    }
    world.imports.unshift(uploaded)
    return uploaded
  },
  confirmImport: ({ world, params, body: { choice, warnings } }) => {
    const { rowsValid, rowsWithWarnings, rowsWithErrors } = importOf(world, params.importId)
    if (choice === 'all' && rowsWithErrors !== 0) throw new SanadError('import.has-errors')
    const doubtful = rowsWithWarnings ?? 0
    if (doubtful > 0 && warnings === undefined) throw new SanadError('import.has-warnings')
    const rowsApplied = (rowsValid ?? 0) - (warnings === 'leave-out' ? doubtful : 0)
    return decide(world, params.importId, { state: 'applied', rowsApplied })
  },
  discardImport: ({ world, params }) => decide(world, params.importId, { state: 'discarded' }),
} satisfies MockServings
