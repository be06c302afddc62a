import { type WithTitles, withTitles } from '../problem-titles.ts'
import type accessLog from './access-log.json'
import type account from './account.json'
import type approvals from './approvals.json'
import type bulk from './bulk.json'
import type campaigns from './campaigns.json'
import type commands from './commands.json'
import type device from './device.json'
import type devices from './devices.json'
import type events from './events.json'
import type facts from './facts.json'
import type findings from './findings.json'
import type frame from './frame.json'
import type groups from './groups.json'
import type imports from './imports.json'
import type invitation from './invitation.json'
import type keys from './keys.json'
import type models from './models.json'
import type operators from './operators.json'
import type overview from './overview.json'
import type policies from './policies.json'
import type problems from './problems.json'
import type reasons from './reasons.json'
import type proposals from './proposals.json'
import type record from './record.json'
import type refusals from './refusals.json'
import type session from './session.json'
import type trust from './trust.json'
import type ui from './ui.json'
import type webhooks from './webhooks.json'

/** Every text, by the name of its file: `devices.json` holds `devices.…`. */
export interface English {
  readonly 'access-log': typeof accessLog
  readonly account: typeof account
  readonly approvals: typeof approvals
  readonly bulk: typeof bulk
  readonly campaigns: typeof campaigns
  readonly commands: typeof commands
  readonly device: typeof device
  readonly devices: typeof devices
  readonly events: typeof events
  readonly facts: typeof facts
  readonly findings: typeof findings
  readonly frame: typeof frame
  readonly groups: typeof groups
  readonly imports: typeof imports
  readonly invitation: typeof invitation
  readonly keys: typeof keys
  readonly models: typeof models
  readonly operators: typeof operators
  readonly overview: typeof overview
  readonly policies: typeof policies
  readonly problems: WithTitles<typeof problems>
  readonly reasons: typeof reasons
  readonly proposals: typeof proposals
  readonly record: typeof record
  readonly refusals: typeof refusals
  readonly session: typeof session
  readonly trust: typeof trust
  readonly ui: typeof ui
  readonly webhooks: typeof webhooks
}

const files = import.meta.glob<Record<string, unknown>>('./*.json', {
  eager: true,
  import: 'default',
})

const texts = Object.fromEntries(
  Object.entries(files).map(([path, its]) => [path.slice('./'.length, -'.json'.length), its]),
)

export const english = { ...texts, problems: withTitles(texts['problems'] as typeof problems) }
