import { readFile } from 'node:fs/promises'
import type { HttpProxy } from '@sanad/outbound/http-proxy'
import { type ReadProxy, makeProxy, readProxySetting } from '@sanad/outbound/make-proxy'
import { SanadError } from '@sanad/protocol/text/problems'
import type { ServerConfig } from '../platform/config.ts'
import { readSecretFile } from '../platform/secret-file.ts'

/** The proxy of server.yaml. @throws SanadError `server.configuration-invalid`, `proxy.account-unreadable` */
export function openProxy(config: Pick<ServerConfig, 'proxy'>): Promise<HttpProxy | undefined> {
  return makeProxy(readSetting(config), {
    readSecret: (path) => readSecretFile(path, `the account file of the proxy, ${path},`),
    readPem: readAuthority,
  })
}

function readSetting({ proxy }: Pick<ServerConfig, 'proxy'>): ReadProxy | undefined {
  try {
    return readProxySetting(proxy)
  } catch (error) {
    const why = error instanceof Error ? error.message : ''
    throw new SanadError('server.configuration-invalid', `proxy: ${why}`)
  }
}

async function readAuthority(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SanadError('server.configuration-invalid', `cannot read ${path}`, { cause })
  })
}
