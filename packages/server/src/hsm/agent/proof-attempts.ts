import type { KeyProof } from '../hsm.ts'
import { flagOf, readAttribute } from './attributes.ts'
import { isRefusal, wordsOf } from './faults.ts'
import { CKM_AES_KEY_WRAP, CKM_AES_KEY_WRAP_PAD, pkcs11, type Handle } from './pkcs11.ts'
import type { Token } from './token.ts'

/** What the module does when it is asked to give a key away, or to make that possible. */

type Attempt = KeyProof['refusals'][number]

/** @throws Pkcs11Error for a lost session, login or device: it refuses everything, which proves nothing */
export const tryToTakeOut = (token: Token, session: Handle, handle: Handle): readonly Attempt[] => [
  ...tryToRead(token, session, handle),
  ...tryToWeaken(token, session, handle),
  ...tryToWrap(token, session, handle),
]

function tryToRead({ module }: Token, session: Handle, handle: Handle): Attempt[] {
  const secrets = [
    ['CKA_PRIVATE_EXPONENT', pkcs11.CKA_PRIVATE_EXPONENT],
    ['CKA_PRIME_1', pkcs11.CKA_PRIME_1],
  ] as const
  return secrets.map(([name, type]) =>
    attempt(`C_GetAttributeValue ${name}`, () => {
      const [attribute] = module.C_GetAttributeValue(session, handle, [{ type }])
      const value = attribute?.value
      return Buffer.isBuffer(value) && value.length > 0 ? `gave ${value.length} bytes` : undefined
    }),
  )
}

function tryToWeaken({ module }: Token, session: Handle, handle: Handle): Attempt[] {
  const weaker = [
    ['CKA_EXTRACTABLE', pkcs11.CKA_EXTRACTABLE, true],
    ['CKA_SENSITIVE', pkcs11.CKA_SENSITIVE, false],
  ] as const
  return weaker.map(([name, type, value]) =>
    attempt(`C_SetAttributeValue ${name}=${value}`, () => {
      module.C_SetAttributeValue(session, handle, [{ type, value }])
      // Some modules answer CKR_OK and change nothing.
      const isUnchanged = flagOf(readAttribute(module, session, handle, type)) === !value
      return isUnchanged ? undefined : 'done'
    }),
  )
}

/** Wraps under a fresh session key that is gone afterwards; the blob is dropped at once. */
function tryToWrap(token: Token, session: Handle, handle: Handle): Attempt[] {
  const { module } = token
  const ways = WRAPPING.filter(({ mechanism }) => token.mechanisms.has(mechanism))
  const wrappingKey = ways.length > 0 ? makeWrappingKey(token, session) : 'no mechanism for it'
  if (typeof wrappingKey === 'string') {
    return [{ attempt: 'C_WrapKey', answer: `not possible: ${wrappingKey}`, refused: true }]
  }
  try {
    return ways.map(({ name, ...mechanism }) =>
      attempt(`C_WrapKey ${name}`, () => {
        const room = Buffer.alloc(16_384)
        const wrapped = module.C_WrapKey(session, mechanism, wrappingKey, handle, room)
        return `gave ${wrapped.length} bytes`
      }),
    )
  } finally {
    forget(token, session, wrappingKey)
  }
}

/** It is an object of the session, and gone with it where the token destroys nothing. */
function forget({ module }: Token, session: Handle, wrappingKey: Handle): void {
  try {
    module.C_DestroyObject(session, wrappingKey)
  } catch (error) {
    if (!(error instanceof Error)) throw error
  }
}

const WRAPPING = [
  { name: 'CKM_AES_KEY_WRAP', mechanism: CKM_AES_KEY_WRAP },
  { name: 'CKM_AES_KEY_WRAP_PAD', mechanism: CKM_AES_KEY_WRAP_PAD },
  { name: 'CKM_AES_CBC_PAD', mechanism: pkcs11.CKM_AES_CBC_PAD, parameter: Buffer.alloc(16) },
] as const

/** The key, or why there is none. */
function makeWrappingKey({ module }: Token, session: Handle): Handle | string {
  try {
    return module.C_GenerateKey(session, { mechanism: pkcs11.CKM_AES_KEY_GEN }, [
      { type: pkcs11.CKA_TOKEN, value: false },
      { type: pkcs11.CKA_SENSITIVE, value: true },
      { type: pkcs11.CKA_VALUE_LEN, value: 32 },
      { type: pkcs11.CKA_WRAP, value: true },
    ])
  } catch (error) {
    if (!isRefusal(error)) throw error
    return wordsOf(error)
  }
}

/** `tryIt` answers what it got, or `undefined` for nothing; a refusal is an error of the module. */
function attempt(name: string, tryIt: () => string | undefined): Attempt {
  try {
    const got = tryIt()
    return { attempt: name, answer: got ?? 'gave nothing', refused: got === undefined }
  } catch (error) {
    if (!isRefusal(error)) throw error
    return { attempt: name, answer: wordsOf(error), refused: true }
  }
}
