import { randomUUID } from 'node:crypto'
import { operatorActor } from '@sanad/protocol/domain/events'
import type { ConfirmedProposal, Proposed } from '@sanad/protocol/operator-api/proposals'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  approveTestDevice,
  makeTestModels,
  registerTestDevice,
} from '../../../test/test-devices.ts'
import type { TestOperator } from '../../../test/test-portal.ts'
import {
  type TestTwoPeople,
  proposedBy,
  readProposal,
  startTestTwoPeople,
} from '../../../test/test-two-people.ts'
import { runCheck } from '../../findings/audit.ts'
import { singleOfficer } from '../../findings/checks/single-officer.ts'
import { readHead, readRecord } from '../../record/event-reader.ts'
import { sequenceEvents } from '../../record/sequencer.ts'

let two: TestTwoPeople
let only: TestOperator

beforeAll(async () => {
  two = await startTestTwoPeople()
  only = await two.portal.signIn('security-officer')
  const models = await makeTestModels(two.portal.db)
  for (const serialNo of ['GLASS00001', 'GLASS00002']) {
    const deviceId = await approveTestDevice(two.portal.db, models.face.modelId, serialNo)
    await registerTestDevice(two.portal.db, deviceId)
  }
})
afterAll(() => two.portal[Symbol.asyncDispose]())

async function proposeBlock(by: TestOperator): Promise<Proposed> {
  const payload = {
    bulkActId: randomUUID(),
    act: 'block',
    reason: 'stolen',
    selection: { filter: { search: 'GLASS' } },
  }
  return proposedBy(await by.ask('POST', '/bulk-acts', { payload }))
}

async function breakGlass(by: TestOperator, proposed: Proposed) {
  const { digest, devices } = await readProposal(by, proposed)
  return by.ask('POST', `/proposals/${proposed.proposalId}/break-glass`, {
    payload: { digest, devices, reason: 'stolen', note: 'nobody else is here' },
  })
}

const findings = async (check: string): Promise<number> => {
  const { rows } = await two.portal.db.pool.query(
    'select from finding where check_name = $1 and resolved_at is null',
    [check],
  )
  return rows.length
}

const audit = () =>
  runCheck(two.portal.db.database, singleOfficer, {
    now: new Date(),
    hsm: { state: 'ready', since: 0 } as never,
  })

describe('the only officer', () => {
  it('keeps a finding open while the rules ask for two and there is one officer', async () => {
    await audit()
    expect(await findings('single-officer')).toBe(1)
  })

  it('lets the only officer act alone, with a reason, an event and an alarm', async () => {
    const proposed = await proposeBlock(only)
    expect(await readProposal(only, proposed)).toMatchObject({
      confirmRefusal: 'proposal.own',
      glassRefusal: null,
    })
    await sequenceEvents(two.portal.db.database)
    const before = await readHead(two.portal.db.database)
    const reply = await breakGlass(only, proposed)
    expect(reply.json<ConfirmedProposal>().proposal).toMatchObject({
      state: 'carried-out',
      isGlassBroken: true,
      glassReason: 'stolen',
    })
    expect(await findings('glass-broken')).toBe(1)
    await sequenceEvents(two.portal.db.database)
    const { items } = await readRecord(two.portal.db.database, { limit: 10 })
    const events = items.map(({ event }) => event).filter(({ seq }) => seq > before)
    expect(events.toReversed()).toMatchObject([
      {
        type: 'proposal.glass-broken',
        actor: operatorActor(only.operatorId),
        data: { reason: 'stolen', devices: 2 },
      },
      { type: 'bulk-act.ordered' },
      {
        type: 'proposal.carried-out',
        data: { proposedBy: only.operatorId, confirmedBy: only.operatorId },
      },
    ])
  })

  it('does not let the only officer end the rules for two', async () => {
    const payload = { kinds: [], validHours: 24, delayMinutes: 0 }
    const proposed = proposedBy(await only.ask('POST', '/two-person-rules', { payload }))
    expect((await breakGlass(only, proposed)).json()).toMatchObject({
      code: 'proposal.glass-refused',
    })
    expect((await only.ask('GET', '/two-person-rules')).json()).not.toMatchObject({ kinds: [] })
  })

  it('refuses to break the glass once a colleague can confirm, and resolves the finding', async () => {
    const proposed = await proposeBlock(only)
    await two.portal.signIn('security-officer')
    expect((await breakGlass(only, proposed)).json()).toMatchObject({
      code: 'proposal.glass-refused',
    })
    expect((await readProposal(only, proposed)).state).toBe('pending')
    await audit()
    expect(await findings('single-officer')).toBe(0)
  })
})
