import { createHash } from 'node:crypto'
import { SanadError } from '@sanad/protocol/problems'
import type { SignRequest } from '../agent-protocol.ts'
import { moduleFaultOf } from './faults.ts'
import type { KeyRing } from './key-ring.ts'
import type { KeyObject } from './key-objects.ts'
import { pkcs11, type Handle } from './pkcs11.ts'
import type { SessionPool } from './session-pool.ts'
import { checkStatement } from './statements/statements.ts'
import type { Token } from './token.ts'

/** RFC 8017 §9.2, note 1: DigestInfo of SHA-256, to which the digest is appended. */
const SHA256_DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex')

/**
 * Signs statements of a named kind, and only after it has read them itself.
 *
 * The digest is made here and the token pads and exponentiates in one call: what is hashed is what was
 * checked, and single-part operations are the ones that HSM clusters balance.
 */
export class Signer {
  readonly #token: Token
  readonly #pool: SessionPool
  readonly #keys: KeyRing

  constructor(token: Token, pool: SessionPool, keys: KeyRing) {
    if (!token.mechanisms.has(pkcs11.CKM_RSA_PKCS)) {
      throw new SanadError('hsm.not-permitted', 'the token does not offer CKM_RSA_PKCS')
    }
    this.#token = token
    this.#pool = pool
    this.#keys = keys
  }

  async sign({ kind, keyId, statement }: SignRequest): Promise<Uint8Array> {
    const { key } = this.#keys.keyFor(kind, keyId)
    checkStatement(kind, statement, { key, keys: this.#keys })
    const digest = createHash('sha256').update(statement).digest()
    const digestInfo = Buffer.concat([SHA256_DIGEST_INFO, digest])
    const signOnce = () =>
      this.#pool.use((session) => this.#signIn(session, this.#keys.keyFor(kind, keyId), digestInfo))
    try {
      return await signOnce()
    } catch (error) {
      // The statement is fixed, so a second signature of it has the same effect as the first.
      if (moduleFaultOf(error) !== 'session') throw error
      await this.#pool.use(async (session) => this.#keys.refind(keyId, session))
      return await signOnce()
    }
  }

  #signIn(session: Handle, { handle, key }: KeyObject, digestInfo: Buffer): Promise<Buffer> {
    const { module } = this.#token
    module.C_SignInit(session, { mechanism: pkcs11.CKM_RSA_PKCS }, handle)
    // Off the main thread, so that N sessions use N cores while this one reads the next request.
    return module.C_SignAsync(session, digestInfo, Buffer.alloc(key.modulusBits / 8))
  }
}
