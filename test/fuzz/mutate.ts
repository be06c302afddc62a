import type { Random } from './random.ts'

/** Octets that are nearly those that were given: what a bad line, a bad program or a careful attacker sends. */

const LENGTHS = [0x00, 0x01, 0x7f, 0x80, 0x81, 0x82, 0x84, 0x88, 0xff] as const

type Mutation = (bytes: Buffer, random: Random) => Buffer

const flipBit: Mutation = (bytes, random) => {
  const copy = Buffer.from(bytes)
  const at = random.below(copy.length)
  copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8))
  return copy
}

/** Lengths and tags of DER are such octets. */
const setOctet: Mutation = (bytes, random) => {
  const copy = Buffer.from(bytes)
  copy[random.below(copy.length)] = random.pick(LENGTHS)
  return copy
}

const cutOut: Mutation = (bytes, random) => {
  const from = random.below(bytes.length)
  const to = from + 1 + random.below(16)
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
}

const repeatPart: Mutation = (bytes, random) => {
  const from = random.below(bytes.length)
  const part = bytes.subarray(from, from + 1 + random.below(64))
  return Buffer.concat([bytes.subarray(0, from), part, part, bytes.subarray(from)])
}

const truncate: Mutation = (bytes, random) => bytes.subarray(0, random.below(bytes.length))

const MUTATIONS = [flipBit, setOctet, setOctet, cutOut, repeatPart, truncate] as const

export function mutate(bytes: Uint8Array, random: Random): Buffer {
  let mutated = Buffer.from(bytes)
  for (let times = 1 + random.below(3); times > 0 && mutated.length > 0; times--)
    mutated = Buffer.from(random.pick<Mutation>(MUTATIONS)(mutated, random))
  return mutated
}
