import { chmod, chown, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { SanadError } from '@sanad/protocol/text/problems'
import { draftOf } from '../base/durable-files.ts'
import { requireTrustedFolder } from '../base/private-folder.ts'
import { PLATFORM } from '../platform/platform.ts'

/** chown(2): leaves it as it is. */
const SAME_OWNER = -1

/**
 * The folder that an SBI reads: for the client's own account, or for one group besides. Nothing here is needed
 * after a crash, so nothing is flushed; a folder in memory (`/run/…`) is the place for it.
 */
export class SbiFolder {
  readonly #path: string
  readonly #gid: number | undefined

  private constructor(path: string, gid: number | undefined) {
    this.#path = path
    this.#gid = gid
  }

  /** @throws SanadError `client.configuration-invalid` for a group that is not there; `client.permissions-too-open` */
  static async open(path: string, group: string | undefined): Promise<SbiFolder> {
    const gid = group === undefined ? undefined : await PLATFORM.access.findGroup(group)
    await PLATFORM.access.makePrivateFolder(path)
    await requireTrustedFolder(path)
    if (gid !== undefined) await giveTo(path, gid)
    await chmod(path, gid === undefined ? 0o700 : 0o750)
    return new SbiFolder(path, gid)
  }

  /** Readers find the old content or the new one, whole, and never a file with other rights. */
  async write(name: string, content: string): Promise<void> {
    const path = join(this.#path, name)
    const draft = draftOf(path)
    await rm(draft, { force: true })
    await using file = await open(draft, 'wx', 0o600)
    if (this.#gid !== undefined) {
      await file.chown(SAME_OWNER, this.#gid)
      await file.chmod(0o640)
    }
    await file.writeFile(content)
    await rename(draft, path)
  }

  remove(name: string): Promise<void> {
    return rm(join(this.#path, name), { force: true })
  }
}

async function giveTo(path: string, gid: number): Promise<void> {
  try {
    await chown(path, SAME_OWNER, gid)
  } catch (error) {
    const detail = 'sbiTime/group: the account of the client is not in it'
    throw new SanadError('client.configuration-invalid', detail, { cause: error })
  }
}
