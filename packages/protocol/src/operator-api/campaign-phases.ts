import Type, { type Static } from 'typebox'
import { closed } from '../text/fields.ts'
import { SanadError } from '../text/problems.ts'

/** Phases of a campaign: a few devices first, then more, and at last all. */

const optional = Type.Optional

const MOST_DEVICES = 10_000_000
/** A month: the longest life of a command. */
const LONGEST_SOAK_MINUTES = 43_200

const Percent = Type.Integer({ minimum: 1, maximum: 100 })
/** A threshold is judged once so many have ended; a single one says little about the rest. */
const OfAtLeast = Type.Integer({ minimum: 1, maximum: 100_000 })

/**
 * Crossed when more than `failedPercent` of those that succeeded, failed or refused have failed or refused. What
 * expired counts for neither side: a device that is away fails nothing.
 */
export const ErrorThreshold = Type.Object(
  {
    /** Percent of those that ended. */
    failedPercent: Percent,
    /** Of at least so many that ended. */
    ofAtLeast: OfAtLeast,
    /** What happens then: an operator resumes a paused campaign, a stopped one is over. Without it: `stop`. */
    action: optional(Type.Enum(['pause', 'stop'])),
  },
  closed,
)
export type ErrorThreshold = Static<typeof ErrorThreshold>

/** Met when at least `percent` of those that succeeded, failed or refused have succeeded. */
const SuccessThreshold = Type.Object({ percent: Percent, ofAtLeast: OfAtLeast }, closed)

export const CampaignPhase = Type.Object(
  {
    /** Devices told by its end, counted from the first phase on. The last phase has neither: it tells all. */
    devices: optional(Type.Integer({ minimum: 1, maximum: MOST_DEVICES })),
    /** The same as a share of all devices of the campaign, rounded up. */
    percent: optional(Type.Integer({ minimum: 1, maximum: 99 })),
    /** The next phase begins only when this is met; a phase that ends without it pauses the campaign. */
    success: optional(SuccessThreshold),
    /** Of the devices of this phase alone. */
    errors: optional(ErrorThreshold),
    /** Minutes from the last of its devices being told to the next phase. Without it: none. */
    soakMinutes: optional(Type.Integer({ minimum: 0, maximum: LONGEST_SOAK_MINUTES })),
  },
  closed,
)
export type CampaignPhase = Static<typeof CampaignPhase>

/**
 * Every phase but the last has a size, one of both kinds; the last has none. Sizes of one kind grow.
 *
 * @throws SanadError `request.malformed`
 */
export function requirePhases(phases: readonly CampaignPhase[]): void {
  const last = phases.length - 1
  for (const [index, { devices, percent }] of phases.entries()) {
    const sizes = [devices, percent].filter((size) => size !== undefined).length
    if (index === last ? sizes > 0 : sizes !== 1)
      throw refuse(index, index === last ? 'the last phase tells all' : 'devices or percent')
  }
  for (const name of ['devices', 'percent'] as const) {
    let before = 0
    for (const [index, phase] of phases.entries()) {
      const size = phase[name]
      if (size !== undefined && size <= before) throw refuse(index, `${name} must grow`)
      before = size ?? before
    }
  }
}

const refuse = (index: number, why: string): SanadError =>
  new SanadError('request.malformed', `body/phases/${index}: ${why}`)

/** The one phase of a campaign without phases. */
export const ONE_PHASE: readonly CampaignPhase[] = [{}]

/**
 * Devices told by the end of a phase, counted from the first one on.
 *
 * @param all how many devices the campaign has
 */
export function sizeOfPhase(phases: readonly CampaignPhase[], index: number, all: number): number {
  let size = 0
  for (const { devices, percent } of phases.slice(0, index + 1)) {
    if (devices === undefined && percent === undefined) return Infinity
    // A percentage of few devices may be less than the number before it.
    size = Math.max(size, devices ?? Math.ceil(((percent ?? 0) * all) / 100))
  }
  return size
}
