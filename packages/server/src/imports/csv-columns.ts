import type { ImportReading } from '@sanad/protocol/operator-api/imports'
import {
  IMPORT_COLUMNS,
  LEFT_OUT,
  type MappedColumn,
  REQUIRED_COLUMNS,
  isImportColumn,
  matchHeader,
} from '@sanad/protocol/domain/import-columns'
import { isLookAlike, nameCharacter, show, writeOut } from '@sanad/protocol/domain/named-character'
import { trimEnd } from '@sanad/protocol/domain/table-head'
import { SanadError } from '@sanad/protocol/text/problems'

/** What each column of a file is: as the sender says, or as its header does. */

type Columns = ImportReading['columns']

/** More are no table of devices. */
const MOST_COLUMNS = 200

interface Head {
  /** As a spreadsheet counts. */
  readonly rowNo: number
  readonly cells: readonly string[]
}

/** @throws SanadError `import.not-readable`, with the header as it stands and the columns that are known */
export function mapColumns({ rowNo, cells }: Head, said: readonly string[] | undefined): Columns {
  const headers = trimEnd(cells)
  if (headers.length > MOST_COLUMNS) {
    throw notReadable(
      `row ${rowNo} has ${headers.length} columns; a table of devices has ${MOST_COLUMNS} at most`,
    )
  }
  if (said !== undefined && !isAsLong(said, headers, cells)) {
    throw notReadable(
      `row ${rowNo} has ${headers.length} columns, and the mapping has ${said.length}`,
    )
  }
  const columns = headers.map((header, index) => ({
    header: shorten(header),
    column: said === undefined ? columnOf(header, rowNo, index) : columnSaid(said[index] ?? ''),
  }))
  refuseTwice(columns, rowNo)
  refuseMissing(columns, rowNo)
  return columns
}

/** Columns that are empty at the end may be said, to be left out. */
const isAsLong = (
  said: readonly string[],
  headers: readonly string[],
  cells: readonly string[],
): boolean =>
  said.length >= headers.length &&
  said.length <= Math.max(headers.length, cells.length) &&
  said.slice(headers.length).every((column) => column === LEFT_OUT)

/** PostgreSQL keeps no null characters, and people see none of those that are written out. */
const shorten = (header: string): string =>
  writeOut(Array.from(header.trim()).slice(0, 100).join(''))

function columnOf(header: string, rowNo: number, index: number): MappedColumn {
  const column = matchHeader(header)
  if (column !== undefined) return column
  const odd = Array.from(header).find(isLookAlike)
  const why = odd === undefined ? '' : ` (it has ${nameCharacter(odd)})`
  throw notReadable(
    `row ${rowNo}: column ${index + 1} ${show(header.trim())} is not known${why}; known: ${IMPORT_COLUMNS.join(', ')}. Rename it, or say which column it is, or that it is left out`,
  )
}

function columnSaid(said: string): MappedColumn {
  if (said === LEFT_OUT || isImportColumn(said)) return said
  throw notReadable(`no column ${show(said)}; known: ${IMPORT_COLUMNS.join(', ')}, or ${LEFT_OUT}`)
}

function refuseTwice(columns: Columns, rowNo: number): void {
  for (const column of IMPORT_COLUMNS) {
    const headers = columns.filter((each) => each.column === column).map(({ header }) => header)
    if (headers.length > 1) {
      throw notReadable(
        `row ${rowNo}: a column appears twice: ${headers.map(show).join(' and ')} are both ${column}`,
      )
    }
  }
}

function refuseMissing(columns: Columns, rowNo: number): void {
  const missing = REQUIRED_COLUMNS.find((column) => !columns.some((each) => each.column === column))
  if (missing === undefined) return
  const found = columns.map(({ header }) => show(header)).slice(0, 20)
  throw notReadable(
    `row ${rowNo}: the column ${missing} is missing; the file has ${found.join(', ')}`,
  )
}

const notReadable = (why: string): SanadError => new SanadError('import.not-readable', why)
