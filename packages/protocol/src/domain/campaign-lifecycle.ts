import { lifecycle, no, to } from './lifecycle.ts'

/**
 * The life of a campaign, as one total table: the server decides with it, and the portal offers the acts that it
 * allows.
 *
 * Pure, as the life of a device is.
 */

export const CAMPAIGN_STATES = ['running', 'paused', 'stopped', 'finished'] as const
export type CampaignState = (typeof CAMPAIGN_STATES)[number]

/** What a person may ask for; the server itself pauses, stops and finishes. */
export const CAMPAIGN_ACTS = ['pause', 'resume', 'stop'] as const
export type CampaignAct = (typeof CAMPAIGN_ACTS)[number]

export const CAMPAIGN_TRANSITIONS = [...CAMPAIGN_ACTS, 'finish'] as const
export type CampaignTransition = (typeof CAMPAIGN_TRANSITIONS)[number]

const STOPPED = no('The campaign was stopped. A stopped campaign does not run again.')
const FINISHED = no('The campaign has finished.')

export const campaignLife = lifecycle<CampaignState, CampaignTransition>('campaign.state-refused', {
  running: {
    pause: to('paused'),
    resume: no('The campaign is running.'),
    stop: to('stopped'),
    finish: to('finished'),
  },
  paused: {
    pause: no('The campaign is paused already.'),
    resume: to('running'),
    stop: to('stopped'),
    finish: no('The campaign is paused. Resume it, or stop it.'),
  },
  stopped: { pause: STOPPED, resume: STOPPED, stop: STOPPED, finish: STOPPED },
  finished: { pause: FINISHED, resume: FINISHED, stop: FINISHED, finish: FINISHED },
})

/** What a person may ask for in this state. */
export const campaignActsIn = (current: CampaignState): readonly CampaignAct[] =>
  CAMPAIGN_ACTS.filter((act) => campaignLife.allows(current, act))
