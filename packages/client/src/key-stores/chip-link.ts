import { connect } from 'node:net'
import { parseStrictJsonObject } from '@sanad/protocol/text/strict-json'
import { keyStoreFailure } from '../base/key-store-failure.ts'
import { PLATFORM } from '../platform/platform.ts'

/**
 * The way to the FTM chip of an L1 device: a Unix socket or named pipe of its driver, one JSON object a line.
 *
 * The verbs are closed. None captures, none exports a key, none signs bytes of the caller's choice.
 */
export const CHIP_VERBS = [
  'describe',
  'generate-key',
  'sign-with-device-key',
  'sign-registration',
  'sign-digital-id',
  'install-certificate',
  'destroy-key',
  'list-keys',
] as const
export type ChipVerb = (typeof CHIP_VERBS)[number]

export type ChipFields = Readonly<Record<string, string | readonly string[]>>
export type ChipAnswer = Readonly<Record<string, unknown>>

const LONGEST_LINE = 256 * 1024
/** A chip makes an RSA key in seconds, not in milliseconds. */
const PATIENCE_MS = 60_000

export class ChipLink {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** @throws SanadError `client.key-store-failed`, `client.permissions-too-open` */
  async ask(verb: ChipVerb, fields: ChipFields = {}): Promise<ChipAnswer> {
    await PLATFORM.access.requireTrustedAddress(this.#path).catch(translate)
    const line = await this.#exchange(`${JSON.stringify({ id: 1, verb, ...fields })}\n`)
    const answer = read(line)
    if (answer['id'] !== 1) throw keyStoreFailure('the chip link answers another request')
    if (answer['ok'] !== true) throw keyStoreFailure(`${verb}: ${nameRefusal(answer['error'])}`)
    return answer
  }

  #exchange(request: string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const socket = connect(this.#path)
    let held = ''
    socket.setEncoding('utf8')
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(keyStoreFailure('the chip is silent')))
    socket.on('connect', () => socket.write(request))
    socket.on('data', (chunk: string) => {
      held += chunk
      const end = held.indexOf('\n')
      if (end >= 0) {
        resolve(held.slice(0, end))
        socket.destroy()
      } else if (held.length > LONGEST_LINE) socket.destroy(keyStoreFailure('an endless line'))
    })
    socket.on('error', (error) => reject(keyStoreFailure('the chip link is not there', error)))
    socket.on('close', () => reject(keyStoreFailure('the chip link closed')))
    return promise
  }
}

function translate(error: unknown): never {
  if (error instanceof Error && 'syscall' in error)
    throw keyStoreFailure('the chip link is not there', error)
  throw error
}

function read(line: string): ChipAnswer {
  try {
    return parseStrictJsonObject(Buffer.from(line), { depth: 6, length: LONGEST_LINE })
  } catch (error) {
    throw keyStoreFailure('the chip link’s answer cannot be read', error)
  }
}

/** Repeats only a known code: the rest of the text could be anything. */
const nameRefusal = (error: unknown): string =>
  typeof error === 'string' && /^[a-z][a-z.-]{0,63}$/.test(error) ? error : 'refused'
