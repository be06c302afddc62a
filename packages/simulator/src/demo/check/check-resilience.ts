import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DeviceList } from '@sanad/protocol/operator-api/devices'
import type { TrustView } from '@sanad/protocol/operator-api/trust'
import { FINGERPRINT_SLAP } from '../../profiles.ts'
import type { Demo } from '../demo.ts'
import { type OperatorApi, waitUntil } from '../operator-api.ts'
import { listCertificates } from './check-refusals.ts'
import { type Promises, kept, keptIf, look } from './promise.ts'

/** Things die; nothing is lost, and nobody has to come. */
export async function checkResilience(demo: Demo, promises: Promises): Promise<void> {
  const api = await demo.signIn()
  const before = await describeFleet(api)

  await look(
    promises,
    'the HSM agent is killed: check-ins go on, and it comes back by itself',
    async () => {
      process.kill(findChild(demo, 'hsm/agent'), 'SIGKILL')
      const seconds = await timed(() => waitForNewAgent(api))
      await waitForNewCheckIns(api)
      return kept(`ready again after ${seconds} s`)
    },
  )

  await look(
    promises,
    'the database is killed: 503 meanwhile, and it comes back by itself',
    async () => {
      const pid = Number(
        (
          await readFile(
            join(demo.paths.serverData, 'postgres', 'cluster', 'postmaster.pid'),
            'utf8',
          )
        ).split('\n')[0],
      )
      process.kill(pid, 'SIGKILL')
      const away = await api.call('GET', '/api/v1/devices')
      const seconds = await timed(() => waitForNewCheckIns(api))
      return keptIf(
        away.status === 503 || away.status === 200,
        `answered ${away.status}`,
        `${away.status} at once, check-ins again after ${seconds} s`,
      )
    },
  )

  await look(promises, 'server and client are killed: a second start has all data', async () => {
    if (demo.serverPid !== undefined) process.kill(demo.serverPid, 'SIGKILL')
    await demo.stopClient()
    await demo.startServer()
    const again = await demo.signIn()
    demo.startClient()
    await waitForNewCheckIns(again)
    const after = await describeFleet(again)
    return keptIf(after === before, `${before} → ${after}`)
  })
}

/** States and certificates, without what changes by itself. */
async function describeFleet(api: OperatorApi): Promise<string> {
  const { items } = await api.require<DeviceList>('GET', '/devices?sort=serialNo')
  const lines = await Promise.all(
    items.map(async (device) => [
      device.serialNo,
      device.state,
      (await listCertificates(api, device)).map(({ thumbprintSha256 }) => thumbprintSha256),
    ]),
  )
  return JSON.stringify(lines)
}

async function readLastCheckIn(api: OperatorApi): Promise<string | undefined> {
  const { items } = await api.require<DeviceList>(
    'GET',
    `/devices?search=${FINGERPRINT_SLAP.serialNo}`,
  )
  return items[0]?.presence?.lastCheckInAt
}

async function waitForNewCheckIns(api: OperatorApi): Promise<void> {
  const before = await readLastCheckIn(api).catch(() => undefined)
  await waitUntil('a new check-in', async () => {
    const last = await readLastCheckIn(api)
    return last !== undefined && last !== before ? last : undefined
  })
}

function waitForNewAgent(api: OperatorApi): Promise<TrustView['hsm']> {
  return waitUntil('a new agent', async () => {
    const { hsm } = await api.require<TrustView>('GET', '/trust')
    return hsm.restarts > 0 && hsm.state === 'ready' ? hsm : undefined
  })
}

async function timed(work: () => Promise<unknown>): Promise<string> {
  const start = performance.now()
  await work()
  return ((performance.now() - start) / 1000).toFixed(1)
}

/** The process below the server whose command line names this part of it. */
function findChild(demo: Demo, part: string): number {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n')
  const line = lines.find(
    (text) => text.includes(part) && text.trim().split(/\s+/)[1] === String(demo.serverPid),
  )
  if (line === undefined) throw new Error(`no process ${part}`)
  return Number(line.trim().split(/\s+/)[0])
}
