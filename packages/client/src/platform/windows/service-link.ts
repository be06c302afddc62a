import { connect } from 'node:net'
import type { Supervisor } from '../platform.ts'
import { waitForSignal } from '../stop-signals.ts'

/**
 * The Windows service that started this client, if one did: `sanad-service.exe` names a pipe of its own. Down the
 * pipe goes one word when the client works; when the service closes it, or is gone, the client stops.
 */

export const PIPE_VARIABLE = 'SANAD_SERVICE_PIPE'
const READY = 'ready\n'

/** SIGBREAK and SIGHUP: Windows closes the console or ends the session. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGBREAK', 'SIGHUP'] as const

export function windowsSupervisor(env: NodeJS.ProcessEnv = process.env): Supervisor {
  const pipe = env[PIPE_VARIABLE]
  if (pipe === undefined)
    return { tellReady: () => undefined, waitForStop: () => waitForSignal(SIGNALS) }
  const { promise: closed, resolve: close } = Promise.withResolvers<void>()
  return {
    tellReady: () => {
      const socket = connect(pipe, () => socket.write(READY))
      socket.on('error', () => close()).on('close', () => close())
      socket.resume()
    },
    waitForStop: () => Promise.race([closed, waitForSignal(SIGNALS)]),
  }
}
