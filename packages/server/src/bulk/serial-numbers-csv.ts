import { type Readable, Transform, pipeline } from 'node:stream'
import { SanadError } from '@sanad/protocol/text/problems'
import { CsvError, parse } from 'csv-parse'
import { readCell } from '../platform/csv-cell.ts'

/**
 * A file of serial numbers (RFC 4180): one column, or several of which the header names `serialNo`, and `make`
 * and `model` where several models have the same numbers. A first row that names no column is a number already.
 */

export interface NamedDevice {
  readonly serialNo: string
  readonly make: string | undefined
  readonly model: string | undefined
}

/** Held in memory, and looked up in one statement. */
const MOST_ROWS = 100_000
const LARGEST_FILE = 16 * 1024 * 1024
const LONGEST_RECORD = 4_096

interface Columns {
  readonly serialNo: number
  readonly make: number
  readonly model: number
}

/** @throws SanadError `group.file-not-readable`, `request.too-large` */
export async function readSerialNumbers(file: Readable): Promise<readonly NamedDevice[]> {
  const parser = parse({
    bom: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    delimiter: [',', ';', '\t'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_RECORD,
  })
  // An error of the source surfaces where the parser is read.
  pipeline(file, countBytes(), parser, () => {})
  try {
    return await collect(parser)
  } catch (error) {
    if (error instanceof CsvError) throw notReadable('it is not CSV', error)
    throw error
  }
}

async function collect(rows: AsyncIterable<readonly string[]>): Promise<readonly NamedDevice[]> {
  const named: NamedDevice[] = []
  let columns: Columns | undefined
  for await (const row of rows) {
    const isHeader = columns === undefined && findColumn(row, 'serialNo') !== -1
    columns ??= isHeader ? columnsOf(row) : ONE_COLUMN
    if (isHeader) continue
    const device = deviceOf(row, columns)
    if (device !== undefined) named.push(device)
    if (named.length > MOST_ROWS) throw notReadable(`it has more than ${MOST_ROWS} rows`)
  }
  if (named.length === 0) throw notReadable('it is empty')
  return named
}

const ONE_COLUMN: Columns = { serialNo: 0, make: -1, model: -1 }

const columnsOf = (row: readonly string[]): Columns => ({
  serialNo: findColumn(row, 'serialNo'),
  make: findColumn(row, 'make'),
  model: findColumn(row, 'model'),
})

/** As people write them: `Serial No`, `serial_no`, `SERIALNO`. */
const findColumn = (row: readonly string[], name: string): number =>
  row.findIndex((cell) => cell.replaceAll(/[\s_.-]/g, '').toLowerCase() === name.toLowerCase())

function deviceOf(row: readonly string[], columns: Columns): NamedDevice | undefined {
  const cell = (index: number): string | undefined => {
    const text = readCell(row[index]?.trim() ?? '').normalize('NFC')
    return text === '' ? undefined : text
  }
  const serialNo = cell(columns.serialNo)
  if (serialNo === undefined) return undefined
  return { serialNo, make: cell(columns.make), model: cell(columns.model) }
}

function countBytes(): Transform {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > LARGEST_FILE) done(new SanadError('request.too-large'))
      else if (chunk.includes(0)) done(notReadable('it is not a text'))
      else done(null, chunk)
    },
  })
}

const notReadable = (why: string, cause?: unknown): SanadError =>
  new SanadError('group.file-not-readable', why, { cause })
