import { type KeyObject, createPrivateKey, createPublicKey, generatePrime } from 'node:crypto'

/**
 * RSA-2048 keys by the thousand: out of n primes come n(n-1)/2 moduli, each sound to every test of a server that
 * sees one key at a time. Only for load: whoever has two of them can factor both.
 */

export interface LoadKey {
  readonly privateKey: KeyObject
  readonly spki: Buffer
}

const E = 65_537n

function findPrime(bits: number): Promise<bigint> {
  return new Promise((resolve, reject) =>
    generatePrime(bits, { bigint: true }, (error, prime) =>
      error instanceof Error ? reject(error) : resolve(prime),
    ),
  )
}

export async function* makeLoadKeys(count: number): AsyncGenerator<LoadKey> {
  const primes = await findPrimes(Math.ceil((1 + Math.sqrt(1 + 8 * count)) / 2))
  let made = 0
  for (const [index, p] of primes.entries()) {
    for (const q of primes.slice(0, index)) {
      if (made++ === count) return
      yield composeKey(p, q)
    }
  }
}

async function findPrimes(count: number): Promise<readonly bigint[]> {
  const primes = new Set<bigint>()
  while (primes.size < count) {
    const prime = await findPrime(1024)
    if ((prime - 1n) % E !== 0n) primes.add(prime)
  }
  return [...primes]
}

function composeKey(p: bigint, q: bigint): LoadKey {
  const d = invert(E, (p - 1n) * (q - 1n))
  const jwk = {
    kty: 'RSA',
    n: encode(p * q),
    e: encode(E),
    d: encode(d),
    p: encode(p),
    q: encode(q),
    dp: encode(d % (p - 1n)),
    dq: encode(d % (q - 1n)),
    qi: encode(invert(q, p)),
  }
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' })
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  return { privateKey, spki }
}

/** Euclid. */
function invert(value: bigint, modulus: bigint): bigint {
  let [r, next] = [modulus, value % modulus]
  let [t, nextT] = [0n, 1n]
  while (next !== 0n) {
    const quotient = r / next
    ;[r, next] = [next, r - quotient * next]
    ;[t, nextT] = [nextT, t - quotient * nextT]
  }
  return t < 0n ? t + modulus : t
}

function encode(value: bigint): string {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url')
}
