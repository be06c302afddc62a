import type { WebhookView } from '@sanad/protocol/operator-api/webhooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { readAgain, stale } from '../api/call.ts'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Moment } from '../ui/moment.tsx'
import { tell } from '../ui/notices.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { type Health, StateMark } from '../ui/state-mark.tsx'
import { resumeWebhook } from './webhook-queries.ts'

const HEALTH_OF: Record<WebhookView['state'], Health> = {
  active: 'good',
  failing: 'attention',
  disabled: 'bad',
}

interface WebhookRowProps {
  readonly webhook: WebhookView
  /** Why the last attempt failed, as a sentence. */
  readonly why?: string | undefined
  readonly onDelete: () => void
}

export function WebhookRow({ webhook, why, onDelete }: WebhookRowProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const refusal = usePermissionRefusal('webhook:manage')
  const { name, url, state, eventTypes, createdAt, createdBy } = webhook
  const resuming = useMutation({
    mutationFn: () => resumeWebhook(webhook.webhookId),
    onSuccess: async () => {
      tell(t('webhooks.resumed', { name }))
      await readAgain(client, stale('listWebhooks'))
    },
  })
  return (
    <li className="flex flex-col gap-2 px-4 py-3">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-64">
          <h2 className="font-medium">{name}</h2>
          <code className="block text-12 wrap-anywhere text-muted">{url}</code>
        </div>
        <StateMark badge health={HEALTH_OF[state]}>
          {t(`webhooks.state.${state}`)}
        </StateMark>
        <div className="flex gap-1 max-sm:-ms-3">
          {state === 'disabled' && (
            <Button
              shape="quiet"
              refusal={refusal}
              busy={resuming.isPending}
              onClick={() => resuming.mutate()}
            >
              {t('webhooks.resume')}
            </Button>
          )}
          <Button shape="quiet" refusal={refusal} onClick={onDelete}>
            {t('webhooks.delete.action')}
          </Button>
        </div>
      </div>
      {resuming.isError && <ProblemNote error={resuming.error} />}
      <Delivery webhook={webhook} why={why} />
      <p className="text-12 text-muted">
        {eventTypes.length === 0 ? (
          t('webhooks.all')
        ) : (
          <code className="wrap-anywhere">{eventTypes.join(', ')}</code>
        )}
        {' · '}
        {t('webhooks.created', { name: createdBy })} <Moment at={createdAt} />
      </p>
    </li>
  )
}

/** What arrived, and what did not and why. */
function Delivery({ webhook, why }: Pick<WebhookRowProps, 'webhook' | 'why'>) {
  const { t } = useTranslation()
  const { lastDeliveredAt, lastSeq, behind, failures, failingSince, lastFailure } = webhook
  const { nextAttemptAt } = webhook
  return (
    <>
      <p>
        {lastDeliveredAt === null ? (
          t('webhooks.delivered-none')
        ) : (
          <>
            {t('webhooks.delivered', { seq: lastSeq })} <Moment at={lastDeliveredAt} />
          </>
        )}
      </p>
      {failures > 0 && (
        <p className="text-attention">
          {t('webhooks.failures', { count: failures })}
          {lastFailure !== null && (
            <>
              {': '}
              <code className="wrap-anywhere">{lastFailure}</code>
              {why !== undefined && <> – {why}</>}
            </>
          )}
          {failingSince !== null && (
            <>
              {' · '}
              {t('webhooks.failing-since')} <Moment at={failingSince} />
            </>
          )}
          {' · '}
          {t('webhooks.behind', { count: behind })}
          {nextAttemptAt !== null && (
            <>
              {' · '}
              {t('webhooks.next-attempt')} <Moment at={nextAttemptAt} />
            </>
          )}
        </p>
      )}
    </>
  )
}
