import { readFile } from 'node:fs/promises'
import type { SentRequest } from '@sanad/protocol/envelope/request'
import { type HttpAnswer, Connection, writePost } from './connection.ts'
import type { Site } from './site.ts'

export interface Load {
  /** Messages of one device in the order of their numbers; a device has one on its way at a time. */
  readonly queues: readonly (readonly SentRequest[])[]
  readonly longestSeconds: number
}

export interface LoadResult {
  readonly answered: number
  readonly seconds: number
  readonly bytesUp: number
  readonly bytesDown: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  /** One for each queue. */
  readonly samples: readonly { readonly sent: SentRequest; readonly answer: HttpAnswer }[]
}

/** One connection for each queue, all at once; every answer must be a 200. */
export async function driveLoad({ port, paths }: Site, load: Load): Promise<LoadResult> {
  const ca = await readFile(paths.managementRoot, 'utf8')
  const connections = await Promise.all(load.queues.map(() => Connection.open(port, ca)))
  const requests = load.queues.map((queue) =>
    queue.map(({ text }) => writePost('/device/v1/messages', 'application/jose', text)),
  )
  const latencies: number[] = []
  const samples: LoadResult['samples'][number][] = []
  let [bytesUp, bytesDown] = [0, 0]
  const start = performance.now()
  const until = start + load.longestSeconds * 1000
  await Promise.all(
    requests.map(async (queue, index) => {
      for (const [at, request] of queue.entries()) {
        const sentAt = performance.now()
        if (sentAt > until) return
        const answer = await connections[index]?.send(request)
        if (answer?.status !== 200) throw new Error(`refused: ${answer?.status} ${answer?.body}`)
        latencies.push(performance.now() - sentAt)
        bytesUp += request.length
        bytesDown += answer.bytes
        const sent = load.queues[index]?.[at]
        if (at === 0 && sent !== undefined) samples.push({ sent, answer })
      }
    }),
  )
  const seconds = (performance.now() - start) / 1000
  for (const connection of connections) connection.close()
  latencies.sort((a, b) => a - b)
  const quantile = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0
  const answered = latencies.length
  return {
    answered,
    seconds,
    bytesUp: bytesUp / answered,
    bytesDown: bytesDown / answered,
    p50: quantile(0.5),
    p99: quantile(0.99),
    samples,
  }
}
