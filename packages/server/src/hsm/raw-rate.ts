import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { SanadError } from '@sanad/protocol/text/problems'
import type { RawRate, RawRateRequest } from './agent/raw-rate.ts'
import { DEFAULT_SESSIONS, type HsmConfig } from './hsm-config.ts'
import { readPin } from './pin-file.ts'

const MEASURER = fileURLToPath(new URL('agent/raw-rate.ts', import.meta.url))

/** The rate of the bare library with the same key and as many sessions: the baseline of the benchmarks. */
export async function measureRawRate(
  config: HsmConfig,
  keyId: string,
  milliseconds: number,
): Promise<RawRate> {
  const sessions = config.sessions ?? DEFAULT_SESSIONS
  const request: RawRateRequest = {
    verb: 'open',
    module: config.module,
    tokenLabel: config.tokenLabel,
    ...(config.tokenSerialNumber !== undefined && { tokenSerialNumber: config.tokenSerialNumber }),
    mode: config.mode,
    pin: await readPin(config.pinFile),
    sessions,
    keyId,
    milliseconds,
    ...(config.libraryParameters !== undefined && { libraryParameters: config.libraryParameters }),
    ...(config.fipsCertificate !== undefined && { fipsCertificate: config.fipsCertificate }),
  }
  const child = spawn(process.execPath, [MEASURER], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...config.environment, UV_THREADPOOL_SIZE: String(sessions + 2) },
  })
  return new Promise((resolve, reject) => {
    child.once('message', (rate: RawRate) => resolve(rate))
    child.once('exit', () =>
      reject(new SanadError('hsm.unavailable', 'the rate could not be measured')),
    )
    child.send(request)
  })
}
