import { Readable, pipeline } from 'node:stream'
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
export const MOST_ROWS = 500_000
const LONGEST_RECORD = 16_384
const DELIMITERS = [',', ';', '\t'] as const

type Column = ImportColumn | 'passed-over'

/** @throws SanadError `import.not-readable` */
export async function* readCsvRows(body: Readable): AsyncGenerator<RawRow> {
  const { source, delimiter } = await detectDelimiter(body)
  const parser = parse({
    bom: true,
    // Also mixed, as files that went through many hands have them.
    record_delimiter: ['\r\n', '\n', '\r'],
    delimiter,
    relax_column_count: true,
    // Passed over by the parser itself, which is quick; many thousands in a row count as one that is too long.
    skip_empty_lines: true,
    info: true,
    max_record_size: LONGEST_RECORD,
  })
  // An error of the source surfaces where the parser is read.
  pipeline(source, parser, () => {})
  let columns: readonly Column[] | undefined
  try {
    for await (const { record, info } of parser as AsyncIterable<ParsedRow>) {
      if (info.records > MOST_ROWS) throw new SanadError('import.too-many-rows')
      if (columns === undefined) columns = readHeader(record)
      else if (!isEmpty(record)) yield readRecord(rowOf(info), record, columns)
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    // The error knows how far the parser was, which is ahead of the rows read here.
    const row = rowOf(error as unknown as Progress) + 1
    throw new SanadError('import.not-readable', `row ${row}: ${explain(error)}`, { cause: error })
  }
  if (columns === undefined) throw new SanadError('import.not-readable', 'the file is empty')
}

interface Progress {
  readonly records: number
  readonly empty_lines: number
}

interface ParsedRow {
  readonly record: readonly string[]
  readonly info: Progress
}

/** As a spreadsheet counts. */
const rowOf = ({ records, empty_lines: empty }: Progress): number => records + empty

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
  const chunks = body.iterator() as AsyncIterableIterator<Buffer>
  const head = await readHead(chunks)
  const [line = ''] = head.toString('utf8').split(/\r?\n/, 1)
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length)
  const delimiter = DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ','
  return { source: Readable.from(headAndRest(head, chunks), { objectMode: false }), delimiter }
}

/** Up to the end of the first line, if it comes in reasonable time. */
async function readHead(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  let head = Buffer.alloc(0)
  while (!head.includes('\n') && head.length < LONGEST_RECORD) {
    const next = await chunks.next()
    if (next.done === true) break
    head = Buffer.concat([head, next.value])
  }
  return head
}

/** In small pieces, because the parser turns each into rows at once. */
const PIECE = 64 * 1024

async function* headAndRest(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* inPieces(head)
  for await (const chunk of rest) yield* inPieces(chunk)
}

function* inPieces(chunk: Buffer): Generator<Buffer> {
  for (let at = 0; at < chunk.length; at += PIECE) yield chunk.subarray(at, at + PIECE)
}
