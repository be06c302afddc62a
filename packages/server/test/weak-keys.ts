import {
  type KeyObject,
  checkPrimeSync,
  createPrivateKey,
  createPublicKey,
  generatePrimeSync,
} from 'node:crypto'

/** RSA keys that can be factored, whole: they sign and verify as any other. */

export interface WeakKey {
  readonly privateKey: KeyObject
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Buffer
}

export const weakKeys = {
  roca: (): WeakKey => assemble(rocaPrime(), rocaPrime()),
  closePrimes: (): WeakKey => {
    const p = prime(1024)
    return assemble(p, nextPrime(p))
  },
}

const E = 65_537n

function assemble(p: bigint, q: bigint): WeakKey {
  const d = inverse(E, (p - 1n) * (q - 1n))
  const parts = { n: p * q, e: E, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
  const members = Object.entries(parts).map(([name, value]) => [name, base64url(value)] as const)
  const key = { kty: 'RSA', ...Object.fromEntries(members) }
  const privateKey = createPrivateKey({ key, format: 'jwk' })
  return {
    privateKey,
    spki: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
  }
}

function base64url(n: bigint): string {
  const hex = n.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url')
}

/** Euclid's extended algorithm. */
function inverse(a: bigint, modulus: bigint): bigint {
  let [r, next] = [modulus, a % modulus]
  let [t, nextT] = [0n, 1n]
  while (next !== 0n) {
    const quotient = r / next
    ;[r, next] = [next, r - quotient * next]
    ;[t, nextT] = [nextT, t - quotient * nextT]
  }
  return ((t % modulus) + modulus) % modulus
}

const prime = (bits: number): bigint => generatePrimeSync(bits, { bigint: true })

function nextPrime(after: bigint): bigint {
  for (let candidate = after + 2n; ; candidate += 2n)
    if (checkPrimeSync(candidate)) return candidate
}

/** A prime as the library of CVE-2017-15361 made it: k·M + (65537^a mod M), M the product of 126 primes. */
function rocaPrime(): bigint {
  let M = 1n
  for (let p = 2n; p <= 701n; p++) if (checkPrimeSync(p)) M *= p
  for (;;) {
    const candidate = prime(60) * M + power(E, prime(62), M)
    if (checkPrimeSync(candidate) && (candidate - 1n) % E !== 0n) return candidate
  }
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  for (let b = base % modulus, e = exponent; e > 0n; e >>= 1n, b = (b * b) % modulus) {
    if ((e & 1n) === 1n) result = (result * b) % modulus
  }
  return result
}
