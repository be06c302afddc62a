import { randomInt } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { type End, type Life, type LifeOptions, live } from './client-life.ts'
import { Cut } from './cut.ts'
import type { CutDevice } from './cut-device.ts'
import type { Tree } from './disk-model.ts'
import { listBrokenAfterCut, listBrokenAtEnd } from './promises.ts'
import { startRecording, stopRecording } from './recording-disk.ts'
import { type Scenario, letTimePass } from './scenarios.ts'
import type { ServerCutPlan } from './server-cuts.ts'
import type { Site } from './site.ts'
import { writeTree } from './trees.ts'

/** One change of state with the power cut in it, and what came of it. */

export interface RoundPlan {
  readonly scenario: Scenario
  /** Before which step of the client; undefined when the cut is elsewhere. */
  readonly client?: {
    readonly at: number
    /** Which of the states that the disk may be in. */
    readonly state: number
    readonly inFlight: boolean
  }
  /** The disk says that it flushed and did not. */
  readonly isForgetful?: boolean
  /** The power goes once more in the life after the first cut. */
  readonly again: boolean
  readonly database?: ServerCutPlan
  readonly token?: 'before' | 'after'
}

export interface Round {
  readonly cuts: number
  /** What was not done any more. */
  readonly step: string | undefined
  /** Of the client, up to the cut; all of them when there was none. */
  readonly steps: readonly string[]
  /** In how many states the disk could be at the first cut; and which was taken. */
  readonly states: number
  readonly broken: readonly string[]
  readonly lives: number
}

const MOST_STATES = 64
const MOST_LIVES = 40
const PATIENCE_MS = 20_000

export async function playRound(site: Site, device: CutDevice, plan: RoundPlan): Promise<Round> {
  const { scenario, client, database, token } = plan
  await scenario.prepare(site, device)
  const before = (await device.places.readState())?.key?.keyId
  const player = new Player(site, device, plan, before)
  site.cuts.hit = undefined
  site.signed.hit = undefined
  if (database !== undefined) site.cuts.arm(database)
  if (token !== undefined) site.signed.cut = { when: token, strike: () => site.killToken() }
  const steps: string[] = []
  let states = 0
  let isFirst = true
  let isCutAgain = plan.again
  for (let end: End | undefined; end !== 'over';) {
    if (player.lives > MOST_LIVES) throw new Error(`${MOST_LIVES} lives, and not over`)
    const at = isFirst ? client && client.at - steps.length : isCutAgain && randomInt(1, 40)
    if (!isFirst) isCutAgain = false
    const life = await player.live(at || undefined, isFirst ? client : undefined)
    end = life.end
    if (isFirst) steps.push(...player.steps)
    if (isFirst && end === 'cut') states = player.states
    // Waiting for a person is no cut: the steps are counted on.
    isFirst &&= end === 'held'
    if (end === 'held')
      await letTimePass(site, device, life.state?.hold?.until ?? site.server.now())
    if (end === 'server-failed') await mendServer(site)
  }
  const wasCut = states > 0
  const step = site.cuts.hit ?? site.signed.hit ?? (wasCut ? steps.at(-1) : undefined)
  site.cuts.disarm()
  site.signed.cut = undefined
  const ofServer = [site.cuts.hit, site.signed.hit].filter((hit) => hit !== undefined).length
  const atEnd = await listBrokenAtEnd(site, device, scenario.name)
  return {
    cuts: player.cuts + ofServer,
    step,
    steps,
    states,
    broken: [...player.broken, ...atEnd],
    lives: player.lives,
  }
}

async function mendServer(site: Site): Promise<void> {
  if (site.cuts.isDown) await site.startServer()
  else if (site.signed.hit !== undefined) await wait(150) // the token's agent is started again by itself
}

class Player {
  readonly #site: Site
  readonly #device: CutDevice
  readonly #plan: RoundPlan
  readonly #keyBefore: string | undefined
  readonly broken: string[] = []
  steps: readonly string[] = []
  states = 0
  cuts = 0
  lives = 0

  constructor(site: Site, device: CutDevice, plan: RoundPlan, keyBefore: string | undefined) {
    this.#site = site
    this.#device = device
    this.#plan = plan
    this.#keyBefore = keyBefore
  }

  /** Until it is over or cut; the disk is then as a cut may have left it. */
  async live(at?: number, first?: RoundPlan['client']): Promise<Life> {
    this.lives++
    const cut = new Cut(at)
    const model = startRecording(this.#device.disk, cut, this.#plan.isForgetful)
    let states: Tree[] = []
    cut.onDeath(() => (states = model.listStates(MOST_STATES, Math.random)))
    try {
      return await live(this.#options(cut, first?.inFlight === true))
    } finally {
      stopRecording()
      this.steps = cut.steps
      this.states = states.length
      if (cut.isDead) await this.#wakeUp(states, first?.state)
    }
  }

  async #wakeUp(states: readonly Tree[], choice = randomInt(states.length)): Promise<void> {
    this.cuts++
    const tree = states[choice % states.length]
    if (tree === undefined) throw new Error('a disk has a state')
    writeTree(this.#device.disk, tree)
    const mustHaveKey = this.#plan.scenario.hasKeyThroughout
    if (this.#plan.scenario.name === 'rotation' || this.#plan.scenario.name === 'registration')
      this.broken.push(...(await listBrokenAfterCut(this.#site, this.#device, mustHaveKey)))
  }

  #options(cut: Cut, isCutInFlight: boolean): LifeOptions {
    const { numbers, enrolmentSecret, port, disk, form } = this.#device
    const { cuts, signed, server } = this.#site
    return {
      config: this.#site.clientConfig(port, disk, form),
      cut,
      enrolmentSecret,
      isCutInFlight,
      isOver: (state) => this.#plan.scenario.isOver(state, this.#keyBefore),
      delivered: (mid, { sequence }) => {
        // A bucket of the rate limit fills with time.
        server.advance(700)
        if (!numbers.has(mid)) numbers.set(mid, sequence)
      },
      hasServerFailed: (failures) =>
        cuts.isDown || ((cuts.hit !== undefined || signed.hit !== undefined) && failures > 0),
      patienceMs: PATIENCE_MS,
    }
  }
}
