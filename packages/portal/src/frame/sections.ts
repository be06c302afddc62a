import type { Permission } from '@sanad/protocol/permissions'
import {
  Boxes,
  DoorOpen,
  Fingerprint,
  FileInput,
  Gauge,
  Hourglass,
  KeyRound,
  Layers,
  type LucideIcon,
  ScanSearch,
  ScrollText,
  Send,
  ShieldCheck,
  ShieldX,
  SlidersHorizontal,
  Users,
  Webhook,
} from 'lucide-react'

export interface Section {
  readonly name:
    | 'overview'
    | 'devices'
    | 'approvals'
    | 'keys'
    | 'commands'
    | 'findings'
    | 'groups'
    | 'policies'
    | 'refused'
    | 'imports'
    | 'models'
    | 'trust'
    | 'record'
    | 'webhooks'
    | 'operators'
    | 'access-log'
  readonly to: string
  readonly icon: LucideIcon
  readonly permission: Permission
  /** After `g`, this letter goes there. */
  readonly letter: string
}

export const SECTIONS: readonly Section[] = [
  { name: 'overview', to: '/', icon: Gauge, permission: 'device:read', letter: 'o' },
  { name: 'devices', to: '/devices', icon: Fingerprint, permission: 'device:read', letter: 'd' },
  {
    name: 'approvals',
    to: '/approvals',
    icon: Hourglass,
    permission: 'registration:read',
    letter: 'a',
  },
  { name: 'refused', to: '/refused', icon: ShieldX, permission: 'registration:read', letter: 'x' },
  { name: 'keys', to: '/keys', icon: KeyRound, permission: 'key:read', letter: 'k' },
  { name: 'commands', to: '/commands', icon: Send, permission: 'command:read', letter: 'c' },
  { name: 'findings', to: '/findings', icon: ScanSearch, permission: 'finding:read', letter: 'f' },
  { name: 'groups', to: '/groups', icon: Boxes, permission: 'group:read', letter: 'b' },
  {
    name: 'policies',
    to: '/policies',
    icon: SlidersHorizontal,
    permission: 'policy:read',
    letter: 'p',
  },
  { name: 'imports', to: '/imports', icon: FileInput, permission: 'import:read', letter: 'i' },
  { name: 'models', to: '/models', icon: Layers, permission: 'model:read', letter: 'm' },
  { name: 'trust', to: '/trust', icon: ShieldCheck, permission: 'server:read', letter: 't' },
  { name: 'record', to: '/record', icon: ScrollText, permission: 'event:read', letter: 'r' },
  { name: 'webhooks', to: '/webhooks', icon: Webhook, permission: 'webhook:manage', letter: 'w' },
  { name: 'operators', to: '/operators', icon: Users, permission: 'operator:read', letter: 'u' },
  {
    name: 'access-log',
    to: '/access-log',
    icon: DoorOpen,
    permission: 'access-log:read',
    letter: 'l',
  },
]
