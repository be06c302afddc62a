import {
  destroyDoomed,
  destroyKeys,
  installCertificate,
  installSuccessor,
  makeSuccessor,
} from '../key-steps.ts'
import type { StepWork } from '../kept-device.ts'
import type { Step } from '../next-step.ts'
import { obeyCommand } from './commands.ts'
import { beginRecovery, changing, installing, makeKey } from './keys.ts'
import { deliverPurge, signPurge } from './purge.ts'
import { asking, deliver, giveUpMessage, judgeAgain, synchronise } from './talk.ts'

/** What each step does. A new kind of step does not compile until it has a row here. */
export const STEPS: Record<Exclude<Step['kind'], 'rest'>, StepWork> = {
  synchronise,
  'judge-again': judgeAgain,

  'ask-for-challenge': asking('ask-for-challenge'),
  'ask-for-certificate': asking('ask-for-certificate'),
  'ask-for-rotation': asking('ask-for-rotation'),
  'check-in': asking('check-in'),
  'ask-for-commands': asking('ask-for-commands'),
  deliver,
  'give-up-message': giveUpMessage,

  'make-key': makeKey,
  'make-successor': changing(makeSuccessor),
  'install-certificate': installing(installCertificate),
  'install-successor': installing(installSuccessor),
  'begin-recovery': beginRecovery,
  'destroy-doomed': changing(destroyDoomed),
  'destroy-keys': changing(destroyKeys),

  'obey-command': obeyCommand,

  'sign-purge': signPurge,
  'deliver-purge': deliverPurge,
}
