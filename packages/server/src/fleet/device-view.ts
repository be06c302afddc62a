import type {
  ActionView,
  DeviceCertificateView,
  DeviceView,
} from '@sanad/protocol/operator-api/devices'
import type { PurgeState } from '@sanad/protocol/operator-api/keys'
import { DEVICE_ACTS, type DeviceState, deviceLife } from '@sanad/protocol/domain/device-lifecycle'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import { EXPECTED_COLUMNS, type ExpectedRow, JOIN_EXPECTED } from './expected-check-ins.ts'
import { readCertificates } from '../certificates/certificate-view.ts'
import { supportCodeOf } from '../messages/support-code.ts'
import type { Database } from '../platform/database.ts'
import '../channel/channel-tables.ts'
import '../messages/presence-store.ts'
import '../purge/purge-tables.ts'
import { secretState } from '../devices/approved-device.ts'
import { groupOf, presenceOf } from './device-list.ts'
import { hexOrNull, instant, instantOrNull } from '../platform/instant.ts'
import { readModel } from '../models/model-registry.ts'

/** @throws SanadError `device.not-found` */
export async function readDevice(database: Database, deviceId: string): Promise<DeviceView> {
  const row = await database
    .selectFrom('device as d')
    .leftJoin('device_presence as p', 'p.device_id', 'd.device_id')
    .leftJoin('device_group as g', 'g.group_id', 'd.group_id')
    .selectAll('d')
    .select(['g.name as group_name'])
    .select(['p.last_check_in_at', 'p.device_status', 'p.service_version', 'p.firmware'])
    .select((eb) =>
      eb
        .selectFrom('key_purge as k')
        .select('k.state')
        .whereRef('k.device_id', '=', 'd.device_id')
        .orderBy('k.ordered_at', 'desc')
        .limit(1)
        .as('purge'),
    )
    .select((eb) =>
      eb
        .exists(eb.selectFrom('channel_device as k').whereRef('k.device_id', '=', 'd.device_id'))
        .as('connected'),
    )
    .where('d.device_id', '=', deviceId)
    .executeTakeFirst()
  if (row === undefined) throw new SanadError('device.not-found')
  return {
    deviceId,
    serialNo: row.serial_no,
    model: await readModel(database, row.model_id),
    group: groupOf(row),
    state: row.state,
    revision: row.revision,
    ftmCertificateSha256: hexOrNull(row.ftm_certificate_sha256),
    enrolmentSecret: secretState(
      row.enrolment_secret_sha256 !== null,
      row.enrolment_secret_used_at,
    ),
    approvedAt: instant(row.approved_at),
    registeredAt: instantOrNull(row.registered_at),
    stateChangedAt: instant(row.state_changed_at),
    importId: row.import_id,
    presence: presenceOf({ ...row, ...(await readExpected(database, deviceId)) }),
    connected: row.connected === true,
    supportCode: supportCodeOf(deviceId),
    actions: actionsIn(row.state, row.purge),
  }
}

async function readExpected(database: Database, deviceId: string): Promise<ExpectedRow> {
  const { rows } = await sql<ExpectedRow>`
    select ${EXPECTED_COLUMNS} from device d
    left join device_presence p using (device_id) ${JOIN_EXPECTED}
    where d.device_id = ${deviceId}::uuid`.execute(database)
  const [row] = rows
  return row ?? { told_seconds: null, check_in_seconds: null, longest_offline_days: null }
}

/**
 * What an operator may do; registering is the device’s own act. What is allowed may still have a reason to
 * think twice.
 */
function actionsIn(state: DeviceState, purge: PurgeState | null): ActionView[] {
  return DEVICE_ACTS.filter((act) => act !== 'register').map((act) => {
    const refusal = deviceLife.whyRefused(state, act) ?? null
    const isAllowed = refusal === null
    const doubt = act === 'approve' ? doubtOf(purge) : null
    return { act, isAllowed, reason: isAllowed ? doubt : refusal }
  })
}

function doubtOf(purge: PurgeState | null): string | null {
  if (purge === null || purge === 'confirmed') return null
  return 'The device has not confirmed that its earlier keys are destroyed.'
}

/** Newest first. @throws SanadError `device.not-found` */
export async function readCertificatesOf(
  database: Database,
  deviceId: string,
): Promise<DeviceCertificateView[]> {
  const certificates = await readCertificates(database, deviceId)
  if (certificates.length === 0) await readDevice(database, deviceId)
  return certificates
}
