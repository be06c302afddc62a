import type {
  BreakGlass,
  ConfirmProposal,
  ConfirmedProposal,
  ProposalCounts,
  ProposalPage,
  ProposalQuery,
  ProposalView,
} from '@sanad/protocol/operator-api/proposals'
import { PROPOSED_STATUS } from '@sanad/protocol/operator-api/operation'
import type { InvitedOperator } from '@sanad/protocol/operator-api/operators'
import type { Propose } from '../../platform/operation-desk.ts'
import type { Job } from '../../platform/schedule.ts'
import { type CarryOutParts, attemptProposal } from './carry-out.ts'
import { breakGlass, confirmProposal, declineProposal, withdrawProposal } from './decide.ts'
import { proposalsJob } from './proposal-jobs.ts'
import { countProposals, listProposals, viewProposal } from './proposal-list.ts'
import { propose } from './propose.ts'
import type { ActingOperator } from './two-person-operation.ts'

export interface TwoPersonDeskOptions extends CarryOutParts {
  /** Raises the alarm: one person decided alone. */
  readonly whenGlassBroken: () => Promise<void>
}

/**
 * Where operations wait for a second person: docs/two-people.md. The {@link OperationDesk} asks it before it carries out
 * an operation for two, and carries out what was confirmed.
 */
export class TwoPersonDesk {
  readonly #parts: TwoPersonDeskOptions

  constructor(parts: TwoPersonDeskOptions) {
    this.#parts = parts
  }

  /** @throws SanadError `operator.permission-missing`, `proposal.too-many-pending`, and what the operation refuses */
  readonly propose: Propose = async (order) => {
    const proposed = await propose(this.#parts, order)
    if (proposed === undefined) return undefined
    return { status: PROPOSED_STATUS, body: proposed, location: proposed.url }
  }

  list(query: ProposalQuery): Promise<ProposalPage> {
    return listProposals(this.#parts.database, query)
  }

  count(viewer: ActingOperator): Promise<ProposalCounts> {
    return countProposals(this.#parts, viewer)
  }

  view(proposalId: string, viewer: ActingOperator): Promise<ProposalView> {
    return viewProposal(this.#parts, proposalId, viewer)
  }

  /** Carried out at once, unless the rules say a delay. */
  async confirm(
    proposalId: string,
    seen: ConfirmProposal,
    operator: ActingOperator,
  ): Promise<ConfirmedProposal> {
    await confirmProposal(this.#parts, proposalId, seen, operator.operatorId)
    return this.#attempt(proposalId, operator)
  }

  async breakGlass(
    proposalId: string,
    seen: BreakGlass,
    operator: ActingOperator,
  ): Promise<ConfirmedProposal> {
    await breakGlass(this.#parts, proposalId, seen, operator.operatorId)
    // The event is on record; a finding that comes with the next audit is late, and no reason to stop.
    await this.#parts
      .whenGlassBroken()
      .catch((error: unknown) => this.#parts.log.warn({ err: error }, 'no alarm of a broken glass'))
    return this.#attempt(proposalId, operator)
  }

  async decline(proposalId: string, operator: ActingOperator): Promise<ProposalView> {
    await declineProposal(this.#parts, proposalId, operator.operatorId)
    return this.view(proposalId, operator)
  }

  async withdraw(proposalId: string, operator: ActingOperator): Promise<ProposalView> {
    await withdrawProposal(this.#parts, proposalId, operator.operatorId)
    return this.view(proposalId, operator)
  }

  job(): Job {
    return proposalsJob(this.#parts)
  }

  async #attempt(proposalId: string, operator: ActingOperator): Promise<ConfirmedProposal> {
    const answer = await attemptProposal(this.#parts, proposalId)
    return { proposal: await this.view(proposalId, operator), invited: invitedOf(answer) }
  }
}

/** Of an invitation or a reset, whose link is shown this once. */
const invitedOf = (answer: unknown): InvitedOperator | null =>
  typeof answer === 'object' && answer !== null && 'invitation' in answer
    ? // No other answer has this member.
      (answer as InvitedOperator)
    : null
