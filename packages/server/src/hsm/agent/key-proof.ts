import type { KeyProof } from '../hsm.ts'
import { isReturnValue, wordsOf } from './faults.ts'
import { readAttribute, type KeyObject } from './key-objects.ts'
import { CKM_AES_KEY_WRAP, CKM_AES_KEY_WRAP_PAD, pkcs11, type Handle } from './pkcs11.ts'
import type { Token } from './token.ts'
import { vendorPolicyOf } from './vendor-policies.ts'

/**
 * Proof that a key cannot leave the token: what the module says of it, and what the module does when asked
 * to give it away. Both are the module’s word; the vendor’s attestation comes on top (docs/hsm/production.md).
 */

const DEMANDED: readonly (readonly [name: string, type: number, value: boolean])[] = [
  ['CKA_TOKEN', pkcs11.CKA_TOKEN, true],
  ['CKA_PRIVATE', pkcs11.CKA_PRIVATE, true],
  ['CKA_SENSITIVE', pkcs11.CKA_SENSITIVE, true],
  ['CKA_EXTRACTABLE', pkcs11.CKA_EXTRACTABLE, false],
  ['CKA_ALWAYS_SENSITIVE', pkcs11.CKA_ALWAYS_SENSITIVE, true],
  ['CKA_NEVER_EXTRACTABLE', pkcs11.CKA_NEVER_EXTRACTABLE, true],
  ['CKA_LOCAL', pkcs11.CKA_LOCAL, true],
  ['CKA_MODIFIABLE', pkcs11.CKA_MODIFIABLE, false],
  ['CKA_SIGN', pkcs11.CKA_SIGN, true],
  ['CKA_DECRYPT', pkcs11.CKA_DECRYPT, false],
  ['CKA_UNWRAP', pkcs11.CKA_UNWRAP, false],
]

/** Some modules do not know these for RSA keys; if they do, they must be false. */
const DEMANDED_IF_KNOWN: readonly (readonly [name: string, type: number])[] = [
  ['CKA_SIGN_RECOVER', pkcs11.CKA_SIGN_RECOVER],
  ['CKA_DERIVE', pkcs11.CKA_DERIVE],
]

interface Finding {
  /** The attribute or call that a vendor policy names. */
  readonly subject: string
  readonly words: string
}

type Attempt = KeyProof['refusals'][number]

export function proveKey(token: Token, session: Handle, object: KeyObject): KeyProof {
  const policy = vendorPolicyOf(token.identity)
  const { attributes, findings } = readAttributes(token, session, object)
  const attempts = [
    ...tryToRead(token, session, object.handle),
    ...tryToWeaken(token, session, object.handle),
    ...tryToWrap(token, session, object.handle),
  ]
  const failures = [
    ...findings.filter(({ subject }) => !policy.quirks.includes(subject)),
    ...attempts.filter(({ refused }) => !refused).map(toFinding),
  ]
  return {
    label: object.key.label,
    keyId: object.key.id,
    holds: failures.length === 0,
    attributes,
    refusals: attempts,
    failures: failures.map(({ words }) => words),
    knownGaps: failures
      .filter(({ subject }) => policy.gaps.includes(subject))
      .map(({ words }) => words),
  }
}

function readAttributes({ module }: Token, session: Handle, { handle, key }: KeyObject) {
  const attributes: Record<string, boolean | string> = {}
  const findings: Finding[] = []
  const read = (name: string, type: number): boolean | undefined => {
    try {
      const value = readAttribute(module, session, handle, type)[0] === 1
      attributes[name] = value
      return value
    } catch (error) {
      attributes[name] = error instanceof Error ? wordsOf(error) : 'not readable'
      return undefined
    }
  }
  for (const [name, type, demanded] of DEMANDED) {
    if (read(name, type) !== demanded)
      findings.push({ subject: name, words: `${name} is not ${demanded}` })
  }
  for (const [name, type] of DEMANDED_IF_KNOWN) {
    if (read(name, type) === true) findings.push({ subject: name, words: `${name} is true` })
  }
  const id = readAttribute(module, session, handle, pkcs11.CKA_ID).toString('hex')
  attributes['CKA_ID'] = id
  if (id !== key.id)
    findings.push({ subject: 'CKA_ID', words: 'CKA_ID is not the digest of the key' })
  attributes['CKA_KEY_GEN_MECHANISM'] = readMechanism(module, session, handle)
  return { attributes, findings }
}

function readMechanism(module: Token['module'], session: Handle, handle: Handle): string {
  try {
    const value = readAttribute(module, session, handle, pkcs11.CKA_KEY_GEN_MECHANISM)
    return `0x${value.readUInt32LE(0).toString(16)}`
  } catch (error) {
    return error instanceof Error ? wordsOf(error) : 'not readable'
  }
}

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
      return 'done'
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
    module.C_DestroyObject(session, wrappingKey)
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
    if (!(error instanceof Error) || isReturnValue(error, ...NO_ANSWERS)) throw error
    return wordsOf(error)
  }
}

/** `tryIt` answers what it got, or `undefined` for nothing; a refusal is an error of the module. */
function attempt(name: string, tryIt: () => string | undefined): Attempt {
  try {
    const got = tryIt()
    return { attempt: name, answer: got ?? 'gave nothing', refused: got === undefined }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    // A lost session or an ill device refuses everything: that proves nothing about the key.
    if (isReturnValue(error, ...NO_ANSWERS)) throw error
    return { attempt: name, answer: wordsOf(error), refused: true }
  }
}

const NO_ANSWERS: readonly number[] = [
  pkcs11.CKR_SESSION_HANDLE_INVALID,
  pkcs11.CKR_SESSION_CLOSED,
  pkcs11.CKR_DEVICE_ERROR,
  pkcs11.CKR_DEVICE_REMOVED,
  pkcs11.CKR_TOKEN_NOT_PRESENT,
  pkcs11.CKR_USER_NOT_LOGGED_IN,
]

const toFinding = ({ attempt: name, answer }: Attempt): Finding => ({
  subject: name.split(' ')[0] ?? name,
  words: `${name} was not refused: ${answer}`,
})

/** Whether the mode lets the key sign: proven, or in development short only by what is known of the token. */
export function isUsable(proof: KeyProof, mode: 'production' | 'development'): boolean {
  return proof.holds || (mode === 'development' && proof.knownGaps.length === proof.failures.length)
}
