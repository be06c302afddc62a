/** Object identifiers of the certificates, requests and lists that this system makes or reads. */

/**
 * Ours by the UUID 62be0626-6eda-48ee-9ac0-a500b2b2e67b, in arcs of at most 24 bits: many readers of
 * certificates keep an arc in 31 bits. docs/adr/0010
 */
const SANAD = '1.2.840.113556.1.8000.2554.25278.1574.28378.18670.39616.10813618.11724411'

/** The same UUID as one arc of 128 bits (X.667): what certificates made before that change carry. */
const SANAD_BEFORE = '2.25.131251004729478411566948155425129948795'

export const OID = {
  // RFC 8017, RFC 4055, RFC 8410
  rsaEncryption: '1.2.840.113549.1.1.1',
  sha256WithRsa: '1.2.840.113549.1.1.11',
  ed25519: '1.3.101.112',
  x25519: '1.3.101.110',
  // X.520
  commonName: '2.5.4.3',
  country: '2.5.4.6',
  locality: '2.5.4.7',
  state: '2.5.4.8',
  organisation: '2.5.4.10',
  organisationalUnit: '2.5.4.11',
  // RFC 5280 §4.2
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  deltaListIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  crlDistributionPoints: '2.5.29.31',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuthentication: '1.3.6.1.5.5.7.3.1',
  // RFC 2985
  challengePassword: '1.2.840.113549.1.9.7',
  // Our own extended key usages: a key certified for one is refused for another.
  mosipDeviceSigning: `${SANAD}.1.1`,
  managementResponse: `${SANAD}.1.2`,
  managementCommand: `${SANAD}.1.3`,
  factoryManifest: `${SANAD}.1.4`,
} as const

/** How our own identifiers are written in a certificate: as now, or as before docs/adr/0010. */
export type IdentifierForm = 'current' | 'former'

/** How a client asks the server for certificates of the current form: `Sanad-Identifiers: 2`. */
export const IDENTIFIERS_HEADER = { name: 'Sanad-Identifiers', value: '2' } as const

/** An identifier in one form; identifiers that are not ours have one form only. */
export function identifierIn(form: IdentifierForm, identifier: string): string {
  const isOurs = identifier.startsWith(`${SANAD}.`)
  return form === 'former' && isOurs
    ? `${SANAD_BEFORE}${identifier.slice(SANAD.length)}`
    : identifier
}

/** Both forms: a reader accepts either, for as long as certificates of the former one live. */
export const formsOf = (identifier: string): readonly string[] => [
  identifier,
  identifierIn('former', identifier),
]

/** Whether one of `found` names `purpose`, in either form. */
export const namesPurpose = (found: readonly string[], purpose: string): boolean =>
  formsOf(purpose).some((form) => found.includes(form))
