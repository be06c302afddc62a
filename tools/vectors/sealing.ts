import {
  type KeyObject,
  createCipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  sign,
} from 'node:crypto'
import type { AgreementPublicKey } from '@sanad/protocol/wire/envelope/encryption'
import { agreementKey, draw } from './test-keys.ts'

/**
 * Signs and encrypts step by step, with ephemeral keys and nonces that are given: so that the bytes are the same in
 * every run, and each step can be shown. Written from docs/protocol.md, not from the product's code.
 */

export interface Signed {
  readonly header: string
  readonly payload: string
  readonly jws: string
}

export interface Sealed extends Signed {
  readonly encryption: {
    readonly header: string
    /** base64url of the 32 bytes. */
    readonly ephemeralPrivateKey: string
    readonly sharedSecret: string
    readonly contentKey: string
    readonly nonce: string
  }
  readonly message: string
}

export const encode = (bytes: Uint8Array | string): string =>
  Buffer.from(bytes).toString('base64url')

/** Header and payload as objects, or as texts where it matters how they are written. */
export function signText(
  header: object | string,
  payload: object | string | Uint8Array,
  key: KeyObject,
  digest: string | null = key.asymmetricKeyType === 'rsa' ? 'sha256' : null,
): Signed {
  const headerText = typeof header === 'string' ? header : JSON.stringify(header)
  const isText = typeof payload === 'string' || payload instanceof Uint8Array
  const payloadText = isText ? payload : JSON.stringify(payload)
  const input = `${encode(headerText)}.${encode(payloadText)}`
  const signature = sign(digest, Buffer.from(input), key)
  return {
    header: headerText,
    payload: Buffer.from(payloadText).toString(),
    jws: `${input}.${encode(signature)}`,
  }
}

export interface Variation {
  readonly header?: object
  readonly plaintext?: string
}

export function seal(
  label: string,
  signed: Signed,
  to: AgreementPublicKey,
  { header: changed = {}, plaintext = signed.jws }: Variation = {},
): Sealed {
  const ephemeral = agreementKey(`${label} ephemeral`)
  const epk = { kty: 'OKP', crv: 'X25519', x: ephemeral.public.x }
  const header = JSON.stringify({
    alg: 'ECDH-ES',
    enc: 'A256GCM',
    cty: 'JWT',
    kid: to.kid,
    epk,
    ...changed,
  })
  const publicKey = createPublicKey({ key: { ...epk, x: to.x }, format: 'jwk' })
  const secret = diffieHellman({ privateKey: ephemeral.privateKey, publicKey })
  const contentKey = createHash('sha256')
    .update(Buffer.concat([uint32(1), secret, prefixed('A256GCM'), prefixed(''), prefixed('')]))
    .update(uint32(256))
    .digest()
  const nonce = draw(`${label} nonce`, 12)
  const cipher = createCipheriv('aes-256-gcm', contentKey, nonce).setAAD(
    Buffer.from(encode(header)),
  )
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'latin1'), cipher.final()])
  const parts = [encode(header), '', encode(nonce), encode(ciphertext), encode(cipher.getAuthTag())]
  return {
    ...signed,
    encryption: {
      header,
      ephemeralPrivateKey: encode(draw(`${label} ephemeral`, 32)),
      sharedSecret: encode(secret),
      contentKey: encode(contentKey),
      nonce: encode(nonce),
    },
    message: parts.join('.'),
  }
}

function uint32(number: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(number)
  return bytes
}

const prefixed = (text: string): Buffer => Buffer.concat([uint32(text.length), Buffer.from(text)])
