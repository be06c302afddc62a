import { join } from 'node:path'
import type { Level } from '@sanad/protocol/domain/device-kinds'
import { openAnswer } from '@sanad/protocol/wire/envelope/answer'
import type { SentRequest } from '@sanad/protocol/wire/envelope/request'
import { SERVER_ID } from '../packages/simulator/src/demo/prepare.ts'
import type { Rate, Sizes } from './check-in-baseline.ts'
import type { Finding } from './figures.ts'
import { quantile } from './latencies.ts'
import { type FleetDevice, registerFleet } from './fleet.ts'
import { type LoadResult, driveLoad } from './load.ts'
import { learnRecipient, prepareQueues, readManagementRoot } from './messages.ts'
import { ALL_CORES, MEASURED_CORE, OTHER_CORES, measureApart, moveTo } from './processes.ts'
import { createModels, openProvider } from './provider.ts'
import type { Site } from './site.ts'

/**
 * Check-ins of the real server on one core, database and load generator on the others, beside what that core
 * does of the same cryptography alone.
 */

const DEVICES = 64
const MESSAGES = 6_000
/** A server runs for months; its code is warm, and so it must be here. */
const WARM_UP = 4_000
const ROUNDS = 4
const BASELINE = join(import.meta.dirname, 'check-in-baseline.ts')

export async function measureCheckIns(site: Site): Promise<readonly Finding[]> {
  const fleets = await registerFleets(site)
  moveTo(OTHER_CORES)
  try {
    return await site.withServer(MEASURED_CORE, async (pid) => {
      const findings: Finding[] = []
      for (const renewsDigitalId of [false, true])
        for (const [level, fleet] of fleets)
          findings.push(await measureLevel(site, pid, { level, fleet, renewsDigitalId }))
      return findings
    })
  } finally {
    moveTo(ALL_CORES)
  }
}

async function registerFleets(site: Site): Promise<[Level, readonly FleetDevice[]][]> {
  const models = await createModels(site)
  await using provider = await openProvider(site)
  return [
    ['L1', await registerFleet(site, provider, models, 'L1', DEVICES)],
    ['L0', await registerFleet(site, provider, models, 'L0', DEVICES)],
  ]
}

interface Course {
  readonly level: Level
  readonly fleet: readonly FleetDevice[]
  /**
   * A digital ID is made when the SBI starts, and the server proves the same one once. Whoever makes a new one
   * for each message has it proven each time, as the baseline does.
   */
  readonly renewsDigitalId: boolean
}

async function measureLevel(
  site: Site,
  pid: number,
  { level, fleet, renewsDigitalId }: Course,
): Promise<Finding> {
  const recipient = await learnRecipient(site)
  await driveLoad(site, pid, await prepareQueues(fleet, recipient, WARM_UP, { renewsDigitalId }))
  const rounds: Round[] = []
  // In turns, so that what else the machine does meets both alike.
  while (rounds.length < ROUNDS) {
    const queues = await prepareQueues(fleet, recipient, MESSAGES / ROUNDS, { renewsDigitalId })
    const load = await driveLoad(site, pid, queues)
    await requireRealAnswers(site, load)
    const sizes = sizesOf(queues, load, fleet)
    rounds.push({
      load,
      sizes,
      baseline: await measureApart<Rate>(
        MEASURED_CORE,
        BASELINE,
        level,
        ...[sizes.request, sizes.digitalId, sizes.answer].map(String),
      ),
    })
  }
  const finding = describe(`check-in ${level}`, rounds)
  return renewsDigitalId
    ? { ...finding, name: `${finding.name}, each with a new digital ID` }
    : { ...finding, target: 0.5 }
}

interface Round {
  readonly load: LoadResult
  readonly sizes: Sizes
  readonly baseline: Rate
}

/** The answers are opened as a client opens them: a fast server that answers nonsense counts for nothing. */
async function requireRealAnswers(site: Site, { samples }: LoadResult): Promise<void> {
  const expected = {
    managementRoots: [await readManagementRoot(site)],
    issuer: SERVER_ID,
    now: Date.now(),
    window: 300_000,
  }
  for (const { sent, answer } of samples) {
    const { type } = openAnswer(answer.body, sent, expected)
    if (type !== 'check-in-answer') throw new Error(`answered with ${type}`)
  }
}

/** Bytes of the JWS inside: three quarters of the ciphertext’s base64url. */
function sizesOf(
  queues: readonly (readonly SentRequest[])[],
  { samples }: LoadResult,
  fleet: readonly FleetDevice[],
): Sizes {
  const plaintext = (jwe = ''): number => Math.floor(((jwe.split('.')[3]?.length ?? 0) * 3) / 4)
  return {
    request: plaintext(queues[0]?.[0]?.text),
    digitalId: fleet[0]?.signedDigitalId.length ?? 0,
    answer: plaintext(samples[0]?.answer.body),
  }
}

function describe(name: string, rounds: readonly Round[]): Finding {
  const sum = (read: (round: Round) => number): number =>
    rounds.reduce((total, round) => total + read(round), 0)
  const mean = (read: (round: Round) => number): number => sum(read) / rounds.length
  const answered = sum(({ load }) => load.latencies.length)
  const seconds = sum(({ load }) => load.seconds)
  const computed = sum(({ load }) => load.processor.total)
  const latencies = rounds.flatMap(({ load }) => load.latencies)
  const baseline = mean((round) => round.baseline.perSecond)
  const baselineByProcessor = mean((round) => round.baseline.perProcessorSecond)
  return {
    name,
    figures: {
      'check-ins': answered,
      'check-ins per second': answered / seconds,
      'check-ins per processor second of the server': answered / computed,
      'of its core, used by the server': computed / seconds,
      'of its processor time, in the kernel': sum(({ load }) => load.processor.kernel) / computed,
      'baseline per second': baseline,
      'baseline per processor second': baselineByProcessor,
      'of the baseline by the clock': answered / seconds / baseline,
      'bytes of the signed message': mean(({ sizes }) => sizes.request),
      'bytes up, with HTTP head': sum(({ load }) => load.bytesUp) / answered,
      'bytes of the signed digital ID': mean(({ sizes }) => sizes.digitalId),
      'bytes of the signed answer': mean(({ sizes }) => sizes.answer),
      'bytes down, with HTTP head': sum(({ load }) => load.bytesDown) / answered,
      'latency p50, ms': quantile(latencies, 0.5),
      'latency p99, ms': quantile(latencies, 0.99),
    },
    // By processor time: the machine may have other things to do.
    ratio: answered / computed / baselineByProcessor,
  }
}
