import { createPublicKey } from 'node:crypto'
import type { SimulatedDevice } from '../src/simulated-device.ts'
import { type Bench, tellChip } from './bench-of-devices.ts'
import { certify } from './provider-certificate.ts'

/** What the tests of the chip link share: a chip and its host. */

export async function newKey(device: SimulatedDevice): Promise<{ keyId: string; spki: Buffer }> {
  const [answer] = await tellChip(device.chipLinkPath, { id: 1, verb: 'generate-key' })
  return { keyId: String(answer?.['keyId']), spki: Buffer.from(String(answer?.['spki']), 'base64') }
}

/** As the chip link carries it. */
export async function certifySpki(bench: Bench, spki: Buffer): Promise<string> {
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  return (await certify(bench, publicKey)).toString('base64')
}

/** CertificationRequestInfo with an empty subject and no attributes. */
export function requestInfoOf(spki: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from([2, 1, 0, 0x30, 0]), spki, Buffer.from([0xa0, 0])])
  return Buffer.concat([
    Buffer.from([0x30, 0x82, content.length >> 8, content.length & 255]),
    content,
  ])
}
