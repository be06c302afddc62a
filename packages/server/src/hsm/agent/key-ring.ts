import type { HsmException } from '@sanad/protocol/domain/hsm-exceptions'
import { SanadError } from '@sanad/protocol/text/problems'
import { KEY_OF_STATEMENT, type StatementKind } from '../agent-protocol.ts'
import type { HsmKey, KeyProof, KeyPurpose } from '../hsm.ts'
import { verdictOf } from '../proof-verdict.ts'
import { destroyNewKey, makeKey, MODULUS_BITS } from './key-generation.ts'
import { readKeys, type KeyObject, type UnreadableKey } from './key-objects.ts'
import { isUsable, proveKey } from './key-proof.ts'
import { CKS_RO_USER_FUNCTIONS, CKS_RW_USER_FUNCTIONS, pkcs11, type Handle } from './pkcs11.ts'
import type { SessionPool } from './session-pool.ts'
import type { Token } from './token.ts'

interface Parts {
  readonly token: Token
  readonly pool: SessionPool
  readonly mode: 'production' | 'development'
  /** What the operator accepts of a token that cannot show the whole proof. */
  readonly accept: readonly HsmException[]
}

/** The keys of the token that are ours, each with its proof. A key that is not proven does not sign. */
export class KeyRing {
  readonly #parts: Parts
  readonly #keys = new Map<string, KeyObject & { readonly proof: KeyProof }>()
  #unreadable: readonly UnreadableKey[] = []
  /** Making and proving keys is for one at a time. */
  #ceremony: Promise<unknown> = Promise.resolve()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  list(): readonly HsmKey[] {
    return [...this.#keys.values()].map(({ key }) => key)
  }

  has(purpose: KeyPurpose, spkiId: string): boolean {
    return this.#keys.get(spkiId)?.key.purpose === purpose
  }

  holds(spkiId: string): boolean {
    return this.#keys.has(spkiId)
  }

  /** @throws SanadError `hsm.key-missing`, `hsm.request-refused`, and those of {@link requireUsable} */
  keyFor(kind: StatementKind, keyId: string): KeyObject {
    const held = this.#keys.get(keyId)
    if (held === undefined) throw this.#missing(keyId)
    const purpose = KEY_OF_STATEMENT[kind]
    if (held.key.purpose !== purpose) {
      throw new SanadError('hsm.request-refused', `${held.key.label} does not sign a ${kind}`)
    }
    requireUsable(held.proof, this.#parts.mode)
    return held
  }

  /** Reads the token afresh and proves each key. */
  proveAll(): Promise<readonly KeyProof[]> {
    const { token, accept } = this.#parts
    return this.#inCeremony(async (session) => {
      const { keys, unreadable } = readKeys(token.module, session)
      const proven = keys.map((object) => ({
        ...object,
        proof: proveKey(token, session, object, accept),
      }))
      this.#keys.clear()
      for (const held of proven) this.#keys.set(held.key.id, held)
      this.#unreadable = unreadable
      return proven.map(({ proof }) => proof)
    })
  }

  /** @throws SanadError `hsm.read-only`, and what {@link makeKey} and {@link requireUsable} throw */
  make(purpose: KeyPurpose, modulusBits: number): Promise<HsmKey> {
    if (!MODULUS_BITS.includes(modulusBits)) {
      throw new SanadError('hsm.request-refused', `no keys of ${modulusBits} bits`)
    }
    const { token } = this.#parts
    if (token.isReadOnly) throw new SanadError('hsm.read-only', 'no session that writes')
    return this.#inCeremony(async (session) => {
      const made = await makeKey(token, session, purpose, modulusBits)
      const proof = this.#proveNew(session, made)
      this.#keys.set(made.key.id, { ...made, proof })
      return made.key
    })
  }

  /** A key that fails its proof is taken back: nobody knows it yet. */
  #proveNew(session: Handle, made: KeyObject): KeyProof {
    const { token, mode, accept } = this.#parts
    try {
      const proof = proveKey(token, session, made, accept)
      requireUsable(proof, mode)
      return proof
    } catch (error) {
      if (!destroyNewKey(token, session, made)) throw withRest(error, made)
      throw error
    }
  }

  /**
   * After a handle went stale: the object may be the same under another handle.
   *
   * @throws Pkcs11Error CKR_USER_NOT_LOGGED_IN where it is the login that went: private keys are invisible then
   */
  refind(keyId: string, session: Handle): void {
    const { module } = this.#parts.token
    const held = this.#keys.get(keyId)
    const found = readKeys(module, session).keys.find(({ key }) => key.id === keyId)
    if (held !== undefined && found !== undefined) {
      this.#keys.set(keyId, { ...held, handle: found.handle })
    } else requireLogin(module, session)
  }

  #missing(keyId: string): SanadError {
    const unreadable = this.#unreadable.map(
      ({ label, why }) => `; ${label} is not readable: ${why}`,
    )
    return new SanadError('hsm.key-missing', `no key ${keyId}${unreadable.join('')}`)
  }

  async #inCeremony<T>(work: (session: Handle) => Promise<T>): Promise<T> {
    const before = this.#ceremony
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#ceremony = promise
    await before
    try {
      return await this.#parts.pool.useExtra(work)
    } finally {
      resolve()
    }
  }
}

/** @throws SanadError `hsm.exception-needed` where an operator may accept what is missing, else `hsm.key-not-proven` */
function requireUsable(proof: KeyProof, mode: 'production' | 'development'): void {
  if (!isUsable(proof, mode)) throw verdictOf(proof)
}

/** The token destroys nothing: a person has to. Its name is not used again. */
function withRest(error: unknown, { key }: KeyObject): unknown {
  const rest = `${key.label} stays on the token, which destroys no keys; it is never used`
  if (!(error instanceof SanadError)) return error
  return new SanadError(error.code, `${error.detail ?? error.title}; ${rest}`, { cause: error })
}

function requireLogin(module: Token['module'], session: Handle): void {
  const { state } = module.C_GetSessionInfo(session)
  if (state === CKS_RW_USER_FUNCTIONS || state === CKS_RO_USER_FUNCTIONS) return
  throw new pkcs11.Pkcs11Error('CKR_USER_NOT_LOGGED_IN:257', pkcs11.CKR_USER_NOT_LOGGED_IN)
}
