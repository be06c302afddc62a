import { createHash, createPublicKey, verify } from 'node:crypto'
import { SanadError } from '@sanad/protocol/text/problems'
import { isReturnValue, wordsOf } from './faults.ts'
import type { KeyObject } from './key-objects.ts'
import { CKR_ACTION_PROHIBITED, pkcs11, type Handle } from './pkcs11.ts'
import type { Token } from './token.ts'

/** RFC 8017 §9.2, note 1: DigestInfo of SHA-256, to which the digest is appended. */
const SHA256_DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex')

/** Longer statements go to a token that hashes itself in parts: buffers of HSMs end at 64 KiB and below. */
const PART_BYTES = 16 * 1024

/** More than any RSA signature: for modules that ask for more room than the signature needs. */
const LARGE_BUFFER = 4096

/**
 * RSASSA-PKCS1-v1_5 with SHA-256, by what the token offers.
 *
 * First by CKM_RSA_PKCS over a digest made here: what is hashed is what was checked, and single-part
 * operations are the ones that HSM clusters balance. Tokens that forbid it, as in FIPS mode, hash the statement
 * themselves by CKM_SHA256_RSA_PKCS. A mechanism may be listed and yet be forbidden for a key; that shows when it
 * is used, so the other one is tried then, once for each key.
 */

type Way = 'digest-here' | 'digest-on-token'

const MECHANISM_OF: Record<Way, number> = {
  'digest-here': pkcs11.CKM_RSA_PKCS,
  'digest-on-token': pkcs11.CKM_SHA256_RSA_PKCS,
}

const NOT_THIS_WAY = [
  pkcs11.CKR_MECHANISM_INVALID,
  pkcs11.CKR_MECHANISM_PARAM_INVALID,
  pkcs11.CKR_FUNCTION_NOT_SUPPORTED,
  pkcs11.CKR_KEY_FUNCTION_NOT_PERMITTED,
  pkcs11.CKR_KEY_TYPE_INCONSISTENT,
  pkcs11.CKR_DATA_INVALID,
  pkcs11.CKR_DATA_LEN_RANGE,
  CKR_ACTION_PROHIBITED,
]

export class Signatures {
  readonly #token: Token
  readonly #offered: readonly Way[]
  /** The way that worked, by key id; its first signature was verified. */
  readonly #proven = new Map<string, Way>()

  /** @throws SanadError `hsm.no-signature` */
  constructor(token: Token) {
    const ways: readonly Way[] = ['digest-here', 'digest-on-token']
    this.#offered = ways.filter((way) => token.mechanisms.has(MECHANISM_OF[way]))
    if (this.#offered.length === 0) {
      throw new SanadError(
        'hsm.no-signature',
        'the token offers neither CKM_RSA_PKCS nor CKM_SHA256_RSA_PKCS',
      )
    }
    this.#token = token
  }

  /** @throws SanadError `hsm.no-signature`, `hsm.contract-broken`; Pkcs11Error */
  async sign(session: Handle, object: KeyObject, statement: Uint8Array): Promise<Uint8Array> {
    const proven = this.#proven.get(object.key.id)
    if (proven !== undefined) return this.#signBy(proven, session, object, statement)
    let last: Error | undefined
    for (const way of this.#offered) {
      try {
        const signature = await this.#signBy(way, session, object, statement)
        requireRight(object, statement, signature)
        this.#proven.set(object.key.id, way)
        return signature
      } catch (error) {
        if (!(error instanceof Error) || !isReturnValue(error, ...NOT_THIS_WAY)) throw error
        last = error
      }
    }
    const detail = last === undefined ? 'no mechanism' : wordsOf(last)
    throw new SanadError('hsm.no-signature', detail, { cause: last })
  }

  async #signBy(
    way: Way,
    session: Handle,
    { handle, key }: KeyObject,
    statement: Uint8Array,
  ): Promise<Uint8Array> {
    this.#token.module.C_SignInit(session, { mechanism: MECHANISM_OF[way] }, handle)
    const length = key.modulusBits / 8
    const signature =
      way === 'digest-on-token' && statement.length > PART_BYTES
        ? this.#signInParts(session, statement, length)
        : await this.#signAtOnce(session, inputOf(way, statement), length)
    if (signature.length !== length) {
      throw new SanadError('hsm.contract-broken', `a signature of ${signature.length} bytes`)
    }
    return signature
  }

  /** PKCS#11 3.0 §5.2: CKR_BUFFER_TOO_SMALL leaves the operation as it is, to be asked again with more room. */
  async #signAtOnce(session: Handle, input: Buffer, length: number): Promise<Buffer> {
    try {
      return await this.#call(session, input, Buffer.alloc(length))
    } catch (error) {
      if (!isReturnValue(error, pkcs11.CKR_BUFFER_TOO_SMALL)) throw error
      return this.#call(session, input, Buffer.alloc(LARGE_BUFFER))
    }
  }

  #call(session: Handle, input: Buffer, room: Buffer): Promise<Buffer> | Buffer {
    const { module, isSingleThreaded } = this.#token
    if (isSingleThreaded) return module.C_Sign(session, input, room)
    // Off the main thread, so that N sessions use N cores while this one reads the next request.
    return module.C_SignAsync(session, input, room)
  }

  #signInParts(session: Handle, statement: Uint8Array, length: number): Buffer {
    const { module } = this.#token
    for (let at = 0; at < statement.length; at += PART_BYTES) {
      module.C_SignUpdate(session, Buffer.from(statement.subarray(at, at + PART_BYTES)))
    }
    try {
      return module.C_SignFinal(session, Buffer.alloc(length))
    } catch (error) {
      if (!isReturnValue(error, pkcs11.CKR_BUFFER_TOO_SMALL)) throw error
      return module.C_SignFinal(session, Buffer.alloc(LARGE_BUFFER))
    }
  }
}

function inputOf(way: Way, statement: Uint8Array): Buffer {
  if (way === 'digest-on-token') return Buffer.from(statement)
  return Buffer.concat([SHA256_DIGEST_INFO, createHash('sha256').update(statement).digest()])
}

function requireRight({ key }: KeyObject, statement: Uint8Array, signature: Uint8Array): void {
  const publicKey = createPublicKey({ key: Buffer.from(key.spki), format: 'der', type: 'spki' })
  if (verify('sha256', statement, publicKey, signature)) return
  throw new SanadError('hsm.contract-broken', `the first signature of ${key.label} does not verify`)
}
