import { row } from './row.ts'

/** What is wrong with a device’s message. Kept inside, and shown to operators only. */
export const MESSAGE_PROBLEMS = {
  'message.not-jose': row(401, 'The message is not a strict compact JOSE object.'),
  'message.algorithm-refused': row(401, 'The algorithm is not the one on record for this key.'),
  'message.header-refused': row(401, 'A JOSE header parameter is missing or not allowed.'),
  'message.not-decryptable': row(401, 'The message is not encrypted to a key this server holds.'),
  'message.key-unknown': row(401, 'No device key has this thumbprint.'),
  'message.signature-invalid': row(401, 'The signature does not verify.'),
  'message.certificate-not-valid': row(
    401,
    'The certificate is not valid at this time, or revoked.',
  ),
  'message.wrong-audience': row(401, 'The message names another recipient.'),
  'message.wrong-sender': row(401, 'The message names a sender other than the key’s device.'),
  'message.wrong-type': row(401, 'The message type is not allowed here.'),
  'message.version-unsupported': row(401, 'The envelope version is not supported.'),
  'message.digital-id-invalid': row(
    401,
    'The digital ID is malformed, or signed by the wrong key.',
  ),
  'message.digital-id-mismatch': row(401, 'The digital ID is that of another device.'),
  'message.time-outside-window': row(
    401,
    'The time of the message is outside the permitted window.',
  ),
  'message.replayed': row(401, 'The message was seen before or is out of order.'),
  'message.sequence-fork': row(401, 'Two different messages carry the same sequence number.'),
  'message.body-refused': row(401, 'The body of the message is not of the documented form.'),
  'message.not-an-answer-to-this': row(401, 'The answer belongs to another request.'),
} as const
