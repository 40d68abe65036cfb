import type { EventConsumer, RegistryEvent } from '@slipway/registry/events';
import type { RecordedEvent } from '../db/repository-transactions.ts';
import type { HubDatabase } from '../ports.ts';

/** Keeps repository settings and figures in step with the registry. Repeated events change nothing. */
export function createHubConsumer({ database }: { readonly database: HubDatabase }): EventConsumer {
  return {
    name: 'hub',
    async handle(events) {
      const recorded = events.map(toRecorded).filter((event) => event !== undefined);
      if (recorded.length > 0) await database.write('hub.recordEvents', { events: recorded });
    },
  };
}

function toRecorded(event: RegistryEvent): RecordedEvent | undefined {
  if (event.kind !== 'repository.created' && event.kind !== 'manifest.pushed') return undefined;
  const { id, at, repositoryId, repository } = event;
  return { id, atMs: at, repositoryId, name: repository, pushed: event.kind === 'manifest.pushed' };
}
