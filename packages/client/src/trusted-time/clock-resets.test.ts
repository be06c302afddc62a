import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { SanadError } from '@sanad/protocol/text/problems'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { parseCertificate } from '@sanad/protocol/asn1/x509'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeClockOrders } from '../../test/clock-orders.ts'
import { makeAuthority } from '../../test/test-pki.ts'
import { SERVER_ID, TestServer } from '../../test/test-server.ts'
import { makeSigner } from '../../test/server-answers.ts'
import { HttpsLink } from '../server-link/https-link.ts'
import { ManagementServer } from '../server-link/management-server.ts'
import { TrustedClock } from './trusted-clock.ts'
import { TimeFloor } from './time-floor.ts'
import { ClockResets } from './clock-resets.ts'

const DEVICE = 'Example/Slap%20442/1001'
const root = makeAuthority('Management root')
const otherRoot = makeAuthority('Management root')
const order = makeClockOrders(root)
const at = (offset: number) => formatTimestamp(Date.now() + offset)

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sanad-clock-reset-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function connectTo(server: TestServer, ahead = 400 * DAY_MS) {
  const roots = [parseCertificate(root.der)]
  const floor = await TimeFloor.open(join(folder, 'floor'), 0)
  await floor.raise(Date.now() + ahead)
  const clock = new TrustedClock(floor)
  const url = new URL(server.url)
  const undated = { isSet: false, floor: 0, now: () => 0 }
  const resets = new ClockResets({
    link: new HttpsLink({ url, roots, clock: undated, timeoutMs: 3_000 }),
    managementRoots: roots,
    serverId: SERVER_ID,
    lastResetOf: (subject) => clock.lastResetOf(subject),
    devices: () => Promise.resolve([{ subject: DEVICE, highestNumber: 0 }]),
    note: () => undefined,
  })
  const link = new HttpsLink({ url, roots, clock, timeoutMs: 3_000 })
  return new ManagementServer({ link, serverId: SERVER_ID, roots, clock, resets })
}

async function expectUnmoved(server: TestServer): Promise<void> {
  const management = await connectTo(server)
  const before = await readFile(join(folder, 'floor'), 'utf8')
  await expect(management.synchronise()).rejects.toBeInstanceOf(SanadError)
  expect(management.clock.isSet).toBe(false)
  expect(await readFile(join(folder, 'floor'), 'utf8')).toBe(before)
}

describe('An order to set the clock back', () => {
  it('obeys an order to set the clock back that the command key signed for this device', async () => {
    await using server = await TestServer.start({ root })
    const signed = await order(DEVICE)
    server.clockReset = (subject) => (subject === DEVICE ? signed : undefined)
    const { clock, ...management } = await connectTo(server).then((made) => ({
      clock: made.clock,
      synchronise: () => made.synchronise(),
    }))
    await management.synchronise()
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(2_000)
  })

  it.each<readonly [string, () => Promise<string>]>([
    ['of another root', () => makeClockOrders(otherRoot)(DEVICE)],
    [
      'by a key that is certified for answers',
      () => makeClockOrders(root, OID.managementResponse)(DEVICE),
    ],
    ['of another type of message', () => order(DEVICE, { typ: 'sanad-answer+jws' })],
    ['to another device', () => order('Example/Slap%20442/1002')],
    ['of another server', () => order(DEVICE, { iss: 'another.test' })],
    ['that is another command', () => order(DEVICE, { type: 'collect-information', body: {} })],
    ['that only measures', () => order(DEVICE, { body: { mode: 'measure' } })],
    ['without a floor', () => order(DEVICE, { body: { mode: 'reset' } })],
    ['with a number that is no number of an order', () => order(DEVICE, { number: 0 })],
    [
      'with a floor after the server’s time',
      () => order(DEVICE, { body: { mode: 'reset', floor: at(DAY_MS) } }),
    ],
    [
      'that is over',
      () =>
        order(DEVICE, {
          issuedAt: at(-2 * DAY_MS),
          notBefore: at(-2 * DAY_MS),
          notAfter: at(-DAY_MS),
        }),
    ],
    [
      'that is not in force yet',
      () => order(DEVICE, { notBefore: at(DAY_MS), notAfter: at(2 * DAY_MS) }),
    ],
    ['given before its key was certified', () => order(DEVICE, { issuedAt: at(-10 * DAY_MS) })],
    ['that was altered', async () => `${(await order(DEVICE)).slice(0, -4)}AAAA`],
    ['that is no order', () => Promise.resolve('not a JWS')],
  ])('is not obeyed: one %s', async (_, make) => {
    await using server = await TestServer.start({ root })
    const signed = await make()
    server.clockReset = () => signed
    await expectUnmoved(server)
  })

  it('does not obey an order to set the clock back with a statement of another server', async () => {
    await using server = await TestServer.start({ root })
    const signed = await order(DEVICE)
    server.clockReset = () => signed
    server.mischief.statementSigner = makeSigner(otherRoot)
    await expectUnmoved(server)
  })

  it('asks no server with another TLS certificate for an order to set the clock back', async () => {
    await using server = await TestServer.start({ root, tlsRoot: otherRoot })
    let asked = 0
    server.clockReset = () => void asked++ as undefined
    await expectUnmoved(server)
    expect(asked).toBe(0)
  })

  it('does not ask for an order to set the clock back while it knows the time', async () => {
    await using server = await TestServer.start({ root })
    let asked = 0
    server.clockReset = () => void asked++ as undefined
    const management = await connectTo(server, 0)
    await management.synchronise()
    await management.measure()
    expect(asked).toBe(0)
  })
})

describe('A statement that would tell a wrong time', () => {
  it.each<readonly [string, (server: TestServer) => void]>([
    [
      'by an old response key',
      (server) =>
        (server.mischief.statementSigner = makeSigner(root, OID.managementResponse, -DAY_MS)),
    ],
    [
      'recorded earlier and sent again',
      (server) => (server.mischief.alterStatement = (said) => ({ ...said, nonce: 'A'.repeat(43) })),
    ],
    [
      'too vague',
      (server) =>
        (server.mischief.alterStatement = ({ time, ...said }) => ({
          ...said,
          time: { midpoint: time?.midpoint ?? 0, radius: 10_001 },
        })),
    ],
  ])('changes nothing: one %s', async (_, make) => {
    await using server = await TestServer.start({ root })
    make(server)
    const management = await connectTo(server, -DAY_MS)
    const before = await readFile(join(folder, 'floor'), 'utf8')
    await expect(management.synchronise()).rejects.toBeInstanceOf(SanadError)
    expect(management.clock.isSet).toBe(false)
    expect(await readFile(join(folder, 'floor'), 'utf8')).toBe(before)
  })
})
