import { createPublicKey } from 'node:crypto'
import { join } from 'node:path'
import type { SimulatedDevice } from '../src/simulated-device.ts'
import { SoftwareAuthority } from '../src/software-authority.ts'
import type { Bench } from './bench-of-devices.ts'
import { tellChip } from './bench-of-devices.ts'

/** What the tests of the chip link share: a chip and its host. */

export async function newKey(device: SimulatedDevice): Promise<{ keyId: string; spki: Buffer }> {
  const [answer] = await tellChip(device.chipLinkPath, { id: 1, verb: 'generate-key' })
  return { keyId: String(answer?.['keyId']), spki: Buffer.from(String(answer?.['spki']), 'base64') }
}

export async function certify(bench: Bench, spki: Buffer): Promise<string> {
  const subject = { country: 'ET', organisation: 'Example Biometrics', commonName: 'provider' }
  const folder = join(bench.directory, 'provider')
  const terms = { subject, days: 400, keyBits: 2048 }
  const provider = await SoftwareAuthority.open(folder, 'provider', terms, new Date())
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  const certificate = await provider.certifySigner(subject, publicKey, new Date(), 30)
  return Buffer.from(certificate.rawData).toString('base64')
}

/** CertificationRequestInfo with an empty subject and no attributes. */
export function requestInfoOf(spki: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from([2, 1, 0, 0x30, 0]), spki, Buffer.from([0xa0, 0])])
  return Buffer.concat([
    Buffer.from([0x30, 0x82, content.length >> 8, content.length & 255]),
    content,
  ])
}
