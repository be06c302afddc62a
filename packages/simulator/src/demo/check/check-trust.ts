import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DeviceList } from '@sanad/protocol/operator-api/devices'
import type { TrustView } from '@sanad/protocol/operator-api/trust'
import type { Demo } from '../demo.ts'
import { type KeptPromise, type Promises, keptIf, look } from './promise.ts'
import { listCertificates } from './check-refusals.ts'
import { askSbi } from './sbi-info.ts'

/** What the certificates are worth to somebody who trusts only the country's root. */
export async function checkTrust(demo: Demo, promises: Promises): Promise<void> {
  const api = await demo.signIn()
  await look(
    promises,
    'OpenSSL verifies every device certificate up to the country’s root',
    async () => {
      const { items } = await api.require<DeviceList>('GET', '/devices?state=registered')
      for (const device of items) {
        const [certificate] = await listCertificates(api, device)
        if (certificate !== undefined) await verifyWithOpenssl(demo, certificate.certificatePem)
      }
      return keptIf(items.length > 0, 'no registered device', `${items.length} certificates`)
    },
  )
  await look(promises, 'each SBI answers Ready, signed under the certificate that was issued', () =>
    checkSbis(demo),
  )
  await look(promises, 'every HSM key is proven to stay in the token', async () => {
    const { hsm } = await api.require<TrustView>('GET', '/trust')
    return keptIf(
      hsm.keys.length === 3 && hsm.keys.every(({ isProven }) => isProven),
      JSON.stringify(hsm.keys),
      `${hsm.keys.length} keys`,
    )
  })
  await look(promises, 'one TLS listener, and PostgreSQL on no port', () =>
    Promise.resolve(checkListeners(demo)),
  )
}

async function verifyWithOpenssl(demo: Demo, pem: string): Promise<void> {
  const leaf = join(demo.paths.ceremony, 'leaf.pem')
  await writeFile(leaf, pem)
  const { ceremony } = demo.paths
  // The root alone is trusted; provider and PMS are only given.
  execFileSync(
    'openssl',
    [
      'verify',
      '-CAfile',
      join(ceremony, 'mosip-chain.pem'),
      '-untrusted',
      join(ceremony, 'provider.pem'),
      leaf,
    ],
    { stdio: 'pipe' },
  )
}

async function checkSbis(demo: Demo): Promise<KeptPromise> {
  for (const device of demo.simulation.devices) {
    const info = await askSbi(device.port ?? 0)
    const certificate = new X509Certificate(Buffer.from(info.x5c[0] ?? '', 'base64'))
    if (info.deviceStatus !== 'Ready')
      return keptIf(false, `${device.profile.serialNo}: ${info.deviceStatus}`)
    const wanted = `CN=${device.profile.serialNo}.${device.profile.model}`
    if (!certificate.subject.includes(wanted))
      return keptIf(false, `${device.profile.serialNo}: ${certificate.subject}`)
  }
  return keptIf(true, '', `${demo.simulation.devices.length} SBIs`)
}

/** Of the server and what it started: everything that does not listen on loopback alone. */
function checkListeners(demo: Demo): KeptPromise {
  const lines = execFileSync('ss', ['-ltnpH'], { encoding: 'utf8' }).split('\n')
  const open = lines.filter((line) => !/\s(127\.0\.0\.1|\[::1\]):/.test(line))
  const ours = open.filter(
    (line) => line.includes(`pid=${demo.serverPid},`) || line.includes('"postgres"'),
  )
  return keptIf(
    ours.length === 1 && ours[0]?.includes(`:${demo.settings.port} `) === true,
    ours.join(' | '),
    `port ${demo.settings.port}`,
  )
}
