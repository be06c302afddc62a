import { execFileSync } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DeviceCertificateView } from '@sanad/protocol/operator-api/devices'
import type { RevocationListsView } from '@sanad/protocol/operator-api/keys'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { DOUBLE_IRIS, FINGERPRINT_SLAP } from '../../profiles.ts'
import type { Demo } from '../demo.ts'
import { type OperatorApi, waitUntil } from '../operator-api.ts'
import { listCertificates } from './check-refusals.ts'
import { findDevice, secondsSince } from './devices-in-check.ts'
import { type KeptPromise, type Promises, broken, keptIf, look } from './promise.ts'

/** A revoked certificate is refused by everybody who reads lists, within seconds. */
export async function checkRevocation(demo: Demo, promises: Promises): Promise<void> {
  const api = await demo.signIn()
  const folder = join(demo.paths.directory, 'revocation')
  await mkdir(folder, { mode: 0o700 })
  await look(
    promises,
    'a revoked certificate is on its list, and OpenSSL refuses it and accepts another device’s',
    () => revoke(demo, api, folder),
  )
  await rm(folder, { recursive: true })
  await look(promises, 'all revocation lists are there, and none waits', () => checkHealth(api))
}

async function revoke(demo: Demo, api: OperatorApi, folder: string): Promise<KeptPromise> {
  const device = await findDevice(api, FINGERPRINT_SLAP)
  const certificates = await listCertificates(api, device)
  const doomed = certificates.find(({ status }) => status === 'superseded')
  const others = await listCertificates(api, await findDevice(api, DOUBLE_IRIS))
  const other = others.find(({ status }) => status === 'active')
  if (doomed === undefined || other === undefined) return broken('nothing to revoke')

  const judge = (certificate: DeviceCertificateView): Promise<string> =>
    verifyWithList(demo, api, folder, certificate)
  const before = await judge(doomed)
  const started = performance.now()
  await api.require(
    'POST',
    `/devices/${device.deviceId}/certificates/${doomed.serialNumber}/revoke`,
    { reason: 'key-compromised' },
  )
  await waitUntil('the revocation on its list', async () =>
    (await judge(doomed)).includes('certificate revoked') ? true : undefined,
  )
  const duration = secondsSince(started)
  const accepted = await judge(other)
  return keptIf(
    before === 'OK' && accepted === 'OK',
    JSON.stringify({ before, accepted }),
    duration,
  )
}

/** As a verifier that trusts the country’s CA: with the list that the certificate names. @returns `OK`, or what OpenSSL says */
async function verifyWithList(
  { paths }: Demo,
  api: OperatorApi,
  folder: string,
  { certificatePem, crlUrl }: DeviceCertificateView,
): Promise<string> {
  if (crlUrl === null) return 'the certificate names no list'
  const [leaf, list] = [join(folder, 'leaf.pem'), join(folder, 'list.pem')]
  await writeFile(leaf, certificatePem)
  await writeFile(list, toPem(await api.download(new URL(crlUrl).pathname)))
  try {
    execFileSync(
      'openssl',
      [
        'verify',
        '-crl_check',
        '-CAfile',
        join(paths.ceremony, 'country-ca.pem'),
        '-untrusted',
        join(paths.ceremony, 'provider-of-the-country.pem'),
        '-CRLfile',
        list,
        leaf,
      ],
      { stdio: 'pipe' },
    )
    return 'OK'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function toPem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN X509 CRL-----', ...lines, '-----END X509 CRL-----', ''].join('\n')
}

async function checkHealth(api: OperatorApi): Promise<KeptPromise> {
  const view = await api.require<RevocationListsView>('GET', '/revocation-lists')
  const isGood = view.issuers.every(
    ({ lists, waiting, earliestNextUpdate }) =>
      lists === 128 && waiting === 0 && Date.parse(earliestNextUpdate ?? '') > Date.now() + HOUR_MS,
  )
  const [issuer] = view.issuers
  return keptIf(
    view.problem === null && view.issuers.length === 1 && isGood,
    JSON.stringify(view),
    `${issuer?.lists} lists, ${issuer?.entries} entries`,
  )
}
