import type { CutDevice, KeyOnDisk } from './cut-device.ts'
import type { Site } from './site.ts'

/** What must hold, in sentences: each function lists what does not. */

interface CertificateRow {
  readonly spki: string
  readonly status: string
}

async function readCertificates(site: Site, { deviceId }: CutDevice): Promise<CertificateRow[]> {
  return site.read<CertificateRow>(
    `select spki_sha256 as spki, status from device_certificate where device_id = $1`,
    [deviceId],
  )
}

const hexOf = (keyId: string): string => Buffer.from(keyId, 'base64url').toString('hex')

/** On the disk as the cut left it, before anything was mended: what the SBI signs with is good. */
export async function listBrokenAfterCut(
  site: Site,
  device: CutDevice,
  mustHaveKey: boolean,
): Promise<string[]> {
  const broken: string[] = []
  let ofSbi: string | undefined
  let keys: readonly KeyOnDisk[] = []
  try {
    ofSbi = device.readKeyOfSbi()
    keys = device.readKeys()
  } catch (error) {
    return [`after the cut: ${String(error)}`]
  }
  if (mustHaveKey && ofSbi === undefined) broken.push('after the cut the SBI has no key')
  const certificates = await readCertificates(site, device)
  const used = certificates.find(({ spki }) => ofSbi !== undefined && spki === hexOf(ofSbi))
  if (ofSbi !== undefined && !['active', 'pending'].includes(used?.status ?? ''))
    broken.push(`after the cut the SBI signs with a key that is ${used?.status ?? 'unknown'}`)
  if (!mustHaveKey) return broken
  const active = keys.filter(({ state }) => state === 'active').length
  if (active !== 1) broken.push(`after the cut ${active} keys are active in the key store`)
  const counted = certificates.find(({ status }) => status === 'active')?.spki
  if (!keys.some(({ keyId }) => hexOf(keyId) === counted))
    broken.push('after the cut the key that the server counts on is gone')
  return broken
}

/** At the end, when everything that is due was done. */
export async function listBrokenAtEnd(
  site: Site,
  device: CutDevice,
  isPurged: boolean,
): Promise<string[]> {
  const broken = isPurged
    ? await listLeftOfPurged(site, device)
    : await listWrongOfRegistered(site, device)
  return [...broken, ...(await listUnknown(site)), ...listNumbersUsedTwice(device)]
}

async function listWrongOfRegistered(site: Site, device: CutDevice): Promise<string[]> {
  const broken: string[] = []
  const state = await device.readState()
  const keyId = state?.key?.keyId ?? ''
  const keys = device.readKeys()
  if (keys.length !== 1 || keys[0]?.state !== 'active' || keys[0].keyId !== keyId)
    broken.push(`keys in the key store: ${keys.map((key) => key.state).join(', ') || 'none'}`)
  if (device.readKeyOfSbi() !== keyId) broken.push('the SBI signs with another key')
  const certificates = await readCertificates(site, device)
  const live = certificates.filter(({ status }) => ['active', 'pending'].includes(status))
  if (live.length !== 1 || live[0]?.status !== 'active' || live[0].spki !== hexOf(keyId))
    broken.push(
      `certificates of the server: ${live.map(({ status }) => status).join(', ') || 'none'}`,
    )
  for (const left of ['successor', 'superseded', 'doomed', 'pending', 'recovery'] as const)
    if (state?.[left] !== undefined) broken.push(`the state still has ${left}`)
  const [row] = await site.read<{ state: string }>(
    'select state from device where device_id = $1',
    [device.deviceId],
  )
  if (row?.state !== 'registered') broken.push(`the server has the device as ${row?.state}`)
  return [...broken, ...listOldKeys(device, 1)]
}

async function listLeftOfPurged(site: Site, device: CutDevice): Promise<string[]> {
  const broken: string[] = []
  const keys = device.readKeys()
  if (keys.length > 0) broken.push(`${keys.length} keys are left in the key store`)
  if (device.readKeyOfSbi() !== undefined) broken.push('the SBI still has a key')
  const [purge] = await site.read<{ state: string }>(
    'select state from key_purge where device_id = $1',
    [device.deviceId],
  )
  if (purge?.state !== 'confirmed') broken.push(`the purge is ${purge?.state}`)
  const live = (await readCertificates(site, device)).filter(({ status }) =>
    ['active', 'pending'].includes(status),
  )
  if (live.length > 0) broken.push(`${live.length} certificates are still live`)
  return [...broken, ...listOldKeys(device, 0)]
}

/** Old keys are destroyed: none in the hand-over, none in the draft of a write that was cut. */
function listOldKeys(device: CutDevice, expected: number): string[] {
  if (device.level === 'L1') return []
  const broken: string[] = []
  const pairs = device.countHandedOver()
  if (pairs !== expected) broken.push(`${pairs} pairs in the hand-over`)
  const now = new Set(device.readKeys().map(({ keyId }) => keyId))
  const inDraft = device.readDraftKeys().filter(({ keyId }) => !now.has(keyId)).length
  if (inDraft > 0) broken.push(`${inDraft} old keys in a draft of the key store`)
  return broken
}

/** Every certificate that the token signed is on record: planned, or stored in these very bytes. */
async function listUnknown(site: Site): Promise<string[]> {
  const signed = site.signed.tbs.splice(0)
  if (signed.length === 0) return []
  const known = await site.read<{ serial: string; state: string; der: Buffer | null }>(
    `select i.serial_number as serial, i.state, c.der from certificate_intent i
      left join device_certificate c using (serial_number) where i.serial_number = any($1)`,
    [signed.map(serialOf)],
  )
  const broken: string[] = []
  for (const tbs of signed) {
    const row = known.find(({ serial }) => serial === serialOf(tbs))
    if (row === undefined) broken.push('the token signed a certificate that is not on record')
    else if (row.state === 'issued' && row.der?.includes(tbs) !== true)
      broken.push('the certificate on record is not the one that was signed')
  }
  return broken
}

/** RFC 5280 §4.1: version, then 16 octets of serial number; a certificate of ours has no other beginning. */
function serialOf(tbs: Buffer): string {
  const at = tbs.indexOf(Buffer.from('a0030201020210', 'hex'))
  if (at < 0) throw new Error('not the beginning of a certificate')
  return tbs.subarray(at + 7, at + 23).toString('hex')
}

function listNumbersUsedTwice({ numbers }: CutDevice): string[] {
  const used = new Set(numbers.values()).size
  return used === numbers.size ? [] : [`${numbers.size} messages with ${used} numbers`]
}
