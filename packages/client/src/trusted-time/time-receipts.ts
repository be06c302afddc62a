import { randomBytes } from 'node:crypto'
import { type FileHandle, open, stat, truncate } from 'node:fs/promises'
import { PRIVATE_FILE, draftOf } from '../base/durable-files.ts'
import { isMissing } from '../base/private-folder.ts'
import { orStorageFailure } from '../base/storage-failure.ts'
import { PLATFORM } from '../platform/platform.ts'
import {
  NOTHING_BEFORE,
  type Receipt,
  type ReceiptLine,
  digestOf,
  nonceOf,
  parseReceiptLine,
  readLines,
  writeReceiptLine,
} from './receipt-lines.ts'
import { KEPT_WHOLE, thinOut } from './thin-out.ts'

/**
 * Keeps the receipts of trusted time: each is appended and flushed before the clock takes its time. Bounded: when
 * there are many, one a day remains of the older ones.
 */

/** What a question is made of; what it becomes a receipt with. */
export interface TimeQuestion {
  readonly nonce: string
  readonly previous: string
  readonly random: string
}

/** How far the file grows beyond what {@link thinOut} leaves, before it is rewritten. */
const LINES_BETWEEN_THINNINGS = 200

export class TimeReceipts {
  readonly #path: string
  #last: string
  #sinceThinning: number
  /** Octets, after an attempt to append that failed. */
  #wholeUntil: number | undefined

  private constructor(path: string, last: string, sinceThinning: number) {
    this.#path = path
    this.#last = last
    this.#sinceThinning = sinceThinning
  }

  /** Cuts off a last line that a power cut left unfinished. @throws SanadError `client.*` */
  static async open(path: string): Promise<TimeReceipts> {
    await orStorageFailure(takeOffUnfinished(path))
    let last = NOTHING_BEFORE
    let whole = 0
    for await (const text of readLines(path)) {
      const line = parseReceiptLine(text)
      if (line !== undefined && 'statement' in line) last = digestOf(line.statement)
      whole = line !== undefined && 'thinned' in line ? 0 : whole + 1
    }
    return new TimeReceipts(path, last, whole - KEPT_WHOLE)
  }

  /** For one question at a time: the next one follows from its answer. */
  ask(): TimeQuestion {
    const random = randomBytes(32).toString('base64url')
    const parts = { previous: this.#last, random }
    return { ...parts, nonce: nonceOf(parts) }
  }

  /** On disk when it returns. @param reset the command that allowed it, where it did */
  async keep({ previous, random }: TimeQuestion, statement: string, reset?: string): Promise<void> {
    const receipt: Receipt = { previous, random, statement }
    const lines: ReceiptLine[] = reset === undefined ? [receipt] : [{ reset }, receipt]
    await orStorageFailure(this.#append(lines.map(writeReceiptLine).join('')))
    this.#last = digestOf(statement)
    this.#sinceThinning += lines.length
    if (this.#sinceThinning < LINES_BETWEEN_THINNINGS) return
    await orStorageFailure(this.#thinOut())
    this.#sinceThinning = 0
  }

  /** On a full disk a part of it may be written, or all and not flushed: the next one takes that off first. */
  async #append(text: string): Promise<void> {
    if (this.#wholeUntil !== undefined) await takeOffAfter(this.#path, this.#wholeUntil)
    this.#wholeUntil = await sizeOf(this.#path)
    await append(this.#path, text)
    this.#wholeUntil = undefined
  }

  async #thinOut(): Promise<void> {
    const draft = draftOf(this.#path)
    const file = await open(draft, 'w', PRIVATE_FILE)
    try {
      for await (const line of thinOut(this.#path)) await file.write(line)
      await file.sync()
    } finally {
      await file.close()
    }
    await PLATFORM.disk.replace(draft, this.#path)
  }
}

async function append(path: string, text: string): Promise<void> {
  await using file = await open(path, 'a', PRIVATE_FILE)
  await file.writeFile(text)
  await file.sync()
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isMissing(error)) return 0
    throw error
  }
}

async function takeOffAfter(path: string, size: number): Promise<void> {
  if ((await sizeOf(path)) > size) await truncate(path, size)
}

/** Longer than any line. */
const LONGEST_END = 64 * 1024

async function takeOffUnfinished(path: string): Promise<void> {
  await using file = await openPrivateFile(path)
  if (file === undefined) return
  const { size } = await file.stat()
  const from = Math.max(0, size - LONGEST_END)
  const end = Buffer.alloc(size - from)
  await file.read(end, 0, end.length, from)
  const finished = from + end.lastIndexOf('\n') + 1
  if (finished < size) await truncate(path, finished)
}

/** A link in its place is not followed. @returns undefined when there is none */
async function openPrivateFile(path: string): Promise<FileHandle | undefined> {
  try {
    return await PLATFORM.access.openUnlinked(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
