import {
  DeviceCertificateList,
  DeviceCounts,
  DeviceExportQuery,
  DeviceFilter,
  DeviceList,
  DeviceQuery,
  DeviceView,
  NewDevice,
  ReapproveBody,
  TransitionBody,
} from '../devices.ts'
import { operation } from '../operation.ts'

/** The repository of approved devices. */

const tag = 'devices'

/** What an act of a device’s life is refused with. */
const actProblems = ['device.not-found', 'device.transition-refused', 'request.conflict'] as const

/** What a proof that a device brings is refused with. */
const proofProblems = ['device.proof-refused', 'device.duplicate'] as const

export const DEVICE_OPERATIONS = {
  listDevices: operation('GET /devices', {
    access: 'device:read',
    tag,
    summary: 'List devices',
    description: 'Devices that match every part of the filter, page by page.',
    query: DeviceQuery,
    answer: DeviceList,
  }),
  countDevices: operation('GET /devices/counts', {
    access: 'device:read',
    tag,
    summary: 'Count devices',
    description: 'How many devices match the filter, by state, and how many hold a live channel.',
    query: DeviceFilter,
    answer: DeviceCounts,
  }),
  exportDevices: operation('GET /devices/export', {
    access: 'device:export',
    tag,
    summary: 'Export devices as CSV',
    description: 'All devices that match the filter, as one file. The export is on record.',
    query: DeviceExportQuery,
    answer: { mediaType: 'text/csv', fileName: 'devices.csv' },
  }),
  approveDevice: operation('POST /devices', {
    access: 'device:approve',
    tag,
    summary: 'Approve a device',
    description:
      'Puts a device into the repository, so that it can register. A doubtful serial number must be confirmed.',
    body: NewDevice,
    answer: DeviceView,
    status: 201,
    location: '/devices/:deviceId',
    problems: [
      'model.not-found',
      'registration.model-retired',
      'device.serial-no-refused',
      'device.serial-no-doubtful',
      ...proofProblems,
    ],
  }),
  readDevice: operation('GET /devices/:deviceId', {
    access: 'device:read',
    tag,
    summary: 'Read a device',
    description: 'One device with its model, state and presence, and what may be done with it now.',
    answer: DeviceView,
    problems: ['device.not-found'],
  }),
  listDeviceCertificates: operation('GET /devices/:deviceId/certificates', {
    access: 'certificate:read',
    tag,
    summary: 'List the certificates of a device',
    description: 'Every certificate that was issued to the device, the latest first.',
    answer: DeviceCertificateList,
    problems: ['device.not-found'],
  }),
  suspendDevice: operation('POST /devices/:deviceId/suspend', {
    access: 'device:suspend',
    tag,
    summary: 'Suspend a device',
    description: 'The device may not act until an operator resumes it. It keeps its key.',
    body: TransitionBody,
    answer: DeviceView,
    problems: actProblems,
  }),
  resumeDevice: operation('POST /devices/:deviceId/resume', {
    access: 'device:resume',
    tag,
    summary: 'Resume a device',
    description: 'Ends the suspension of a device.',
    body: TransitionBody,
    answer: DeviceView,
    problems: actProblems,
  }),
  blockDevice: operation('POST /devices/:deviceId/block', {
    access: 'device:block',
    tag,
    summary: 'Block a device',
    description:
      'Ends the trust in a device for good: its certificates are revoked and it must destroy its keys.',
    body: TransitionBody,
    answer: DeviceView,
    problems: actProblems,
  }),
  deregisterDevice: operation('POST /devices/:deviceId/deregister', {
    access: 'device:deregister',
    tag,
    summary: 'De-register a device',
    description:
      'Ends the trust in a device: its certificates are revoked and it must destroy its keys. It may be approved again.',
    body: TransitionBody,
    answer: DeviceView,
    problems: actProblems,
  }),
  reapproveDevice: operation('POST /devices/:deviceId/approve', {
    access: 'device:approve',
    tag,
    summary: 'Approve a de-registered device again',
    description:
      'The device registers again, with a new key. It may bring another chip, and an L0 device needs a new secret.',
    body: ReapproveBody,
    answer: DeviceView,
    problems: [...actProblems, ...proofProblems],
  }),
} as const
