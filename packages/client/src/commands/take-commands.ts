import type { CommandReport } from '@sanad/protocol/domain/command-report'
import type { AnswerBody } from '@sanad/protocol/wire/messages'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import type { DeviceState } from '../state/device-state.ts'
import {
  type HeldCommand,
  type HeldCommands,
  NO_COMMANDS,
  change,
  conclude,
  hasRoom,
  holdCommand,
  prune,
} from '../state/held-commands.ts'
import type { OpenedCommand } from './open-command.ts'

/**
 * What an answer with commands does to a device’s state: it settles the reports that the server took, and holds the
 * new commands. Pure; they are on disk, with their numbers, before the device obeys any of them.
 */

/** A clock that is a little behind the server’s is no reason to put a command off. */
const EARLY_MS = 60_000
const IN_VAIN_MS = 15 * 60_000
const LONGEST_WAIT_SECONDS = 604_800

export function takeCommandsAnswer(
  state: DeviceState,
  { more }: AnswerBody<'commands-answer'>,
  opened: readonly OpenedCommand[],
  { mid, now }: { readonly mid: string; readonly now: number },
): DeviceState {
  const before = state.commands ?? NO_COMMANDS
  const wasTold = before.held.some(({ reportedIn }) => reportedIn === mid)
  const { notBefore: _, ...commands } = noteReported(before, mid)
  const taken = opened.reduce<HeldCommands>((all, one) => takeOne(all, one, now), commands)
  const next = prune({ ...taken, areWaiting: more })
  // Asking again at once would only bring the same rejected commands.
  const isInVain = more && taken === commands && !wasTold
  return { ...state, commands: isInVain ? { ...next, notBefore: now + IN_VAIN_MS } : next }
}

/** The server has what this message reported. */
function noteReported(commands: HeldCommands, mid: string): HeldCommands {
  const held = commands.held.map((command): HeldCommand => {
    if (command.reportedIn !== mid) return command
    const { reportedIn: _, ...rest } = command
    return { ...rest, isReported: true }
  })
  return { ...commands, held }
}

function takeOne(commands: HeldCommands, opened: OpenedCommand, now: number): HeldCommands {
  if (opened.kind === 'dropped') return commands
  // Not taken and not reported, so the server sends it again when there is room.
  if (!hasRoom(commands)) return commands
  const { id, number } = opened.kind === 'command' ? opened.command : opened
  const known = commands.held.find((held) => held.id === id && held.number === number)
  if (known !== undefined) return change(commands, id, reportAgain)
  if (commands.held.some((held) => held.id === id && held.number > number)) return commands
  // Obeyed once already, or overtaken by a later one: never again, and the number stays.
  if (number <= commands.highest) {
    const report = refusal(id, number, now, 'verification-failed')
    return hold(commands, { id, number, stage: 'done', report })
  }
  // The device answered "not now" to this command before, and the server gave it a new number.
  const others = { ...commands, held: commands.held.filter((held) => held.id !== id) }
  return hold({ ...others, highest: number }, judge(opened, now))
}

const hold = (commands: HeldCommands, held: HeldCommand): HeldCommands => ({
  ...commands,
  held: [...commands.held, held],
})

function judge(opened: Exclude<OpenedCommand, { kind: 'dropped' }>, now: number): HeldCommand {
  if (opened.kind === 'not-understood') {
    const { id, number } = opened
    const report = refusal(id, number, now, 'not-supported')
    return { id, number, stage: 'done', report }
  }
  const { command, notBefore, notAfter } = opened
  const held = holdCommand(command, notAfter)
  if (now > notAfter) return conclude(held, refusal(held.id, held.number, now, 'expired'))
  if (now + EARLY_MS >= notBefore) return held
  const seconds = Math.ceil((notBefore - now) / 1000)
  const retryAfterSeconds = Math.min(LONGEST_WAIT_SECONDS, seconds)
  return conclude(held, { ...reportOn(held, 'not-now', now), retryAfterSeconds })
}

/** The server sent it again, so it has no report of it after all. */
function reportAgain(held: HeldCommand): HeldCommand {
  const { isReported: _, ...rest } = held
  return rest
}

const refusal = (
  id: string,
  number: number,
  now: number,
  failure: NonNullable<CommandReport['failure']>,
): CommandReport => ({ ...reportOn({ id, number }, 'refused', now), failure })

export const reportOn = (
  { id, number }: Pick<HeldCommand, 'id' | 'number'>,
  state: CommandReport['state'],
  now: number,
): CommandReport => ({ id, number, state, at: formatTimestamp(now) })
