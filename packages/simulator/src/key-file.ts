import { createPrivateKey, generateKeyPair } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

const generate = promisify(generateKeyPair)

export interface RsaKeyPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

// RFC 8017 §3.1 with the public exponent that every verifier takes: 65537.
export const generateRsaKey = (bits: number): Promise<RsaKeyPair> =>
  generate('rsa', { modulusLength: bits, publicExponent: 0x10001 })

export function makePrivateDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
}

/** The file holds the old content or the new one, whole, whatever happens in between. */
export function replaceFile(path: string, content: string, mode = 0o600): void {
  const draft = `${path}.draft`
  const file = openSync(draft, 'w', mode)
  try {
    writeSync(file, content)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(draft, path)
  syncDirectory(dirname(path))
}

/** Without this the rename itself may be lost with the power. */
function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

export function writePrivateKey(path: string, key: KeyObject): void {
  replaceFile(path, key.export({ type: 'pkcs8', format: 'pem' }).toString())
}

export const readPrivateKey = (path: string): KeyObject => createPrivateKey(readFileSync(path))
