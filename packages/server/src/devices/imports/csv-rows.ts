import { type Readable, pipeline } from 'node:stream'
import type { ImportReading } from '@sanad/protocol/api/imports'
import type { ImportColumn, MappedColumn } from '@sanad/protocol/domain/import-columns'
import { show } from '@sanad/protocol/domain/named-character'
import { SanadError } from '@sanad/protocol/problems'
import { CsvError, parse } from 'csv-parse'
import { isFormula, readCell } from '../csv-cell.ts'
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
const LONGEST_RECORD = 16_384

export interface CsvOptions {
  /** What each column is, where the sender says so; else the header says. */
  readonly columns: readonly string[] | undefined
  /** Called once, before the first row. */
  readonly onReading: (reading: ImportReading) => Promise<void>
}

/** @throws SanadError `import.not-readable`, `import.too-many-rows` */
export async function* readCsvRows(body: Readable, options: CsvOptions): AsyncGenerator<RawRow> {
  const { text, encoding, delimiter } = await openText(body)
  const parser = parse({
    // Also mixed, as files that went through many hands have them.
    record_delimiter: ['\r\n', '\n', '\r'],
    delimiter,
    relax_column_count: true,
    // `="00123"`, not quoted again, as people type it.
    relax_quotes: true,
    // Passed over by the parser itself, which is quick; many thousands in a row count as one that is too long.
    skip_empty_lines: true,
    info: true,
    max_record_size: LONGEST_RECORD,
  })
  // An error of the source surfaces where the parser is read.
  pipeline(text, parser, () => {})
  let columns: readonly MappedColumn[] | undefined
  let rows = 0
  try {
    for await (const { record, info } of parser as AsyncIterable<ParsedRow>) {
      if (isEmpty(record)) continue
      if (columns === undefined) {
        const reading = { encoding, delimiter, columns: mapColumns(record, options.columns) }
        columns = reading.columns.map(({ column }) => column)
        await options.onReading(reading)
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
}

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

const isEmpty = (record: readonly string[]): boolean => record.every((cell) => trim(cell) === '')

/** Of spaces, also those that do not break; of nothing that cannot be seen otherwise. */
const trim = (cell: string): string =>
  cell.replace(/^[\p{Zs}\t]+/u, '').replace(/[\p{Zs}\t]+$/u, '')

function readRecord(
  rowNo: number,
  record: readonly string[],
  columns: readonly MappedColumn[],
): RawRow {
  const values: Partial<Record<ImportColumn, string>> = {}
  let formula: { readonly column: ImportColumn; readonly cell: string } | undefined
  for (const [index, column] of columns.entries()) {
    const cell = trim(record[index] ?? '')
    if (column === '-' || cell === '') continue
    const value = readCell(cell)
    // One that means a text was read as that; of the serial number its own rule says more.
    if (isFormula(cell) && value === cell && column !== 'serialNo') formula ??= { column, cell }
    values[column] = value
  }
  const extra = record.slice(columns.length).find((cell) => trim(cell) !== '')
  if (extra !== undefined) {
    const detail = `The row has ${record.length} columns and the header ${columns.length}: ${show(extra)} has no column.`
    return { rowNo, values, problem: { code: 'row.column-count', detail } }
  }
  if (formula !== undefined) {
    const detail = `${show(formula.cell)} begins like a spreadsheet formula.`
    return { rowNo, values, problem: { code: 'row.formula', column: formula.column, detail } }
  }
  return { rowNo, values }
}
