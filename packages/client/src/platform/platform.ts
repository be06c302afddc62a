import type { ChildProcess } from 'node:child_process'
import type { FileHandle } from 'node:fs/promises'
import type { Server } from 'node:net'
import { linux } from './linux/linux.ts'
import { windows } from './windows/windows.ts'

/**
 * What the client needs from its operating system and the systems do each in their own way. There are two
 * implementations; this file chooses one, once, and nothing else asks which system it is (`test/arrows.test.ts`).
 */
export interface Platform {
  /** Path of the configuration, unless the command line gives another. */
  readonly defaultConfig: string
  readonly disk: Disk
  readonly access: Access
  readonly host: Host
  readonly programs: Programs
  readonly supervisor: Supervisor
  /** @returns undefined when another client holds this folder; the system ends the lock with the process */
  readonly lockFolder: (folder: string) => Promise<AsyncDisposable | undefined>
  readonly statusDoor: StatusDoor
  /** Where the driver of an L1 device answers. */
  readonly chipAddress: (chipDirectory: string, serialNo: string) => string
}

/** Files that a power cut leaves old or new, and whole: docs/power-cuts.md. */
export interface Disk {
  /** Puts a flushed draft in the place of a file, in one step; on disk when it returns. */
  readonly replace: (draft: string, path: string) => Promise<void>
  /** Makes the names in a folder durable, where the system can do that. */
  readonly flushFolder: (path: string) => Promise<void>
  /** Removes a file with a secret, if there is one; after {@link flushFolder} no power cut brings the secret back. */
  readonly erase: (path: string) => Promise<void>
  /** Whether one step can turn a link to a folder round, so that key and certificate change together in two files. */
  readonly turnsLinks: boolean
}

/** Who else can read or change a file or folder: checked each time, not assumed. */
export interface Access {
  /** Makes the folders of a path that are missing, for the client’s own account. @returns the first one made */
  readonly makePrivateFolder: (path: string) => Promise<string | undefined>
  /** @throws SanadError `client.permissions-too-open` */
  readonly requirePrivateFolder: (path: string) => Promise<void>
  /** A folder in which no third account can create files. @throws SanadError `client.permissions-too-open` */
  readonly requireTrustedFolder: (path: string) => Promise<void>
  /** A file that no third account can change. @throws SanadError `client.permissions-too-open` */
  readonly requireTrustedFile: (path: string) => Promise<void>
  /** Where the driver of a chip listens. @throws SanadError `client.permissions-too-open` */
  readonly requireTrustedAddress: (path: string) => Promise<void>
  /** @throws SanadError `client.permissions-too-open`; the system's error when there is no such file */
  readonly readPrivateFile: (path: string) => Promise<Buffer>
  /** For reading; a link in its place is not followed. */
  readonly openUnlinked: (path: string) => Promise<FileHandle>
  /** The number of a group. @throws SanadError `client.configuration-invalid` */
  readonly findGroup: (name: string) => Promise<number>
}

export interface Host {
  /** What encrypted keys are bound to. @param stateDirectory for what has to be kept with them */
  readonly readBinding: (stateDirectory: string) => Promise<HostBinding>
  /** Without names that people gave to the computer. */
  readonly readOperatingSystem: () => Promise<string | undefined>
  /** Of this computer's own table, one for each port; undefined where it cannot be read: then the sweep finds devices. */
  readonly listListeners: (range: PortsBetween) => Promise<readonly Listener[] | undefined>
  /** Which programs these are, by port, as far as the system tells this account. */
  readonly findPrograms: (
    listeners: readonly Listener[],
  ) => Promise<ReadonlyMap<number, ListeningProgram>>
}

export interface HostBinding {
  /** Names this installation of the operating system; empty where there is none, as in some containers. */
  readonly machineId: string
  readonly credential: Uint8Array | undefined
}

/** A program that listens on a port of this computer. */
export interface Listener {
  readonly port: number
  /** Another one after a restart of the program, also of one that took less than a look, where the system tells it. */
  readonly id: string
  /** It takes connections to 127.0.0.1, where MOSIP looks for an SBI. */
  readonly isAtLoopback: boolean
}

export interface ListeningProgram {
  /** Of its file, and of a Java program the archive: other arguments may hold what must not be shown. */
  readonly name: string
  readonly pid: number
}

export interface PortsBetween {
  readonly from: number
  readonly to: number
}

/** Programs of others that the configuration names. */
export interface Programs {
  /** In a group of its own; nothing of our environment, which may hold secrets. */
  readonly start: (program: string, args: readonly string[]) => ChildProcess
  /** Ends the program and what it started. */
  readonly end: (child: ChildProcess) => void
  /** Whether a device key can be in a PKCS#11 token. */
  readonly hasTokens: boolean
}

/** Whatever started the client: systemd, the Windows service, a person at a terminal. */
export interface Supervisor {
  /** The client works now. */
  readonly tellReady: () => void
  /** Resolves when the client should stop. */
  readonly waitForStop: () => Promise<void>
}

/** Where a running client tells its status. */
export interface StatusDoor {
  readonly listen: (server: Server, stateDirectory: string) => Promise<void>
  /** @throws when no client of this folder is running, or later, when it is asked */
  readonly find: (stateDirectory: string) => Promise<string>
}

export const PLATFORM: Platform = process.platform === 'win32' ? windows : linux
