import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { DeviceProfile } from '@sanad/simulator/sbi/device-profile'
import type { ClientConfig } from '../src/agent/config.ts'
import { makeWorkshop } from '../src/agent/device-workshop.ts'
import { type Foundation, layFoundation } from '../src/agent/foundation.ts'
import { LogRing } from '../src/log/log-ring.ts'
import type { Workshop } from '../src/commands/workshop.ts'
import { DeviceKeeper } from '../src/device/device-keeper.ts'
import type { ServerLink } from '../src/device/kept-device.ts'
import type { KeeperEvent } from '../src/device/keeper-events.ts'
import { DeviceWatch } from '../src/discovery/device-watch.ts'
import { type Sighting, reportOf } from '../src/discovery/sighting.ts'
import { type DeviceKeys, openDeviceKeys } from '../src/key-stores/open-device-keys.ts'
import type { ManagementServer } from '../src/server-link/management-server.ts'
import type { DeviceState } from '../src/state/device-state.ts'
import type { DeviceStateStore } from '../src/state/device-state-store.ts'
import type { Desk } from './desk.ts'

/**
 * One life of a client process after the other, from disk, without a process: each lays its own foundation and
 * ends when the test says, or dies at the point that the test chose.
 */

/** Dies before or after the n-th thing that leaves a trace: a write, a change in the key store, a delivery. */
export class Fate {
  /** Points passed so far; two for each thing. */
  passed = 0
  readonly names: string[] = []
  readonly #deadly: number
  readonly #death = new AbortController()

  /** @param deadly 1 is before the first thing; no point for a life without end */
  constructor(deadly = Number.POSITIVE_INFINITY) {
    this.#deadly = deadly
  }

  get death(): AbortSignal {
    return this.#death.signal
  }

  get isDead(): boolean {
    return this.#death.signal.aborted
  }

  async around<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.#pass(`before ${name}`)
    const result = await work()
    this.#pass(`after ${name}`)
    return result
  }

  #pass(name: string): void {
    if (!this.isDead) this.names.push(name)
    if (!this.isDead && ++this.passed === this.#deadly) this.#death.abort()
    if (this.isDead) throw new Error('the process is dead')
  }
}

export interface LifeOptions {
  readonly desk: Desk
  readonly profile: DeviceProfile
  readonly fate?: Fate
  /** Before anything is done: what the test does to the stored state. */
  readonly prepare?: (state: DeviceState) => DeviceState | Promise<DeviceState>
  readonly config?: Partial<ClientConfig>
  readonly random?: () => number
  readonly patienceMs?: number
  /** Other tools for commands than a client has. */
  readonly tools?: (workshop: Workshop) => Workshop
  readonly started?: (keeper: DeviceKeeper) => void
}

export interface Life {
  readonly state: DeviceState
  readonly events: readonly KeeperEvent[]
  readonly keys: Awaited<ReturnType<DeviceKeys['keys']['list']>>
}

/** Until the keeper rests and `isOver`, or dies. @returns what is on disk and in the key store afterwards */
export async function live(
  options: LifeOptions,
  isOver: (state: DeviceState) => boolean = () => true,
): Promise<Life> {
  const { desk, profile, fate = new Fate(), patienceMs = 30_000 } = options
  const foundation = await layFoundation({ ...desk.config(), ...options.config })
  const ending = new AbortController()
  const signal = AbortSignal.any([ending.signal, fate.death])
  const events: KeeperEvent[] = []
  try {
    const { keeper, keys } = await makeKeeper(options, foundation, fate, (event) => {
      events.push(event)
    })
    options.started?.(keeper)
    const running = keeper.run(signal)
    const end = Date.now() + patienceMs
    while (!signal.aborted && !(keeper.isSettled && isOver(keeper.state))) {
      if (Date.now() > end) throw new Error(`not over: ${JSON.stringify([keeper.view, events])}`)
      await wait(5)
    }
    ending.abort()
    await running
    const state = await foundation.store.read(keeper.state.identity)
    if (state === undefined) throw new Error(`${profile.serialNo} has no state`)
    return { state, events, keys: await keys.keys.list() }
  } finally {
    ending.abort()
    await foundation.open.disposeAsync()
  }
}

async function makeKeeper(
  { desk, profile, prepare, random, tools = (all) => all, config }: LifeOptions,
  foundation: Foundation,
  fate: Fate,
  note: (event: KeeperEvent) => void,
) {
  const { store, server, places, installation } = foundation
  const { watch, sighting } = await find(desk, profile)
  const { dateTime: _, ...identity } = sighting.digitalId
  const { level } = sighting
  const first: DeviceState = { v: 1, identity, level, progress: 'identified', sequence: 0 }
  const stored = (await store.read(identity)) ?? first
  const state = (await prepare?.(stored)) ?? stored
  await store.write(state)
  const keys = openDeviceKeys(identity, level, places, () => {
    throw new Error('the test signs nothing')
  })
  const keeper = new DeviceKeeper(state, sighting, {
    store: mortalStore(store, fate),
    server: mortalServer(server, fate),
    installation,
    openKeys: (facts) => mortalKeys(openDeviceKeys(identity, level, places, facts), fate),
    askSbi: (signal) => watch.askSbi(sighting, signal),
    report: (seen) => reportOf(seen, { clientVersion: '0', operatingSystem: 'test' }),
    readEnrolmentSecret: () => Promise.resolve(undefined),
    random: random ?? (() => 0.01),
    note,
    workshop: tools(
      makeWorkshop({
        identity,
        config: { ...desk.config(), ...config },
        foundation,
        restart: undefined,
        run: randomUUID(),
        ring: new LogRing(),
        portsInUse: () => [sighting.port],
        setLogLevel: () => {},
        lookIn: () => {},
      }),
    ),
  })
  return { keeper, keys }
}

async function find(desk: Desk, { serialNo }: DeviceProfile) {
  let found: Sighting | undefined
  const nothing = () => {}
  const watch = new DeviceWatch(
    {
      appeared: (sighting) => {
        if (sighting.digitalId.serialNo === serialNo) found = sighting
      },
      changed: nothing,
      gone: nothing,
      seenTwice: nothing,
    },
    { timeoutMs: 2000, ports: desk.config().portRange ?? { from: 4501, to: 4600 } },
  )
  await watch.sweep(new AbortController().signal)
  if (found === undefined) throw new Error(`${serialNo} was not found`)
  return { watch, sighting: found }
}

const mortalStore = (store: DeviceStateStore, fate: Fate): Pick<DeviceStateStore, 'write'> => ({
  write: (state) => fate.around('the state is written', () => store.write(state)),
})

function mortalKeys({ keys, voucher }: DeviceKeys, fate: Fate): DeviceKeys {
  return {
    voucher,
    keys: {
      level: keys.level,
      list: () => keys.list(),
      sign: (keyId, input) => keys.sign(keyId, input),
      generateKey: () => fate.around('a key is made', () => keys.generateKey()),
      installCertificate: (keyId, chain) =>
        fate.around('a key is installed', () => keys.installCertificate(keyId, chain)),
      destroyKey: (keyId) => fate.around('a key is destroyed', () => keys.destroyKey(keyId)),
    },
  }
}

/** Death before the delivery: it never left. After: it took effect, and the answer is lost. */
const mortalServer = (server: ManagementServer, fate: Fate): ServerLink => ({
  serverId: server.serverId,
  clock: server.clock,
  synchronise: (signal) => server.synchronise(signal),
  recipient: (signal) => server.recipient(signal),
  deliver: (pending, signal) =>
    fate.around('a message is delivered', () => server.deliver(pending, signal)),
  doubt: () => server.doubt(),
})
