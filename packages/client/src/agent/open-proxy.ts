import { hostOf } from '@sanad/outbound/proxy-url'
import type { HttpProxy } from '@sanad/outbound/http-proxy'
import { makeProxy, readProxySetting } from '@sanad/outbound/make-proxy'
import { SanadError } from '@sanad/protocol/text/problems'
import { readPrivateFile } from '../base/private-folder.ts'
import type { ClientConfig } from './config.ts'
import { readNamedFile } from './named-file.ts'

/** The proxy of client.yaml, and what may be shown of it. */

type Configured = Pick<ClientConfig, 'proxy' | 'serverUrl'>

/** @throws SanadError `client.configuration-invalid`, `client.permissions-too-open`, `proxy.account-unreadable` */
export function openProxy(config: Configured): Promise<HttpProxy | undefined> {
  return makeProxy(readSetting(config), {
    readSecret: async (path) => (await readPrivateFile(path)).toString('utf8'),
    readPem: readNamedFile,
  })
}

/** By which way the client reaches its server: never the account itself. */
export interface Way {
  readonly server: string
  readonly way: 'direct' | 'proxy'
  /** `http://host:port` */
  readonly proxy?: string
  readonly proxyHasAccount?: boolean
}

export function wayOf(config: Configured): Way {
  const proxy = readSetting(config)
  const server = config.serverUrl
  if (proxy === undefined || proxy.exceptions.has(hostOf(new URL(server))))
    return { server, way: 'direct' }
  const proxyHasAccount = (proxy.accountFile ?? proxy.account) !== undefined
  return { server, way: 'proxy', proxy: proxy.url.origin, proxyHasAccount }
}

function readSetting({ proxy }: Configured): ReturnType<typeof readProxySetting> {
  try {
    return readProxySetting(proxy)
  } catch (error) {
    const detail = `proxy: ${error instanceof Error ? error.message : ''}`
    throw new SanadError('client.configuration-invalid', detail)
  }
}
