import type { HsmException } from '@sanad/protocol/domain/hsm-exceptions'
import type { KeyProof } from '../hsm.ts'
import { flagOf, readAttribute } from './attributes.ts'
import { readKeyId, type KeyObject } from './key-objects.ts'
import { pkcs11, type Handle } from './pkcs11.ts'
import { tryToTakeOut } from './proof-attempts.ts'
import type { Token } from './token.ts'
import { vendorPolicyOf } from './vendor-policies.ts'

/**
 * Proof that a key cannot leave the token: what the module says of it, and what the module does when asked
 * to give it away. Both are the module’s word; the vendor’s attestation comes on top (docs/hsm/production.md).
 */

/** What is demanded of an attribute, and what an operator may accept instead. */
interface Demand {
  readonly name: string
  readonly type: number
  readonly value: boolean
  /** Where the token does not tell it. */
  readonly unknown?: HsmException
  /** Where the token tells the opposite. */
  readonly opposite?: HsmException
  /** Some modules do not know it for RSA keys; if they do, it must be so. */
  readonly isOptional?: true
}

const demand = (
  name: string,
  type: number,
  value: boolean,
  more: Pick<Demand, 'unknown' | 'opposite' | 'isOptional'> = {},
): Demand => ({ name, type, value, ...more })

const DEMANDS: readonly Demand[] = [
  demand('CKA_TOKEN', pkcs11.CKA_TOKEN, true),
  demand('CKA_PRIVATE', pkcs11.CKA_PRIVATE, true),
  demand('CKA_SENSITIVE', pkcs11.CKA_SENSITIVE, true),
  demand('CKA_EXTRACTABLE', pkcs11.CKA_EXTRACTABLE, false),
  demand('CKA_ALWAYS_SENSITIVE', pkcs11.CKA_ALWAYS_SENSITIVE, true, {
    unknown: 'always-sensitive-unknown',
  }),
  demand('CKA_NEVER_EXTRACTABLE', pkcs11.CKA_NEVER_EXTRACTABLE, true, {
    unknown: 'never-extractable-unknown',
  }),
  demand('CKA_LOCAL', pkcs11.CKA_LOCAL, true, { unknown: 'local-unknown' }),
  demand('CKA_MODIFIABLE', pkcs11.CKA_MODIFIABLE, false, {
    unknown: 'modifiable-unknown',
    opposite: 'modifiable-true',
  }),
  demand('CKA_SIGN', pkcs11.CKA_SIGN, true, { unknown: 'sign-unknown' }),
  demand('CKA_DECRYPT', pkcs11.CKA_DECRYPT, false, {
    unknown: 'decrypt-unknown',
    opposite: 'decrypt-true',
  }),
  demand('CKA_UNWRAP', pkcs11.CKA_UNWRAP, false, {
    unknown: 'unwrap-unknown',
    opposite: 'unwrap-true',
  }),
  demand('CKA_SIGN_RECOVER', pkcs11.CKA_SIGN_RECOVER, false, {
    opposite: 'sign-recover-true',
    isOptional: true,
  }),
  demand('CKA_DERIVE', pkcs11.CKA_DERIVE, false, { opposite: 'derive-true', isOptional: true }),
  // The PIN would have to be given for each signature, and it is not kept.
  demand('CKA_ALWAYS_AUTHENTICATE', pkcs11.CKA_ALWAYS_AUTHENTICATE, false, { isOptional: true }),
]

interface Finding {
  /** The attribute or call that a vendor policy names. */
  readonly subject: string
  readonly words: string
  /** By which an operator may accept it. */
  readonly exception?: HsmException | undefined
}

export function proveKey(
  token: Token,
  session: Handle,
  object: KeyObject,
  accepted: readonly HsmException[],
): KeyProof {
  const policy = vendorPolicyOf(token.identity)
  const { attributes, findings } = readAttributes(token, session, object)
  const attempts = tryToTakeOut(token, session, object.handle)
  const counted = [
    ...findings.filter(({ subject }) => !policy.quirks.includes(subject)),
    ...attempts.filter(({ refused }) => !refused).map(toFinding),
  ]
  const isAccepted = ({ exception }: Finding): boolean =>
    exception !== undefined && accepted.includes(exception)
  const failures = counted.filter((finding) => !isAccepted(finding))
  const exceptions = (some: readonly Finding[]) => some.flatMap(({ exception }) => exception ?? [])
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
    accepted: exceptions(counted.filter(isAccepted)),
    ...(isAcceptable(failures) && { needs: exceptions(failures) }),
  }
}

const isAcceptable = (failures: readonly Finding[]): boolean =>
  failures.length > 0 && failures.every(({ exception }) => exception !== undefined)

function readAttributes({ module }: Token, session: Handle, { handle }: KeyObject) {
  const attributes: Record<string, boolean | string> = {}
  const findings: Finding[] = []
  for (const one of DEMANDS) {
    const reading = readAttribute(module, session, handle, one.type)
    const flag = flagOf(reading)
    const why = 'lacking' in reading ? reading.lacking : 'not a CK_BBOOL'
    attributes[one.name] = flag ?? why
    const finding = judge(one, flag, why)
    if (finding !== undefined) findings.push(finding)
  }
  // It names the key for other programs; here the public key does, because some tokens choose CKA_ID.
  attributes['CKA_ID'] = readKeyId(module, session, handle)
  attributes['CKA_KEY_GEN_MECHANISM'] = readMechanism(module, session, handle)
  return { attributes, findings }
}

function judge(
  { name, value, unknown, opposite, isOptional }: Demand,
  flag: boolean | undefined,
  why: string,
): Finding | undefined {
  if (flag === value || (flag === undefined && isOptional === true)) return undefined
  const exception = flag === undefined ? unknown : opposite
  const what = flag === undefined ? `${name} is not known (${why})` : `${name} is not ${value}`
  const hint = exception === undefined ? '' : ` [hsm.accept: ${exception}]`
  return { subject: name, words: `${what}${hint}`, exception }
}

function readMechanism(module: Token['module'], session: Handle, handle: Handle): string {
  const reading = readAttribute(module, session, handle, pkcs11.CKA_KEY_GEN_MECHANISM)
  if ('lacking' in reading) return reading.lacking
  return reading.value.length < 4
    ? 'not a number'
    : `0x${reading.value.readUInt32LE(0).toString(16)}`
}

const toFinding = ({ attempt: name, answer }: KeyProof['refusals'][number]): Finding => ({
  subject: name.split(' ')[0] ?? name,
  words: `${name} was not refused: ${answer}`,
})

/** Whether the mode lets the key sign: proven, or in development short only by what is known of the token. */
export function isUsable(proof: KeyProof, mode: 'production' | 'development'): boolean {
  return proof.holds || (mode === 'development' && proof.knownGaps.length === proof.failures.length)
}
