import type { Database } from '../../platform/database.ts'
import { serve } from '../../platform/serve.ts'
import type { TwoPersonDesk } from './two-person-desk.ts'
import { changeTwoPersonRules, viewTwoPersonRules } from './two-person-rules.ts'

export interface ProposalsRoutesOptions {
  readonly database: Database
  readonly desk: TwoPersonDesk
}

export const proposalsRoutes = ({ database, desk }: ProposalsRoutesOptions) =>
  serve({
    listProposals: ({ query }) => desk.list(query),
    countProposals: ({ operator }) => desk.count(operator),
    readProposal: ({ params, operator }) => desk.view(params.proposalId, operator),
    confirmProposal: ({ params, body, operator }) =>
      desk.confirm(params.proposalId, body, operator),
    breakGlass: ({ params, body, operator }) => desk.breakGlass(params.proposalId, body, operator),
    declineProposal: ({ params, operator }) => desk.decline(params.proposalId, operator),
    withdrawProposal: ({ params, operator }) => desk.withdraw(params.proposalId, operator),
    readTwoPersonRules: () => viewTwoPersonRules(database),
    changeTwoPersonRules: ({ body, actor }) => changeTwoPersonRules(database, body, actor),
  })
