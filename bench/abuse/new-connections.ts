import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { SentRequest } from '@sanad/protocol/wire/envelope/request'
import { Connection, writePost } from '../connection.ts'
import type { Finding } from '../figures.ts'
import { learnRecipient, prepareQueues } from '../messages.ts'
import { processorTime } from '../processes.ts'
import type { Crowd } from './crowd.ts'
import { quantile } from '../latencies.ts'
import { SECONDS, TIMES, UNSETTLED_MS, untilNext } from './arrivals.ts'
import { addressOf } from './honest.ts'

/**
 * A fleet that comes back after an outage: each device opens a connection, checks in and leaves. The handshake costs
 * the server more than the message, so that a crowd which is too large can spend it all on handshakes.
 */

const AT_ONCE = 32
const CAPACITY_MESSAGES = 1_500
/** A device that gets no answer for so long has gone away. */
const GIVES_UP_AFTER_MS = 10_000

interface Arrivals {
  readonly queues: readonly SentRequest[][]
  readonly arrive: (device: number) => Promise<number>
}

export async function measureNewConnections(
  { site, fleet }: Crowd,
  pid: number,
): Promise<readonly Finding[]> {
  const ca = await readFile(site.paths.managementRoot, 'utf8')
  const recipient = await learnRecipient(site)
  const queues = await prepareQueues(fleet, recipient, CAPACITY_MESSAGES * 12)
  const arrivals: Arrivals = { queues, arrive }
  await answerInTurn(arrivals, CAPACITY_MESSAGES / 2)
  const begun = processorTime(pid).total
  const answered = await answerInTurn(arrivals, CAPACITY_MESSAGES)
  const capacity = answered / (processorTime(pid).total - begun)
  const findings: Finding[] = []
  for (const times of TIMES) {
    const before = processorTime(pid).total
    const course = await offer(arrivals, capacity * times)
    const used = (processorTime(pid).total - before) / ((SECONDS * 1000 + UNSETTLED_MS) / 1000)
    findings.push(describe(times, capacity, used, course))
    await pause(2_000)
  }
  return findings

  /** @returns the status, or 0 where the connection broke */
  async function arrive(at: number): Promise<number> {
    const [sent] = queues[at] ?? []
    if (sent === undefined) throw new Error('a device has nothing more to say')
    const status = await Promise.race([checkIn(sent, at), pause(GIVES_UP_AFTER_MS, 0)])
    if (status === 200) queues[at]?.shift()
    return status
  }

  async function checkIn({ text }: SentRequest, at: number): Promise<number> {
    try {
      const connection = await Connection.open(site.port, ca, addressOf(at))
      try {
        return (await connection.send(writePost('/device/v1/messages', 'application/jose', text)))
          .status
      } finally {
        connection.close()
      }
    } catch {
      return 0
    }
  }
}

const withMessages = (queues: readonly SentRequest[][]): number[] =>
  queues.flatMap((queue, at) => (queue.length > 0 ? [at] : []))

/** Devices that each wait for their answer. The load generator is busier than the server then. @returns how many */
async function answerInTurn({ queues, arrive }: Arrivals, messages: number): Promise<number> {
  const devices = withMessages(queues)
  let answered = 0
  const one = async (): Promise<void> => {
    while (answered < messages) {
      const device = devices.shift()
      if (device === undefined) return
      if ((await arrive(device)) === 200) answered++
      if (queues[device]?.length !== 0) devices.push(device)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  return answered
}

interface Offered {
  offered: number
  answeredMeanwhile: number
  readonly latencies: number[]
  readonly others: Record<string, number>
}

/** Arrivals at random, at this rate, whatever becomes of those before. */
async function offer({ queues, arrive }: Arrivals, perSecond: number): Promise<Offered> {
  const devices = withMessages(queues)
  const course: Offered = { offered: 0, answeredMeanwhile: 0, latencies: [], others: {} }
  const underWay = new Set<Promise<void>>()
  const start = performance.now()
  const end = start + SECONDS * 1000 + UNSETTLED_MS
  const one = async (device: number, at: number): Promise<void> => {
    const status = await arrive(device)
    if (queues[device]?.length !== 0) devices.push(device)
    const now = performance.now()
    if (status === 200 && now > start + UNSETTLED_MS && now < end) course.answeredMeanwhile++
    if (at < start + UNSETTLED_MS) return
    if (status === 200) course.latencies.push(now - at)
    else course.others[status] = (course.others[status] ?? 0) + 1
  }
  for (let next = start; performance.now() < end; await pause(2))
    for (; next <= performance.now(); next += untilNext(perSecond)) {
      if (next > start + UNSETTLED_MS) course.offered++
      const device = devices.shift()
      if (device === undefined) continue
      const work: Promise<void> = one(device, next).finally(() => underWay.delete(work))
      underWay.add(work)
    }
  await Promise.all(underWay)
  return course
}

function describe(times: number, capacity: number, used: number, course: Offered): Finding {
  const { offered, answeredMeanwhile, latencies, others } = course
  const answered = answeredMeanwhile / SECONDS
  return {
    name: `overload by new connections: ${times} times capacity`,
    figures: {
      'capacity, check-ins per processor second, each over a new connection': capacity,
      'offered per second': offered / SECONDS,
      'answered per second': answered,
      'of its core, used by the server': used,
      'answered p50, ms': quantile(latencies, 0.5),
      'answered p99, ms': quantile(latencies, 0.99),
      'refused (503), broken off or given up (0)':
        Object.entries(others)
          .map(([status, count]) => `${count} × ${status}`)
          .join(', ') || 'none',
    },
    ratio: answered / capacity,
    ...(times > 1 && { target: 0.9 }),
  }
}
