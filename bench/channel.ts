import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openAnswer } from '@sanad/protocol/wire/envelope/answer'
import type { SentRequest } from '@sanad/protocol/wire/envelope/request'
import { tlsKeyPath } from '../packages/server/src/certificates/tls-key-file.ts'
import { SERVER_ID } from '../packages/simulator/src/demo/prepare.ts'
import type { FromClients, ToClients } from './channel-clients.ts'
import type { Finding } from './figures.ts'
import { quantile } from './latencies.ts'
import { describeInstallation, learnRecipient, readManagementRoot } from './messages.ts'
import { type MemoryFigures, ProcessMemory } from './process-memory.ts'
import { ALL_CORES } from './processes.ts'
import { createModels, openProvider } from './provider.ts'
import { type Rotator, makeMessage, registerRotators } from './rotation.ts'
import { makeLoadKeys } from './shared-primes.ts'
import type { Site } from './site.ts'

/**
 * Live channels of the real server: what each costs in memory, one device on each, and how soon a command that an
 * operator orders is with its device. Beside TLS connections that do nothing, of a bare server.
 */

/** The first is where commands are ordered; the slope begins there, where everything has been used once. */
const STAGES = [1_000, 2_500, 5_000, 10_000] as const
/** A registration desk has a scanner for fingers, one for irises and a camera: one client, one channel. */
const DEVICES_OF_A_HOST = [2, 3, 4] as const
const HOSTS = [500, 2_500] as const
const COMMANDS = 300
const REGISTRARS = 4
const TLS_STAGES = [500, 5_500] as const
const MOST_KILOBYTES = 25
const MOST_MEDIAN_MS = 1_000

const CLIENTS = join(import.meta.dirname, 'channel-clients.ts')
const TLS_SOCKETS = join(import.meta.dirname, 'tls-sockets.ts')

interface Point {
  readonly channels: number
  readonly memory: MemoryFigures
}

export async function measureChannels(site: Site): Promise<readonly Finding[]> {
  const fleet = await registerFleet(site, STAGES.at(-1) ?? 0)
  const { points, latencies } = await site.withServer(ALL_CORES, async (pid) => {
    using memory = await ProcessMemory.of(pid)
    const clients = fork(CLIENTS)
    try {
      const points: Point[] = [{ channels: 0, memory: await memory.measure() }]
      let latencies: readonly number[] = []
      for (const stage of STAGES) {
        const from = points.at(-1)?.channels ?? 0
        await openChannels(site, clients, fleet.slice(from, stage), 1)
        if (stage === STAGES[0]) latencies = await measureCommands(site, clients, fleet)
        points.push({ channels: stage, memory: await memory.measure() })
      }
      return { points, latencies }
    } finally {
      clients.kill()
    }
  })
  const shared: [devices: number, kilobytes: number][] = []
  for (const devices of DEVICES_OF_A_HOST)
    shared.push([devices, await measureShared(site, fleet, devices)])
  // The key of the port is there when the server has run.
  const tls = await measureTls(site)
  return [describeMemory(points, tls), describeShared(shared), describeLatency(latencies)]
}

/** Hosts with so many devices each on one channel. @returns KB for each device */
async function measureShared(
  site: Site,
  fleet: readonly Rotator[],
  devices: number,
): Promise<number> {
  return site.withServer(ALL_CORES, async (pid) => {
    using memory = await ProcessMemory.of(pid)
    const clients = fork(CLIENTS)
    try {
      const points: Point[] = []
      for (const hosts of HOSTS) {
        const from = points.at(-1)?.channels ?? 0
        const some = fleet.slice(from * devices, hosts * devices)
        await openChannels(site, clients, some, devices)
        points.push({ channels: hosts, memory: await memory.measure() })
      }
      return slopeOf(points, 'rss') / devices
    } finally {
      clients.kill()
    }
  })
}

async function registerFleet(site: Site, count: number): Promise<readonly Rotator[]> {
  await using provider = await openProvider(site)
  const models = await createModels(site)
  const keys = makeLoadKeys(count)
  const parts = await Promise.all(
    Array.from({ length: REGISTRARS }, () =>
      registerRotators(site, provider, models, keys, count / REGISTRARS),
    ),
  )
  return parts.flat()
}

async function ask(
  clients: ChildProcess,
  message: ToClients,
  done: FromClients['done'],
): Promise<FromClients> {
  clients.send(message)
  return hear(clients, done)
}

async function hear(clients: ChildProcess, done: FromClients['done']): Promise<FromClients> {
  const [heard] = (await once(clients, 'message')) as [FromClients]
  if (heard.done !== done) throw new Error(`heard ${heard.done} instead of ${done}`)
  return heard
}

/** A message is good for five minutes, so they are made a few at a time. */
const MESSAGES_AT_ONCE = 600

async function openChannels(
  site: Site,
  clients: ChildProcess,
  fleet: readonly Rotator[],
  devicesOfEach: number,
): Promise<void> {
  const recipient = await learnRecipient(site)
  const ca = await readFile(site.paths.managementRoot, 'utf8')
  for (let at = 0; at < fleet.length; at += MESSAGES_AT_ONCE) {
    const sent: SentRequest[] = []
    for (const device of fleet.slice(at, at + MESSAGES_AT_ONCE))
      sent.push(await makeMessage(device, 'check-in', describeInstallation('L0'), recipient))
    const texts = inGroupsOf(
      devicesOfEach,
      sent.map(({ text }) => text),
    )
    const opened = await ask(clients, { do: 'open', port: site.port, ca, texts }, 'open')
    const last = sent.at(-1)
    if (last === undefined || !('answer' in opened)) throw new Error('nothing was opened')
    await requireAnswer(site, opened.answer, last, 'check-in-answer')
  }
}

const inGroupsOf = <T>(size: number, all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, group) =>
    all.slice(group * size, (group + 1) * size),
  )

async function requireAnswer(site: Site, text: string, sent: SentRequest, type: string) {
  const answer = openAnswer(text, sent, {
    managementRoots: [await readManagementRoot(site)],
    issuer: SERVER_ID,
    now: Date.now(),
    window: 300_000,
  })
  if (answer.type !== type) throw new Error(`answered with ${answer.type}`)
  return answer
}

/** From the operator’s request to the device’s having the signed command. @returns milliseconds of each */
async function measureCommands(
  site: Site,
  clients: ChildProcess,
  fleet: readonly Rotator[],
): Promise<readonly number[]> {
  const api = await site.signIn()
  const recipient = await learnRecipient(site)
  const ask0 = { highest: 0, reports: [] }
  const sent: SentRequest[] = []
  for (const device of fleet.slice(0, COMMANDS))
    sent.push(await makeMessage(device, 'commands', ask0, recipient))
  const messages = sent.map(({ text }, channel) => ({ channel, text }))
  await ask(clients, { do: 'arm', messages }, 'armed')
  const latencies: number[] = []
  for (const [channel, message] of sent.entries()) {
    const heard = hear(clients, 'commands')
    const from = process.hrtime.bigint()
    await api.require('POST', '/commands', {
      orderId: randomUUID(),
      deviceIds: [fleet[channel]?.deviceId],
      command: { type: 'collect-information', body: {} },
    })
    const arrived = await heard
    if (!('at' in arrived) || arrived.channel !== channel) throw new Error('another was woken')
    latencies.push(Number(BigInt(arrived.at) - from) / 1e6)
    const answer = await requireAnswer(site, arrived.answer, message, 'commands-answer')
    if (answer.type !== 'commands-answer' || answer.body.commands.length !== 1)
      throw new Error('no command came')
  }
  return latencies
}

/** Of a bare TLS server with the same key, in KB for each connection. */
async function measureTls({ paths }: Site): Promise<number> {
  const ca = await readFile(paths.managementRoot, 'utf8')
  const server = fork(TLS_SOCKETS, [tlsKeyPath(paths.serverData)])
  const clients = fork(CLIENTS)
  try {
    const [port] = (await once(server, 'message')) as [number]
    using memory = await ProcessMemory.of(server.pid ?? 0)
    const points: Point[] = []
    for (const stage of TLS_STAGES) {
      const count = stage - (points.at(-1)?.channels ?? 0)
      await ask(clients, { do: 'open-tls', port, ca, count }, 'open')
      points.push({ channels: stage, memory: await memory.measure() })
    }
    return slopeOf(points, 'rss')
  } finally {
    clients.kill()
    server.kill()
  }
}

/** KB for each channel, between the first and the last. */
function slopeOf(points: readonly Point[], figure: keyof MemoryFigures): number {
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined) return 0
  const bytes = last.memory[figure] - first.memory[figure]
  return bytes / (last.channels - first.channels) / 1024
}

function describeMemory(points: readonly Point[], tls: number): Finding {
  const warm = points.slice(1)
  const at = points.map(({ channels, memory }): [string, number] => [
    `resident at ${channels.toLocaleString('en')} channels, MB`,
    memory.rss / 1e6,
  ])
  const heap = points.map(({ channels, memory }): [string, number] => [
    `heap at ${channels.toLocaleString('en')} channels, MB`,
    memory.heapUsed / 1e6,
  ])
  const resident = slopeOf(warm, 'rss')
  return {
    name: 'channel, memory with one device on each',
    figures: {
      ...Object.fromEntries([...at, ...heap]),
      'resident for each channel with TLS, KB': resident,
      'heap for each channel, KB': slopeOf(warm, 'heapUsed'),
      'resident for each idle TLS connection of a bare server, KB': tls,
      'to reach, with all, KB': MOST_KILOBYTES,
    },
    ratio: MOST_KILOBYTES / resident,
    target: 1,
  }
}

function describeShared(shared: readonly (readonly [number, number])[]): Finding {
  const of = shared.map(([devices, kilobytes]): [string, number] => [
    `resident for each device, ${devices} on a channel, KB`,
    kilobytes,
  ])
  const [, ofThree = 0] = shared.find(([devices]) => devices === 3) ?? []
  return {
    name: 'channel, memory with the devices of a host on one',
    figures: { ...Object.fromEntries(of), 'to reach, with three devices, KB': MOST_KILOBYTES },
    ratio: MOST_KILOBYTES / ofThree,
    target: 1,
  }
}

function describeLatency(latencies: readonly number[]): Finding {
  return {
    name: 'channel, from the order of a command to its device',
    figures: {
      'channels open': STAGES[0],
      commands: latencies.length,
      'latency p50, ms': quantile(latencies, 0.5),
      'latency p99, ms': quantile(latencies, 0.99),
      'latency, longest, ms': quantile(latencies, 1),
      'to reach, median, ms': MOST_MEDIAN_MS,
    },
    ratio: MOST_MEDIAN_MS / quantile(latencies, 0.5),
    target: 1,
  }
}
