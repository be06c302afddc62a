import { SanadError } from '@sanad/protocol/text/problems'
import { readEnvironment } from './environment.ts'
import { Exceptions } from './exceptions.ts'
import { HttpProxy } from './http-proxy.ts'
import { type ProxyAccount, readAccount } from './proxy-account.ts'
import { FROM_ENVIRONMENT, type ProxyDetails, type ProxySetting } from './proxy-setting.ts'
import { readProxyUrl } from './proxy-url.ts'
import { codeOf } from './trouble.ts'

/** Makes the proxy that a configuration names. */

/** What a setting means, before any file of it was read. */
export interface ReadProxy {
  readonly url: URL
  readonly exceptions: Exceptions
  /** Only the environment holds an account itself. */
  readonly account?: ProxyAccount | undefined
  readonly accountFile?: string | undefined
  readonly certificateAuthorityFile?: string | undefined
}

export interface ProxyFiles {
  /** The content of a file that no other account can read; each program has its own way to be sure of that. */
  readonly readSecret: (path: string) => Promise<string>
  readonly readPem: (path: string) => Promise<string>
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * @returns undefined where every connection is direct
 * @throws RangeError that names what is wrong and never quotes an address or an account
 */
export function readProxySetting(
  setting: ProxySetting | undefined,
  environment: Environment = process.env,
): ReadProxy | undefined {
  if (setting === undefined) return undefined
  if (setting === FROM_ENVIRONMENT) return readEnvironment(environment)
  return readDetails(typeof setting === 'string' ? { address: setting } : setting)
}

/** @throws SanadError `proxy.account-unreadable`, and what `files` throws */
export async function makeProxy(
  proxy: ReadProxy | undefined,
  { readSecret, readPem }: ProxyFiles,
): Promise<HttpProxy | undefined> {
  if (proxy === undefined) return undefined
  const { url, exceptions, account, accountFile, certificateAuthorityFile } = proxy
  const fromFile = accountFile && (() => readAccountFile(accountFile, readSecret))
  const reading = account === undefined ? fromFile || undefined : () => Promise.resolve(account)
  // A file that is missing or that others can read is better found at the start.
  await reading?.()
  const ca = certificateAuthorityFile && [await readPem(certificateAuthorityFile)]
  return new HttpProxy({ url, exceptions, readAccount: reading, ...(ca && { ca }) })
}

function readDetails({ address, exceptions = [], ...files }: ProxyDetails): ReadProxy {
  const { url, userInfo } = readProxyUrl(address)
  if (userInfo !== undefined)
    throw new RangeError('the address must hold no account: name a file with it in accountFile')
  return { url, exceptions: readExceptions(exceptions), ...files }
}

async function readAccountFile(
  path: string,
  readSecret: ProxyFiles['readSecret'],
): Promise<ProxyAccount> {
  try {
    return readAccount(await readSecret(path))
  } catch (cause) {
    if (cause instanceof SanadError) throw cause
    const why = cause instanceof RangeError ? cause.message : codeOf(cause)
    throw new SanadError('proxy.account-unreadable', `${path}: ${why}`, { cause })
  }
}

function readExceptions(entries: readonly string[]): Exceptions {
  try {
    return new Exceptions(entries)
  } catch (error) {
    const entry = error instanceof Error ? error.message : ''
    throw new RangeError(`exceptions: “${entry}” is neither a host, a suffix nor a network`)
  }
}
