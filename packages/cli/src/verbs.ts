import { ANY_OPERATION } from './any-operation.ts'
import { BULK_VERBS } from './bulk-acts.ts'
import { CAMPAIGN_VERBS } from './campaigns.ts'
import { COMMAND_VERBS } from './commands.ts'
import { DEVICE_VERBS } from './devices.ts'
import { FTM_PROVIDER_VERBS } from './ftm-providers.ts'
import { GROUP_VERBS } from './groups.ts'
import { KEY_VERBS } from './keys.ts'
import { OPERATOR_VERBS } from './operators.ts'
import { MODEL_VERBS } from './models.ts'
import { PROPOSAL_VERBS } from './proposals.ts'
import { RECORD_VERBS } from './record.ts'
import { TRUST_LIST_VERBS } from './trust-lists.ts'
import type { Verb } from './verb.ts'

/** Everything that operators can say. */
export const VERBS: readonly Verb[] = [
  ...DEVICE_VERBS,
  ...MODEL_VERBS,
  ...FTM_PROVIDER_VERBS,
  ...GROUP_VERBS,
  ...BULK_VERBS,
  ...COMMAND_VERBS,
  ...CAMPAIGN_VERBS,
  ...KEY_VERBS,
  ...RECORD_VERBS,
  ...TRUST_LIST_VERBS,
  ...OPERATOR_VERBS,
  ...PROPOSAL_VERBS,
  ANY_OPERATION,
]
