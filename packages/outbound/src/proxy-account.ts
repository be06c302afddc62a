/** The account that a proxy asks for: RFC 7617, Basic. */

export interface ProxyAccount {
  readonly user: string
  readonly password: string
}

/** Characters of a whole account file. */
const LONGEST_ACCOUNT = 1024

/** @param text `user:password`, with a line end or without. @throws RangeError that does not quote it */
export function readAccount(text: string): ProxyAccount {
  const line = text.replace(/^\uFEFF/, '').replace(/\r?\n$/, '')
  const colon = line.indexOf(':')
  // RFC 7617 §2: no colon in the user, no control character in either.
  const isAccount = colon > 0 && line.length <= LONGEST_ACCOUNT && !/\p{Cc}/u.test(line)
  if (!isAccount) throw new RangeError('the file must have one line, user:password')
  return { user: line.slice(0, colon), password: line.slice(colon + 1) }
}

/** The value of `Proxy-Authorization`. */
export const basicCredentials = ({ user, password }: ProxyAccount): string =>
  `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`
