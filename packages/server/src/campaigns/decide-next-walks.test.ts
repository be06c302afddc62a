import type { CampaignPhase } from '@sanad/protocol/operator-api/campaign-phases'
import { MINUTE_MS } from '@sanad/protocol/text/durations'
import { expect, it } from 'vitest'
import { type Next, type Standing, decideNext } from './decide-next.ts'

/** All paths of small campaigns: every one ends, and none skips a threshold. */

const NOTHING = { open: 0, succeeded: 0, failed: 0, lapsed: 0 }
const NOW = Date.UTC(2026, 10, 30)

type Counts = typeof NOTHING
interface World {
  readonly state: 'running' | 'paused' | 'stopped'
  readonly now: number
  readonly phase: number
  readonly toldAt: number | null
  readonly waiting: number
  readonly counts: readonly Counts[]
  readonly forgiven: { readonly phase: number; readonly counts: readonly Counts[] } | null
}

const PHASES: readonly CampaignPhase[] = [
  { devices: 2, soakMinutes: 1, success: { percent: 100, ofAtLeast: 1 } },
  {
    devices: 5,
    errors: { failedPercent: 50, ofAtLeast: 2, action: 'pause' },
    success: { percent: 60, ofAtLeast: 2 },
  },
  {},
]
const SIZES = [2, 5, Infinity]
const DEVICES = 8
const ABORT = { failedPercent: 60, ofAtLeast: 3, action: 'stop' } as const

const sum = (counts: readonly Counts[], read: (one: Counts) => number) =>
  counts.reduce((total, one) => total + read(one), 0)
const toldIn = ({ open, succeeded, failed, lapsed }: Counts) => open + succeeded + failed + lapsed
const add = (counts: readonly Counts[], index: number, change: Partial<Counts>): Counts[] =>
  counts.map((one, at) =>
    at === index
      ? {
          open: one.open + (change.open ?? 0),
          succeeded: one.succeeded + (change.succeeded ?? 0),
          failed: one.failed + (change.failed ?? 0),
          lapsed: one.lapsed + (change.lapsed ?? 0),
        }
      : one,
  )

/** What ended since the last resumption, over these phases. */
function ended(
  { counts, forgiven }: World,
  phases: readonly number[],
  isForgiven: boolean,
): Counts {
  const of = (all: readonly Counts[], read: (one: Counts) => number) =>
    sum(
      phases.map((index) => all[index] ?? NOTHING),
      read,
    )
  const before = isForgiven && forgiven !== null ? forgiven.counts : []
  return {
    open: of(counts, ({ open }) => open),
    succeeded: of(counts, ({ succeeded }) => succeeded) - of(before, ({ succeeded }) => succeeded),
    failed: of(counts, ({ failed }) => failed) - of(before, ({ failed }) => failed),
    lapsed: of(counts, ({ lapsed }) => lapsed),
  }
}

function standingOf(world: World): Standing {
  const { state, now, phase, toldAt, waiting, counts, forgiven } = world
  const isAccepted = forgiven?.phase === phase
  return {
    state,
    now,
    phase: PHASES[phase] ?? {},
    abort: ABORT,
    upTo: SIZES[phase] ?? Infinity,
    told: sum(counts, toldIn),
    toldInPhase: toldIn(counts[phase] ?? NOTHING),
    toldAt,
    hasWaiting: waiting > 0,
    mayGrow: false,
    isAccepted,
    whole: ended(world, [0, 1, 2], true),
    current: ended(world, [phase], isAccepted),
  }
}

const failedShare = ({ succeeded, failed }: Counts) =>
  (failed * 100) / Math.max(1, succeeded + failed)

/** What may happen next; throws where the decision breaks a promise. */
function follow(world: World, next: Next): readonly World[] {
  const { phase, waiting, counts } = world
  const current = standingOf(world)
  switch (next.kind) {
    case 'tell': {
      expect(waiting).toBeGreaterThan(0)
      expect(next.atMost).toBeLessThanOrEqual((SIZES[phase] ?? Infinity) - sum(counts, toldIn))
      return [{ ...world, waiting: waiting - 1, counts: add(counts, phase, { open: 1 }) }]
    }
    case 'end-telling':
      return [{ ...world, toldAt: world.now }]
    case 'next-phase': {
      const { success } = PHASES[phase] ?? {}
      const { succeeded, failed, open } = current.current
      const isMet =
        success === undefined ||
        (succeeded + failed > 0 && (succeeded * 100) / (succeeded + failed) >= success.percent)
      expect(isMet || (current.isAccepted && open === 0)).toBe(true)
      expect(sum(counts, toldIn)).toBeGreaterThanOrEqual(SIZES[phase] ?? 0)
      expect(world.now).toBeGreaterThanOrEqual(
        (world.toldAt ?? Infinity) + (PHASES[phase]?.soakMinutes ?? 0) * MINUTE_MS,
      )
      return [{ ...world, phase: phase + 1, toldAt: null }]
    }
    case 'wait':
      if (next.for === 'soak') return [{ ...world, now: next.until }]
      if (next.for === 'operator') return operatorActs(world)
      expect(next.for).toBe('results')
      return reports(world)
    case 'pause': {
      if (next.because === 'failures') expect(failedShare(current.current)).toBeGreaterThan(50)
      else expect(current.current.open).toBe(0)
      return [{ ...world, state: 'paused' }]
    }
    case 'stop':
      expect(failedShare(current.whole)).toBeGreaterThan(ABORT.failedPercent)
      return [{ ...world, state: 'stopped' }]
    case 'finish':
      expect(sum(counts, ({ open }) => open)).toBe(0)
      if (world.state === 'running') expect(waiting).toBe(0)
      return []
  }
}

/** One of the devices that were told succeeds, fails or is away for too long. */
function reports(world: World): readonly World[] {
  const { counts } = world
  return counts.flatMap(({ open }, index) =>
    open === 0
      ? []
      : (['succeeded', 'failed', 'lapsed'] as const).map((how) => ({
          ...world,
          counts: add(counts, index, { open: -1, [how]: 1 }),
        })),
  )
}

const operatorActs = (world: World): readonly World[] => [
  { ...world, state: 'stopped' },
  { ...world, state: 'running', forgiven: { phase: world.phase, counts: world.counts } },
]

it('leads every path of a campaign to its end, and skips no threshold', () => {
  const start: World = {
    state: 'running',
    now: NOW,
    phase: 0,
    toldAt: null,
    waiting: DEVICES,
    counts: [NOTHING, NOTHING, NOTHING],
    forgiven: null,
  }
  const seen = new Map<string, readonly string[]>()
  const kinds = new Set<string>()
  const open = [start]
  for (let world = open.pop(); world !== undefined; world = open.pop()) {
    const key = JSON.stringify(world)
    if (seen.has(key)) continue
    const next = decideNext(standingOf(world))
    kinds.add(next.kind === 'wait' ? `wait for ${next.for}` : next.kind)
    const following = follow(world, next)
    // What waits can end early: devices report while others are told, and an operator pauses at any time.
    const early = world.state === 'running' && next.kind !== 'finish' ? reports(world) : []
    seen.set(
      key,
      following.map((one) => JSON.stringify(one)),
    )
    open.push(...following, ...early)
  }
  expect(seen.size).toBeGreaterThan(1000)
  expect([...kinds].toSorted()).toEqual(
    [
      'end-telling',
      'finish',
      'next-phase',
      'pause',
      'stop',
      'tell',
      'wait for operator',
      'wait for results',
      'wait for soak',
    ].toSorted(),
  )
  // Nowhere does the campaign go round in a circle: every standing leads to an end.
  const ends = new Set(
    [...seen].filter(([, following]) => following.length === 0).map(([key]) => key),
  )
  for (let before = -1; before !== ends.size;) {
    before = ends.size
    for (const [key, following] of seen) if (following.some((one) => ends.has(one))) ends.add(key)
  }
  expect(ends.size).toBe(seen.size)
})
