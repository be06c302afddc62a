import { requireCommandBody } from '@sanad/protocol/domain/commands'
import { SanadError } from '@sanad/protocol/text/problems'
import { countCommands, isAnyOpen, orderForCampaign } from '../commands/campaign-commands.ts'
import { listCommandsInState, readCommandsOf } from '../commands/campaign-command-list.ts'
import {
  cancelCommands,
  forgetHold,
  holdCommands,
  releaseCommands,
} from '../commands/command-holds.ts'
import { TELLABLE_DEVICE } from '../commands/tellable-device.ts'
import type { CampaignKind, CampaignTerms } from './campaign-kind.ts'

/** One command for each device. */
export const commandKind: CampaignKind = {
  canBeTold: TELLABLE_DEVICE,
  isExpected: TELLABLE_DEVICE,
  check(terms, isContinuing) {
    const { type, body } = commandOf(terms)
    requireCommandBody(type, body)
    // It would end the trust in devices that nobody has thought of yet.
    if (isContinuing && type === 'deregister')
      throw new SanadError('request.malformed', 'a continuing campaign does not de-register')
  },
  tell: (tx, { terms, ...campaign }, deviceIds, now) =>
    orderForCampaign(tx, { ...campaign, ...terms, ...commandOf(terms) }, deviceIds, now),
  countOutcomes: countCommands,
  readTold: readCommandsOf,
  listTold: listCommandsInState,
  isAnyOpen,
  hold: holdCommands,
  release: releaseCommands,
  cancel: cancelCommands,
  forget: forgetHold,
}

function commandOf({ command }: CampaignTerms) {
  if (command === undefined) throw new SanadError('request.malformed', 'body/command')
  return command
}
