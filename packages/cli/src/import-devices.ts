import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { UsageError } from '@sanad/command-line/program'
import type { ConfirmImport, ImportView, RowErrorPage } from '@sanad/protocol/operator-api/imports'
import { matchHeader } from '@sanad/protocol/domain/import-columns'
import { writeOut } from '@sanad/protocol/domain/named-character'
import { HEAD_BYTES, explainOtherFile, readTableHead } from '@sanad/protocol/domain/table-head'
import { Progress, print, table } from './terminal.ts'
import { type Said, type Verb, need, text } from './verb.ts'

/** Devices of a file are approved; a dry run shows what would become of it, and approves none. */

const STEPS: Partial<Record<ImportView['state'], string>> = {
  receiving: 'sending the file',
  checking: 'checking rows',
  applying: 'approving devices',
}

async function importDevices(said: Said): Promise<void> {
  const path = need(said, 0, 'a file')
  const isDry = said.options['dry-run'] === true
  const isManifest = /\.(?:jws|jose)$/i.test(path)
  if (isDry && !isManifest) await showMapping(said, path)
  const progress = new Progress(said.terminal)
  const uploaded = await upload(said, path, isManifest, progress)
  const view = isDry ? uploaded : await confirm(said, uploaded, progress)
  progress.end()
  const rows = view.state === 'applied' ? [] : await firstFindings(said, uploaded)
  if (isDry) await discard(said, uploaded)
  print(said.terminal, view, () => describeImport(view, rows))
  if (view.state !== 'applied' && !(isDry && (uploaded.rowsWithErrors ?? 0) === 0)) {
    process.exitCode = 1
  }
}

/** Before anything is sent: each header, and what it is taken for. */
async function showMapping({ terminal, options }: Said, path: string): Promise<void> {
  const head = await readHead(path)
  const other = explainOtherFile(head)
  if (other !== undefined) throw new UsageError(`${path} is ${other}`)
  const { headers, above, encoding, delimiter } = readTableHead(head)
  const said = typeof options['columns'] === 'string' ? options['columns'].split(',') : undefined
  if (terminal.isJson) return
  const rows = headers.map((header, index) => [
    writeOut(header),
    said === undefined
      ? (matchHeader(header) ?? '? not known: say it with --columns')
      : (said[index] ?? '?'),
  ])
  const how = `${encoding}, separated by ${delimiter === '\t' ? 'tabs' : delimiter}`
  const passed = above.map((row) => `passed over, above the header: ${writeOut(row)}\n`).join('')
  terminal.out.write(`${how}\n${passed}${table(['HEADER', 'COLUMN'], rows)}\n\n`)
}

async function readHead(path: string): Promise<Uint8Array> {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
  return buffer.subarray(0, bytesRead)
}

async function upload(
  said: Said,
  path: string,
  isManifest: boolean,
  progress: Progress,
): Promise<ImportView> {
  const { size } = await stat(path)
  const importId = randomUUID()
  const type = isManifest ? 'application/jose' : 'text/csv'
  const query = { fileName: basename(path).slice(0, 255), columns: text(said, 'columns') }
  const stream = createReadStream(path)
  const sent = { stream, type, bytes: size }
  await said.connection.call('uploadImport', { params: { importId }, query, body: sent })
  return follow(said, importId, progress, ['receiving', 'checking'])
}

async function confirm(said: Said, view: ImportView, progress: Progress): Promise<ImportView> {
  const body = choiceOf(said, view)
  if (body === undefined) return view
  await said.connection.call('confirmImport', { params: { importId: view.importId }, body })
  return follow(said, view.importId, progress, ['applying'])
}

/** Undefined where the operator has not said enough to go on. */
function choiceOf({ options }: Said, view: ImportView): ConfirmImport | undefined {
  const hasErrors = (view.rowsWithErrors ?? 0) > 0
  if (view.state !== 'ready' || (hasErrors && options['valid-only'] !== true)) return undefined
  const choice = hasErrors ? 'valid' : 'all'
  if ((view.rowsWithWarnings ?? 0) === 0) return { choice }
  if (options['confirm-warnings'] === true) return { choice, warnings: 'confirm' }
  return options['leave-out-warnings'] === true ? { choice, warnings: 'leave-out' } : undefined
}

async function discard({ connection }: Said, view: ImportView): Promise<void> {
  await connection.call('discardImport', { params: { importId: view.importId } })
}

/** Until the import is in no state of those. */
async function follow(
  { connection }: Said,
  importId: string,
  progress: Progress,
  while_: readonly ImportView['state'][],
): Promise<ImportView> {
  for (;;) {
    const view = await connection.call('readImport', { params: { importId } })
    if (!while_.includes(view.state)) return view
    const words = `${STEPS[view.state] ?? view.state}, ${view.rowsPerSecond} rows/s`
    progress.show(view.percent / 100, words)
    await wait(300)
  }
}

const MOST_SHOWN = 20

/** To be read before a dry run discards them. */
async function firstFindings(
  { connection }: Said,
  view: ImportView,
): Promise<RowErrorPage['items']> {
  const params = { importId: view.importId }
  return (await connection.call('listImportErrors', { params, query: { limit: MOST_SHOWN } })).items
}

function describeImport(view: ImportView, rows: RowErrorPage['items']): string {
  if (view.state === 'applied')
    return `${view.rowsApplied} ${view.rowsApplied === 1 ? 'device' : 'devices'} approved.`
  if (view.failure !== null && view.state === 'failed')
    return `Not imported: ${view.failure.code} ${view.failure.detail ?? ''}`.trim()
  const { rowsValid, rowsWithErrors, rowsWithWarnings, importId } = view
  return [
    ...rows.map(({ row, severity, reason }) => `row ${row}: ${severity}: ${reason}`),
    `${rowsWithErrors} rows have errors, ${rowsValid} are valid, ${rowsWithWarnings} of these have warnings; nothing was imported.`,
    ...((rowsWithErrors ?? 0) + (rowsWithWarnings ?? 0) > rows.length
      ? [`See all: sanad api downloadImportErrors importId=${importId}`]
      : []),
    ...((rowsWithErrors ?? 0) > 0 ? ['Import the valid rows alone: add --valid-only.'] : []),
    ...((rowsWithWarnings ?? 0) > 0
      ? [
          'Compare those with warnings with the devices; then add --confirm-warnings, or --leave-out-warnings.',
        ]
      : []),
  ].join('\n')
}

export const IMPORT_DEVICES: Verb = {
  name: 'devices import',
  usage:
    '<file.csv | manifest.jws> [--dry-run] [--columns serialNo,make,model,-] [--valid-only] [--confirm-warnings | --leave-out-warnings]',
  summary:
    'approve the devices of a file; nothing is imported while a row has an error or a warning',
  options: {
    'dry-run': { type: 'boolean' },
    columns: { type: 'string' },
    'valid-only': { type: 'boolean' },
    'confirm-warnings': { type: 'boolean' },
    'leave-out-warnings': { type: 'boolean' },
  },
  run: importDevices,
}
