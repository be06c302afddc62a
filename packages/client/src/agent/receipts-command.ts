import { readPinnedRoots } from '../server-link/pinned-roots.ts'
import { readLines } from '../trusted-time/receipt-lines.ts'
import { type VerifiedLine, verifyReceipts } from '../trusted-time/verify-receipts.ts'
import { readNamedFile } from './named-file.ts'

/** `sanad client time-receipts`: the times that the server gave this client, and their verification. */

export interface ReceiptsCommand {
  readonly file: string
  /** PEM file of the management root. */
  readonly root: string
  readonly asJson: boolean
}

/** @returns the exit code: 0 when every line holds, 1 when one does not or there is none */
export async function verifyReceiptsFile(
  { file, root, asJson }: ReceiptsCommand,
  write: (text: string) => unknown,
): Promise<number> {
  const roots = readPinnedRoots(await readNamedFile(root))
  const total = { lines: 0, receipts: 0, thinned: 0, resets: 0, faulty: 0 }
  for await (const line of verifyReceipts(readLines(file), roots)) {
    total.lines++
    if (line.kind === 'time') total.receipts++
    if (line.kind === 'reset') total.resets++
    total.thinned += line.thinned ?? 0
    if (line.faults.length > 0) total.faulty++
    write(`${asJson ? JSON.stringify(toJson(line)) : toText(line)}\n`)
  }
  const isProven = total.faulty === 0 && total.receipts > 0
  const { receipts, thinned, resets, faulty } = total
  const verdict = isProven ? 'proven' : receipts === 0 ? 'empty' : 'not proven'
  write(
    asJson
      ? `${JSON.stringify({ verdict, ...total })}\n`
      : `${verdict}: ${receipts} receipts, ${resets} resets, ${thinned} no longer kept, ${faulty} lines that do not hold\n`,
  )
  return isProven ? 0 : 1
}

const iso = (at: number | undefined): string =>
  at === undefined ? '–'.padEnd(24) : new Date(at).toISOString()

function toText({ line, kind, time, radius, serverId, thinned, subject, faults }: VerifiedLine) {
  const verdict = faults.length === 0 ? 'ok' : faults.join(', ')
  const what = {
    time: `${iso(time)} ± ${String(radius ?? '–')} ms  ${serverId ?? ''}`,
    thinned: `${String(thinned)} receipts are no longer kept`,
    reset: `set back to ${iso(time)} or later, ordered for ${subject ?? '–'}`,
    unreadable: '–',
  }[kind]
  return `${String(line).padStart(5)}  ${what}  ${verdict}`
}

const toJson = ({ time, ...rest }: VerifiedLine) => ({
  ...rest,
  ...(time !== undefined && { time: new Date(time).toISOString() }),
})
