import { verify } from 'node:crypto'
import { equalBytes } from '../../asn1/bytes.ts'
import { hasSoundExtensions } from '../../asn1/extension-forms.ts'
import { OID, namesPurpose } from '../../asn1/object-identifiers.ts'
import { SanadError } from '../../text/problems.ts'
import {
  type Certificate,
  KEY_USAGE,
  readBasicConstraints,
  readExtendedKeyUsage,
  readKeyUsage,
} from '../../asn1/x509.ts'
import { importBoundedKey } from './bounded-key.ts'

/**
 * Path validation for short, fixed chains to pinned roots: the part of RFC 5280 §6.1 that they need.
 *
 * Revocation is the caller's: it knows which list speaks for which key. Names are compared byte for byte,
 * which is stricter than RFC 5280 §7.1 and leaves nothing to normalise.
 */

export interface PathPolicy {
  readonly anchors: readonly Certificate[]
  /** Milliseconds since the epoch: the time at which every certificate must be valid. */
  readonly at: number
  /** The extended key usage that the leaf must name; one of ours may stand there in either form. */
  readonly purpose?: string
  /** What the first certificate is: an end entity, unless an authority is asked for. */
  readonly leaf?: 'end-entity' | 'authority'
}

export type PathProblem =
  | 'no-path'
  | 'not-valid-at-this-time'
  | 'signature-invalid'
  | 'not-a-ca'
  | 'path-too-long'
  | 'not-an-end-entity'
  | 'malformed'
  | 'key-usage-refused'
  | 'purpose-refused'
  | 'critical-extension-unknown'
  | 'algorithm-refused'
  | 'key-too-weak'

export type PathResult =
  | { readonly isValid: true; readonly anchor: Certificate }
  | { readonly isValid: false; readonly problem: PathProblem }

/** Extensions whose meaning is honoured here; any other that is critical is refused (RFC 5280 §4.2). */
const UNDERSTOOD = new Set<string>([
  OID.basicConstraints,
  OID.keyUsage,
  OID.extendedKeyUsage,
  OID.subjectAlternativeName,
])

const DIGESTS: Record<string, string | null> = {
  [OID.sha256WithRsa]: 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  [OID.ed25519]: null,
}

/**
 * Validates `chain`, leaf first, anchors not included: at most one verification for each certificate and anchor of
 * one name, each with a key of bounded cost. The length of a chain is bounded where it is read.
 */
export function validatePath(chain: readonly Certificate[], policy: PathPolicy): PathResult {
  const [leaf] = chain
  const last = chain.at(-1)
  if (leaf === undefined || last === undefined) return refuse('no-path')
  const leafProblem = checkLeaf(leaf, policy)
  if (leafProblem !== undefined) return refuse(leafProblem)

  for (const [index, certificate] of chain.slice(0, -1).entries()) {
    const issuer = chain[index + 1]
    const problem =
      issuer === undefined ? 'no-path' : checkIssued(certificate, issuer, index, policy.at)
    if (problem !== undefined) return refuse(problem)
  }
  return validateLastLink(last, chain.length - 1, policy)
}

function validateLastLink(last: Certificate, index: number, policy: PathPolicy): PathResult {
  let nearest: PathProblem = 'no-path'
  for (const anchor of policy.anchors) {
    // The chain may end with the anchor itself: then there is nothing left to verify.
    if (equalBytes(anchor.der, last.der)) {
      const problem = index === 0 ? 'no-path' : checkDates(anchor, policy.at)
      return problem === undefined ? { isValid: true, anchor } : refuse(problem)
    }
    const problem = checkIssued(last, anchor, index, policy.at)
    if (problem === undefined) return { isValid: true, anchor }
    if (problem !== 'no-path') nearest = problem
  }
  return refuse(nearest)
}

function checkLeaf(leaf: Certificate, policy: PathPolicy): PathProblem | undefined {
  const common = checkCommon(leaf, policy.at) ?? checkKind(leaf, policy)
  if (common !== undefined) return common
  const usage = readKeyUsage(leaf)
  const mustSign = policy.leaf !== 'authority'
  if (mustSign && usage?.includes(KEY_USAGE.digitalSignature) === false) return 'key-usage-refused'
  if (policy.purpose === undefined) return undefined
  return namesPurpose(readExtendedKeyUsage(leaf) ?? [], policy.purpose)
    ? undefined
    : 'purpose-refused'
}

function checkCommon(certificate: Certificate, at: number): PathProblem | undefined {
  return (
    checkDates(certificate, at) ??
    checkKey(certificate) ??
    checkCriticalExtensions(certificate) ??
    (hasSoundExtensions(certificate) ? undefined : 'malformed')
  )
}

/** RFC 5280 §4.2.1.9: the key of an end entity signs no certificates, and its key usage does not say so either. */
function checkKind(leaf: Certificate, { leaf: wanted }: PathPolicy): PathProblem | undefined {
  if (wanted === 'authority') return undefined
  if (readBasicConstraints(leaf).isCa) return 'not-an-end-entity'
  return readKeyUsage(leaf)?.includes(KEY_USAGE.keyCertSign) === true
    ? 'key-usage-refused'
    : undefined
}

/** @param below certificates between `issuer` and the leaf, the leaf not counted */
function checkIssued(
  subject: Certificate,
  issuer: Certificate,
  below: number,
  at: number,
): PathProblem | undefined {
  if (!equalBytes(subject.issuer, issuer.subject)) return 'no-path'
  return checkIssuer(issuer, below, at) ?? checkSignature(subject, issuer)
}

function checkIssuer(issuer: Certificate, below: number, at: number): PathProblem | undefined {
  const common = checkCommon(issuer, at)
  if (common !== undefined) return common
  const { isCa, pathLength } = readBasicConstraints(issuer)
  if (!isCa) return 'not-a-ca'
  if (pathLength !== undefined && below > pathLength) return 'path-too-long'
  // RFC 5280 §6.1.4 (n): when key usage is there, keyCertSign is set.
  const usage = readKeyUsage(issuer)
  return usage !== undefined && !usage.includes(KEY_USAGE.keyCertSign)
    ? 'key-usage-refused'
    : undefined
}

function checkDates(certificate: Certificate, at: number): PathProblem | undefined {
  return at < certificate.notBefore || at > certificate.notAfter
    ? 'not-valid-at-this-time'
    : undefined
}

function checkCriticalExtensions(certificate: Certificate): PathProblem | undefined {
  for (const [name, { isCritical }] of certificate.extensions) {
    if (isCritical && !UNDERSTOOD.has(name)) return 'critical-extension-unknown'
  }
  return undefined
}

/** Before any signature is verified with it: its size and exponent bound what that costs. */
function checkKey(certificate: Certificate): PathProblem | undefined {
  try {
    importBoundedKey(certificate.spki)
    return undefined
  } catch {
    return 'key-too-weak'
  }
}

/** Of a certificate, or of a revocation list, by the key of its issuer. */
export function checkSignature(
  subject: Pick<Certificate, 'tbs' | 'signature' | 'signatureAlgorithm'>,
  issuer: Pick<Certificate, 'spki'>,
): PathProblem | undefined {
  const digest = DIGESTS[subject.signatureAlgorithm]
  if (digest === undefined) return 'algorithm-refused'
  const key = importBoundedKey(issuer.spki)
  if ((key.asymmetricKeyType === 'ed25519') !== (digest === null)) return 'algorithm-refused'
  return verify(digest, subject.tbs, key, subject.signature) ? undefined : 'signature-invalid'
}

const refuse = (problem: PathProblem): PathResult => ({ isValid: false, problem })

/** @throws SanadError with `code` when the chain does not hold */
export function requirePath(
  chain: readonly Certificate[],
  policy: PathPolicy,
  code: ConstructorParameters<typeof SanadError>[0],
): Certificate {
  const result = validatePath(chain, policy)
  if (!result.isValid) throw new SanadError(code, result.problem)
  return result.anchor
}
