import { SanadError } from '@sanad/protocol/text/problems'
import type { Outcome } from './agent-process.ts'
import type { AgentProblem, AgentRequest } from './agent-protocol.ts'
import { DEFAULT_SESSIONS, type HsmConfig, optionalOf } from './hsm-config.ts'
import type { HsmState } from './hsm.ts'
import { readPin } from './pin-file.ts'

/** The first request to an agent: it opens the token. @returns why it cannot even be asked */
export async function prepareOpening(
  config: HsmConfig,
): Promise<Extract<AgentRequest, { verb: 'open' }> | AgentProblem> {
  const { module, tokenLabel, mode, sessions, pinFile } = config
  try {
    return {
      verb: 'open',
      module,
      tokenLabel,
      mode,
      sessions: sessions ?? DEFAULT_SESSIONS,
      pin: await readPin(pinFile),
      ...optionalOf(config),
    }
  } catch (error) {
    if (!(error instanceof SanadError)) {
      return { code: 'hsm.unavailable', detail: String(error), fault: 'device' }
    }
    const fault = error.code === 'hsm.pin-refused' ? 'pin' : 'permanent'
    return { code: error.code, detail: error.detail ?? error.title, fault }
  }
}

export function problemOfLoss({
  lost,
  lastWords,
}: Extract<Outcome, { lost: string }>): AgentProblem {
  return {
    code: 'hsm.unavailable',
    fault: 'device',
    detail: `the agent ${lost} at its start: ${lastWords}`,
  }
}

/** Why an agent in this state takes no request; undefined when it does, now or soon. */
export function refusalIn(
  state: HsmState,
  trouble: AgentProblem | undefined,
): SanadError | undefined {
  switch (state) {
    case 'ready':
    case 'starting':
      return undefined
    case 'pin-refused':
      return new SanadError(trouble?.code ?? 'hsm.pin-refused', trouble?.detail)
    case 'unavailable':
      return new SanadError('hsm.unavailable', `the HSM is away: ${trouble?.detail ?? ''}`)
    case 'closed':
      return new SanadError('hsm.unavailable', 'the HSM is closed')
  }
}
