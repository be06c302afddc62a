import type { NewBulkAct } from '@sanad/protocol/operator-api/bulk-acts'
import type { NewClockReset } from '@sanad/protocol/operator-api/clock-resets'
import type { NewCampaign } from '@sanad/protocol/operator-api/campaigns'
import type { NewCommandOrder } from '@sanad/protocol/operator-api/commands'
import type { SetFtmRevocation } from '@sanad/protocol/operator-api/ftm-revocation'
import type { NewFtmProvider } from '@sanad/protocol/operator-api/ftm-providers'
import type { RevocationBody } from '@sanad/protocol/operator-api/keys'
import type { ChangeRole, NewOperator } from '@sanad/protocol/operator-api/operators'
import type { NewPolicyAssignment, PolicyChange } from '@sanad/protocol/operator-api/policies'
import type { TwoPersonRules } from '@sanad/protocol/operator-api/proposals'
import type { PolicyScope, Reason } from '@sanad/protocol/domain/events'
import type { BulkActs } from '../../bulk/bulk-acts.ts'
import type { Campaigns } from '../../campaigns/campaigns.ts'
import { revokeCertificate } from '../../certificates/revoke-certificate.ts'
import type { CommandDesk } from '../../commands/command-desk.ts'
import type { FtmProviderRegistry } from '../../models/ftm-provider-registry.ts'
import type { OperatorAccounts } from '../../operators/operator-accounts.ts'
import { changeTwoPersonRules } from '../../operators/proposals/two-person-rules.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database.ts'
import type { PolicyRegistry } from '../../policies/policy-registry.ts'
import type { FtmRevocation } from '../../revocation/ftm/ftm-revocation.ts'
import type { ClockResets } from '../../time/clock-resets.ts'
import type { ServingsForTwo } from './servings.ts'

/** What carries a kept operation out: the method that its route calls, with what the route starts afterwards. */

export interface KeptParts {
  readonly database: Database
  readonly clock: Clock
  readonly accounts: OperatorAccounts
  readonly bulkActs: BulkActs
  readonly campaigns: Campaigns
  readonly commands: CommandDesk
  readonly policies: PolicyRegistry
  readonly ftmProviders: FtmProviderRegistry
  readonly ftmRevocation: FtmRevocation
  readonly resets: Pick<ClockResets, 'order'>
  readonly whenOrdered: () => void
  readonly whenToFill: () => void
  readonly whenRevoked: () => void
  readonly whenUrlSet: () => void
}

/** Each member is of the type that the operation’s schema gives it. */
interface Params {
  readonly deviceId: string
  readonly serialNumber: string
  readonly policyId: string
  readonly scope: PolicyScope
  readonly targetId: string
  readonly operatorId: string
  readonly ftmProviderId: string
}

export function servingsForTwo(parts: KeptParts): ServingsForTwo {
  const { database, clock, accounts, policies, ftmProviders } = parts
  const idOf = (params: Params): string => params.operatorId
  return {
    async orderBulkAct({ body, operatorId }: { body: NewBulkAct; operatorId: string }) {
      const view = await parts.bulkActs.order(body, operatorId)
      parts.whenOrdered()
      return view
    },
    async createCampaign({ body, operatorId }: { body: NewCampaign; operatorId: string }) {
      const view = await parts.campaigns.create(body, operatorId)
      if (view.filling !== null) parts.whenToFill()
      return view
    },
    orderCommand: ({ body, operatorId }: { body: NewCommandOrder; operatorId: string }) =>
      parts.commands.order(body, operatorId),
    async revokeCertificate(kept) {
      const { params, body, actor } = kept
      const asked = { ...(params as Params), ...(body as RevocationBody), actor }
      await revokeCertificate(database, asked, clock())
      parts.whenRevoked()
    },
    orderClockReset: ({ params, body, operatorId }) =>
      parts.resets.order((params as Params).deviceId, body as NewClockReset, operatorId),
    changePolicy: ({ params, body, operatorId }) =>
      policies.change((params as Params).policyId, body as PolicyChange, operatorId),
    assignPolicy: ({ params, body, operatorId }) =>
      policies.assign((params as Params).policyId, body as NewPolicyAssignment, operatorId),
    unassignPolicy({ params, operatorId }) {
      const { policyId, scope, targetId } = params as Params
      return policies.unassign(policyId, scope, targetId, operatorId)
    },
    inviteOperator: ({ body, actor }) => accounts.invite(body as NewOperator, { actor }),
    changeOperatorRole: ({ params, body, actor }) =>
      accounts.changeRole(idOf(params), (body as ChangeRole).role, { actor }),
    resetOperator: ({ params, actor }) => accounts.reset(idOf(params), { actor }),
    enableOperator: ({ params, actor }) => accounts.enable(idOf(params), { actor }),
    addFtmProvider: ({ body, actor }) => ftmProviders.add(body as NewFtmProvider, actor),
    retireFtmProvider({ params, body, actor }) {
      const { reason } = body as { readonly reason: Reason }
      return ftmProviders.retire((params as Params).ftmProviderId, reason, actor)
    },
    async setFtmRevocation({ params, body, actor }) {
      const set = body as SetFtmRevocation
      await parts.ftmRevocation.set((params as Params).ftmProviderId, set, actor)
      if (set.url !== null) parts.whenUrlSet()
    },
    changeTwoPersonRules: ({ body, actor }) =>
      changeTwoPersonRules(database, body as TwoPersonRules, actor),
  }
}
