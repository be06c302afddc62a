import type { CommandReport } from '@sanad/protocol/domain/command-report'
import type { RequestBody } from '@sanad/protocol/wire/messages'
import type { DeviceState } from '../state/device-state.ts'
import { type HeldCommand, type HeldCommands, NO_COMMANDS } from '../state/held-commands.ts'

/** The content of a message about commands: the highest number, and reports. Pure. */

const MOST_REPORTS = 8
/** A sealed message holds 64 KiB; a JSON text is 16/9 of its length in there, and a digital ID needs its place. */
const ROOM_FOR_REPORTS = 27_000

export function makeCommandsBody(state: DeviceState): RequestBody<'commands'> {
  const { highest, held } = state.commands ?? NO_COMMANDS
  const reports: CommandReport[] = []
  let room = ROOM_FOR_REPORTS
  for (const { report } of held.filter(isToBeReported)) {
    if (report === undefined || reports.length === MOST_REPORTS) break
    room -= Buffer.byteLength(JSON.stringify(report))
    // The first always goes: its length was bounded when it was made.
    if (room < 0 && reports.length > 0) break
    reports.push(report)
  }
  return { highest, reports }
}

export const isToBeReported = ({ report, isReported }: HeldCommand): boolean =>
  report !== undefined && isReported !== true

/** The message is on its way with these reports. */
export function markReported(
  state: DeviceState,
  { reports }: RequestBody<'commands'>,
  mid: string,
): DeviceState {
  const { commands = NO_COMMANDS } = state
  const told = new Set(reports.map(({ id }) => id))
  const held = commands.held.map((command) =>
    told.has(command.id) && isToBeReported(command) ? { ...command, reportedIn: mid } : command,
  )
  return { ...state, commands: { ...commands, held } }
}

/** The server answered that it does not know one of them: it will never take these reports. */
export function dropReports(commands: HeldCommands, mid: string): HeldCommands {
  return { ...commands, held: commands.held.filter(({ reportedIn }) => reportedIn !== mid) }
}
