import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HonestProxy } from '../../network/honest-proxy.ts'
import { RealProxy, isInstalled } from '../../network/real-proxy.ts'
import { FINGERPRINT_SLAP } from '../../profiles.ts'
import type { DeviceProfile } from '../../sbi/device-profile.ts'
import type { Demo } from '../demo.ts'
import { approve } from './check-refusals.ts'
import { findDevice } from './devices-in-check.ts'
import { type Promises, keptIf, look } from './promise.ts'
import { visit } from './visitor.ts'

/** A network that lets nothing out but through an HTTP proxy with an account: Squid where it is installed. */

const ACCOUNT = { user: 'station', password: 'p@ss: word' }

export async function checkProxy(demo: Demo, promises: Promises): Promise<void> {
  const api = await demo.signIn()
  await demo.stopClient()
  const profile: DeviceProfile = { ...FINGERPRINT_SLAP, serialNo: 'EXS442A2600021' }
  await approve(api, profile)
  await look(promises, 'a device registers through an HTTP proxy with an account', async () => {
    await using proxy = await startProxy()
    const exchange = { address: proxy.address, accountFile: await writeAccount(demo) }
    const { report } = await visit(demo, 'proxied', profile, { proxy: exchange })
    const { state, deviceId } = await findDevice(api, profile)
    // It does not come again, and the later checks count the devices that stay away.
    await api.require('POST', `/devices/${deviceId}/deregister`, { reason: 'under-repair' })
    const { connection } = report
    const wasProxied = connection?.proxy === proxy.address && connection.problem === undefined
    return keptIf(
      state === 'registered' && wasProxied && !JSON.stringify(report).includes(ACCOUNT.password),
      JSON.stringify({ state, report }),
      isInstalled('squid')
        ? 'Squid of Debian'
        : 'the simulator’s own proxy: squid is not installed',
    )
  })
  demo.startClient()
}

const startProxy = (): Promise<RealProxy | HonestProxy> =>
  isInstalled('squid')
    ? RealProxy.start('squid', { account: ACCOUNT })
    : HonestProxy.start({ account: `${ACCOUNT.user}:${ACCOUNT.password}` })

async function writeAccount(demo: Demo): Promise<string> {
  const folder = join(demo.paths.directory, 'visitors')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'proxy-account')
  await writeFile(path, `${ACCOUNT.user}:${ACCOUNT.password}\n`, { mode: 0o600 })
  return path
}
