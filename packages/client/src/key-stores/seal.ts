import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { parseStrictJsonObject } from '@sanad/protocol/text/strict-json'
import { replaceFile } from '../base/durable-files.ts'
import { isMissing, readPrivateFile } from '../base/private-folder.ts'
import { keyStoreFailure } from '../base/key-store-failure.ts'
import type { HostBinding } from '../platform/platform.ts'

/**
 * What encrypts keys at rest where there is no chip: a secret that only the client's account can read, tied
 * to this machine and, where systemd provides one, to a credential of the service (which a TPM can hold).
 *
 * A copy of the folder is then of no use on another machine. It does not withstand an attacker who has become root
 * on this one; that takes a TPM or a chip.
 */

const SealFile = Type.Object(
  {
    v: Type.Literal(1),
    secret: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
    /** What the key was made with, so that its absence has a name. */
    boundToMachine: Type.Boolean(),
    boundToCredential: Type.Boolean(),
  },
  { additionalProperties: false },
)
type SealFile = Static<typeof SealFile>
const sealFileCheck = Compile(SealFile)

export interface SealedBytes {
  readonly iv: string
  readonly ciphertext: string
  readonly tag: string
}

const CIPHER = 'aes-256-gcm'
const INFO = 'sanad client key store 1'

export class Seal {
  readonly #key: Buffer

  private constructor(key: Buffer) {
    this.#key = key
  }

  /** Makes the seal file on the first call. @throws SanadError `client.key-store-failed`, `client.permissions-too-open` */
  static async open(path: string, binding: HostBinding): Promise<Seal> {
    const file = (await readSealFile(path)) ?? (await makeSealFile(path, binding))
    if (file.boundToMachine !== (binding.machineId !== ''))
      throw keyStoreFailure('the seal was made with a machine id and there is none, or the reverse')
    if (file.boundToCredential !== (binding.credential !== undefined))
      throw keyStoreFailure('the seal was made with a credential and there is none, or the reverse')
    const secret = Buffer.concat([
      Buffer.from(file.secret, 'base64url'),
      binding.credential ?? new Uint8Array(),
    ])
    const salt = createHash('sha256').update(binding.machineId).digest()
    return new Seal(Buffer.from(hkdfSync('sha256', secret, salt, INFO, 32)))
  }

  /** @param context bound to the ciphertext: bytes sealed for one purpose do not open for another. */
  seal(plaintext: Uint8Array, context: string): SealedBytes {
    const iv = randomBytes(12)
    const cipher = createCipheriv(CIPHER, this.#key, iv)
    cipher.setAAD(Buffer.from(context))
    const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
    return {
      iv: iv.toString('base64url'),
      ciphertext: ciphertext.toString('base64url'),
      tag: cipher.getAuthTag().toString('base64url'),
    }
  }

  /** @throws SanadError `client.key-store-failed` */
  unseal(sealed: SealedBytes, context: string): Buffer {
    try {
      const iv = Buffer.from(sealed.iv, 'base64url')
      const decipher = createDecipheriv(CIPHER, this.#key, iv, { authTagLength: 16 })
      decipher.setAAD(Buffer.from(context))
      decipher.setAuthTag(Buffer.from(sealed.tag, 'base64url'))
      const ciphertext = Buffer.from(sealed.ciphertext, 'base64url')
      return Buffer.concat([decipher.update(ciphertext), decipher.final()])
    } catch (error) {
      throw keyStoreFailure('the seal does not fit: another machine, or a damaged file', error)
    }
  }
}

async function readSealFile(path: string): Promise<SealFile | undefined> {
  let bytes: Buffer
  try {
    bytes = await readPrivateFile(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
  const value = parseStrictJsonObject(bytes)
  if (!sealFileCheck.Check(value)) throw keyStoreFailure('the seal file is damaged')
  return value
}

async function makeSealFile(path: string, binding: HostBinding): Promise<SealFile> {
  const file: SealFile = {
    v: 1,
    secret: randomBytes(32).toString('base64url'),
    boundToMachine: binding.machineId !== '',
    boundToCredential: binding.credential !== undefined,
  }
  await replaceFile(path, JSON.stringify(file))
  return file
}
