import { pkcs11, type Template } from './pkcs11.ts'

/**
 * What a new key pair is asked to be. Attribute types are optional in PKCS#11, and a module does not say
 * which one it refused: so what is optional is left out in groups, least important first. The proof reads back
 * what became of each.
 */

export interface NewKey {
  readonly label: string
  readonly modulusBits: number
  readonly isOnToken: boolean
  /** CKA_ID: that of the copy where it is copied, else a random one, because the digest is not known yet. */
  readonly id?: Buffer
  /** Asks for CKA_MODIFIABLE false. */
  readonly isFinal: boolean
}

export interface PairTemplates {
  readonly publicKey: Template
  readonly privateKey: Template
}

const GROUPS = ['rest', 'id', 'final', 'uses'] as const
type Group = (typeof GROUPS)[number]

const LEFT_OUT: readonly (readonly Group[])[] = [
  [],
  ['rest'],
  ['id'],
  ['rest', 'id'],
  ['final'],
  ['rest', 'final'],
  ['id', 'final'],
  ['rest', 'id', 'final'],
  ['rest', 'uses'],
  ['rest', 'id', 'uses'],
  ['rest', 'id', 'final', 'uses'],
]

/** From all attributes to the fewest with which a key is one that signs and stays inside. */
export function templatesOf(key: NewKey): readonly PairTemplates[] {
  const distinct = new Map<string, PairTemplates>()
  for (const leftOut of LEFT_OUT) {
    const templates = build(key, new Set(leftOut))
    distinct.set(signatureOf(templates), templates)
  }
  return [...distinct.values()]
}

const signatureOf = ({ publicKey, privateKey }: PairTemplates): string =>
  [...publicKey, { type: -1 }, ...privateKey].map(({ type }) => type).join()

function build(key: NewKey, leftOut: ReadonlySet<Group>): PairTemplates {
  const { label, modulusBits, isOnToken, id, isFinal } = key
  const withGroup = (group: Group, template: Template): Template =>
    leftOut.has(group) ? [] : template
  const both: Template = [
    { type: pkcs11.CKA_TOKEN, value: isOnToken },
    { type: pkcs11.CKA_LABEL, value: label },
    ...withGroup('id', id === undefined ? [] : [{ type: pkcs11.CKA_ID, value: id }]),
    ...withGroup('final', isFinal ? [{ type: pkcs11.CKA_MODIFIABLE, value: false }] : []),
  ]
  return {
    publicKey: [
      ...both,
      { type: pkcs11.CKA_MODULUS_BITS, value: modulusBits },
      { type: pkcs11.CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
      ...withGroup('rest', PUBLIC_REST),
    ],
    privateKey: [
      ...both,
      ...INSIDE,
      ...withGroup('uses', OTHER_USES),
      ...withGroup('rest', PRIVATE_REST),
    ],
  }
}

/** Never left out. */
const INSIDE: Template = [
  { type: pkcs11.CKA_PRIVATE, value: true },
  { type: pkcs11.CKA_SENSITIVE, value: true },
  { type: pkcs11.CKA_EXTRACTABLE, value: false },
  { type: pkcs11.CKA_SIGN, value: true },
]

const OTHER_USES: Template = [
  { type: pkcs11.CKA_DECRYPT, value: false },
  { type: pkcs11.CKA_UNWRAP, value: false },
]

const PRIVATE_REST: Template = [
  { type: pkcs11.CKA_SIGN_RECOVER, value: false },
  { type: pkcs11.CKA_DERIVE, value: false },
]

const PUBLIC_REST: Template = [
  { type: pkcs11.CKA_PRIVATE, value: false },
  { type: pkcs11.CKA_VERIFY, value: true },
  { type: pkcs11.CKA_ENCRYPT, value: false },
  { type: pkcs11.CKA_WRAP, value: false },
]
