import type { PolicySettings } from '@sanad/protocol/operator-api/policies'
import type { ApprovedDevice } from './approved-devices.ts'
import type { PolicyBook } from '../policies/policy-book.ts'

export type Policies = Pick<PolicyBook, 'policyOf'>

/** The policy that a device follows from its first certificate on. */
export function settingsFor(
  policies: Policies,
  { model: { modelId }, groupId, devicePolicyId }: ApprovedDevice,
): PolicySettings {
  return policies.policyOf({ modelId, groupId, devicePolicyId }).settings
}
