import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { DeviceList } from '@sanad/protocol/operator-api/devices'
import type { SentRequest } from '@sanad/protocol/wire/envelope/request'
import type { OperatorApi } from '../../packages/simulator/src/demo/operator-api.ts'
import { Connection, writePost } from '../connection.ts'
import type { Site } from '../site.ts'

/** Devices that check in and an operator who reads, at their own pace, whatever strangers do. */

export interface HonestCourse {
  /** Milliseconds of each check-in that was answered. */
  readonly latencies: readonly number[]
  /** Of the operator's pages. */
  readonly operator: readonly number[]
  /** Check-ins that got anything but an answer, by what it was. */
  readonly refused: Readonly<Record<string, number>>
}

/** Addresses of strangers are below. */
const FIRST_ADDRESS = 254
/** As behind the router of an office; a network has a bound of connections. */
const DEVICES_OF_AN_ADDRESS = 8

/** Which loopback address a device of the crowd has, see {@link Connection}. */
export const addressOf = (device: number): number =>
  FIRST_ADDRESS + Math.floor(device / DEVICES_OF_AN_ADDRESS)

const OPERATOR_EVERY_MS = 500

export interface HonestCrowd {
  readonly site: Site
  readonly api: OperatorApi
  readonly queues: readonly SentRequest[][]
  /** Milliseconds between two check-ins of a device. */
  readonly everyMs: number
}

/** Each device sends what is in its queue; half of them keep their connection, half make a new one each time. */
export async function keepCheckingIn(
  { site, api, queues, everyMs }: HonestCrowd,
  messages: number,
): Promise<HonestCourse> {
  const ca = await readFile(site.paths.managementRoot, 'utf8')
  const latencies: number[] = []
  const operator: number[] = []
  const refused: Record<string, number> = {}
  const work = queues.map((queue, at) => checkIn(queue.splice(0, messages), at))
  const stop = new AbortController()
  const reading = readPages(stop.signal)
  await Promise.all(work)
  stop.abort()
  await reading
  return { latencies, operator, refused }

  async function checkIn(queue: readonly SentRequest[], at: number): Promise<void> {
    const open = () => Connection.open(site.port, ca, addressOf(at))
    const keepsConnection = at % 2 === 0
    let connection: Connection | undefined
    await pause((at / queues.length) * everyMs)
    for (const { text } of queue) {
      const start = performance.now()
      const outcome = await attempt(async () => {
        connection ??= await open()
        const { status } = await connection.send(
          writePost('/device/v1/messages', 'application/jose', text),
        )
        return String(status)
      })
      if (outcome === '200') latencies.push(performance.now() - start)
      else refused[outcome] = (refused[outcome] ?? 0) + 1
      if (outcome === 'broken' || !keepsConnection) {
        connection?.close()
        connection = undefined
      }
      await pause(Math.max(0, everyMs - (performance.now() - start)))
    }
    connection?.close()
  }

  async function readPages(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const start = performance.now()
      const outcome = await attempt(async () => {
        await api.require<DeviceList>('GET', '/devices?limit=50')
        return 'read'
      })
      if (outcome === 'read') operator.push(performance.now() - start)
      else refused['operator'] = (refused['operator'] ?? 0) + 1
      await pause(OPERATOR_EVERY_MS)
    }
  }
}

const attempt = (work: () => Promise<string>): Promise<string> => work().catch(() => 'broken')
