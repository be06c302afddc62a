import { verifyServerJws } from '@sanad/protocol/wire/envelope/answer'
import { parseCompactJws } from '@sanad/protocol/wire/envelope/compact'
import { SERVER_STATEMENT_TYP } from '@sanad/protocol/wire/envelope/server-statement'
import { readServerStatement } from '@sanad/protocol/wire/envelopes'
import { SanadError } from '@sanad/protocol/text/problems'
import { parseStrictJsonObject } from '@sanad/protocol/text/strict-json'
import type { Certificate } from '@sanad/protocol/asn1/x509'
import { openClockReset } from './open-clock-reset.ts'
import {
  NOTHING_BEFORE,
  type Receipt,
  digestOf,
  nonceOf,
  parseReceiptLine,
} from './receipt-lines.ts'
import { KEPT_WHOLE } from './thin-out.ts'

/**
 * Verifies a file of receipts with only the management root: that the server stated each time, to this client, and
 * in which order.
 */

export const RECEIPT_FAULTS = [
  /** No line of such a file. */
  'unreadable',
  /** Not signed by a response key under this root that was valid at that time. */
  'not-authentic',
  /** The statement answers another nonce than the one made from the receipt. */
  'wrong-nonce',
  /** It does not follow from the receipt before it: one was removed, inserted or moved. */
  'chain-broken',
  /** Receipts are only left out where as many followed as are always kept whole. */
  'gap-too-recent',
  /** Earlier than the one before, without an order to set the clock back. */
  'time-went-back',
  /** An order to set the clock back that has no signature under this root. */
  'reset-not-authentic',
] as const
export type ReceiptFault = (typeof RECEIPT_FAULTS)[number]

export interface VerifiedLine {
  /** From 1. */
  readonly line: number
  readonly faults: readonly ReceiptFault[]
  readonly kind: 'time' | 'thinned' | 'reset' | 'unreadable'
  /** Milliseconds since the epoch. */
  readonly time?: number
  readonly radius?: number
  readonly serverId?: string
  /** Receipts that are kept no longer. */
  readonly thinned?: number
  /** Of a reset: the device that it names. */
  readonly subject?: string
}

interface Before {
  readonly digest: string
  /** The latest time that the last receipt allows for the earliest next one. */
  readonly earliest: number
  readonly afterGap: boolean
  /** A reset that counts for the next receipt. */
  readonly isReset: boolean
}

export async function* verifyReceipts(
  lines: AsyncIterable<string> | Iterable<string>,
  roots: readonly Certificate[],
): AsyncGenerator<VerifiedLine> {
  let before: Before = {
    digest: NOTHING_BEFORE,
    earliest: Number.NEGATIVE_INFINITY,
    afterGap: false,
    isReset: false,
  }
  let number = 0
  let gap: { readonly line: number; readonly thinned: number } | undefined
  let sinceGap = 0
  for await (const text of lines) {
    const line = ++number
    const read = parseReceiptLine(text)
    if (read === undefined) {
      yield { line, kind: 'unreadable', faults: ['unreadable'] }
    } else if ('thinned' in read) {
      before = { ...before, afterGap: true }
      gap = { line, thinned: read.thinned }
      sinceGap = 0
      yield { line, kind: 'thinned', thinned: read.thinned, faults: [] }
    } else if ('reset' in read) {
      const reset = openClockReset(read.reset, { managementRoots: roots })
      before = { ...before, isReset: reset !== undefined }
      yield reset === undefined
        ? { line, kind: 'reset', faults: ['reset-not-authentic'] }
        : { line, kind: 'reset', subject: reset.subject, time: reset.floor, faults: [] }
    } else {
      const verified = verifyReceipt(read, before, roots)
      const { time, radius = 0 } = verified
      before = {
        digest: digestOf(read.statement),
        earliest: time === undefined ? before.earliest : time - radius,
        afterGap: false,
        isReset: false,
      }
      sinceGap++
      yield { line, kind: 'time', ...verified }
    }
  }
  // Only now is it known how many came after it.
  if (gap !== undefined && sinceGap < KEPT_WHOLE)
    yield { line: gap.line, kind: 'thinned', faults: ['gap-too-recent'] }
}

function verifyReceipt(
  receipt: Receipt,
  before: Before,
  roots: readonly Certificate[],
): Omit<VerifiedLine, 'line' | 'kind'> {
  const faults: ReceiptFault[] = []
  // After a gap the receipt before is unknown; the nonce still binds what this one says of it.
  if (!before.afterGap && receipt.previous !== before.digest) faults.push('chain-broken')
  const read = readStatement(receipt.statement, roots)
  if (read === undefined) return { faults: [...faults, 'not-authentic'] }
  if (read.nonce !== nonceOf(receipt)) faults.push('wrong-nonce')
  const { time, radius, serverId } = read
  if (!before.isReset && time + radius < before.earliest) faults.push('time-went-back')
  return { faults, time, radius, serverId }
}

function readStatement(text: string, roots: readonly Certificate[]) {
  try {
    const jws = parseCompactJws(text)
    const statement = readServerStatement(parseStrictJsonObject(jws.payload))
    if (statement.time === null) return undefined
    const { midpoint: time, radius } = statement.time
    verifyServerJws(jws, SERVER_STATEMENT_TYP, { managementRoots: roots, now: time })
    return { time, radius, nonce: statement.nonce, serverId: statement.iss }
  } catch (error) {
    if (error instanceof SanadError) return undefined
    throw error
  }
}
