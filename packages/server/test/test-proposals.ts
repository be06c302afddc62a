import { randomUUID } from 'node:crypto'
import type { NewBulkAct } from '@sanad/protocol/operator-api/bulk-acts'
import type { ConfirmedProposal, Proposed } from '@sanad/protocol/operator-api/proposals'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { OperatorAccounts } from '../src/operators/operator-accounts.ts'
import { readHead, readRecord } from '../src/record/event-reader.ts'
import { sequenceEvents } from '../src/record/sequencer.ts'
import {
  type TestModels,
  approveTestDevice,
  makeTestModels,
  registerTestDevice,
} from './test-devices.ts'
import type { TestOperator } from './test-portal.ts'
import { type TestTwoPeople, proposedBy, startTestTwoPeople } from './test-two-people.ts'

/** Two officers, the devices of one test, and what became of them: for the tests of one file. */

interface Recorded {
  readonly type: string
  readonly actor: string
  readonly data: object
}

export class TestProposals {
  #two: TestTwoPeople | undefined
  #people: readonly [TestOperator, TestOperator] | undefined
  #models: TestModels | undefined
  #tests = 0
  #devices = 0

  get two(): TestTwoPeople {
    return need(this.#two)
  }

  /** A security officer, and so is {@link bo}. */
  get amina(): TestOperator {
    return need(this.#people)[0]
  }

  get bo(): TestOperator {
    return need(this.#people)[1]
  }

  /** Each test has devices of its own, which its filter finds by the beginning of their numbers. */
  get prefix(): string {
    return `TWO${String(this.#tests).padStart(3, '0')}X`
  }

  async start(): Promise<void> {
    this.#two = await startTestTwoPeople()
    const { portal } = this.#two
    this.#models = await makeTestModels(portal.db)
    this.#people = [
      await portal.signIn('security-officer'),
      await portal.signIn('security-officer'),
    ]
  }

  beginTest(): void {
    this.#tests++
  }

  async stop(): Promise<void> {
    await this.#two?.portal[Symbol.asyncDispose]()
  }

  readonly addDevices = async (count: number): Promise<string[]> => {
    const { db } = this.two.portal
    const ids: string[] = []
    for (let i = 0; i < count; i++) {
      const serialNo = `${this.prefix}${String(++this.#devices).padStart(5, '0')}`
      const deviceId = await approveTestDevice(db, need(this.#models).face.modelId, serialNo)
      await registerTestDevice(db, deviceId)
      ids.push(deviceId)
    }
    return ids
  }

  readonly blocking = (more: Partial<NewBulkAct> = {}): NewBulkAct => ({
    bulkActId: randomUUID(),
    act: 'block',
    reason: 'stolen',
    selection: { filter: { search: this.prefix } },
    ...more,
  })

  readonly order = (by: TestOperator, act: NewBulkAct) =>
    by.ask('POST', '/bulk-acts', { payload: act })

  readonly propose = async (by = this.amina, act = this.blocking()): Promise<Proposed> =>
    proposedBy(await this.order(by, act))

  /** The states that the devices of the test are in, once bulk actions are worked off. */
  readonly statesNow = async (): Promise<string[]> => {
    await this.two.bulk.workOff()
    const { rows } = await this.two.portal.db.pool.query<{ state: string }>(
      'select distinct state from device where serial_no like $1',
      [`${this.prefix}%`],
    )
    return rows.map(({ state }) => state)
  }

  /** Oldest first. */
  readonly recordedSince = async (seq: number): Promise<Recorded[]> => {
    const { database } = this.two.portal.db
    await sequenceEvents(database)
    const { items } = await readRecord(database, { limit: 100 })
    return items
      .map(({ event }) => event)
      .filter((event) => event.seq > seq)
      .toReversed()
  }

  readonly lastSeq = async (): Promise<number> => {
    await sequenceEvents(this.two.portal.db.database)
    return readHead(this.two.portal.db.database)
  }

  readonly accounts = (): OperatorAccounts =>
    new OperatorAccounts(this.two.portal.db.database, Date.now)
}

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not started yet')
  return value
}

export const codeOf = (reply: { json: () => { code?: string } }): string | undefined =>
  reply.json().code

export const proposalOf = (reply: { json: () => ConfirmedProposal }) => reply.json().proposal

export function openTestProposals(): TestProposals {
  const proposals = new TestProposals()
  beforeAll(() => proposals.start(), 120_000)
  beforeEach(() => proposals.beginTest())
  afterAll(() => proposals.stop())
  return proposals
}
