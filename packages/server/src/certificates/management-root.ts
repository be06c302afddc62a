import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SanadError } from '@sanad/protocol/text/problems'
import { type Certificate, parseCertificate } from '@sanad/protocol/asn1/x509'
import { createHash } from 'node:crypto'
import { decodeCertificates } from './der/pem.ts'

/** The root that clients pin, as the ceremony wrote it down: certificate here, key in the HSM. */
export interface ManagementRoot {
  readonly certificate: Certificate
  /** CKA_ID of its key: SHA-256 of the SubjectPublicKeyInfo, hex. */
  readonly hsmKeyId: string
}

export const managementRootPath = (dataDirectory: string): string =>
  join(dataDirectory, 'trust', 'management-root.pem')

/** @throws SanadError `server.configuration-invalid` when no ceremony was held yet */
export async function loadManagementRoot(dataDirectory: string): Promise<ManagementRoot> {
  const path = managementRootPath(dataDirectory)
  const pem = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new SanadError(
      'server.configuration-invalid',
      `${path} is missing: hold the key ceremony first`,
      { cause: error },
    )
  })
  const [der] = decodeCertificates(pem)
  if (der === undefined)
    throw new SanadError('server.configuration-invalid', `${path} holds no certificate`)
  const certificate = parseCertificate(der)
  return { certificate, hsmKeyId: createHash('sha256').update(certificate.spki).digest('hex') }
}
