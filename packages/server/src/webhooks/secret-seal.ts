import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SanadError } from '@sanad/protocol/text/problems'
import { writeFileDurably } from '../platform/durable-file.ts'

/**
 * Seals webhooks’ secrets under a key in a file of the server’s own (AES-256-GCM): whoever reads the database,
 * or a copy of it, can sign nothing. Server processes that share a database share the file.
 */

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

export class SecretSeal {
  readonly #key: Buffer

  private constructor(key: Buffer) {
    this.#key = key
  }

  /** Makes the key where there is none. @throws SanadError `server.configuration-invalid` for one that is none */
  static async open(dataDirectory: string): Promise<SecretSeal> {
    const path = join(dataDirectory, 'trust', 'webhook-seal.key')
    const kept = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
    if (kept !== undefined && kept.length !== KEY_BYTES)
      throw new SanadError('server.configuration-invalid', `${path} is not a key`)
    const key = kept ?? randomBytes(KEY_BYTES)
    if (kept === undefined) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      await writeFileDurably(path, key, 0o600)
    }
    return new SecretSeal(key)
  }

  /** @param owner bound to it: moved to another row it does not open */
  seal(secret: string, owner: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(owner))
    return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()])
  }

  /** @throws when it was sealed elsewhere, or for another */
  unseal(sealed: Buffer, owner: string): string {
    const nonce = sealed.subarray(0, NONCE_BYTES)
    const tag = sealed.subarray(sealed.length - TAG_BYTES)
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.from(owner)).setAuthTag(tag)
    const text = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES))
    return Buffer.concat([text, decipher.final()]).toString()
  }
}
