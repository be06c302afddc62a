import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import type { NewOperator } from '@sanad/protocol/operator-api/operators'
import { SanadError } from '@sanad/protocol/text/problems'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { recordEvents } from '../record/record-events.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import {
  type Credential,
  type Doer,
  accountOf,
  createdEvent,
  insertOperator,
  lockOperator,
} from './account-rows.ts'
import { foldName } from './guess-ledger.ts'
import { INVITATION_MS } from './invitations.ts'
import { hashPassword } from './password.ts'
import { refuseWeakPassword } from './password-strength.ts'

/**
 * What is done to accounts on the server’s host, where nobody need be signed in: the first administrator, and the way
 * back in for one who was lost. An account that may read the server’s database and keys may do this; the record names them.
 */

/** 24 letters of base64url: 144 bits. */
const ONE_TIME_PASSWORD_BYTES = 18

/** The account of the host that runs the command, and the one behind `sudo`. */
export function hostDoer(): Doer {
  const { username } = userInfo()
  const behind = process.env['SUDO_USER']
  const hostAccount = behind === undefined || behind === '' ? username : `${username} (${behind})`
  return { actor: 'command-line', hostAccount: hostAccount.replaceAll(/\p{C}/gu, '').slice(0, 128) }
}

/** The password of a file, or one to be drawn. */
export interface HostPassword {
  /** Its first line is the password; otherwise a one-time password is drawn and returned. */
  readonly passwordFile?: string
  /** Milliseconds since the epoch. */
  readonly now?: number
}

/** To be told once: undefined where the password came from a file. */
export interface Told {
  readonly oneTimePassword?: string
  readonly endsAt?: string
}

interface Drawn {
  readonly credential: Credential
  readonly told: Told
}

/** @throws SanadError `operator.duplicate`, `operator.password-weak` */
export async function addOnHost(
  database: Database,
  operator: NewOperator,
  password: HostPassword,
): Promise<Told> {
  const drawn = await drawCredential(operator.name, password)
  await database.transaction().execute((tx) => insertOnHost(tx, operator, drawn))
  return drawn.told
}

/** @returns undefined where there is an operator already: then nothing is created. */
export async function addFirstOnHost(
  database: Database,
  name: string,
  password: HostPassword,
): Promise<Told | undefined> {
  const someone = await database.selectFrom('operator').select('operator_id').limit(1).execute()
  if (someone.length > 0) return undefined
  try {
    return await addOnHost(database, { name, role: 'administrator' }, password)
  } catch (error) {
    // Two that start on one new database: one of them makes it.
    if (error instanceof SanadError && error.code === 'operator.duplicate') return undefined
    throw error
  }
}

/** Ends the sessions and links of the operator; also of the last administrator. @throws SanadError `operator.is-disabled` */
export async function resetOnHost(
  database: Database,
  operatorId: string,
  password: HostPassword,
): Promise<Told> {
  const { name } = await database.transaction().execute((tx) => lockOperator(tx, operatorId))
  const drawn = await drawCredential(name, password)
  await database.transaction().execute(async (tx) => {
    const row = await lockOperator(tx, operatorId)
    if (row.state === 'disabled') throw new SanadError('operator.is-disabled')
    const { passwordHash, passwordEndsAt } = drawn.credential
    await tx
      .updateTable('operator')
      .set({
        password_hash: passwordHash,
        must_change_password: passwordEndsAt !== undefined,
        password_ends_at: passwordEndsAt ?? null,
      })
      .where('operator_id', '=', operatorId)
      .execute()
    await tx.deleteFrom('operator_session').where('operator_id', '=', operatorId).execute()
    await tx.deleteFrom('operator_invitation').where('operator_id', '=', operatorId).execute()
    const by = hostDoer()
    const reset = { type: 'operator.reset' as const, actor: by.actor, data: accountOf(row, by) }
    await recordEvents(tx, [reset, ...invitedEvents(row, drawn.told)])
  })
  return drawn.told
}

/** @throws SanadError `operator.not-found` */
export async function findByName(database: Database, name: string): Promise<string> {
  const row = await database
    .selectFrom('operator')
    .select('operator_id')
    .where('name_key', '=', foldName(name))
    .executeTakeFirst()
  if (row === undefined) throw new SanadError('operator.not-found', name)
  return row.operator_id
}

async function insertOnHost(
  tx: DatabaseTransaction,
  operator: NewOperator,
  { credential, told }: Drawn,
): Promise<void> {
  const row = await insertOperator(tx, operator, credential)
  await recordEvents(tx, [createdEvent(row, hostDoer()), ...invitedEvents(row, told)])
}

function invitedEvents(row: Parameters<typeof accountOf>[0], { endsAt }: Told) {
  if (endsAt === undefined) return []
  const by = hostDoer()
  const data = { ...accountOf(row, by), by: 'one-time-password' as const, endsAt }
  return [{ type: 'operator.invited' as const, actor: by.actor, data }]
}

async function drawCredential(
  name: string,
  { passwordFile, now = Date.now() }: HostPassword,
): Promise<Drawn> {
  if (passwordFile !== undefined) {
    const password = await readPassword(passwordFile)
    await refuseWeakPassword(password, name)
    const passwordHash = await hashPassword(password)
    return { credential: { passwordHash, passwordEndsAt: undefined }, told: {} }
  }
  const oneTimePassword = randomBytes(ONE_TIME_PASSWORD_BYTES).toString('base64url')
  const passwordHash = await hashPassword(oneTimePassword)
  const passwordEndsAt = new Date(now + INVITATION_MS)
  return {
    credential: { passwordHash, passwordEndsAt },
    told: { oneTimePassword, endsAt: formatTimestamp(passwordEndsAt.getTime()) },
  }
}

async function readPassword(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SanadError('server.configuration-invalid', 'cannot read the password file', { cause })
  })
  const [password = ''] = text.split(/\r?\n/)
  return password
}
