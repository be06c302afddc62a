import type { TwoPersonKind } from '@sanad/protocol/domain/proposals'
import { runCheck } from '../../findings/audit.ts'
import { glassBroken } from '../../findings/checks/glass-broken.ts'
import { PolicyForesight } from '../../foresight/policy-foresight.ts'
import type { Hsm } from '../../hsm/hsm.ts'
import { TwoPersonDesk } from '../../operators/proposals/two-person-desk.ts'
import { beginTwoPersonRules } from '../../operators/proposals/two-person-rules.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database.ts'
import type { Logger } from '../../platform/log.ts'
import type { OperationDesk } from '../../platform/operation-desk.ts'
import { FtmRevocation } from '../../revocation/ftm/ftm-revocation.ts'
import type { AddressGuard } from '../../webhooks/address-guard.ts'
import { twoPersonOperations } from './two-person-operations.ts'

export interface TwoPeopleParts {
  /** What a new installation begins with. */
  readonly kinds: readonly TwoPersonKind[]
  readonly database: Database
  readonly hsm: Pick<Hsm, 'health'>
  readonly clock: Clock
  readonly log: Logger
  readonly guard: AddressGuard
  /** Device certificates that the HSM signs for rotations. */
  readonly signingPerSecond: () => number
  readonly operationDesk: Pick<OperationDesk, 'carryOut'>
}

/** The desk of two people, with what it must know of the operations of every slice. */
export async function composeTwoPeople({
  kinds,
  database,
  hsm,
  clock,
  log,
  guard,
  signingPerSecond,
  operationDesk,
}: TwoPeopleParts): Promise<TwoPersonDesk> {
  await beginTwoPersonRules(database, kinds)
  const operations = twoPersonOperations({
    database,
    clock,
    foresight: new PolicyForesight({ database, clock, signingPerSecond }),
    revocation: new FtmRevocation({ database, clock, guard }),
  })
  const whenGlassBroken = (): Promise<void> =>
    runCheck(database, glassBroken, { now: new Date(clock()), hsm: hsm.health() })
  return new TwoPersonDesk({ database, clock, log, operations, operationDesk, whenGlassBroken })
}
