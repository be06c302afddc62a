import { type Readable, pipeline } from 'node:stream'
import type { ImportReading } from '@sanad/protocol/operator-api/imports'
import {
  type ImportColumn,
  type MappedColumn,
  isBlank,
} from '@sanad/protocol/domain/import-columns'
import { show, writeOut } from '@sanad/protocol/domain/named-character'
import { trimEnd } from '@sanad/protocol/domain/table-head'
import { SanadError } from '@sanad/protocol/text/problems'
import { CsvError, parse } from 'csv-parse'
import { isFormula, readCell } from '../platform/csv-cell.ts'
import { mapColumns } from './csv-columns.ts'
import { openText } from './csv-text.ts'
import type { RawRow } from './import-row.ts'

/**
 * Rows of a CSV file (RFC 4180), one at a time however long the file is.
 *
 * What spreadsheets add around the data is read past. A row that is wrong is passed on with its fault; only a
 * file that cannot be read as a table of devices, or lacks a column, stops the reading.
 */

export const MOST_ROWS = 500_000
/** A spreadsheet’s cell has 32,767 characters at most; a quotation mark that is not closed takes no more than this. */
const LONGEST_RECORD = 65_536

export interface CsvOptions {
  /** What each column is, where the sender says so; else the header says. */
  readonly columns: readonly string[] | undefined
  /** Called once, before the first row. */
  readonly onReading: (reading: ImportReading) => Promise<void>
}

/** @throws SanadError `import.not-readable`, `import.too-many-rows` */
export async function* readCsvRows(body: Readable, options: CsvOptions): AsyncGenerator<RawRow> {
  const { text, encoding, delimiter, above } = await openText(body)
  const parser = parse({
    // Also mixed, as files that went through many hands have them.
    record_delimiter: ['\r\n', '\n', '\r'],
    delimiter,
    relax_column_count: true,
    // `="00123"`, not quoted again, as people type it.
    relax_quotes: true,
    // Passed over by the parser itself, which is quick; many thousands in a row count as one that is too long.
    skip_empty_lines: true,
    // `, "Example"`, as people write it: a quotation mark behind a space opens a cell too.
    ltrim: true,
    info: true,
    max_record_size: LONGEST_RECORD,
  })
  // An error of the source surfaces where the parser is read.
  pipeline(text, parser, () => {})
  let columns: readonly ColumnToRead[] | undefined
  let toPass = above.length
  let rows = 0
  try {
    for await (const { record, info } of parser as AsyncIterable<ParsedRow>) {
      if (isEmpty(record)) continue
      if (columns === undefined) {
        if (toPass-- > 0) continue
        const mapped = mapColumns({ rowNo: rowOf(info), cells: record }, options.columns)
        columns = columnsToRead(mapped, options.columns !== undefined)
        await options.onReading(readingOf({ encoding, delimiter, above, columns: mapped }))
        continue
      }
      if (++rows > MOST_ROWS) throw tooManyRows()
      yield readRecord(rowOf(info), record, columns)
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    // The error knows how far the parser was, which is ahead of the rows read here.
    const row = rowOf(error as unknown as Progress) + 1
    throw new SanadError('import.not-readable', `row ${row}: ${explain(error)}`, { cause: error })
  }
  if (columns === undefined) throw new SanadError('import.not-readable', 'the file is empty')
  if (rows === 0) {
    throw new SanadError('import.not-readable', 'the file has a header, and no device below it')
  }
}

type WholeReading = Omit<ImportReading, 'above'> & { readonly above: readonly string[] }

const readingOf = (reading: WholeReading): ImportReading => ({
  encoding: reading.encoding,
  delimiter: reading.delimiter,
  ...(reading.above.length > 0 && {
    above: reading.above.map((text) => writeOut(text.slice(0, 200))),
  }),
  columns: reading.columns,
})

interface ColumnToRead {
  readonly column: MappedColumn
  /** Nobody has said what is in it, or that it is left out. */
  readonly isUnnamed: boolean
}

const columnsToRead = (mapped: ImportReading['columns'], isSaid: boolean): ColumnToRead[] =>
  mapped.map(({ header, column }) => ({ column, isUnnamed: !isSaid && isBlank(header) }))

export const tooManyRows = (): SanadError =>
  new SanadError('import.too-many-rows', `a file has ${MOST_ROWS} devices at most`)

interface Progress {
  readonly records: number
  readonly empty_lines: number
}

interface ParsedRow {
  readonly record: readonly string[]
  readonly info: Progress
}

/** As a spreadsheet counts: it does not show a line `sep=;`. */
const rowOf = ({ records, empty_lines: empty }: Progress): number => records + empty

/** The parser’s own message may quote the file. */
function explain({ code }: CsvError): string {
  if (code === 'CSV_MAX_RECORD_SIZE') return 'the row is too long; is a quotation mark not closed?'
  if (code === 'CSV_QUOTE_NOT_CLOSED') return 'a quotation mark is not closed'
  return 'not CSV'
}

const isEmpty = (record: readonly string[]): boolean => record.every(isBlank)

/** Of spaces, also those that do not break, and line breaks; of nothing that cannot be seen otherwise. */
const trim = (cell: string): string =>
  cell.replace(/^[\p{Zs}\t\r\n]+/u, '').replace(/[\p{Zs}\t\r\n]+$/u, '')

function readRecord(
  rowNo: number,
  record: readonly string[],
  columns: readonly ColumnToRead[],
): RawRow {
  const values: Partial<Record<ImportColumn, string>> = {}
  let formula: { readonly column: ImportColumn; readonly cell: string } | undefined
  for (const [index, { column }] of columns.entries()) {
    const cell = trim(record[index] ?? '')
    if (column === '-' || cell === '') continue
    const value = readCell(cell)
    // One that means a text was read as that; of the serial number its own rule says more.
    if (isFormula(cell) && value === cell && !isDash(cell) && column !== 'serialNo') {
      formula ??= { column, cell }
    }
    values[column] = value
  }
  const stray = findStray(record, columns)
  if (stray !== undefined)
    return { rowNo, values, problem: { code: 'row.column-count', detail: stray } }
  if (formula !== undefined) {
    const { column, cell } = formula
    const what = column === 'enrolmentSecretSha256' ? 'The value' : show(cell)
    const detail = `${what} begins like a spreadsheet formula.`
    return { rowNo, values, problem: { code: 'row.formula', column, detail } }
  }
  return { rowNo, values }
}

/** In place of nothing. */
const isDash = (cell: string): boolean => /^-+$/.test(cell)

/** A value that stands in no column of the header: the row may have slipped. */
function findStray(
  record: readonly string[],
  columns: readonly ColumnToRead[],
): string | undefined {
  const isStray = (cell: string, index: number): boolean => {
    const column = columns[index]
    if (column?.isUnnamed === false || trim(cell) === '') return false
    return column === undefined || !isRowCount(cell, index)
  }
  const at = record.findIndex(isStray)
  const value = record[at]
  if (value === undefined) return undefined
  // A row that has slipped may have the secret there.
  const hasSecrets = columns.some(({ column }) => column === 'enrolmentSecretSha256')
  const what = hasSecrets ? 'a value' : show(trim(value))
  return at < columns.length
    ? `Column ${at + 1} has no header, and has ${what} here: name it, or say that it is left out.`
    : `The row has ${trimEnd(record).length} columns and the header ${columns.length}: ${what} has no column.`
}

/** Programs write the number of each row first, below no header. */
const isRowCount = (cell: string, index: number): boolean => index === 0 && /^\d{1,7}$/.test(cell)
