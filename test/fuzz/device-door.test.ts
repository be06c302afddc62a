import { REQUESTS, type RequestType } from '@sanad/protocol/wire/messages'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DeviceUnderTest } from '../../packages/server/test/device-under-test.ts'
import type { HttpReply } from '../../packages/server/test/test-door.ts'
import {
  type TestFtmProvider,
  type TestModel,
  type TestServer,
  startTestServer,
} from '../../packages/server/test/test-server.ts'
import type { SchemaNode } from '../../tools/schema-fields.ts'
import { ROUNDS, SAID_BY, SEED } from './fuzz-run.ts'
import { type KnownIds, makeValue } from './made-input.ts'
import { mutate } from './mutate.ts'
import { Random } from './random.ts'

/** The devices’ door: octets that are no message, messages whose body is odd, claims whose certificates are. */

let server: TestServer
let ftm: TestFtmProvider
let l1: TestModel
let device: DeviceUnderTest
beforeAll(async () => {
  server = await startTestServer()
  ftm = await server.addFtmProvider()
  l1 = await server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
  device = await DeviceUnderTest.makeL1(server, l1, ftm)
  await device.register()
}, 120_000)
afterAll(() => server?.[Symbol.asyncDispose]())

const NO_IDS: KnownIds = { pick: () => undefined }
const TYPES = Object.keys(REQUESTS) as [RequestType, ...RequestType[]]

/** A signed answer, or one of the refusals that a stranger may see. */
function expectAnswered({ status, text }: HttpReply, what: string): void {
  expect([200, 400, 401, 413, 429], `${SAID_BY}, ${what}: ${status} ${text}`).toContain(status)
}

describe('the devices’ door', () => {
  it('answers any octets at the devices’ door with one refusal', async () => {
    const random = new Random(SEED)
    const genuine = await device.makeCheckIn()
    for (let round = 0; round < ROUNDS * 15; round++) {
      const text = mutate(Buffer.from(genuine.text), random).toString('latin1')
      if (text === genuine.text) continue
      expectAnswered(await server.door.post(text), `round ${round}`)
    }
  })

  it('answers every body that a genuine key signed', async () => {
    const random = new Random(SEED)
    for (let round = 0; round < ROUNDS * 5; round++) {
      const type = random.pick(TYPES)
      // A TypeBox schema is a JSON schema.
      const schema = REQUESTS[type] as SchemaNode
      const body = makeValue(schema, { random, ids: NO_IDS, isClean: random.isOneOf(3) })
      // Anything at all is signed: that is what is tried.
      const sent = await device
        .make(type, body as never, device.asRegistered(), {})
        .catch(() => undefined)
      if (sent === undefined) continue
      expectAnswered(await server.door.post(sent.text), `${type} ${JSON.stringify(body)}`)
    }
  })

  it('judges every registration, whatever its certificates', async () => {
    const random = new Random(SEED)
    const claimant = await DeviceUnderTest.makeL1(server, l1, ftm)
    const { sign, chain } = claimant.registrant
    for (let round = 0; round < ROUNDS * 5; round++) {
      const nonce = await claimant.fetchChallenge()
      const at = random.below(chain.length)
      const odd = chain.map((der, index) => (index === at ? mutate(der, random) : der))
      const sent = await claimant.makeRegistration(
        nonce,
        {},
        { sender: { certificateChain: odd }, signInput: sign },
      )
      expectAnswered(await server.door.post(sent.text), `round ${round}`)
    }
  }, 120_000)
})
