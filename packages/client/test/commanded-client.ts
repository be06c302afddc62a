import { afterAll, beforeAll, beforeEach } from 'vitest'
import type { Workshop } from '../src/commands/workshop.ts'
import type { DeviceState } from '../src/state/device-state.ts'
import { Bench } from './bench.ts'
import { Fate, type LifeOptions } from './lives.ts'
import type { OrderChanges } from './test-commands.ts'

/** What the tests of commands share: a client whose effects are counted. */

export const nothingOpen = ({ commands }: DeviceState): boolean =>
  commands?.held.every(({ stage, isReported }) => stage === 'done' && isReported === true) ?? true

/** Counts its effects, each of which leaves a trace outside the process. */
class Effects {
  readonly seen: string[] = []
  fate = new Fate()

  readonly tools = (workshop: Workshop): Workshop => ({
    ...workshop,
    restartSbi: () =>
      this.fate.around('the SBI is restarted', async () => {
        this.seen.push('restart-sbi')
      }),
    applyConfiguration: (configuration) =>
      this.fate.around('settings are written', async () => {
        this.seen.push('settings')
        await workshop.applyConfiguration(configuration)
      }),
  })
}

export let bench: Bench
export let effects: Effects
beforeAll(async () => {
  bench = await Bench.open('face')
})
afterAll(() => bench[Symbol.asyncDispose]())
beforeEach(() => {
  countAgain()
  const { commands } = bench.desk.server
  commands.reports.splice(0)
  commands.questions.splice(0)
  commands.forget(bench.subject)
})

export const commandsOf = () => bench.desk.server.commands
export const live = (options: Partial<LifeOptions> = {}) =>
  bench.live(nothingOpen, { tools: effects.tools, ...options })
export const order = (
  type: Parameters<ReturnType<typeof commandsOf>['order']>[1],
  body: object = {},
  changes: OrderChanges = {},
) => commandsOf().order(bench.subject, type, body, changes)

export const RESTART_SBI = { service: 'sbi' }

/** From none. */
export function countAgain(): void {
  effects = new Effects()
}
