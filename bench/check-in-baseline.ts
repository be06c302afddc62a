import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import { type Rate, measureRate } from './figures.ts'

export type { Rate } from './figures.ts'

const SECONDS = 2

/**
 * The cryptography of one check-in, and nothing else, in node:crypto: two key agreements, one of them with a
 * new key, two RSA verifications, one Ed25519 signature, AES-GCM both ways, over as many bytes.
 */
export interface Sizes {
  /** Bytes of the message’s JWS. */
  readonly request: number
  /** Bytes of the answer’s JWS. */
  readonly answer: number
}

function measureBaseline({ request, answer }: Sizes): Rate {
  const device = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const server = generateKeyPairSync('x25519')
  const ephemeral = generateKeyPairSync('x25519')
  const response = generateKeyPairSync('ed25519')
  const signed = randomBytes(request)
  const signature = sign('sha256', signed, device.privateKey)
  const key = createHash('sha256')
    .update(diffieHellman({ privateKey: server.privateKey, publicKey: ephemeral.publicKey }))
    .digest()
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const ciphertext = Buffer.concat([cipher.update(signed), cipher.final()])
  const tag = cipher.getAuthTag()
  const body = randomBytes(answer)
  const ephemeralSpki = ephemeral.publicKey.export({ type: 'spki', format: 'der' })
  const deviceSpki = device.publicKey.export({ type: 'spki', format: 'der' })

  return measureRate(() => {
    const peer = createPublicKey({ key: ephemeralSpki, format: 'der', type: 'spki' })
    const secret = createHash('sha256')
      .update(diffieHellman({ privateKey: server.privateKey, publicKey: peer }))
      .digest()
    const decipher = createDecipheriv('aes-256-gcm', secret, iv)
    decipher.setAuthTag(tag)
    decipher.update(ciphertext)
    decipher.final()
    const deviceKey = createPublicKey({ key: deviceSpki, format: 'der', type: 'spki' })
    if (!verify('sha256', signed, deviceKey, signature)) throw new Error('message')
    if (!verify('sha256', signed, deviceKey, signature)) throw new Error('digital ID')
    const answered = sign(null, body, response.privateKey)
    const own = generateKeyPairSync('x25519')
    const back = createHash('sha256')
      .update(diffieHellman({ privateKey: own.privateKey, publicKey: peer }))
      .digest()
    const seal = createCipheriv('aes-256-gcm', back, iv)
    seal.update(answered)
    seal.update(body)
    seal.final()
  }, SECONDS)
}

const [request, answer] = process.argv.slice(2).map(Number)
const rate = measureBaseline({ request: request ?? 4096, answer: answer ?? 4096 })
process.stdout.write(JSON.stringify(rate))
