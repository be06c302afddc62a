import type { SignRequest } from '../agent-protocol.ts'
import { moduleFaultOf } from './faults.ts'
import type { KeyRing } from './key-ring.ts'
import type { SessionPool } from './session-pool.ts'
import type { Signatures } from './signatures.ts'
import { checkStatement, type StatementLimits } from './statements/statements.ts'

interface Parts {
  readonly pool: SessionPool
  readonly keys: KeyRing
  readonly signatures: Signatures
  readonly limits: StatementLimits
}

/** Signs statements of a named kind, and only after it has read them itself. */
export class Signer {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async sign({ kind, keyId, statement }: SignRequest): Promise<Uint8Array> {
    const { pool, keys, signatures, limits } = this.#parts
    const { key } = keys.keyFor(kind, keyId)
    checkStatement(kind, statement, { key, keys, limits })
    const signOnce = () =>
      pool.use((session) => signatures.sign(session, keys.keyFor(kind, keyId), statement))
    try {
      return await signOnce()
    } catch (error) {
      // The statement is fixed, so a second signature of it has the same effect as the first.
      if (moduleFaultOf(error) !== 'session') throw error
      await pool.use(async (session) => keys.refind(keyId, session))
      return await signOnce()
    }
  }
}
