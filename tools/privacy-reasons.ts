/**
 * Why each field is sent, and what it says of a person. `message.path`, or `*.path` for what stands in several
 * messages under the same path. A field without a row fails, and so does a row without a field.
 */

export interface Reason {
  readonly why: string
  /** Left out: nothing. */
  readonly personal?: string
}

const because = (why: string, personal?: string): Reason => ({
  why,
  ...(personal !== undefined && { personal }),
})

const NAMES_DEVICE = 'no; names a device'

export const REASONS: Readonly<Record<string, Reason>> = {
  // Around every message.
  '*.v': because('version of the protocol'),
  '*.mid': because('random name of the message: replay protection'),
  '*.ts': because('when it was signed: MDS 0.9.5 › Management Client, 2.3'),
  '*.aud': because('whom it is for, so that nobody else can be given it', NAMES_DEVICE),
  'RequestEnvelope.digitalId': because(
    'which device this is: MDS 0.9.5 › Management Client, 2.4',
    NAMES_DEVICE,
  ),
  'AnswerEnvelope.digitalId': because('the same, returned', NAMES_DEVICE),
  'RequestEnvelope.type': because('which of the messages below'),
  'AnswerEnvelope.type': because('which of the answers below'),
  'RequestEnvelope.body': because('the message below, checked against its own schema'),
  'AnswerEnvelope.body': because('the answer below, checked against its own schema'),
  'RequestEnvelope.seq': because('number of the message: replay protection, and to find clones'),
  'RequestEnvelope.sub': because('make, model and serial number of the sender', NAMES_DEVICE),
  'RequestEnvelope.replyTo': because('one-time key that the answer is encrypted to'),
  'RequestEnvelope.replyTo.kty': because('kind of that key'),
  'RequestEnvelope.replyTo.crv': because('curve of that key'),
  'RequestEnvelope.replyTo.x': because('the public key itself, good for one answer'),
  '*.iss': because('name of the server'),
  'AnswerEnvelope.inReplyTo': because('which message this answers'),

  // The server’s statement.
  '*.nonce': because('random: shows that this is no earlier answer'),
  'ServerStatement.time': because('trusted time for the device; nothing while the server has none'),
  'ServerStatement.time.midpoint': because('the server’s time'),
  'ServerStatement.time.radius': because('how far off it may be'),
  'ServerStatement.encryptionKey': because('public key that messages are encrypted to'),
  'ServerStatement.encryptionKey.kid': because('name of that key'),
  'ServerStatement.encryptionKey.kty': because('kind of that key'),
  'ServerStatement.encryptionKey.crv': because('curve of that key'),
  'ServerStatement.encryptionKey.x': because('the public key itself'),
  'ServerStatement.notAfter': because('until when that key may be used'),

  // The digital ID: MOSIP’s eight fields.
  'DigitalId.serialNo': because('which device this is', NAMES_DEVICE),
  'DigitalId.make': because('whose model it is'),
  'DigitalId.model': because('which model it is'),
  'DigitalId.type': because('finger, iris or face: which kind of device this is'),
  'DigitalId.deviceSubType': because('which form of it'),
  'DigitalId.deviceProvider': because('company that answers for the device'),
  'DigitalId.deviceProviderId': because('the same, as MOSIP numbers it'),
  'DigitalId.dateTime': because('when this digital ID was signed'),

  // Registration.
  'registration.csr': because(
    'public key to be certified, the challenge and the name of the device; no private key',
    NAMES_DEVICE,
  ),
  'registration.level': because('where the key is: in a chip (L1) or on the host (L0)'),
  'registration.enrolmentSecret': because('shows that an L0 device is the one that was approved'),
  'registration.recovers': because('which certificate ended while the device was offline'),
  '*.deviceInformation': because('what remote maintenance needs to know'),
  '*.deviceInformation.deviceStatus': because('whether the device works, in MOSIP’s four words'),
  '*.deviceInformation.certification': because('level that the SBI says it has'),
  '*.deviceInformation.firmware': because('which devices need an update'),
  '*.deviceInformation.serviceVersion': because('which SBIs need an update'),
  '*.deviceInformation.specVersions': because('which editions of the specification it speaks'),
  '*.deviceInformation.purpose': because(
    'registration or authentication: a device may be used for what it was approved for',
  ),
  '*.deviceInformation.env': because('which environment the device believes it is in'),
  '*.deviceInformation.clientVersion': because('which clients need an update'),
  '*.deviceInformation.operatingSystem': because('which hosts need an update'),
  'registration-challenge-answer.expiresAt': because('until when the challenge is good'),
  '*.outcome': because('what was decided'),
  '*.certificateChain': because('the device’s new certificate and those above it', NAMES_DEVICE),
  '*.nextCheckInSeconds': because('when to check in next'),
  '*.supportCode': because('what the technician tells support, to find this case'),
  '*.sentence': because('what the technician reads; one of the server’s own sentences'),
  '*.retryAfterSeconds': because('when to ask again'),
  'refusal.code': because('why not, by its stable code'),

  // Check-in.
  'check-in.installation': because(
    'random, made when the client was installed: finds devices that were copied or moved',
    'no; names an installation',
  ),
  'check-in.certificateInUse': because('whether the SBI signs with the certificate on record'),
  'check-in.facts': because('what changed since the last check-in, of the list that follows'),
  'check-in.facts.operatingSystem': because('which hosts need an update'),
  'check-in.facts.kernel': because('which hosts need an update'),
  'check-in.facts.architecture': because('which build of an update fits'),
  'check-in.facts.timeZone': because(
    'maintenance in the night of the device',
    'no; the region of the host, as far as a time zone says it',
  ),
  'check-in.facts.processors': because('whether the host is strong enough'),
  'check-in.facts.memoryMb': because('whether the host is strong enough'),
  'check-in.facts.storageTotalMb': because('whether an update fits'),
  'check-in.facts.storageFreeMb': because('whether the disk fills up; to the nearest 100 MB'),
  'check-in.facts.hostUptimeHours': because('hosts that restart again and again'),
  'check-in.facts.clientVersion': because('which clients need an update'),
  'check-in.facts.clientUptimeHours': because('clients that restart again and again'),
  'check-in.facts.clientMemoryMb': because('clients that take more than they should'),
  'check-in.facts.clientFailures': because(
    'clients that have trouble; a number of all kinds together',
  ),
  'check-in.facts.keyStore': because('where the key is kept'),
  'check-in.facts.clockState': because('whether the device knows what time it is'),
  'check-in.facts.clockUncertaintyMs': because('how well it knows'),
  'check-in.facts.roundTripMs': because('quality of the network'),
  'check-in.facts.sbiPort': because('where support finds the SBI'),
  'check-in.facts.sbiErrorCode': because('MOSIP’s code of what is wrong with the device'),
  'check-in.facts.sbiAnswerMs': because('SBIs that become slow at answering discovery'),
  'check-in.facts.serviceVersion': because('which SBIs need an update'),
  'check-in.facts.firmware': because('which devices need an update'),
  'check-in-answer.certificateNotAfter': because('end of the certificate on record'),
  '*.rotation': because('when the key is to be replaced'),
  '*.rotation.start': because('not before this'),
  '*.rotation.end': because('not after this'),
  '*.rotation.reason': because('why, of a closed list'),
  'check-in-answer.longestOfflineSeconds': because('how long the device may go without the server'),
  'check-in-answer.commandsWaiting': because('whether to ask for commands'),

  // Rotation and purge.
  'key-rotation.csr': because('the next public key, and the name of the device', NAMES_DEVICE),
  'key-rotation.replaces': because('which certificate it replaces'),
  'key-purge.keyIds': because('hashes of the public keys that were destroyed'),
  'key-purge.order': because('which order was obeyed'),

  // Commands.
  'commands.highest': because('number of the last command: none is obeyed twice'),
  'commands.reports': because('what became of commands'),
  'commands.reports[].id': because('of which command'),
  'commands.reports[].number': because('of which command'),
  'commands.reports[].state': because('what became of it'),
  'commands.reports[].at': because('when'),
  'commands.reports[].progress': because('how far it is, in percent'),
  'commands.reports[].failure': because('why it was not done, of a closed list'),
  'commands.reports[].retryAfterSeconds': because(
    'when a device that says “not now” would be asked again',
  ),
  'commands.reports[].selfTests': because('what the tests that were ordered showed'),
  'commands.reports[].selfTests[].test': because('which test'),
  'commands.reports[].selfTests[].passed': because('whether it passed'),
  'commands.reports[].selfTests[].detail': because('what was wrong, in the client’s own words'),
  'commands.reports[].log': because(
    'the client’s own log, only when an operator ordered it; a closed list of fields, through the tripwire on both sides',
    'no; the log has no field for it, and what looks like biometric data is cut out',
  ),
  'commands.reports[].redactions': because('how often the tripwire cut something out'),
  'commands-answer.commands': because('signed commands, each of a type below'),
  'commands-answer.more': because('whether there are more'),
  'commands-answer.checkInNow': because('an order to rotate the key waits for a check-in'),
  'CommandStatement.id': because('name of the command'),
  'CommandStatement.number': because('number of the command: none is obeyed twice'),
  'CommandStatement.issuedAt': because('when it was signed'),
  'CommandStatement.notBefore': because('not to be obeyed before this'),
  'CommandStatement.notAfter': because('not to be obeyed after this'),
  'CommandStatement.type': because('what to do, of a closed list'),
  'CommandStatement.body': because('the command below, checked against its own schema'),
  '*.reason': because('why an operator ordered it, of a closed list'),
  'command synchronise-time.mode': because('measure, or be set back to an earlier time'),
  'command synchronise-time.floor': because('the time from which the clock may go on'),
  'command update-software.name': because('which program'),
  'command update-software.version': because('which version of it'),
  'command update-software.sha256': because('exactly which bytes'),
  'command apply-configuration.configuration': because('settings, of the list that follows'),
  'command apply-configuration.configuration.logLevel': because('how much the client logs'),
  'command apply-configuration.configuration.maintenanceWindow': because(
    'when to update and restart',
  ),
  'command apply-configuration.configuration.maintenanceWindow.days': because('on which days'),
  'command apply-configuration.configuration.maintenanceWindow.from': because('from what time'),
  'command apply-configuration.configuration.maintenanceWindow.to': because('to what time'),
  'command apply-configuration.configuration.portRange': because('where to look for SBIs'),
  'command apply-configuration.configuration.portRange.from': because('first port'),
  'command apply-configuration.configuration.portRange.to': because('last port'),
  'command collect-logs.source': because('whose log: the client’s, no other'),
  'command collect-logs.since': because('from when on'),
  'command collect-logs.limit': because('how much at most'),
  'command restart-service.service': because('client or SBI'),
  'command run-self-test.tests': because('which tests'),
}
