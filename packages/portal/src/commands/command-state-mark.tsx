import type { CommandListItem } from '@sanad/protocol/operator-api/commands'
import { useTranslation } from 'react-i18next'
import { LevelBar } from '../ui/level-bar.tsx'
import { StateMark } from '../ui/state-mark.tsx'
import { COMMAND_HEALTH } from './command-health.ts'

/** Sent is never shown as delivered: each state has its own word, and what is under way its progress. */
export function CommandStateMark({ command }: { command: CommandListItem }) {
  const { t } = useTranslation()
  const health = COMMAND_HEALTH[command.state]
  return (
    <span className="flex flex-col gap-1">
      <StateMark health={health}>{t(`commands.state.${command.state}`)}</StateMark>
      {command.progress !== null && command.finishedAt === null && (
        <LevelBar share={command.progress / 100} health={health} className="w-24" />
      )}
    </span>
  )
}
