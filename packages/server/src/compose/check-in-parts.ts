import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import type { WriteAnswer } from '../check-ins/check-ins.ts'
import { COMMANDS_OF_SENDER, answerCommands } from '../commands/check-in-part.ts'
import type { SenderParts } from '../messages/senders.ts'
import type { Clock } from '../platform/clock.ts'
import { POLICY_OF_SENDER, answerPolicy } from '../policies/check-in-part.ts'
import { ORDER_OF_SENDER, answerRotation } from '../rotation/check-in-part.ts'
import type { RotationPlanner } from '../rotation/rotation-planner.ts'

/** What each slice looks at when a device sends a message, and what it says in the answer to a check-in. */

/** One statement reads them all: docs/architecture.md, “How a check-in flows”. */
export const SENDER_PARTS: SenderParts = {
  policies: POLICY_OF_SENDER,
  rotation: ORDER_OF_SENDER,
  commands: COMMANDS_OF_SENDER,
}

/** A member that no slice says does not compile. */
export const answerCheckIns =
  (planner: RotationPlanner, clock: Clock): WriteAnswer =>
  (sender, settings) => ({
    certificateNotAfter: formatTimestamp(sender.notAfter),
    ...answerPolicy(settings),
    ...answerRotation(planner.plan(sender, settings)),
    ...answerCommands(sender, clock()),
  })
