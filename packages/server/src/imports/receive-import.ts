import type { Readable } from 'node:stream'
import type { ImportFormat, ImportReading } from '@sanad/protocol/operator-api/imports'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import './import-tables.ts'
import { GroupCatalogue } from './group-catalogue.ts'
import { MOST_ROWS, readCsvRows, tooManyRows } from './csv-rows.ts'
import { type Catalogues, type CheckedRow, type RawRow, checkRow } from './import-row.ts'
import type { ImportProgress } from './import-progress.ts'
import { noteForms } from './judge-again.ts'
import { readManifest } from './manifest-rows.ts'
import { MeasuredBody } from './measured-body.ts'
import { ModelCatalogue } from './model-catalogue.ts'
import { stageRows } from './stage-rows.ts'

/** Reads an import file as it arrives and puts its rows aside; memory holds one batch, whatever its size. */

export const LARGEST_FILE = 64 * 1024 * 1024
const BATCH = 2_000

export interface Upload {
  readonly importId: string
  readonly format: ImportFormat
  readonly body: Readable
  /** Of CSV, what each column is, where the sender says so. */
  readonly columns: readonly string[] | undefined
}

export interface Received {
  readonly rowsRead: number
  readonly fileSha256: Buffer
}

/** @throws SanadError `import.*`, `request.too-large` */
export async function receiveRows(
  database: Database,
  clock: Clock,
  upload: Upload,
  progress: ImportProgress,
): Promise<Received> {
  const body = measure(upload.body)
  try {
    const { rows, signer } = await openRows(database, clock, upload, body)
    const catalogues = {
      models: await ModelCatalogue.load(database, signer),
      groups: await GroupCatalogue.load(database),
    }
    await noteForms(database, upload.importId, catalogues.models.forms())
    const rowsRead = await stageAll(database, upload.importId, rows, catalogues, (read) =>
      progress.report({ rows: read, bytes: body.bytes }),
    )
    return { rowsRead, fileSha256: body.sha256() }
  } finally {
    // What is left of a refused file flows by, so that its sender gets to read the answer.
    upload.body.unpipe(body).resume()
    body.destroy()
  }
}

function measure(source: Readable): MeasuredBody {
  const body = new MeasuredBody(LARGEST_FILE)
  source.once('error', (error) => body.destroy(brokenOff(error)))
  source.once('close', () => {
    if (!source.readableEnded) body.destroy(brokenOff())
  })
  // The reader of the body meets its error; without a reader, nobody does.
  body.on('error', () => {})
  return source.pipe(body)
}

export const brokenOff = (cause?: unknown): SanadError =>
  new SanadError('import.not-readable', 'the upload broke off; send the file again', { cause })

async function stageAll(
  database: Database,
  importId: string,
  rows: OpenedRows['rows'],
  catalogues: Catalogues,
  report: (rowsRead: number) => Promise<void>,
): Promise<number> {
  let rowsRead = 0
  for await (const batch of inBatches(rows)) {
    const checked: CheckedRow[] = batch.map((row) => checkRow(row, catalogues))
    await stageRows(database, importId, checked)
    rowsRead += batch.length
    if (rowsRead > MOST_ROWS) throw tooManyRows()
    await report(rowsRead)
  }
  return rowsRead
}

interface OpenedRows {
  readonly rows: AsyncIterable<RawRow> | Iterable<RawRow>
  readonly signer: string | undefined
}

async function openRows(
  database: Database,
  clock: Clock,
  { importId, format, columns }: Upload,
  body: MeasuredBody,
): Promise<OpenedRows> {
  if (format === 'csv') {
    const onReading = (reading: ImportReading) => noteReading(database, importId, reading)
    return { rows: readCsvRows(body, { columns, onReading }), signer: undefined }
  }
  const manifest = await readManifest(database, body, clock())
  await database
    .updateTable('device_import')
    .set({
      signer: manifest.signer,
      signer_certificate_sha256: manifest.signerCertificateSha256,
      signer_ftm_provider_id: manifest.ftmProviderId,
    })
    .where('import_id', '=', importId)
    .execute()
  return { rows: manifest.rows, signer: manifest.ftmProviderId }
}

async function noteReading(
  database: Database,
  importId: string,
  reading: ImportReading,
): Promise<void> {
  await database
    .updateTable('device_import')
    .set({ reading: JSON.stringify(reading) })
    .where('import_id', '=', importId)
    .execute()
}

async function* inBatches(rows: OpenedRows['rows']): AsyncGenerator<readonly RawRow[]> {
  let batch: RawRow[] = []
  for await (const row of rows) {
    batch.push(row)
    if (batch.length < BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
