/** Made of `operations.ts` by tools/operation-routes.ts: what a caller needs of each operation, without schemas. */
export const OPERATION_ROUTES = {
  listDevices: 'GET /devices',
  countDevices: 'GET /devices/counts',
  exportDevices: 'GET /devices/export',
  approveDevice: 'POST /devices',
  readDevice: 'GET /devices/:deviceId',
  listDeviceCertificates: 'GET /devices/:deviceId/certificates',
  suspendDevice: 'POST /devices/:deviceId/suspend',
  resumeDevice: 'POST /devices/:deviceId/resume',
  blockDevice: 'POST /devices/:deviceId/block',
  deregisterDevice: 'POST /devices/:deviceId/deregister',
  reapproveDevice: 'POST /devices/:deviceId/approve',
} as const
