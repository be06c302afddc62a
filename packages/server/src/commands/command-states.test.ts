import type { Command } from '@sanad/protocol/domain/commands'
import {
  COMMAND_ACTS,
  COMMAND_STATES,
  type CommandAct,
  type CommandState,
  commandLife,
} from '@sanad/protocol/domain/command-lifecycle'
import type { CommandOrderView } from '@sanad/protocol/operator-api/commands'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { CommandedDevice } from '../../test/commanded-device.ts'
import { TestCommands, newOrder } from '../../test/test-commands.ts'
import type { TestOperator } from '../../test/test-portal.ts'
import { settleCommands } from './command-jobs.ts'

/** Every cell of the table of states, through the doors by which operators, devices and time come in. */

let commands: TestCommands
let officer: TestOperator
beforeAll(async () => {
  commands = await TestCommands.start()
  officer = await commands.portal.signIn('security-officer')
}, 120_000)
afterAll(() => commands[Symbol.asyncDispose]())

/** One command, its device, and the command as the device got it. */
interface Case {
  readonly device: CommandedDevice
  readonly commandId: string
  sent: Command | undefined
}

const REPORTS = {
  acknowledge: 'acknowledged',
  succeed: 'succeeded',
  fail: 'failed',
  refuse: 'refused',
  'put-back': 'not-now',
} as const

async function begin(): Promise<Case> {
  const device = await commands.addDevice()
  const payload = newOrder([device.deviceId], { type: 'collect-information', body: {} })
  const reply = await officer.ask('POST', '/commands', { payload })
  const commandId = reply.json<CommandOrderView>().commands[0]?.commandId ?? ''
  return { device, commandId, sent: undefined }
}

async function carryOut(one: Case, act: CommandAct): Promise<void> {
  const { device, commandId } = one
  switch (act) {
    case 'send':
      one.sent = (await device.ask()).find(({ id }) => id === commandId) ?? one.sent
      return
    case 'cancel':
    case 'retry':
      await officer.ask('POST', `/commands/${commandId}/${act}`, { payload: {} })
      return
    case 'expire': {
      const was = commands.time.now
      commands.time.now += 5 * DAY_MS
      await settleCommands({
        database: commands.portal.db.database,
        clock: () => commands.time.now,
      })
      commands.time.now = was
      return
    }
    case 'acknowledge':
    case 'succeed':
    case 'fail':
    case 'refuse':
    case 'put-back': {
      const { id, number } = one.sent ?? { id: commandId, number: 1 }
      await device.send([device.report({ id, number }, { state: REPORTS[act] })])
    }
  }
}

const PATHS: Record<CommandState, readonly CommandAct[]> = {
  queued: [],
  sent: ['send'],
  acknowledged: ['send', 'acknowledge'],
  succeeded: ['send', 'succeed'],
  failed: ['send', 'fail'],
  refused: ['send', 'refuse'],
  expired: ['send', 'expire'],
  cancelled: ['send', 'cancel'],
}

it.each(COMMAND_STATES.flatMap((state) => COMMAND_ACTS.map((act) => [state, act] as const)))(
  'a command that is %s, and %s',
  async (state, act) => {
    const one = await begin()
    for (const step of PATHS[state]) await carryOut(one, step)
    const before = await commands.rowOf(one.commandId)
    expect(before.state).toBe(state)
    await carryOut(one, act)
    const after = await commands.rowOf(one.commandId)
    const expected = commandLife.allows(state, act) ? commandLife.next(state, act) : state
    expect(after.state).toBe(expected)
    // What a device did all the same is shown beside, and moves nothing.
    const isLate = after.late_state !== null
    if (!commandLife.allows(state, act) && !isLate) expect(after).toEqual(before)
    if (isLate) expect(['expired', 'cancelled']).toContain(state)
  },
)
