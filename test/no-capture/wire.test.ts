import { COMMANDS } from '@sanad/protocol/domain/commands'
import { COMMAND_TYPES, type CommandType } from '@sanad/protocol/domain/command-types'
import { once } from 'node:events'
import { connect } from 'node:net'
import { deviceSubject } from '@sanad/protocol/domain/digital-id'
import type { SimulatedDevice } from '@sanad/simulator/simulated-device'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AgentProcess } from '../../packages/client/test/agent-process.ts'
import { Desk, aDevice, until } from '../../packages/client/test/desk.ts'
import { RawSbi } from '../../packages/client/test/raw-sbi.ts'
import { checkedIn } from '../../packages/client/test/server-answers.ts'
import type { SchemaNode } from '../../tools/schema-fields.ts'
import { LURES, anythingOf } from './anything-of-schema.ts'
import { RecordingSbi } from './recording-sbi.ts'

/**
 * MDS 0.9.5 › Management Client, 9: no way to capture biometrics. Seen from the other end of the wire: a device
 * that writes down every byte, beside a client that is told anything that can be told.
 */

const SEED = Number(process.env['NO_CAPTURE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const SAID_BY = `seed ${SEED}`

const DISCOVERY = /^(?:MOSIPDISC|SBIDISC) \/device HTTP\/1\.1\r\n/
const INFORMATION = /^(?:MOSIPDINFO|SBIINFO) \/info HTTP\/1\.1\r\n/

/** Each connection: one request of discovery or information, its own body, and not a byte of anything else. */
function expectDiscoveryOnly({ heard }: RecordingSbi): void {
  expect(heard.length, SAID_BY).toBeGreaterThan(0)
  for (const bytes of heard.filter((one) => one !== '')) {
    expect(DISCOVERY.test(bytes) || INFORMATION.test(bytes), `${SAID_BY}: ${bytes}`).toBe(true)
    expect(bytes, SAID_BY).not.toMatch(/capture|stream/i)
    const [head = '', ...rest] = bytes.split('\r\n\r\n')
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
    const body = rest.join('\r\n\r\n')
    // Without a length, Node sends an empty last chunk and no other.
    const isChunked = /transfer-encoding: chunked/i.test(head)
    if (isChunked) expect(body, SAID_BY).toMatch(/^(?:0\r\n\r\n)?$/)
    else expect(Buffer.byteLength(body, 'latin1'), SAID_BY).toBe(length)
  }
}

interface Stage {
  readonly desk: Desk
  readonly device: SimulatedDevice
  readonly sbi: RecordingSbi
  readonly subject: string
}

async function setStage(run: (stage: Stage) => Promise<void>): Promise<void> {
  await using desk = await Desk.open()
  desk.server.checkInAnswer = () => checkedIn({ nextCheckInSeconds: 1 }, desk.server.now())
  const profile = aDevice('slap')
  const device = await desk.plug(profile)
  await using sbi = await RecordingSbi.before(device.port ?? 0)
  await run({ desk, device, sbi, subject: deviceSubject(profile) })
}

/** The client as a process of its own; started again whenever a command ends it. */
class ClientInService implements AsyncDisposable {
  starts = 0
  readonly #config: string
  #process: AgentProcess | undefined
  #isOver = false
  readonly #running: Promise<void>

  constructor(config: string) {
    this.#config = config
    this.#running = this.#run()
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      this.starts++
      this.#process = new AgentProcess(['run', '--config', this.#config])
      await this.#process.ended
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    this.#process?.child.kill('SIGTERM')
    await this.#running
  }
}

interface FuzzedCommand {
  readonly type: CommandType
  readonly body: object
  readonly extra?: object
}

/** Commands that are right in form, and those that a schema of ours would never let out. */
function anyCommand(port: number): fc.Arbitrary<FuzzedCommand> {
  const proper = fc.constantFrom(...COMMAND_TYPES).chain((type) =>
    anythingOf(COMMANDS[type] as SchemaNode).map((body) => ({
      type,
      body: staysHere(body as Record<string, unknown>, port),
    })),
  )
  const improper = fc
    .record({
      type: fc.constantFrom(...LURES, 'capture', 'stream', 'sbi', 'collect-information'),
      body: fc.oneof(
        fc.record({
          verb: fc.constantFrom(...LURES),
          path: fc.constantFrom('/capture', '/stream'),
        }),
        fc.object({ maxDepth: 2, maxKeys: 4 }),
      ),
    })
    // The server’s type would not allow it; a server that was taken over would.
    .map(({ type, body }) => ({ type: type as CommandType, body }))
  const withMore = proper.map((command) => ({ ...command, extra: { verb: 'RCAPTURE' } }))
  return fc.oneof(
    { weight: 4, arbitrary: proper },
    { weight: 2, arbitrary: improper },
    { weight: 1, arbitrary: withMore },
  )
}

/** The client looks for devices where it is told; here, never among those of other tests. */
function staysHere(body: Record<string, unknown>, port: number): object {
  const { configuration } = body
  if (typeof configuration !== 'object' || configuration === null) return body
  return {
    configuration: {
      ...configuration,
      ...('portRange' in configuration && { portRange: { from: port, to: port } }),
    },
  }
}

const COMMANDS_SENT = 60

describe('A device that writes down all that it is asked', () => {
  it('hears a capture on a listening device, when a test asks for one', async () => {
    await using device = await RawSbi.open()
    const question = 'MOSIPDISC /device HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}'
    for (const bytes of ['RCAPTURE /capture HTTP/1.1\r\n\r\n', `${question}RCAPTURE / HTTP/1.1`]) {
      await using sbi = await RecordingSbi.before(device.port)
      const socket = connect(sbi.port, '127.0.0.1', () => socket.end(bytes))
      socket.resume()
      await once(socket, 'close')
      expect(sbi.heard).toEqual([bytes])
      expect(() => expectDiscoveryOnly(sbi)).toThrow()
    }
  })

  it('asks a device for discovery and information only, for all commands that a server signs', async () => {
    await setStage(async ({ desk, sbi, subject }) => {
      const { commands } = desk.server
      const port = { from: sbi.port, to: sbi.port }
      await using client = new ClientInService(desk.writeConfig({ portRange: port }))
      await until(() => desk.server.typesSeen().includes('check-in'))
      // Keys are destroyed at the end, so that there is a device until then.
      const drawn = fc
        .sample(anyCommand(sbi.port), { seed: SEED, numRuns: COMMANDS_SENT * 2 })
        .filter(({ type }) => type !== 'deregister')
        .slice(0, COMMANDS_SENT)
      const ids: string[] = []
      for (const { type, body, extra } of drawn)
        ids.push(await commands.order(subject, type, body, extra === undefined ? {} : { extra }))
      ids.push(await commands.order(subject, 'deregister', { reason: 'end-of-life' }))
      const isSettled = (id: string): boolean =>
        ['succeeded', 'failed', 'refused', 'not-now'].includes(commands.lastReport(id)?.state ?? '')
      await until(() => ids.filter(isSettled).length >= ids.length * 0.8, 10_000).catch(
        () => undefined,
      )
      const settled = ids.filter(isSettled).length
      const states = Object.groupBy(ids, (id) => commands.lastReport(id)?.state ?? 'none')
      process.stderr.write(
        `no capture: ${ids.length} commands, ${settled} settled (${Object.entries(states)
          .map(([state, list]) => `${state} ${list.length}`)
          .join(', ')}), ${client.starts} starts, ${sbi.heard.length} requests; ${SAID_BY}\n`,
      )
      expect(settled, SAID_BY).toBeGreaterThanOrEqual(10)
      expectDiscoveryOnly(sbi)
    })
  }, 60_000)

  it('asks a device for discovery and information only, whatever the device answers', async () => {
    await setStage(async ({ desk, sbi }) => {
      const answers = fc.sample(anyAnswer, { seed: SEED, numRuns: 400 })
      let asked = 0
      // Every third time the truth, so that the client comes to every step it has.
      sbi.answer = (_request, genuine) =>
        ++asked % 3 === 0 ? undefined : answers[asked % answers.length]?.(genuine)
      await desk.startAgent({ portRange: { from: sbi.port, to: sbi.port } })
      await until(() => sbi.heard.length >= 150, 12_000).catch(() => undefined)
      await desk.stopAgent()
      process.stderr.write(`no capture: ${sbi.heard.length} fuzzed answers; ${SAID_BY}\n`)
      expect(sbi.heard.length, SAID_BY).toBeGreaterThan(30)
      expectDiscoveryOnly(sbi)
    })
  }, 30_000)

  it('asks a device for discovery and information only, whatever a server answers', async () => {
    await setStage(async ({ desk, sbi }) => {
      const bodies = fc.sample(fc.oneof(fc.object({ maxDepth: 3 }), fc.constantFrom(...LURES)), {
        seed: SEED,
        numRuns: 300,
      })
      let answered = 0
      desk.server.mischief.alterBody = (answer) => {
        const fuzz = bodies[++answered % bodies.length]
        if (answered % 4 === 0) return answer
        if (answered % 4 === 1) return { ...answer, body: fuzz as never }
        // An answer of a type that there is not; right in all else, and under the right signature.
        if (answered % 4 === 2) return { type: 'RCAPTURE', body: fuzz } as never
        return {
          ...answer,
          body: { ...answer.body, rotation: LURES[answered % 6], verb: 'RCAPTURE' } as never,
        }
      }
      await desk.startAgent({ portRange: { from: sbi.port, to: sbi.port } })
      await until(() => answered >= 60, 5_000).catch(() => undefined)
      await desk.stopAgent()
      process.stderr.write(`no capture: ${answered} answers of the server; ${SAID_BY}\n`)
      expect(answered, SAID_BY).toBeGreaterThan(3)
      expectDiscoveryOnly(sbi)
    })
  }, 30_000)
})

/** Answers of a device, as bytes: other bodies, redirects, upgrades, requests for more, noise. */
const anyAnswer: fc.Arbitrary<(genuine: Buffer) => Buffer> = fc.oneof(
  fc.jsonValue().map((value) => () => http('200 OK', JSON.stringify(value))),
  fc
    .record({
      callbackId: fc.constantFrom(...LURES),
      deviceStatus: fc.constantFrom('Ready', ...LURES),
      purpose: fc.constantFrom('Auth', ...LURES),
      specVersion: fc.array(fc.constantFrom('0.9.5', '1.0', ...LURES)),
      error: fc.jsonValue(),
      deviceInfo: fc.constantFrom(...LURES, 'eyJhbGciOiJub25lIn0.e30.'),
      digitalId: fc.constantFrom(...LURES, 'eyJhbGciOiJub25lIn0.e30.'),
    })
    .map((member) => () => http('200 OK', JSON.stringify([member]))),
  fc
    .constantFrom('301 Moved', '302 Found', '307 Temporary Redirect', '308 Permanent Redirect')
    .map((status) => () => http(status, '', `Location: /capture\r\nAllow: RCAPTURE, STREAM\r\n`)),
  fc
    .constantFrom(
      '100 Continue',
      '101 Switching Protocols',
      '401 Unauthorized',
      '405 Method Not Allowed',
      '426 Upgrade Required',
    )
    .map((status) => () => http(status, '', 'Upgrade: stream\r\nAllow: RCAPTURE, CAPTURE\r\n')),
  fc.uint8Array({ maxLength: 400 }).map((bytes) => () => Buffer.from(bytes)),
  fc.record({ at: fc.nat(2000), byte: fc.nat(255) }).map(({ at, byte }) => (genuine: Buffer) => {
    const changed = Buffer.from(genuine)
    if (changed.length > 0) changed[at % changed.length] = byte
    return changed
  }),
  fc.nat(2000).map((at) => (genuine: Buffer) => genuine.subarray(0, at)),
)

const http = (status: string, body: string, headers = ''): Buffer =>
  Buffer.from(
    `HTTP/1.1 ${status}\r\n${headers}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
