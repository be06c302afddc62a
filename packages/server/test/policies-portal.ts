import { randomUUID } from 'node:crypto'
import {
  DEFAULT_POLICY_SETTINGS,
  type PolicyList,
  type PolicySettings,
  type PolicyView,
} from '@sanad/protocol/operator-api/policies'
import { afterAll, beforeAll, expect } from 'vitest'
import { PolicyForesight } from '../src/foresight/policy-foresight.ts'
import { policiesRoutes } from '../src/policies/policies.routes.ts'
import { PolicyBook } from '../src/policies/policy-book.ts'
import { PolicyRegistry } from '../src/policies/policy-registry.ts'
import { readHead } from '../src/record/event-reader.ts'
import { sequenceEvents } from '../src/record/sequencer.ts'
import { makeTestModels, type TestModels } from './test-devices.ts'
import { startTestPortal, type TestOperator, type TestPortal } from './test-portal.ts'

/** What the tests of policies share: a portal, and devices that policies apply to. */

export const NOW = Date.parse('2027-03-10T12:00:00Z')
export const NOWHERE = '00000000-0000-4000-8000-000000000000'

export let portal: TestPortal
export let officer: TestOperator
export let book: PolicyBook
export let models: TestModels

beforeAll(async () => {
  portal = await startTestPortal({
    clock: () => NOW,
    routes: ({ db: { database }, clock }) => [
      async (app) => {
        book = await PolicyBook.open(database, DEFAULT_POLICY_SETTINGS)
        const foresight = new PolicyForesight({ database, clock, signingPerSecond: () => 2 })
        await policiesRoutes({
          policies: new PolicyRegistry(database, book),
          preview: (policyId, proposed) => foresight.preview(policyId, proposed),
        })(app)
      },
    ],
  })
  officer = await portal.signIn('security-officer')
  models = await makeTestModels(portal.db)
})
afterAll(() => portal[Symbol.asyncDispose]())

export const head = () => readHead(portal.db.database)
export const list = async () => (await officer.ask('GET', '/policies')).json<PolicyList>().items
export const read = async (policyId: string) =>
  (await officer.ask('GET', `/policies/${policyId}`)).json<PolicyView>()

export const settingsWith = (changed: Partial<PolicySettings>): PolicySettings => ({
  ...DEFAULT_POLICY_SETTINGS,
  ...changed,
})

export async function create(changed: Partial<PolicySettings> = {}): Promise<PolicyView> {
  const payload = { name: `Policy ${randomUUID()}`, settings: settingsWith(changed) }
  const reply = await officer.ask('POST', '/policies', { payload })
  expect(reply.statusCode, reply.body).toBe(201)
  return reply.json()
}

export async function fleetPolicy() {
  const found = (await list()).find(({ assignments }) =>
    assignments.some(({ scope }) => scope === 'fleet'),
  )
  if (found === undefined) throw new Error('no fleet policy')
  return found
}

/** What the asker is told, and that nothing is on record for it. */
export async function expectRefused(
  ask: () => ReturnType<TestOperator['ask']>,
  expected: { readonly code: string; readonly detail?: unknown },
): Promise<void> {
  const [before, policies] = [await head(), await list()]
  expect((await ask()).json()).toMatchObject(expected)
  expect(await head()).toEqual(before)
  expect(await list()).toEqual(policies)
}

export async function lastEvent(): Promise<unknown> {
  await sequenceEvents(portal.db.database)
  const { rows } = await portal.db.pool.query<{ canonical: Buffer }>(
    'select canonical from event order by seq desc limit 1',
  )
  return JSON.parse(rows[0]?.canonical.toString() ?? '{}')
}

export function assign(policyId: string, payload: { scope: string; targetId?: string }) {
  return officer.ask('POST', `/policies/${policyId}/assignments`, { payload })
}
export function unassign(policyId: string, scope: string, targetId: string) {
  return officer.ask('DELETE', `/policies/${policyId}/assignments/${scope}/${targetId}`)
}

export async function makeGroup(): Promise<string> {
  const groupId = randomUUID()
  const name = `Group ${groupId}`
  await portal.db.database
    .insertInto('device_group')
    .values({
      group_id: groupId,
      name,
      country: null,
      environment: null,
    })
    .execute()
  return groupId
}
