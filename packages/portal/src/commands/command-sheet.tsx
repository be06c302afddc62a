import type { CommandView } from '@sanad/protocol/operator-api/commands'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { readAgain, stale } from '../api/call.ts'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { CodeBlock } from '../ui/code-block.tsx'
import { Sheet } from '../ui/dialog.tsx'
import { Identifier } from '../ui/identifier.tsx'
import { Moment } from '../ui/moment.tsx'
import { tell } from '../ui/notices.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { StateMark } from '../ui/state-mark.tsx'
import { CommandStateMark } from './command-state-mark.tsx'
import { actOnCommand, commandQuery } from './command-queries.ts'

/** One command: what it says, how far it has come, and what the device answered under its signature. */
export function CommandSheet({ commandId, onClose }: { commandId: string; onClose: () => void }) {
  const { t } = useTranslation()
  const { data, error } = useQuery(commandQuery(commandId))
  const title = data === undefined ? t('commands.title') : t(`commands.type.${data.type}`)
  return (
    <Sheet open onClose={onClose} title={title} note={<code>{data?.serialNo ?? ''}</code>}>
      {data !== undefined ? (
        <Body command={data} />
      ) : error === null ? (
        <SkeletonLines lines={8} label={t('ui.loading')} />
      ) : (
        <ProblemNote error={error} />
      )}
    </Sheet>
  )
}

function Body({ command }: { command: CommandView }) {
  const { t } = useTranslation()
  const { result, log, reportSha256, statement } = command
  return (
    <div className="flex flex-col gap-5 text-13">
      <dl className="grid grid-cols-[8rem_1fr] items-center gap-y-2">
        <Fact name={t('commands.column.state')}>
          <CommandStateMark command={command} />
        </Fact>
        {command.failure !== null && (
          <Fact name={t('commands.fact.failure')}>{t(`commands.failure.${command.failure}`)}</Fact>
        )}
        {command.lateState !== null && (
          <Fact name={t('commands.fact.late')}>{t(`commands.state.${command.lateState}`)}</Fact>
        )}
        <Fact name={t('commands.column.device')}>
          <Link
            to="/devices/$deviceId"
            params={{ deviceId: command.deviceId }}
            className="text-accent hover:underline"
          >
            {command.serialNo}
          </Link>
        </Fact>
        <Fact name={t('commands.fact.ordered')}>
          <Moment at={command.orderedAt} /> · {command.orderedBy}
        </Fact>
        <Fact name={t('commands.fact.sent')}>
          <When at={command.sentAt} never={t('commands.not-yet')} />
          {command.number !== null && (
            <span className="text-muted">
              {' '}
              · {t('commands.fact.number', { number: command.number })}
            </span>
          )}
        </Fact>
        <Fact name={t('commands.fact.acknowledged')}>
          <When at={command.acknowledgedAt} never={t('commands.not-yet')} />
        </Fact>
        <Fact name={t('commands.fact.finished')}>
          <When at={command.finishedAt} never={t('commands.not-yet')} />
        </Fact>
        {command.retryAfter !== null && (
          <Fact name={t('commands.fact.not-now')}>
            <Moment at={command.retryAfter} />
          </Fact>
        )}
        <Fact name={t('commands.fact.valid')}>
          <Moment at={command.notBefore} /> – <Moment at={command.notAfter} />
        </Fact>
        {reportSha256 !== null && (
          <Fact name={t('commands.fact.report')}>
            <Identifier value={reportSha256} what={t('commands.fact.report')} keep={22} />
          </Fact>
        )}
      </dl>
      <Acts command={command} />
      {result?.selfTests !== undefined && (
        <Part title={t('commands.self-tests')}>
          <ul className="flex flex-col gap-1.5">
            {result.selfTests.map(({ test, passed, detail }) => (
              <li key={test}>
                <StateMark health={passed ? 'good' : 'bad'}>
                  {t(`commands.self-test.${test}`)} <span className="text-muted">{detail}</span>
                </StateMark>
              </li>
            ))}
          </ul>
        </Part>
      )}
      {result?.removed !== undefined && result.removed.length > 0 && (
        <Part title={t('commands.removed')}>
          <p className="text-muted">
            {result.removed.map(({ kind, occurrences }) => `${kind}: ${occurrences}`).join(', ')}
          </p>
        </Part>
      )}
      {log !== null && (
        <Part title={t('commands.log')}>
          <CodeBlock>{log.text}</CodeBlock>
        </Part>
      )}
      <Part title={t('commands.body')}>
        <CodeBlock>{JSON.stringify(command.body, null, 2)}</CodeBlock>
      </Part>
      {statement !== null && (
        <Part title={t('commands.statement')}>
          <CodeBlock>{statement}</CodeBlock>
        </Part>
      )}
    </div>
  )
}

function Acts({ command }: { command: CommandView }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const refusal = usePermissionRefusal('command:send')
  const act = useMutation({
    mutationFn: (name: 'cancel' | 'retry') => actOnCommand(command.commandId, name),
    onSuccess: async (_, name) => {
      tell(t(`commands.act.${name}-done`))
      await readAgain(client, stale('listCommands', 'readCommand'))
    },
  })
  const mayCancel = command.state === 'queued' || command.state === 'sent'
  if (!mayCancel && !command.mayRetry) return null
  return (
    <div className="flex flex-col gap-2">
      <div className="flex gap-2">
        {mayCancel && (
          <Button refusal={refusal} busy={act.isPending} onClick={() => act.mutate('cancel')}>
            {t('commands.act.cancel')}
          </Button>
        )}
        {command.mayRetry && (
          <Button refusal={refusal} busy={act.isPending} onClick={() => act.mutate('retry')}>
            {t('commands.act.retry')}
          </Button>
        )}
      </div>
      {act.isError && <ProblemNote error={act.error} />}
    </div>
  )
}

function When({ at, never }: { at: string | null; never: string }) {
  return at === null ? <span className="text-muted">{never}</span> : <Moment at={at} />
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className="mb-2 font-semibold">{title}</h3>
      {children}
    </section>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  )
}
