import type { DeviceListItem } from '@sanad/protocol/operator-api/devices'
import type { ApprovalView, RefusalView } from '@sanad/protocol/operator-api/registration'
import { MINUTE_MS } from '@sanad/protocol/text/durations'
import { iso, sha256Of, uuidOf } from './fleet.ts'

const SOUND = [
  { check: 'digital-id-signature', finding: 'by-the-signer' },
  { check: 'ftm-path', finding: 'valid' },
  { check: 'challenge', finding: 'fresh' },
  { check: 'possession', finding: 'proven' },
  { check: 'key', finding: 'strong' },
]

export function makeApprovals(fleet: readonly DeviceListItem[], now: number): ApprovalView[] {
  return fleet
    .filter(({ state, level }) => state === 'approved' && level === 'L0')
    .slice(0, 4)
    .map((device, index) => ({
      requestId: uuidOf(`request ${device.serialNo}`),
      supportCode: `W${index}HT-9PKC`,
      deviceId: device.deviceId,
      serialNo: device.serialNo,
      make: device.make,
      model: device.model,
      kind: index === 3 ? 'recovery' : 'registration',
      spkiSha256: sha256Of(`spki ${device.serialNo}`),
      remoteAddress: `10.20.4.${17 + index}`,
      requestedAt: iso(now - (index + 1) * 23 * MINUTE_MS),
    }))
}

export function makeRefusals(fleet: readonly DeviceListItem[], now: number): RefusalView[] {
  const [first, second] = fleet
  const stranger = {
    claimId: uuidOf('claim stranger'),
    supportCode: 'K7QX-2MPD',
    verdict: 'refuse',
    code: 'registration.device-not-approved',
    rule: 'R01-device-approved',
    make: 'Example',
    model: 'Slap 442',
    serialNo: 'EXS442A26999001',
    level: 'L1',
    deviceId: null,
    remoteAddress: '10.20.7.44',
    firstAt: iso(now - 190 * MINUTE_MS),
    lastAt: iso(now - 12 * MINUTE_MS),
    attempts: 9,
    evidence: SOUND,
    remedy: 'Approve this serial number, or import the manifest that contains it.',
    approvableModelId: uuidOf('slap'),
  } satisfies RefusalView
  if (first === undefined) return []
  const clone = {
    ...stranger,
    claimId: uuidOf('claim clone'),
    supportCode: 'B3RD-8WYN',
    verdict: 'quarantine',
    code: 'registration.suspected-clone',
    rule: 'R18-first-claim',
    serialNo: (second ?? first).serialNo,
    deviceId: (second ?? first).deviceId,
    attempts: 2,
    remedy:
      'Find out which of the two units is genuine; de-register the device before it registers again.',
    approvableModelId: null,
  } satisfies RefusalView
  return [clone, stranger]
}
