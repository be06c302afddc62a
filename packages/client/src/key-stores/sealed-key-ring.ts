import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { parseStrictJsonObject } from '@sanad/protocol/text/strict-json'
import { replaceFile } from '../base/durable-files.ts'
import { isMissing, readPrivateFile } from '../base/private-folder.ts'
import { keyStoreFailure } from '../base/key-store-failure.ts'

/** The keys of one device, sealed, in one file: a change of several keys is one change. */

const Base64url = Type.String({ pattern: '^[A-Za-z0-9_-]+$' })

const SealedKey = Type.Object(
  {
    keyId: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
    state: Type.Enum(['pending', 'active', 'superseded']),
    /** PKCS#8. */
    sealed: Type.Object(
      { iv: Base64url, ciphertext: Base64url, tag: Base64url },
      { additionalProperties: false },
    ),
    /** base64 DER, leaf first; empty while the key is pending. */
    certificates: Type.Array(Type.String({ maxLength: 8192 }), { maxItems: 4 }),
  },
  { additionalProperties: false },
)
export type SealedKey = Static<typeof SealedKey>

const Ring = Type.Object(
  { v: Type.Literal(1), keys: Type.Array(SealedKey, { maxItems: 16 }) },
  { additionalProperties: false },
)
const ringCheck = Compile(Ring)

export class SealedKeyRing {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** @throws SanadError `client.key-store-failed`, `client.permissions-too-open` */
  async read(): Promise<readonly SealedKey[]> {
    let bytes: Buffer
    try {
      bytes = await readPrivateFile(this.#path)
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
    const value = parse(bytes)
    if (!ringCheck.Check(value)) throw keyStoreFailure('a key file is damaged')
    return value.keys
  }

  async write(keys: readonly SealedKey[]): Promise<void> {
    await replaceFile(this.#path, JSON.stringify({ v: 1, keys }))
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return parseStrictJsonObject(bytes, { depth: 8, length: 1024 * 1024 })
  } catch (error) {
    throw keyStoreFailure('a key file is damaged', error)
  }
}
