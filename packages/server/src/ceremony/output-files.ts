import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { SanadError } from '@sanad/protocol/text/problems'
import { type Certificate, parseCertificate, readName } from '@sanad/protocol/asn1/x509'
import { decodeCertificates, encodePem } from '../certificates/der/pem.ts'
import { writeFileDurably } from '../platform/durable-file.ts'

/** What a ceremony leaves behind for others, and whether it is there from an earlier one. */
export interface Output {
  readonly outcome: 'done' | 'already-done'
  readonly file: string
  /** Of the DER. */
  readonly sha256: string
}

interface WantedCertificate {
  readonly spki: Uint8Array
  readonly organisation: string
  readonly commonName: string
}

/**
 * Writes a certificate unless the same is there already. One of another key or name is left alone, and the
 * ceremony stops: a root that clients have pinned must not be replaced by a slip of the plan.
 *
 * @throws SanadError `server.configuration-invalid`
 */
export async function keepCertificate(
  path: string,
  wanted: WantedCertificate,
  make: () => Promise<Uint8Array>,
): Promise<Output> {
  const kept = await readCertificate(path)
  if (kept !== undefined && !isAsWanted(kept, wanted)) {
    throw new SanadError(
      'server.configuration-invalid',
      `${path} holds a certificate of another key or name; it is not replaced`,
    )
  }
  const der = kept?.der ?? (await make())
  if (kept === undefined) await writeFileDurably(path, encodePem('CERTIFICATE', der), 0o644)
  return describeOutput(path, der, kept !== undefined)
}

/** A request may be written as often as one likes; the same key and name give the same bytes. */
export async function keepRequest(path: string, der: Uint8Array): Promise<Output> {
  const pem = encodePem('CERTIFICATE REQUEST', der)
  const isKept = (await readText(path)) === pem
  if (!isKept) await writeFileDurably(path, pem, 0o644)
  return describeOutput(path, der, isKept)
}

function describeOutput(path: string, der: Uint8Array, isKept: boolean): Output {
  return {
    outcome: isKept ? 'already-done' : 'done',
    file: basename(path),
    sha256: createHash('sha256').update(der).digest('hex'),
  }
}

async function readCertificate(path: string): Promise<Certificate | undefined> {
  const text = await readText(path)
  if (text === undefined) return undefined
  const [der] = decodeCertificates(text)
  return der === undefined ? undefined : parseCertificate(der)
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new SanadError('server.configuration-invalid', `cannot read ${path}`, { cause: error })
  }
}

function isAsWanted(certificate: Certificate, wanted: WantedCertificate): boolean {
  const named = (oid: string): string | undefined => readName(certificate.subject, oid)[0]
  return (
    Buffer.from(certificate.spki).equals(wanted.spki) &&
    named(OID.organisation) === wanted.organisation &&
    named(OID.commonName) === wanted.commonName
  )
}
