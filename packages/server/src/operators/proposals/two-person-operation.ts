import type { Permission, Role } from '@sanad/protocol/domain/permissions'
import type { TwoPersonKind } from '@sanad/protocol/domain/proposals'
import type { ForTwo } from '@sanad/protocol/operator-api/operations'
import type { BlastRadius } from '@sanad/protocol/operator-api/proposals'
import type { ProposedInput } from './proposal-tables.ts'

/** What the desk must know of an operation that two people decide. */
export interface TwoPersonOperation {
  /** Of what kind it is with this input; undefined where it needs nobody else. */
  readonly kindOf: (
    input: ProposedInput,
  ) => Promise<TwoPersonKind | undefined> | TwoPersonKind | undefined
  /** What a person needs, with what the route itself asks for. */
  readonly permissions: (input: ProposedInput) => readonly Permission[]
  /** What it is about. Of two open proposals with one target, the later takes the place of the earlier. */
  readonly target: (input: ProposedInput) => string
  /** The operator whose account it changes: they do not confirm it. */
  readonly concerns?: (input: ProposedInput) => string
  /**
   * Whom it would touch now.
   *
   * @throws SanadError with which the operation itself would be refused, as far as it can be known before
   */
  readonly readRadius: (input: ProposedInput) => Promise<Radius>
  /** Its answer holds a link that is shown once: it is carried out while the second person is there to take it. */
  readonly handsOutLink?: true
}

export type Radius = Omit<BlastRadius, 'countedAt'>

export type TwoPersonOperations = Readonly<Record<ForTwo, TwoPersonOperation>>

/** Who acts. */
export interface ActingOperator {
  readonly operatorId: string
  readonly role: Role
}
