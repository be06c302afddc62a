import './come-between.ts'
import { randomInt } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { ClientConfig } from '../../packages/client/src/agent/config.ts'
import { type Foundation, layFoundation } from '../../packages/client/src/agent/foundation.ts'
import { DeviceKeeper } from '../../packages/client/src/device/device-keeper.ts'
import type { ServerLink } from '../../packages/client/src/device/kept-device.ts'
import type { KeeperEvent } from '../../packages/client/src/device/keeper-events.ts'
import { DeviceWatch } from '../../packages/client/src/discovery/device-watch.ts'
import { type Sighting, reportOf } from '../../packages/client/src/discovery/sighting.ts'
import {
  type DeviceKeys,
  openDeviceKeys,
} from '../../packages/client/src/key-stores/open-device-keys.ts'
import type { DeviceState } from '../../packages/client/src/state/device-state.ts'
import { type Cut, PowerCut } from './cut.ts'

/** One life of the client's real code: from its start until it has nothing to do, or until the power goes. */

export interface LifeOptions {
  readonly config: ClientConfig
  readonly cut: Cut
  readonly enrolmentSecret: string | undefined
  /** The power goes while the message is on its way or being worked on, not before it. */
  readonly isCutInFlight: boolean
  readonly isOver: (state: DeviceState) => boolean
  readonly delivered: (mid: string, state: DeviceState) => void
  /** After each message: what makes an end of this life, a server that is gone say. */
  readonly hasServerFailed: (failures: number) => boolean
  readonly patienceMs: number
}

export type End = 'over' | 'cut' | 'server-failed' | 'held'

export interface Life {
  readonly end: End
  readonly state: DeviceState | undefined
  readonly events: readonly KeeperEvent[]
}

/** @throws Error when the client does not come to an end by itself */
export async function live(options: LifeOptions): Promise<Life> {
  const { cut } = options
  const events: KeeperEvent[] = []
  let keeper: DeviceKeeper | undefined
  try {
    await using stack = new AsyncDisposableStack()
    const foundation = await layFoundation(options.config)
    stack.use(foundation.open)
    keeper = await makeKeeper(options, foundation, events)
    return { end: await runUntilOver(keeper, options, events), state: keeper.state, events }
  } catch (error) {
    if (!cut.isDead) throw error
    return { end: 'cut', state: keeper?.state, events }
  }
}

async function runUntilOver(
  keeper: DeviceKeeper,
  { cut, isOver, hasServerFailed, patienceMs }: LifeOptions,
  events: readonly KeeperEvent[],
): Promise<End> {
  const ending = new AbortController()
  const running = keeper.run(AbortSignal.any([ending.signal, cut.signal]))
  const until = Date.now() + patienceMs
  let end: End | undefined
  while (end === undefined) {
    if (cut.isDead) end = 'cut'
    else if (hasServerFailed(keeper.view.failures)) end = 'server-failed'
    else if (keeper.isSettled && keeper.view.failures === 0 && isOver(keeper.state)) end = 'over'
    else if (keeper.isSettled && keeper.state.hold !== undefined) end = 'held'
    else if (Date.now() > until) {
      ending.abort()
      await running
      throw new Error(`does not end: ${describe(keeper, events)}`)
    } else await wait(2)
  }
  ending.abort()
  await running
  return end
}

function describe({ state, view }: DeviceKeeper, events: readonly KeeperEvent[]): string {
  const { key, successor, superseded, doomed, progress, pending, hold, recovery } = state
  const last = events
    .slice(-4)
    .map((event) =>
      'step' in event
        ? `${event.step}: ${event.code} ${event.error.message} ${String(event.error.cause)}`
        : event.kind,
    )
  return JSON.stringify({
    view,
    last,
    progress,
    pending: pending?.type,
    hold,
    recovery,
    keys: [key?.keyId, successor?.stage, superseded, doomed],
  })
}

async function makeKeeper(
  options: LifeOptions,
  { store, server, places, installation }: Foundation,
  events: KeeperEvent[],
): Promise<DeviceKeeper> {
  const { watch, sighting } = await find(options)
  const { dateTime: _, ...identity } = sighting.digitalId
  const { level } = sighting
  const state: DeviceState = (await store.read(identity)) ?? {
    v: 1,
    identity,
    level,
    progress: 'identified',
    sequence: 0,
  }
  // As the agent does: a device gets a state before it gets a key.
  if (state.sequence === 0 && state.progress === 'identified') await store.write(state)
  const keeper: DeviceKeeper = new DeviceKeeper(state, sighting, {
    store,
    server: watchLink(server, options, () => keeper.state),
    installation,
    openKeys: (facts) => watchKeys(openDeviceKeys(identity, level, places, facts), options.cut),
    askSbi: (signal) => watch.askSbi(sighting, signal),
    report: (seen) => reportOf(seen, { clientVersion: '0', operatingSystem: 'test' }),
    readEnrolmentSecret: () => Promise.resolve(options.enrolmentSecret),
    random: () => 0.01,
    note: (event) => events.push(event),
  })
  return keeper
}

async function find({ config, cut }: LifeOptions) {
  let sighting: Sighting | undefined
  const nothing = (): void => {}
  const watch = new DeviceWatch(
    {
      appeared: (found) => (sighting = found),
      changed: nothing,
      gone: nothing,
      seenTwice: nothing,
    },
    { timeoutMs: 5000, ports: config.portRange ?? { from: 4501, to: 4600 } },
  )
  for (let look = 0; look < 20 && sighting === undefined; look++) await watch.sweep(cut.signal)
  if (sighting === undefined) throw new Error('the device was not found')
  return { watch, sighting }
}

/** A chip is beside the computer and has its own memory; what is asked of it is one thing each. */
function watchKeys(deviceKeys: DeviceKeys, cut: Cut): DeviceKeys {
  const { keys, voucher } = deviceKeys
  if (keys.level === 'L0') return deviceKeys
  const around = async <T>(step: string, work: () => Promise<T>): Promise<T> => {
    cut.pass(step)
    const result = await work()
    if (cut.isDead) throw new PowerCut(step)
    return result
  }
  return {
    voucher,
    keys: {
      level: keys.level,
      list: () => keys.list(),
      sign: (keyId, input) => keys.sign(keyId, input),
      generateKey: () => around('chip: make a key', () => keys.generateKey()),
      installCertificate: (keyId, chain) =>
        around('chip: install a certificate', () => keys.installCertificate(keyId, chain)),
      destroyKey: (keyId) => around('chip: destroy a key', () => keys.destroyKey(keyId)),
    },
  }
}

function watchLink(
  server: Foundation['server'],
  { cut, isCutInFlight, delivered }: LifeOptions,
  stateNow: () => DeviceState,
): ServerLink {
  return {
    serverId: server.serverId,
    clock: server.clock,
    doubt: () => server.doubt(),
    synchronise: (signal) => server.synchronise(signal),
    recipient: (signal) => server.recipient(signal),
    deliver: async (pending, signal) => {
      const step = `send ${pending.type}`
      if (isCutInFlight && cut.isNext) {
        delivered(pending.mid, stateNow())
        server.deliver(pending, signal).catch(() => {})
        await wait(randomInt(0, 12))
        cut.die(step)
      }
      cut.pass(step)
      delivered(pending.mid, stateNow())
      const delivery = await server.deliver(pending, signal)
      if (cut.isDead) throw new PowerCut(step)
      return delivery
    },
  }
}
