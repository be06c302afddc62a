import type { Level } from '../../packages/protocol/src/domain/device-kinds.ts'
import type { DeviceOnDisk, KeyOnDisk } from './device-on-disk.ts'
import type { Scenario } from './scenarios.ts'

/** What must hold, in sentences: each function lists what does not. */

/** What the server has. */
export interface Records {
  readonly read: <T>(sql: string, values?: readonly unknown[]) => Promise<T[]>
  /** What the token signed and was not looked up yet. */
  readonly signed: { readonly tbs: Buffer[] }
}

export interface ExaminedDevice {
  readonly level: Level
  readonly deviceId: string
  readonly places: DeviceOnDisk
  /** By name of the message, its number. */
  readonly numbers: ReadonlyMap<string, number>
}

interface CertificateRow {
  readonly spki: string
  readonly status: string
}

async function readCertificates(
  records: Records,
  { deviceId }: ExaminedDevice,
): Promise<CertificateRow[]> {
  return records.read<CertificateRow>(
    `select spki_sha256 as spki, status from device_certificate where device_id = $1`,
    [deviceId],
  )
}

const hexOf = (keyId: string): string => Buffer.from(keyId, 'base64url').toString('hex')

/** On the disk as the cut left it, before anything was mended: what the SBI signs with is good. */
export async function listBrokenAfterCut(
  records: Records,
  device: ExaminedDevice,
  mustHaveKey: boolean,
): Promise<string[]> {
  const broken: string[] = []
  let ofSbi: string | undefined
  let keys: readonly KeyOnDisk[] = []
  try {
    ofSbi = device.places.readKeyOfSbi()
    keys = device.places.readKeys()
  } catch (error) {
    return [`after the cut: ${String(error)}`]
  }
  if (mustHaveKey && ofSbi === undefined) broken.push('after the cut the SBI has no key')
  const certificates = await readCertificates(records, device)
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
  records: Records,
  device: ExaminedDevice,
  scenario: Scenario['name'],
): Promise<string[]> {
  const broken = Object.hasOwn(PURGE_IS, scenario)
    ? await listLeftOfPurged(records, device, scenario)
    : await listWrongOfRegistered(records, device)
  return [...broken, ...(await listUnknown(records)), ...listNumbersUsedTwice(device)]
}

/** A client that runs on asks and tells, also when its keys are in order. */
const ABOUT_NO_KEY: ReadonlySet<string> = new Set(['check-in', 'commands'])

async function listWrongOfRegistered(records: Records, device: ExaminedDevice): Promise<string[]> {
  const broken: string[] = []
  const state = await device.places.readState()
  const keyId = state?.key?.keyId ?? ''
  const keys = device.places.readKeys()
  if (keys.length !== 1 || keys[0]?.state !== 'active' || keys[0].keyId !== keyId)
    broken.push(`keys in the key store: ${keys.map((key) => key.state).join(', ') || 'none'}`)
  if (device.places.readKeyOfSbi() !== keyId) broken.push('the SBI signs with another key')
  const certificates = await readCertificates(records, device)
  const live = certificates.filter(({ status }) => ['active', 'pending'].includes(status))
  if (live.length !== 1 || live[0]?.status !== 'active' || live[0].spki !== hexOf(keyId))
    broken.push(
      `certificates of the server: ${live.map(({ status }) => status).join(', ') || 'none'}`,
    )
  for (const left of ['successor', 'superseded', 'doomed', 'recovery'] as const)
    if (state?.[left] !== undefined) broken.push(`the state still has ${left}`)
  const { type } = state?.pending ?? {}
  if (type !== undefined && !ABOUT_NO_KEY.has(type)) broken.push(`${type} is still on its way`)
  const [row] = await records.read<{ state: string }>(
    'select state from device where device_id = $1',
    [device.deviceId],
  )
  if (row?.state !== 'registered') broken.push(`the server has the device as ${row?.state}`)
  return [...broken, ...listOldKeys(device, 1)]
}

/** A certificate that is over signs no purge certificate. */
const PURGE_IS: Partial<Record<Scenario['name'], string>> = {
  purge: 'confirmed',
  'late-purge': 'awaited',
}

async function listLeftOfPurged(
  records: Records,
  device: ExaminedDevice,
  scenario: Scenario['name'],
): Promise<string[]> {
  const broken: string[] = []
  const keys = device.places.readKeys()
  if (keys.length > 0) broken.push(`${keys.length} keys are left in the key store`)
  if (device.places.readKeyOfSbi() !== undefined) broken.push('the SBI still has a key')
  const [purge] = await records.read<{ state: string }>(
    'select state from key_purge where device_id = $1',
    [device.deviceId],
  )
  if (purge?.state !== PURGE_IS[scenario]) broken.push(`the purge is ${purge?.state}`)
  const live = (await readCertificates(records, device)).filter(({ status }) =>
    ['active', 'pending'].includes(status),
  )
  if (live.length > 0) broken.push(`${live.length} certificates are still live`)
  return [...broken, ...listOldKeys(device, 0)]
}

/** Old keys are destroyed: none in the hand-over, none in the draft of a write that was cut. */
function listOldKeys(device: ExaminedDevice, expected: number): string[] {
  if (device.level === 'L1') return []
  const broken: string[] = []
  const pairs = device.places.countHandedOver()
  if (pairs !== expected) broken.push(`${pairs} pairs in the hand-over`)
  const now = new Set(device.places.readKeys().map(({ keyId }) => keyId))
  const inDraft = device.places.readDraftKeys().filter(({ keyId }) => !now.has(keyId)).length
  if (inDraft > 0) broken.push(`${inDraft} old keys in a draft of the key store`)
  return broken
}

/** Every certificate that the token signed is on record: planned, or stored in these very bytes. */
async function listUnknown(records: Records): Promise<string[]> {
  const signed = records.signed.tbs.splice(0)
  if (signed.length === 0) return []
  const known = await records.read<{ serial: string; state: string; der: Buffer | null }>(
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

function listNumbersUsedTwice({ numbers }: ExaminedDevice): string[] {
  const used = new Set(numbers.values()).size
  return used === numbers.size ? [] : [`${numbers.size} messages with ${used} numbers`]
}
