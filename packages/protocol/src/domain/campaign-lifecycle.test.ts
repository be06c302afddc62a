import { describe, expect, it } from 'vitest'
import {
  CAMPAIGN_STATES,
  CAMPAIGN_TRANSITIONS,
  type CampaignState,
  campaignActsIn,
  campaignLife,
} from './campaign-lifecycle.ts'

const cells = CAMPAIGN_STATES.flatMap((state) =>
  CAMPAIGN_TRANSITIONS.map((transition) => [state, transition] as const),
)

describe('the life of a campaign', () => {
  it.each(cells)('allows %s, %s, or refuses it with a sentence', (state, transition) => {
    if (campaignLife.allows(state, transition))
      expect(CAMPAIGN_STATES).toContain(campaignLife.next(state, transition))
    else
      expect(() => campaignLife.next(state, transition)).toThrow(
        expect.objectContaining({
          code: 'campaign.state-refused',
          message: expect.stringMatching(/[A-Z].*\.$/) as string,
        }),
      )
  })

  it('reaches every state from running, and leaves neither stopped nor finished', () => {
    const reached = new Set<CampaignState>(['running'])
    for (const state of reached)
      for (const transition of CAMPAIGN_TRANSITIONS)
        if (campaignLife.allows(state, transition))
          reached.add(campaignLife.next(state, transition))
    expect([...reached].toSorted()).toEqual([...CAMPAIGN_STATES].toSorted())
    expect(CAMPAIGN_STATES.filter((state) => campaignActsIn(state).length === 0)).toEqual([
      'stopped',
      'finished',
    ])
  })

  it('offers people what the state allows', () => {
    expect(campaignActsIn('running')).toEqual(['pause', 'stop'])
    expect(campaignActsIn('paused')).toEqual(['resume', 'stop'])
  })
})
