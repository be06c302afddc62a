import { makeCsr } from './certificates.ts'
import { type RefusedRequest, speaker } from './refused-request.ts'
import { encode, seal, signText } from './sealing.ts'
import { base64, headerOf, payloadOf, serverKey, thumbprint } from './stage.ts'
import { type KeyName, keyOf } from './test-keys.ts'

/** Rotations whose certification request is refused; the envelope is right. */
export async function makeRefusedRotations(): Promise<RefusedRequest[]> {
  const replaces = thumbprint('l1-device')
  const rotate = (name: string, code: string, csr: string): RefusedRequest => {
    const body = { csr, replaces }
    const payload = payloadOf(`refused ${name}`, 'key-rotation', speaker, 50, body)
    const signed = signText(headerOf('key-rotation', speaker), payload, keyOf('l1-device'))
    const { message } = seal(`refused ${name}`, signed, serverKey.public)
    return { name, by: 'certification-request', code, message }
  }
  const csr = (key: KeyName, signer?: KeyName) => makeCsr(key, replaces, signer)
  const genuine = Buffer.from(await csr('l1-new-device'), 'base64url')
  const withSha1 = Buffer.from(genuine)
  // 1.2.840.113549.1.1.11 becomes .5, SHA-1.
  withSha1[genuine.lastIndexOf(Buffer.from('06092a864886f70d01010b', 'hex')) + 10] = 5
  return [
    rotate('a key of 1024 bits', 'registration.key-weak', await csr('weak-device')),
    rotate(
      'a request signed by another key',
      'registration.possession-not-proven',
      await csr('l1-new-device', 'l1-device'),
    ),
    rotate('a request signed with SHA-1', 'certificate.request-invalid', encode(withSha1)),
    rotate(
      'a certificate for a request',
      'certificate.request-invalid',
      encode(Buffer.from(base64('l1-device'), 'base64')),
    ),
  ]
}
