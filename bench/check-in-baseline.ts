import {
  type KeyObject,
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  hash,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import { type Rate, measureRate } from './figures.ts'

export type { Rate } from './figures.ts'

const SECONDS = 2

export interface Sizes {
  /** Bytes of the message’s JWS. */
  readonly request: number
  /** Bytes of the digital ID’s JWS inside it. */
  readonly digitalId: number
  /** Bytes of the answer’s JWS. */
  readonly answer: number
}

/**
 * The cryptography of one check-in, and nothing else, in node:crypto: two key agreements, one of them with a
 * new key, two RSA verifications, one Ed25519 signature, AES-GCM both ways, over as many bytes. Every key of
 * a device is new to the server, so it is imported each time.
 *
 * Each by the form of the call that Node runs fastest: a slow baseline would flatter the server.
 */
function measureBaseline(sizes: Sizes, isChipAnother: boolean): Rate {
  const device = makeSigner(sizes.request)
  const identity = isChipAnother ? makeSigner(sizes.digitalId) : device.signs(sizes.digitalId)
  const server = generateKeyPairSync('x25519').privateKey
  const [ephemeral, replyTo] = [makePem('x25519'), makePem('x25519')]
  const response = generateKeyPairSync('ed25519').privateKey
  const sealed = seal(agree(server, ephemeral), randomBytes(sizes.request))
  const answer = randomBytes(sizes.answer)

  return measureRate(() => {
    unseal(agree(server, ephemeral), sealed)
    const deviceKey = createPublicKey(device.pem)
    requireSigned(device, deviceKey)
    requireSigned(identity, isChipAnother ? createPublicKey(identity.pem) : deviceKey)
    sign(null, answer, response)
    seal(agree(generateKeyPairSync('x25519').privateKey, replyTo), answer)
  }, SECONDS)
}

interface Signed {
  readonly pem: string
  readonly bytes: Buffer
  readonly signature: Buffer
}

function makeSigner(size: number): Signed & { signs: (size: number) => Signed } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = exportPem(publicKey)
  const signs = (length: number): Signed => {
    const bytes = randomBytes(length)
    return { pem, bytes, signature: sign('sha256', bytes, privateKey) }
  }
  return { ...signs(size), signs }
}

function requireSigned({ bytes, signature }: Signed, key: KeyObject): void {
  if (!verify('sha256', bytes, key, signature)) throw new Error('not verified')
}

const exportPem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString()
const makePem = (type: 'x25519'): string => exportPem(generateKeyPairSync(type).publicKey)

/** As PEM: any other form costs an exception inside Node, and twice the time. */
function agree(privateKey: KeyObject, peer: string): KeyObject {
  const secret = diffieHellman({ privateKey, publicKey: createPublicKey(peer) })
  return createSecretKey(hash('sha256', secret, 'buffer'))
}

interface Sealed {
  readonly iv: Buffer
  readonly ciphertext: Buffer
  readonly tag: Buffer
}

function seal(key: KeyObject, bytes: Buffer): Sealed {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: 16 })
  const ciphertext = cipher.update(bytes)
  cipher.final()
  return { iv, ciphertext, tag: cipher.getAuthTag() }
}

function unseal(key: KeyObject, { iv, ciphertext, tag }: Sealed): void {
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 })
  decipher.setAuthTag(tag)
  decipher.update(ciphertext)
  decipher.final()
}

const [level, ...sizes] = process.argv.slice(2)
const [request = 4096, digitalId = 2048, answer = 4096] = sizes.map(Number)
process.stdout.write(
  JSON.stringify(measureBaseline({ request, digitalId, answer }, level === 'L1')),
)
