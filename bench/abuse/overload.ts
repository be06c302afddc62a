import { readFile } from 'node:fs/promises'
import { getPriority, setPriority } from 'node:os'
import type { SentRequest } from '@sanad/protocol/wire/envelope/request'
import { Connection, writePost } from '../connection.ts'
import type { Finding, Rate } from '../figures.ts'
import { learnRecipient, prepareQueues } from '../messages.ts'
import { processorTime } from '../processes.ts'
import type { Crowd } from './crowd.ts'
import { quantile } from '../latencies.ts'
import { SECONDS, TIMES, UNSETTLED_MS, untilNext } from './arrivals.ts'
import { addressOf } from './honest.ts'

/**
 * An honest crowd that is too large: check-ins arrive at a rate of their own, whatever the server does. Capacity is
 * what it answers to devices that each wait for their answer; then once, one and a half and three times as many come.
 */

/** In a closed loop, so many keep every batch full. */
const AT_ONCE = 192
const CAPACITY_MESSAGES = 3_000
/** More `nice` than the others. */
const YIELDING = 5

interface Device {
  connection: Connection
  readonly queue: SentRequest[]
}

export async function measureOverload(
  { site, fleet }: Crowd,
  pid: number,
): Promise<readonly Finding[]> {
  // The database is on the same cores: a crowd of this size is not to take its time.
  const priority = getPriority()
  setPriority(priority + YIELDING)
  const ca = await readFile(site.paths.managementRoot, 'utf8')
  const recipient = await learnRecipient(site)
  const open = (at: number) => Connection.open(site.port, ca, addressOf(at))
  const devices: Device[] = []
  const load = async (messages: number): Promise<void> => {
    const queues = await prepareQueues(fleet, recipient, messages)
    for (const [at, queue] of queues.entries()) {
      const device = (devices[at] ??= { connection: await open(at), queue: [] })
      // The server closes connections that say nothing while their messages are made.
      if (!device.connection.isOpen) device.connection = await open(at)
      device.queue.push(...queue)
    }
  }
  await load(2 * CAPACITY_MESSAGES)
  await measureCapacity(devices, pid)
  const capacity = await measureCapacity(devices, pid)
  const findings: Finding[] = []
  for (const times of TIMES) {
    await load(Math.max(0, capacity.perSecond * 1.5 * SECONDS - countMessages(devices)))
    const before = processorTime(pid).total
    const course = await offer(devices, capacity.perSecond * times)
    const used = (processorTime(pid).total - before) / (course.seconds + UNSETTLED_MS / 1000)
    findings.push(describe(times, capacity, used, course))
  }
  for (const { connection } of devices) connection.close()
  setPriority(priority)
  return findings
}

const countMessages = (devices: readonly Device[]): number =>
  devices.reduce((count, { queue }) => count + queue.length, 0)

async function measureCapacity(devices: readonly Device[], pid: number): Promise<Rate> {
  const turns = devices.filter(({ queue }) => queue.length > 0)
  let answered = 0
  const before = processorTime(pid).total
  const start = performance.now()
  const one = async (): Promise<void> => {
    while (answered < CAPACITY_MESSAGES) {
      const device = turns.shift()
      if (device === undefined) return
      const { status } = await send(device)
      if (status === 200) answered++
      if (device.queue.length > 0) turns.push(device)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  return {
    perSecond: (answered * 1000) / (performance.now() - start),
    perProcessorSecond: answered / (processorTime(pid).total - before),
  }
}

/** The next message of the device; one that is refused had no effect and is sent again at its next turn. */
async function send({ connection, queue }: Device) {
  const [sent] = queue
  if (sent === undefined) throw new Error('a device has nothing more to say')
  const answer = await connection.send(
    writePost('/device/v1/messages', 'application/jose', sent.text),
  )
  if (answer.status !== 503) queue.shift()
  return answer
}

interface Offered {
  readonly seconds: number
  readonly offered: number
  /** Milliseconds from the planned moment, of those that were answered. */
  readonly latencies: readonly number[]
  /** Seconds that those who were refused were asked to wait, from the first moment on. */
  readonly retryAfter: readonly number[]
  /** Neither 200 nor 503. */
  readonly others: number
}

/** Arrivals at random, at this rate, and those who come back; each takes the device that has rested longest. */
async function offer(devices: readonly Device[], perSecond: number): Promise<Offered> {
  const resting = devices.filter(({ queue }) => queue.length > 0)
  const latencies: number[] = []
  const retryAfter: number[] = []
  let [offered, others] = [0, 0]
  const underWay = new Set<Promise<void>>()
  const start = performance.now()
  const end = start + SECONDS * 1000 + UNSETTLED_MS
  const planned: number[] = []
  const arrive = async (device: Device, at: number): Promise<void> => {
    const { status, head } = await send(device)
    if (device.queue.length > 0) resting.push(device)
    if (status === 503) {
      const seconds = Number(/retry-after: (\d+)/i.exec(head)?.[1] ?? 0)
      retryAfter.push(seconds)
      // It comes back when it was told to. Until then the next arrivals are other devices, which borrow its key.
      setTimeout(() => planned.push(performance.now()), seconds * 1000).unref()
    }
    const isSettled = at > start + UNSETTLED_MS
    if (!isSettled) return
    if (status === 200) latencies.push(performance.now() - at)
    else if (status !== 503) others++
  }
  for (let next = start; performance.now() < end;) {
    const now = performance.now()
    for (; next <= now && next < end; next += untilNext(perSecond)) planned.push(next)
    while (planned.length > 0 && resting.length > 0) {
      const device = resting.shift()
      const at = planned.shift()
      if (device === undefined || at === undefined) continue
      if (at > start + UNSETTLED_MS) offered++
      const one: Promise<void> = arrive(device, at).finally(() => underWay.delete(one))
      underWay.add(one)
    }
    // Every device waits for its answer: nobody is left to come.
    planned.length = 0
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  await Promise.all(underWay)
  return {
    seconds: SECONDS,
    offered,
    latencies,
    retryAfter,
    others,
  }
}

function describe(times: number, capacity: Rate, used: number, course: Offered): Finding {
  const { seconds, offered, latencies, retryAfter, others } = course
  const answered = latencies.length / seconds
  return {
    name: `overload: ${times} times capacity`,
    figures: {
      'capacity, check-ins per second': capacity.perSecond,
      'offered per second': offered / seconds,
      'answered per second': answered,
      'of its core, used by the server': used,
      // What else the machine does counts less.
      'of capacity, by processor time of the server': answered / used / capacity.perProcessorSecond,
      'answered p50, ms': quantile(latencies, 0.5),
      'answered p99, ms (below 1,000)': quantile(latencies, 0.99),
      'refused with 503': retryAfter.length,
      'Retry-After, seconds: least, middle, most': [0, 0.5, 1]
        .map((share) => quantile(retryAfter, share))
        .join(', '),
      'without any Retry-After': retryAfter.filter((seconds) => seconds === 0).length,
      'neither answered nor refused': others,
    },
    ratio: answered / capacity.perSecond,
    ...(times > 1 && { target: 0.9 }),
  }
}
