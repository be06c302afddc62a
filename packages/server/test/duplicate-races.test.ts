import { DEFAULT_POLICY_SETTINGS } from '@sanad/protocol/operator-api/policies'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeDeviceRegistry } from '../src/compose/device-registry.ts'
import { FtmProviderRegistry } from '../src/models/ftm-provider-registry.ts'
import { makeGroupRegistry } from '../src/compose/group-registry.ts'
import { ModelRegistry } from '../src/models/model-registry.ts'
import { OperatorAccounts } from '../src/operators/operator-accounts.ts'
import { PolicyBook } from '../src/policies/policy-book.ts'
import { PolicyRegistry } from '../src/policies/policy-registry.ts'
import { type TestDatabase, startTestDatabase } from './test-database.ts'
import { FACE_MODEL, type TestModels, makeTestModels } from './test-devices.ts'
import { makeTestFactory } from './test-factory.ts'
import { insertTestOperator } from './test-portal.ts'

/** Five operators want the same name in the same moment: one has it, and each other is told so by its code. */

const AT_ONCE = 5
const ACTOR = 'command-line'

let db: TestDatabase
let models: TestModels
let operatorId: string
beforeAll(async () => {
  db = await startTestDatabase()
  models = await makeTestModels(db)
  operatorId = await insertTestOperator(db, 'officer', 'security-officer')
})
afterAll(() => db[Symbol.asyncDispose]())

async function codesOf(work: () => Promise<unknown>): Promise<readonly string[]> {
  const attempts = Array.from({ length: AT_ONCE }, () =>
    work().then(
      () => 'done',
      (error: { code?: string }) => error.code ?? 'no code',
    ),
  )
  return (await Promise.all(attempts)).toSorted()
}

async function expectOne(work: () => Promise<unknown>, code: string): Promise<void> {
  const others = Array.from({ length: AT_ONCE - 1 }, () => code)
  expect(await codesOf(work)).toEqual(['done', ...others].toSorted())
}

describe('the same, five times at once', () => {
  it('creates one model from five identical requests at once', () =>
    expectOne(
      () =>
        new ModelRegistry(db.database, Date.now).create({ ...FACE_MODEL, model: 'Race' }, ACTOR),
      'model.duplicate',
    ))

  it('creates one FTM provider from five identical requests at once', () => {
    const certificatePem = makeTestFactory('Racing chips').rootPem
    return expectOne(
      () =>
        new FtmProviderRegistry(db.database, Date.now).add({ name: 'Race', certificatePem }, ACTOR),
      'ftm-provider.duplicate',
    )
  })

  it('creates one device from five identical requests at once', () =>
    expectOne(
      () =>
        makeDeviceRegistry(db.database).approve(
          { modelId: models.face.modelId, serialNo: 'RACE00000001', confirmWarnings: true },
          ACTOR,
        ),
      'device.duplicate',
    ))

  it('creates one group from five identical requests at once', () => {
    const groups = makeGroupRegistry({ database: db.database, markets: () => [] })
    return expectOne(() => groups.create({ name: 'Race' }, ACTOR), 'group.duplicate')
  })

  it('creates one policy from five identical requests at once', async () => {
    const book = await PolicyBook.open(db.database, DEFAULT_POLICY_SETTINGS)
    const policies = new PolicyRegistry(db.database, book)
    const policy = { name: 'Race', settings: DEFAULT_POLICY_SETTINGS }
    await expectOne(() => policies.create(policy, operatorId), 'policy.duplicate')
  })

  it('creates one operator from five identical requests at once', () => {
    const accounts = new OperatorAccounts(db.database, Date.now)
    const by = { actor: ACTOR, hostAccount: 'root' } as const
    return expectOne(
      () => accounts.invite({ name: 'race', role: 'auditor' }, by),
      'operator.duplicate',
    )
  })
})
