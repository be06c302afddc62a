import { Compile } from 'typebox/compile'
import { describe, expect, it } from 'vitest'
import { makeProxy, readProxySetting } from './make-proxy.ts'
import { ProxySetting } from './proxy-setting.ts'

const accepts = Compile(ProxySetting)
const files = (account: string) => ({
  readSecret: () => Promise.resolve(account),
  readPem: () => Promise.reject(new Error('no')),
})

describe('The setting “proxy”', () => {
  it('is an address, or an address with account file and exceptions, or from-environment', () => {
    for (const setting of [
      'http://proxy.example:3128',
      'from-environment',
      { address: 'https://proxy.example:3129', accountFile: 'account', exceptions: ['.inside'] },
    ])
      expect(accepts.Check(setting)).toBe(true)
    expect(accepts.Check({ address: 'http://p:1', password: 'x' })).toBe(false)
    expect(accepts.Check({})).toBe(false)
  })

  it('refuses what is no address of a proxy, and never quotes it', () => {
    const addresses = ['proxy.example', 'socks5://p:1', 'http://u:SECRET@p:1', 'http://p:1/path']
    for (const address of addresses) {
      expect(() => readProxySetting({ address }), address).toThrow(RangeError)
      expect(() => readProxySetting({ address })).not.toThrow(/SECRET/)
    }
  })

  it('reads the environment only when it is told so', () => {
    const environment = { HTTPS_PROXY: 'http://proxy.example:3128' }
    expect(readProxySetting(undefined, environment)).toBeUndefined()
    const found = readProxySetting('from-environment', environment)
    expect(found?.url.origin).toBe('http://proxy.example:3128')
    expect(readProxySetting('from-environment', {})).toBeUndefined()
    expect(readProxySetting('from-environment', { HTTPS_PROXY: ' ' })).toBeUndefined()
  })

  it('reads HTTPS_PROXY and NO_PROXY in both cases, with an account in the address', async () => {
    const environment = {
      https_proxy: 'http://noor:p%40ss%3Aword@proxy.example:3128',
      HTTPS_PROXY: 'http://other.example:1',
      no_proxy: 'localhost, .inside.example,example.org:8443 10.0.0.0/8',
    }
    const found = readProxySetting('from-environment', environment)
    expect(found?.account).toEqual({ user: 'noor', password: 'p@ss:word' })
    const proxy = await makeProxy(found, files(''))
    expect(proxy?.address).toBe('http://proxy.example:3128')
    const direct = ['localhost', 'a.inside.example', 'www.example.org', '10.1.1.1']
    expect(direct.filter((host) => proxy?.isFor(host))).toEqual([])
    expect(proxy?.isFor('server.example')).toBe(true)
    const plain = readProxySetting('from-environment', { HTTPS_PROXY: 'proxy.example:3128' })
    expect(plain?.url.origin).toBe('http://proxy.example:3128')
  })

  it('refuses an account file that is not one line, user:password, without quoting it', async () => {
    const read = readProxySetting({ address: 'http://p:1', accountFile: '/etc/account' })
    for (const account of ['SECRET', ':SECRET', 'a:SECRET\nb:c\n', `a:${'S'.repeat(2000)}`]) {
      const made = makeProxy(read, files(account))
      await expect(made).rejects.toMatchObject({
        code: 'proxy.account-unreadable',
        detail: expect.stringMatching(/^\/etc\/account: (?!.*SECRET)/) as string,
      })
    }
  })
})
