import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Finding } from '../figures.ts'
import { learnRecipient, prepareQueues } from '../messages.ts'
import {
  ALL_CORES,
  MEASURED_CORE,
  OTHER_CORES,
  moveTo,
  nodeOn,
  residentMegabytes,
} from '../processes.ts'
import type { Site } from '../site.ts'
import { makeAmmunition } from './ammunition.ts'
import { type Crowd, makeCrowd } from './crowd.ts'
import { quantile } from '../latencies.ts'
import { type HonestCourse, keepCheckingIn } from './honest.ts'
import { measureNewConnections } from './new-connections.ts'
import { measureOverload } from './overload.ts'
import type { Received } from './stranger-kinds.ts'

/**
 * Strangers who do the worst that they can from 1, 16 and 64 addresses, all kinds at once, while 200 honest devices
 * check in and an operator works; beside the same without strangers. Then an honest crowd that is too large.
 */

const HONEST = 200
const EVERY_MS = 2_000
const MESSAGES = 5
const ADDRESSES = [1, 16, 64]
/** Strangers begin before the devices and end after them. */
const AHEAD_SECONDS = 2
const STRANGERS_SECONDS = (EVERY_MS / 1000) * MESSAGES + 2 * AHEAD_SECONDS
/** The server gives memory back when it has been at rest for 15 to 30 s. */
const RECOVERY_MS = 32_000
const STRANGERS = join(import.meta.dirname, 'strangers.ts')

export async function measureAbuse(site: Site): Promise<readonly Finding[]> {
  const crowd = await makeCrowd(site)
  moveTo(OTHER_CORES)
  try {
    const strangers = await site.withServer(MEASURED_CORE, (pid) => measureStrangers(crowd, pid))
    const overload = await site.withServer(MEASURED_CORE, (pid) => measureOverload(crowd, pid))
    const returning = await site.withServer(MEASURED_CORE, (pid) =>
      measureNewConnections(crowd, pid),
    )
    return [...strangers, ...overload, ...returning]
  } finally {
    moveTo(ALL_CORES)
  }
}

async function measureStrangers({ site, fleet }: Crowd, pid: number): Promise<Finding[]> {
  const recipient = await learnRecipient(site)
  const api = await site.signIn()
  const honest = fleet.slice(0, HONEST)
  const file = await makeAmmunition(site, recipient)
  const courses = 2 + ADDRESSES.length
  const queues = await prepareQueues(honest, recipient, HONEST * MESSAGES * courses)
  const devices = { site, api, queues, everyMs: EVERY_MS }
  // The first one only warms the server up.
  await keepCheckingIn(devices, MESSAGES)
  const quiet = await keepCheckingIn(devices, MESSAGES)
  const findings: Finding[] = []
  for (const addresses of ADDRESSES) {
    const memory = watchMemory(pid)
    const strangers = startStrangers(file, addresses)
    await pause(AHEAD_SECONDS * 1000)
    const course = await keepCheckingIn(devices, MESSAGES)
    const received = await strangers
    const peak = memory.stop()
    await pause(RECOVERY_MS)
    const after = residentMegabytes(pid)
    findings.push(describe(addresses, { quiet, course, received, memory: [...peak, after] }))
  }
  return findings
}

/** @returns before, and a stop that gives before and peak: megabytes */
function watchMemory(pid: number): { stop: () => [number, number] } {
  const before = residentMegabytes(pid)
  let peak = before
  const timer = setInterval(() => (peak = Math.max(peak, residentMegabytes(pid))), 200)
  return {
    stop: () => {
      clearInterval(timer)
      return [before, peak]
    },
  }
}

function startStrangers(file: string, addresses: number): Promise<Record<string, Received>> {
  const args = [file, String(addresses), String(STRANGERS_SECONDS)]
  const child: ChildProcess = spawn(...nodeOn(OTHER_CORES, STRANGERS, ...args), {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { promise, resolve, reject } = Promise.withResolvers<Record<string, Received>>()
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  child.once('error', reject)
  child.once('close', (code) =>
    code === 0
      ? resolve(JSON.parse(text) as Record<string, Received>)
      : reject(new Error(`strangers: ${code}`)),
  )
  return promise
}

interface Courses {
  readonly quiet: HonestCourse
  readonly course: HonestCourse
  readonly received: Readonly<Record<string, Received>>
  readonly memory: readonly number[]
}

function describe(addresses: number, { quiet, course, received, memory }: Courses): Finding {
  const [before = 0, peak = 0, after = 0] = memory
  const p99 = quantile(course.latencies, 0.99)
  const quietP99 = quantile(quiet.latencies, 0.99)
  const got: Record<string, string> = {}
  for (const [kind, counts] of Object.entries(received))
    got[`strangers, ${kind}`] = countsOf(counts)
  return {
    name: `abuse from ${addresses} ${addresses === 1 ? 'address' : 'addresses'}`,
    figures: {
      'honest check-ins, answered': course.latencies.length,
      'honest check-ins, refused or broken off': countsOf(course.refused),
      'honest p50, ms, quiet and now': pair(
        quantile(quiet.latencies, 0.5),
        quantile(course.latencies, 0.5),
      ),
      'honest p99, ms, quiet and now': pair(quietP99, p99),
      'honest p99, times that of quiet (at most 3)': p99 / quietP99,
      'operator p50, ms, quiet and now': pair(
        quantile(quiet.operator, 0.5),
        quantile(course.operator, 0.5),
      ),
      'operator p99, ms, quiet and now': pair(
        quantile(quiet.operator, 0.99),
        quantile(course.operator, 0.99),
      ),
      'resident MB, before, peak and after': [before, peak, after]
        .map((mb) => mb.toFixed(0))
        .join(', '),
      ...got,
    },
    // More is better, as with the other benchmarks: how much of the quiet server's promptness is left.
    ratio: quietP99 / p99,
    target: 1 / 3,
  }
}

const pair = (one: number, other: number): string => `${one.toFixed(1)} and ${other.toFixed(1)}`

const countsOf = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([what, count]) => `${count} × ${what}`)
    .join(', ') || 'none'
