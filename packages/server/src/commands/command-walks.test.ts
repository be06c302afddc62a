import { randomUUID } from 'node:crypto'
import type { CommandReport } from '@sanad/protocol/domain/command-report'
import { SanadError } from '@sanad/protocol/text/problems'
import {
  array,
  asyncProperty,
  assert,
  boolean,
  constant,
  constantFrom,
  integer,
  oneof,
  record,
} from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type CommandedDevice, verifyCommand } from '../../test/commanded-device.ts'
import { TestCommands, newOrder } from '../../test/test-commands.ts'
import { insertTestOperator } from '../../test/test-portal.ts'
import { CommandDesk } from './command-desk.ts'
import type { CommandService } from './command-service.ts'
import { readCommandView } from './command-view.ts'

/** Delivery at least once, effect exactly once: whatever is lost, ends or is away on the way. */

const ENDED = 'the process ended here'

let commands: TestCommands
let desk: CommandDesk
let operatorId: string
/** So many are signed before the HSM or the process is gone. */
let signsLeft = 0
let effectsInAll = 0
const services = {} as Record<'fine' | 'away' | 'ending', CommandService>
beforeAll(async () => {
  commands = await TestCommands.start()
  const { database } = commands.portal.db
  desk = new CommandDesk({ database, clock: () => commands.time.now })
  operatorId = await insertTestOperator(commands.portal.db, 'Walker', 'operator')
  const { hsm } = commands.trust
  const refusing = (error: Error) =>
    commands.openService({
      listKeys: () => hsm.listKeys(),
      certifyCommandKey: (keyId, tbs) => hsm.certifyCommandKey(keyId, tbs),
      signCommand: (keyId, input) =>
        signsLeft-- > 0 ? hsm.signCommand(keyId, input) : Promise.reject(error),
    })
  services.fine = commands.service
  services.away = refusing(new SanadError('hsm.unavailable'))
  services.ending = refusing(new Error(ENDED))
}, 120_000)
afterAll(() => commands[Symbol.asyncDispose]())

const asks = record({
  kind: constant('ask' as const),
  hsm: constantFrom('fine' as const, 'fine' as const, 'away' as const, 'ending' as const),
  signsFirst: integer({ min: 0, max: 3 }),
  isAnswerLost: boolean(),
  givesUp: boolean(),
  isBusy: boolean(),
})
const steps = array(
  oneof(
    { weight: 3, arbitrary: constant({ kind: 'order' as const }) },
    { weight: 1, arbitrary: constant({ kind: 'cancel' as const }) },
    { weight: 6, arbitrary: asks },
  ),
  { minLength: 5, maxLength: 30 },
)

/** A device that has one message on its way at a time, and sends it again until it is answered. */
class Walker {
  readonly ordered: string[] = []
  readonly cancelled = new Set<string>()
  /** How often each command took effect. */
  readonly effects = new Map<string, number>()
  readonly #device: CommandedDevice
  #highest = 0
  #seq = 0
  #reports: CommandReport[] = []
  #underway: readonly CommandReport[] | undefined

  constructor(device: CommandedDevice) {
    this.#device = device
  }

  async order(): Promise<void> {
    const order = newOrder([this.#device.deviceId], {
      type: 'run-self-test',
      body: { tests: ['clock'] },
    })
    const made = await desk
      .order(order as Parameters<CommandDesk['order']>[0], operatorId)
      .catch(ignore('command.too-many-waiting'))
    this.ordered.push(...(made?.commands.map(({ commandId }) => commandId) ?? []))
  }

  async cancel(): Promise<void> {
    const commandId = this.ordered.find((id) => !this.cancelled.has(id)) ?? randomUUID()
    const view = await desk
      .cancel(commandId, operatorId)
      .catch(ignore('command.transition-refused', 'command.not-found'))
    if (view !== undefined) this.cancelled.add(commandId)
  }

  /** A device that lost its message makes a new one, with what it has to report still. */
  giveUp(): void {
    this.#underway = undefined
  }

  async ask(service: CommandService, isAnswerLost: boolean, isBusy: boolean): Promise<boolean> {
    if (this.#underway === undefined) {
      this.#seq++
      this.#underway = this.#reports.slice(0, 8)
    }
    const body = { highest: this.#highest, reports: this.#underway }
    const message = await this.#device.message(body, this.#seq)
    const answer = await this.#device.answerTo(message, service).catch(unlessEnded)
    if (answer === undefined || isAnswerLost) return true
    if (answer.type === 'refusal') throw new Error(answer.body.code)
    const taken = new Set(this.#underway)
    this.#reports = this.#reports.filter((report) => !taken.has(report))
    this.#underway = undefined
    for (const jws of answer.body.commands) this.#take(jws, isBusy)
    return answer.body.more || this.#reports.length > 0
  }

  #take(jws: string, isBusy: boolean): void {
    const command = verifyCommand(jws, commands.trust, commands.time.now)
    if (command.number <= this.#highest) return
    this.#highest = command.number
    const state = isBusy ? 'not-now' : 'succeeded'
    if (!isBusy) this.effects.set(command.id, (this.effects.get(command.id) ?? 0) + 1)
    const retry = isBusy ? { retryAfterSeconds: 1 } : {}
    this.#reports.push(this.#device.report(command, { state, ...retry }))
  }
}

const unlessEnded = (error: unknown): undefined => {
  if (!(error instanceof Error) || error.message !== ENDED) throw error
}

const ignore =
  (...codes: readonly string[]) =>
  (error: unknown): undefined => {
    if (!(error instanceof SanadError) || !codes.includes(error.code)) throw error
  }

it('lets every command take effect once, and none that was cancelled before it was sent', async () => {
  await assert(
    asyncProperty(steps, async (walk) => {
      const walker = new Walker(await commands.addDevice())
      for (const step of walk) {
        commands.time.now += 1000
        if (step.kind === 'order') await walker.order()
        else if (step.kind === 'cancel') await walker.cancel()
        else {
          signsLeft = step.signsFirst
          if (step.givesUp) walker.giveUp()
          await walker.ask(services[step.hsm], step.isAnswerLost, step.isBusy)
        }
      }
      for (let round = 0, isMore = true; isMore || round < 3; round++) {
        expect(round).toBeLessThan(40)
        commands.time.now += 2000
        isMore = await walker.ask(services.fine, false, false)
      }
      for (const commandId of walker.ordered) {
        const { state, lateState } = await readCommandView(commands.portal.db.database, commandId)
        const effects = walker.effects.get(commandId) ?? 0
        effectsInAll += effects
        if (walker.cancelled.has(commandId)) {
          expect(state).toBe('cancelled')
          expect(effects).toBe(lateState === 'succeeded' ? 1 : 0)
        } else {
          expect([state, effects]).toEqual(['succeeded', 1])
        }
      }
    }),
    { numRuns: 40 },
  )
  expect(effectsInAll).toBeGreaterThan(40)
}, 120_000)
