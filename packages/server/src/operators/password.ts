import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { SanadError } from '@sanad/protocol/text/problems'

/**
 * Passwords are kept as argon2id, in PHC text: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
 *
 * OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane. A hash takes 40 ms of a core: a server computes
 * one only in its lane of sign-ins, see sign-in-lane.ts.
 */

const MEMORY_KIB = 19_456
const PASSES = 2
const LANES = 1
const SALT_BYTES = 16
const HASH_BYTES = 32

const derive = promisify(argon2)

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const cost = { salt, memory: MEMORY_KIB, passes: PASSES, lanes: LANES }
  const hash = await derive('argon2id', parametersOf(cost, password))
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${base64(salt)}$${base64(hash)}`
}

/** Takes as long for an account that does not exist, or has no password. */
export async function isPasswordRight(
  password: string,
  stored: string | null | undefined,
): Promise<boolean> {
  const { cost, hash } = parsePhc(stored ?? (await nobodysHash()))
  const tried = await derive('argon2id', parametersOf(cost, password))
  return timingSafeEqual(hash, tried) && typeof stored === 'string'
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
