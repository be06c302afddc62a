import type { DeviceListItem } from '@sanad/protocol/operator-api/devices'
import type { EventView } from '@sanad/protocol/operator-api/events'
import type { EventData, EventType } from '@sanad/protocol/domain/events'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { iso, sha256Of, uuidOf } from './fleet.ts'

const OPERATOR = uuidOf('admin')

function event<T extends EventType>(
  seq: number,
  at: number,
  type: T,
  data: EventData<T>,
  more: Partial<EventView> = {},
): EventView {
  return {
    seq,
    at: iso(at),
    type,
    actor: 'server',
    actorName: null,
    deviceId: null,
    device: null,
    names: {},
    // The catalogue’s types are narrower than the wire’s record.
    data: data as Readonly<Record<string, unknown>>,
    note: null,
    leafHash: sha256Of(`leaf ${seq} ${type}`),
    ...more,
  }
}

const byOperator = { actor: `operator:${OPERATOR}`, actorName: 'Aster Bekele' } as const

/** What happened to a device, newest first. */
export function timelineOf(device: DeviceListItem): EventView[] {
  const { deviceId, serialNo, make, model, level } = device
  const about = { deviceId, device: { serialNo, make, model } }
  const approved = Date.parse(device.approvedAt)
  const events = [
    event(
      101,
      approved,
      'device.approved',
      {
        make,
        model,
        serialNo,
        source: 'factory-manifest',
        importId: uuidOf('import'),
        hasEnrolmentSecret: false,
      },
      { ...about, ...byOperator },
    ),
  ]
  if (device.registeredAt === null) return events
  const registered = Date.parse(device.registeredAt)
  events.unshift(
    event(
      214,
      registered - 40_000,
      'device.registration-refused',
      {
        code: 'registration.challenge-expired',
        rule: 'R09-challenge-fresh',
        supportCode: 'K7QX-2MPD',
        make,
        model,
        serialNo,
      },
      about,
    ),
    event(
      215,
      registered,
      'certificate.issued',
      {
        serialNumber: sha256Of(serialNo).slice(0, 32),
        spkiSha256: sha256Of(`spki ${serialNo}`),
        thumbprintSha256: sha256Of(`thumbprint ${serialNo}`),
        notBefore: iso(registered),
        notAfter: device.certificateNotAfter ?? iso(registered + 90 * DAY_MS),
        providerCertificateId: uuidOf('provider-certificate'),
      },
      about,
    ),
    event(
      216,
      registered + 20,
      'device.registered',
      {
        level,
        proof: level === 'L1' ? 'ftm' : 'operator-approval',
        certificateSerial: sha256Of(serialNo).slice(0, 32),
        spkiSha256: sha256Of(`spki ${serialNo}`),
      },
      about,
    ),
    event(
      219,
      registered + 31_000,
      'device.first-check-in',
      { deviceStatus: 'Ready', serviceVersion: '2.3.0', firmware: '1.18' },
      about,
    ),
    event(
      901,
      registered + 9 * DAY_MS,
      'device.status-changed',
      { from: 'Ready', to: 'Not Ready' },
      about,
    ),
    event(
      902,
      registered + 9 * DAY_MS + 2 * HOUR_MS,
      'device.status-changed',
      { from: 'Not Ready', to: 'Ready' },
      about,
    ),
  )
  return events.toSorted((a, b) => b.seq - a.seq)
}

/** The record of the whole server, newest first. */
export function recordOf(fleet: readonly DeviceListItem[], now: number): EventView[] {
  const server = [
    event(1, now - 70 * DAY_MS, 'ceremony.completed', { transcriptSha256: sha256Of('transcript') }),
    event(2, now - 12 * DAY_MS, 'hsm.connected', { tokenSerialNumber: 'H9-204418', keys: 3 }),
    event(3, now - 12 * DAY_MS, 'server.started', { version: '0.1.0', mode: 'production' }),
    event(
      4,
      now - HOUR_MS,
      'operator.signed-in',
      { sessionId: uuidOf('session') },
      { actor: `operator:${OPERATOR}`, actorName: 'Aster Bekele' },
    ),
  ]
  return [...fleet.slice(0, 40).flatMap(timelineOf), ...server]
    .toSorted((a, b) => (a.at < b.at ? 1 : -1))
    .map((each, index, all) => ({ ...each, seq: all.length - index }))
}

export const changeOf = (device: DeviceListItem, type: EventType, reason: string): EventView =>
  event(
    950,
    Date.now(),
    type as 'device.suspended',
    { reason: reason as 'lost' },
    {
      deviceId: device.deviceId,
      device: { serialNo: device.serialNo, make: device.make, model: device.model },
      ...byOperator,
    },
  )
