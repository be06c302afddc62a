import { isRefusal, wordsOf } from './faults.ts'
import { pkcs11 } from './pkcs11.ts'
import type { Token } from './token.ts'

/** How a token searches, and whether it remembers names. */

interface Found {
  readonly value: true
  readonly workedAround?: string
  readonly detail: string
}

const MOST_LOOKED_AT = 2000

/** Asks for 64 at a time, as the server does, and looks whether fewer is the end. */
export function checkSearch({ module, loginSession }: Token): Found {
  module.C_FindObjectsInit(loginSession, [])
  const batches: number[] = []
  let total = 0
  try {
    while (total < MOST_LOOKED_AT) {
      const { length } = module.C_FindObjects(loginSession, 64)
      if (length === 0) break
      batches.push(length)
      total += length
    }
  } finally {
    module.C_FindObjectsFinal(loginSession)
  }
  const isInBits = batches.slice(0, -1).some((length) => length < 64)
  return {
    value: true,
    detail: `${total} objects`,
    ...(isInBits && { workedAround: 'C_FindObjects gives fewer than asked for before the end' }),
  }
}

/** A data object of the session: nothing is left on the token. */
export function checkNames({ module, loginSession }: Token): Found {
  const detail = 'data objects: the name of a destroyed key is remembered'
  try {
    const object = module.C_CreateObject(loginSession, [
      { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_DATA },
      { type: pkcs11.CKA_TOKEN, value: false },
      { type: pkcs11.CKA_LABEL, value: 'sanad-check' },
      { type: pkcs11.CKA_VALUE, value: Buffer.from('sanad token check') },
    ])
    module.C_DestroyObject(loginSession, object)
    return { value: true, detail }
  } catch (error) {
    if (!isRefusal(error)) throw error
    const why = `no data objects (${wordsOf(error)}): names count up from the keys that are there`
    return { value: true, detail, workedAround: why }
  }
}
