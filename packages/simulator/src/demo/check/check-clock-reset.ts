import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { ClockResetView, LastClockReset } from '@sanad/protocol/operator-api/clock-resets'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { TimeFloor } from '@sanad/client/trusted-time/time-floor'
import { FINGERPRINT_SLAP } from '../../profiles.ts'
import type { Demo } from '../demo.ts'
import { type OperatorApi, waitUntil } from '../operator-api.ts'
import { findDevice, secondsSince } from './devices-in-check.ts'
import { type KeptPromise, type Promises, broken, keptIf, look } from './promise.ts'

const DAYS_AHEAD = 400
/** The client tries again within that, and would have believed the server if it ever did. */
const LEFT_ALONE_MS = 4_000
/** What is said of a right server by a client that is in its future. */
const REFUSED =
  /message\.time-outside-window|client\.(?:wrong-server|server-certificate-outside-dates)/

/** A client that was led into the future, and its only way back. docs/trusted-time.md */
export async function checkClockReset(demo: Demo, promises: Promises): Promise<void> {
  const api = await demo.signIn()
  await look(
    promises,
    'a device whose floor of time lies in the future refuses the right time, and is back by a signed reset',
    () => leadAstrayAndBack(demo, api),
  )
}

async function leadAstrayAndBack(demo: Demo, api: OperatorApi): Promise<KeptPromise> {
  const { deviceId } = await findDevice(api, FINGERPRINT_SLAP)
  await demo.stopClient()
  const floor = await leadAstray(demo)
  const logged = await logLength(demo)
  demo.startClient()
  await waitUntil('the client refuses the right time', async () =>
    REFUSED.test(await readLog(demo, logged)) ? true : undefined,
  )
  await wait(LEFT_ALONE_MS)
  if ((await readFloor(demo)) !== floor) return broken('it took the time without an order')

  const started = performance.now()
  const { number } = await api.require<ClockResetView>('POST', `/devices/${deviceId}/clock-reset`, {
    reason: 'repaired',
  })
  const { reset } = await waitUntil('the device checks in with the right time', async () => {
    const last = await api.require<LastClockReset>('GET', `/devices/${deviceId}/clock-reset`)
    return last.reset?.state === 'done' ? last : undefined
  })
  const off = Math.abs((await readFloor(demo)) - Date.now())
  const isRight = off < DAY_MS && reset?.number === number
  return keptIf(isRight, `${off} ms off, order ${reset?.number}`, secondsSince(started))
}

async function leadAstray(demo: Demo): Promise<number> {
  const floor = await openFloor(demo)
  await floor.raise(Date.now() + DAYS_AHEAD * DAY_MS)
  return floor.value
}

const openFloor = ({ paths }: Demo): Promise<TimeFloor> =>
  TimeFloor.open(join(paths.clientState, 'time-floor'), 0)

const readFloor = async (demo: Demo): Promise<number> => (await openFloor(demo)).value

const logLength = async (demo: Demo): Promise<number> => (await readLog(demo, 0)).length

const readLog = async ({ paths }: Demo, from: number): Promise<string> =>
  (await readFile(paths.clientLog, 'utf8')).slice(from)
