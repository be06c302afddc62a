/** The address of a proxy, taken apart: what may be shown, and what must not. */

export interface ProxyUrl {
  /** Scheme, host and port alone. */
  readonly url: URL
  /** `user:password`, decoded. */
  readonly userInfo: string | undefined
}

/** @throws RangeError that does not quote the text: it may hold a password */
export function readProxyUrl(text: string): ProxyUrl {
  const url = URL.parse(text)
  const isAddress =
    url !== null &&
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    url.hostname !== '' &&
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === ''
  if (!isAddress) throw new RangeError('must be http://host:port or https://host:port')
  const hasUser = url.username !== '' || url.password !== ''
  const userInfo = hasUser
    ? `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    : undefined
  return { url: new URL(url.origin), userInfo }
}

/** Without the brackets of an IPv6 address. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '')

export const portOf = (url: URL): number =>
  Number(url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : url.port)
