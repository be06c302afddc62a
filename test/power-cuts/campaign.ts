import './come-between.ts'
import { CutDevice } from './cut-device.ts'
import { FORMS, type Form } from './forms.ts'
import { type Round, type RoundPlan, playRound } from './round.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'
import type { Site } from './site.ts'
import { Itinerary } from './itinerary.ts'

/** Rounds, one after the other, of devices that are registered, rotate, recover and are purged. */

export interface StepFigures {
  cuts: number
  /** Of the disk, that were taken up at this step and were not alike. */
  states: number
  violations: number
}

export interface Violation {
  readonly round: number
  readonly scenario: string
  readonly form: Form
  readonly step: string | undefined
  readonly plan: unknown
  readonly broken: readonly string[]
}

export interface CampaignReport {
  readonly rounds: number
  readonly cuts: number
  /** Of the disk, at one step no two alike, that a client was started from after a first cut. */
  readonly states: number
  /** In how many it could have been at the steps that were cut. */
  readonly offered: number
  /** Steps of the client that were cut. */
  readonly places: number
  readonly violations: readonly Violation[]
  readonly lives: number
  readonly seconds: number
  readonly byKind: Readonly<Record<string, number>>
  readonly perStep: Readonly<Record<string, StepFigures>>
}

/** The life of one device: as often as each change is worth looking at. */
const LIFE: readonly Scenario['name'][] = [
  'registration',
  'rotation',
  'rotation',
  'recovery',
  'rotation',
  'rotation',
  'rotation',
  'recovery',
]
/** And how it ends, in turn. */
const ENDS: readonly Scenario['name'][] = ['purge', 'late-purge']

export async function runCampaign(
  site: Site,
  { rounds, signal }: { readonly rounds: number; readonly signal?: AbortSignal },
  say: (report: CampaignReport) => void = () => {},
): Promise<CampaignReport> {
  const campaign = new Campaign(site)
  while (campaign.played < rounds && signal?.aborted !== true)
    for (const form of FORMS) {
      await campaign.playLife(form, rounds)
      say(campaign.report())
    }
  return campaign.report()
}

class Campaign {
  readonly #site: Site
  readonly #itinerary = new Itinerary()
  readonly #begin = performance.now()
  readonly #perStep = new Map<string, StepFigures>()
  readonly #byKind = new Map<string, number>()
  readonly #seen = new Set<string>()
  readonly #violations: Violation[] = []
  #cuts = 0
  #devices = 0
  #lives = 0
  played = 0

  constructor(site: Site) {
    this.#site = site
  }

  report(): CampaignReport {
    return {
      rounds: this.played,
      cuts: this.#cuts,
      states: this.#seen.size,
      ...this.#itinerary.coverage(),
      violations: this.#violations,
      lives: this.#lives,
      seconds: Math.round((performance.now() - this.#begin) / 1000),
      byKind: Object.fromEntries(this.#byKind),
      perStep: Object.fromEntries([...this.#perStep].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    }
  }

  async playLife(form: Form, rounds: number): Promise<void> {
    await using device = await CutDevice.make(this.#site, form)
    const end = ENDS[Math.floor(this.#devices++ / FORMS.length) % ENDS.length] ?? 'purge'
    for (const name of [...LIFE, end]) {
      if (this.played >= rounds) return
      const isWell = await this.#play(device, SCENARIOS[name])
      if (!isWell) return
    }
    await this.#site.server.trust.responseKeys.renew()
    this.#site.server.log.length = 0
  }

  /** @returns false when the device is not to be used any more */
  async #play(device: CutDevice, scenario: Scenario): Promise<boolean> {
    const { form } = device
    const plan = this.#itinerary.next(scenario, form)
    this.played++
    try {
      const round = await playRound(this.#site, device, plan)
      this.#itinerary.learn(form, plan, round)
      this.#count(form, plan, round)
      return round.broken.length === 0
    } catch (error) {
      this.#blame(form, plan, undefined, [String(error)])
      await this.#site.startServer()
      return false
    }
  }

  #count(form: Form, plan: RoundPlan, { cuts, lives, step, broken }: Round): void {
    this.#cuts += cuts
    this.#lives += lives
    const kind = kindOf(plan)
    if (step !== undefined) this.#byKind.set(kind, (this.#byKind.get(kind) ?? 0) + 1)
    const key = `${plan.scenario.name} ${form}: ${step ?? 'nothing was cut'}`
    const figures = this.#perStep.get(key) ?? { cuts: 0, states: 0, violations: 0 }
    this.#perStep.set(key, figures)
    figures.cuts += cuts
    const { client } = plan
    if (client !== undefined && !client.inFlight && step !== undefined) {
      const state = `${plan.scenario.name} ${form} ${client.at} ${client.state}`
      if (!this.#seen.has(state)) figures.states++
      this.#seen.add(state)
    }
    if (broken.length === 0) return
    figures.violations++
    this.#blame(form, plan, step, broken)
  }

  #blame(form: Form, plan: RoundPlan, step: string | undefined, broken: readonly string[]): void {
    const { scenario, ...rest } = plan
    this.#violations.push({
      round: this.played,
      scenario: scenario.name,
      form,
      step,
      plan: rest,
      broken,
    })
  }
}

function kindOf({ client, database, token }: RoundPlan): string {
  if (database !== undefined) return `server: ${database.what} ${database.when} a statement`
  if (token !== undefined) return `token: killed ${token} signing`
  if (client === undefined) return 'none'
  return client.inFlight ? 'client: message in flight' : 'client: disk'
}
