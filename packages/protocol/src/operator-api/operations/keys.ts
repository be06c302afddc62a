import { DeviceCertificateView } from '../devices.ts'
import {
  DeviceKeyView,
  Forecast,
  ForecastQuery,
  HotlistEntry,
  NewRotationOrder,
  PurgeCertificateView,
  RevocationBody,
  RevocationListsView,
  RotationOrderPage,
  RotationOrderPreview,
  RotationOrderQuery,
  RotationOrderView,
  WhatIfBody,
} from '../keys.ts'
import { operation } from '../operation.ts'

/** How long keys live, and how they end. */

const tag = 'keys'
const access = 'key:read'
const ofDevice = ['device.not-found'] as const
const ofOrder = ['rotation-order.not-found'] as const

export const KEY_OPERATIONS = {
  readDeviceKey: operation('GET /devices/:deviceId/key', {
    access,
    tag,
    summary: 'Read the key of a device',
    description: 'The key in use, its policy, and when it is to be rotated.',
    answer: DeviceKeyView,
    problems: ofDevice,
  }),
  readPurgeCertificate: operation('GET /devices/:deviceId/purge-certificate', {
    access,
    tag,
    summary: 'Read the purge certificate of a device',
    description: 'The device’s signed statement that it destroyed its keys.',
    answer: PurgeCertificateView,
    problems: [...ofDevice, 'certificate.not-found'],
  }),
  readHotlistEntry: operation('GET /devices/:deviceId/hotlist-entry', {
    access: 'device:read',
    tag,
    summary: 'Read the hotlist entry of a device',
    description: 'What an operator of MOSIP enters to hotlist the device there.',
    answer: HotlistEntry,
    problems: ofDevice,
  }),
  revokeCertificate: operation('POST /devices/:deviceId/certificates/:serialNumber/revoke', {
    access: 'certificate:revoke',
    tag,
    summary: 'Revoke a certificate',
    description:
      'Revokes one certificate of a device, for good. The next revocation list names it.',
    body: RevocationBody,
    answer: DeviceCertificateView,
    problems: [...ofDevice, 'certificate.not-found', 'key.transition-refused'],
    isForTwo: true,
  }),
  listRevocationLists: operation('GET /revocation-lists', {
    access: 'certificate:read',
    tag,
    summary: 'List the revocation lists',
    description: 'Each list that the server publishes, when it was made and until when it holds.',
    answer: RevocationListsView,
  }),
  listRotationOrders: operation('GET /rotation-orders', {
    access,
    tag,
    summary: 'List rotation orders',
    description: 'Orders to rotate keys, the latest first, with what came of each.',
    query: RotationOrderQuery,
    answer: RotationOrderPage,
  }),
  readRotationOrder: operation('GET /rotation-orders/:orderId', {
    access,
    tag,
    summary: 'Read a rotation order',
    description: 'One order to rotate keys, with what came of it.',
    answer: RotationOrderView,
    problems: ofOrder,
  }),
  previewRotationOrder: operation('POST /rotation-orders/preview', {
    access: 'key:rotate',
    tag,
    summary: 'Preview a rotation order',
    description:
      'How many devices the order would be for, and how long the HSM needs. Orders nothing.',
    body: NewRotationOrder,
    answer: RotationOrderPreview,
    problems: ofDevice,
  }),
  orderRotation: operation('POST /rotation-orders', {
    access: 'key:rotate',
    tag,
    summary: 'Order keys to be rotated',
    description:
      'Each device rotates its key within the given time. The same request again orders nothing more.',
    body: NewRotationOrder,
    answer: RotationOrderView,
    status: 201,
    location: '/rotation-orders/:orderId',
    problems: [...ofDevice, 'request.conflict'],
  }),
  cancelRotationOrder: operation('POST /rotation-orders/:orderId/cancel', {
    access: 'key:rotate',
    tag,
    summary: 'Cancel a rotation order',
    description: 'Devices that have not rotated by then keep their key.',
    answer: RotationOrderView,
    problems: [...ofOrder, 'request.conflict'],
  }),
  readForecast: operation('GET /forecast', {
    access,
    tag,
    summary: 'Forecast rotations',
    description: 'How many keys end and rotate in the days to come, by the policies in force.',
    query: ForecastQuery,
    answer: Forecast,
  }),
  askWhatIf: operation('POST /forecast/what-if', {
    access,
    tag,
    summary: 'Forecast with another policy',
    description: 'The forecast as it would be if a policy had other settings. Changes nothing.',
    body: WhatIfBody,
    answer: Forecast,
    problems: ['policy.not-found', 'policy.settings-refused'],
  }),
} as const
