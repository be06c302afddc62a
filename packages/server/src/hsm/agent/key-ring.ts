import { SanadError } from '@sanad/protocol/problems'
import { KEY_OF_STATEMENT, type StatementKind } from '../agent-protocol.ts'
import type { HsmKey, KeyProof, KeyPurpose } from '../hsm.ts'
import { destroyNewKey, makeKey, MODULUS_BITS } from './key-generation.ts'
import { readKeys, type KeyObject } from './key-objects.ts'
import { isUsable, proveKey } from './key-proof.ts'
import type { Handle } from './pkcs11.ts'
import { openSession, type Token } from './token.ts'

/** The keys of the token that are ours, each with its proof. A key that is not proven does not sign. */
export class KeyRing {
  readonly #token: Token
  readonly #mode: 'production' | 'development'
  readonly #keys = new Map<string, KeyObject & { readonly proof: KeyProof }>()
  /** Making and proving keys is for one at a time. */
  #ceremony: Promise<unknown> = Promise.resolve()

  constructor(token: Token, mode: 'production' | 'development') {
    this.#token = token
    this.#mode = mode
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

  /** @throws SanadError `hsm.key-missing`, `hsm.request-refused`, `hsm.key-not-proven` */
  keyFor(kind: StatementKind, keyId: string): KeyObject {
    const held = this.#keys.get(keyId)
    if (held === undefined) throw new SanadError('hsm.key-missing', `no key ${keyId}`)
    const purpose = KEY_OF_STATEMENT[kind]
    if (held.key.purpose !== purpose) {
      throw new SanadError('hsm.request-refused', `${held.key.label} does not sign a ${kind}`)
    }
    if (!isUsable(held.proof, this.#mode)) {
      throw new SanadError('hsm.key-not-proven', held.proof.failures.join('; '))
    }
    return held
  }

  /** Reads the token afresh and proves each key. */
  proveAll(): Promise<readonly KeyProof[]> {
    return this.#inCeremony(async (session) => {
      const proven = readKeys(this.#token.module, session).map((object) => ({
        ...object,
        proof: proveKey(this.#token, session, object),
      }))
      this.#keys.clear()
      for (const held of proven) this.#keys.set(held.key.id, held)
      return proven.map(({ proof }) => proof)
    })
  }

  make(purpose: KeyPurpose, modulusBits: number): Promise<HsmKey> {
    if (!MODULUS_BITS.includes(modulusBits)) {
      throw new SanadError('hsm.request-refused', `no keys of ${modulusBits} bits`)
    }
    return this.#inCeremony(async (session) => {
      const made = await makeKey(this.#token, session, purpose, modulusBits)
      const proof = proveKey(this.#token, session, made)
      if (!isUsable(proof, this.#mode)) {
        destroyNewKey(this.#token, session, made)
        throw new SanadError('hsm.key-not-proven', proof.failures.join('; '))
      }
      this.#keys.set(made.key.id, { ...made, proof })
      return made.key
    })
  }

  /** After a handle went stale: the object may be the same under another handle. */
  refind(keyId: string, session: Handle): void {
    const held = this.#keys.get(keyId)
    const found = readKeys(this.#token.module, session).find(({ key }) => key.id === keyId)
    if (held !== undefined && found !== undefined) {
      this.#keys.set(keyId, { ...held, handle: found.handle })
    }
  }

  async #inCeremony<T>(work: (session: Handle) => Promise<T>): Promise<T> {
    const before = this.#ceremony
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#ceremony = promise
    await before
    const { module, slot } = this.#token
    try {
      const session = openSession(module, slot)
      try {
        return await work(session)
      } finally {
        module.C_CloseSession(session)
      }
    } finally {
      resolve()
    }
  }
}
