import { join } from 'node:path'
import type { Level } from '@sanad/protocol/digital-id'
import { openAnswer } from '@sanad/protocol/envelope/answer'
import type { SentRequest } from '@sanad/protocol/envelope/request'
import { SERVER_ID } from '../packages/simulator/src/demo/prepare.ts'
import type { Rate, Sizes } from './check-in-baseline.ts'
import type { Finding } from './figures.ts'
import { type FleetDevice, registerFleet } from './fleet.ts'
import { type LoadResult, driveLoad } from './load.ts'
import { learnRecipient, makeCheckIn, readManagementRoot } from './messages.ts'
import {
  ALL_CORES,
  MEASURED_CORE,
  OTHER_CORES,
  measureApart,
  moveTo,
  processorTime,
} from './processes.ts'
import { createModels, openProvider } from './provider.ts'
import type { Site } from './site.ts'

/**
 * Check-ins of the real server on one core, database and load generator on the others, beside what that core
 * does of the same cryptography alone.
 */

const DEVICES = 64
const MESSAGES = 6_000
const WARM_UP = 1_000
const LONGEST_SECONDS = 30
const BASELINE = join(import.meta.dirname, 'check-in-baseline.ts')

export async function measureCheckIns(site: Site): Promise<readonly Finding[]> {
  const fleets = await registerFleets(site)
  moveTo(OTHER_CORES)
  const pid = await site.startServer(MEASURED_CORE)
  try {
    const findings = []
    for (const [level, fleet] of fleets) findings.push(await measureLevel(site, pid, level, fleet))
    return findings
  } finally {
    await site.stopServer()
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

async function measureLevel(
  site: Site,
  pid: number,
  level: Level,
  fleet: readonly FleetDevice[],
): Promise<Finding> {
  const recipient = await learnRecipient(site)
  const prepareQueues = (messages: number): Promise<SentRequest[][]> =>
    Promise.all(
      fleet.map(async (device) => {
        const queue: SentRequest[] = []
        while (queue.length < messages / fleet.length)
          queue.push(await makeCheckIn(device, recipient))
        return queue
      }),
    )
  await driveLoad(site, { queues: await prepareQueues(WARM_UP), longestSeconds: LONGEST_SECONDS })
  const queues = await prepareQueues(MESSAGES)
  const before = processorTime(pid)
  const load = await driveLoad(site, { queues, longestSeconds: LONGEST_SECONDS })
  const after = processorTime(pid)
  const computed = after.total - before.total
  const kernelShare = (after.kernel - before.kernel) / computed
  await requireRealAnswers(site, load)
  const sizes = sizesOf(queues, load)
  const baseline = await measureApart<Rate>(
    MEASURED_CORE,
    BASELINE,
    String(sizes.request),
    String(sizes.answer),
  )
  return describe(level, load, { computed, kernelShare }, baseline)
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
function sizesOf(queues: readonly (readonly SentRequest[])[], { samples }: LoadResult): Sizes {
  const plaintext = (jwe = ''): number => Math.floor(((jwe.split('.')[3]?.length ?? 0) * 3) / 4)
  return {
    request: plaintext(queues[0]?.[0]?.text),
    answer: plaintext(samples[0]?.answer.body),
  }
}

interface Computed {
  /** Seconds of the server’s processor time. */
  readonly computed: number
  readonly kernelShare: number
}

function describe(
  level: Level,
  load: LoadResult,
  { computed, kernelShare }: Computed,
  baseline: Rate,
): Finding {
  const rate = load.answered / load.seconds
  const rateByProcessor = load.answered / computed
  return {
    name: `check-in ${level}`,
    figures: {
      'check-ins': load.answered,
      'check-ins per second': rate,
      'check-ins per processor second of the server': rateByProcessor,
      'of its core, used by the server': computed / load.seconds,
      'of its processor time, in the kernel': kernelShare,
      'baseline per second': baseline.perSecond,
      'baseline per processor second': baseline.perProcessorSecond,
      'of the baseline by the clock': rate / baseline.perSecond,
      'bytes up, with HTTP head': load.bytesUp,
      'bytes down, with HTTP head': load.bytesDown,
      'latency p50, ms': load.p50,
      'latency p99, ms': load.p99,
    },
    // By processor time: the machine may have other things to do.
    ratio: rateByProcessor / baseline.perProcessorSecond,
    target: 0.5,
  }
}
