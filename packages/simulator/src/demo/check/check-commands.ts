import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type {
  CommandOrderView,
  CommandToGive,
  CommandView,
} from '@sanad/protocol/operator-api/commands'
import type { TrustView } from '@sanad/protocol/operator-api/trust'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { FACE_CAMERA, FINGERPRINT_SLAP } from '../../profiles.ts'
import type { DeviceProfile } from '../../sbi/device-profile.ts'
import type { Demo } from '../demo.ts'
import { type OperatorApi, waitUntil } from '../operator-api.ts'
import { findDevice } from './devices-in-check.ts'
import { type KeptPromise, type Promises, keptIf, look } from './promise.ts'

/** An operator’s click reaches a device through the one port, and nothing is called delivered that is not. */
export async function checkCommands(demo: Demo, promises: Promises): Promise<void> {
  const api = await demo.signIn()
  await look(promises, 'the server says how good its clock is before it gives time', () =>
    readClock(api),
  )
  await look(promises, 'a command reaches a device over the live channel within a second', () =>
    reachDevice(api),
  )
  await look(promises, 'a device runs its self-tests when told, and signs what came of them', () =>
    runSelfTests(api),
  )
  await look(promises, 'a log comes in by command, and has gone through the tripwire', () =>
    collectLog(api),
  )
  await look(
    promises,
    'a command for a device that is away waits, is not called delivered, and is done once it is back',
    () => deliverLater(demo, api),
  )
  await look(promises, 'a command that is taken back before it was sent is never done', () =>
    takeBack(demo, api),
  )
}

async function readClock(api: OperatorApi): Promise<KeptPromise> {
  const { clock } = await api.require<TrustView>('GET', '/trust')
  const bound = clock.uncertaintyMs === null ? 'unknown' : `${clock.uncertaintyMs} ms`
  return keptIf(clock.state !== 'untrusted', JSON.stringify(clock), `${clock.state}, ${bound}`)
}

async function order(
  api: OperatorApi,
  profile: DeviceProfile,
  command: CommandToGive,
): Promise<string> {
  const { deviceId } = await findDevice(api, profile)
  const body = { orderId: randomUUID(), deviceIds: [deviceId], command }
  const { commands } = await api.require<CommandOrderView>('POST', '/commands', body)
  const [ordered] = commands
  if (ordered === undefined) throw new Error('nothing was ordered')
  return ordered.commandId
}

const read = (api: OperatorApi, commandId: string): Promise<CommandView> =>
  api.require<CommandView>('GET', `/commands/${commandId}`)

function untilOver(api: OperatorApi, commandId: string): Promise<CommandView> {
  return waitUntil('the command is over', async () => {
    const view = await read(api, commandId)
    return view.finishedAt === null ? undefined : view
  })
}

const TRIES = 5
/** A client lets itself be woken so often; an operator clicks no faster. */
const BETWEEN_TRIES_MS = 2_200
const LONGEST_SECONDS = 1

/** From the answer to the operator’s request to the moment at which the device has it, by the server’s record. */
async function reachDevice(api: OperatorApi): Promise<KeptPromise> {
  const seconds: number[] = []
  for (let at = 0; at < TRIES; at++) {
    const started = performance.now()
    const commandId = await order(api, FINGERPRINT_SLAP, { type: 'collect-information', body: {} })
    await waitUntil(
      'the device has the command',
      async () => {
        const { acknowledgedAt, finishedAt } = await read(api, commandId)
        return acknowledgedAt ?? finishedAt ?? undefined
      },
      30_000,
      20,
    )
    seconds.push((performance.now() - started) / 1000)
    await wait(BETWEEN_TRIES_MS)
  }
  const median = seconds.toSorted((a, b) => a - b)[Math.floor(TRIES / 2)] ?? Infinity
  const figure = `median of ${TRIES}: ${median.toFixed(3)} s`
  return keptIf(median < LONGEST_SECONDS, figure, figure)
}

async function runSelfTests(api: OperatorApi): Promise<KeptPromise> {
  const tests = ['key-store', 'sbi', 'clock', 'storage', 'network']
  const commandId = await order(api, FINGERPRINT_SLAP, { type: 'run-self-test', body: { tests } })
  const view = await untilOver(api, commandId)
  const passed = view.result?.selfTests?.filter((one) => one.passed).map(({ test }) => test) ?? []
  const isRight = view.state === 'succeeded' && passed.length === tests.length
  return keptIf(
    isRight && view.reportSha256 !== null,
    `${view.state}, ${view.failure}; ${JSON.stringify(view.result)}`,
    `${passed.length} of ${tests.length}`,
  )
}

async function collectLog(api: OperatorApi): Promise<KeptPromise> {
  const since = new Date(Date.now() - HOUR_MS).toISOString()
  const body = { source: 'client', since, limit: 8192 }
  const commandId = await order(api, FACE_CAMERA, { type: 'collect-logs', body })
  const { state, log, result } = await untilOver(api, commandId)
  const bytes = Buffer.byteLength(log?.text ?? '')
  const isRight = state === 'succeeded' && bytes > 0 && bytes <= 8192
  return keptIf(isRight, `${state}; ${JSON.stringify(result)}`, `${bytes} bytes`)
}

async function deliverLater(demo: Demo, api: OperatorApi): Promise<KeptPromise> {
  await demo.stopClient()
  const commandId = await order(api, FACE_CAMERA, { type: 'collect-information', body: {} })
  await wait(1_500)
  const { state: meanwhile } = await read(api, commandId)
  demo.startClient()
  const { state } = await untilOver(api, commandId)
  return keptIf(
    meanwhile === 'queued' && state === 'succeeded',
    `${meanwhile} while away, ${state} afterwards`,
  )
}

async function takeBack(demo: Demo, api: OperatorApi): Promise<KeptPromise> {
  await demo.stopClient()
  const commandId = await order(api, FACE_CAMERA, { type: 'collect-information', body: {} })
  await api.require('POST', `/commands/${commandId}/cancel`)
  demo.startClient()
  const later = await order(api, FACE_CAMERA, { type: 'collect-information', body: {} })
  const { state } = await untilOver(api, later)
  const cancelled = await read(api, commandId)
  return keptIf(
    state === 'succeeded' && cancelled.state === 'cancelled' && cancelled.sentAt === null,
    `${cancelled.state}, sent ${cancelled.sentAt}; the next one ${state}`,
  )
}
