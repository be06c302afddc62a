import { decodeBase64url } from '@sanad/protocol/text/base64url'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { type ReceiptLine, parseReceiptLine, readLines, writeReceiptLine } from './receipt-lines.ts'

/**
 * What remains of a long file of receipts: all of the newest, the first of each earlier day, and how many were
 * removed between. A reset stays, because it explains why time went back.
 */

export const KEPT_WHOLE = 1_000
/** Days, beyond which the oldest go too: some five years. */
const KEPT_DAYS = 2_000

/** @returns the lines of the new file */
export async function* thinOut(path: string): AsyncGenerator<string> {
  const { receipts, days } = await countReceipts(path)
  const firstWhole = receipts - KEPT_WHOLE
  const firstDay = days - KEPT_DAYS
  let index = 0
  let dayIndex = 0
  let day = Number.NaN
  let gone = 0
  for await (const text of readLines(path)) {
    const line = parseReceiptLine(text)
    if (line === undefined) continue
    if ('thinned' in line) {
      gone += line.thinned
      continue
    }
    let isKept = true
    if ('statement' in line) {
      const own = dayOf(line.statement)
      const isFirstOfDay = own !== day
      day = own
      if (isFirstOfDay) dayIndex++
      isKept = index >= firstWhole || (isFirstOfDay && dayIndex > firstDay)
      index++
    }
    if (!isKept) {
      gone++
      continue
    }
    if (gone > 0) yield writeReceiptLine({ thinned: gone })
    gone = 0
    yield writeReceiptLine(line)
  }
}

async function countReceipts(path: string): Promise<{ receipts: number; days: number }> {
  let receipts = 0
  let days = 0
  let day = Number.NaN
  for await (const text of readLines(path)) {
    const line: ReceiptLine | undefined = parseReceiptLine(text)
    if (line === undefined || !('statement' in line)) continue
    const own = dayOf(line.statement)
    if (own !== day) days++
    day = own
    receipts++
  }
  return { receipts, days }
}

/** By the word of the statement: it was verified when it came. */
function dayOf(statement: string): number {
  const payload = JSON.parse(
    Buffer.from(decodeBase64url(statement.split('.')[1] ?? '')).toString('utf8'),
  ) as { time?: { midpoint?: number } | null }
  return Math.floor((payload.time?.midpoint ?? 0) / DAY_MS)
}
