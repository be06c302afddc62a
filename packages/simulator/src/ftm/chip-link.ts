import { chmodSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { dirname } from 'node:path'
import { makePrivateDirectory } from '../key-file.ts'
import { ChipRefusal } from './chip-refusal.ts'
import type { Chip } from './chip.ts'
import { performVerb } from './chip-verbs.ts'

/** Enough for a registration with its certificates and digital ID; a longer line is nobody's request. */
const LONGEST_LINE = 256 * 1024
/** `sun_path` of Linux, less its closing zero. */
const LONGEST_PATH = 107

interface ChipLinkOptions {
  readonly path: string
  /** Asked on every request, so that a simulated device can change its chip. */
  readonly chip: () => Chip
  readonly now?: () => Date
}

/**
 * The way to a chip on the same host: a Unix socket that only its owner can open, one JSON object a line.
 *
 * A connection's requests are answered one after the other, in order.
 */
export class ChipLink {
  readonly path: string
  readonly #chip: () => Chip
  readonly #now: () => Date
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor({ path, chip, now }: ChipLinkOptions) {
    this.path = path
    this.#chip = chip
    this.#now = now ?? (() => new Date())
    this.#server = createServer((socket) => this.#serve(socket))
  }

  static async open(options: ChipLinkOptions): Promise<ChipLink> {
    if (Buffer.byteLength(options.path) > LONGEST_PATH) {
      throw new Error(`the path of the chip link is longer than ${LONGEST_PATH} bytes`)
    }
    const link = new ChipLink(options)
    makePrivateDirectory(dirname(options.path))
    if (await isServed(options.path)) throw new Error('another process serves this chip link')
    // A socket of a run that was killed: it has no listener and would refuse the bind.
    rmSync(options.path, { force: true })
    await new Promise<void>((resolve, reject) => {
      link.#server.once('error', reject)
      link.#server.listen(options.path, resolve)
    })
    chmodSync(options.path, 0o600)
    return link
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    void this.#converse(socket)
  }

  async #converse(socket: Socket): Promise<void> {
    try {
      for await (const line of readLines(socket))
        socket.write(`${JSON.stringify(await this.#answer(line))}\n`)
      socket.end()
    } catch {
      // The other side went away or sent an endless line; there is nobody to tell.
      socket.destroy()
    }
  }

  async #answer(line: string): Promise<object> {
    let id: unknown = null
    try {
      const { id: given, verb, ...fields } = readRequest(line)
      id = given
      return { id, ok: true, ...(await performVerb(this.#chip(), verb, fields, this.#now())) }
    } catch (error) {
      return { id, ok: false, error: error instanceof ChipRefusal ? error.problem : 'chip.failed' }
    }
  }
}

const isServed = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })

async function* readLines(socket: Socket): AsyncGenerator<string> {
  let held = ''
  socket.setEncoding('utf8')
  for await (const chunk of socket as AsyncIterable<string>) {
    held += chunk
    for (let end = held.indexOf('\n'); end >= 0; end = held.indexOf('\n')) {
      yield held.slice(0, end)
      held = held.slice(end + 1)
    }
    if (held.length > LONGEST_LINE) throw new Error('line too long')
  }
}

function readRequest(line: string): Record<string, unknown> {
  const value = parse(line)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed('not an object')
  const request = value as Record<string, unknown>
  if (typeof request['id'] !== 'string' && typeof request['id'] !== 'number')
    throw malformed('no id')
  return request
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw malformed('not JSON', { cause })
  }
}

const malformed = (detail: string, options?: ErrorOptions): ChipRefusal =>
  new ChipRefusal('chip.request-malformed', detail, options)
