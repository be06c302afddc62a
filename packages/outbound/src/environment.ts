import { type ProxyAccount, readAccount } from './proxy-account.ts'
import { Exceptions } from './exceptions.ts'
import { readProxyUrl } from './proxy-url.ts'

/** `HTTPS_PROXY` and `NO_PROXY`, as curl and most programs read them. */

export interface ProxyOfEnvironment {
  readonly url: URL
  readonly account: ProxyAccount | undefined
  readonly exceptions: Exceptions
}

type Environment = Readonly<Record<string, string | undefined>>

/** @returns undefined where no proxy is named. @throws RangeError naming the variable, never its value */
export function readEnvironment(environment: Environment): ProxyOfEnvironment | undefined {
  const text = variable(environment, 'HTTPS_PROXY')
  if (text === undefined) return undefined
  const exceptions = readExceptions(variable(environment, 'NO_PROXY') ?? '')
  try {
    const { url, userInfo } = readProxyUrl(text.includes('://') ? text : `http://${text}`)
    const account = userInfo === undefined ? undefined : readAccount(userInfo)
    return { url, account, exceptions }
  } catch {
    throw new RangeError('HTTPS_PROXY is not the address of an HTTP proxy')
  }
}

/** The lower case wins where both are set and differ, as in curl. */
function variable(environment: Environment, name: string): string | undefined {
  const value = environment[name.toLowerCase()] ?? environment[name]
  return value === undefined || value.trim() === '' ? undefined : value.trim()
}

function readExceptions(text: string): Exceptions {
  // A port is passed over: whether a host needs the proxy does not depend on it here.
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '')
  const hosts = entries.map((entry) => entry.replace(/^([^:]+):\d+$/, '$1'))
  try {
    return new Exceptions(hosts, { namesCoverSubdomains: true })
  } catch {
    throw new RangeError('NO_PROXY has an entry that is neither a host nor a network')
  }
}
