import type { DeviceView } from '@sanad/protocol/operator-api/devices'
import type { OperatorAct } from './device-queries.ts'

/** Where what a refusal advises is done: an act on the device, or a page. */
export interface Advice {
  /** The way to what is wanted, its last step first: what the state does not allow yet, an earlier step makes possible. */
  readonly acts: readonly OperatorAct[]
  readonly page?: '/approvals' | '/models'
}

const APPROVE_AGAIN: Advice = { acts: ['approve', 'deregister'] }
const LOOK_AT_MODELS: Advice = { acts: [], page: '/models' }
const NOTHING: Advice = { acts: [] }

/** As the sentences of the server have it (server: registration/sentences.ts). */
const ADVICE: Readonly<Record<string, Advice>> = {
  'registration.approval-pending': { acts: [], page: '/approvals' },
  'registration.enrolment-secret-wrong': APPROVE_AGAIN,
  'registration.device-suspended': { acts: ['resume'] },
  'registration.device-blocked': APPROVE_AGAIN,
  'registration.device-deregistered': APPROVE_AGAIN,
  'registration.already-registered': APPROVE_AGAIN,
  'registration.suspected-clone': { acts: ['block'] },
  'registration.ftm-chain-invalid': LOOK_AT_MODELS,
  'registration.digital-id-mismatch': LOOK_AT_MODELS,
  'registration.level-mismatch': LOOK_AT_MODELS,
  'recovery.grace-over': APPROVE_AGAIN,
  'recovery.refused-by-policy': APPROVE_AGAIN,
}

export const adviceFor = (code: string): Advice => ADVICE[code] ?? NOTHING

/** The step that the device’s state allows now, and what follows it. */
export function nextStep(
  { acts }: Advice,
  actions: DeviceView['actions'],
): { readonly act: OperatorAct; readonly next: OperatorAct | undefined } | undefined {
  const index = acts.findIndex((act) =>
    actions.some((action) => action.act === act && action.isAllowed),
  )
  const act = acts[index]
  return act === undefined ? undefined : { act, next: acts[index - 1] }
}
