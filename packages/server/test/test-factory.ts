import { execFileSync } from 'node:child_process'
import { type KeyObject, X509Certificate, createPrivateKey, sign } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OID } from '@sanad/protocol/asn1/object-identifiers'

/** An FTM provider and what it certifies, made by OpenSSL: another hand than the one that reads it. */

export interface TestSigner {
  readonly key: KeyObject
  readonly certificate: X509Certificate
}

export interface TestFactory {
  readonly root: TestSigner
  readonly rootPem: string
  /** Signs manifests. */
  readonly factory: TestSigner
  /** An FTM chip: the same root, another usage. */
  readonly chip: TestSigner
}

const CA = [
  'basicConstraints=critical,CA:TRUE',
  'keyUsage=critical,keyCertSign,cRLSign',
  'subjectKeyIdentifier=hash',
]
const SIGNER = ['basicConstraints=critical,CA:FALSE', 'keyUsage=critical,digitalSignature']

export function makeTestFactory(name = 'Chipworks'): TestFactory {
  const directory = mkdtempSync(join(tmpdir(), 'sanad-factory-'))
  try {
    const root = makeCertificate(directory, `${name} Root`, CA)
    const under = join(directory, `${name} Root`)
    const usage = [...SIGNER, `extendedKeyUsage=${OID.factoryManifest}`]
    return {
      root,
      rootPem: readFileSync(`${under}.crt`, 'utf8'),
      factory: makeCertificate(directory, `${name} Factory`, usage, under),
      chip: makeCertificate(directory, `${name} Chip`, SIGNER, under),
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

export interface CertificateTerms {
  readonly extensions?: readonly string[]
  readonly key?: string
  readonly days?: number
  readonly digest?: string
}

/** One self-signed certificate, as PEM, of whatever terms a test wants refused. */
export function makeSelfSigned(terms: CertificateTerms = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'sanad-certificate-'))
  try {
    makeCertificate(directory, 'Anybody', terms.extensions ?? CA, undefined, terms)
    return readFileSync(join(directory, 'Anybody.crt'), 'utf8')
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function makeCertificate(
  directory: string,
  commonName: string,
  extensions: readonly string[],
  issuer?: string,
  { key = 'rsa:2048', days = 3650, digest = 'sha256' }: CertificateTerms = {},
): TestSigner {
  const path = join(directory, commonName)
  const configuration = join(directory, 'openssl.cnf')
  writeFileSync(configuration, '[req]\ndistinguished_name=dn\n[dn]\n')
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-config',
      configuration,
      '-newkey',
      key,
      '-nodes',
      '-days',
      String(days),
      `-${digest}`,
      '-subj',
      `/C=ET/O=Chipworks/CN=${commonName}`,
      '-keyout',
      `${path}.key`,
      '-out',
      `${path}.crt`,
      ...extensions.flatMap((extension) => ['-addext', extension]),
      ...(issuer === undefined ? [] : ['-CA', `${issuer}.crt`, '-CAkey', `${issuer}.key`]),
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  return {
    key: createPrivateKey(readFileSync(`${path}.key`)),
    certificate: new X509Certificate(readFileSync(`${path}.crt`)),
  }
}

export interface ManifestChanges {
  readonly header?: object
  readonly payload?: object
  readonly signer?: TestSigner
}

export function signManifest(
  { factory }: TestFactory,
  devices: readonly object[],
  { header = {}, payload = {}, signer = factory }: ManifestChanges = {},
): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const x5c = [signer.certificate.raw.toString('base64')]
  const input = [
    encode({ alg: 'RS256', typ: 'sanad-factory-manifest+jws', x5c, ...header }),
    encode({
      v: 1,
      manifestId: '2f6c1f0e-6f0b-4c53-9a39-3f1b0a4b9a01',
      issuedAt: '2026-01-02T03:04:05.678Z',
      ftmProvider: 'Chipworks',
      devices,
      ...payload,
    }),
  ].join('.')
  return `${input}.${sign('sha256', Buffer.from(input), signer.key).toString('base64url')}`
}
