import crypto, { type KeyObject, createPublicKey } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { promisify } from 'node:util'
import { makeLoadKeys } from '../../bench/shared-primes.ts'

/**
 * RSA keys ready to be taken, where the code under test would make one: a campaign uses thousands, and making a
 * key honestly takes longer than a whole rotation. When there are none left, real ones are made again.
 */

interface Pair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

type MakePair = (type: string, options: { readonly modulusLength: number }) => Promise<Pair>

const supply: KeyObject[] = []

export async function prepareKeys(count: number): Promise<void> {
  for await (const { privateKey } of makeLoadKeys(count)) supply.push(privateKey)
}

const { generateKeyPair } = crypto
const makeHonestly = promisify(generateKeyPair) as unknown as MakePair

const takeOrMake: MakePair = async (type, options) => {
  if (type !== 'rsa' || options.modulusLength !== 2048) return makeHonestly(type, options)
  const privateKey = supply.pop()
  if (privateKey === undefined) return makeHonestly(type, options)
  return { privateKey, publicKey: createPublicKey(privateKey) }
}

/** Before any module that makes keys is loaded: they take the function as it is then. */
export function supplyKeys(): void {
  const supplied = (...args: Parameters<typeof generateKeyPair>): void => generateKeyPair(...args)
  Object.assign(supplied, { [promisify.custom]: takeOrMake })
  Object.assign(crypto, { generateKeyPair: supplied })
  syncBuiltinESMExports()
}
