import type { CampaignPhase } from '@sanad/protocol/operator-api/campaign-phases'
import type { NewCampaign, RotationToOrder } from '@sanad/protocol/operator-api/campaigns'
import type { CommandToGive, MaintenanceWindow } from '@sanad/protocol/operator-api/commands'
import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import { noteMember } from '../ui/note-field.tsx'

/** What a person fills in for a campaign, and the request that comes of it. */

export interface PhaseDraft {
  readonly size: number
  readonly unit: 'devices' | 'percent'
  readonly successPercent: number
  readonly failedPercent: number
  readonly soakMinutes: number
}

export interface CampaignDraft {
  readonly name: string
  readonly model: string
  readonly group: string
  readonly isContinuing: boolean
  readonly perMinute: number
  readonly failedPercent: number
  readonly lifeHours: number
  readonly note: string
  /** Before the last one, which tells all. */
  readonly phases: readonly PhaseDraft[]
  readonly window: MaintenanceWindow | undefined
}

export const EVERY = 'every'

export const EMPTY_CAMPAIGN: CampaignDraft = {
  name: '',
  model: EVERY,
  group: EVERY,
  isContinuing: false,
  perMinute: 60,
  failedPercent: 10,
  lifeHours: 72,
  note: '',
  phases: [],
  window: undefined,
}

/** Ten devices say whether it works at all; a twentieth of the fleet meets what is rare. */
const FIRST: PhaseDraft = {
  size: 10,
  unit: 'devices',
  successPercent: 100,
  failedPercent: 10,
  soakMinutes: 60,
}
const SECOND: PhaseDraft = { ...FIRST, size: 5, unit: 'percent', successPercent: 95 }

/** What the next phase begins with. */
export function nextPhase(phases: readonly PhaseDraft[]): PhaseDraft {
  const last = phases.at(-1)
  if (last === undefined) return FIRST
  if (last.unit === 'devices') return SECOND
  return { ...last, size: Math.min(99, last.size * 5) }
}

/** Nights of the week, while nobody works with the device. */
export const NIGHTS: MaintenanceWindow = { days: [1, 2, 3, 4, 5], from: '20:00', to: '06:00' }

/** Fewer say nothing about the rest. */
export const JUDGED_OF_AT_LEAST = 20

function phaseOf({ size, unit, successPercent, failedPercent, soakMinutes }: PhaseDraft) {
  const ofAtLeast = unit === 'devices' ? Math.min(size, JUDGED_OF_AT_LEAST) : JUDGED_OF_AT_LEAST
  return {
    ...(unit === 'devices' ? { devices: size } : { percent: size }),
    success: { percent: successPercent, ofAtLeast },
    errors: { failedPercent, ofAtLeast, action: 'pause' },
    soakMinutes,
  } satisfies CampaignPhase
}

export const filterOf = ({ model, group }: CampaignDraft): DeviceFilter => ({
  state: ['registered'],
  ...(model !== EVERY && { modelId: model }),
  ...(group !== EVERY && { groupId: group }),
})

/** A command, or an order to rotate the key. */
export type CampaignWork =
  | { readonly command: CommandToGive }
  | { readonly rotation: RotationToOrder }

export function toCampaign(
  campaignId: string,
  work: CampaignWork,
  draft: CampaignDraft,
): NewCampaign {
  const { name, perMinute, failedPercent, lifeHours, phases } = draft
  // A rotation is for all at once, in windows of its own.
  const { isContinuing, window } =
    'rotation' in work ? { isContinuing: false, window: undefined } : draft
  return {
    campaignId,
    name: name.trim(),
    filter: filterOf(draft),
    isContinuing,
    perMinute,
    abort: { failedPercent, ofAtLeast: JUDGED_OF_AT_LEAST },
    ...work,
    lifeHours,
    ...(phases.length > 0 && { phases: [...phases.map(phaseOf), {}] }),
    ...(window !== undefined && { maintenanceWindow: window }),
    ...noteMember(draft.note),
  }
}
