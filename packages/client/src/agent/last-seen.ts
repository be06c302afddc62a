import { rename, writeFile } from 'node:fs/promises'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { parseStrictJsonObject } from '@sanad/protocol/text/strict-json'
import { PRIVATE_FILE, draftOf } from '../base/durable-files.ts'
import { pause } from '../base/pause.ts'
import { readPrivateFile } from '../base/private-folder.ts'
import { orStorageFailure } from '../base/storage-failure.ts'

/**
 * What the running client saw of each device, for a status that is asked for when it no longer runs. Nothing depends
 * on it: it is not flushed, and a file that is missing or damaged says nothing.
 */

const closed = { additionalProperties: false } as const
const optional = Type.Optional

const SeenDevice = Type.Object(
  {
    /** Milliseconds since the epoch. */
    at: Type.Integer({ minimum: 0 }),
    port: optional(Type.Integer()),
    deviceStatus: optional(Type.String({ maxLength: 64 })),
    presentsCertificate: Type.Boolean(),
    problem: optional(Type.String({ maxLength: 64 })),
  },
  closed,
)
export type SeenDevice = Static<typeof SeenDevice>

const File = Type.Object(
  { v: Type.Literal(1), devices: Type.Record(Type.String(), SeenDevice) },
  closed,
)
const check = Compile(File)

export type Seen = Readonly<Record<string, SeenDevice>>

/** How long a change may wait, so that a device that comes and goes does not wear out the disk. */
const BETWEEN_LOOKS_MS = 30_000
/** How old a time may be that nothing else changes. */
const LONGEST_SILENCE_MS = 10 * 60_000
/** Of 256 devices. */
const LARGEST = 64 * 1024

export async function readSeen(path: string): Promise<Seen> {
  try {
    const value = parseStrictJsonObject(await readPrivateFile(path), { depth: 4, length: LARGEST })
    return check.Check(value) ? value.devices : {}
  } catch {
    return {}
  }
}

export class LastSeen {
  readonly #path: string
  readonly #look: () => Seen
  #written = ''
  #writtenAt = 0

  /** @param look by state file: devices that are there now, and what is known of the others */
  constructor(path: string, look: () => Seen) {
    this.#path = path
    this.#look = look
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(BETWEEN_LOOKS_MS, signal)
      // The status of a client whose disk is full is asked of the client.
      if (!signal.aborted) await this.write().catch(() => undefined)
    }
  }

  /** @throws SanadError `client.storage-failed` */
  async write(): Promise<void> {
    const devices = this.#look()
    const news = describe(devices)
    if (news === this.#written && Date.now() - this.#writtenAt < LONGEST_SILENCE_MS) return
    const draft = draftOf(this.#path)
    const text = JSON.stringify({ v: 1, devices })
    await orStorageFailure(writeFile(draft, text, { mode: PRIVATE_FILE }))
    await orStorageFailure(rename(draft, this.#path))
    this.#written = news
    this.#writtenAt = Date.now()
  }
}

/** Without times, which always differ. */
const describe = (devices: Seen): string =>
  JSON.stringify(Object.entries(devices).map(([file, seen]) => [file, { ...seen, at: 0 }]))
