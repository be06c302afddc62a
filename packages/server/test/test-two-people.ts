import { OPTIONAL_KINDS } from '@sanad/protocol/domain/proposals'
import { DEFAULT_POLICY_SETTINGS } from '@sanad/protocol/operator-api/policies'
import type { Proposed, ProposalView } from '@sanad/protocol/operator-api/proposals'
import type { LightMyRequestResponse } from 'fastify'
import { composeTwoPeople } from '../src/compose/two-person/compose-two-people.ts'
import { FtmProviderRegistry } from '../src/models/ftm-provider-registry.ts'
import { ftmProvidersRoutes } from '../src/models/ftm-providers.routes.ts'
import { OperatorAccounts } from '../src/operators/operator-accounts.ts'
import { operatorsRoutes } from '../src/operators/operators.routes.ts'
import { proposalsRoutes } from '../src/operators/proposals/proposals.routes.ts'
import type { TwoPersonDesk } from '../src/operators/proposals/two-person-desk.ts'
import type { Database } from '../src/platform/database.ts'
import { makeLogger } from '../src/platform/log.ts'
import type { Answered, OperationDesk } from '../src/platform/operation-desk.ts'
import { PolicyForesight } from '../src/foresight/policy-foresight.ts'
import { policiesRoutes } from '../src/policies/policies.routes.ts'
import { PolicyBook } from '../src/policies/policy-book.ts'
import { PolicyRegistry } from '../src/policies/policy-registry.ts'
import { ftmRevocationRoutes } from '../src/revocation/ftm/ftm-revocation.routes.ts'
import { FtmRevocation } from '../src/revocation/ftm/ftm-revocation.ts'
import { AddressGuard } from '../src/webhooks/address-guard.ts'
import { makeTestBulkActs } from './test-bulk-acts.ts'
import { type TestOperator, type TestPortal, startTestPortal } from './test-portal.ts'

/** The operators’ door with a desk for two people behind it, and the operations that go over that desk. */

export interface TestTwoPeople {
  readonly portal: TestPortal
  readonly desk: TwoPersonDesk
  readonly bulk: ReturnType<typeof makeTestBulkActs>
  /** Lets time pass for proposals, and not for sessions: milliseconds. */
  advance(by: number): void
  /** Runs the job that expires proposals and carries out what is due. */
  runJob(): Promise<void>
  /** Called instead of what carries an operation out, once: a power cut or a fault. */
  breakNext(instead: Fault): void
}

export async function startTestTwoPeople(): Promise<TestTwoPeople> {
  let ahead = 0
  const clock = (): number => Date.now() + ahead
  const late: { desk?: TwoPersonDesk; bulk?: ReturnType<typeof makeTestBulkActs> } = {}
  const portal = await startTestPortal({
    propose: (order) => need(late.desk).propose(order),
    routes: ({ db: { database }, sessions }) => {
      const accounts = new OperatorAccounts(database, clock)
      const bulk = (late.bulk = makeTestBulkActs(database, clock))
      return [
        operatorsRoutes({ accounts, sessions }),
        bulk.routes,
        policiesRoutes({
          policies: policiesOf(database),
          preview: (...asked) => foresightOf(database, clock).preview(...asked),
        }),
        ftmProvidersRoutes({ ftmProviders: new FtmProviderRegistry(database, clock) }),
        ftmRevocationRoutes({
          revocation: new FtmRevocation({ database, clock, guard: new AddressGuard() }),
          whenUrlSet: () => {},
        }),
        // The desk is made after the door: its parts are asynchronous.
        async (app) => {
          await PolicyBook.open(database, DEFAULT_POLICY_SETTINGS)
          late.desk = await deskOf(database, clock, app.desk)
          await app.register(proposalsRoutes({ database, desk: late.desk }))
        },
      ]
    },
  })
  const job = need(late.desk).job()
  return {
    portal,
    desk: need(late.desk),
    bulk: need(late.bulk),
    advance: (by) => (ahead += by),
    runJob: () => job.run(new AbortController().signal),
    breakNext: (instead) => faults.push(instead),
  }
}

type Fault = (carryOut: () => Promise<Answered>) => Promise<Answered>
const faults: Fault[] = []

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not made yet')
  return value
}

const foresightOf = (database: Database, clock: () => number) =>
  new PolicyForesight({ database, clock, signingPerSecond: () => 10 })

const policiesOf = (database: Database) =>
  new PolicyRegistry(database, { refresh: async () => {} } satisfies Pick<PolicyBook, 'refresh'>)

const deskOf = (
  database: Database,
  clock: () => number,
  operationDesk: OperationDesk,
): Promise<TwoPersonDesk> =>
  composeTwoPeople({
    kinds: OPTIONAL_KINDS,
    database,
    hsm: { health: () => ({ state: 'ready', since: 0 }) as never },
    clock,
    log: makeLogger('silent'),
    guard: new AddressGuard(),
    signingPerSecond: () => 10,
    operationDesk: {
      async carryOut(order) {
        const carryOut = () => operationDesk.carryOut(order)
        const fault = faults.shift()
        return fault === undefined ? carryOut() : fault(carryOut)
      },
    },
  })

/** The proposal that an operation became. @throws Error for any other answer */
export function proposedBy(reply: LightMyRequestResponse): Proposed {
  if (reply.statusCode !== 202) throw new Error(`${reply.statusCode} ${reply.body}`)
  return reply.json<Proposed>()
}

export async function readProposal(
  by: TestOperator,
  { proposalId }: Pick<Proposed, 'proposalId'>,
): Promise<ProposalView> {
  return (await by.ask('GET', `/proposals/${proposalId}`)).json<ProposalView>()
}

/** Confirms what the person is shown now. */
export async function confirm(
  by: TestOperator,
  proposed: Pick<Proposed, 'proposalId'>,
): Promise<LightMyRequestResponse> {
  const { digest, devices } = await readProposal(by, proposed)
  return by.ask('POST', `/proposals/${proposed.proposalId}/confirm`, {
    payload: { digest, devices },
  })
}
