import { type RsaPublicKey, modulusBits } from './der/rsa-public-key.ts'

/**
 * Whether an RSA modulus is one that a sound generator makes. Pure arithmetic, about a millisecond.
 *
 * Debian's weak keys of 2008 are not looked for: no such generator makes device keys of 2048 bits today,
 * and the lists would outweigh the program.
 */

export type KeyWeakness =
  | 'modulus-size'
  | 'exponent'
  | 'even-modulus'
  | 'small-factor'
  | 'roca'
  | 'close-primes'

const LEAST_BITS = 2048
const MOST_BITS = 4096
const EXPONENT = 65_537n
const FERMAT_ROUNDS = 100

export function findWeakness(key: RsaPublicKey): KeyWeakness | undefined {
  const { modulus, exponent } = key
  const bits = modulusBits(key)
  // MF §2.3: RSA of 2048 bits or more.
  if (bits < LEAST_BITS || bits > MOST_BITS) return 'modulus-size'
  // FIPS 186-5 §5.4 allows others; e = 65537 is what every chip makes, and e = 1 "verifies" anything.
  if (toBigInt(exponent) !== EXPONENT) return 'exponent'
  const n = toBigInt(modulus)
  if ((n & 1n) === 0n) return 'even-modulus'
  if (hasSmallFactor(n)) return 'small-factor'
  if (hasRocaFingerprint(n)) return 'roca'
  return hasClosePrimes(n) ? 'close-primes' : undefined
}

const toBigInt = (bytes: Uint8Array): bigint => BigInt(`0x0${Buffer.from(bytes).toString('hex')}`)

function primesBelow(limit: number): number[] {
  const isComposite = new Uint8Array(limit)
  const primes: number[] = []
  for (let candidate = 2; candidate < limit; candidate++) {
    if (isComposite[candidate] === 1) continue
    primes.push(candidate)
    for (let multiple = candidate * candidate; multiple < limit; multiple += candidate) {
      isComposite[multiple] = 1
    }
  }
  return primes
}

const ODD_PRIMES = primesBelow(752).slice(1)

/** Primes whose product a number still holds exactly: one long division serves all of them. */
const PRIMES_TOGETHER = ODD_PRIMES.reduce<{ product: number; primes: number[] }[]>(
  (groups, prime) => {
    const last = groups.at(-1)
    if (last === undefined || last.product * prime > Number.MAX_SAFE_INTEGER)
      return [...groups, { product: prime, primes: [prime] }]
    last.product *= prime
    last.primes.push(prime)
    return groups
  },
  [],
).map(({ product, primes }) => ({ product: BigInt(product), primes }))

const hasSmallFactor = (n: bigint): boolean =>
  PRIMES_TOGETHER.some(({ product, primes }) => {
    const rest = Number(n % product)
    return primes.some((prime) => rest % prime === 0)
  })

/**
 * CVE-2017-15361: a widely used chip library made primes k·M + (65537^a mod M), M a product of small
 * primes. Modulo each of those the whole modulus is then a power of 65537; a sound key passes for such
 * by chance once in 2^27 and more.
 */
const ROCA_PRIMES = ODD_PRIMES.filter((prime) => prime <= 167)
const ROCA_PRODUCT = ROCA_PRIMES.reduce((product, prime) => product * BigInt(prime), 1n)
const POWERS_OF_65537 = ROCA_PRIMES.map((prime) => {
  const powers = new Set<number>()
  for (let power = 1; !powers.has(power); power = (power * (65_537 % prime)) % prime) {
    powers.add(power)
  }
  return { prime, powers }
})

function hasRocaFingerprint(n: bigint): boolean {
  const rest = n % ROCA_PRODUCT
  return POWERS_OF_65537.every(({ prime, powers }) => powers.has(Number(rest % BigInt(prime))))
}

/** Fermat's method: primes that are close are found in a few rounds (CVE-2022-26320). */
function hasClosePrimes(n: bigint): boolean {
  let a = squareRoot(n)
  if (a * a < n) a += 1n
  let difference = a * a - n
  for (let round = 0; round < FERMAT_ROUNDS; round++) {
    if (isSquare(difference)) return true
    difference += 2n * a + 1n
    a += 1n
  }
  return false
}

function isSquare(value: bigint): boolean {
  // Most numbers are refused by their low bits: squares are 0, 1, 4 or 9 modulo 16.
  const low = value & 15n
  if (low !== 0n && low !== 1n && low !== 4n && low !== 9n) return false
  // 3·5·7·11·13·17·19·23: a square is a square modulo each; one in about 200 numbers passes.
  const rest = Number(value % 111_546_435n)
  if (!SQUARES.every(({ prime, squares }) => squares.has(rest % prime))) return false
  const root = squareRoot(value)
  return root * root === value
}

const SQUARES = [3, 5, 7, 11, 13, 17, 19, 23].map((prime) => ({
  prime,
  squares: new Set(Array.from({ length: prime }, (_, root) => (root * root) % prime)),
}))

/** Newton's method, from above; the integer part. */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value
  let root = 1n << BigInt(2 * value.toString(16).length)
  for (;;) {
    const next = (root + value / root) >> 1n
    if (next >= root) return root
    root = next
  }
}
