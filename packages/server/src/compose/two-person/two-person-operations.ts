import type { TwoPersonOperations } from '../../operators/proposals/two-person-operation.ts'
import {
  changeRoleOperation,
  enableOperation,
  inviteOperation,
  resetOperation,
  rulesOperation,
} from './access-operations.ts'
import { bulkActOperation, campaignOperation, commandOperation } from './device-operations.ts'
import {
  type FtmParts,
  addFtmProviderOperation,
  retireFtmProviderOperation,
  setFtmRevocationOperation,
} from './ftm-provider-operations.ts'
import { clockResetOperation, revocationOperation } from './one-device-operations.ts'
import {
  type PolicyParts,
  assignPolicyOperation,
  changePolicyOperation,
  unassignPolicyOperation,
} from './policy-operations.ts'

/** What two people are shown of each operation that they decide, read by those who know the slices. */
export const twoPersonOperations = (parts: FtmParts & PolicyParts): TwoPersonOperations => ({
  orderBulkAct: bulkActOperation(parts),
  createCampaign: campaignOperation(parts),
  orderCommand: commandOperation(parts),
  revokeCertificate: revocationOperation(parts),
  orderClockReset: clockResetOperation(parts),
  changePolicy: changePolicyOperation(parts),
  assignPolicy: assignPolicyOperation(parts),
  unassignPolicy: unassignPolicyOperation(parts),
  inviteOperator: inviteOperation(parts.database),
  changeOperatorRole: changeRoleOperation(parts.database),
  resetOperator: resetOperation(parts.database),
  enableOperator: enableOperation(parts.database),
  addFtmProvider: addFtmProviderOperation(parts),
  retireFtmProvider: retireFtmProviderOperation(parts),
  setFtmRevocation: setFtmRevocationOperation(parts),
  changeTwoPersonRules: rulesOperation(parts.database),
})
