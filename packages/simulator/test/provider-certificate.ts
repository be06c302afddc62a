import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { SoftwareAuthority } from '../src/software-authority.ts'
import type { Bench } from './bench-of-devices.ts'

/** A certificate of 30 days for a device key, by a provider of the bench's own. */
export async function certify(bench: Bench, publicKey: KeyObject): Promise<Buffer> {
  const subject = { country: 'ET', organisation: 'Example Biometrics', commonName: 'provider' }
  const folder = join(bench.directory, 'provider')
  const terms = { subject, days: 400, keyBits: 2048 }
  const provider = await SoftwareAuthority.open(folder, 'provider', terms, new Date())
  const certificate = await provider.certifySigner(subject, publicKey, new Date(), 30)
  return Buffer.from(certificate.rawData)
}
