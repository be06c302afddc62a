import { Readable } from 'node:stream'
import type { Database } from '../platform/database.ts'
import { BYTE_ORDER_MARK, writeRow } from '../platform/csv-cell.ts'
import { listRowErrors } from './import-view.ts'

/** What is wrong with a file, for the person who fixes it: row, column, reason. */
export async function downloadRowErrors(database: Database, importId: string): Promise<Readable> {
  // Finds out now whether there is such an import: once the stream has begun, nothing can be refused.
  await listRowErrors(database, importId, { limit: 1 })
  return Readable.from(writeErrors(database, importId))
}

async function* writeErrors(database: Database, importId: string): AsyncGenerator<string> {
  yield BYTE_ORDER_MARK + writeRow(['row', 'column', 'serialNo', 'severity', 'code', 'reason'])
  let after: string | undefined
  do {
    const page = await listRowErrors(database, importId, {
      limit: 2_000,
      ...(after !== undefined && { after }),
    })
    yield page.items
      .map(({ row, column, serialNo, severity, code, reason }) =>
        writeRow([String(row), column ?? '', serialNo ?? '', severity, code, reason]),
      )
      .join('')
    after = page.next ?? undefined
  } while (after !== undefined)
}
