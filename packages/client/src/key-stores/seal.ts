import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { SanadError } from '@sanad/protocol/text/problems'
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
    /** Tells another key from a damaged file. Files of the first version lack it. */
    check: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })),
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
const CHECK_INFO = 'sanad client key store 1 check'

export class Seal {
  readonly #key: Buffer

  private constructor(key: Buffer) {
    this.#key = key
  }

  /**
   * Makes the seal file on the first call, bound to what there is of the host then. What comes later, such as a machine
   * id that was written after the first start, changes nothing.
   *
   * @throws SanadError `client.host-changed`, `client.key-store-failed`, `client.permissions-too-open`
   */
  static async open(path: string, binding: HostBinding): Promise<Seal> {
    const file = (await readSealFile(path)) ?? (await makeSealFile(path, binding))
    const material = materialOf(file, binding)
    if (file.check !== undefined && file.check !== checkOf(material))
      throw hostChanged('the machine id or the credential differs from that of the first start')
    return new Seal(derive(material, INFO))
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

interface KeyMaterial {
  readonly secret: Uint8Array
  readonly salt: Uint8Array
}

/** Takes of the host only what the seal was made with. @throws SanadError `client.host-changed` when that is away */
function materialOf(
  file: Pick<SealFile, 'secret' | 'boundToMachine' | 'boundToCredential'>,
  binding: HostBinding,
): KeyMaterial {
  const machineId = file.boundToMachine ? binding.machineId : ''
  if (file.boundToMachine && machineId === '')
    throw hostChanged('this computer has no machine id now')
  const credential = file.boundToCredential ? binding.credential : new Uint8Array()
  if (credential === undefined) throw hostChanged('the service has no credential sanad-seal now')
  return {
    secret: Buffer.concat([Buffer.from(file.secret, 'base64url'), credential]),
    salt: createHash('sha256').update(machineId).digest(),
  }
}

const derive = ({ secret, salt }: KeyMaterial, info: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, salt, info, 32))

const checkOf = (material: KeyMaterial): string =>
  derive(material, CHECK_INFO).toString('base64url')

const hostChanged = (detail: string): SanadError => new SanadError('client.host-changed', detail)

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
  const made: SealFile = {
    v: 1,
    secret: randomBytes(32).toString('base64url'),
    boundToMachine: binding.machineId !== '',
    boundToCredential: binding.credential !== undefined,
  }
  const file = { ...made, check: checkOf(materialOf(made, binding)) }
  await replaceFile(path, JSON.stringify(file))
  return file
}
