import { generateKeyPair, randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import type { IssuanceRequest } from '../packages/server/src/certificates/device-certificate-issuer.ts'
import { measureRawRate } from '../packages/server/src/hsm/raw-rate.ts'
import type { Finding } from './figures.ts'
import { FINGERPRINT_SLAP } from '../packages/simulator/src/profiles.ts'
import {
  ALL_CORES,
  PLACEMENTS,
  type Placement,
  descendantsOf,
  moveTo,
  nameOf,
  pinTo,
} from './processes.ts'
import { type Provider, openProvider } from './provider.ts'
import { measureRegistrations } from './registration.ts'
import type { Site } from './site.ts'

/**
 * Device certificates: planned, linted, signed in the token, verified and recorded, beside the bare library
 * that signs with the same key in as many sessions.
 */

const KEYS = 16
const ROUNDS = 3
const ROUND_MS = 5_000
const RAW_MS = 3_000

interface Shape {
  readonly name: string
  /** Callers at once. */
  readonly callers: number
  /** Certificates that one caller plans and records in one transaction. */
  readonly batch: number
}

const SHAPES: readonly Shape[] = [
  { name: 'issuance, one by one', callers: 16, batch: 1 },
  { name: 'issuance, in batches of 16', callers: 4, batch: 16 },
]

export async function measureIssuance(site: Site): Promise<readonly Finding[]> {
  await using provider = await openProvider(site)
  const findings: Finding[] = [...(await measureRegistrations(site, provider))]
  const keys = await makeKeys()
  try {
    for (const placement of PLACEMENTS)
      for (const shape of SHAPES)
        findings.push(await measureShape(site, provider, keys, shape, placement))
  } finally {
    moveTo(ALL_CORES)
  }
  return findings
}

async function measureShape(
  site: Site,
  provider: Provider,
  keys: readonly Buffer[],
  shape: Shape,
  placement: Placement,
): Promise<Finding> {
  let [issued, seconds, raw] = [0, 0, 0]
  // In turns, so that what else the machine does meets both alike.
  for (let round = 0; round < ROUNDS; round++) {
    moveTo(placement.token)
    const rate = await measureRawRate(provider.hsmConfig, provider.keyId, RAW_MS)
    raw += rate.perSecond / ROUNDS
    placeToken(placement)
    const start = performance.now()
    issued += await issueFor(ROUND_MS, site, provider, keys, shape)
    seconds += (performance.now() - start) / 1000
  }
  return {
    name: `${shape.name}, ${placement.name}`,
    figures: {
      certificates: issued,
      'callers at once': shape.callers,
      'certificates in a transaction': shape.batch,
      'certificates per second': issued / seconds,
      'signatures per second of the bare library': raw,
    },
    ratio: issued / seconds / raw,
    target: 0.8,
  }
}

/** The agent that has the token is the one Node program that this one started; the database is another’s. */
function placeToken({ token, others }: Placement): void {
  moveTo(others)
  for (const pid of descendantsOf(process.pid)) if (isAgent(pid)) pinTo(token, pid)
}

function isAgent(pid: number): boolean {
  try {
    return /^(?:node|MainThread)/.test(nameOf(pid))
  } catch {
    return false
  }
}

async function issueFor(
  milliseconds: number,
  site: Site,
  provider: Provider,
  keys: readonly Buffer[],
  { callers, batch }: Shape,
): Promise<number> {
  const until = performance.now() + milliseconds
  let issued = 0
  const call = async (): Promise<void> => {
    while (performance.now() < until) {
      await issueBatch(site, provider, drawRequests(provider, keys, batch))
      issued += batch
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  return issued
}

/** The three steps, as registration takes them: two transactions with the HSM between them. */
async function issueBatch(
  { database: { database } }: Site,
  { issuer }: Provider,
  requests: readonly IssuanceRequest[],
): Promise<void> {
  const planned = await database.transaction().execute((tx) => issuer.planIssuances(tx, requests))
  const signed = await Promise.all(
    planned.map(async (intent) => {
      if (intent === undefined) throw new Error('a key was seen before')
      return { intent, der: await issuer.signIssuance(intent) }
    }),
  )
  await database.transaction().execute((tx) => issuer.recordIssuances(tx, signed))
}

const generate = promisify(generateKeyPair)

async function makeKeys(): Promise<readonly Buffer[]> {
  const pairs = await Promise.all(
    Array.from({ length: KEYS }, () => generate('rsa', { modulusLength: 2048 })),
  )
  return pairs.map(({ publicKey }) => publicKey.export({ type: 'spki', format: 'der' }))
}

let drawn = 0

/** A key is certified once, and making one takes longer than all the rest: real keys, their moduli counted on. */
function drawRequests(
  { policy }: Provider,
  keys: readonly Buffer[],
  count: number,
): IssuanceRequest[] {
  return Array.from({ length: count }, () => {
    const number = ++drawn
    const spki = Buffer.from(keys[number % keys.length] ?? [])
    // In the middle of the modulus, which stays odd and as long as it was.
    spki.writeUInt32BE(number, spki.length >> 1)
    const { model } = FINGERPRINT_SLAP
    return { deviceId: randomUUID(), serialNo: `EXC${number}`, model, spki, policy }
  })
}
