import { readFile } from 'node:fs/promises'
import type { SentRequest } from '@sanad/protocol/wire/envelope/request'
import { type HttpAnswer, Connection, writePost } from './connection.ts'
import { type ProcessorTime, processorTime } from './processes.ts'
import type { Site } from './site.ts'

type Queues = readonly (readonly SentRequest[])[]

export interface LoadResult {
  readonly seconds: number
  /** What the server computed meanwhile. */
  readonly processor: ProcessorTime
  readonly bytesUp: number
  readonly bytesDown: number
  /** Milliseconds, of each message. */
  readonly latencies: readonly number[]
  /** One for each queue, or all. */
  readonly samples: readonly { readonly sent: SentRequest; readonly answer: HttpAnswer }[]
}

export interface LoadOptions {
  /** Every answer is a sample. */
  readonly keepsAll?: boolean
  /** Each queue from an address of its own, from this number on. */
  readonly firstAddress?: number
}

const LONGEST_MS = 15_000

/**
 * One connection for each queue, all at once; every answer must be a 200. A queue holds messages of one
 * device in the order of their numbers: a device has one on its way at a time.
 */
export async function driveLoad(
  { port, paths }: Site,
  pid: number,
  queues: Queues,
  { keepsAll = false, firstAddress = 0 }: LoadOptions = {},
): Promise<LoadResult> {
  const ca = await readFile(paths.managementRoot, 'utf8')
  const connections = await Promise.all(
    queues.map((_queue, index) =>
      Connection.open(port, ca, firstAddress === 0 ? 0 : firstAddress + index),
    ),
  )
  const requests = queues.map((queue) =>
    queue.map(({ text }) => writePost('/device/v1/messages', 'application/jose', text)),
  )
  const latencies: number[] = []
  const samples: LoadResult['samples'][number][] = []
  let [bytesUp, bytesDown] = [0, 0]
  // From here on: the connections are open, and stay so.
  const before = processorTime(pid)
  const start = performance.now()
  const until = start + LONGEST_MS
  await Promise.all(
    requests.map(async (ready, index) => {
      for (const [at, request] of ready.entries()) {
        const sentAt = performance.now()
        if (sentAt > until) return
        const answer = await connections[index]?.send(request)
        if (answer?.status !== 200) throw new Error(`refused: ${answer?.status} ${answer?.body}`)
        latencies.push(performance.now() - sentAt)
        bytesUp += request.length
        bytesDown += answer.bytes
        const sent = queues[index]?.[at]
        if ((at === 0 || keepsAll) && sent !== undefined) samples.push({ sent, answer })
      }
    }),
  )
  const seconds = (performance.now() - start) / 1000
  const after = processorTime(pid)
  for (const connection of connections) connection.close()
  const processor = { total: after.total - before.total, kernel: after.kernel - before.kernel }
  return { seconds, processor, bytesUp, bytesDown, latencies, samples }
}
