import type { SentRequest } from '@sanad/protocol/wire/envelope/request'
import { measureRawRate } from '../packages/server/src/hsm/raw-rate.ts'
import {
  type Claimant,
  askForChallenge,
  askForRegistration,
  makeClaimants,
  openAnswers,
} from './claimants.ts'
import type { Finding } from './figures.ts'
import { type LoadResult, driveLoad } from './load.ts'
import { learnRecipient, readManagementRoot } from './messages.ts'
import { ALL_CORES, PLACEMENTS, type Placement, descendantsOf, moveTo, pinTo } from './processes.ts'
import { type Provider, createModels } from './provider.ts'
import { NOTHING, PARTIES, type Shares, add, readShares, subtract } from './shares.ts'
import type { Site } from './site.ts'

/**
 * Whole registrations of L1 devices by the real server over TLS, beside the bare library that signs with the
 * same key in as many sessions. Devices, keys and messages are made before, and the challenges fetched.
 */

const AT_ONCE = 64
const DEVICES = 12
const ROUNDS = 3
const RAW_MS = 3_000

export async function measureRegistrations(
  site: Site,
  provider: Provider,
): Promise<readonly Finding[]> {
  const models = await createModels(site)
  const perRound = AT_ONCE * DEVICES
  const rounds = PLACEMENTS.length * ROUNDS + 1
  const claimants = [...(await makeClaimants(site, models, perRound * rounds))]
  try {
    return await site.withServer(ALL_CORES, async (pid) => {
      let address = 1
      const runRound = async (): Promise<Round> => {
        address += AT_ONCE
        return registerAll(site, pid, claimants.splice(0, perRound), address)
      }
      await runRound()
      const findings: Finding[] = []
      for (const placement of PLACEMENTS)
        findings.push(await measurePlacement(provider, pid, placement, runRound))
      return findings
    })
  } finally {
    moveTo(ALL_CORES)
  }
}

interface Round {
  readonly load: LoadResult
  readonly shares: Shares
}

async function measurePlacement(
  { hsmConfig, keyId }: Provider,
  pid: number,
  { name, token, others }: Placement,
  runRound: () => Promise<Round>,
): Promise<Finding> {
  const rounds: Round[] = []
  let [raw, rawCost] = [0, 0]
  // In turns, so that what else the machine does meets both alike.
  while (rounds.length < ROUNDS) {
    moveTo(token)
    const rate = await measureRawRate(hsmConfig, keyId, RAW_MS)
    raw += rate.perSecond / ROUNDS
    rawCost += rate.processorMsPerSignature / ROUNDS
    moveTo(others)
    for (const agent of descendantsOf(pid)) pinTo(token, agent)
    rounds.push(await runRound())
  }
  return describe(`registration, ${name}`, rounds, raw, rawCost)
}

async function registerAll(
  site: Site,
  pid: number,
  claimants: readonly Claimant[],
  firstAddress: number,
): Promise<Round> {
  const recipient = await learnRecipient(site)
  const root = await readManagementRoot(site)
  const exchange = (messages: readonly SentRequest[]): Promise<LoadResult> =>
    driveLoad(site, pid, deal(messages), { keepsAll: true, firstAddress })
  const asked = await inTurn(claimants, (claimant) => askForChallenge(claimant, recipient))
  const challenges = openAnswers((await exchange(asked)).samples, root)
  const claims = await inTurn(claimants, (claimant, index) => {
    const answer = challenges.get(asked[index] as SentRequest)
    if (answer?.type !== 'registration-challenge-answer') throw new Error('no challenge')
    return askForRegistration(claimant, answer.body.nonce, recipient)
  })
  const before = readShares(pid)
  const load = await exchange(claims)
  const shares = subtract(readShares(pid), before)
  for (const answer of openAnswers(load.samples, root).values()) {
    const isRegistered =
      answer.type === 'registration-answer' && answer.body.outcome === 'registered'
    if (!isRegistered) throw new Error(`answered with ${JSON.stringify(answer)}`)
  }
  return { load, shares }
}

/** One queue for each connection. */
const deal = (messages: readonly SentRequest[]): readonly SentRequest[][] =>
  Array.from({ length: AT_ONCE }, (_, at) => messages.filter((_one, i) => i % AT_ONCE === at))

async function inTurn<T, R>(
  items: readonly T[],
  make: (item: T, index: number) => Promise<R>,
): Promise<readonly R[]> {
  const made: R[] = []
  for (const [index, item] of items.entries()) made.push(await make(item, index))
  return made
}

function describe(name: string, rounds: readonly Round[], raw: number, rawCost: number): Finding {
  const registered = rounds.reduce((sum, { load }) => sum + load.latencies.length, 0)
  const seconds = rounds.reduce((sum, { load }) => sum + load.seconds, 0)
  const shares = rounds.reduce((sum, round) => add(sum, round.shares), NOTHING)
  const latencies = rounds.flatMap(({ load }) => load.latencies).toSorted((a, b) => a - b)
  const cost = PARTIES.map((party) => [
    `processor ms for each, ${party}`,
    (shares[party] * 1000) / registered,
  ])
  return {
    name,
    figures: {
      registrations: registered,
      'devices at once': AT_ONCE,
      'registrations per second': registered / seconds,
      'signatures per second of the bare library': raw,
      'processor ms for each, bare signature': rawCost,
      ...(Object.fromEntries(cost) as Record<string, number>),
      'latency p50, ms': latencies[Math.floor(latencies.length / 2)] ?? 0,
      'latency p99, ms': latencies[Math.floor(latencies.length * 0.99)] ?? 0,
    },
    ratio: registered / seconds / raw,
    target: 0.8,
  }
}
