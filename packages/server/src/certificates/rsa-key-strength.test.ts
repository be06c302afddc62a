import { checkPrimeSync, generateKeyPairSync, generatePrimeSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { spkiOf } from '../../test/throwaway-provider.ts'
import { readRsaPublicKey } from './der/rsa-public-key.ts'
import { findWeakness } from './rsa-key-strength.ts'

const bytesOf = (n: bigint): Uint8Array => {
  const hex = n.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}
const E = Uint8Array.of(1, 0, 1)
const weaknessOf = (n: bigint, exponent: Uint8Array = E) =>
  findWeakness({ modulus: bytesOf(n), exponent })

const prime = (bits: number): bigint => generatePrimeSync(bits, { bigint: true })
const P = prime(1024)
const Q = prime(1024)

function nextPrime(after: bigint): bigint {
  for (let candidate = after + 2n; ; candidate += 2n)
    if (checkPrimeSync(candidate)) return candidate
}

/** A prime as the library of CVE-2017-15361 made it: k·M + (65537^a mod M). */
function rocaPrime(): bigint {
  let M = 1n
  for (let p = 2n; p <= 701n; p = nextSmall(p)) M *= p
  for (;;) {
    const k = prime(64)
    const candidate = k * M + power(65_537n, prime(62), M)
    if (checkPrimeSync(candidate)) return candidate
  }
}

const nextSmall = (p: bigint): bigint => {
  for (let n = p + 1n; ; n++) if (checkPrimeSync(n)) return n
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  for (let b = base % modulus, e = exponent; e > 0n; e >>= 1n, b = (b * b) % modulus) {
    if ((e & 1n) === 1n) result = (result * b) % modulus
  }
  return result
}

describe('an RSA key', () => {
  it.each([2048, 3072, 4096])('of a sound generator with %i bits passes', (modulusLength) => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength })
    const key = readRsaPublicKey(spkiOf(publicKey))
    expect(key).toBeDefined()
    expect(findWeakness(key!)).toBeUndefined()
  })

  it('refuses RSA keys below 2048 and above 4096 bits', () => {
    expect(weaknessOf(prime(1023) * prime(1023))).toBe('modulus-size')
    expect(weaknessOf((P * Q) << 2049n)).toBe('modulus-size')
  })

  it.each([1n, 3n, 65_539n])('with the exponent %i is refused', (e) => {
    expect(weaknessOf(P * Q, bytesOf(e))).toBe('exponent')
  })

  it('refuses an RSA key with an even modulus', () => {
    expect(weaknessOf(P * Q + 1n)).toBe('even-modulus')
  })

  it.each([3n, 5n, 409n, 751n])('with the factor %i is refused', (factor) => {
    expect(weaknessOf(factor * prime(1024) * prime(1030))).toBe('small-factor')
  })

  it('refuses RSA keys of the library of CVE-2017-15361', () => {
    expect(weaknessOf(rocaPrime() * rocaPrime())).toBe('roca')
  })

  it('refuses an RSA key whose primes are close together', () => {
    expect(weaknessOf(P * nextPrime(P))).toBe('close-primes')
  })
})
