import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { SanadError } from '@sanad/protocol/text/problems'
import { isMissing } from '../base/private-folder.ts'
import { PLATFORM } from '../platform/platform.ts'
import { DeviceStateStore } from '../state/device-state-store.ts'
import { Agent } from './agent.ts'
import { CLIENT_VERSION } from './client-version.ts'
import type { ClientConfig } from './config.ts'
import { DEVICES_FOLDER, SEEN_FILE } from './foundation.ts'
import { readSeen } from './last-seen.ts'
import { openLog } from '../log/log.ts'
import { wayOf } from './open-proxy.ts'
import { type StatusReport, reportStored } from './status-report.ts'
import { askStatus } from './status-socket.ts'

/** The commands of the program, without the command line. */

/** Asks the supervisor to start the client again (`RestartForceExitStatus=75` of systemd). */
const RESTART_EXIT_CODE = 75

/** @returns the exit code */
export async function runClient(config: ClientConfig): Promise<number> {
  const { promise: restarting, resolve: restart } = Promise.withResolvers<number>()
  const agent = await Agent.start({
    config,
    log: openLog(config.logLevel ?? 'info', config.logFile),
    restart: () => restart(RESTART_EXIT_CODE),
  })
  PLATFORM.supervisor.tellReady()
  const stopped = PLATFORM.supervisor.waitForStop().then(() => 0)
  const code = await Promise.race([agent.run().then(() => 0), stopped, restarting])
  await agent.stop()
  return code
}

const BETWEEN_GLANCES_MS = 100

/** One sweep; each device found does what is due; then the client ends. The log goes to standard error. */
export async function runOnce(config: ClientConfig, patienceMs: number): Promise<StatusReport> {
  const agent = await Agent.start({ config, log: openLog(config.logLevel ?? 'warn', 2) })
  try {
    await agent.sweep()
    const end = performance.now() + patienceMs
    while (!agent.isSettled && performance.now() < end) await wait(BETWEEN_GLANCES_MS)
    return agent.report()
  } finally {
    await agent.stop()
  }
}

/** From the running client, or from what is stored. */
export async function readStatus(config: ClientConfig): Promise<StatusReport> {
  const { stateDirectory, serverId } = config
  const live = await askStatus(stateDirectory)
  if (live !== undefined) return live
  const store = DeviceStateStore.at(join(stateDirectory, DEVICES_FOLDER))
  const stored = await store.list().catch((error: unknown) => {
    // The client never ran here: nothing is known, and that is no error.
    if (error instanceof SanadError && isMissing(error.cause)) return []
    throw error
  })
  const seen = await readSeen(join(stateDirectory, SEEN_FILE))
  return {
    isRunning: false,
    clientVersion: CLIENT_VERSION,
    serverId,
    connection: wayOf(config),
    devices: stored.map((device) => reportStored(device, seen[device.file], Date.now())),
  }
}
