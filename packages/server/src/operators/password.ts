import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { SanadError } from '@sanad/protocol/problems'

/**
 * Passwords are kept as argon2id, in PHC text: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
 *
 * OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
 */

const MEMORY_KIB = 19_456
const PASSES = 2
const LANES = 1
const SALT_BYTES = 16
const HASH_BYTES = 32

/** Each hash takes 19 MiB and 40 ms of a core: whoever floods the sign-in gets "busy", not the server’s memory. */
const MOST_AT_ONCE = 2
const MOST_WAITING = 32

const derive = promisify(argon2)
let running = 0
const waiting: (() => void)[] = []

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const hash = await inTurn({ salt, memory: MEMORY_KIB, passes: PASSES, lanes: LANES }, password)
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${base64(salt)}$${base64(hash)}`
}

/** Takes as long for an account that does not exist. */
export async function isPasswordRight(
  password: string,
  stored: string | undefined,
): Promise<boolean> {
  const { cost, hash } = parsePhc(stored ?? (await nobodysHash()))
  const tried = await inTurn(cost, password)
  return timingSafeEqual(hash, tried) && stored !== undefined
}

let nobodys: Promise<string> | undefined
function nobodysHash(): Promise<string> {
  nobodys ??= hashPassword(randomBytes(32).toString('base64url'))
  return nobodys
}

interface Cost {
  readonly salt: Buffer
  readonly memory: number
  readonly passes: number
  readonly lanes: number
}

const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]{43})$/

function parsePhc(text: string): { readonly cost: Cost; readonly hash: Buffer } {
  const [, memory, passes, lanes, salt, hash] = PHC.exec(text) ?? []
  if (salt === undefined || hash === undefined) {
    throw new SanadError('server.internal', 'a stored password is not in PHC text')
  }
  return {
    cost: {
      salt: Buffer.from(salt, 'base64'),
      memory: Number(memory),
      passes: Number(passes),
      lanes: Number(lanes),
    },
    hash: Buffer.from(hash, 'base64'),
  }
}

async function inTurn(cost: Cost, password: string): Promise<Buffer> {
  await takeTurn()
  try {
    return await derive('argon2id', parametersOf(cost, password))
  } finally {
    running--
    waiting.shift()?.()
  }
}

async function takeTurn(): Promise<void> {
  while (running >= MOST_AT_ONCE) {
    if (waiting.length >= MOST_WAITING) throw new SanadError('server.overloaded', 'sign-ins')
    await new Promise<void>((resolve) => waiting.push(resolve))
  }
  running++
}

function parametersOf({ salt, memory, passes, lanes }: Cost, password: string): Argon2Parameters {
  return {
    // One spelling of one password, whatever keyboard it was typed on (NIST SP 800-63B-4 §3.1.1.2).
    message: password.normalize('NFC'),
    nonce: salt,
    parallelism: lanes,
    tagLength: HASH_BYTES,
    memory,
    passes,
  }
}

const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '')
