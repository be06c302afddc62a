import { spawn } from 'node:child_process'
import type { Supervisor } from '../platform.ts'
import { waitForSignal } from '../stop-signals.ts'

/**
 * sd_notify(3): what systemd is told by a service of `Type=notify`. It listens on a datagram socket, which Node cannot
 * write to, so its own program does it. docs/adr/0051
 */

const PROGRAM = 'systemd-notify'
const SIGNALS = ['SIGTERM', 'SIGINT'] as const
/** sd_watchdog_enabled(3): at half of the time. A third leaves room for one that is late. */
const PINGS = 3
const MICROSECONDS = 1000

export function systemdSupervisor(env: NodeJS.ProcessEnv = process.env): Supervisor {
  const socket = env['NOTIFY_SOCKET']
  if (socket === undefined)
    return { tellReady: () => undefined, waitForStop: () => waitForSignal(SIGNALS) }
  const tell = (state: string): void => notify(socket, state)
  return {
    tellReady: () => {
      tell('READY=1')
      const pingMs = readPing(env)
      // By a timer of the event loop: a client that hangs is silent, and systemd starts it again.
      if (pingMs !== undefined) setInterval(() => tell('WATCHDOG=1'), pingMs).unref()
    },
    waitForStop: async () => {
      await waitForSignal(SIGNALS)
      tell('STOPPING=1')
    },
  }
}

/** @returns milliseconds; undefined without a watchdog, or with one for another process */
function readPing(env: NodeJS.ProcessEnv): number | undefined {
  const { WATCHDOG_USEC: time, WATCHDOG_PID: pid = String(process.pid) } = env
  if (time === undefined || pid !== String(process.pid)) return undefined
  const ms = Math.floor(Number(time) / MICROSECONDS / PINGS)
  return ms >= 1 ? ms : undefined
}

function notify(socket: string, state: string): void {
  spawn(PROGRAM, [state], {
    stdio: 'ignore',
    env: { PATH: '/usr/bin:/bin', NOTIFY_SOCKET: socket },
  })
    // Without it the service is not ready in time, and systemd says so.
    .on('error', () => undefined)
    .unref()
}
