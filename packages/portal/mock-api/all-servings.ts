import { BULK_SERVINGS } from './bulk-servings.ts'
import { CAMPAIGN_SERVINGS } from './campaign-servings.ts'
import { COMMAND_SERVINGS } from './command-servings.ts'
import { DEVICE_SERVINGS } from './device-servings.ts'
import { FACT_SERVINGS } from './fact-servings.ts'
import { FINDING_SERVINGS } from './finding-servings.ts'
import { FOLLOWER_SERVINGS } from './follower-servings.ts'
import { FTM_SERVINGS } from './ftm-servings.ts'
import { GROUP_SERVINGS } from './group-servings.ts'
import { IMPORT_SERVINGS } from './import-servings.ts'
import { KEY_SERVINGS } from './key-servings.ts'
import { MODEL_SERVINGS } from './model-servings.ts'
import { OPERATOR_SERVINGS } from './operator-servings.ts'
import { POLICY_SERVINGS } from './policy-servings.ts'
import { PROPOSAL_SERVINGS } from './proposal-servings.ts'
import { REGISTRATION_SERVINGS } from './registration-servings.ts'
import type { MockServings } from './servings.ts'
import { SESSION_SERVINGS } from './session-servings.ts'
import { WEBHOOK_SERVINGS } from './webhook-servings.ts'

/** Every operation that the mock carries out. */
export const SERVINGS: MockServings = {
  ...SESSION_SERVINGS,
  ...OPERATOR_SERVINGS,
  ...DEVICE_SERVINGS,
  ...FACT_SERVINGS,
  ...KEY_SERVINGS,
  ...COMMAND_SERVINGS,
  ...CAMPAIGN_SERVINGS,
  ...BULK_SERVINGS,
  ...GROUP_SERVINGS,
  ...POLICY_SERVINGS,
  ...MODEL_SERVINGS,
  ...FTM_SERVINGS,
  ...IMPORT_SERVINGS,
  ...REGISTRATION_SERVINGS,
  ...FINDING_SERVINGS,
  ...WEBHOOK_SERVINGS,
  ...FOLLOWER_SERVINGS,
  ...PROPOSAL_SERVINGS,
}
