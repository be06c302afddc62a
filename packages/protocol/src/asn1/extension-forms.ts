import { DerReader, type DerValue, readChildren, readDer } from './read-der.ts'
import { TAG, contextTag } from './tags.ts'
import {
  decodeBoolean,
  decodeIntegerContent,
  decodeNamedBits,
  decodeObjectIdentifier,
  decodeSmallInteger,
} from './decode-der.ts'
import { OID } from './object-identifiers.ts'
import { SanadError } from '../text/problems.ts'
import type { Certificate } from './x509.ts'

/**
 * The extensions that RFC 5280 §4.2 names, each read in the one form that DER and the profile allow: also where
 * nothing depends on its value, because two readers of a malformed one may understand two things.
 */

type Form = (value: DerValue) => void

/** X.660 name constraints restrict what is below them: to pass over them is to ignore a restriction. */
const NAME_CONSTRAINTS = '2.5.29.30'

const FORMS: Readonly<Record<string, Form>> = {
  [OID.basicConstraints]: readBasicConstraintsForm,
  [OID.keyUsage]: readKeyUsageForm,
  [OID.extendedKeyUsage]: readExtendedKeyUsageForm,
  [OID.subjectKeyIdentifier]: readSubjectKeyIdentifierForm,
  [OID.authorityKeyIdentifier]: readAuthorityKeyIdentifierForm,
  [OID.subjectAlternativeName]: readGeneralNames,
  // issuerAltName
  '2.5.29.18': readGeneralNames,
  [OID.crlDistributionPoints]: readDistributionPoints,
  // certificatePolicies
  '2.5.29.32': readPolicies,
  [NAME_CONSTRAINTS]: () => {
    throw malformed('name constraints, which are not supported')
  },
}

/** @throws SanadError `certificate.request-invalid`, naming the first that is malformed */
export function requireSoundExtensions({ extensions }: Pick<Certificate, 'extensions'>): void {
  for (const [identifier, { value, isCritical }] of extensions) {
    // Where they are critical, a path is refused for them by their name.
    if (identifier === NAME_CONSTRAINTS && isCritical) continue
    FORMS[identifier]?.(readDer(value))
  }
}

/** Whether every extension that RFC 5280 names is in its one form. */
export function hasSoundExtensions(certificate: Pick<Certificate, 'extensions'>): boolean {
  try {
    requireSoundExtensions(certificate)
    return true
  } catch (error) {
    if (error instanceof SanadError) return false
    throw error
  }
}

/** RFC 5280 §4.2.1.9; X.690 §11.5: a DEFAULT is left out, so FALSE is never written. */
function readBasicConstraintsForm(value: DerValue): void {
  const fields = sequence(value)
  const ca = fields.optional(TAG.boolean)
  const length = fields.optional(TAG.integer)
  fields.end()
  if (ca !== undefined && !decodeBoolean(ca)) throw malformed('cA FALSE is written')
  if (length === undefined) return
  if (ca === undefined) throw malformed('a path length without cA')
  decodeSmallInteger(length)
}

/** RFC 5280 §4.2.1.3: at least one bit, and none beyond decipherOnly (8). */
function readKeyUsageForm(value: DerValue): void {
  const bits = decodeNamedBits(value)
  if (bits.length === 0) throw malformed('a key usage without a bit')
  if (bits.some((bit) => bit > 8)) throw malformed('a key usage beyond decipherOnly')
}

/** RFC 5280 §4.2.1.12 */
function readExtendedKeyUsageForm(value: DerValue): void {
  requireDifferent(atLeastOne(value).map(decodeObjectIdentifier), 'an extended key usage')
}

/** RFC 5280 §4.2.1.2 */
function readSubjectKeyIdentifierForm(value: DerValue): void {
  if (value.tag !== TAG.octetString || value.content.length === 0)
    throw malformed('subject key identifier')
}

/** RFC 5280 §4.2.1.1: [0] the key, [1] and [2] issuer and serial number, both or neither. */
function readAuthorityKeyIdentifierForm(value: DerValue): void {
  const fields = sequence(value)
  const key = fields.optional(contextTag(0, false))
  const issuer = fields.optional(contextTag(1))
  const serial = fields.optional(contextTag(2, false))
  fields.end()
  if (key?.content.length === 0) throw malformed('an empty key identifier')
  if ((issuer === undefined) !== (serial === undefined))
    throw malformed('issuer and serial number stand together')
  if (issuer !== undefined) requireNames(readChildren(issuer))
  if (serial !== undefined) decodeIntegerContent({ ...serial, tag: TAG.integer })
}

/** RFC 5280 §4.2.1.6 */
function readGeneralNames(value: DerValue): void {
  requireNames(atLeastOne(value))
}

const CONSTRUCTED_NAMES = [0, 3, 4, 5].map((n) => contextTag(n))
const IA5_NAMES = [1, 2, 6].map((n) => contextTag(n, false))
const IP_ADDRESS = contextTag(7, false)
const REGISTERED_ID = contextTag(8, false)

function requireNames(names: readonly DerValue[]): void {
  if (names.length === 0) throw malformed('no name')
  for (const { tag, content, bytes } of names) {
    if (CONSTRUCTED_NAMES.includes(tag)) {
      if (readChildren({ tag, content, bytes }).length === 0) throw malformed('an empty name')
    } else if (IA5_NAMES.includes(tag)) {
      if (content.length === 0 || content.some((byte) => byte >= 0x80 || byte < 0x20))
        throw malformed('a name that is not IA5')
    } else if (tag === IP_ADDRESS) {
      if (content.length !== 4 && content.length !== 16) throw malformed('an address')
    } else if (tag === REGISTERED_ID) {
      decodeObjectIdentifier({ tag: TAG.objectIdentifier, content, bytes })
    } else throw malformed('a name of no kind')
  }
}

/** RFC 5280 §4.2.1.13: a point names where the list is, or who issues it. */
function readDistributionPoints(value: DerValue): void {
  for (const point of atLeastOne(value)) {
    const fields = sequence(point)
    const name = fields.optional(contextTag(0))
    const reasons = fields.optional(contextTag(1, false))
    const issuer = fields.optional(contextTag(2))
    fields.end()
    if (name === undefined && issuer === undefined) throw malformed('a point without a name')
    if (name !== undefined) readPointName(name)
    if (reasons !== undefined) decodeNamedBits({ ...reasons, tag: TAG.bitString })
    if (issuer !== undefined) requireNames(readChildren(issuer))
  }
}

function readPointName(name: DerValue): void {
  const [choice, more] = readChildren(name)
  if (choice === undefined || more !== undefined) throw malformed('the name of a point')
  if (choice.tag === contextTag(0)) return requireNames(readChildren(choice))
  if (choice.tag !== contextTag(1)) throw malformed('the name of a point')
}

/** RFC 5280 §4.2.1.4: no policy twice. */
function readPolicies(value: DerValue): void {
  const policies = atLeastOne(value).map((policy) => {
    const fields = sequence(policy)
    const identifier = decodeObjectIdentifier(fields.next(TAG.objectIdentifier))
    const qualifiers = fields.optional(TAG.sequence)
    fields.end()
    if (qualifiers !== undefined) atLeastOne(qualifiers)
    return identifier
  })
  requireDifferent(policies, 'a policy')
}

const sequence = (value: DerValue): DerReader => DerReader.ofSequence(value.bytes)

function atLeastOne(value: DerValue): DerValue[] {
  if (value.tag !== TAG.sequence) throw malformed('not a sequence')
  const items = readChildren(value)
  if (items.length === 0) throw malformed('an empty sequence')
  return items
}

function requireDifferent(names: readonly string[], what: string): void {
  if (new Set(names).size !== names.length) throw malformed(`${what} twice`)
}

function malformed(detail: string): SanadError {
  return new SanadError('certificate.request-invalid', `extension: ${detail}`)
}
