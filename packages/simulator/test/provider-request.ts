import { generateRsaKey } from '../src/key-file.ts'
import type { RsaKeyPair } from '../src/key-file.ts'
import { Name, Pkcs10CertificateRequestGenerator } from '../src/x509.ts'
import type { JsonNameParams } from '../src/x509.ts'

const RS256 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
export const ORGANISATION = 'Example Biometrics'

/** Another order than MOSIP's, other string types, and a field that MOSIP drops. */
export const SUBJECT: JsonNameParams = [
  { CN: [{ utf8String: 'Device Provider CA 1' }] },
  { OU: [{ printableString: 'Devices' }] },
  { O: [{ printableString: ORGANISATION }] },
  { L: [{ printableString: 'Addis Ababa' }] },
  { ST: [{ utf8String: 'Addis Ababa' }] },
  { C: [{ printableString: 'ET' }] },
  { E: [{ ia5String: 'ca@example.com' }] },
]

export interface Provider {
  readonly keys: RsaKeyPair
  readonly requestPem: string
}

export async function makeProvider(subject = SUBJECT, bits = 3072): Promise<Provider> {
  const keys = await generateRsaKey(bits)
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: new Name(subject),
    keys: {
      privateKey: keys.privateKey.toCryptoKey(RS256, false, ['sign']),
      publicKey: keys.publicKey.toCryptoKey(RS256, true, ['verify']),
    },
    signingAlgorithm: RS256,
  })
  return { keys, requestPem: request.toString('pem') }
}
