import { Compile } from 'typebox/compile'
import { ClientConfiguration } from '@sanad/protocol/domain/commands'
import { SanadError } from '@sanad/protocol/text/problems'
import { orStorageFailure } from '../base/storage-failure.ts'
import { damaged, readCheckedFile, writeCheckedFile } from '../state/checked-file.ts'

/**
 * Settings from the server: a layer over client.yaml, in the state folder. The client never writes to client.yaml
 * itself: that file names the server and its root, and in a sound installation belongs to root.
 */

const check = Compile(ClientConfiguration)

export class ClientSettings {
  readonly #path: string
  #settings: ClientConfiguration

  private constructor(path: string, settings: ClientConfiguration) {
    this.#path = path
    this.#settings = settings
  }

  /** @throws SanadError `client.state-damaged`, `client.storage-failed` */
  static async open(path: string): Promise<ClientSettings> {
    const stored = (await orStorageFailure(readCheckedFile(path))) ?? {}
    if (!check.Check(stored)) throw damaged(path)
    return new ClientSettings(path, stored)
  }

  get current(): ClientConfiguration {
    return this.#settings
  }

  /** Keeps settings that are not named. On disk before it is in force. @throws SanadError `client.configuration-invalid` */
  async change(changes: ClientConfiguration): Promise<void> {
    const next = { ...this.#settings, ...changes }
    if (!check.Check(next)) throw new SanadError('client.configuration-invalid', 'settings')
    await orStorageFailure(writeCheckedFile(this.#path, next))
    this.#settings = next
  }
}
