import type { Readable } from 'node:stream'
import { IMPORT_COLUMNS, type ImportColumn } from '@sanad/protocol/api/imports'
import { SanadError } from '@sanad/protocol/problems'
import { CsvError, parse } from 'csv-parse'
import { isFormula, readCell } from '../csv-cell.ts'
import { EXPORT_ONLY_COLUMNS } from '../device-export.ts'
import type { RawRow } from './import-row.ts'

/**
 * Rows of a CSV file (RFC 4180), one at a time however long the file is.
 *
 * A row that is wrong is passed on with its fault; only a file that cannot be read as a table of devices, or
 * lacks a column, stops the reading.
 */

const REQUIRED = ['serialNo', 'make', 'model'] as const
const LONGEST_RECORD = 16_384
const DELIMITERS = [',', ';', '\t'] as const

type Column = ImportColumn | 'passed-over'

/** @throws SanadError `import.not-readable` */
export async function* readCsvRows(body: Readable): AsyncGenerator<RawRow> {
  const { source, delimiter } = await detectDelimiter(body)
  const parser = parse({
    bom: true,
    delimiter,
    relax_column_count: true,
    max_record_size: LONGEST_RECORD,
  })
  source.once('error', (error: Error) => parser.destroy(error))
  source.pipe(parser)
  let columns: readonly Column[] | undefined
  let rowNo = 0
  try {
    for await (const record of parser as AsyncIterable<readonly string[]>) {
      rowNo++
      if (columns === undefined) columns = readHeader(record)
      else if (!isEmpty(record)) yield readRecord(rowNo, record, columns)
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw new SanadError('import.not-readable', `row ${rowNo + 1}: ${explain(error)}`, {
      cause: error,
    })
  } finally {
    source.unpipe(parser)
  }
  if (columns === undefined) throw new SanadError('import.not-readable', 'the file is empty')
}

/** The parser’s own message may quote the file. */
function explain({ code }: CsvError): string {
  if (code === 'CSV_MAX_RECORD_SIZE') return 'the row is too long; is a quotation mark not closed?'
  if (code === 'CSV_QUOTE_NOT_CLOSED') return 'a quotation mark is not closed'
  return 'not CSV'
}

function readHeader(record: readonly string[]): readonly Column[] {
  const columns = record.map((name, index) => findColumn(name.trim(), index))
  const known = columns.filter((column) => column !== 'passed-over')
  if (new Set(known).size < known.length) {
    throw new SanadError('import.not-readable', 'row 1: a column appears twice')
  }
  const missing = REQUIRED.find((column) => !known.includes(column))
  if (missing !== undefined) {
    throw new SanadError('import.not-readable', `row 1: the column ${missing} is missing`)
  }
  return columns
}

function findColumn(name: string, index: number): Column {
  const isNamed = (column: string) => column.toLowerCase() === name.toLowerCase()
  const column = IMPORT_COLUMNS.find(isNamed)
  if (column !== undefined) return column
  if (EXPORT_ONLY_COLUMNS.some(isNamed)) return 'passed-over'
  throw new SanadError('import.not-readable', `row 1: column ${index + 1} is not known`)
}

const isEmpty = (record: readonly string[]): boolean => record.every((cell) => cell.trim() === '')

function readRecord(rowNo: number, record: readonly string[], columns: readonly Column[]): RawRow {
  const values: Partial<Record<ImportColumn, string>> = {}
  let formula: ImportColumn | undefined
  for (const [index, column] of columns.entries()) {
    const cell = record[index]?.trim() ?? ''
    if (column === 'passed-over' || cell === '') continue
    if (isFormula(cell)) formula ??= column
    values[column] = readCell(cell)
  }
  if (record.length !== columns.length) {
    return { rowNo, values, problem: { code: 'row.column-count' } }
  }
  if (formula !== undefined) {
    return { rowNo, values, problem: { code: 'row.formula', column: formula } }
  }
  return { rowNo, values }
}

/** Spreadsheets write semicolons where the comma is the decimal mark: the header row tells. */
async function detectDelimiter(
  body: Readable,
): Promise<{ readonly source: Readable; readonly delimiter: string }> {
  const head = await readHead(body)
  const [line = ''] = head.toString('utf8').split(/\r?\n/, 1)
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length)
  const delimiter = DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ','
  if (head.length > 0) body.unshift(head)
  return { source: body, delimiter }
}

/** The first bytes, without which nothing can be said; they are put back by the caller. */
function readHead(body: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const done = (head: Buffer) => {
      body.off('readable', look).off('end', end).off('error', reject)
      resolve(head)
    }
    const look = () => {
      const chunk = body.read() as Buffer | null
      if (chunk !== null) done(chunk)
    }
    const end = () => done(Buffer.alloc(0))
    body.on('readable', look).once('end', end).once('error', reject)
  })
}
