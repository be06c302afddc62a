import type { CampaignPhase } from '@sanad/protocol/operator-api/campaign-phases'
import { MINUTE_MS } from '@sanad/protocol/text/durations'
import { describe, expect, it } from 'vitest'
import { type Next, type Standing, decideNext } from './decide-next.ts'

const NOTHING = { open: 0, succeeded: 0, failed: 0, lapsed: 0 }
const NOW = Date.UTC(2026, 10, 30)

const standing = (change: Partial<Standing> = {}): Standing => ({
  state: 'running',
  now: NOW,
  phase: {},
  abort: { failedPercent: 50, ofAtLeast: 2, action: 'stop' },
  upTo: Infinity,
  told: 0,
  toldInPhase: 0,
  toldAt: null,
  hasWaiting: true,
  mayGrow: false,
  isAccepted: false,
  whole: NOTHING,
  current: NOTHING,
  ...change,
})

const PHASE: CampaignPhase = {
  devices: 10,
  success: { percent: 90, ofAtLeast: 5 },
  errors: { failedPercent: 20, ofAtLeast: 5, action: 'pause' },
  soakMinutes: 60,
}
/** All ten of a phase told. */
const told = (change: Partial<Standing> = {}) =>
  standing({
    phase: PHASE,
    upTo: 10,
    told: 10,
    toldInPhase: 10,
    toldAt: NOW - 60 * MINUTE_MS,
    ...change,
  })

/** One row of the table in docs/campaigns.md after the other. */

describe('the next step of a campaign', () => {
  it.each<[string, Standing, Next]>([
    [
      'tells no more than its phase has left',
      standing({ upTo: 10, told: 7 }),
      { kind: 'tell', atMost: 3 },
    ],
    ['tells all in its last phase', standing(), { kind: 'tell', atMost: Infinity }],
    [
      'waits for devices that are still gathered',
      standing({ hasWaiting: false, mayGrow: true }),
      { kind: 'wait', for: 'devices' },
    ],
    [
      'waits for what was told last',
      standing({ hasWaiting: false, told: 3, whole: { ...NOTHING, open: 1 } }),
      { kind: 'wait', for: 'results' },
    ],
    ['finishes when nothing is left', standing({ hasWaiting: false, told: 3 }), { kind: 'finish' }],
    [
      'starts to soak when the last of a phase is told',
      told({ toldAt: null }),
      { kind: 'end-telling' },
    ],
    [
      'soaks',
      told({ toldAt: NOW - 59 * MINUTE_MS, current: { ...NOTHING, succeeded: 10 } }),
      { kind: 'wait', for: 'soak', until: NOW + MINUTE_MS },
    ],
    [
      'begins the next phase when enough succeeded',
      told({ current: { ...NOTHING, succeeded: 5, open: 5 } }),
      { kind: 'next-phase' },
    ],
    [
      'waits while too few have ended',
      told({ current: { ...NOTHING, succeeded: 4, open: 6 } }),
      { kind: 'wait', for: 'results' },
    ],
    [
      'waits while too few succeeded and more may',
      told({ current: { ...NOTHING, succeeded: 8, failed: 1, open: 1 } }),
      { kind: 'wait', for: 'results' },
    ],
    [
      'pauses when too few succeeded and nothing is open',
      told({ current: { ...NOTHING, succeeded: 8, failed: 2 } }),
      { kind: 'pause', because: 'too-few-succeeded' },
    ],
    [
      'pauses when every device was away',
      told({ current: { ...NOTHING, lapsed: 10 } }),
      { kind: 'pause', because: 'too-few-succeeded' },
    ],
    [
      'takes the word of the operator who resumed it',
      told({ current: { ...NOTHING, succeeded: 8 }, isAccepted: true, toldInPhase: 10 }),
      { kind: 'next-phase' },
    ],
    [
      'pauses for the errors of its phase before the whole is judged',
      told({
        current: { ...NOTHING, succeeded: 3, failed: 2 },
        whole: { ...NOTHING, succeeded: 3, failed: 9 },
      }),
      { kind: 'pause', because: 'failures' },
    ],
    [
      'stops for the errors of the whole',
      standing({ whole: { ...NOTHING, succeeded: 1, failed: 2 } }),
      { kind: 'stop' },
    ],
    [
      'does not stop for exactly the share that may fail',
      standing({ whole: { ...NOTHING, succeeded: 2, failed: 2 } }),
      { kind: 'tell', atMost: Infinity },
    ],
    [
      'does nothing while it is paused',
      standing({ state: 'paused' }),
      { kind: 'wait', for: 'operator' },
    ],
    [
      'is over, once stopped, when nothing is open',
      standing({ state: 'stopped' }),
      { kind: 'finish' },
    ],
    [
      'waits, once stopped, for what was sent',
      standing({ state: 'stopped', whole: { ...NOTHING, open: 1 } }),
      { kind: 'wait', for: 'results' },
    ],
  ])('%s', (_name, given, expected) => {
    expect(decideNext(given)).toEqual(expected)
  })
})
