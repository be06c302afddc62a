import { row } from './row.ts'

/** The repository of devices, their models and their FTM providers. */
export const DEVICE_PROBLEMS = {
  'device.clone-suspected': row(
    403,
    'The device’s key was used in two places, so the device was suspended.',
  ),
  'device.host-changed': row(403, 'The device moved to another host, so its policy suspended it.'),
  'device.not-found': row(404, 'There is no such device.'),
  'device.transition-refused': row(409, 'The device’s state does not allow this.'),
  'device.duplicate': row(409, 'A device with this make, model and serial number exists.'),
  'device.serial-no-refused': row(400, 'This is not a serial number that is printed on a device.'),
  'device.serial-no-doubtful': row(
    409,
    'The serial number may be wrong; compare it with the device, then confirm it.',
  ),
  'device.proof-refused': row(400, 'The device has the wrong proof for its model, or none.'),
  'model.serial-no-form-refused': row(400, 'This is not a form of serial numbers.'),
  'model.not-found': row(404, 'There is no such model.'),
  'model.duplicate': row(409, 'A model with this make and model exists.'),
  'ftm-provider.not-found': row(404, 'There is no such FTM provider.'),
  'ftm-provider.duplicate': row(409, 'An FTM provider with this name or certificate exists.'),
  'ftm-provider.certificate-invalid': row(
    400,
    'The certificate is not a valid certificate of an FTM provider.',
  ),
  'ftm-revocation-list.malformed': row(
    400,
    'This is not a revocation list as RFC 5280 defines it.',
  ),
  'ftm-revocation-list.too-large': row(413, 'The revocation list is larger than the limit.'),
  'ftm-revocation-list.delta': row(400, 'This is a delta list; a complete list is needed.'),
  'ftm-revocation-list.indirect': row(
    400,
    'This is an indirect list: it also covers certificates of other issuers.',
  ),
  'ftm-revocation-list.partial': row(
    400,
    'The list covers only some of its issuer’s certificates.',
  ),
  'ftm-revocation-list.critical-extension': row(
    400,
    'The list has a critical extension that the server does not understand.',
  ),
  'ftm-revocation-list.issuer-unknown': row(
    400,
    'The issuer of the list is neither this FTM provider nor a known authority below it.',
  ),
  'ftm-revocation-list.issuer-refused': row(
    400,
    'The authority that issued the list may not sign revocation lists for this FTM provider.',
  ),
  'ftm-revocation-list.signature-invalid': row(
    400,
    'The revocation list is not signed with the key of its issuer.',
  ),
  'ftm-revocation-list.outside-dates': row(400, 'The revocation list is not valid at this time.'),
  'ftm-revocation-list.rolled-back': row(
    409,
    'The server already has a newer revocation list of this issuer.',
  ),
  'ftm-revocation-list.url-refused': row(
    400,
    'Revocation lists are not fetched from this address.',
  ),
  'ftm-revocation-list.fetch-failed': row(
    502,
    'The revocation list could not be fetched from its address.',
    true,
  ),
} as const
