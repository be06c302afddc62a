import { execFileSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { DeviceCertificateView, DeviceListItem } from '@sanad/protocol/operator-api/devices'
import type { PurgeCertificateView } from '@sanad/protocol/operator-api/keys'
import type { Static } from 'typebox'
import { DOUBLE_IRIS } from '../../profiles.ts'
import type { Demo } from '../demo.ts'
import { type OperatorApi, waitUntil } from '../operator-api.ts'
import { listCertificates } from './check-refusals.ts'
import { findDevice, listEvents, readCertificateInUse, secondsSince } from './devices-in-check.ts'
import { type KeptPromise, type Promises, broken, keptIf, look } from './promise.ts'
import { askSbi } from './sbi-info.ts'

type PurgeCertificate = Static<typeof PurgeCertificateView>

/** A device that is de-registered destroys its key and proves it. */
export async function checkPurge(demo: Demo, promises: Promises): Promise<void> {
  const api = await demo.signIn()
  await look(
    promises,
    'a de-registered device destroys its key, and its purge certificate verifies without the server',
    () => purge(demo, api),
  )
}

/** Longer than the server told it to wait before it asks again, and the tenth that the client adds. */
const HOURS_LATER = 2

/** Approved again, it comes back. The server's clock is ahead afterwards, and does not run back. */
export async function checkReturn(demo: Demo, promises: Promises): Promise<void> {
  await look(
    promises,
    'approved again, it registers by itself within two hours, with another key',
    () => comeBack(demo),
  )
}

async function purge(demo: Demo, api: OperatorApi): Promise<KeptPromise> {
  const device = await findDevice(api, DOUBLE_IRIS)
  const { deviceId } = device
  const [certificate] = await listCertificates(api, device)
  if (certificate === undefined) return broken('no certificate')
  const ordered = performance.now()
  await api.require('POST', `/devices/${deviceId}/deregister`, { reason: 'under-repair' })
  const proof = await waitUntil('a purge certificate', () =>
    api.require<PurgeCertificate>('GET', `/devices/${deviceId}/purge-certificate`),
  )
  const duration = secondsSince(ordered)
  const verdict = await verifyOffline(demo, proof, certificate)
  const { deviceStatus, x5c } = await askSbi(demo.simulation.find(device.serialNo)?.port ?? 0)
  const keys = demo.simulation.find(device.serialNo)?.chip?.listKeys() ?? []
  const [event] = await listEvents(api, deviceId, 'key.purge-confirmed')
  const [after] = await listCertificates(api, device)
  const seen = {
    verdict,
    deviceStatus,
    keys: keys.length,
    status: after?.status,
    onRecord: event?.data['statementSha256'] === proof.statementSha256,
  }
  const holds =
    verdict.startsWith('The purge certificate holds.') &&
    verdict.includes(proof.statementSha256) &&
    deviceStatus === 'Not Registered' &&
    x5c.length === 0 &&
    keys.length === 0 &&
    seen.status === 'revoked' &&
    seen.onRecord
  return keptIf(holds, JSON.stringify(seen), duration)
}

const SCRIPT = resolve(import.meta.dirname, '../../../../../docs/verify-purge.sh')

/** With OpenSSL and the script of the documents, as somebody does who has only these two files. */
async function verifyOffline(
  demo: Demo,
  proof: PurgeCertificate,
  { certificatePem }: DeviceCertificateView,
): Promise<string> {
  const folder = join(demo.paths.directory, 'purge')
  await mkdir(folder, { mode: 0o700 })
  const [statement, certificate] = [join(folder, 'purge.jws'), join(folder, 'device.der')]
  await writeFile(statement, proof.statement)
  await writeFile(certificate, new X509Certificate(certificatePem).raw)
  try {
    return execFileSync('sh', [SCRIPT, statement, certificate], { encoding: 'utf8' })
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function comeBack(demo: Demo): Promise<KeptPromise> {
  const { deviceId } = await approveAgain(await demo.signIn())
  await demo.stopClient()
  await demo.stopServer()
  await demo.startServer({ hours: HOURS_LATER })
  const started = performance.now()
  demo.startClient()
  const api = await demo.signIn()
  const shown = await waitUntil('registered again', async () => {
    const { state } = await findDevice(api, DOUBLE_IRIS)
    return state === 'registered' ? readCertificateInUse(demo, DOUBLE_IRIS) : undefined
  })
  const [current, former, ...others] = await listNewestFirst(api)
  const isOther =
    current?.spkiSha256 !== former?.spkiSha256 &&
    current?.thumbprintSha256 === createHash('sha256').update(shown.raw).digest('hex')
  // The order to rotate the group woke it, so that it may have had an earlier key, too.
  const standing = [current, former, ...others].map((one) => one?.status)
  const isOnlyOne = standing.slice(1).every((status) => status !== 'active' && status !== 'pending')
  return keptIf(
    isOther && standing[0] === 'active' && standing[1] === 'revoked' && isOnlyOne,
    JSON.stringify({ deviceId, isOther, standing }),
    `${secondsSince(started)} from the client’s start`,
  )
}

async function approveAgain(api: OperatorApi): Promise<DeviceListItem> {
  const device = await findDevice(api, DOUBLE_IRIS)
  await api.require('POST', `/devices/${device.deviceId}/approve`, { reason: 'repaired' })
  return device
}

async function listNewestFirst(api: OperatorApi): Promise<readonly DeviceCertificateView[]> {
  const certificates = await listCertificates(api, await findDevice(api, DOUBLE_IRIS))
  return certificates.toSorted((a, b) => b.notBefore.localeCompare(a.notBefore))
}
