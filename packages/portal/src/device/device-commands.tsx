import type { CommandListItem } from '@sanad/protocol/operator-api/commands'
import type { DeviceView } from '@sanad/protocol/operator-api/devices'
import { useQuery } from '@tanstack/react-query'
import { Send } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { CommandComposer } from '../commands/command-composer.tsx'
import { CommandStateMark } from '../commands/command-state-mark.tsx'
import { commandsQuery } from '../commands/command-queries.ts'
import { CommandSheet } from '../commands/command-sheet.tsx'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Moment } from '../ui/moment.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryPart } from '../ui/query-part.tsx'

/** What waits for the device and what it was told before, newest first. */
export function DeviceCommands({ device }: { device: DeviceView }) {
  const { t } = useTranslation()
  const [isComposing, setComposing] = useState(false)
  const [shown, setShown] = useState<string>()
  const mayNot = usePermissionRefusal('command:send')
  const query = useQuery(commandsQuery({ deviceId: device.deviceId, limit: 8 }))
  const refusal =
    mayNot ?? (device.state === 'registered' ? undefined : t('commands.not-registered'))
  return (
    <Panel
      flush
      title={t('commands.title')}
      actions={
        <Button
          shape="quiet"
          refusal={refusal}
          icon={<Send aria-hidden="true" className="size-3.5" />}
          onClick={() => setComposing(true)}
        >
          {t('commands.compose.send')}
        </Button>
      }
    >
      <QueryPart query={query} failed={t('commands.failed')}>
        {({ items }) => <CommandRows commands={items} onShow={setShown} />}
      </QueryPart>
      {isComposing && <CommandComposer device={device} onClose={() => setComposing(false)} />}
      {shown !== undefined && (
        <CommandSheet commandId={shown} onClose={() => setShown(undefined)} />
      )}
    </Panel>
  )
}

interface CommandRowsProps {
  readonly commands: readonly CommandListItem[]
  readonly onShow: (commandId: string) => void
}

function CommandRows({ commands, onShow }: CommandRowsProps) {
  const { t } = useTranslation()
  if (commands.length === 0)
    return <p className="px-4 py-3 text-13 text-muted">{t('commands.none-for-device')}</p>
  return (
    <ul className="divide-y divide-line">
      {commands.map((command) => (
        <li key={command.commandId}>
          <button
            type="button"
            onClick={() => onShow(command.commandId)}
            className="flex min-h-10 w-full items-center gap-3 px-4 text-start text-13 hover:bg-hover"
          >
            <span className="min-w-0 flex-1">{t(`commands.type.${command.type}`)}</span>
            <CommandStateMark command={command} />
            <Moment at={command.finishedAt ?? command.orderedAt} className="text-muted" />
          </button>
        </li>
      ))}
    </ul>
  )
}
