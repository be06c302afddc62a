import type { ImportReading } from '@sanad/protocol/api/imports'
import {
  IMPORT_COLUMNS,
  LEFT_OUT,
  type MappedColumn,
  REQUIRED_COLUMNS,
  isImportColumn,
  matchHeader,
} from '@sanad/protocol/domain/import-columns'
import { show } from '@sanad/protocol/domain/named-character'
import { SanadError } from '@sanad/protocol/problems'

/** What each column of a file is: as the sender says, or as its header does. */

type Columns = ImportReading['columns']

/** More are no table of devices. */
const MOST_COLUMNS = 200

/** @throws SanadError `import.not-readable`, with the header as it stands and the columns that are known */
export function mapColumns(
  headers: readonly string[],
  said: readonly string[] | undefined,
): Columns {
  if (headers.length > MOST_COLUMNS) {
    throw notReadable(
      `row 1 has ${headers.length} columns; a table of devices has ${MOST_COLUMNS} at most`,
    )
  }
  if (said !== undefined && said.length !== headers.length) {
    throw notReadable(`row 1 has ${headers.length} columns, and the mapping has ${said.length}`)
  }
  const columns = headers.map((header, index) => ({
    header: shorten(header),
    column: said === undefined ? columnOf(header, index) : columnSaid(said[index] ?? ''),
  }))
  refuseTwice(columns)
  refuseMissing(columns)
  return columns
}

const shorten = (header: string): string => Array.from(header.trim()).slice(0, 100).join('')

function columnOf(header: string, index: number): MappedColumn {
  const column = matchHeader(header)
  if (column !== undefined) return column
  throw notReadable(
    `row 1: column ${index + 1} ${show(header.trim())} is not known; known: ${IMPORT_COLUMNS.join(', ')}. Rename it, or say which column it is, or that it is left out`,
  )
}

function columnSaid(said: string): MappedColumn {
  if (said === LEFT_OUT || isImportColumn(said)) return said
  throw notReadable(`no column ${show(said)}; known: ${IMPORT_COLUMNS.join(', ')}, or ${LEFT_OUT}`)
}

function refuseTwice(columns: Columns): void {
  for (const column of IMPORT_COLUMNS) {
    const headers = columns.filter((each) => each.column === column).map(({ header }) => header)
    if (headers.length > 1) {
      throw notReadable(
        `row 1: a column appears twice: ${headers.map(show).join(' and ')} are both ${column}`,
      )
    }
  }
}

function refuseMissing(columns: Columns): void {
  const missing = REQUIRED_COLUMNS.find((column) => !columns.some((each) => each.column === column))
  if (missing === undefined) return
  const found = columns.map(({ header }) => show(header)).slice(0, 20)
  throw notReadable(`row 1: the column ${missing} is missing; the file has ${found.join(', ')}`)
}

const notReadable = (why: string): SanadError => new SanadError('import.not-readable', why)
