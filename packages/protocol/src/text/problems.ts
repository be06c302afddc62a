/**
 * Every way a request can fail, as one closed table.
 *
 * Server, client, portal and command line share it: a code is stable API, its title is the sentence a
 * person reads, and its status is what HTTP says (RFC 9457). Adding a row is an API change.
 */

interface ProblemRow {
  /** HTTP status code. */
  readonly status: number
  /** One plain sentence, without data of the request. */
  readonly title: string
  /** Whether the same request may succeed later, unchanged. */
  readonly retryable: boolean
}

const row = (status: number, title: string, retryable = false): ProblemRow => ({
  status,
  title,
  retryable,
})

export const PROBLEMS = {
  // Shape of the request: the sender can see what is wrong.
  'request.malformed': row(400, 'The server does not accept a value of this request.'),
  'request.too-large': row(413, 'The request is larger than the limit.'),
  'request.unknown-field': row(400, 'The request has a field that is not in its schema.'),
  'request.unsupported-media-type': row(415, 'The content type is not accepted here.'),
  'request.address-too-long': row(
    414,
    'The address of the request is longer than any on this server.',
  ),
  'request.headers-too-large': row(431, 'The request has more header lines than the limit.'),
  'request.method-not-supported': row(405, 'This server answers no request with this HTTP method.'),
  'request.too-slow': row(408, 'The request did not arrive in time.', true),
  'request.not-found': row(404, 'There is nothing at this address.'),
  'request.rate-limited': row(429, 'Too many requests; wait before the next.', true),
  // One face for every failure of authenticity: the sender must not learn which check failed.
  'request.not-authentic': row(401, 'The message could not be authenticated.'),
  'request.conflict': row(409, 'Another change came first; reload and try again.'),

  // What is wrong with a device's message. Kept inside, and shown to operators only.
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

  // Genuineness: the verdict of the decision table. Operators see the code, technicians a sentence.
  'registration.device-not-approved': row(
    403,
    'No approved device has this serial number, make and model.',
  ),
  'registration.digital-id-mismatch': row(403, 'The digital ID differs from the approved record.'),
  'registration.level-mismatch': row(
    403,
    'The device claims another level than the approved model has.',
  ),
  'registration.ftm-chain-invalid': row(
    403,
    'The FTM certificate does not chain to the provider approved for this model.',
  ),
  'registration.certificate-malformed': row(
    403,
    'A certificate in the registration request is malformed.',
  ),
  'registration.ftm-key-weak': row(403, 'The key of the chip or of its FTM provider is weak.'),
  'registration.ftm-certificate-not-valid': row(
    403,
    'The FTM certificate is not valid at this time.',
  ),
  'registration.ftm-certificate-revoked': row(
    403,
    'The FTM provider revoked the certificate of this chip, or one above it.',
  ),
  'registration.ftm-status-unknown': row(
    403,
    'No current revocation list says whether the certificate of this chip was revoked.',
    true,
  ),
  'registration.digital-id-not-genuine': row(
    403,
    'The digital ID is not signed by the key this level demands.',
  ),
  'registration.attestation-invalid': row(
    403,
    'The chip’s statement about the device key is not valid.',
  ),
  'registration.challenge-unknown': row(
    403,
    'The challenge is unknown, already used, or belongs to another device.',
  ),
  'registration.challenge-expired': row(403, 'The challenge has expired.', true),
  'registration.possession-not-proven': row(
    403,
    'The request does not prove that the device holds its new key.',
  ),
  'registration.key-weak': row(403, 'The device key is weaker than MOSIP approves.'),
  'registration.key-seen-before': row(403, 'This device key was used before.'),
  'registration.already-registered': row(
    409,
    'This serial number is registered; a second claim was quarantined.',
  ),
  'registration.suspected-clone': row(
    403,
    'Another chip claims this serial number; the claim was quarantined.',
  ),
  'registration.device-blocked': row(403, 'This device is blocked.'),
  'registration.device-suspended': row(403, 'This device is suspended.'),
  'registration.device-deregistered': row(
    403,
    'This device was de-registered; it needs a new approval.',
  ),
  'registration.enrolment-secret-wrong': row(
    403,
    'The one-time enrolment secret is missing, wrong or used.',
  ),
  'registration.approval-pending': row(
    202,
    'The registration is waiting for an operator’s approval.',
    true,
  ),
  'registration.model-retired': row(403, 'The model is no longer approved.'),

  // The life of a key.
  'key.transition-refused': row(409, 'The key’s state does not allow this.'),
  'rotation.key-not-new': row(403, 'The rotation request has a key that was used before.'),
  'rotation.replaces-another': row(
    403,
    'The rotation request names a certificate other than the one in use.',
  ),
  'recovery.not-expired': row(
    403,
    'The certificate has not expired; the device must rotate its key instead.',
  ),
  'recovery.grace-over': row(403, 'The device was offline for longer than its policy allows.'),
  'recovery.refused-by-policy': row(403, 'The policy of this device does not allow recovery.'),
  'purge.not-ordered': row(409, 'The server did not order this device to destroy its keys.'),
  'device.clone-suspected': row(
    403,
    'The device’s key was used in two places, so the device was suspended.',
  ),
  'device.host-changed': row(403, 'The device moved to another host, so its policy suspended it.'),

  // Commands and the live channel.
  'command.refused': row(400, 'The command is not of the documented form.'),
  'command.not-authentic': row(401, 'The command is not signed by the management server’s key.'),
  'command.wrong-device': row(403, 'The command is addressed to another device.'),
  'command.out-of-time': row(403, 'The command came before or after its permitted time.'),
  'command.out-of-order': row(409, 'The device has already carried out a later command.'),
  'command.transition-refused': row(409, 'The command’s state does not allow this.'),
  'command.not-found': row(404, 'There is no such command.'),
  'command.too-many-waiting': row(429, 'Too many commands are waiting for this device.', true),
  'campaign.not-found': row(404, 'There is no such campaign.'),
  'campaign.state-refused': row(409, 'The campaign’s state does not allow this.'),
  'channel.flooded': row(429, 'The device sends too many messages.', true),
  'time.not-trusted': row(503, 'The server does not trust its own clock at present.', true),
  'live.too-many-streams': row(
    429,
    'This session has too many windows open that update by themselves.',
  ),
  'webhook.not-found': row(404, 'There is no such webhook.'),

  // Policies and groups.
  'policy.not-found': row(404, 'There is no such policy.'),
  'policy.duplicate': row(409, 'A policy with this name exists.'),
  'policy.settings-refused': row(400, 'The settings of the policy contradict each other.'),
  'group.not-found': row(404, 'There is no such group.'),
  'group.duplicate': row(409, 'A group with this name exists.'),
  'group.in-use': row(409, 'The group has devices, or a policy or an import names it.'),
  'group.file-not-readable': row(400, 'The file cannot be read as serial numbers.'),
  'bulk-act.not-found': row(404, 'There is no such bulk action.'),
  'bulk-act.state-refused': row(409, 'The bulk action has already ended.'),
  'bulk-act.no-longer-permitted': row(
    403,
    'The operator who ordered it was disabled, or no longer has the permission.',
  ),
  'bulk-act.too-many-devices': row(413, 'A bulk action cannot have this many devices.'),
  'bulk-act.too-many-waiting': row(429, 'Too many bulk actions are already waiting.', true),
  'proposal.not-found': row(404, 'There is no such proposal.'),
  'proposal.state-refused': row(
    409,
    'The proposal has been decided, or its state does not allow this.',
  ),
  'proposal.own': row(403, 'You proposed this yourself; a second person must confirm it.'),
  'proposal.not-your-own': row(403, 'Only the person who proposed this may do that.'),
  'proposal.about-yourself': row(403, 'You cannot confirm a change of your own account.'),
  'proposal.proposer-may-not': row(
    409,
    'The person who proposed this was disabled or may no longer do it.',
  ),
  'proposal.confirmer-may-not': row(
    409,
    'The person who confirmed this was disabled or may no longer do so.',
  ),
  'proposal.not-independent': row(
    403,
    'One of the two people changed the account of the other within the last three days.',
  ),
  'proposal.digest-mismatch': row(409, 'The digest is not that of this proposal.'),
  'proposal.radius-changed': row(
    409,
    'The operation touches more now than what you were shown; look at it again.',
  ),
  'proposal.glass-refused': row(403, 'Another person can confirm this; you may not act alone.'),
  'proposal.interrupted': row(500, 'The server stopped before the operation was carried out.'),
  'proposal.too-many-pending': row(429, 'Too many of your proposals wait already.'),
  'finding.not-found': row(404, 'There is no such finding.'),
  'rotation-order.not-found': row(404, 'There is no such rotation order.'),

  // Devices and their repository.
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
  'import.not-found': row(404, 'There is no such import.'),
  'import.not-readable': row(400, 'The file cannot be read as devices.'),
  'import.signature-invalid': row(400, 'The manifest is not signed by a known factory.'),
  'import.has-errors': row(409, 'Some rows have errors.'),
  'import.has-warnings': row(409, 'Some rows have warnings that nobody has confirmed.'),
  'import.state-refused': row(409, 'The import’s state does not allow this.'),
  'import.too-many-rows': row(413, 'The file has more rows than the limit.'),
  'approval.not-found': row(404, 'No such registration is waiting for approval.'),

  // Certificates.
  'certificate.no-issuer': row(503, 'There is no valid provider certificate to issue with.', true),
  'certificate.lint-refused': row(
    500,
    'The certificate was not signed, because it breaks its profile.',
  ),
  'certificate.not-found': row(404, 'There is no such certificate.'),
  'certificate.request-invalid': row(400, 'The certification request is not valid.'),
  'certificate.import-refused': row(
    400,
    'The certificate does not fit the provider’s key or MOSIP’s profile.',
  ),
  'revocation-list.refused': row(
    500,
    'The new revocation list breaks a rule, so the previous one stays published.',
  ),

  // Operators.
  'operator.credentials-wrong': row(401, 'The name or password is wrong.'),
  'operator.not-signed-in': row(401, 'You are not signed in.'),
  'operator.permission-missing': row(403, 'Your role does not allow this.'),
  'operator.locked': row(429, 'Too many failed sign-ins; wait before the next.', true),
  'operator.one-time-password-ended': row(401, 'The one-time password has expired.'),
  'operator.password-weak': row(400, 'The password is too short, common or easily guessed.'),
  'operator.invitation-ended': row(410, 'The link was used, was replaced or has expired.'),
  'operator.not-yourself': row(409, 'Another administrator must do this to your account.'),
  'operator.is-disabled': row(409, 'The operator is disabled.'),
  'operator.session-not-found': row(404, 'There is no such session.'),
  'operator.request-forged': row(403, 'The request did not come from this portal.'),
  'operator.password-change-required': row(403, 'You must change your password first.'),
  'operator.not-found': row(404, 'There is no such operator.'),
  'operator.duplicate': row(409, 'An operator with this name exists.'),
  'operator.last-administrator': row(
    409,
    'The last administrator who can sign in cannot be disabled, reset or given another role.',
  ),

  // Things this server leans on.
  'hsm.unavailable': row(503, 'The HSM does not answer.', true),
  'hsm.overloaded': row(503, 'The HSM is busy.', true),
  'hsm.key-missing': row(503, 'The HSM does not hold the key.'),
  'hsm.key-not-proven': row(503, 'The HSM cannot prove that the key cannot be exported.'),
  'hsm.pin-refused': row(503, 'The HSM refused the PIN. The server does not try it again.'),
  'hsm.request-refused': row(500, 'The HSM agent refused a request outside its purpose.'),
  'hsm.not-permitted': row(500, 'This token is not permitted in production.'),
  // What a vendor’s library does or lacks; docs/hsm/contract.md has a row for each.
  'hsm.library-unusable': row(503, 'The HSM’s library does not start.'),
  'hsm.call-refused': row(502, 'The HSM refused a call that the server needs.'),
  'hsm.contract-broken': row(502, 'The HSM’s library broke the PKCS#11 contract.'),
  'hsm.token-ambiguous': row(500, 'Several tokens carry the configured label.'),
  'hsm.sessions-exhausted': row(503, 'The token has no free sessions.', true),
  'hsm.read-only': row(503, 'The token is read-only, so no key can be created.'),
  'hsm.pin-locked': row(503, 'The PIN of the token is locked.'),
  'hsm.pin-expired': row(503, 'The PIN of the token has expired.'),
  'hsm.pin-not-set': row(503, 'The token has no user PIN yet.'),
  'hsm.no-key-generation': row(503, 'The token does not create RSA key pairs.'),
  'hsm.key-size-refused': row(503, 'The token does not create RSA keys of this size.'),
  'hsm.key-attributes-refused': row(
    503,
    'The token does not create keys with the attributes that keep them inside.',
  ),
  'hsm.no-labels': row(503, 'The token does not store labels for its keys.'),
  'hsm.public-key-hidden': row(503, 'The token does not show the public half of a key.'),
  'hsm.no-signature': row(503, 'The token does not make RSA PKCS#1 v1.5 signatures with SHA-256.'),
  'hsm.exception-needed': row(
    503,
    'The token cannot prove everything about the key, and the configuration accepts no exception.',
  ),
  'database.unavailable': row(503, 'The database does not answer.', true),
  'server.overloaded': row(503, 'The server is busy.', true),
  'server.too-slow': row(503, 'The server could not finish this in time.', true),
  'server.already-running': row(500, 'Another server uses this data folder.'),
  'database.newer': row(500, 'The database was migrated by a newer version of this server.'),
  'server.configuration-invalid': row(500, 'The configuration is not valid.'),
  'server.internal': row(500, 'Something went wrong on the server.'),

  // What a management client meets.
  'client.wrong-server': row(502, 'The answer is not from the pinned management server.'),
  'client.server-unreachable': row(502, 'The management server does not answer.', true),
  'client.sbi-not-readable': row(502, 'The SBI’s answer cannot be read.', true),
  'client.key-store-failed': row(500, 'The key store failed.', true),
  'client.state-damaged': row(500, 'The client’s stored state is damaged.'),
  'client.configuration-invalid': row(500, 'The client’s configuration is not valid.'),
  'client.internal': row(500, 'Something went wrong in the client.', true),
  'client.permissions-too-open': row(
    500,
    'A file or folder of the client can be read or changed by others.',
  ),
  'client.storage-failed': row(500, 'The client cannot read or write its folder.', true),
  'client.already-running': row(409, 'Another client uses this state folder.'),
  'client.answer-too-large': row(502, 'The answer is larger than the limit.', true),
  'client.certificate-refused': row(
    502,
    'The certificate is not for this device and its key.',
    true,
  ),
} as const satisfies Record<string, ProblemRow>

export type ProblemCode = keyof typeof PROBLEMS

export interface SanadErrorOptions extends ErrorOptions {
  /** Milliseconds. RFC 9110 §10.2.3: told as `Retry-After`, in whole seconds, never less than is meant. */
  readonly waitMs?: number
}

/** The one error class. Foreign errors are translated into it once, at their boundary, with `cause`. */
export class SanadError extends Error {
  readonly code: ProblemCode
  /** What exactly is wrong, in the words of the side that throws. The message has it behind the code. */
  readonly detail: string | undefined
  /** Milliseconds until the same request may succeed, where the side that throws knows. */
  readonly waitMs: number | undefined

  /** @param detail for the log of the side that throws; never sent to an unauthenticated peer. */
  constructor(code: ProblemCode, detail?: string, options?: SanadErrorOptions) {
    super(detail === undefined ? code : `${code}: ${detail}`, options)
    this.name = 'SanadError'
    this.code = code
    this.detail = detail
    this.waitMs = options?.waitMs
  }

  get status(): number {
    return PROBLEMS[this.code].status
  }

  get title(): string {
    return PROBLEMS[this.code].title
  }

  get retryable(): boolean {
    return PROBLEMS[this.code].retryable
  }
}

export function isProblemCode(text: string): text is ProblemCode {
  return Object.hasOwn(PROBLEMS, text)
}

/** The body of an HTTP error answer (RFC 9457 §3). */
export interface ProblemDocument {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ProblemCode
  readonly requestId?: string
  /** Only for people who are signed in: what to look at. */
  readonly detail?: string
}

export function describeProblem(
  code: ProblemCode,
  requestId?: string,
  detail?: string,
): ProblemDocument {
  const { status, title } = PROBLEMS[code]
  return {
    type: `urn:sanad:problem:${code}`,
    title,
    status,
    code,
    ...(requestId !== undefined && { requestId }),
    ...(detail !== undefined && { detail }),
  }
}
