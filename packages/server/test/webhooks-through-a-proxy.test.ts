import { HttpProxy } from '@sanad/outbound/http-proxy'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { HonestProxy } from '@sanad/simulator/network/honest-proxy'
import { describe, expect, it } from 'vitest'
import { create, deliver, happen, list, receiver, time } from './webhook-receiver.ts'

describe('a webhook behind an HTTP proxy', () => {
  const account = { user: 'noor', password: 's3cret' }
  const through = (address: string, password = account.password) =>
    new HttpProxy({
      url: new URL(address),
      readAccount: () => Promise.resolve({ ...account, password }),
    })

  it('delivers through the proxy, with its account, to a receiver that TLS proves', async () => {
    await using proxy = await HonestProxy.start({ account: 'noor:s3cret' })
    await create()
    await happen()
    await deliver({ proxy: through(proxy.address) })
    expect(receiver.taken).toHaveLength(1)
    const { host } = new URL(receiver.url)
    expect(proxy.tunnels).toEqual([host])
    expect(await list()).toMatchObject([{ state: 'active', lastFailure: null }])
  })

  it('leaves a name that this server’s DNS does not know to the proxy', async () => {
    const name = 'receiver.only-the-proxy.test'
    await using proxy = await HonestProxy.start({
      account: 'noor:s3cret',
      hosts: { [name]: '127.0.0.1' },
    })
    await create({ url: receiver.url.replace('localhost', name) })
    await happen()
    await deliver({ proxy: through(proxy.address) })
    // The receiver's certificate is for another name: the tunnel alone makes nobody the receiver.
    expect(proxy.tunnels).toEqual([new URL(receiver.url).host.replace('localhost', name)])
    expect(receiver.taken).toEqual([])
    expect(await list()).toMatchObject([{ lastFailure: 'ERR_TLS_CERT_ALTNAME_INVALID' }])
  })

  it('fails with the kind of trouble, and does not hammer with a wrong account', async () => {
    await using proxy = await HonestProxy.start({ account: 'noor:s3cret' })
    const wrong = through(proxy.address, 'wrong')
    await create()
    await happen()
    for (let attempt = 0; attempt < 3; attempt++) {
      await deliver({ proxy: wrong })
      time.now += DAY_MS / 4
    }
    expect(await list()).toMatchObject([{ state: 'failing', lastFailure: 'proxy.account-refused' }])
    expect(proxy.accounts).toEqual(['noor:wrong'])
  })
})
