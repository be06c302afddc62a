import { createHash, verify } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { ImportColumn } from '@sanad/protocol/domain/import-columns'
import { decodeBase64url } from '@sanad/protocol/text/base64url'
import { validatePath } from '@sanad/protocol/wire/envelope/certificate-path'
import { importSpki, readCertificateChain } from '@sanad/protocol/wire/envelope/certificates'
import { requireHeaderMembers } from '@sanad/protocol/wire/envelope/compact'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { SanadError } from '@sanad/protocol/text/problems'
import {
  type JsonObject,
  type JsonValue,
  isJsonObject,
  parseStrictJsonObject,
} from '@sanad/protocol/text/strict-json'
import { type Certificate, parseCertificate, readName } from '@sanad/protocol/asn1/x509'
import type { Database } from '../platform/database.ts'
import '../models/model-tables.ts'
import type { RawRow } from './import-row.ts'

/**
 * A factory’s signed list of devices: a compact JWS, RS256, typ `sanad-factory-manifest+jws`, `x5c` from the
 * factory’s certificate up to an FTM provider that is trusted here.
 *
 * The payload is `{v: 1, manifestId, issuedAt, ftmProvider, devices: [{serialNo, make, model, type, …}]}`.
 * It is read as a whole, because nothing in it means anything before the signature is verified.
 */

export interface SignedManifest {
  readonly signer: string
  readonly signerCertificateSha256: Buffer
  readonly ftmProviderId: string
  readonly rows: readonly RawRow[]
}

const TYPE = 'sanad-factory-manifest+jws'
const HEADER_LIMITS = { depth: 3, length: 24 * 1024 }
const PAYLOAD_LIMITS = { depth: 5, length: 64 * 1024 * 1024 }

/** @throws SanadError `import.signature-invalid`, `import.not-readable` */
export async function readManifest(
  database: Database,
  body: Readable,
  now: number,
): Promise<SignedManifest> {
  const text = await readText(body)
  const [header = '', payload = '', signature = '', ...rest] = text.split('.')
  if (signature === '' || rest.length > 0) throw notReadable('not a compact JWS')
  const chain = readChain(header)
  const signer = await findSigner(database, chain, now)
  const signingInput = Buffer.from(text.slice(0, header.length + 1 + payload.length), 'latin1')
  // RFC 8725 §3.1: the algorithm is the one this format has; the header only repeats it.
  if (!verify('sha256', signingInput, importSpki(signer.leaf.spki), decode(signature))) {
    throw new SanadError('import.signature-invalid', 'the signature does not verify')
  }
  return {
    signer: signer.name,
    signerCertificateSha256: createHash('sha256').update(signer.leaf.der).digest(),
    ftmProviderId: signer.ftmProviderId,
    rows: readDevices(decodeLong(payload)),
  }
}

async function readText(body: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('latin1').trimEnd()
}

function readChain(encoded: string): readonly Certificate[] {
  try {
    const header = parseStrictJsonObject(decode(encoded), HEADER_LIMITS)
    requireHeaderMembers(header, ['alg', 'typ', 'x5c'])
    if (header['alg'] !== 'RS256' || header['typ'] !== TYPE)
      throw notReadable('another kind of JWS')
    return readCertificateChain(header['x5c'])
  } catch (cause) {
    throw new SanadError('import.not-readable', 'not the header of a factory manifest', { cause })
  }
}

interface Signer {
  readonly leaf: Certificate
  readonly name: string
  readonly ftmProviderId: string
}

async function findSigner(
  database: Database,
  chain: readonly Certificate[],
  at: number,
): Promise<Signer> {
  const providers = await database
    .selectFrom('ftm_provider')
    .select(['ftm_provider_id', 'certificate'])
    .where('state', '=', 'trusted')
    .execute()
  const [leaf] = chain
  for (const { ftm_provider_id: ftmProviderId, certificate } of providers) {
    const anchors = [parseCertificate(certificate)]
    // A usage of its own: a chip’s certificate has the same root and must not sign lists of chips.
    const path = validatePath(chain, { anchors, at, purpose: OID.factoryManifest })
    if (path.isValid && leaf !== undefined) return { leaf, name: nameOf(leaf), ftmProviderId }
  }
  throw new SanadError('import.signature-invalid', 'no trusted FTM provider vouches for the signer')
}

const nameOf = (leaf: Certificate): string =>
  (readName(leaf.subject, OID.commonName)[0] ?? 'unnamed').slice(0, 128)

function readDevices(payload: Buffer): readonly RawRow[] {
  const { v, devices } = parsePayload(payload)
  if (v !== 1) throw notReadable('another version of the manifest')
  if (!Array.isArray(devices)) throw notReadable('no list of devices')
  return devices.map((device, index) => readDevice(device, index + 1))
}

function parsePayload(payload: Buffer): JsonObject {
  try {
    return parseStrictJsonObject(payload, PAYLOAD_LIMITS)
  } catch (cause) {
    throw new SanadError('import.not-readable', 'the payload is not strict JSON', { cause })
  }
}

const MEMBERS: Readonly<Record<string, ImportColumn>> = {
  serialNo: 'serialNo',
  make: 'make',
  model: 'model',
  type: 'deviceType',
  deviceSubType: 'deviceSubType',
  level: 'level',
  ftmCertificateSha256: 'ftmCertificateSha256',
  enrolmentSecretSha256: 'enrolmentSecretSha256',
}

function readDevice(device: JsonValue, rowNo: number): RawRow {
  if (!isJsonObject(device)) throw notReadable(`device ${rowNo} is not an object`)
  const values: Partial<Record<ImportColumn, string>> = {}
  for (const [name, value] of Object.entries(device)) {
    const column = Object.hasOwn(MEMBERS, name) ? MEMBERS[name] : undefined
    if (column === undefined) throw notReadable(`device ${rowNo} has a field that is not known`)
    if (typeof value !== 'string') {
      return { rowNo, values, problem: { code: 'row.value-malformed', column } }
    }
    values[column] = value
  }
  return { rowNo, values }
}

function decode(text: string): Uint8Array {
  try {
    return decodeBase64url(text)
  } catch (cause) {
    throw new SanadError('import.not-readable', 'not base64url', { cause })
  }
}

/** As strict, by encoding back; natively, because this may be 60 MB. */
function decodeLong(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') !== text) throw notReadable('not base64url')
  return bytes
}

function notReadable(why: string): SanadError {
  return new SanadError('import.not-readable', why)
}
