import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { DeviceCertificateView } from '@sanad/protocol/api/devices'
import type { PurgeCertificateView } from '@sanad/protocol/api/keys'
import type { Static } from 'typebox'
import { DOUBLE_IRIS } from '../../profiles.ts'
import type { Demo } from '../demo.ts'
import { type OperatorApi, waitUntil } from '../operator-api.ts'
import { listCertificates } from './check-refusals.ts'
import { findDevice, listEvents, readCertificateInUse, secondsSince } from './devices-in-check.ts'
import { type KeptPromise, type Promises, broken, keptIf, look } from './promise.ts'
import { askSbi } from './sbi-info.ts'

type PurgeCertificate = Static<typeof PurgeCertificateView>

/** A device that is de-registered destroys its key and proves it; approved again, it comes back with another. */
export async function checkPurge(demo: Demo, promises: Promises): Promise<void> {
  const api = await demo.signIn()
  const { deviceId } = await findDevice(api, DOUBLE_IRIS)
  const former = await readCertificateInUse(demo, DOUBLE_IRIS)
  await look(
    promises,
    'a de-registered device destroys its key, and its purge certificate verifies without the server',
    () => purge(demo, api, deviceId),
  )
  await look(
    promises,
    'approved again, it registers by itself with another key, and nothing of the old one is left',
    () => comeBack(demo, api, deviceId, former),
  )
}

async function purge(demo: Demo, api: OperatorApi, deviceId: string): Promise<KeptPromise> {
  const device = await findDevice(api, DOUBLE_IRIS)
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

async function comeBack(
  demo: Demo,
  api: OperatorApi,
  deviceId: string,
  former: X509Certificate | undefined,
): Promise<KeptPromise> {
  const approved = performance.now()
  await api.require('POST', `/devices/${deviceId}/approve`, { reason: 'repaired' })
  const anew = await waitUntil('registered again', async () => {
    const { state } = await findDevice(api, DOUBLE_IRIS)
    const shown = await readCertificateInUse(demo, DOUBLE_IRIS)
    return state === 'registered' ? shown : undefined
  })
  const isOther = former !== undefined && !anew.publicKey.equals(former.publicKey)
  const certificates = await listCertificates(api, await findDevice(api, DOUBLE_IRIS))
  const standing = certificates.map(({ status }) => status).toSorted()
  return keptIf(
    isOther && standing.join() === 'active,revoked',
    JSON.stringify({ isOther, standing }),
    secondsSince(approved),
  )
}
