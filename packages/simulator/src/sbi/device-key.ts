import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Signer } from '../jws.ts'
import { decodeCertificates } from '../pem.ts'
import { exportSpki } from '../software-authority.ts'

/** Where an SBI finds its device key, asked on every request: a rotated key is used at once. */
export type DeviceKeySource = () => Signer | undefined

/**
 * L0: the management client hands key and certificate over in a folder, or, on Windows, in one file beside it.
 *
 * While it is being exchanged the two files may be of different keys; such a pair is read once more, and
 * counts as none if it still does not fit.
 */
export function readFromHandOver(folder: string): DeviceKeySource {
  return () => readPair(folder) ?? readPair(folder)
}

function readFiles(folder: string): { readonly key: string; readonly certificates: string } {
  const oneFile = `${folder}.pem`
  const read = (path: string): string => readFileSync(path, 'utf8')
  if (!existsSync(oneFile))
    return {
      key: read(join(folder, 'device-key.pem')),
      certificates: read(join(folder, 'device-certificate.pem')),
    }
  const both = read(oneFile)
  return { key: both, certificates: both }
}

function readPair(folder: string): Signer | undefined {
  try {
    const files = readFiles(folder)
    const key = createPrivateKey(files.key)
    const certificates = decodeCertificates(files.certificates)
    const [leaf] = certificates
    if (leaf === undefined) return undefined
    const certified = exportSpki(new X509Certificate(leaf).publicKey)
    return certified.equals(exportSpki(createPublicKey(key))) ? { key, certificates } : undefined
  } catch {
    // Nothing handed over yet, or half of it: for the SBI both mean "not registered".
    return undefined
  }
}

export type CertificateValidity = 'valid' | 'expired' | 'not-yet-valid'

export function judgeValidity(signer: Signer, now: Date): CertificateValidity {
  const [leaf] = signer.certificates
  if (leaf === undefined) return 'expired'
  const { validFromDate, validToDate } = new X509Certificate(leaf)
  if (now < validFromDate) return 'not-yet-valid'
  return now > validToDate ? 'expired' : 'valid'
}
