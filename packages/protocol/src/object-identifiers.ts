/** Object identifiers of the certificates, requests and lists that this system makes or reads. */

/** A UUID arc (X.667, ITU-T): unique without a registry. */
const SANAD = '2.25.131251004729478411566948155425129948795'

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
